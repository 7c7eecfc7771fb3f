/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-server-access.h"

#include "vig-store-credentials.h"
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

static void
set_docker (VigServer *values, JsonObject *server)
{
  JsonArray *folders = vig_json_get_array (server, "compose_folders");
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  for (guint i = 0; folders != NULL && i < json_array_get_length (folders); i++)
    g_strv_builder_add (paths, json_array_get_string_element (folders, i));
  values->compose_folders = g_strv_builder_end (paths);
  values->docker_endpoint = g_strdup (vig_json_get_string (server, "docker_endpoint", NULL));
  values->docker_ca = g_strdup (vig_json_get_string (server, "docker_ca", NULL));
  values->docker_certificate = g_strdup (vig_json_get_string (server, "docker_certificate", NULL));
}

VigServer *
vig_server_open (const VigAgentContext *context, JsonObject *server, const char *sealed, const char *docker_sealed, GError **error)
{
  VigServer values = { 0 };

  if (!open_sealed (context->vault, sealed, &values, error) || !open_docker (context->vault, docker_sealed, &values, error))
    {
      g_prefix_error (error, "server %s: ", vig_json_get_string (server, "name", ""));
      return NULL;
    }

  values.id = g_strdup (vig_json_get_string (server, "id", ""));
  values.name = g_strdup (vig_json_get_string (server, "name", ""));
  values.host = g_strdup (vig_json_get_string (server, "host", ""));
  values.port = (guint) vig_json_get_int (server, "port", 22);
  values.user = g_strdup (vig_json_get_string (server, "user_name", ""));
  values.host_key = g_strdup (vig_json_get_string (server, "host_key", NULL));
  set_docker (&values, server);

  return vig_server_new (&values, pin_host_key, (gpointer) context, NULL);
}

typedef struct
{
  const char *operator_id;
  const char *name;
  char       *sealed;
  char       *docker_sealed;
} Search;

static gboolean
find_sealed (VigDbConnection *db, JsonObject *server, const char *member, char **sealed, GError **error)
{
  const char *id = vig_json_get_string (server, member, NULL);
  g_autoptr (JsonObject) credential = id != NULL ? vig_store_credentials_get (db, id, sealed, error) : NULL;

  return id == NULL || credential != NULL;
}

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
search (VigDbConnection *db, gpointer data, GError **error)
{
  Search *self = data;
  g_autoptr (JsonArray) servers = vig_store_servers_for_operator (db, self->operator_id, error);
  JsonObject *found = NULL;

  if (servers == NULL)
    return NULL;

  for (guint i = 0; i < json_array_get_length (servers) && found == NULL; i++)
    {
      JsonObject *server = json_array_get_object_element (servers, i);

      if (g_ascii_strcasecmp (vig_json_get_string (server, "name", ""), self->name) == 0)
        found = server;
    }
  if (found == NULL)
    {
      set_unknown (servers, self->name, error);
      return NULL;
    }

  if (!find_sealed (db, found, "credential_id", &self->sealed, error) || !find_sealed (db, found, "docker_credential_id", &self->docker_sealed, error))
    return NULL;

  return json_object_ref (found);
}

VigServer *
vig_server_find (const VigAgentContext *context, const char *operator_id, const char *name, GError **error)
{
  Search self = { operator_id, name, NULL, NULL };
  g_autoptr (JsonObject) server = vig_db_read (context->db, search, &self, error);
  VigServer *opened = server != NULL ? vig_server_open (context, server, self.sealed, self.docker_sealed, error) : NULL;

  g_free (self.sealed);
  g_free (self.docker_sealed);

  return opened;
}

VigServerAccess *
vig_server_access_find (VigRegistry *registry)
{
  g_autoptr (GPtrArray) tools = vig_registry_list_tools (registry);

  for (guint i = 0; i < tools->len; i++)
    if (VIG_IS_SERVER_ACCESS (g_ptr_array_index (tools, i)))
      return g_ptr_array_index (tools, i);

  return NULL;
}
