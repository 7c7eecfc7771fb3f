/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vigilus.h>

#define COMPATIBLE_TYPE_PROVIDER (compatible_provider_get_type ())
G_DECLARE_FINAL_TYPE (CompatibleProvider, compatible_provider, COMPATIBLE, PROVIDER, VigOpenaiProvider)

struct _CompatibleProvider
{
  VigOpenaiProvider parent_instance;
};

G_DEFINE_FINAL_TYPE (CompatibleProvider, compatible_provider, VIG_TYPE_OPENAI_PROVIDER)

static const VigProviderInfo compatible_info = {
  .type = "openai-compatible",
  .title = "OpenAI-compatible server",
  .description = "Any server that speaks OpenAI's Chat Completions: give its base URL, which usually ends with /v1.",
  .key = VIG_KEY_OPTIONAL,
  .options_schema = VIG_OPTIONS (VIG_OPTION_API "," VIG_OPTION_REASONING),
};

static void
compatible_provider_class_init (CompatibleProviderClass *klass)
{
  VIG_HTTP_PROVIDER_CLASS (klass)->info = &compatible_info;
}

static void
compatible_provider_init (CompatibleProvider *self)
{
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_provider_type (host, &compatible_info, COMPATIBLE_TYPE_PROVIDER);

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "openai-compatible", activate, NULL };
