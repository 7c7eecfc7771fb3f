/* SPDX-License-Identifier: MIT */
#pragma once

#include "docker-connect.h"

G_BEGIN_DECLS

/* The Engine API is spoken in the newest version that both sides know, and no older one than this. */
#define DOCKER_API_OLDEST "1.24"
#define DOCKER_API_NEWEST "1.55"

/* The Docker Engine of one server, for one call. All of it blocks: on a worker thread. */
typedef struct _DockerEngine DockerEngine;

/* The engine of the server that the call's argument "server" names. UNAVAILABLE: nothing answers there, and what to look at. */
DockerEngine *docker_engine_open        (VigInvocation *invocation, GCancellable *cancellable, GError **error);
/* The same for a server of the inventory. REMOTE, NOT_SUPPORTED: what answers is no Engine, or too old a one. */
DockerEngine *docker_engine_open_server (VigServer *server, const DockerReach *reach, GCancellable *cancellable, GError **error);
void          docker_engine_free        (DockerEngine *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DockerEngine, docker_engine_free)

VigServer    *docker_engine_get_server  (DockerEngine *self);
DockerEndpoint *docker_engine_get_endpoint (DockerEngine *self);
const char   *docker_engine_get_version (DockerEngine *self); /* of the API, as agreed */

/* @path: components, each escaped by itself, NULL-terminated; @query: as soup_form_encode () makes it, or NULL. */
JsonNode     *docker_engine_get         (DockerEngine *self, const char * const *path, const char *query, GCancellable *cancellable, GError **error);
/* @changed: FALSE where it was like that already. */
gboolean      docker_engine_post        (DockerEngine *self, const char * const *path, const char *query, gboolean *changed, GCancellable *cancellable, GError **error);
/* Fetches "repository@sha256:..." from its registry, without signing in. */
gboolean      docker_engine_pull        (DockerEngine *self, const char *reference, GCancellable *cancellable, GError **error);
/* The body as it comes. */
GInputStream *docker_engine_stream      (DockerEngine *self, const char * const *path, const char *query, GCancellable *cancellable, GError **error);
/* Several of the same at once, at most 200: nodes, or NULL for those that failed, in the order of @paths. */
GPtrArray    *docker_engine_get_all     (DockerEngine *self, GPtrArray *paths, const char *query, GCancellable *cancellable, GError **error);

G_END_DECLS
