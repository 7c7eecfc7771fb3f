/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-http-answer.h"

G_BEGIN_DECLS

#define VIG_TYPE_HTTP_PROVIDER (vig_http_provider_get_type ())
VIG_API GType vig_http_provider_get_type (void);
G_DECLARE_DERIVABLE_TYPE (VigHttpProvider, vig_http_provider, VIG, HTTP_PROVIDER, GObject)

/* A VigProvider that speaks JSON over HTTP. Session, time limits, retries, event streams and error shapes are here, once; a
 * provider says in functions without I/O what its format looks like. All are called on the main thread. */
struct _VigHttpProviderClass
{
  GObjectClass parent_class;

  const VigProviderInfo *info;
  const char            *completion_path; /* below the base URL, "/v1/messages" */
  const char            *models_path;     /* or NULL: cannot list them */

  /* The JSON of a request that asks for a stream. */
  JsonObject *(*build_request) (VigHttpProvider *self, const VigCompletionRequest *request, GError **error);
  /* @api_key: or NULL. Without this function: "Authorization: Bearer". */
  void        (*add_headers)   (VigHttpProvider *self, SoupMessageHeaders *headers, const char *api_key);
  /* Changes @body, TRUE, where @fault says that the server would take another form of it. Asked four times at most. */
  gboolean    (*adapt_request) (VigHttpProvider *self, JsonObject *body, const VigHttpFault *fault);

  /* What is collected while one answer is read; made and freed with it. */
  gpointer    (*new_state)     (VigHttpProvider *self);
  void        (*free_state)    (gpointer state);
  void        (*parse_event)   (VigHttpProvider *self, VigHttpAnswer *answer, JsonObject *event);
  void        (*parse_body)    (VigHttpProvider *self, VigHttpAnswer *answer, JsonObject *body); /* of a server that does not stream */
  void        (*parse_end)     (VigHttpProvider *self, VigHttpAnswer *answer);                   /* hands over what is collected */

  /* Appends VigModels; returns the path (with query) of the next page, or NULL. */
  char       *(*parse_models)  (VigHttpProvider *self, JsonObject *body, GPtrArray *models);

  /* Where the path depends on what is asked: below the base URL; NULL: the one above. @request NULL: of the list of models. */
  char       *(*dup_path)      (VigHttpProvider *self, const VigCompletionRequest *request);
  /* Sets what depends on the options, which keep to info->options_schema; called by configure (). */
  gboolean    (*set_options)   (VigHttpProvider *self, JsonObject *options, GError **error);
  /* Corrects fault->effective, ->retry_after_ms where the format says more than its status. @body: what was said. */
  void        (*refine_fault)  (VigHttpProvider *self, VigHttpFault *fault, JsonObject *body);
  gboolean     json_lines;     /* an answer is lines of JSON (NDJSON), each an event */

  /* Where a POST of {"model": id} tells more about one model than the list does; asked before its first completion. NULL: nowhere. */
  const char  *inquiry_path;
  void       (*parse_inquiry)  (VigHttpProvider *self, JsonObject *body, VigModel *model);

  gboolean     lists_prices;   /* the list of models tells prices: it is read before the first completion, and once a day */
  gboolean     lists_tools;    /* the list of models tells whether one calls tools: it is read before the first completion with tools */
  gboolean     thinks_in_text; /* its servers leave "<think>…</think>" at the beginning of a text: it is told apart as reasoning */
  const char  *key_path;       /* a GET that wants the key where the list of models does not: asked beside the list; or NULL */
};

VIG_API const char *vig_http_provider_get_base_url    (VigHttpProvider *self); /* without a slash at the end; NULL: not configured */

/* What the server told of it so far (borrowed), or NULL. */
VIG_API const VigModel *vig_http_provider_find_model  (VigHttpProvider *self, const char *id);
/* It is known that the model takes no pictures: those of earlier questions are left out, with VIG_HTTP_NO_PICTURE in their place. */
VIG_API gboolean    vig_http_provider_is_blind        (VigHttpProvider *self, const char *id);
#define VIG_HTTP_NO_PICTURE "(A picture is left out: this model cannot see pictures.)"

/* Milliseconds; 0 leaves one as it is. */
VIG_API void        vig_http_provider_set_time_limits (VigHttpProvider *self, guint connect, guint first_byte, guint idle);

/* For build_request (): what servers demand of every conversation, once for all formats. */

/* The name of a tool as providers accept it, and back. */
VIG_API char       *vig_http_provider_name_to_wire    (const char *name);
VIG_API char       *vig_http_provider_name_from_wire  (const char *name);
/* The schema of a tool's arguments as providers accept it. */
VIG_API JsonNode   *vig_http_provider_build_schema    (const VigToolInfo *tool);
/* The result of call @index of the reply in @turn: every call needs one. Where it has none, a text that says so. */
VIG_API char       *vig_http_provider_find_result     (VigTranscript *transcript, guint turn, guint index, gboolean *is_error);
/* An id that providers accept, unique in its reply. */
VIG_API char       *vig_http_provider_dup_call_id     (VigReply *reply, guint index);
/* An object also where the model sent none: then {"invalid_json": text}. */
VIG_API JsonObject *vig_http_provider_ref_arguments   (const VigReplyCall *call);
/* The opaque part of @reply, if it is an object whose "format" is @format; or NULL. */
VIG_API JsonObject *vig_http_provider_get_opaque      (VigReply *reply, const char *format);
/* Whether the list of what a model can do names it. */
VIG_API gboolean    vig_http_provider_has_word        (JsonArray *words, const char *word);
/* Sets @field where @object reports @name as a number. */
VIG_API void        vig_http_provider_read_count      (JsonObject *object, const char *name, gint64 *field);
/* Where a server counts @part beside @field, and VigUsage among it. What is not reported is nothing. */
VIG_API void        vig_http_provider_add_count       (gint64 *field, gint64 part);
/* What the usage that a server reports says of its cost (OpenRouter's "cost", xAI's "cost_in_usd_ticks"). @report: or NULL. */
VIG_API void        vig_http_provider_read_cost       (JsonObject *report, VigUsage *usage);

G_END_DECLS
