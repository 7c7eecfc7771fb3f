/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-scope.h"
#include "vig-web.h"

/* What a scan that was made elsewhere has found, read by the plugin that knows its format. */
typedef struct
{
  VigRecordReader *reader;
  GBytes          *text;
  JsonArray       *records;
} Import;

static void
import_free (gpointer data)
{
  Import *self = data;

  g_object_unref (self->reader);
  g_bytes_unref (self->text);
  g_clear_pointer (&self->records, json_array_unref);
  g_free (self);
}

static JsonNode *
keep (VigDbConnection *db, VigRequest *request, GError **error)
{
  Import *self = vig_request_get_data (request);
  VigRedactor *redactor = vig_request_get_web (request)->context.agent->redactor;
  g_autoptr (JsonObject) subject = vig_json_pack_object ("{s:s}", "user_name", vig_request_get_caller (request)->user_name);
  g_autoptr (JsonArray) scans = json_array_new ();

  for (guint i = 0; i < json_array_get_length (self->records); i++)
    {
      g_autoptr (JsonNode) clean = vig_redactor_apply_json (redactor, json_array_get_element (self->records, i));
      JsonObject *scan = vig_store_scope_merge (db, subject, json_node_get_object (clean), error);

      if (scan == NULL)
        return NULL;
      json_array_add_object_element (scans, scan);
      if (!vig_web_audit (db, request, "scope.imported",
                          vig_json_pack_object ("{s:s, s:I}", "id", vig_json_get_string (scan, "id", ""), "n_hosts", vig_json_get_int (scan, "n_hosts", 0)), error))
        return NULL;
    }
  vig_web_publish (db, request, "scope", "scope.changed", vig_json_pack ("{}"));

  return vig_json_pack ("{s:A}", "scans", g_steal_pointer (&scans));
}

static void
read_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  Import *self = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;

  self->records = g_task_propagate_pointer (G_TASK (result), &error);
  if (self->records != NULL)
    vig_web_run_write (request, keep);
  else
    vig_request_fail (request, error);
}

static void
read_scan (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Import *self = vig_request_get_data (data);
  gsize length;
  const char *text = g_bytes_get_data (self->text, &length);
  g_autoptr (GError) error = NULL;
  JsonArray *records = vig_record_reader_read_scan (self->reader, text != NULL ? text : "", length, &error);

  if (records != NULL)
    g_task_return_pointer (task, records, (GDestroyNotify) json_array_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
begin_import (VigRequest *request)
{
  const VigAgentContext *agent = vig_request_get_web (request)->context.agent;
  VigRecordReader *reader = vig_registry_find_tool_of_type (agent->registry, VIG_TYPE_RECORD_READER);
  g_autoptr (GTask) task = NULL;
  Import *self;

  if (reader == NULL)
    {
      vig_request_fail_with (request, VIG_ERROR_UNAVAILABLE, "the plugin nmap is not loaded: look under Settings, Plugins");
      return;
    }

  self = g_new0 (Import, 1);
  self->reader = g_object_ref (reader);
  self->text = soup_message_body_flatten (soup_server_message_get_request_body (vig_request_get_message (request)));
  vig_request_set_data (request, self, import_free);
  task = g_task_new (NULL, vig_request_get_cancellable (request), read_done, vig_request_ref (request));
  g_task_set_source_tag (task, begin_import);
  g_task_set_task_data (task, vig_request_ref (request), (GDestroyNotify) vig_request_unref);
  vig_worker_run_task (agent->worker, task, read_scan);
}

const VigRoute VIG_ROUTES_SCOPE_IMPORT[] = {
  { "importScopeScan", .handle = begin_import },
  { NULL },
};
