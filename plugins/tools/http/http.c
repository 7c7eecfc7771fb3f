/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "http.h"

#define HTTP_TYPE_SOURCE (http_source_get_type ())
G_DECLARE_FINAL_TYPE (HttpSource, http_source, HTTP, SOURCE, GObject)

struct _HttpSource
{
  GObject parent_instance;
};

static VigTool *
http_source_make_tool (VigToolSource *source, JsonObject *definition, GError **error)
{
  return http_tool_new (definition, error);
}

static void
http_source_iface_init (VigToolSourceInterface *iface)
{
  iface->make_tool = http_source_make_tool;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (HttpSource, http_source, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL_SOURCE, http_source_iface_init))

static void
http_source_class_init (HttpSourceClass *klass)
{
}

static void
http_source_init (HttpSource *self)
{
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool_source (host, g_object_new (HTTP_TYPE_SOURCE, NULL));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "http", activate, NULL };
