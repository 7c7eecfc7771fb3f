/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-log.h"

#include "vig-log-file.h"
#include "vig-test.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static char *
read_file (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : g_strdup ("");
}

/* The writer is called as GLib calls it; a subprocess proves that it does. */
static void
write_one (VigLog *log, GLogLevelFlags level, const char *domain, const char *message, const char *run)
{
  const GLogField fields[] = { { "MESSAGE", message, -1 }, { "GLIB_DOMAIN", domain, -1 }, { "RUN", run, -1 } };

  g_assert_cmpint (vig_log_write (level, fields, G_N_ELEMENTS (fields), log), ==, G_LOG_WRITER_HANDLED);
}

static void
test_file (void)
{
  g_autofree char *dir = vig_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "logs", "vigilusd.log", NULL);
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (VigLog) log = vig_log_new (redactor, FALSE);
  g_autofree char *text = NULL;
  GStatBuf info;

  vig_redactor_add_value (redactor, "blue giraffe");
  g_assert_true (vig_log_open_file (log, dir, NULL));
  write_one (log, G_LOG_LEVEL_WARNING, "vigilus-test", "a blue giraffe with password=hunter2x\n2026 FORGED line", "run-1 blue giraffe");
  write_one (log, G_LOG_LEVEL_INFO, "vigilus-test", "not wanted", "run-1");
  write_one (log, G_LOG_LEVEL_DEBUG, "other", "not wanted", "run-1");
  vig_log_close_file (log);

  text = read_file (dir, "logs/vigilusd.log");
  g_assert_nonnull (strstr (text, "Z WARNING vigilus-test: a [redacted] with password=[redacted]\\n2026 FORGED line RUN=run-1 [redacted]\n"));
  g_assert_null (strstr (text, "not wanted"));
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  vig_test_remove_dir (dir);
}

static void
test_verbose (void)
{
  g_autofree char *dir = vig_test_make_dir ();
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (VigLog) log = vig_log_new (redactor, TRUE);
  g_autofree char *text = NULL;

  g_assert_true (vig_log_open_file (log, dir, NULL));
  write_one (log, G_LOG_LEVEL_INFO, "vigilus-test", "our information", "1");
  write_one (log, G_LOG_LEVEL_DEBUG, "GLib-GIO", "somebody else's", "1");
  vig_log_close_file (log);
  text = read_file (dir, "logs/vigilusd.log");
  g_assert_nonnull (strstr (text, "our information"));
  g_assert_null (strstr (text, "somebody else's"));
  vig_test_remove_dir (dir);
}

static void
test_rotation (void)
{
  g_autofree char *dir = vig_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "x.log", NULL);
  g_autofree char *beyond = g_build_filename (dir, "x.log.3", NULL);
  VigLogFile *file = vig_log_file_new (path, 100, 3, NULL);
  g_autofree char *newest = NULL;
  g_autofree char *middle = NULL;
  g_autofree char *oldest = NULL;

  for (guint i = 0; i < 100; i++)
    vig_log_file_write (file, g_strdup_printf ("line %04u\n", i));
  vig_log_file_free (file);

  newest = read_file (dir, "x.log");
  middle = read_file (dir, "x.log.1");
  oldest = read_file (dir, "x.log.2");
  g_assert_true (g_str_has_suffix (newest, "line 0099\n"));
  g_assert_cmpuint (strlen (newest), <=, 100);
  g_assert_cmpuint (strlen (middle), ==, 100);
  g_assert_cmpuint (strlen (oldest), ==, 100);
  g_assert_cmpstr (oldest, <, middle);
  g_assert_false (g_file_test (beyond, G_FILE_TEST_EXISTS));
  vig_test_remove_dir (dir);
}

static void
test_unwritable (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (vig_log_file_new ("/proc/nowhere/x.log", 100, 3, &error));
  g_assert_nonnull (error);
}

static void
test_installed (void)
{
  g_autoptr (VigRedactor) redactor = NULL;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      g_test_trap_assert_stderr ("*hello token=?redacted?*");
      g_test_trap_assert_stderr_unmatched ("*q1w2e3r4t5*");
      return;
    }

  redactor = vig_redactor_new ();
  vig_log_install (vig_log_new (redactor, FALSE));
  g_message ("hello token=q1w2e3r4t5");
}

int
main (int argc, char **argv)
{
  g_log_writer_default_set_use_stderr (TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log/file", test_file);
  g_test_add_func ("/log/verbose", test_verbose);
  g_test_add_func ("/log/rotation", test_rotation);
  g_test_add_func ("/log/unwritable", test_unwritable);
  g_test_add_func ("/log/installed", test_installed);

  return g_test_run ();
}
