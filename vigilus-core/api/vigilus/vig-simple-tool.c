/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-tool.h"

#define VIG_TYPE_SIMPLE_TOOL (vig_simple_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigSimpleTool, vig_simple_tool, VIG, SIMPLE_TOOL, GObject)

struct _VigSimpleTool
{
  GObject             parent_instance;

  const VigToolInfo  *info;
  VigToolRunFunc      run;
  VigToolClassifyFunc classify;
  VigToolPreviewFunc  preview;
};

static void tool_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigSimpleTool, vig_simple_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, tool_init))

static const VigToolInfo *
vig_simple_tool_get_info (VigTool *tool)
{
  return VIG_SIMPLE_TOOL (tool)->info;
}

static JsonNode *
vig_simple_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return VIG_SIMPLE_TOOL (tool)->run (invocation, cancellable, error);
}

static VigLevel
vig_simple_tool_classify (VigTool *tool, VigInvocation *invocation, char **resource)
{
  VigSimpleTool *self = VIG_SIMPLE_TOOL (tool);

  *resource = NULL;

  return self->classify != NULL ? self->classify (invocation, resource) : self->info->level;
}

static VigPreview *
vig_simple_tool_preview (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  VigSimpleTool *self = VIG_SIMPLE_TOOL (tool);

  return self->preview != NULL ? self->preview (invocation, cancellable, error) : NULL;
}

VigTool *
vig_simple_tool_new_full (const VigToolInfo *info, VigToolRunFunc run, VigToolClassifyFunc classify, VigToolPreviewFunc preview)
{
  VigSimpleTool *self;

  g_return_val_if_fail (info != NULL, NULL);
  g_return_val_if_fail (run != NULL, NULL);

  self = g_object_new (VIG_TYPE_SIMPLE_TOOL, NULL);
  self->info = info;
  self->run = run;
  self->classify = classify;
  self->preview = preview;

  return VIG_TOOL (self);
}

VigTool *
vig_simple_tool_new (const VigToolInfo *info, VigToolRunFunc run)
{
  return vig_simple_tool_new_full (info, run, NULL, NULL);
}

static void
tool_init (VigToolInterface *iface)
{
  iface->get_info = vig_simple_tool_get_info;
  iface->run = vig_simple_tool_run;
  iface->classify = vig_simple_tool_classify;
  iface->preview = vig_simple_tool_preview;
}

static void
vig_simple_tool_class_init (VigSimpleToolClass *klass)
{
}

static void
vig_simple_tool_init (VigSimpleTool *self)
{
}
