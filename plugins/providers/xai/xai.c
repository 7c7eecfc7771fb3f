/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vigilus.h>

#include <string.h>

static const VigProviderInfo xai_info = {
  .type = "xai",
  .title = "xAI",
  .description = "Grok models by the Responses interface.",
  .default_base_url = "https://api.x.ai/v1",
  .default_model = "grok-4.3",
  .help_url = "https://console.x.ai",
  .key = VIG_KEY_REQUIRED,
  .options_schema = VIG_OPTIONS (VIG_OPTION_API "," VIG_OPTION_REASONING),
};

VIG_DEFINE_PROVIDER_PLUGIN (XaiProvider, xai_provider, VigOpenaiProvider, VIG_TYPE_OPENAI_PROVIDER, xai_info, "xai")

/* xAI calls its Chat Completions deprecated. */
static gboolean
prefers_responses (VigOpenaiProvider *self, const char *model)
{
  return TRUE;
}

static void
refine_fault (VigHttpProvider *self, VigHttpFault *fault, JsonObject *body)
{
  if (fault->effective == 400 && fault->message != NULL && strstr (fault->message, "Model not found") != NULL)
    fault->effective = 404;
  else if (fault->effective == 400 && fault->message != NULL && strstr (fault->message, "Incorrect API key") != NULL)
    fault->effective = 401;
}

/* Prices are in cents for 100 million tokens. */
static double
read_price (JsonObject *object, const char *name)
{
  double price = vig_json_get_double (object, name, -1);

  return price < 0 ? -1 : price / 1e4;
}

static void
read_model (VigOpenaiProvider *self, JsonObject *object, VigModel *model)
{
  model->input_price = read_price (object, "prompt_text_token_price");
  model->output_price = read_price (object, "completion_text_token_price");
  model->cache_read_price = read_price (object, "cached_prompt_text_token_price");
}

static void
xai_provider_class_init (XaiProviderClass *klass)
{
  VigHttpProviderClass *http = VIG_HTTP_PROVIDER_CLASS (klass);
  VigOpenaiProviderClass *openai = VIG_OPENAI_PROVIDER_CLASS (klass);

  http->info = &xai_info;
  http->models_path = "/language-models";
  http->lists_prices = TRUE;
  http->refine_fault = refine_fault;
  openai->prefers_responses = prefers_responses;
  openai->read_model = read_model;
}
