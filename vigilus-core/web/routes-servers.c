/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-server-access.h"
#include "vig-store-samples.h"
#include "vig-store-servers.h"
#include "vig-web.h"

#include <string.h>

/* "SHA256:..." of "type base64", as ssh-keygen prints it, or as it was accepted; NULL where there is none. */
static char *
dup_fingerprint (const char *host_key)
{
  const char *base64 = host_key != NULL ? strchr (host_key, ' ') : NULL;
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guchar *bytes = NULL;
  g_autofree char *text = NULL;
  guint8 digest[32];
  gsize length = sizeof digest;

  if (host_key != NULL && strstr (host_key, "SHA256:") != NULL)
    return g_strdup (strstr (host_key, "SHA256:"));
  if (base64 == NULL)
    return NULL;

  bytes = g_base64_decode (base64 + 1, &length);
  g_checksum_update (sum, bytes, (gssize) length);
  length = sizeof digest;
  g_checksum_get_digest (sum, digest, &length);
  text = g_base64_encode (digest, length);
  text[strcspn (text, "=")] = '\0';

  return g_strconcat ("SHA256:", text, NULL);
}

JsonObject *
vig_web_shape_server (JsonObject *server)
{
  g_autofree char *fingerprint = dup_fingerprint (vig_json_get_string (server, "host_key", NULL));

  if (fingerprint != NULL)
    json_object_set_string_member (server, "host_key_fingerprint", fingerprint);
  else
    json_object_set_null_member (server, "host_key_fingerprint");

  return server;
}

static JsonNode *
list_servers (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  JsonObject *list = vig_store_servers_list (db, &page, error);
  JsonArray *items = vig_json_get_array (list, "items");

  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    vig_web_shape_server (json_array_get_object_element (items, i));

  return vig_node_take_object (list);
}

static JsonNode *
get_server (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *server = vig_store_servers_get (db, vig_request_get_id (request), error);

  return server != NULL ? vig_node_take_object (vig_web_shape_server (server)) : NULL;
}

/* Takes @server, which may be NULL: then the error is set already. */
static JsonNode *
record (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *server, GError **error)
{
  g_autoptr (JsonObject) owned = server;
  JsonObject *detail;

  if (server == NULL)
    return NULL;

  detail = vig_json_pack_object ("{s:s,s:s,s:J}", "id", vig_json_get_string (server, "id", ""), "name", vig_json_get_string (server, "name", ""),
                                 "changes", vig_request_get_body (request));
  if (!vig_web_audit (db, request, event, detail, error))
    return NULL;

  vig_web_shape_server (server);
  vig_web_publish (db, request, "servers", event, vig_node_take_object (json_object_ref (server)));

  return vig_node_take_object (json_object_ref (server));
}

static JsonNode *
create_server (VigDbConnection *db, VigRequest *request, GError **error)
{
  return record (db, request, "server.created", vig_store_servers_create (db, vig_request_get_body (request), error), error);
}

static JsonNode *
update_server (VigDbConnection *db, VigRequest *request, GError **error)
{
  return record (db, request, "server.updated", vig_store_servers_update (db, vig_request_get_id (request), vig_request_get_body (request), error), error);
}

static JsonNode *
delete_server (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) server = vig_store_servers_get (db, vig_request_get_id (request), error);
  g_autoptr (JsonNode) answer = NULL;

  if (server != NULL && vig_store_servers_delete (db, vig_request_get_id (request), error))
    answer = record (db, request, "server.deleted", json_object_ref (server), error);

  return NULL;
}

static JsonNode *
forget_host_key (VigDbConnection *db, VigRequest *request, GError **error)
{
  return record (db, request, "server.host_key_forgotten", vig_store_servers_forget_key (db, vig_request_get_id (request), error), error);
}

/* The next connection pins the key that has this fingerprint, and no other. */
static JsonNode *
accept_host_key (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  const char *type = vig_json_get_string (body, "type", NULL);
  const char *fingerprint = vig_json_get_string (body, "fingerprint", "");
  g_autofree char *accepted = g_strconcat (type != NULL ? type : "", type != NULL ? " " : "", fingerprint, NULL);
  const char *id = vig_request_get_id (request);
  g_autoptr (JsonObject) old = vig_store_servers_get (db, id, error);
  g_autoptr (JsonObject) server = old != NULL ? vig_store_servers_accept_key (db, id, accepted, error) : NULL;

  if (server == NULL)
    return NULL;

  vig_web_shape_server (old);
  if (!vig_web_audit (db, request, "server.host_key_accepted",
                      vig_json_pack_object ("{s:s,s:s,s:s,s:s}", "id", id, "name", vig_json_get_string (server, "name", ""),
                                            "old_fingerprint", vig_json_get_string (old, "host_key_fingerprint", NULL), "fingerprint", fingerprint),
                      error))
    return NULL;

  vig_web_shape_server (server);
  vig_web_publish (db, request, "servers", "server.host_key_accepted", vig_node_take_object (json_object_ref (server)));

  return vig_node_take_object (g_steal_pointer (&server));
}

static JsonNode *
get_chart (VigDbConnection *db, VigRequest *request, GError **error)
{
  gint64 hours = vig_json_get_int (vig_request_get_parameters (request), "hours", 24);

  return vig_node_take_object (vig_store_samples_chart (db, vig_request_get_id (request), hours, error));
}

static void
begin_check_all (VigRequest *request)
{
  vig_server_checks_run_all (vig_request_get_web (request)->context.checks);
  vig_request_respond (request, vig_json_pack ("{s:b}", "started", TRUE));
}

/* A connection test: read the entry, try it on a worker thread, store what came of it. */
typedef struct
{
  VigRequest       *request;
  VigServerAccess  *access;
  VigServerService *service; /* or NULL */
  VigServerEntry   *entry;
  JsonNode         *report;
} Test;

static void
test_free (gpointer data)
{
  Test *self = data;

  g_object_unref (self->access);
  g_clear_object (&self->service);
  g_clear_pointer (&self->entry, vig_server_entry_free);
  g_clear_pointer (&self->report, json_node_unref);
  vig_request_unref (self->request);
  g_free (self);
}

static gpointer
store_report (VigDbConnection *db, gpointer data, GError **error)
{
  Test *self = data;
  JsonObject *report = json_node_get_object (self->report);
  const char *message = vig_json_get_string (report, "message", "");
  JsonObject *server = vig_store_servers_set_report (db, vig_json_get_string (self->entry->server, "id", ""), report, error);

  if (server == NULL)
    return NULL;

  json_object_set_object_member (report, "server", vig_web_shape_server (server));
  vig_web_publish (db, self->request, "servers", "server.tested", vig_node_take_object (json_object_ref (server)));
  if (!vig_web_audit (db, self->request, "server.tested",
                      vig_json_pack_object ("{s:s,s:s,s:b,s:s}", "id", vig_json_get_string (server, "id", ""), "name", vig_json_get_string (server, "name", ""),
                                            "ok", vig_json_get_boolean (report, "ok", FALSE), "message", message),
                      error))
    return NULL;

  return json_node_ref (self->report);
}

static void
report_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Test *self = user_data;
  g_autoptr (GError) error = NULL;
  JsonNode *report = vig_db_finish (VIG_DB (source), result, &error);

  if (report != NULL)
    vig_request_respond (self->request, report);
  else
    vig_request_fail (self->request, error);
  test_free (self);
}

static void
tested (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Test *self = user_data;
  g_autoptr (GError) error = NULL;

  self->report = g_task_propagate_pointer (G_TASK (result), &error);
  if (self->report == NULL)
    {
      vig_request_fail (self->request, error);
      test_free (self);
      return;
    }

  vig_db_write_async (vig_request_get_web (self->request)->context.agent->db, store_report, self, NULL, (GDestroyNotify) json_node_unref,
                      NULL, report_stored, self);
}

static void
try_server (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Test *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigServer) server = vig_server_open (vig_request_get_web (self->request)->context.agent, self->entry, &error);
  JsonNode *report = server != NULL ? vig_server_test (server, self->access, self->service, cancellable, &error) : NULL;

  if (report != NULL)
    g_task_return_pointer (task, report, (GDestroyNotify) json_node_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static gpointer
find_server (VigDbConnection *db, gpointer data, GError **error)
{
  Test *self = data;

  self->entry = vig_server_entry_load (db, vig_request_get_id (self->request), error);

  return self->entry;
}

static void
server_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Test *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GTask) task = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    {
      vig_request_fail (self->request, error);
      test_free (self);
      return;
    }

  task = g_task_new (NULL, vig_request_get_cancellable (self->request), tested, self);
  g_task_set_source_tag (task, server_found);
  g_task_set_task_data (task, self, NULL);
  vig_worker_run_task (vig_request_get_web (self->request)->context.agent->worker, task, try_server);
}

static void
begin_test (VigRequest *request)
{
  const VigAgentContext *agent = vig_request_get_web (request)->context.agent;
  VigServerAccess *access = vig_server_access_find (agent->registry);
  Test *self;

  if (access == NULL)
    {
      vig_request_fail_with (request, VIG_ERROR_UNAVAILABLE, "the plugin ssh is not loaded: look under Settings, Plugins");
      return;
    }

  self = g_new0 (Test, 1);
  self->request = vig_request_ref (request);
  self->access = g_object_ref (access);
  g_set_object (&self->service, vig_server_service_find (agent->registry));
  vig_db_read_async (agent->db, find_server, self, NULL, NULL, NULL, server_found, self);
}

const VigRoute VIG_ROUTES_SERVERS[] = {
  { "listServers", .read = list_servers },
  { "createServer", .write = create_server },
  { "getServer", .read = get_server },
  { "updateServer", .write = update_server },
  { "deleteServer", .write = delete_server },
  { "testServer", .handle = begin_test },
  { "forgetServerHostKey", .write = forget_host_key },
  { "acceptServerHostKey", .write = accept_host_key },
  { "getServerChart", .read = get_chart },
  { "checkServers", .handle = begin_check_all },
  { NULL },
};
