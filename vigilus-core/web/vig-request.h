/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-peer.h"
#include "vig-session.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _VigWeb VigWeb;

/* One request of the API: what was matched and checked, who asks, and the one way to answer. Reference counted; made, answered and freed
 * on the main thread. Store handlers read it on theirs meanwhile, and may add details. */
typedef struct _VigRequest VigRequest;
typedef void (*VigHandler) (VigRequest *request);

VigRequest      *vig_request_new           (VigWeb *web, SoupServerMessage *message, VigPeer *peer); /* pauses the message; (transfer none) peer */
VigRequest      *vig_request_ref           (VigRequest *self);
void             vig_request_unref         (VigRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigRequest, vig_request_unref)

void             vig_request_set_match     (VigRequest *self, VigMatch *match); /* takes what is in it */
void             vig_request_set_input     (VigRequest *self, JsonObject *parameters, JsonObject *body); /* (transfer full) */
void             vig_request_set_login     (VigRequest *self, VigLogin *login);

VigWeb          *vig_request_get_web       (VigRequest *self);
SoupServerMessage *vig_request_get_message (VigRequest *self);
const VigPeer   *vig_request_get_peer      (VigRequest *self);
const VigOperation *vig_request_get_operation (VigRequest *self);
/* For open operations that need somebody in some states: who must be signed in, and what is called then. */
void             vig_request_set_next      (VigRequest *self, VigRole role, VigHandler next);
VigHandler       vig_request_get_next      (VigRequest *self, VigRole *role);
char           **vig_request_get_values    (VigRequest *self); /* of the path, unchecked */
VigLogin        *vig_request_get_login     (VigRequest *self); /* NULL on open operations */
const VigCaller *vig_request_get_caller    (VigRequest *self); /* NULL on open operations */
JsonObject      *vig_request_get_body      (VigRequest *self); /* {} where there is none */
JsonObject      *vig_request_get_parameters (VigRequest *self); /* of path and query, typed */
const char      *vig_request_get_id        (VigRequest *self); /* the path's {id} */
VigPage          vig_request_get_page      (VigRequest *self);
GCancellable    *vig_request_get_cancellable (VigRequest *self); /* fires when the client has gone */
const char      *vig_request_get_header    (VigRequest *self, const char *name);

/* What a function that works in steps keeps between them. */
void             vig_request_set_data      (VigRequest *self, gpointer data, GDestroyNotify free_data);
gpointer         vig_request_get_data      (VigRequest *self);

/* Whatever a program can use about the error that follows: "field", "limit", "seconds". (transfer full) value */
void             vig_request_add_detail    (VigRequest *self, const char *name, JsonNode *value);
/* An INVALID error about one member of the body. */
void             vig_request_blame         (VigRequest *self, const char *field, GError **error, const char *format, ...) G_GNUC_PRINTF (4, 5);

/* Each request is answered once, on the main thread. */
void             vig_request_add_header    (VigRequest *self, const char *name, const char *value);
void             vig_request_respond       (VigRequest *self, JsonNode *node); /* (transfer full), NULL: no body; with the operation's status */
void             vig_request_respond_json  (VigRequest *self, GBytes *text); /* the same, as text already */
void             vig_request_respond_bytes (VigRequest *self, guint status, const char *content_type, GBytes *bytes);
void             vig_request_fail          (VigRequest *self, const GError *error);
void             vig_request_fail_status   (VigRequest *self, guint status, const GError *error);
void             vig_request_fail_with     (VigRequest *self, int code, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* For the socket, which answers in its own way: the message goes on. */
void             vig_request_release       (VigRequest *self);

G_END_DECLS
