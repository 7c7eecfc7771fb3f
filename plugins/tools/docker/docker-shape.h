/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What the Engine tells, as what people and models are shown: flat rows of texts, numbers and times. Unknown members are passed over,
 * missing ones are null. Pure. */
JsonObject *docker_shape_container (JsonObject *summary);              /* of /containers/json */
JsonNode   *docker_shape_inspect   (JsonObject *container);            /* of /containers/ID/json */
JsonObject *docker_shape_image     (JsonObject *image, guint containers); /* of /images/json */
JsonObject *docker_shape_event     (JsonObject *event);                /* of /events */
JsonObject *docker_shape_stats     (JsonObject *stats);                /* of /containers/ID/stats */

/* "running", "exited" ... and the health after it, where the container is checked: "running, unhealthy". */
char       *docker_shape_state     (JsonObject *container);
char       *docker_short_id        (const char *id);                   /* 12 digits, without "sha256:" */

G_END_DECLS
