/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-search-tool.h"

#include <string.h>

#include "vig-operator.h"
#include "vig-store-operators.h"
#include "vig-tool-choice.h"

#define VIG_TYPE_SEARCH_TOOL (vig_search_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigSearchTool, vig_search_tool, VIG, SEARCH_TOOL, GObject)

struct _VigSearchTool
{
  GObject      parent_instance;

  VigDb       *db;
  VigRegistry *registry; /* not owned: it owns this */
};

static const VigToolInfo search_info = {
  .name = VIG_TOOLS_SEARCH,
  .title = "Search for tools",
  .description = "You have more tools than are listed here. Finds those that fit what you want to do; the ones it names can be called from then on.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\":\"object\",\"properties\":{"
                  "\"query\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":500,\"description\":\"What the tool shall do, in a few words\"}},"
                  "\"required\":[\"query\"],\"additionalProperties\":false}",
  .timeout = 20,
  .flags = VIG_TOOL_OWN_WORDS,
};

static void vig_search_tool_iface_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigSearchTool, vig_search_tool, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, vig_search_tool_iface_init))

static GPtrArray *
list_own (VigSearchTool *self, VigOperator *operator)
{
  GPtrArray *own = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; operator->tools[i] != NULL; i++)
    {
      VigTool *tool = vig_registry_find_tool (self->registry, operator->tools[i]);

      if (tool != NULL && vig_tool_get_info (tool)->level <= operator->ceiling)
        g_ptr_array_add (own, g_object_ref (tool));
    }

  return own;
}

static JsonNode *
tell (GPtrArray *found)
{
  GString *text = g_string_new (NULL);
  g_autofree char *owned = NULL;

  for (guint i = 0; i < found->len && i < VIG_CHOICE_MAX_FOUND; i++)
    {
      const VigToolInfo *info = vig_tool_get_info (g_ptr_array_index (found, i));

      g_string_append_printf (text, "- %s (%s): %.*s\n", info->name, vig_level_to_string (info->level), (int) strcspn (info->description, "\n"),
                              info->description);
    }
  if (found->len == 0)
    g_string_append (text, "None of your tools fits these words. Try others, or do without.");
  else
    g_string_append (text, "You can call these now.");
  owned = g_string_free (text, FALSE);

  return vig_json_pack ("s", owned);
}

static gpointer
find_operator (VigDbConnection *db, gpointer name, GError **error)
{
  return vig_store_operators_find (db, name, error);
}

static void
operator_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigSearchTool *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (JsonObject) row = vig_db_finish (VIG_DB (source), result, &error);
  g_autoptr (VigOperator) operator = row != NULL ? vig_operator_new (row) : NULL;
  g_autoptr (GPtrArray) own = NULL;
  g_autoptr (GPtrArray) found = NULL;

  if (operator == NULL)
    {
      if (error == NULL)
        error = g_error_new_literal (VIG_ERROR, VIG_ERROR_NOT_FOUND, "the Operator is gone");
      g_task_return_error (task, error);
      return;
    }

  own = list_own (self, operator);
  found = vig_tool_choice_rank (own, g_task_get_task_data (task));
  g_task_return_pointer (task, tell (found), (GDestroyNotify) json_node_unref);
}

static void
vig_search_tool_run_async (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  VigSearchTool *self = VIG_SEARCH_TOOL (tool);
  GTask *task = g_task_new (tool, cancellable, callback, user_data);

  g_task_set_source_tag (task, vig_search_tool_run_async);
  g_task_set_task_data (task, g_strdup (vig_json_get_string (vig_invocation_get_arguments (invocation), "query", "")), g_free);
  vig_db_read_async (self->db, find_operator, g_strdup (vig_invocation_get_operator_name (invocation)), g_free, (GDestroyNotify) json_object_unref, NULL,
                     operator_read, task);
}

static JsonNode *
vig_search_tool_run_finish (VigTool *tool, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static const VigToolInfo *
vig_search_tool_get_info (VigTool *tool)
{
  return &search_info;
}

static void
vig_search_tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_search_tool_get_info;
  iface->run_async = vig_search_tool_run_async;
  iface->run_finish = vig_search_tool_run_finish;
}

static void
vig_search_tool_finalize (GObject *object)
{
  g_object_unref (VIG_SEARCH_TOOL (object)->db);

  G_OBJECT_CLASS (vig_search_tool_parent_class)->finalize (object);
}

static void
vig_search_tool_class_init (VigSearchToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_search_tool_finalize;
}

static void
vig_search_tool_init (VigSearchTool *self)
{
}

VigTool *
vig_search_tool_new (VigDb *db, VigRegistry *registry)
{
  VigSearchTool *self = g_object_new (VIG_TYPE_SEARCH_TOOL, NULL);

  self->db = g_object_ref (db);
  self->registry = registry;

  return VIG_TOOL (self);
}
