/* SPDX-License-Identifier: MIT */
#pragma once

#include "docker-engine.h"

G_BEGIN_DECLS

/* For people: a line for each other container that needs @container, and why: its network, volumes, links, processes, or Compose's depends_on;
 * then those that can reach it over a network of their own. Empty: none. */
char *docker_describe_dependents (DockerEngine *engine, JsonObject *container, GCancellable *cancellable, GError **error);

/* The same for one of them, as the Engine tells of it; NULL: it does not depend on @container. Pure. */
char *docker_why_depends         (JsonObject *other, JsonObject *container);

G_END_DECLS
