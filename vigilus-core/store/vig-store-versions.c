/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-versions.h"

#include "vig-id.h"
#include "vig-store-operators.h"
#include "vig-store-providers.h"
#include "vig-store-row.h"

#define VERSION "SELECT version, content, note, user_name, created_at, seq FROM operator_versions "
#define VERSION_TYPES "ijsst-"
#define SEQ_COLUMN 5

JsonObject *
vig_store_versions_content (JsonObject *operator)
{
  static const char * const names[] = { "name", "description", "system_prompt", "soul", "provider_id", "model", "permission_level", "trust_mode",
                                        "working_directory", "enabled", "tools" };
  JsonObject *content = json_object_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (json_object_has_member (operator, names[i]))
      json_object_set_member (content, names[i], json_object_dup_member (operator, names[i]));

  return content;
}

static JsonObject *
get_newest (VigDbConnection *db, const char *operator_id, GError **error)
{
  return vig_store_row_one (vig_db_query (db, error, VERSION "WHERE operator_id = ?1 ORDER BY version DESC LIMIT 1", "s", operator_id),
                            VERSION_TYPES, error);
}

static gboolean
is_same (JsonObject *a, JsonObject *b)
{
  g_autofree char *first = vig_json_object_sha256 (a);
  g_autofree char *second = vig_json_object_sha256 (b);

  return g_str_equal (first, second);
}

gboolean
vig_store_versions_keep (VigDbConnection *db, JsonObject *operator, const char *user_name, const char *note, GError **error)
{
  const char *id = vig_json_get_string (operator, "id", "");
  g_autoptr (JsonObject) content = vig_store_versions_content (operator);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) newest = get_newest (db, id, &local_error);
  gint64 version = newest != NULL ? vig_json_get_int (newest, "version", 0) + 1 : 1;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (newest != NULL && is_same (content, vig_json_get_object (newest, "content")))
    return TRUE;

  return vig_db_exec (db, error,
                      "INSERT INTO operator_versions (operator_id, version, content, note, user_name, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                      "siossi", id, version, content, note, user_name, vig_time_now ())
         && vig_db_exec (db, error, "DELETE FROM operator_versions WHERE operator_id = ?1 AND version <= ?2", "si", id,
                         version - VIG_STORE_VERSIONS_KEPT);
}

JsonObject *
vig_store_versions_list (VigDbConnection *db, const char *operator_id, const VigPage *page, GError **error)
{
  gint64 before;

  if (!vig_store_cursor_before (page, "operator-versions", &before, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error, VERSION "WHERE operator_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3", "sii",
                                               operator_id, before, vig_store_page_limit (page) + 1),
                                 VERSION_TYPES, page, "operator-versions", SEQ_COLUMN, error);
}

JsonObject *
vig_store_versions_get (VigDbConnection *db, const char *operator_id, gint64 version, GError **error)
{
  g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT, version);

  return vig_store_row_required (vig_db_query (db, error, VERSION "WHERE operator_id = ?1 AND version = ?2", "si", operator_id, version),
                                 VERSION_TYPES, "version", name, error);
}

JsonObject *
vig_store_versions_restore (VigDbConnection *db, const char *operator_id, gint64 version, const char *user_name, GError **error)
{
  g_autoptr (JsonObject) before = vig_store_operators_get (db, operator_id, error);
  g_autoptr (JsonObject) wanted = before != NULL ? vig_store_versions_get (db, operator_id, version, error) : NULL;
  g_autofree char *note = g_strdup_printf ("Version %" G_GINT64_FORMAT " restored", version);
  g_autoptr (JsonObject) restored = NULL;
  JsonObject *content;
  const char *provider_id;

  if (wanted == NULL || !vig_store_versions_keep (db, before, user_name, "", error))
    return NULL;

  content = vig_json_get_object (wanted, "content");
  provider_id = vig_json_get_string (content, "provider_id", NULL);
  if (provider_id != NULL)
    {
      g_autoptr (JsonObject) provider = vig_store_providers_get (db, provider_id, NULL, NULL);

      if (provider == NULL)
        json_object_set_null_member (content, "provider_id");
    }
  restored = vig_store_operators_update (db, operator_id, content, error);
  if (restored == NULL || !vig_store_versions_keep (db, restored, user_name, note, error))
    return NULL;

  return g_steal_pointer (&restored);
}
