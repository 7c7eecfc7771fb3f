/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-tool-settings.h"
#include "vig-tool-settings.h"
#include "vig-web.h"

#include <string.h>

/* Tools are known on the main thread; what is stored of them is read on the store's. */
typedef struct
{
  GPtrArray  *tools;    /* of VigConfigurable */
  JsonObject *settings; /* to be tried */
} Work;

static void
work_free (gpointer data)
{
  Work *self = data;

  g_ptr_array_unref (self->tools);
  g_clear_pointer (&self->settings, json_object_unref);
  g_free (self);
}

static Work *
work_new (VigRequest *request)
{
  Work *self = g_new0 (Work, 1);

  self->tools = g_ptr_array_new_with_free_func (g_object_unref);
  vig_request_set_data (request, self, work_free);

  return self;
}

static JsonObject *
describe (VigDbConnection *db, VigRequest *request, VigConfigurable *tool, GError **error)
{
  const VigSettingsInfo *info = vig_configurable_get_settings_info (tool);
  g_autofree char *sealed = NULL;
  g_autoptr (JsonObject) stored = vig_store_tool_settings_get (db, info->id, &sealed, error);

  if (stored == NULL)
    return NULL;

  return vig_json_pack_object ("{s:s, s:s, s:s, s:o, s:J, s:O, s:b, s:b, s:O}",
                               "id", info->id,
                               "title", info->title,
                               "description", info->description,
                               "schema", vig_json_parse (info->schema, -1, 0, NULL),
                               "settings", vig_json_get_object (stored, "settings"),
                               "secrets", json_object_get_member (stored, "secrets"),
                               "readable", sealed == NULL || vig_vault_can_open (vig_request_get_web (request)->context.agent->vault, sealed),
                               "can_test", vig_configurable_can_test (tool),
                               "updated_at", json_object_get_member (stored, "updated_at"));
}

/* There are as many as there are kinds of tools with settings: the cursor is an id. */
static JsonNode *
read_list (VigDbConnection *db, VigRequest *request, GError **error)
{
  Work *self = vig_request_get_data (request);
  VigPage page = vig_request_get_page (request);
  guint limit = page.limit > 0 ? page.limit : 50;
  g_autoptr (JsonArray) items = json_array_new ();
  const char *next = NULL;

  for (guint i = 0; i < self->tools->len; i++)
    {
      VigConfigurable *tool = g_ptr_array_index (self->tools, i);
      const char *id = vig_configurable_get_settings_info (tool)->id;
      JsonObject *item;

      if (page.after != NULL && strcmp (id, page.after) <= 0)
        continue;
      if (json_array_get_length (items) == limit)
        {
          next = vig_json_get_string (json_array_get_object_element (items, limit - 1), "id", NULL);
          break;
        }
      item = describe (db, request, tool, error);
      if (item == NULL)
        return NULL;
      json_array_add_object_element (items, item);
    }

  return vig_node_take_object (vig_store_page_new (g_steal_pointer (&items), next));
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  VigConfigurable *left = *(VigConfigurable *const *) a;
  VigConfigurable *right = *(VigConfigurable *const *) b;

  return strcmp (vig_configurable_get_settings_info (left)->id, vig_configurable_get_settings_info (right)->id);
}

static void
begin_list (VigRequest *request)
{
  g_autoptr (GPtrArray) tools = vig_registry_list_tools (vig_request_get_web (request)->context.agent->registry);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  Work *self = work_new (request);

  for (guint i = 0; i < tools->len; i++)
    {
      gpointer tool = g_ptr_array_index (tools, i);

      if (VIG_IS_CONFIGURABLE (tool) && g_hash_table_add (seen, (gpointer) vig_configurable_get_settings_info (tool)->id))
        g_ptr_array_add (self->tools, g_object_ref (tool));
    }
  g_ptr_array_sort (self->tools, compare_ids);
  vig_web_run_read (request, read_list);
}

/* FALSE: there are no such settings, which is answered. */
static gboolean
find (VigRequest *request)
{
  VigConfigurable *tool = vig_tool_settings_find (vig_request_get_web (request)->context.agent->registry, vig_request_get_id (request));

  if (tool == NULL)
    {
      vig_request_fail_with (request, VIG_ERROR_NOT_FOUND, "there are no settings for %.64s: no tool that is loaded asks for them", vig_request_get_id (request));
      return FALSE;
    }
  g_ptr_array_add (work_new (request)->tools, g_object_ref (tool));

  return TRUE;
}

static VigConfigurable *
get_tool (VigRequest *request)
{
  Work *self = vig_request_get_data (request);

  return g_ptr_array_index (self->tools, 0);
}

static JsonNode *
read_one (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (describe (db, request, get_tool (request), error));
}

static void
begin_get (VigRequest *request)
{
  if (find (request))
    vig_web_run_read (request, read_one);
}

static void
blame (VigRequest *request, const GError *error)
{
  const char *colon = error != NULL && *error->message == '/' ? strchr (error->message, ':') : NULL;
  g_autofree char *field = colon != NULL ? g_strndup (error->message + 1, colon - error->message - 1) : NULL;

  if (field == NULL)
    return;
  field[strcspn (field, "/")] = '\0';
  vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), field));
}

/* Names of what was sent, never the secrets among it. */
static JsonArray *
list_changed (VigRequest *request)
{
  g_autoptr (GList) names = json_object_get_members (json_object_get_object_member (vig_request_get_body (request), "settings"));
  JsonArray *changed = json_array_new ();

  for (GList *name = names; name != NULL; name = name->next)
    json_array_add_string_element (changed, name->data);

  return changed;
}

static JsonNode *
write_one (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigConfigurable *tool = get_tool (request);
  const char *id = vig_configurable_get_settings_info (tool)->id;
  JsonObject *changes = json_object_get_object_member (vig_request_get_body (request), "settings");
  g_autoptr (GError) local_error = NULL;

  if (!vig_tool_settings_change (db, vig_request_get_web (request)->context.agent, tool, changes, &local_error))
    {
      blame (request, local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (!vig_web_audit (db, request, "tool_settings.changed", vig_json_pack_object ("{s:s, s:A}", "id", id, "changed", list_changed (request)), error))
    return NULL;

  vig_web_publish (db, request, "settings", "tool_settings.changed", vig_json_pack ("{s:s}", "id", id));

  return read_one (db, request, error);
}

static void
begin_update (VigRequest *request)
{
  if (find (request))
    vig_web_run_write (request, write_one);
}

static void
tested (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonNode *report = g_task_propagate_pointer (G_TASK (result), &error);

  if (report != NULL)
    vig_request_respond (request, report);
  else
    vig_request_fail (request, error);
}

static void
try_it (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  VigRequest *request = data;
  Work *self = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;
  JsonNode *report = vig_configurable_test_settings (get_tool (request), self->settings, cancellable, &error);

  if (report != NULL)
    g_task_return_pointer (task, report, (GDestroyNotify) json_node_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static gpointer
read_merged (VigDbConnection *db, gpointer data, GError **error)
{
  VigRequest *request = data;
  Work *self = vig_request_get_data (request);
  g_autoptr (GError) local_error = NULL;

  self->settings = vig_tool_settings_merge (db, vig_request_get_web (request)->context.agent, get_tool (request),
                                            json_object_get_object_member (vig_request_get_body (request), "settings"), &local_error);
  if (self->settings != NULL)
    return request;

  blame (request, local_error);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static void
merged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GTask) task = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  task = g_task_new (NULL, vig_request_get_cancellable (request), tested, vig_request_ref (request));
  g_task_set_source_tag (task, merged);
  g_task_set_task_data (task, request, NULL);
  vig_worker_run_task (vig_request_get_web (request)->context.agent->worker, task, try_it);
}

/* What is in the form is tried, with what is stored for the rest. */
static void
begin_test (VigRequest *request)
{
  if (!find (request))
    return;
  if (!vig_configurable_can_test (get_tool (request)))
    {
      vig_request_fail_with (request, VIG_ERROR_NOT_SUPPORTED, "there is nothing to try about these settings");
      return;
    }

  vig_db_read_async (vig_request_get_web (request)->context.agent->db, read_merged, request, NULL, NULL, NULL, merged, vig_request_ref (request));
}

const VigRoute VIG_ROUTES_TOOL_SETTINGS[] = {
  { "listToolSettings", .handle = begin_list },
  { "getToolSettings", .handle = begin_get },
  { "updateToolSettings", .handle = begin_update },
  { "testToolSettings", .handle = begin_test },
  { NULL },
};
