/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-http-provider.h"

G_BEGIN_DECLS

/* Not installed: one request on its way, with its time limits and retries. Milliseconds. */
#define VIG_HTTP_CONNECT_LIMIT_MS (15 * 1000)
#define VIG_HTTP_FIRST_BYTE_LIMIT_MS (600 * 1000) /* headers aside: models are loaded, read and think before they say anything */
#define VIG_HTTP_CLOUD_FIRST_BYTE_LIMIT_MS (180 * 1000) /* of a cloud, where none is loaded: one that hangs is given up */
#define VIG_HTTP_IDLE_LIMIT_MS (180 * 1000)       /* between two pieces; comments that keep alive are pieces */
#define VIG_HTTP_MAX_CONNECTIONS 1024
#define VIG_HTTP_MAX_ADAPTATIONS 4

typedef struct
{
  guint connect;
  guint first_byte;       /* of a server at home */
  guint cloud_first_byte; /* of any other */
  guint idle;
} VigHttpLimits;

typedef struct
{
  SoupSession  *session;
  VigHttpLimits limits;
  const char   *uri;
  const char   *api_key;
  JsonObject   *body;       /* NULL: GET */
  gboolean      raw;        /* the answer is no reply */
  VigChunkFunc  on_chunk;
  gpointer      chunk_data;
} VigHttpRequest;

/* What a server asks to wait, by its headers or else in its words; 0: nothing. */
guint          vig_http_wait_ms             (const VigHttpFault *fault, SoupMessageHeaders *headers);

void           vig_http_exchange_run_async  (VigHttpProvider *provider, const VigHttpRequest *request, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
VigHttpAnswer *vig_http_exchange_run_finish (GAsyncResult *result, GError **error);

G_END_DECLS
