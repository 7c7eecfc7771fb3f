/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-db-private.h"
#include "vig-sql-resource.h"

#define PREFIX "/org/vigilus/sql/"

/* The version that a database is at: 0 where it is empty, -1 on error. */
static gint64
get_version (VigDbConnection *self, const char *path, GError **error)
{
  g_autoptr (VigDbRows) tables = NULL;
  g_autoptr (VigDbRows) version = NULL;
  gint64 ours;

  tables = vig_db_query (self, error, "SELECT count(*), coalesce(sum(name = 'schema_versions'), 0) FROM sqlite_schema WHERE type = 'table'", NULL);
  if (tables == NULL || !vig_db_rows_next (tables, error))
    return -1;

  ours = vig_db_rows_int (tables, 1);
  if (ours == 0 && vig_db_rows_int (tables, 0) > 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "%s is a database, but not one of Vigilus: choose another path", path);
      return -1;
    }

  if (ours == 0)
    return 0;

  version = vig_db_query (self, error, "SELECT coalesce(max(version), 0) FROM schema_versions", NULL);
  if (version == NULL || !vig_db_rows_next (version, error))
    return -1;

  return vig_db_rows_int (version, 0);
}

static gboolean
record_version (VigDbConnection *self, gint64 version, GError **error)
{
  return vig_db_exec (self, error, "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT", NULL) &&
         vig_db_exec (self, error, "INSERT INTO schema_versions (version, applied_at) VALUES (?1, ?2)", "ii", version, g_get_real_time ());
}

static gboolean
apply (VigDbConnection *self, gint64 version, const char *name, GError **error)
{
  g_autofree char *resource = g_strconcat (PREFIX, name, NULL);
  g_autoptr (GBytes) sql = g_resource_lookup_data (vig_sql_get_resource (), resource, G_RESOURCE_LOOKUP_FLAGS_NONE, error);

  if (sql == NULL || !vig_db_connection_run_script (self, "BEGIN IMMEDIATE", error))
    return FALSE;

  if (vig_db_connection_run_script (self, g_bytes_get_data (sql, NULL), error) &&
      record_version (self, version, error) &&
      vig_db_connection_run_script (self, "COMMIT", error))
    return TRUE;

  if (vig_db_connection_in_transaction (self))
    vig_db_connection_run_script (self, "ROLLBACK", NULL);

  g_prefix_error (error, "failed to bring the database to version %" G_GINT64_FORMAT ": ", version);

  return FALSE;
}

/* By number, not by the highest: two that were made at the same time may come in either order. NULL: error. */
static GHashTable *
read_applied (VigDbConnection *self, gint64 version, GError **error)
{
  g_autoptr (GHashTable) applied = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (VigDbRows) rows = NULL;

  if (version == 0)
    return g_steal_pointer (&applied);

  rows = vig_db_query (self, &local_error, "SELECT version FROM schema_versions", NULL);
  while (rows != NULL && vig_db_rows_next (rows, &local_error))
    {
      gint64 number = vig_db_rows_int (rows, 0);

      g_hash_table_add (applied, g_memdup2 (&number, sizeof number));
    }
  if (local_error == NULL)
    return g_steal_pointer (&applied);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

gboolean
vig_db_migrate (VigDbConnection *self, const char *path, GError **error)
{
  g_auto (GStrv) names = g_resource_enumerate_children (vig_sql_get_resource (), PREFIX, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  gint64 version = names != NULL ? get_version (self, path, error) : -1;
  g_autoptr (GHashTable) applied = NULL;
  gint64 newest;

  if (version < 0)
    return FALSE;

  qsort (names, g_strv_length (names), sizeof (char *), compare_names);
  newest = g_ascii_strtoll (names[g_strv_length (names) - 1], NULL, 10);

  if (version > newest)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED,
                   "the database %s was written by a newer Vigilus (schema %" G_GINT64_FORMAT ", this one knows %" G_GINT64_FORMAT "): "
                   "install that version again or restore a backup",
                   path, version, newest);
      return FALSE;
    }

  applied = read_applied (self, version, error);
  if (applied == NULL)
    return FALSE;

  for (guint i = 0; names[i] != NULL; i++)
    {
      gint64 number = g_ascii_strtoll (names[i], NULL, 10);

      if (!g_hash_table_contains (applied, &number) && !apply (self, number, names[i], error))
        return FALSE;
    }

  return TRUE;
}
