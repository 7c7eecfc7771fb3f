/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vigilus.h>

static const VigProviderInfo compatible_info = {
  .type = "openai-compatible",
  .title = "OpenAI-compatible server",
  .description = "Any server that speaks OpenAI's Chat Completions: give its base URL, which usually ends with /v1.",
  .key = VIG_KEY_OPTIONAL,
  .options_schema = VIG_OPTIONS (VIG_OPTION_API "," VIG_OPTION_REASONING "," VIG_OPTION_TOOLS),
};

VIG_DEFINE_PROVIDER_PLUGIN (CompatibleProvider, compatible_provider, VigOpenaiProvider, VIG_TYPE_OPENAI_PROVIDER, compatible_info, "openai-compatible")

static void
compatible_provider_class_init (CompatibleProviderClass *klass)
{
  VIG_HTTP_PROVIDER_CLASS (klass)->info = &compatible_info;
  VIG_HTTP_PROVIDER_CLASS (klass)->thinks_in_text = TRUE;
}
