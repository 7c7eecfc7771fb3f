/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "log.h"

gpointer
append_some (VigDbConnection *db, gpointer data, GError **error)
{
  Log *log = data;

  for (guint i = 0; i < STEP; i++)
    {
      g_autoptr (JsonObject) record = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:{s:s, s:i}, s:i}", "event", i % 2 != 0 ? "call.declared" : "call.outcome",
                                                            "user_name", "Ada", "tool", "shell.exec", "reason", i % 7 != 0 ? "a \"quoted\" one,\nof two lines" : "=1+1",
                                                            "arguments", "command", "df -h", "n", (int) i, "duration_us", (int) i);

      if (!vig_audit_append (db, log->redactor, record, error))
        return NULL;
    }

  return NULL;
}

gpointer
sign (VigDbConnection *db, gpointer data, GError **error)
{
  Log *log = data;
  g_autoptr (JsonObject) checkpoint = vig_audit_checkpoint_make (db, log->vault, log->redactor, error);

  if (checkpoint != NULL)
    {
      g_free (log->key);
      log->key = g_strdup (vig_json_get_string (checkpoint, "key", NULL));
    }

  return NULL;
}

typedef struct
{
  VigExportFormat  format;
  GString         *out;
} Request;

static gpointer
export (VigDbConnection *db, gpointer data, GError **error)
{
  Request *request = data;
  VigExport export;

  if (!vig_audit_export_begin (db, request->format, &export, request->out, error))
    return NULL;
  while (export.next <= export.last)
    if (!vig_audit_export_step (&export, db, 100, request->out, error))
      return NULL;

  return NULL;
}

void
write_db (Log *log, VigDbFunc func, gpointer data)
{
  g_autoptr (GError) error = NULL;

  vig_db_write (log->db, func, data, &error);
  g_assert_no_error (error);
}

char *
make_export (Log *log, VigExportFormat format)
{
  Request request = { format, g_string_new (NULL) };

  write_db (log, export, &request);

  return g_string_free (request.out, FALSE);
}

void
set_secret (Log *log, const char *passphrase)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) salt = g_bytes_new_static ("0123456789abcdef", 16);

  g_clear_object (&log->secret);
  log->secret = vig_secret_new (passphrase, salt, &error);
  g_assert_no_error (error);
  vig_vault_set_secret (log->vault, log->secret);
}

void
set_up (Log *log, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  log->directory = vig_test_make_dir ();
  path = g_build_filename (log->directory, "vigilus.db", NULL);
  log->db = vig_db_open (path, &error);
  g_assert_no_error (error);
  log->redactor = vig_redactor_new ();
  log->vault = vig_vault_new (log->redactor);
  set_secret (log, "a secret for this test");
  for (guint i = 0; i < RECORDS; i += STEP)
    {
      write_db (log, append_some, log);
      write_db (log, sign, log);
      if (i == STEP * 3)
        log->early = make_export (log, VIG_EXPORT_JSONL);
    }
  log->jsonl = make_export (log, VIG_EXPORT_JSONL);
  log->csv = make_export (log, VIG_EXPORT_CSV);
}

void
tear_down (Log *log, gconstpointer data)
{
  vig_db_close (log->db);
  g_object_unref (log->db);
  g_object_unref (log->vault);
  g_object_unref (log->secret);
  g_object_unref (log->redactor);
  vig_test_remove_dir (log->directory);
  g_free (log->directory);
  g_free (log->key);
  g_free (log->early);
  g_free (log->jsonl);
  g_free (log->csv);
}

static char *
run_verify (VigVerify *verify, const char *key, const char *checkpoints, const char * const *exports)
{
  g_autoptr (GError) error = NULL;
  gboolean good;

  g_assert_true (vig_verify_add_key (verify, key, NULL));
  good = checkpoints == NULL || vig_verify_add_checkpoints (verify, checkpoints, &error);
  for (guint i = 0; good && exports[i] != NULL; i++)
    {
      FILE *file = *exports[i] != '\0' ? fmemopen ((gpointer) exports[i], strlen (exports[i]), "r") : fopen ("/dev/null", "r");

      g_assert_nonnull (file);
      good = vig_verify_read (verify, file, &error);
      fclose (file);
    }
  if (good && vig_verify_finish (verify, &error))
    return NULL;
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);

  return g_strdup (error->message);
}

char *
verify_many (const char *key, const char *checkpoints, guint64 from, const char * const *exports)
{
  g_autoptr (VigVerify) verify = vig_verify_new ();

  vig_verify_set_from (verify, from);

  return run_verify (verify, key, checkpoints, exports);
}

char *
verify_excerpt (const char *key, const char *checkpoints, const char *text)
{
  g_autoptr (VigVerify) verify = vig_verify_new ();
  const char *exports[] = { text, NULL };

  vig_verify_expect_excerpt (verify);

  return run_verify (verify, key, checkpoints, exports);
}

char *
verify (const char *key, const char *checkpoints, const char *text)
{
  const char *exports[] = { text, NULL };

  return verify_many (key, checkpoints, 1, exports);
}

GPtrArray *
split (const char *text)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) parts = g_strsplit (text, "\n", -1);

  for (guint i = 0; parts[i + 1] != NULL; i++)
    g_ptr_array_add (lines, g_strdup (parts[i]));

  return lines;
}

char *
join (GPtrArray *lines)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (text, "%s\n", (char *) g_ptr_array_index (lines, i));

  return g_string_free (text, FALSE);
}
