/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-json.h"

G_BEGIN_DECLS

/* One tool call in a model's reply. */
typedef struct
{
  char       *id;             /* the provider's, or one made up where it has none */
  char       *name;           /* Vigilus's own name of the tool ("filesystem.read"), mapped back from the provider's */
  JsonObject *arguments;      /* NULL where what the model sent is not a JSON object */
  char       *raw_arguments;  /* the text as sent, where arguments is NULL */
} VigReplyCall;

/* Tokens, of whatever provider in the same sense; -1: not reported. */
typedef struct
{
  gint64 input_tokens;       /* all that the model was given, from a cache or not */
  gint64 output_tokens;      /* all that it made, reasoning and calls among them */
  gint64 cache_read_tokens;  /* of the input: what the server had kept */
  gint64 cache_write_tokens; /* of the input: what it keeps for the next time */
  gint64 reasoning_tokens;   /* of the output */
  gint64 cost_micros;        /* what the server itself says that it cost, in millionths of a US dollar */
} VigUsage;

/* What a model answered: built up while it streams, then only read. Reference counted, main thread only. */
typedef struct _VigReply VigReply;

#define VIG_TYPE_REPLY (vig_reply_get_type ())

VIG_API GType         vig_reply_get_type         (void);
VIG_API VigReply     *vig_reply_new              (void);
VIG_API VigReply     *vig_reply_ref              (VigReply *self);
VIG_API void          vig_reply_unref            (VigReply *self);

VIG_API const char   *vig_reply_get_text         (VigReply *self); /* never NULL */
VIG_API const char   *vig_reply_get_reasoning    (VigReply *self); /* never NULL */
VIG_API const char   *vig_reply_get_refusal      (VigReply *self); /* NULL: none */
VIG_API const char   *vig_reply_get_stop_reason  (VigReply *self); /* the provider's word, or NULL */
VIG_API gboolean      vig_reply_is_cut_short     (VigReply *self); /* ended by a length limit */
VIG_API guint         vig_reply_get_n_calls      (VigReply *self);
VIG_API const VigReplyCall *vig_reply_get_call   (VigReply *self, guint index);
VIG_API VigUsage     *vig_reply_get_usage        (VigReply *self); /* borrowed, writable */
VIG_API JsonNode     *vig_reply_get_opaque       (VigReply *self); /* what the provider wants back unchanged, or NULL */

VIG_API void          vig_reply_append_text      (VigReply *self, const char *text, gssize length);
VIG_API void          vig_reply_append_reasoning (VigReply *self, const char *text, gssize length);
VIG_API void          vig_reply_append_refusal   (VigReply *self, const char *text, gssize length);
VIG_API void          vig_reply_set_stop_reason  (VigReply *self, const char *stop_reason, gboolean cut_short);
/* @arguments_text: the JSON text; empty or NULL is {}. Anything but an object is kept raw. */
VIG_API void          vig_reply_add_call         (VigReply *self, const char *id, const char *name, const char *arguments_text);
VIG_API void          vig_reply_set_opaque       (VigReply *self, JsonNode *opaque); /* (transfer full) */

VIG_API JsonObject   *vig_reply_to_json          (VigReply *self);
VIG_API VigReply     *vig_reply_from_json        (JsonObject *object, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigReply, vig_reply_unref)

G_END_DECLS
