/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vigilus.h>

static const VigProviderInfo vllm_info = {
  .type = "vllm",
  .title = "vLLM",
  .description = "Models on your own machines, served by vLLM: start it with --enable-auto-tool-choice and --tool-call-parser.",
  .default_base_url = "http://127.0.0.1:8000/v1",
  .key = VIG_KEY_OPTIONAL,
  .is_local = TRUE,
  .options_schema = VIG_OPTIONS (VIG_OPTION_API "," VIG_OPTION_REASONING "," VIG_OPTION_TOOLS),
};

VIG_DEFINE_PROVIDER_PLUGIN (VllmProvider, vllm_provider, VigOpenaiProvider, VIG_TYPE_OPENAI_PROVIDER, vllm_info, "vllm")

/* Whether a model thinks is for the template that its prompt is made by. */
static void
tune_request (VigOpenaiProvider *self, JsonObject *body, gboolean responses, const char *effort)
{
  if (effort == NULL)
    return;
  if (!responses)
    json_object_set_member (body, "chat_template_kwargs", vig_json_pack ("{s:b}", "enable_thinking", !g_str_equal (effort, "off")));
  if (responses || !g_str_equal (effort, "off"))
    vig_openai_provider_add_effort (body, responses, effort);
}

static void
vllm_provider_class_init (VllmProviderClass *klass)
{
  VIG_HTTP_PROVIDER_CLASS (klass)->info = &vllm_info;
  VIG_HTTP_PROVIDER_CLASS (klass)->thinks_in_text = TRUE;
  VIG_OPENAI_PROVIDER_CLASS (klass)->tune_request = tune_request;
}
