/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vigilus.h>

static const VigProviderInfo openai_info = {
  .type = "openai",
  .title = "OpenAI",
  .description = "GPT models by the Responses interface, older ones by Chat Completions.",
  .default_base_url = "https://api.openai.com/v1",
  .default_model = "gpt-5.5",
  .help_url = "https://platform.openai.com/api-keys",
  .key = VIG_KEY_REQUIRED,
  .options_schema = VIG_OPTIONS (VIG_OPTION_API "," VIG_OPTION_REASONING),
};

VIG_DEFINE_PROVIDER_PLUGIN (OpenaiProvider, openai_provider, VigOpenaiProvider, VIG_TYPE_OPENAI_PROVIDER, openai_info, "openai")

/* The old ones, for which Chat Completions was made: their Responses have nothing more to say. */
static gboolean
prefers_responses (VigOpenaiProvider *self, const char *model)
{
  static const char *old[] = { "gpt-3.5", "gpt-4-", "gpt-4o", "chatgpt-" };

  if (g_str_equal (model, "gpt-4"))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (old); i++)
    if (g_str_has_prefix (model, old[i]))
      return FALSE;

  return TRUE;
}

/* A summary of the reasoning comes only where it is asked for, and only from models that reason. */
static void
tune_request (VigOpenaiProvider *self, JsonObject *body, gboolean responses, const char *effort)
{
  if (responses || effort != NULL)
    vig_openai_provider_add_effort (body, responses, effort);
}

static void
openai_provider_class_init (OpenaiProviderClass *klass)
{
  VigOpenaiProviderClass *openai = VIG_OPENAI_PROVIDER_CLASS (klass);

  VIG_HTTP_PROVIDER_CLASS (klass)->info = &openai_info;
  openai->prefers_responses = prefers_responses;
  openai->tune_request = tune_request;
}
