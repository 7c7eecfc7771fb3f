/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-server-import.h"

#include "vig-known-hosts.h"
#include "vig-ssh-config.h"
#include "vig-store-row.h"
#include "vig-store-server-check.h"
#include "vig-store-servers.h"

#include <string.h>

#define MAX_NAME 64 /* characters, of a server */

/* A plan under way. */
typedef struct
{
  VigDbConnection *db;
  VigSshConfig    *config;
  const char      *known_hosts;
  JsonArray       *servers;
  GHashTable      *names;  /* in lower case, of what stands in servers */
  GHashTable      *listed; /* the same, of what the text has an entry for */
} Plan;

/* Where a jump of ProxyJump leads: "user@host:port", "[2001:db8::1]:22", "ssh://user@host:port". */
typedef struct
{
  char *user;
  char *host;
  guint port; /* 0: not said */
} Hop;

static void
hop_free (gpointer data)
{
  Hop *self = data;

  g_free (self->user);
  g_free (self->host);
  g_free (self);
}

static Hop *
parse_hop (const char *text)
{
  const char *plain = g_str_has_prefix (text, "ssh://") ? text + strlen ("ssh://") : text;
  const char *at = strrchr (plain, '@');
  g_autoptr (GSocketConnectable) address = g_network_address_parse (at != NULL ? at + 1 : plain, 0, NULL);
  Hop *hop;

  if (address == NULL)
    return NULL;

  hop = g_new0 (Hop, 1);
  hop->user = at != NULL ? g_strndup (plain, (gsize) (at - plain)) : NULL;
  hop->host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (address)));
  hop->port = g_network_address_get_port (G_NETWORK_ADDRESS (address));

  return hop;
}

static gboolean
exists (VigDbConnection *db, const char *name)
{
  return vig_store_row_count (vig_db_query (db, NULL, "SELECT count(*) FROM servers WHERE name = ?1 COLLATE NOCASE", "s", name), NULL) > 0;
}

/* Certificates of hosts are not read: libssh has no part for them. */
static void
note_authorities (GPtrArray *lines, GPtrArray *notes)
{
  for (guint i = 0; i < lines->len; i++)
    {
      VigKnownHost *known = g_ptr_array_index (lines, i);

      if (g_strcmp0 (known->marker, "@cert-authority") == 0)
        g_ptr_array_add (notes, g_strdup_printf ("known_hosts, line %u: host certificates are not used, so this authority is left out; "
                                                 "the host's own key is pinned at the first connection, so compare its fingerprint then", known->number));
    }
}

static char *
find_key (Plan *self, VigSshHost *host)
{
  const char *name = host->key_alias != NULL ? host->key_alias : host->host;
  g_autofree char *with_port = host->port != 22 && host->key_alias == NULL ? g_strdup_printf ("[%s]:%u", name, host->port) : g_strdup (name);
  g_autoptr (GPtrArray) lines = vig_known_hosts_find (self->known_hosts, with_port);
  gboolean revoked;
  char *key = vig_known_hosts_choose (lines, &revoked);

  if (revoked)
    g_ptr_array_add (host->notes, g_strdup ("a host key of it is revoked in known_hosts: it is not taken over"));
  note_authorities (lines, host->notes);

  return key;
}

static void
add (Plan *self, const char *name, VigSshHost *host, const char *jump_name)
{
  g_autofree char *key = find_key (self, host);
  JsonArray *notes = json_array_new ();

  for (guint i = 0; i < host->notes->len; i++)
    json_array_add_string_element (notes, g_ptr_array_index (host->notes, i));
  json_array_add_object_element (self->servers,
                                 vig_json_pack_object ("{s:s, s:s, s:I, s:s, s:s, s:s, s:b, s:A}",
                                                       "name", name,
                                                       "host", host->host,
                                                       "port", (gint64) host->port,
                                                       "user_name", host->user,
                                                       "jump_name", jump_name,
                                                       "host_key", key,
                                                       "exists", exists (self->db, name),
                                                       "notes", notes));
}

static JsonObject *
find_planned (JsonArray *servers, const char *name)
{
  for (guint i = 0; i < json_array_get_length (servers); i++)
    if (g_ascii_strcasecmp (vig_json_get_string (json_array_get_object_element (servers, i), "name", ""), name) == 0)
      return json_array_get_object_element (servers, i);

  return NULL;
}

static gboolean
has_name (GHashTable *names, const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return g_hash_table_contains (names, lower);
}

static void
use_hop (VigSshHost *host, Hop *hop)
{
  if (hop->port != 0)
    host->port = hop->port;
  if (hop->user == NULL)
    return;
  g_free (host->user);
  host->user = g_strdup (hop->user);
}

static gboolean plan_name (Plan *self, const char *name, guint depth);
static char *plan_jumps (Plan *self, VigSshHost *host, guint depth);

/* Its name, after what is other than in the server's own entry; that name itself where nothing is. */
static char *
name_variant (JsonObject *own, VigSshHost *host, const char *via)
{
  GString *name = g_string_new (vig_json_get_string (own, "name", ""));

  if (host->user != NULL && g_strcmp0 (host->user, vig_json_get_string (own, "user_name", NULL)) != 0)
    g_string_append_printf (name, "-as-%s", host->user);
  if (host->port != vig_json_get_int (own, "port", 22))
    g_string_append_printf (name, "-port-%u", host->port);
  if (g_ascii_strcasecmp (via, vig_json_get_string (own, "jump_name", "")) != 0)
    g_string_append_printf (name, "-via-%s", via);

  return g_string_free (name, FALSE);
}

/* ProxyJump says how its hops are reached, whatever their own entries say (ssh_config(5)), but for its own host alone: where that is another
 * way, the hop becomes a server of its own, and what its entry says stays as it is. */
static char *
plan_variant (Plan *self, JsonObject *own, Hop *hop, const char *via)
{
  g_autoptr (VigSshHost) host = vig_ssh_config_lookup (self->config, hop->host);
  g_autofree char *name = NULL;

  if (via == NULL)
    via = vig_json_get_string (own, "jump_name", "");
  use_hop (host, hop);
  name = name_variant (own, host, via);
  if (find_planned (self->servers, name) == own)
    return g_steal_pointer (&name);
  if (has_name (self->listed, name) || strlen (name) > MAX_NAME)
    return NULL;

  if (g_hash_table_add (self->names, g_ascii_strdown (name, -1)))
    {
      g_ptr_array_add (host->notes, g_strdup_printf ("this is %s as a ProxyJump names it; how that is reached by its own entry stays as it is", hop->host));
      add (self, name, host, *via != '\0' ? via : NULL);
    }

  return g_steal_pointer (&name);
}

/* The name of the server that the hop is; @via: that of the hop before, or NULL. NULL: it can't be one. */
static char *
plan_hop (Plan *self, Hop *hop, const char *via, guint depth)
{
  g_autoptr (VigSshHost) host = NULL;
  g_autofree char *jump = NULL;
  JsonObject *own;

  if (has_name (self->listed, hop->host) && !plan_name (self, hop->host, depth))
    return NULL;
  own = find_planned (self->servers, hop->host);
  if (own != NULL)
    return plan_variant (self, own, hop, via);
  if (g_hash_table_size (self->names) > VIG_SSH_CONFIG_MAX_HOSTS || !g_hash_table_add (self->names, g_ascii_strdown (hop->host, -1)))
    return NULL;

  host = vig_ssh_config_lookup (self->config, hop->host);
  use_hop (host, hop);
  jump = via != NULL ? g_strdup (via) : plan_jumps (self, host, depth);
  add (self, hop->host, host, jump);

  return g_strdup (hop->host);
}

/* The hops in their order, each through the one before; the last one's name. */
static char *
plan_jumps (Plan *self, VigSshHost *host, guint depth)
{
  g_auto (GStrv) texts = g_strsplit (host->proxy_jump != NULL ? host->proxy_jump : "", ",", -1);
  g_autofree char *last = NULL;

  for (guint i = 0; texts[i] != NULL; i++)
    {
      Hop *hop = parse_hop (texts[i]);
      char *name = hop != NULL && depth + g_strv_length (texts) <= VIG_SERVER_MAX_JUMPS ? plan_hop (self, hop, last, depth + 1) : NULL;

      g_clear_pointer (&hop, hop_free);
      g_free (last);
      last = name;
      if (name == NULL)
        {
          g_ptr_array_add (host->notes, g_strdup_printf ("the jump host %s is left out: it can't be read, leads back here, or there are too many", texts[i]));
          return NULL;
        }
      if (exists (self->db, name))
        g_ptr_array_add (host->notes, g_strdup_printf ("the jump host %s is in the inventory already, and is used as it is there", name));
    }

  return g_steal_pointer (&last);
}

/* Once for each name; jump hosts first. */
static gboolean
plan_name (Plan *self, const char *name, guint depth)
{
  g_autoptr (VigSshHost) host = NULL;
  g_autofree char *jump = NULL;

  if (!g_hash_table_add (self->names, g_ascii_strdown (name, -1)))
    return TRUE;
  if (g_hash_table_size (self->names) > VIG_SSH_CONFIG_MAX_HOSTS)
    return FALSE;

  host = vig_ssh_config_lookup (self->config, name);
  jump = plan_jumps (self, host, depth);
  add (self, name, host, jump);

  return TRUE;
}

JsonObject *
vig_server_import_plan (VigDbConnection *db, const char *config, const char *known_hosts, GError **error)
{
  g_autoptr (VigSshConfig) parsed = vig_ssh_config_parse (config, error);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) listed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) names = NULL;
  Plan self = { db, parsed, known_hosts, NULL, seen, listed };

  if (parsed == NULL)
    return NULL;

  self.servers = json_array_new ();
  names = vig_ssh_config_dup_names (parsed);
  for (guint i = 0; i < names->len; i++)
    g_hash_table_add (listed, g_ascii_strdown (g_ptr_array_index (names, i), -1));
  for (guint i = 0; i < names->len; i++)
    plan_name (&self, g_ptr_array_index (names, i), 0);

  return vig_json_pack_object ("{s:A}", "servers", self.servers);
}

/* What was asked for, and the jump hosts that lead there. */
static GHashTable *
choose (JsonObject *plan, JsonArray *names)
{
  GHashTable *chosen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  JsonArray *servers = vig_json_get_array (plan, "servers");

  for (guint i = 0; i < json_array_get_length (names); i++)
    {
      JsonObject *server = find_planned (servers, json_array_get_string_element (names, i));

      while (server != NULL && g_hash_table_add (chosen, g_ascii_strdown (vig_json_get_string (server, "name", ""), -1)))
        server = find_planned (servers, vig_json_get_string (server, "jump_name", ""));
    }

  return chosen;
}

static char *
find_id (VigDbConnection *db, const char *name)
{
  g_autoptr (JsonObject) row = name != NULL ? vig_store_row_one (vig_db_query (db, NULL, "SELECT id FROM servers WHERE name = ?1 COLLATE NOCASE", "s", name),
                                                                 "s", NULL) : NULL;

  return g_strdup (vig_json_get_string (row, "id", NULL));
}

static JsonObject *
create (VigDbConnection *db, JsonObject *planned, const char *user_name, const char *credential_id, GError **error)
{
  const char *host_key = vig_json_get_string (planned, "host_key", NULL);
  g_autofree char *jump_id = find_id (db, vig_json_get_string (planned, "jump_name", NULL));
  g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s, s:s, s:I, s:s, s:s, s:s}",
                                                        "name", vig_json_get_string (planned, "name", ""),
                                                        "host", vig_json_get_string (planned, "host", ""),
                                                        "port", vig_json_get_int (planned, "port", 22),
                                                        "user_name", vig_json_get_string (planned, "user_name", user_name),
                                                        "credential_id", credential_id,
                                                        "jump_id", jump_id);
  g_autoptr (JsonObject) server = vig_store_servers_create (db, values, error);
  const char *id = vig_json_get_string (server, "id", "");

  if (server == NULL || host_key == NULL)
    return g_steal_pointer (&server);

  return vig_store_servers_pin (db, id, host_key, error) ? vig_store_servers_get (db, id, error) : NULL;
}

static void
skip (JsonArray *skipped, JsonObject *planned, const char *reason)
{
  json_array_add_object_element (skipped, vig_json_pack_object ("{s:s, s:s}", "name", vig_json_get_string (planned, "name", ""), "reason", reason));
}

/* FALSE: the store failed, and all of it is taken back. */
static gboolean
import_one (VigDbConnection *db, JsonObject *planned, const char *user_name, const char *credential_id, JsonArray *created, JsonArray *skipped, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  JsonObject *server;

  if (vig_json_get_boolean (planned, "exists", FALSE))
    {
      skip (skipped, planned, "a server of this name exists already");
      return TRUE;
    }

  server = create (db, planned, user_name, credential_id, &local_error);
  if (server != NULL)
    json_array_add_object_element (created, server);
  else if (vig_error_is_invalid (local_error) || g_error_matches (local_error, VIG_ERROR, VIG_ERROR_EXISTS))
    skip (skipped, planned, local_error->message);
  else
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return TRUE;
}

JsonObject *
vig_server_import_run (VigDbConnection *db, JsonObject *plan, JsonArray *names, const char *user_name, const char *credential_id, GError **error)
{
  g_autoptr (GHashTable) chosen = choose (plan, names);
  JsonArray *servers = vig_json_get_array (plan, "servers");
  g_autoptr (JsonArray) created = json_array_new ();
  g_autoptr (JsonArray) skipped = json_array_new ();

  for (guint i = 0; i < json_array_get_length (servers); i++)
    {
      JsonObject *planned = json_array_get_object_element (servers, i);
      g_autofree char *lower = g_ascii_strdown (vig_json_get_string (planned, "name", ""), -1);

      if (g_hash_table_contains (chosen, lower) && !import_one (db, planned, user_name, credential_id, created, skipped, error))
        return NULL;
    }

  return vig_json_pack_object ("{s:A, s:A}", "created", json_array_ref (created), "skipped", json_array_ref (skipped));
}
