/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-tool.h"
#include "vig-transcript.h"

G_BEGIN_DECLS

typedef enum
{
  VIG_KEY_NONE,
  VIG_KEY_OPTIONAL,
  VIG_KEY_REQUIRED,
} VigKeyUse;

/* A kind of provider, as the dashboard offers it. Static. */
typedef struct
{
  const char *type;             /* "anthropic" */
  const char *title;            /* "Anthropic" */
  const char *description;      /* one sentence for the person who chooses */
  const char *default_base_url; /* or NULL: must be given, unless no_base_url */
  const char *default_model;    /* or NULL */
  const char *help_url;         /* where a key comes from, or NULL */
  VigKeyUse   key;
  gboolean    no_base_url;      /* works without any server */
  gboolean    is_local;         /* usually runs on one's own machine, at default_base_url: it is looked for there */
  const char *options_schema;   /* JSON Schema of VigProviderSettings.options, or NULL: there are none */
} VigProviderInfo;

/* Pieces of an options_schema. */
#define VIG_OPTIONS(properties) "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" properties "}}"
#define VIG_OPTION_REASONING \
  "\"reasoning\":{\"type\":\"string\",\"enum\":[\"off\",\"low\",\"medium\",\"high\"],\"title\":\"Reasoning\"," \
  "\"description\":\"How much the model thinks before it answers; empty: its own way\"}"
#define VIG_OPTION_TOOLS \
  "\"tools\":{\"type\":\"string\",\"enum\":[\"native\",\"text\"],\"title\":\"Tools\"," \
  "\"description\":\"How the model calls tools: by its server's own interface, or as text for one that has none; empty: what its server tells\"}"

/* How one configured provider is reached. */
typedef struct
{
  const char *base_url; /* NULL: the default */
  const char *api_key;  /* NULL: none */
  JsonObject *options;  /* what options_schema allows; NULL: none */
} VigProviderSettings;

/* What a model is asked. Borrowed by the provider for the time of the completion. */
typedef struct
{
  const char                *model;
  const char                *system;            /* or NULL */
  VigTranscript             *transcript;
  const VigToolInfo * const *tools;             /* NULL-terminated, or NULL */
  gint64                     max_output_tokens; /* 0: the provider's own */
} VigCompletionRequest;

typedef enum
{
  VIG_CHUNK_TEXT,
  VIG_CHUNK_REASONING,
  VIG_CHUNK_RECLASSIFY, /* all text so far was reasoning; with an empty text */
} VigChunkKind;

/* Called on the main loop for each piece that arrives, in order; never from inside complete_async (). */
typedef void (*VigChunkFunc) (VigChunkKind kind, const char *text, gpointer user_data);

typedef struct
{
  char   *id;
  gint64  context_length; /* tokens that the model itself has, 0: unknown */
  double  input_price;    /* US dollars for a million tokens, -1: unknown */
  double  output_price;
  int     sees_images;    /* 1: yes, 0: no, -1: unknown */
  double  cache_read_price;  /* of what the server had kept; -1: as any other input */
  double  cache_write_price; /* of what it keeps for the next time; -1: likewise */
  GStrv   aliases;        /* other names that it answers to, or NULL */
  gint64  served_context; /* tokens that its server is asked to give it, however many it has; 0: all */
  int     calls_tools;    /* 1: yes, 0: no, -1: unknown */
} VigModel;

VIG_API VigModel *vig_model_new  (const char *id, gint64 context_length);
VIG_API VigModel *vig_model_copy (const VigModel *model);
VIG_API void      vig_model_free (VigModel *model);
VIG_API gint64    vig_model_get_window (const VigModel *model); /* tokens that a question and its answer may have; 0: unknown */

#define VIG_TYPE_PROVIDER (vig_provider_get_type ())
VIG_API GType vig_provider_get_type (void);
G_DECLARE_INTERFACE (VigProvider, vig_provider, VIG, PROVIDER, GObject)

/* One instance per configured provider. Errors: VIG_ERROR_REMOTE what the server said, with what to do;
 * UNAUTHENTICATED bad key; NOT_FOUND no such model; RATE_LIMITED; TIMED_OUT; UNAVAILABLE cannot be reached;
 * NOT_SUPPORTED tools for a model that can't call them, in these words; INVALID bad base URL or a request that cannot succeed; TOO_LARGE context too long. */
struct _VigProviderInterface
{
  GTypeInterface g_iface;

  gboolean   (*configure)          (VigProvider *self, const VigProviderSettings *settings, GError **error);
  void       (*complete_async)     (VigProvider *self, const VigCompletionRequest *request, VigChunkFunc on_chunk, gpointer chunk_data,
                                    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  VigReply  *(*complete_finish)    (VigProvider *self, GAsyncResult *result, GError **error);
  void       (*list_models_async)  (VigProvider *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  GPtrArray *(*list_models_finish) (VigProvider *self, GAsyncResult *result, GError **error); /* of VigModel */
};

VIG_API gboolean   vig_provider_configure          (VigProvider *self, const VigProviderSettings *settings, GError **error);
VIG_API void       vig_provider_complete_async     (VigProvider *self, const VigCompletionRequest *request, VigChunkFunc on_chunk, gpointer chunk_data,
                                                    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
VIG_API VigReply  *vig_provider_complete_finish    (VigProvider *self, GAsyncResult *result, GError **error);
VIG_API void       vig_provider_list_models_async  (VigProvider *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
VIG_API GPtrArray *vig_provider_list_models_finish (VigProvider *self, GAsyncResult *result, GError **error);

G_END_DECLS
