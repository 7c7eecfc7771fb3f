/* SPDX-License-Identifier: MIT */
#include <vigilus/vigilus.h>

#include <unistd.h>

#define N_CHILDREN 4

/* Leaves children in sessions of their own, and never ends. */
static JsonNode *
spread (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  for (int i = 0; i < N_CHILDREN; i++)
    if (fork () == 0)
      {
        setsid ();
        while (TRUE)
          pause ();
      }
  while (TRUE)
    pause ();

  return NULL;
}

static const VigToolInfo infos[] = {
  { "fertile.spread", "Spread", "Makes processes, and never ends.", VIG_LEVEL_READ, "{\"type\": \"object\", \"properties\": {}, \"additionalProperties\": false}",
    300, VIG_TOOL_NONE },
};

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool (host, vig_simple_tool_new (&infos[0], spread));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "fertile", activate, NULL };
