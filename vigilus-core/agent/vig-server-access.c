/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-server-access.h"

#include "vig-store-credentials.h"
#include "vig-store-server-check.h"
#include "vig-store-servers.h"

#include <string.h>

typedef struct
{
  const VigAgentContext *context;
  const char *id;
  const char *name;
  const char *host_key;
} Pin;

static gpointer
write_pin (VigDbConnection *db, gpointer data, GError **error)
{
  Pin *pin = data;
  g_autoptr (JsonObject) record = NULL;

  if (!vig_store_servers_pin (db, pin->id, pin->host_key, error))
    return NULL;

  record = vig_json_pack_object ("{s:s, s:{s:s, s:s, s:s}}", "event", "server.host_key_pinned",
                                 "detail", "id", pin->id, "name", pin->name, "host_key", pin->host_key);

  return vig_audit_append (db, pin->context->redactor, record, error) ? GINT_TO_POINTER (TRUE) : NULL;
}

static gboolean
pin_host_key (VigServer *server, const char *host_key, gpointer data, GError **error)
{
  Pin pin = { data, server->id, server->name, host_key };

  return vig_db_write (pin.context->db, write_pin, &pin, error) != NULL;
}

/* The members of what was sealed. */
static JsonObject *
open_secrets (VigVault *vault, const char *sealed, GError **error)
{
  g_autofree char *text = vig_vault_open (vault, sealed, error);
  JsonObject *secrets = text != NULL ? vig_json_parse_object (text, -1, 0, error) : NULL;

  if (text != NULL)
    explicit_bzero (text, strlen (text));

  return secrets;
}

static gboolean
open_sealed (VigVault *vault, const char *sealed, VigServer *values, GError **error)
{
  g_autoptr (JsonObject) secrets = NULL;

  if (sealed == NULL)
    return TRUE;

  secrets = open_secrets (vault, sealed, error);
  if (secrets == NULL)
    return FALSE;

  values->private_key = g_strdup (vig_json_get_string (secrets, "private_key", NULL));
  values->passphrase = g_strdup (vig_json_get_string (secrets, "passphrase", NULL));
  values->password = g_strdup (vig_json_get_string (secrets, "password", NULL));

  return TRUE;
}

static gboolean
open_docker (VigVault *vault, const char *sealed, VigServer *values, GError **error)
{
  g_autoptr (JsonObject) secrets = NULL;

  if (sealed == NULL)
    return TRUE;

  secrets = open_secrets (vault, sealed, error);
  if (secrets == NULL)
    return FALSE;

  values->docker_key = g_strdup (vig_json_get_string (secrets, "private_key", NULL));

  return TRUE;
}

static GStrv
dup_paths (JsonObject *server, const char *member)
{
  JsonArray *paths = vig_json_get_array (server, member);
  g_autoptr (GStrvBuilder) copy = g_strv_builder_new ();

  for (guint i = 0; paths != NULL && i < json_array_get_length (paths); i++)
    g_strv_builder_add (copy, json_array_get_string_element (paths, i));

  return g_strv_builder_end (copy);
}

static void
set_docker (VigServer *values, JsonObject *server)
{
  values->compose_folders = dup_paths (server, "compose_folders");
  values->docker_endpoint = g_strdup (vig_json_get_string (server, "docker_endpoint", NULL));
  values->docker_ca = g_strdup (vig_json_get_string (server, "docker_ca", NULL));
  values->docker_certificate = g_strdup (vig_json_get_string (server, "docker_certificate", NULL));
}

void
vig_server_entry_free (VigServerEntry *self)
{
  if (self == NULL)
    return;

  vig_server_entry_free (self->jump);
  g_clear_pointer (&self->server, json_object_unref);
  g_free (self->sealed);
  g_free (self->docker_sealed);
  g_free (self);
}

static gboolean
find_sealed (VigDbConnection *db, JsonObject *server, const char *member, char **sealed, GError **error)
{
  const char *id = vig_json_get_string (server, member, NULL);
  g_autoptr (JsonObject) credential = id != NULL ? vig_store_credentials_get (db, id, sealed, error) : NULL;

  return id == NULL || credential != NULL;
}

static VigServerEntry *
load (VigDbConnection *db, const char *id, guint hops, GError **error)
{
  g_autoptr (VigServerEntry) self = g_new0 (VigServerEntry, 1);
  const char *jump_id;

  self->server = vig_store_servers_get (db, id, error);
  if (self->server == NULL)
    return NULL;

  if (!find_sealed (db, self->server, "credential_id", &self->sealed, error) ||
      !find_sealed (db, self->server, "docker_credential_id", &self->docker_sealed, error))
    return NULL;

  jump_id = vig_json_get_string (self->server, "jump_id", NULL);
  if (jump_id != NULL && hops == 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "more than %d jump hosts are on the way: change the entry of %s", VIG_SERVER_MAX_JUMPS,
                   vig_json_get_string (self->server, "name", ""));
      return NULL;
    }
  if (jump_id != NULL)
    self->jump = load (db, jump_id, hops - 1, error);

  return jump_id == NULL || self->jump != NULL ? g_steal_pointer (&self) : NULL;
}

VigServerEntry *
vig_server_entry_load (VigDbConnection *db, const char *id, GError **error)
{
  return load (db, id, VIG_SERVER_MAX_JUMPS, error);
}

VigServer *
vig_server_open (const VigAgentContext *context, VigServerEntry *entry, GError **error)
{
  JsonObject *server = entry->server;
  VigServer values = { 0 };

  if (entry->jump != NULL && (values.jump = vig_server_open (context, entry->jump, error)) == NULL)
    return NULL;
  if (!open_sealed (context->vault, entry->sealed, &values, error) || !open_docker (context->vault, entry->docker_sealed, &values, error))
    {
      g_prefix_error (error, "server %s: ", vig_json_get_string (server, "name", ""));
      g_clear_pointer (&values.jump, vig_server_unref);
      return NULL;
    }

  values.id = g_strdup (vig_json_get_string (server, "id", ""));
  values.name = g_strdup (vig_json_get_string (server, "name", ""));
  values.host = g_strdup (vig_json_get_string (server, "host", ""));
  values.port = (guint) vig_json_get_int (server, "port", 22);
  values.user = g_strdup (vig_json_get_string (server, "user_name", ""));
  values.host_key = g_strdup (vig_json_get_string (server, "host_key", NULL));
  set_docker (&values, server);
  values.file_paths = dup_paths (server, "file_paths");

  return vig_server_new (&values, pin_host_key, (gpointer) context, NULL);
}

typedef struct
{
  const char *operator_id;
  const char *run_id;
  const char *name;
} Search;

static void
set_unknown (JsonArray *servers, const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (servers) && i < 20; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", vig_json_get_string (json_array_get_object_element (servers, i), "name", ""));

  if (names->len > 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no server \"%s\" that this Operator may use; there are: %s", name, names->str);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no server \"%s\": this Operator may use none yet; add one in the dashboard under Servers", name);
}

static gpointer
refuse (VigDbConnection *db, Search *self, GError **error)
{
  g_autoptr (JsonArray) own = vig_store_servers_for (db, self->operator_id, NULL, self->name, error);
  g_autoptr (JsonArray) all = own != NULL ? vig_store_servers_for (db, self->operator_id, self->run_id, NULL, error) : NULL;

  if (all == NULL)
    return NULL;
  if (json_array_get_length (own) > 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "the Operator that asked for this may not use the server \"%s\", and who is asked may do no more "
                 "for it than it may itself: tell the person, who can ask you directly", self->name);
  else
    set_unknown (all, self->name, error);

  return NULL;
}

static gpointer
search (VigDbConnection *db, gpointer data, GError **error)
{
  Search *self = data;
  g_autoptr (JsonArray) found = vig_store_servers_for (db, self->operator_id, self->run_id, self->name, error);

  if (found == NULL)
    return NULL;
  if (json_array_get_length (found) == 0)
    return refuse (db, self, error);

  return vig_server_entry_load (db, vig_json_get_string (json_array_get_object_element (found, 0), "id", ""), error);
}

VigServer *
vig_server_find (const VigAgentContext *context, const char *operator_id, const char *run_id, const char *name, GError **error)
{
  Search self = { operator_id, run_id, name };
  g_autoptr (VigServerEntry) entry = vig_db_read (context->db, search, &self, error);

  return entry != NULL ? vig_server_open (context, entry, error) : NULL;
}

static gpointer
load_entry (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_server_entry_load (db, data, error);
}

static VigServer *
open_by_id (gpointer data, const char *id, GError **error)
{
  const VigAgentContext *context = data;
  g_autoptr (VigServerEntry) entry = vig_db_read (context->db, load_entry, (gpointer) id, error);

  return entry != NULL ? vig_server_open (context, entry, error) : NULL;
}

static VigServerAccess *
find_access (gpointer data)
{
  const VigAgentContext *context = data;

  return vig_server_access_find (context->registry);
}

void
vig_server_access_set_undo (VigAgentContext *context)
{
  if (context->undo != NULL)
    vig_undo_set_servers (context->undo, open_by_id, find_access, context);
}

VigServerAccess *
vig_server_access_find (VigRegistry *registry)
{
  return vig_registry_find_tool_of_type (registry, VIG_TYPE_SERVER_ACCESS);
}

VigServerService *
vig_server_service_find (VigRegistry *registry)
{
  return vig_registry_find_tool_of_type (registry, VIG_TYPE_SERVER_SERVICE);
}

/* What is reached by a connection that has just failed would only fail once more, and count as one more attempt to sign in. */
static gboolean
is_worth_asking (VigServer *server, JsonObject *report)
{
  return server->docker_endpoint != NULL && (vig_json_get_boolean (report, "ok", FALSE) || !g_str_has_prefix (server->docker_endpoint, "ssh://"));
}

/* The report of a server that is Docker alone. */
static JsonNode *
test_docker_alone (VigServer *server, VigServerService *service, GCancellable *cancellable, GError **error)
{
  JsonNode *docker;
  JsonObject *found;

  if (service == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the plugin docker is not loaded: look under Settings, Plugins");
      return NULL;
    }
  docker = vig_server_service_test (service, server, NULL, cancellable, error);
  if (docker == NULL)
    return NULL;
  found = json_node_get_object (docker);

  return vig_json_pack ("{s:b, s:n, s:s, s:[], s:n, s:n, s:n, s:o}", "ok", vig_json_get_boolean (found, "ok", FALSE), "step", "message",
                        vig_json_get_string (found, "message", ""), "advice", "system", "banner", "facts", "docker", docker);
}

JsonNode *
vig_server_test (VigServer *server, VigServerAccess *access, VigServerService *service, GCancellable *cancellable, GError **error)
{
  gboolean has_ssh = vig_server_has_ssh (server);
  g_autoptr (JsonNode) report = has_ssh ? vig_server_access_test (access, server, cancellable, error) : test_docker_alone (server, service, cancellable, error);
  JsonObject *object = report != NULL ? json_node_get_object (report) : NULL;
  g_autoptr (GError) local_error = NULL;
  JsonNode *docker = NULL;

  if (report == NULL || !has_ssh)
    return g_steal_pointer (&report);

  if (service != NULL && is_worth_asking (server, object))
    docker = vig_server_service_test (service, server, access, cancellable, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  json_object_set_member (object, "docker", docker != NULL ? docker : json_node_new (JSON_NODE_NULL));

  return g_steal_pointer (&report);
}
