/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vigilus.h>

static const VigProviderInfo openrouter_info = {
  .type = "openrouter",
  .title = "OpenRouter",
  .description = "Models of many vendors behind one key and one bill.",
  .default_base_url = "https://openrouter.ai/api/v1",
  .help_url = "https://openrouter.ai/settings/keys",
  .key = VIG_KEY_REQUIRED,
  .options_schema = VIG_OPTIONS (VIG_OPTION_REASONING),
};

VIG_DEFINE_PROVIDER_PLUGIN (OpenrouterProvider, openrouter_provider, VigOpenaiProvider, VIG_TYPE_OPENAI_PROVIDER, openrouter_info, "openrouter")

static void
add_headers (VigHttpProvider *self, SoupMessageHeaders *headers, const char *api_key)
{
  g_autofree char *bearer = g_strconcat ("Bearer ", api_key != NULL ? api_key : "", NULL);

  soup_message_headers_replace (headers, "X-Title", "Vigilus");
  if (api_key != NULL)
    soup_message_headers_replace (headers, "Authorization", bearer);
}

static void
tune_request (VigOpenaiProvider *self, JsonObject *body, gboolean responses, const char *effort)
{
  if (g_strcmp0 (effort, "off") == 0)
    json_object_set_member (body, "reasoning", vig_json_pack ("{s:b}", "enabled", FALSE));
  else if (effort != NULL)
    json_object_set_member (body, "reasoning", vig_json_pack ("{s:s}", "effort", effort));
}

/* Prices are texts, in dollars for one token; -1 is "it depends". */
static double
read_price (JsonObject *pricing, const char *name)
{
  const char *text = pricing != NULL ? vig_json_get_string (pricing, name, NULL) : NULL;
  char *end = NULL;
  double price = text != NULL ? g_ascii_strtod (text, &end) : -1;

  return text == NULL || end == text || price < 0 ? -1 : price * 1e6;
}

static void
read_model (VigOpenaiProvider *self, JsonObject *object, VigModel *model)
{
  JsonObject *pricing = vig_json_get_object (object, "pricing");

  model->input_price = read_price (pricing, "prompt");
  model->output_price = read_price (pricing, "completion");
  model->cache_read_price = read_price (pricing, "input_cache_read");
  model->cache_write_price = read_price (pricing, "input_cache_write");
}

static void
openrouter_provider_class_init (OpenrouterProviderClass *klass)
{
  VigHttpProviderClass *http = VIG_HTTP_PROVIDER_CLASS (klass);
  VigOpenaiProviderClass *openai = VIG_OPENAI_PROVIDER_CLASS (klass);

  http->info = &openrouter_info;
  http->add_headers = add_headers;
  http->lists_prices = TRUE;
  http->key_path = "/key";
  openai->tune_request = tune_request;
  openai->read_model = read_model;
}
