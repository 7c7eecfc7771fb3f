/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-tools.h"

#include "vig-store-http-tools.h"

struct _VigHttpTools
{
  GObject                parent_instance;

  const VigAgentContext *context;
  GPtrArray             *names;     /* of the tools in the registry that are ours */
  gulong                 changed_id;
  VigToolSource         *source;    /* that made them; NULL: its plugin is not there */
  gboolean               reloading;
  gboolean               again;
};

G_DEFINE_FINAL_TYPE (VigHttpTools, vig_http_tools, G_TYPE_OBJECT)

static gpointer
read_all (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_http_tools_all (db, error);
}

VigTool *
vig_http_tools_make (VigRegistry *registry, JsonObject *definition, GError **error)
{
  VigToolSource *source = vig_registry_find_tool_source (registry, VIG_HTTP_TOOLS_PLUGIN);

  if (source != NULL)
    return vig_tool_source_make_tool (source, definition, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the plugin http is not loaded: look under Settings, Plugins");

  return NULL;
}

/* All at once, so that no call finds the old ones gone and the new ones not there yet. */
static void
take (VigHttpTools *self, JsonArray *definitions)
{
  VigRegistry *registry = self->context->registry;
  g_autoptr (GPtrArray) old = g_steal_pointer (&self->names);

  self->names = g_ptr_array_new_with_free_func (g_free);
  self->source = vig_registry_find_tool_source (registry, VIG_HTTP_TOOLS_PLUGIN);
  for (guint i = 0; i < old->len; i++)
    vig_registry_remove_tool (registry, g_ptr_array_index (old, i));
  for (guint i = 0; self->source != NULL && i < json_array_get_length (definitions); i++)
    {
      JsonObject *definition = json_array_get_object_element (definitions, i);
      g_autoptr (GError) error = NULL;
      g_autoptr (VigTool) tool = vig_http_tools_make (registry, definition, &error);

      if (tool != NULL && vig_registry_add_tool (registry, VIG_HTTP_TOOLS_PLUGIN, tool, &error))
        g_ptr_array_add (self->names, g_strdup (vig_tool_get_info (tool)->name));
      else
        g_warning ("the HTTP tool %s is not there: %s", vig_json_get_string (definition, "name", ""), error->message);
    }
}

gboolean
vig_http_tools_load (VigHttpTools *self, GError **error)
{
  g_autoptr (JsonArray) definitions = NULL;

  g_return_val_if_fail (VIG_IS_HTTP_TOOLS (self), FALSE);

  definitions = vig_db_read (self->context->db, read_all, NULL, error);
  if (definitions != NULL)
    take (self, definitions);

  return definitions != NULL;
}

static void
reloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigHttpTools) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonArray) definitions = vig_db_finish (VIG_DB (source), result, &error);

  self->reloading = FALSE;
  if (definitions != NULL)
    take (self, definitions);
  else
    g_warning ("the HTTP tools can't be read: %s", error->message);
  if (self->again)
    vig_http_tools_reload (self);
}

void
vig_http_tools_reload (VigHttpTools *self)
{
  g_return_if_fail (VIG_IS_HTTP_TOOLS (self));

  self->again = self->reloading;
  if (self->reloading)
    return;

  self->reloading = TRUE;
  vig_db_read_async (self->context->db, read_all, NULL, NULL, (GDestroyNotify) json_array_unref, NULL, reloaded, g_object_ref (self));
}

/* The plugin may come later than the descriptions: by a rescan. */
static void
registry_changed (VigRegistry *registry, VigHttpTools *self)
{
  if (self->source != vig_registry_find_tool_source (registry, VIG_HTTP_TOOLS_PLUGIN))
    vig_http_tools_reload (self);
}

static void
vig_http_tools_finalize (GObject *object)
{
  VigHttpTools *self = VIG_HTTP_TOOLS (object);

  g_clear_signal_handler (&self->changed_id, self->context->registry);
  g_clear_pointer (&self->names, g_ptr_array_unref);

  G_OBJECT_CLASS (vig_http_tools_parent_class)->finalize (object);
}

static void
vig_http_tools_class_init (VigHttpToolsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_http_tools_finalize;
}

static void
vig_http_tools_init (VigHttpTools *self)
{
  self->names = g_ptr_array_new_with_free_func (g_free);
}

VigHttpTools *
vig_http_tools_new (const VigAgentContext *context)
{
  VigHttpTools *self = g_object_new (VIG_TYPE_HTTP_TOOLS, NULL);

  self->context = context;
  self->changed_id = g_signal_connect (context->registry, "changed", G_CALLBACK (registry_changed), self);

  return self;
}
