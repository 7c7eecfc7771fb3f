/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-tool-source.h"

G_DEFINE_INTERFACE (VigToolSource, vig_tool_source, G_TYPE_OBJECT)

static void
vig_tool_source_default_init (VigToolSourceInterface *iface)
{
}

VigTool *
vig_tool_source_make_tool (VigToolSource *self, JsonObject *definition, GError **error)
{
  g_return_val_if_fail (VIG_IS_TOOL_SOURCE (self), NULL);
  g_return_val_if_fail (definition != NULL, NULL);

  return VIG_TOOL_SOURCE_GET_IFACE (self)->make_tool (self, definition, error);
}
