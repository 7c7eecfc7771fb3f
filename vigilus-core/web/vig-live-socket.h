/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-live.h"

G_BEGIN_DECLS

/* One live socket: its topics, what waits to be sent, and pieces of text that are still being joined. Main thread. */
typedef struct _VigLiveSocket VigLiveSocket;

struct _VigLiveSocket
{
  VigLive                 *live;
  SoupWebsocketConnection *connection;
  GSocket                 *socket;
  VigLogin                *login;
  GHashTable              *topics;
  GQueue                   deltas;    /* of Delta: in order of topic and arrival */
  GQueue                   queue;     /* of text that the kernel has no room for yet */
  gsize                    queued;    /* bytes in queue */
  guint                    join_id;
  guint                    flush_id;
  gboolean                 ended;
};

void vig_live_socket_free        (VigLiveSocket *self);
void vig_live_socket_send        (VigLiveSocket *self, const char *topic, const char *event, JsonNode *data);
/* A piece of streamed text: joined with its like until 50 ms have gone by or something else comes on the topic. */
void vig_live_socket_send_delta  (VigLiveSocket *self, const char *topic, const char *event, JsonNode *data);
/* Sends what waits, says why and closes. */
void vig_live_socket_end         (VigLiveSocket *self, gushort code, const char *reason);

G_END_DECLS
