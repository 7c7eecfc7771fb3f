/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-db-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

/* Prepared statements kept for each connection; what comes on top is made and dropped each time. */
#define MAX_STATEMENTS 160

/* A larger file is not looked through at start. */
#define MAX_CHECKED_SIZE (4 * 1024 * 1024)

struct _VigDbConnection
{
  sqlite3        *handle;
  char           *path;
  GHashTable     *statements; /* of Statement, by its SQL text: those that are kept */
  GArray         *hooks;      /* VigDbHook */
  VigDbFunc       before;     /* of the transaction under way */
  gpointer        cache;
  GDestroyNotify  free_cache;
  VigDbRole       role;
  gint64          changes;
  gboolean        broken;
};

typedef struct
{
  sqlite3_stmt *handle;
  gboolean      kept;
  gboolean      in_use;
} Statement;

struct _VigDbRows
{
  VigDbConnection *db;
  Statement       *owner;
  sqlite3_stmt    *statement; /* of the owner */
};

static VigError
code_of (int rc)
{
  switch (rc)
    {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return VIG_ERROR_EXISTS;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return VIG_ERROR_CONFLICT;
    case SQLITE_CONSTRAINT_TRIGGER:
      return VIG_ERROR_DENIED;
    default:
      break;
    }

  switch (rc & 0xff)
    {
    case SQLITE_CONSTRAINT:
      return VIG_ERROR_INVALID;
    case SQLITE_TOOBIG:
      return VIG_ERROR_TOO_LARGE;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return VIG_ERROR_UNAVAILABLE;
    default:
      return VIG_ERROR_FAILED;
    }
}

static char *
describe (VigDbConnection *self, int rc)
{
  if (rc == SQLITE_CONSTRAINT_FOREIGNKEY)
    return g_strdup ("what this refers to does not exist, or something else refers to this");

  switch (rc & 0xff)
    {
    case SQLITE_FULL:
      return g_strdup_printf ("no space is left for the database %s: free some, or move the data directory (--data-dir)", self->path);
    case SQLITE_NOTADB:
      return g_strdup_printf ("%s is not a database, or is damaged at its start: move it away or restore a backup", self->path);
    case SQLITE_CORRUPT:
      return g_strdup_printf ("the database %s is damaged: restore a backup", self->path);
    case SQLITE_READONLY:
      return g_strdup_printf ("the database %s is read-only", self->path);
    case SQLITE_CANTOPEN:
      return g_strdup_printf ("failed to open the database %s: %s", self->path, g_strerror (sqlite3_system_errno (self->handle)));
    case SQLITE_IOERR:
      return g_strdup_printf ("failed to read or write the database %s: %s", self->path, sqlite3_errmsg (self->handle));
    case SQLITE_CONSTRAINT:
      return g_strdup (sqlite3_errmsg (self->handle));
    default:
      return g_strdup_printf ("the database %s failed: %s", self->path, sqlite3_errmsg (self->handle));
    }
}

/* What the connection keeps of the file may be wrong: it is made anew, and so goes on once the file is as it was. What was opened while the file
 * system was read-only (the write-ahead log is, by itself) stays so for as long as it is open. */
static gboolean
is_of_the_file (VigDbConnection *self, int rc)
{
  return rc == SQLITE_IOERR || rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || (rc == SQLITE_READONLY && self->role == VIG_DB_WRITER);
}

static gboolean
fail (VigDbConnection *self, int rc, GError **error)
{
  int extended = sqlite3_extended_errcode (self->handle);
  g_autofree char *message = NULL;

  if ((extended & 0xff) != (rc & 0xff))
    extended = rc;

  if (is_of_the_file (self, rc & 0xff))
    self->broken = TRUE;

  message = describe (self, extended);
  g_set_error_literal (error, VIG_ERROR, code_of (extended), message);

  return FALSE;
}

static void
statement_free (Statement *self)
{
  sqlite3_finalize (self->handle);
  g_free (self);
}

static Statement *
take_statement (VigDbConnection *self, const char *sql, GError **error)
{
  Statement *known = g_hash_table_lookup (self->statements, sql);
  Statement *statement;
  sqlite3_stmt *handle = NULL;
  int rc;

  if (known != NULL && !known->in_use)
    {
      known->in_use = TRUE;
      return known;
    }

  rc = sqlite3_prepare_v3 (self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);
  if (rc != SQLITE_OK)
    {
      fail (self, rc, error);
      return NULL;
    }

  statement = g_new0 (Statement, 1);
  statement->handle = handle;
  statement->in_use = TRUE;
  statement->kept = known == NULL && g_hash_table_size (self->statements) < MAX_STATEMENTS;
  if (statement->kept)
    g_hash_table_insert (self->statements, (gpointer) sqlite3_sql (handle), statement);

  return statement;
}

static void
give_statement (Statement *statement)
{
  sqlite3_reset (statement->handle);
  sqlite3_clear_bindings (statement->handle);
  statement->in_use = FALSE;
  if (!statement->kept)
    statement_free (statement);
}

static int
bind_object (sqlite3_stmt *statement, int index, JsonObject *object)
{
  if (object == NULL)
    return sqlite3_bind_null (statement, index);

  return sqlite3_bind_text (statement, index, vig_json_object_to_string (object), -1, g_free);
}

static int
bind_bytes (sqlite3_stmt *statement, int index, GBytes *bytes)
{
  if (bytes == NULL)
    return sqlite3_bind_null (statement, index);
  if (g_bytes_get_size (bytes) == 0)
    return sqlite3_bind_zeroblob (statement, index, 0);

  return sqlite3_bind_blob64 (statement, index, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), SQLITE_TRANSIENT);
}

static int
bind_time (sqlite3_stmt *statement, int index, gint64 value)
{
  return value == 0 ? sqlite3_bind_null (statement, index) : sqlite3_bind_int64 (statement, index, value);
}

static int
bind_one (sqlite3_stmt *statement, int index, char type, va_list *arguments)
{
  switch (type)
    {
    case 's':
      return sqlite3_bind_text (statement, index, va_arg (*arguments, const char *), -1, SQLITE_TRANSIENT);
    case 'i':
      return sqlite3_bind_int64 (statement, index, va_arg (*arguments, gint64));
    case 't':
      return bind_time (statement, index, va_arg (*arguments, gint64));
    case 'f':
      return sqlite3_bind_double (statement, index, va_arg (*arguments, double));
    case 'b':
      return sqlite3_bind_int (statement, index, va_arg (*arguments, gboolean) ? 1 : 0);
    case 'y':
      return bind_bytes (statement, index, va_arg (*arguments, GBytes *));
    case 'o':
      return bind_object (statement, index, va_arg (*arguments, JsonObject *));
    default:
      return SQLITE_MISUSE;
    }
}

static Statement *
prepare (VigDbConnection *self, const char *sql, const char *types, va_list *arguments, GError **error)
{
  Statement *statement = take_statement (self, sql, error);
  int rc = SQLITE_OK;

  if (statement == NULL)
    return NULL;

  for (int i = 0; types != NULL && types[i] != '\0' && rc == SQLITE_OK; i++)
    rc = bind_one (statement->handle, i + 1, types[i], arguments);

  if (rc == SQLITE_OK)
    return statement;

  fail (self, rc, error);
  give_statement (statement);

  return NULL;
}

gboolean
vig_db_exec (VigDbConnection *self, GError **error, const char *sql, const char *types, ...)
{
  Statement *statement;
  va_list arguments;
  int rc;

  va_start (arguments, types);
  statement = prepare (self, sql, types, &arguments, error);
  va_end (arguments);

  if (statement == NULL)
    return FALSE;

  do
    rc = sqlite3_step (statement->handle);
  while (rc == SQLITE_ROW);

  self->changes = sqlite3_changes64 (self->handle);
  if (rc != SQLITE_DONE)
    fail (self, rc, error);

  give_statement (statement);

  return rc == SQLITE_DONE;
}

gint64
vig_db_get_changes (VigDbConnection *self)
{
  return self->changes;
}

VigDbRows *
vig_db_query (VigDbConnection *self, GError **error, const char *sql, const char *types, ...)
{
  Statement *statement;
  va_list arguments;
  VigDbRows *rows;

  va_start (arguments, types);
  statement = prepare (self, sql, types, &arguments, error);
  va_end (arguments);

  if (statement == NULL)
    return NULL;

  rows = g_new0 (VigDbRows, 1);
  rows->db = self;
  rows->owner = statement;
  rows->statement = statement->handle;

  return rows;
}

gboolean
vig_db_rows_next (VigDbRows *rows, GError **error)
{
  int rc = sqlite3_step (rows->statement);

  if (rc == SQLITE_ROW)
    return TRUE;

  if (rc != SQLITE_DONE)
    fail (rows->db, rc, error);

  return FALSE;
}

const char *
vig_db_rows_string (VigDbRows *rows, int column)
{
  return (const char *) sqlite3_column_text (rows->statement, column);
}

gint64
vig_db_rows_int (VigDbRows *rows, int column)
{
  return sqlite3_column_int64 (rows->statement, column);
}

gboolean
vig_db_rows_is_null (VigDbRows *rows, int column)
{
  return sqlite3_column_type (rows->statement, column) == SQLITE_NULL;
}

JsonNode *
vig_db_rows_json (VigDbRows *rows, int column)
{
  const char *text = vig_db_rows_string (rows, column);
  JsonNode *node = text != NULL ? vig_json_parse (text, -1, 0, NULL) : NULL;

  return node != NULL ? node : json_node_new (JSON_NODE_NULL);
}

GBytes *
vig_db_rows_bytes (VigDbRows *rows, int column)
{
  const void *data = sqlite3_column_blob (rows->statement, column);

  return g_bytes_new (data, (gsize) sqlite3_column_bytes (rows->statement, column));
}

const char *
vig_db_rows_name (VigDbRows *rows, int column)
{
  return sqlite3_column_name (rows->statement, column);
}

void
vig_db_rows_free (VigDbRows *rows)
{
  if (rows == NULL)
    return;

  give_statement (rows->owner);
  g_free (rows);
}

static void
clear_hook (VigDbHook *hook)
{
  if (hook->free_data != NULL)
    g_clear_pointer (&hook->data, hook->free_data);
}

void
vig_db_after_commit (VigDbConnection *self, GSourceOnceFunc func, gpointer data, GDestroyNotify free_data)
{
  VigDbHook hook = { func, data, free_data };

  g_array_append_val (self->hooks, hook);
}

void
vig_db_tell (VigDbConnection *self, JsonObject *what)
{
  vig_db_after_commit (self, NULL, what, (GDestroyNotify) json_object_unref);
}

guint
vig_db_connection_count_hooks (VigDbConnection *self)
{
  return self->hooks->len;
}

void
vig_db_connection_drop_hooks (VigDbConnection *self, guint keep)
{
  g_array_set_size (self->hooks, keep);
}

static GArray *
make_hooks (void)
{
  GArray *hooks = g_array_new (FALSE, TRUE, sizeof (VigDbHook));

  g_array_set_clear_func (hooks, (GDestroyNotify) clear_hook);

  return hooks;
}

GArray *
vig_db_connection_steal_hooks (VigDbConnection *self)
{
  GArray *hooks = self->hooks;

  self->hooks = make_hooks ();

  return hooks;
}

void
vig_db_before_commit (VigDbConnection *self, VigDbFunc func)
{
  if (self->before == NULL)
    self->before = func;
}

VigDbFunc
vig_db_connection_steal_before (VigDbConnection *self)
{
  VigDbFunc before = self->before;

  self->before = NULL;

  return before;
}

gpointer
vig_db_get_cache (VigDbConnection *self)
{
  return self->cache;
}

void
vig_db_set_cache (VigDbConnection *self, gpointer data, GDestroyNotify free_data)
{
  if (self->cache != NULL)
    self->free_cache (self->cache);
  self->cache = data;
  self->free_cache = free_data;
}

gboolean
vig_db_connection_in_transaction (VigDbConnection *self)
{
  return !sqlite3_get_autocommit (self->handle);
}

gboolean
vig_db_connection_is_broken (VigDbConnection *self)
{
  return self->broken;
}

gboolean
vig_db_connection_run_script (VigDbConnection *self, const char *sql, GError **error)
{
  int rc = sqlite3_exec (self->handle, sql, NULL, NULL, NULL);

  return rc == SQLITE_OK ? TRUE : fail (self, rc, error);
}

gboolean
vig_db_connection_check (VigDbConnection *self, GError **error)
{
  g_autoptr (VigDbRows) rows = NULL;
  struct stat info;
  const char *answer;

  if (stat (self->path, &info) == 0 && info.st_size > MAX_CHECKED_SIZE)
    return TRUE;

  rows = vig_db_query (self, error, "PRAGMA quick_check(1)", NULL);
  if (rows == NULL || !vig_db_rows_next (rows, error))
    return FALSE;

  answer = vig_db_rows_string (rows, 0);
  if (g_strcmp0 (answer, "ok") == 0)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "the database %s is damaged (%s): restore a backup", self->path, answer);

  return FALSE;
}

static gboolean
set_up (VigDbConnection *self, GError **error)
{
  /* The cache sizes are negative: KiB. */
  static const char *settings = "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF;"
                                "PRAGMA cache_spill = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
                                "PRAGMA synchronous = FULL;";

  sqlite3_extended_result_codes (self->handle, 1);
  sqlite3_busy_timeout (self->handle, 5000);
  sqlite3_db_config (self->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);

  if (!vig_db_connection_run_script (self, settings, error))
    return FALSE;

  if (self->role == VIG_DB_READER)
    return vig_db_connection_run_script (self, "PRAGMA cache_size = -512; PRAGMA query_only = ON", error);

  if (sqlite3_db_readonly (self->handle, "main") == 1)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the database %s is read-only", self->path);
      return FALSE;
    }

  return vig_db_connection_run_script (self,
                                       "PRAGMA cache_size = -1024; PRAGMA journal_mode = WAL;"
                                       "PRAGMA journal_size_limit = 16777216",
                                       error);
}

VigDbConnection *
vig_db_connection_open (const char *path, VigDbRole role, GError **error)
{
  VigDbConnection *self = g_new0 (VigDbConnection, 1);
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  int rc;

  self->path = g_strdup (path);
  self->role = role;
  self->hooks = make_hooks ();
  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) statement_free);

  rc = sqlite3_open_v2 (path, &self->handle, flags, NULL);
  if ((rc == SQLITE_OK || fail (self, rc, error)) && set_up (self, error))
    return self;

  vig_db_connection_close (self);

  return NULL;
}

void
vig_db_connection_close (VigDbConnection *self)
{
  if (self == NULL)
    return;

  vig_db_set_cache (self, NULL, NULL);
  g_clear_pointer (&self->statements, g_hash_table_unref);
  g_clear_pointer (&self->hooks, g_array_unref);
  sqlite3_close (self->handle);
  g_free (self->path);
  g_free (self);
}
