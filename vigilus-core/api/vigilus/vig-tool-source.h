/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-tool.h"

G_BEGIN_DECLS

/* Tools that come and go: a plugin that makes them of what a person has described. The core keeps the descriptions, asks for their tools, and
 * takes them back when a description changes. Main thread. Since ABI minor 1. */
#define VIG_TYPE_TOOL_SOURCE (vig_tool_source_get_type ())
VIG_API GType vig_tool_source_get_type (void);
G_DECLARE_INTERFACE (VigToolSource, vig_tool_source, VIG, TOOL_SOURCE, GObject)

struct _VigToolSourceInterface
{
  GTypeInterface g_iface;

  /* Quick and without I/O: a tool of @definition, which has no secret in it. VIG_ERROR_INVALID begins with the member that is wrong: "/url: ...". */
  VigTool *(*make_tool) (VigToolSource *self, JsonObject *definition, GError **error);
};

VIG_API VigTool *vig_tool_source_make_tool (VigToolSource *self, JsonObject *definition, GError **error); /* (transfer full) */

G_END_DECLS
