/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-server-check.h"

#include "vig-store-credentials.h"
#include "vig-store-docker.h"
#include "vig-store-row.h"

#include <string.h>

#define MAX_PATH_LENGTH 1024 /* bytes */

/* Names of hosts and users end up in messages and in libssh's options, never in a shell; a space or a leading dash is a mistake all the same. */
static gboolean
check_word (const char *member, const char *text, GError **error)
{
  if (*text != '-' && strpbrk (text, " \t\r\n@/\\'\"`$") == NULL)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: must not begin with -, nor have spaces, quotes, @, / or $ in it", member);

  return FALSE;
}

/* An Engine that is here, or that listens itself, is reached without SSH. */
static gboolean
check_address (JsonObject *server, GError **error)
{
  const char *host = vig_json_get_string (server, "host", "");
  const char *user = vig_json_get_string (server, "user_name", "");
  const char *docker = vig_json_get_string (server, "docker_endpoint", "");

  if (*host != '\0' && *user != '\0')
    return check_word ("host", host, error) && check_word ("user_name", user, error);
  if (g_str_has_prefix (docker, "unix://") || g_str_has_prefix (docker, "tcp://"))
    return (*host == '\0' || check_word ("host", host, error)) && (*user == '\0' || check_word ("user_name", user, error));

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: is needed for SSH; only a server whose Docker endpoint is unix:// or tcp:// can be without",
               *host == '\0' ? "host" : "user_name");

  return FALSE;
}

static gboolean
check_credential (VigDbConnection *db, JsonObject *server, const char *member, const char *kinds, GError **error)
{
  return vig_store_credentials_check (db, vig_json_get_string (server, member, NULL), member, kinds, error);
}

static gboolean
check_hop (JsonObject *server, gboolean is_itself, guint hops, GError **error)
{
  const char *name = vig_json_get_string (server, "name", "");

  if (is_itself)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/jump_id: %s would be reached through itself", name);
  else if (hops >= VIG_SERVER_MAX_JUMPS)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/jump_id: more than %d jump hosts would be on the way to %s", VIG_SERVER_MAX_JUMPS, name);
  else
    return TRUE;

  return FALSE;
}

/* Goes from jump host to jump host: none may be missing or the server itself. */
static gboolean
check_jumps (VigDbConnection *db, JsonObject *server, GError **error)
{
  const char *own_id = vig_json_get_string (server, "id", "");
  g_autofree char *id = g_strdup (vig_json_get_string (server, "jump_id", NULL));

  for (guint hops = 0; id != NULL; hops++)
    {
      g_autoptr (JsonObject) jump = NULL;

      if (!check_hop (server, g_str_equal (id, own_id), hops, error))
        return FALSE;
      jump = vig_store_row_one (vig_db_query (db, error, "SELECT jump_id FROM servers WHERE id = ?1", "s", id), "s", error);
      if (jump == NULL)
        {
          if (error != NULL && *error == NULL)
            g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/jump_id: there is no server %s", id);
          return FALSE;
        }
      g_free (id);
      id = g_strdup (vig_json_get_string (jump, "jump_id", NULL));
    }

  return TRUE;
}

static gboolean
is_plain_path (const char *path)
{
  g_autofree char *canonical = g_canonicalize_filename (path, "/");
  gsize length = strlen (path);

  return *path == '/' && length <= MAX_PATH_LENGTH && !g_str_has_prefix (path, "//") && g_str_equal (path, canonical);
}

static gboolean
check_paths (JsonArray *paths, GError **error)
{
  for (guint i = 0; paths != NULL && i < json_array_get_length (paths); i++)
    if (!is_plain_path (json_array_get_string_element (paths, i)))
      {
        g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/file_paths/%u: must be an absolute path without . or .. and without / at its end, as /srv/files", i);
        return FALSE;
      }

  return TRUE;
}

gboolean
vig_store_server_check (VigDbConnection *db, JsonObject *server, GError **error)
{
  return vig_store_check_name (vig_json_get_string (server, "name", ""), error) &&
         check_address (server, error) &&
         check_credential (db, server, "credential_id", "ssh_key|password", error) &&
         check_credential (db, server, "docker_credential_id", "ssh_key", error) &&
         vig_store_check_docker (server, error) &&
         check_paths (vig_json_get_array (server, "file_paths"), error) &&
         check_jumps (db, server, error);
}
