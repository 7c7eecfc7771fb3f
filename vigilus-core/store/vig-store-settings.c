/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-settings.h"

#include "vig-price.h"
#include "vig-store-providers.h"
#include "vig-store-row.h"

#include <vigilus/vig-fetch-private.h>

static const VigStoreField fields[] = {
  { "trust_mode", 's', FALSE, 1, 0, "strict|lenient" },
  { "grant_minutes_default", 'i', FALSE, 1, 1440 },
  { "grant_minutes_max", 'i', FALSE, 1, 1440 },
  { "approval_wait_minutes", 'i', FALSE, 1, 10080 },
  { "approval_wait_minutes_unattended", 'i', FALSE, 1, 10080 },
  { "second_approver_levels", 'a', FALSE, 0, 3 },
  { "standing_grant_after", 'i', FALSE, 0, 100 },
  { "standing_grant_days", 'i', FALSE, 1, 365 },
  { "taint_is_strict", 'b' },
  { "routing_provider_id", 's', TRUE, 1, 64 },
  { "routing_model", 's', TRUE, 1, 200 },
  { "orchestrator_prompt", 's', TRUE, 1, 8000 },
  { "model_titles", 'b' },
  { "run_max_turns", 'i', FALSE, 1, 200 },
  { "run_max_minutes", 'i', FALSE, 1, 1440 },
  { "run_max_tokens", 'i', FALSE, 0, 1000000000 },
  { "run_max_cents", 'i', FALSE, 0, 10000000 },
  { "model_prices", 's', TRUE, 1, VIG_PRICE_MAX_TEXT },
  { "output_limit", 'i', FALSE, 1024, 1048576 },
  { "output_keep_kb", 'i', FALSE, 0, 16384 },
  { "output_keep_days", 'i', FALSE, 1, 3650 },
  { "output_keep_total_mb", 'i', FALSE, 1, 1048576 },
  { "context_tokens", 'i', FALSE, 2048, 10000000 },
  { "fallback_provider_id", 's', TRUE, 1, 64 },
  { "fallback_model", 's', TRUE, 1, 200 },
  { "second_factor_approvals", 's', FALSE, 1, 0, "never|elevate|exec" },
  { "second_factor_minutes", 'i', FALSE, 1, 60 },
  { "undo_days", 'i', FALSE, 1, 3650 },
  { "undo_file_mb", 'i', FALSE, 1, 65536 },
  { "undo_total_mb", 'i', FALSE, 1, 1048576 },
  { "web_search_url", 's', TRUE, 1, 1024 },
  { "web_networks", 'a', FALSE, 0, 32 },
  { "server_check_minutes", 'i', FALSE, 0, 1440 },
  { "server_sample_days", 'i', FALSE, 1, 90 },
  { NULL },
};

/* What a setting is that nobody has changed; 'n' is null, 'a' is []. The values are made anew for each reader: json-glib counts the references to one
 * without a lock, so no two threads may share it. */
static const struct { const char *name; char type; const char *text; gint64 number; } defaults[] = {
  { "trust_mode", 's', "strict" },
  { "grant_minutes_default", 'i', NULL, 15 },
  { "grant_minutes_max", 'i', NULL, 240 },
  { "approval_wait_minutes", 'i', NULL, 1440 },
  { "approval_wait_minutes_unattended", 'i', NULL, 720 },
  { "second_approver_levels", 'a' },
  { "standing_grant_after", 'i', NULL, 3 },
  { "standing_grant_days", 'i', NULL, 30 },
  { "taint_is_strict", 'b', NULL, TRUE },
  { "routing_provider_id", 'n' },
  { "routing_model", 'n' },
  { "orchestrator_prompt", 'n' },
  { "model_titles", 'b', NULL, FALSE },
  { "run_max_turns", 'i', NULL, 24 },
  { "run_max_minutes", 'i', NULL, 30 },
  { "run_max_tokens", 'i', NULL, 5000000 },
  { "run_max_cents", 'i', NULL, 0 },
  { "model_prices", 'n' },
  { "output_limit", 'i', NULL, VIG_STORE_SETTINGS_OUTPUT_LIMIT },
  { "second_factor_approvals", 's', "never" },
  { "second_factor_minutes", 'i', NULL, 5 },
  { "undo_days", 'i', NULL, 30 },
  { "undo_file_mb", 'i', NULL, 256 },
  { "undo_total_mb", 'i', NULL, 1024 },
  { "output_keep_kb", 'i', NULL, 1024 },
  { "output_keep_days", 'i', NULL, 30 },
  { "output_keep_total_mb", 'i', NULL, 512 },
  { "context_tokens", 'i', NULL, 32768 },
  { "fallback_provider_id", 'n' },
  { "fallback_model", 'n' },
  { "web_search_url", 'n' },
  { "web_networks", 'a' },
  { "server_check_minutes", 'i', NULL, 5 },
  { "server_sample_days", 'i', NULL, 7 },
};

/* @names: NULL for all. */
static gboolean
is_among (const char * const *names, const char *name)
{
  return names == NULL || g_strv_contains (names, name);
}

static JsonNode *
make_default (guint index)
{
  JsonNode *node = json_node_alloc ();

  switch (defaults[index].type)
    {
    case 's':
      return json_node_init_string (node, defaults[index].text);
    case 'i':
      return json_node_init_int (node, defaults[index].number);
    case 'b':
      return json_node_init_boolean (node, defaults[index].number != 0);
    case 'a':
      json_node_init (node, JSON_NODE_ARRAY);
      json_node_take_array (node, json_array_new ());
      return node;
    default:
      return json_node_init_null (node);
    }
}

static JsonObject *
make_defaults (const char * const *names)
{
  JsonObject *settings = json_object_new ();

  for (guint i = 0; i < G_N_ELEMENTS (defaults); i++)
    if (is_among (names, defaults[i].name))
      json_object_set_member (settings, defaults[i].name, make_default (i));

  return settings;
}

JsonObject *
vig_store_settings_get (VigDbConnection *db, GError **error)
{
  return vig_store_settings_pick (db, NULL, error);
}

JsonObject *
vig_store_settings_pick (VigDbConnection *db, const char * const *names, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT name, value FROM settings", NULL);
  g_autoptr (JsonObject) settings = make_defaults (names);
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return NULL;

  while (vig_db_rows_next (rows, &local_error))
    if (is_among (names, vig_db_rows_string (rows, 0)))
      json_object_set_member (settings, vig_db_rows_string (rows, 0), vig_db_rows_json (rows, 1));

  if (local_error == NULL)
    return g_steal_pointer (&settings);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

/* Two people have to be there before two are asked for. */
static gboolean
check_second_approver (VigDbConnection *db, JsonObject *settings, GError **error)
{
  JsonArray *levels = vig_json_get_array (settings, "second_approver_levels");
  guint n_levels = levels != NULL ? json_array_get_length (levels) : 0;
  gint64 n_people;

  for (guint i = 0; i < n_levels; i++)
    {
      VigLevel level;

      if (vig_level_from_string (json_array_get_string_element (levels, i), &level) && level > VIG_LEVEL_READ)
        continue;
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "second_approver_levels: each must be write, exec or elevate");
      return FALSE;
    }
  if (n_levels == 0)
    return TRUE;

  n_people = vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM users WHERE disabled = 0 AND role <> 'viewer'", NULL), error);
  if (n_people >= 2)
    return TRUE;
  if (n_people >= 0)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT,
                         "second_approver_levels: there is only one person who may approve; add another one first");

  return FALSE;
}

static gboolean
check_web (JsonObject *settings, GError **error)
{
  const char *url = vig_json_get_string (settings, "web_search_url", NULL);
  JsonArray *networks = vig_json_get_array (settings, "web_networks");
  g_autoptr (GUri) uri = url != NULL ? vig_fetch_parse_uri (url, NULL, error) : NULL;

  if (url != NULL && uri == NULL)
    {
      g_prefix_error (error, "web_search_url: ");
      return FALSE;
    }

  for (guint i = 0; networks != NULL && i < json_array_get_length (networks); i++)
    {
      const char *text = json_array_get_string_element (networks, i);
      g_autoptr (GInetAddressMask) mask = g_inet_address_mask_new_from_string (text, NULL);

      if (mask != NULL && vig_address_classify (g_inet_address_mask_get_address (mask)) == VIG_ADDRESS_PRIVATE)
        continue;
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "web_networks: %s is no private network such as 192.168.1.0/24", text);
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_together (VigDbConnection *db, JsonObject *settings, GError **error)
{

  if (vig_json_get_int (settings, "grant_minutes_default", 0) > vig_json_get_int (settings, "grant_minutes_max", 0))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "grant_minutes_default must not be over grant_minutes_max");
      return FALSE;
    }

  if (!vig_price_check (vig_json_get_string (settings, "model_prices", ""), error))
    return FALSE;
  if (!check_second_approver (db, settings, error) || !check_web (settings, error))
    return FALSE;

  return vig_store_providers_check (db, settings, "routing_provider_id", error) && vig_store_providers_check (db, settings, "fallback_provider_id", error);
}

static gboolean
store_all (VigDbConnection *db, JsonObject *changes, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, changes);
  while (json_object_iter_next (&iter, &name, &node))
    {
      g_autofree char *text = vig_json_to_string (node);

      if (!vig_db_exec (db, error,
                        "INSERT INTO settings (name, value) VALUES (?1, ?2)"
                        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                        "ss", name, text))
        return FALSE;
    }

  return TRUE;
}

JsonObject *
vig_store_settings_update (VigDbConnection *db, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) settings = NULL;

  if (!vig_store_check_fields ("settings", fields, changes, error))
    return NULL;

  settings = vig_store_settings_get (db, error);
  if (settings == NULL)
    return NULL;

  vig_store_merge (settings, changes);
  if (!check_together (db, settings, error) || !store_all (db, changes, error))
    return NULL;

  return g_steal_pointer (&settings);
}

char *
vig_store_value_dup (VigDbConnection *db, const char *name, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT value FROM internal_values WHERE name = ?1", "s", name);

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return NULL;

  return g_strdup (vig_db_rows_string (rows, 0));
}

gboolean
vig_store_value_set (VigDbConnection *db, const char *name, const char *value, GError **error)
{
  return vig_db_exec (db, error,
                      "INSERT INTO internal_values (name, value) VALUES (?1, ?2)"
                      " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                      "ss", name, value);
}
