/* SPDX-License-Identifier: MIT */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* What stands between a SoupServer of libsoup 3.2 and the network: a listening socket with a real backlog, accept that comes back after
 * it failed, no socket leaked, a cap on connections, and time limits for those that do not speak. Main thread. */
typedef struct _VigListener VigListener;

#define VIG_LISTENER_BACKLOG      1024
#define VIG_LISTENER_HEADER_TIME  20  /* seconds for a request's headers; of the first one from the connection on */
#define VIG_LISTENER_IDLE_TIME    30  /* seconds from one answer to the next request's first line */
#define VIG_LISTENER_BODY_TIME    60  /* seconds for a body to come */
#define VIG_LISTENER_ANSWER_TIME  60  /* seconds for an answer to be taken; and more for a large one */
#define VIG_LISTENER_SPARE_FDS    128 /* that connections leave for the rest of the daemon */
#define VIG_LISTENER_MAX          4096

VigListener *vig_listener_new              (SoupServer *server);
void         vig_listener_free             (VigListener *self);
/* Errors: VIG_ERROR_INVALID the host is no address of this machine, VIG_ERROR_UNAVAILABLE the port is taken, VIG_ERROR_DENIED it may not be used. */
gboolean     vig_listener_listen           (VigListener *self, const char *host, guint16 port, gboolean tls, GError **error);
void         vig_listener_stop             (VigListener *self);
guint16      vig_listener_get_port         (VigListener *self);

/* Where a request is, for the time limits. */
void         vig_listener_headers_read     (VigListener *self, SoupServerMessage *message);
void         vig_listener_body_read        (VigListener *self, SoupServerMessage *message);
void         vig_listener_answering        (VigListener *self, SoupServerMessage *message, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigListener, vig_listener_free)

G_END_DECLS
