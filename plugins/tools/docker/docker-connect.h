/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Where a server's Docker Engine listens, and what opens it: a Unix socket of this machine, one of the server itself by its SSH connection, or TCP
 * with TLS. */
typedef struct _DockerEndpoint DockerEndpoint;

/* What reaches a server by SSH, as vig_invocation_connect_server () does. */
typedef struct
{
  GSocketConnection *(*connect) (gpointer data, VigServer *server, const char *address, GCancellable *cancellable, GError **error);
  gpointer             data;
} DockerReach;

/* VIG_ERROR_NOT_FOUND: the entry of @server names none. */
DockerEndpoint *docker_endpoint_new         (VigServer *server, const DockerReach *reach, GError **error);
void            docker_endpoint_free        (DockerEndpoint *self);
const char     *docker_endpoint_get_base    (DockerEndpoint *self); /* "http://docker" or "https://host:port" */
SoupSession    *docker_endpoint_new_session (DockerEndpoint *self);
/* Before it is sent: the client's certificate. */
void            docker_endpoint_prepare     (DockerEndpoint *self, SoupMessage *message);
/* A connection of its own, for what speaks HTTP itself. Blocks. */
GIOStream      *docker_endpoint_dial        (DockerEndpoint *self, GCancellable *cancellable, GError **error);
/* What a person can do about an error of the connection. INTERRUPTED where @was_sent: a change that may have been made. */
void            docker_endpoint_explain     (DockerEndpoint *self, gboolean was_sent, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DockerEndpoint, docker_endpoint_free)

G_END_DECLS
