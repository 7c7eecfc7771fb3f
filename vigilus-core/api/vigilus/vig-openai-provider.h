/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-http-provider.h"

G_BEGIN_DECLS

#define VIG_TYPE_OPENAI_PROVIDER (vig_openai_provider_get_type ())
VIG_API GType vig_openai_provider_get_type (void);
G_DECLARE_DERIVABLE_TYPE (VigOpenaiProvider, vig_openai_provider, VIG, OPENAI_PROVIDER, VigHttpProvider)

/* A server that speaks OpenAI's Chat Completions in any dialect, and perhaps Responses. A subclass sets its info, and what is
 * different about its server. */
struct _VigOpenaiProviderClass
{
  VigHttpProviderClass parent_class;

  /* Whether @model is better asked by Responses where the option "api" leaves the choice. Without it: never. */
  gboolean (*prefers_responses) (VigOpenaiProvider *self, const char *model);
  /* Changes the whole @body of a request as this server wants it. @effort: the option "reasoning", "off", "low", "medium" or "high"; NULL: the
   * model's own way. Without it the effort is sent as OpenAI has it. */
  void     (*tune_request)      (VigOpenaiProvider *self, JsonObject *body, gboolean responses, const char *effort);
  /* More about a model of the list: its price. Without it and beside it: what most servers call its context. */
  void     (*read_model)        (VigOpenaiProvider *self, JsonObject *object, VigModel *model);

  const char *responses_path; /* "/responses" */

  gpointer _reserved[8];
};

/* How OpenAI has it: for a tune_request () that does something besides. */
VIG_API void vig_openai_provider_add_effort (JsonObject *body, gboolean responses, const char *effort);

#define VIG_OPTION_API \
  "\"api\":{\"type\":\"string\",\"enum\":[\"chat\",\"responses\"],\"title\":\"Interface\"," \
  "\"description\":\"Chat Completions or Responses; empty: what suits the model\"}"

G_END_DECLS
