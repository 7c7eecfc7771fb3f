/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* A Unix socket that leads to a server's Docker Engine, however that is reached, for as long as it lives: for one program that the plugin runs, or
 * for libsoup, which connects by itself. It lies in a folder that only the user of that program can enter. */
typedef struct _DockerProxy DockerProxy;

/* A connection to the Engine; blocks, on a thread of the proxy. */
typedef GIOStream *(*DockerDialFunc) (gpointer data, GCancellable *cancellable, GError **error);

/* @folder: to make the socket in; @owner: of it. */
DockerProxy *docker_proxy_new        (DockerDialFunc dial, gpointer data, const char *folder, uid_t owner, GError **error);
void         docker_proxy_free       (DockerProxy *self); /* ends its connections */
const char  *docker_proxy_get_path   (DockerProxy *self);
/* Why the Engine was not reached the last time, or NULL. */
GError      *docker_proxy_take_error (DockerProxy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DockerProxy, docker_proxy_free)

G_END_DECLS
