/* SPDX-License-Identifier: MIT */
/* One library in many shapes, each wrong in one way: -D ODD_... says which. */
#include <vigilus/vigilus.h>

#ifndef ODD_ID
#define ODD_ID "odd"
#endif

/* How its activate () ends. */
#define ODD_WELL   0
#define ODD_FAILS  1
#define ODD_SILENT 2
#define ODD_EMPTY  3

#ifndef ODD_END
#define ODD_END ODD_WELL
#endif

#ifndef ODD_MINOR
#define ODD_MINOR VIG_ABI_MINOR
#endif

#ifndef ODD_LEVEL
#define ODD_LEVEL VIG_LEVEL_READ
#endif

static JsonNode *
say (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_json_pack ("s", "said");
}

static const VigToolInfo info = {
  "odd.say", "Say", "Says one word.", ODD_LEVEL, "{\"type\": \"object\", \"properties\": {}}", 5, VIG_TOOL_NONE,
};

static gboolean
activate (VigHost *host, GError **error)
{
  if (ODD_END == ODD_FAILS)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the odd device is not there");
  else if (ODD_END == ODD_WELL)
    vig_host_add_tool (host, vig_simple_tool_new (&info, say));

  return ODD_END == ODD_WELL || ODD_END == ODD_EMPTY;
}

#ifndef ODD_NO_SYMBOL
VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { ODD_MINOR, ODD_ID, activate, NULL };
#else
VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_0 = { ODD_MINOR, ODD_ID, activate, NULL };
#endif
