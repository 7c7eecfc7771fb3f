/* SPDX-License-Identifier: MIT */
#include <vigilus/vigilus.h>

/* As from before the interface had its last functions: of VigTool it fills in get_info () and run () alone, and its
 * descriptor names the first minor. */
#define FIRST_MINOR 0

typedef struct
{
  GObject parent_instance;
} OldTool;

typedef struct
{
  GObjectClass parent_class;
} OldToolClass;

static void tool_iface_init (VigToolInterface *iface);
static GType old_tool_get_type (void);

G_DEFINE_TYPE_WITH_CODE (OldTool, old_tool, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, tool_iface_init))

static const VigToolInfo info = {
  "older.say", "Say", "Says how old it is.", VIG_LEVEL_READ, "{\"type\": \"object\", \"properties\": {}}", 0, VIG_TOOL_NONE,
};

static const VigToolInfo *
old_tool_get_info (VigTool *tool)
{
  return &info;
}

static JsonNode *
old_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_json_pack ("s", "old and well");
}

static void
tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = old_tool_get_info;
  iface->run = old_tool_run;
}

static void
old_tool_class_init (OldToolClass *klass)
{
}

static void
old_tool_init (OldTool *self)
{
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool (host, g_object_new (old_tool_get_type (), NULL));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { FIRST_MINOR, "older-minor", activate, NULL };
