/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vigilus.h>

static const VigProviderInfo lmstudio_info = {
  .type = "lmstudio",
  .title = "LM Studio",
  .description = "Models on your own computer, served by LM Studio: start its server under Developer.",
  .default_base_url = "http://127.0.0.1:1234",
  .key = VIG_KEY_OPTIONAL,
  .is_local = TRUE,
  .options_schema = VIG_OPTIONS (VIG_OPTION_API "," VIG_OPTION_REASONING "," VIG_OPTION_TOOLS),
};

VIG_DEFINE_PROVIDER_PLUGIN (LmstudioProvider, lmstudio_provider, VigOpenaiProvider, VIG_TYPE_OPENAI_PROVIDER, lmstudio_info, "lmstudio")

/* A list of words that other servers use for other things. */
static void
read_model (VigOpenaiProvider *self, JsonObject *object, VigModel *model)
{
  JsonArray *abilities = vig_json_get_array (object, "capabilities");

  if (abilities != NULL)
    model->calls_tools = vig_http_provider_has_word (abilities, "tool_use");
}

static void
lmstudio_provider_class_init (LmstudioProviderClass *klass)
{
  VigHttpProviderClass *http = VIG_HTTP_PROVIDER_CLASS (klass);

  http->info = &lmstudio_info;
  http->thinks_in_text = TRUE;
  http->lists_tools = TRUE;
  http->completion_path = "/v1/chat/completions";
  http->models_path = "/api/v0/models"; /* the one list that tells the context */
  VIG_OPENAI_PROVIDER_CLASS (klass)->read_model = read_model;
  VIG_OPENAI_PROVIDER_CLASS (klass)->responses_path = "/v1/responses";
}
