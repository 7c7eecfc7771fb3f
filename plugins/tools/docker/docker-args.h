/* SPDX-License-Identifier: MIT */
#pragma once

#include "docker-engine.h"

G_BEGIN_DECLS

/* What the tools' arguments mean, checked once more where they end up in a path. */

/* The one container that "container" names, by its full name or at least 12 digits of its id: what the Engine tells of it.
 * VIG_ERROR_NOT_FOUND lists those that there are. */
JsonObject *docker_find_container (DockerEngine *engine, VigInvocation *invocation, GCancellable *cancellable, GError **error);
/* The short id of such an object, and its name without the slash. Borrowed. */
const char *docker_name_of        (JsonObject *container);
const char *docker_id_of          (JsonObject *container);

/* Seconds since 1970 that "10m", "2h", "3d", a number of seconds or an ISO 8601 time mean; VIG_ERROR_INVALID names @member. */
gboolean    docker_parse_time     (const char *member, const char *text, gint64 now, gint64 *seconds, GError **error);

/* "docker:SERVER/CONTAINER": what a grant for one container covers. */
char       *docker_resource       (VigInvocation *invocation, const char *member);

G_END_DECLS
