/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* One side of a JSON-RPC 2.0 conversation over two streams, a message a line, as the stdio transport of MCP has it. What the
 * other side sends is checked strictly; a line that is too long or no JSON-RPC ends the conversation. Main thread.
 * Signals: "closed" (once: the streams ended; who waits goes on waiting until vig_rpc_close ()). */
#define VIG_TYPE_RPC (vig_rpc_get_type ())
G_DECLARE_FINAL_TYPE (VigRpc, vig_rpc, VIG, RPC, GObject)

#define VIG_RPC_MAX_LINE (8 * 1024 * 1024) /* bytes, of one message and of what waits to be written */

#define VIG_RPC_METHOD_NOT_FOUND (-32601)
#define VIG_RPC_INVALID_PARAMS   (-32602)
#define VIG_RPC_FAILED           (-32000)

/* @id: what vig_rpc_reply () wants back; NULL for a notification. @params: an empty object where there are none. */
typedef void (*VigRpcHandler) (VigRpc *self, const char *method, JsonObject *params, JsonNode *id, gpointer user_data);

VigRpc       *vig_rpc_new         (GInputStream *input, GOutputStream *output, VigRpcHandler handler, gpointer user_data);

/* Returns the request's id. @params is (transfer full). The call ends by the answer or by vig_rpc_close (). */
gint64        vig_rpc_call_async  (VigRpc *self, const char *method, JsonObject *params, GAsyncReadyCallback callback, gpointer user_data);
JsonObject   *vig_rpc_call_finish (VigRpc *self, GAsyncResult *result, GError **error); /* (transfer full) */

void          vig_rpc_notify      (VigRpc *self, const char *method, JsonObject *params); /* params: (transfer full) */
void          vig_rpc_reply       (VigRpc *self, JsonNode *id, JsonObject *result);       /* result: (transfer full) */
void          vig_rpc_reply_error (VigRpc *self, JsonNode *id, int code, const char *message);

gboolean      vig_rpc_is_closed   (VigRpc *self);
const GError *vig_rpc_get_error   (VigRpc *self); /* why the conversation ended; NULL: the other side closed it */
/* Ends the conversation, and all that waits with a copy of @error. */
void          vig_rpc_close       (VigRpc *self, const GError *error);

G_END_DECLS
