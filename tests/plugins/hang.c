/* SPDX-License-Identifier: MIT */
#include <vigilus/vigilus.h>

#define NO_ARGUMENTS "{\"type\": \"object\", \"properties\": {}, \"additionalProperties\": false}"

/* Hears nothing, ends never. */
static JsonNode *
hang (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  while (TRUE)
    g_usleep (G_USEC_PER_SEC);

  return NULL;
}

static JsonNode *
silent (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return NULL;
}

static const VigToolInfo infos[] = {
  { "hang.wait", "Hang", "Never ends.", VIG_LEVEL_READ, NO_ARGUMENTS, 1, VIG_TOOL_NONE },
  { "hang.silent", "Fail silently", "Fails and does not say why.", VIG_LEVEL_READ, NO_ARGUMENTS, 1, VIG_TOOL_NONE },
};

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool (host, vig_simple_tool_new (&infos[0], hang));
  vig_host_add_tool (host, vig_simple_tool_new (&infos[1], silent));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "hang", activate, NULL };
