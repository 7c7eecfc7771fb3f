/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-provider.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _VigHttpProvider VigHttpProvider;

#define VIG_HTTP_MAX_ANSWER (64 * 1024 * 1024) /* bytes of a whole stream */
#define VIG_HTTP_MAX_ERROR_BODY (256 * 1024)   /* bytes of an error that are looked at; the rest is dropped */

#define VIG_HTTP_NEVER G_MAXUINT               /* in ->retry_after_ms: waiting does not help */

/* What a server said that went wrong, in whatever shape it said it. */
typedef struct
{
  guint  status;    /* of the answer: 200 where the error came inside of one */
  guint  effective; /* the status that would have said it */
  char  *type;      /* the server's word, or NULL */
  char  *code;      /* likewise; numbers as text */
  char  *message;   /* or NULL */
  char  *upstream;  /* who stands behind the server, and what it said; or NULL */
  guint  retry_after_ms; /* to wait before asking again, where the body says so; 0: it does not */
  gboolean is_page; /* HTML where JSON was expected: the message is ours */
} VigHttpFault;

/* One answer as it is read: bytes in, cut anywhere; a reply out. No I/O happens here, so it can be fed from recordings. */
typedef struct _VigHttpAnswer VigHttpAnswer;

VIG_API VigHttpAnswer      *vig_http_answer_new           (VigHttpProvider *provider, VigChunkFunc on_chunk, gpointer chunk_data);
VIG_API VigHttpAnswer      *vig_http_answer_new_raw       (VigHttpProvider *provider); /* a JSON body that is no reply */
VIG_API void                vig_http_answer_free          (VigHttpAnswer *self);

VIG_API void                vig_http_answer_begin         (VigHttpAnswer *self, guint status, SoupMessageHeaders *headers);
VIG_API gboolean            vig_http_answer_feed          (VigHttpAnswer *self, const char *bytes, gsize length, GError **error);
VIG_API gboolean            vig_http_answer_end           (VigHttpAnswer *self, GError **error); /* FALSE too where the server said an error */

VIG_API gboolean            vig_http_answer_is_done       (VigHttpAnswer *self); /* its last event was seen: nothing more matters */
VIG_API gboolean            vig_http_answer_was_delivered (VigHttpAnswer *self); /* somebody has seen a part of it */
VIG_API const VigHttpFault *vig_http_answer_get_fault     (VigHttpAnswer *self); /* or NULL */
VIG_API JsonObject         *vig_http_answer_get_body      (VigHttpAnswer *self); /* of a whole JSON answer, or NULL */

/* For the functions of a VigHttpProvider. */
VIG_API VigReply           *vig_http_answer_get_reply     (VigHttpAnswer *self);
VIG_API void                vig_http_answer_add_text      (VigHttpAnswer *self, const char *text); /* NULL and "": nothing */
VIG_API void                vig_http_answer_add_reasoning (VigHttpAnswer *self, const char *text);
VIG_API void                vig_http_answer_add_call      (VigHttpAnswer *self, const char *id, const char *wire_name, const char *arguments);
VIG_API void                vig_http_answer_set_done      (VigHttpAnswer *self);
VIG_API void                vig_http_answer_set_fault     (VigHttpAnswer *self, JsonObject *object); /* {"error": ...} */
VIG_API gpointer            vig_http_answer_get_state     (VigHttpAnswer *self); /* what new_state () made */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigHttpAnswer, vig_http_answer_free)

G_END_DECLS
