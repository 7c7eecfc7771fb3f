/* SPDX-License-Identifier: MIT */
#pragma once

#include "docker-connect.h"

G_BEGIN_DECLS

/* A Unix socket that leads to a server's Docker Engine, however that is reached, for as long as it lives. It is for one program that the plugin runs:
 * the socket lies in a folder that only the user of that program can enter. */
typedef struct _DockerProxy DockerProxy;

/* @folder: to make the socket in; @owner: of it. */
DockerProxy *docker_proxy_new      (DockerEndpoint *endpoint, const char *folder, uid_t owner, GError **error);
void         docker_proxy_free     (DockerProxy *self);
const char  *docker_proxy_get_path (DockerProxy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DockerProxy, docker_proxy_free)

G_END_DECLS
