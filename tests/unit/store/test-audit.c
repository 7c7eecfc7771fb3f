/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include "vig-audit-tree.h"
#include "vig-audit.h"
#include "vig-store-row.h"

#include <string.h>

#define SECRET "correct-horse-battery-staple"

static void
append (VigDbConnection *db, VigRedactor *redactor, const char *json, GError **error)
{
  g_autoptr (JsonObject) record = parse (json);

  g_assert_true (vig_audit_append (db, redactor, record, error));
  g_assert_no_error (*error);
}

static guint
count (VigDbConnection *db, const char *filter)
{
  g_autoptr (JsonObject) object = parse (filter);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) list = vig_audit_list (db, object, NULL, &error);

  g_assert_no_error (error);

  return count_items (list);
}

static gpointer
write_records (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (JsonObject) list = NULL;
  JsonObject *newest;

  append (db, redactor, "{\"event\": \"login.succeeded\", \"user_name\": \"Ada\"}", error);
  append (db, redactor, "{\"event\": \"call.declared\", \"operator_name\": \"Files\", \"tool\": \"filesystem.write\", \"level\": \"write\","
                        " \"run_id\": \"r1\", \"session_id\": \"s1\", \"call_id\": \"c1\", \"arguments\": {\"path\": \"a_b\"}}", error);
  append (db, redactor, "{\"event\": \"call.outcome\", \"operator_name\": \"Files\", \"tool\": \"filesystem.write\", \"outcome\": \"failed\","
                        " \"call_id\": \"c1\", \"error\": \"100% full\", \"duration_us\": 1200, \"detail\": {\"bytes\": 3}}", error);

  list = vig_audit_list (db, NULL, NULL, error);
  g_assert_cmpuint (count_items (list), ==, 3);
  newest = item (list, 0);
  assert_string (newest, "event", "call.outcome");
  assert_string (newest, "error", "100% full");
  g_assert_cmpint (vig_json_get_int (newest, "seq", 0), ==, 3);
  g_assert_cmpint (vig_json_get_int (newest, "duration_us", 0), ==, 1200);
  g_assert_cmpint (vig_json_get_int (vig_json_get_object (newest, "detail"), "bytes", 0), ==, 3);
  assert_null (newest, "run_id");
  assert_string (vig_json_get_object (item (list, 1), "arguments"), "path", "a_b");
  assert_null (item (list, 2), "duration_us");

  return NULL;
}

static gpointer
filter_records (VigDbConnection *db, gpointer data, GError **error)
{
  g_assert_cmpuint (count (db, "{\"event\": \"call.declared\"}"), ==, 1);
  g_assert_cmpuint (count (db, "{\"user_name\": \"Ada\"}"), ==, 1);
  g_assert_cmpuint (count (db, "{\"operator_name\": \"Files\"}"), ==, 2);
  g_assert_cmpuint (count (db, "{\"operator_name\": \"Files\", \"level\": \"write\"}"), ==, 1);
  g_assert_cmpuint (count (db, "{\"tool\": \"shell.exec\"}"), ==, 0);
  g_assert_cmpuint (count (db, "{\"outcome\": \"failed\"}"), ==, 1);
  g_assert_cmpuint (count (db, "{\"run_id\": \"r1\"}"), ==, 1);
  g_assert_cmpuint (count (db, "{\"session_id\": \"s1\"}"), ==, 1);
  g_assert_cmpuint (count (db, "{\"call_id\": \"c1\"}"), ==, 2);
  g_assert_cmpuint (count (db, "{\"from\": \"2000-01-01T00:00:00Z\"}"), ==, 3);
  g_assert_cmpuint (count (db, "{\"until\": \"2000-01-01T00:00:00Z\"}"), ==, 0);
  g_assert_cmpuint (count (db, "{\"text\": \"FILES\"}"), ==, 2);

  /* What LIKE would take for wildcards stands for itself. */
  g_assert_cmpuint (count (db, "{\"text\": \"a_b\"}"), ==, 1);
  g_assert_cmpuint (count (db, "{\"text\": \"l_gin\"}"), ==, 0);
  g_assert_cmpuint (count (db, "{\"text\": \"100% full\"}"), ==, 1);
  g_assert_cmpuint (count (db, "{\"text\": \"c%d\"}"), ==, 0);
  g_assert_cmpuint (count (db, "{\"text\": \"'; DROP TABLE audit\"}"), ==, 0);

  return NULL;
}

static gpointer
refuse_records (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (JsonObject) unknown = parse ("{\"event\": \"x\", \"colour\": 1}");
  g_autoptr (JsonObject) empty = parse ("{}");
  g_autoptr (JsonObject) filter = parse ("{\"colour\": \"red\"}");
  g_autoptr (JsonObject) never = parse ("{\"from\": \"yesterday\"}");
  g_autoptr (GError) refused = NULL;

  g_assert_false (vig_audit_append (db, redactor, unknown, &refused));
  assert_refused (refused, VIG_ERROR_INVALID, "failed to write the audit log: an audit record has no member \"colour\"");
  g_assert_false (vig_audit_append (db, redactor, empty, &refused));
  g_assert_error (refused, VIG_ERROR, VIG_ERROR_INVALID);
  g_clear_error (&refused);
  g_assert_null (vig_audit_list (db, filter, NULL, &refused));
  assert_refused (refused, VIG_ERROR_INVALID, "the filter has no member \"colour\"");
  g_assert_null (vig_audit_list (db, never, NULL, &refused));
  assert_refused (refused, VIG_ERROR_INVALID, "from is not an ISO 8601 time");

  return NULL;
}

static void
test_records (Fixture *self, gconstpointer data)
{
  fixture_write (self, write_records, NULL);
  fixture_write (self, filter_records, NULL);
  fixture_write (self, refuse_records, NULL);
}

static gpointer
exec_sql (VigDbConnection *db, gpointer data, GError **error)
{
  vig_db_exec (db, error, data, NULL);

  return NULL;
}

/* PITFALLS 25: the database itself refuses. */
static void
test_append_only (Fixture *self, gconstpointer data)
{
  static const char *const attempts[] = {
    "UPDATE audit SET outcome = 'success'",
    "DELETE FROM audit",
    "DELETE FROM audit WHERE seq = 1",
    "REPLACE INTO audit (seq, id, at, event) VALUES (1, 'x', 0, 'x')",
    "INSERT INTO audit (seq, id, at, event) VALUES (1, 'x', 0, 'x') ON CONFLICT (seq) DO UPDATE SET event = 'x'",
    "INSERT INTO audit (seq, id, at, event) VALUES (9, 'x', 0, 'x')",
    "INSERT INTO audit (seq, id, at, event) VALUES (0, 'x', 0, 'x')",
    "UPDATE audit_tree SET size = 0, edge = x''",
    "UPDATE audit_tree SET edge = x''",
    "UPDATE audit_tree SET edge = zeroblob (length (edge))",
    "UPDATE audit_tree SET size = size + 1",
    "UPDATE audit_tree SET size = size + 1, edge = x''",
    "REPLACE INTO audit_tree (only, size, edge) VALUES (1, 3, x'')",
    "DELETE FROM audit_tree",
    "UPDATE audit_tiles SET hashes = x'00'",
    "DELETE FROM audit_tiles",
    "REPLACE INTO audit_tiles (level, n, hashes) VALUES (0, 0, x'0304')",
    "UPDATE audit_checkpoints SET note = 'x'",
    "DELETE FROM audit_checkpoints",
    "REPLACE INTO audit_checkpoints (size, at, key, note) VALUES (3, 0, 'x', 'x')",
  };

  fixture_write (self, write_records, NULL);
  fixture_write (self, exec_sql, "INSERT INTO audit_tiles (level, n, hashes) VALUES (0, 0, x'0102')");
  fixture_write (self, exec_sql, "INSERT INTO audit_checkpoints (size, at, key, note) VALUES (3, 0, 'k', 'n')");
  for (guint i = 0; i < 2 * G_N_ELEMENTS (attempts); i++)
    {
      g_autoptr (GError) error = NULL;

      /* Once more as a connection that is not the daemon's: REPLACE asks no trigger for DELETE there. */
      if (i == G_N_ELEMENTS (attempts))
        fixture_write (self, exec_sql, "PRAGMA recursive_triggers = OFF");
      vig_db_write (self->db, exec_sql, (gpointer) attempts[i % G_N_ELEMENTS (attempts)], &error);
      g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
      g_assert_cmpstr (error->message, ==, "the audit log is append-only");
    }
  fixture_write (self, filter_records, NULL);
}

static gpointer
write_tile (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();

  for (guint i = 0; i < 256; i++)
    append (db, redactor, "{\"event\": \"logout\"}", error);

  return NULL;
}

static void
assert_no_segment (Fixture *self, const char *sql)
{
  g_autoptr (GError) error = NULL;

  vig_db_write (self->db, exec_sql, (gpointer) sql, &error);
  assert_refused (error, VIG_ERROR_DENIED, "a segment of the audit log is sealed with a checkpoint and a record of it");
  vig_db_write (self->db, exec_sql, "DELETE FROM audit WHERE seq <= 256", &error);
  assert_refused (error, VIG_ERROR_DENIED, "the audit log is append-only");
}

#define SEGMENT(file, sum) \
  "INSERT INTO audit_segments (first, last, file, sha256, edge, sealed_at) VALUES (1, 256, '" file "', '" sum "', x'', 0)"
#define FILE_NAME "audit-000000000001-000000000256.jsonl"
#define SUM "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* A row alone that says that records were sealed lets none leave: the log itself has to say so, as its newest record. */
static void
test_false_segment (Fixture *self, gconstpointer data)
{
  static const char record[] = "INSERT INTO audit (id, at, event, detail) VALUES ('a', 0, 'audit.sealed',"
                               " '{\"first\":1,\"last\":256,\"file\":\"" FILE_NAME "\",\"sha256\":\"" SUM "\"}')";
  g_autoptr (GError) error = NULL;

  fixture_write (self, write_tile, NULL);
  assert_no_segment (self, SEGMENT (FILE_NAME, SUM));
  fixture_write (self, exec_sql, "INSERT INTO audit_checkpoints (size, at, key, note) VALUES (256, 0, 'k', 'n')");
  assert_no_segment (self, SEGMENT (FILE_NAME, SUM));
  fixture_write (self, exec_sql, (gpointer) record);
  assert_no_segment (self, SEGMENT ("x", SUM));
  assert_no_segment (self, SEGMENT (FILE_NAME, ""));
  vig_db_write (self->db, exec_sql, "UPDATE audit_tree SET size = 257, edge = x''", &error);
  assert_refused (error, VIG_ERROR_DENIED, "the audit log is append-only");

  fixture_write (self, exec_sql, "INSERT INTO audit (id, at, event) VALUES ('b', 0, 'logout')");
  assert_no_segment (self, SEGMENT (FILE_NAME, SUM));
}

/* The file itself, not only what the list shows, is free of the secret. */
static gpointer
write_secrets (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();

  vig_redactor_add_value (redactor, SECRET);
  append (db, redactor, "{\"event\": \"call.outcome\", \"reason\": \"because " SECRET "\", \"error\": \"denied: " SECRET "\","
                        " \"resource\": \"file:/" SECRET "\", \"arguments\": {\"a\": [\"x " SECRET "\"]}, \"detail\": {\"b\": \"" SECRET "\"}}", error);

  return NULL;
}

static void
test_redaction (Fixture *self, gconstpointer data)
{
  g_autofree char *contents = NULL;
  gsize length;

  fixture_write (self, write_secrets, NULL);
  fixture_close (self);
  g_assert_true (g_file_get_contents (self->path, &contents, &length, NULL));
  g_assert_null (memmem (contents, length, SECRET, strlen (SECRET)));
  g_assert_nonnull (memmem (contents, length, "[redacted]", 10));
}

static gpointer
append_broken (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();

  vig_db_exec (db, error, "INSERT INTO internal_values (name, value) VALUES ('beside', 'x')", NULL);
  append (db, redactor, "{\"event\": \"logout\"}", error);

  return NULL;
}

static gpointer
count_beside (VigDbConnection *db, gpointer data, GError **error)
{
  return GINT_TO_POINTER (vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM internal_values WHERE name = 'beside'", NULL), error));
}

/* What cannot be hashed is not written, nor what was to be written with it; and it goes on when that is mended. */
static void
test_no_leaf_no_record (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture_write (self, write_records, NULL);
  fixture_write (self, exec_sql, "CREATE TRIGGER broken BEFORE UPDATE ON audit_tree BEGIN SELECT RAISE (ABORT, 'broken'); END");
  vig_db_write (self->db, append_broken, NULL, &error);
  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  fixture_write (self, filter_records, NULL);
  g_assert_cmpint (GPOINTER_TO_INT (fixture_write (self, count_beside, NULL)), ==, 0);

  fixture_write (self, exec_sql, "DROP TRIGGER broken");
  fixture_write (self, append_broken, NULL);
  g_assert_cmpint (GPOINTER_TO_INT (fixture_write (self, count_beside, NULL)), ==, 1);
}

/* A record stays when all that it names is gone. */
static gpointer
delete_session (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (JsonObject) done = parse ("{\"state\": \"done\"}");
  g_autoptr (JsonObject) record = NULL;
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (JsonObject) runs = NULL;

  chat_init (&chat, db, error);
  record = vig_json_pack_object ("{s:s, s:s, s:s}", "event", "call.declared", "session_id", chat.session, "run_id", chat.run);
  g_assert_true (vig_audit_append (db, redactor, record, error));
  json_object_unref (vig_store_runs_update (db, chat.run, done, error));
  g_assert_true (vig_store_sessions_delete (db, chat.user, chat.session, error));

  runs = vig_store_runs_list (db, NULL, NULL, NULL, 0, NULL, error);
  g_assert_cmpuint (count_items (runs), ==, 0);
  list = vig_audit_list (db, NULL, NULL, error);
  assert_string (item (list, 0), "run_id", chat.run);
  chat_clear (&chat);

  return NULL;
}

static void
test_stays (Fixture *self, gconstpointer data)
{
  fixture_write (self, delete_session, NULL);
}

/* What the tree was with each number of records is what it is found to have been: in the open tile, in full ones and at their borders. */
static gpointer
look_back (VigDbConnection *db, gpointer data, GError **error)
{
  static guint8 roots[2 * VIG_AUDIT_TILE + 40][VIG_MERKLE_HASH];
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (GError) refused = NULL;
  guint8 root[VIG_MERKLE_HASH];
  VigMerkle tree;

  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      append (db, redactor, "{\"event\": \"login.succeeded\"}", error);
      vig_audit_tree_grow (db, NULL, error);
      g_assert_true (vig_audit_tree_read (db, &tree, error));
      vig_merkle_root (&tree, roots[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      g_assert_true (vig_audit_tree_root_at (db, i + 1, root, error));
      g_assert_cmpmem (root, sizeof root, roots[i], sizeof roots[i]);
    }
  g_assert_false (vig_audit_tree_root_at (db, G_N_ELEMENTS (roots) + 1, root, &refused));
  g_assert_nonnull (refused);

  return NULL;
}

static void
test_look_back (Fixture *self, gconstpointer data)
{
  fixture_write (self, look_back, NULL);
}

#define add(path, func) g_test_add ("/audit/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("records", test_records);
  add ("pitfall-25/append-only", test_append_only);
  add ("pitfall-25/false-segment", test_false_segment);
  add ("pitfall-23/redaction", test_redaction);
  add ("pitfall-26/no-leaf-no-record", test_no_leaf_no_record);
  add ("pitfall-24/stays", test_stays);
  add ("look-back", test_look_back);

  return g_test_run ();
}
