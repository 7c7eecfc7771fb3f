/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-secret-sources.h"

#include "vig-test.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static VigConfig *
make_config (const char *dir)
{
  g_autofree char *file = g_build_filename (dir, "vigilus.conf", NULL);
  char *argv[] = { (char *) "vigilusd", (char *) "--config", file, (char *) "--data-dir", (char *) dir, NULL };
  char **rest = argv;
  int argc = 5;
  g_autoptr (GError) error = NULL;
  VigConfig *config;

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  config = vig_config_new (&argc, &rest, &error);
  g_assert_no_error (error);

  return config;
}

static void
assert_found (VigConfig *config, const char *expected, VigSecretSource where)
{
  g_autoptr (GError) error = NULL;
  VigSecretSource source;
  g_autofree char *text = vig_secret_find (config, &source, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (source, ==, where);
}

static void
test_order (void)
{
  g_autofree char *dir = vig_test_make_dir ();
  g_autofree char *credential = g_build_filename (dir, "vigilus-secret", NULL);
  g_autoptr (VigConfig) config = make_config (dir);
  g_autoptr (VigConfig) with_variable = NULL;

  assert_found (config, NULL, VIG_SECRET_NOWHERE);
  g_assert_true (vig_secret_keep (config, "from the file", VIG_SECRET_FILE, NULL));
  assert_found (config, "from the file", VIG_SECRET_FILE);

  g_assert_true (g_file_set_contents (credential, "from systemd\n", -1, NULL));
  g_setenv ("CREDENTIALS_DIRECTORY", dir, TRUE);
  assert_found (config, "from systemd", VIG_SECRET_CREDENTIALS);

  g_setenv ("VIGILUS_SECRET", "from the environment", TRUE);
  with_variable = make_config (dir);
  assert_found (with_variable, "from the environment", VIG_SECRET_ENVIRONMENT);

  g_unsetenv ("CREDENTIALS_DIRECTORY");
  vig_test_remove_dir (dir);
}

static void
test_file_mode (void)
{
  static const int modes[] = { 0644, 0640, 0604, 0620, 0602 };
  g_autofree char *dir = vig_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "secret", NULL);
  g_autoptr (VigConfig) config = make_config (dir);
  GStatBuf info;

  g_assert_true (vig_secret_keep (config, "kept well here", VIG_SECRET_FILE, NULL));
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (GError) error = NULL;
      VigSecretSource source;

      g_assert_cmpint (g_chmod (path, modes[i]), ==, 0);
      g_assert_null (vig_secret_find (config, &source, &error));
      g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
      g_assert_null (strstr (error->message, "kept well"));
    }

  vig_test_remove_dir (dir);
}

static void
assert_file_refused (const char *dir, VigError code)
{
  g_autoptr (VigConfig) config = make_config (dir);
  g_autoptr (GError) error = NULL;
  VigSecretSource source;

  g_assert_null (vig_secret_find (config, &source, &error));
  g_assert_error (error, VIG_ERROR, (int) code);
}

static void
test_file_kinds (void)
{
  g_autofree char *dir = vig_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "secret", NULL);
  g_autofree char *target = g_build_filename (dir, "target", NULL);
  g_autofree char *big = g_strnfill (5000, 'x');

  g_assert_true (g_file_set_contents_full (path, "\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  assert_file_refused (dir, VIG_ERROR_INVALID);
  g_assert_true (g_file_set_contents_full (path, big, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  assert_file_refused (dir, VIG_ERROR_INVALID);
  g_assert_true (g_file_set_contents_full (path, "a\0b", 3, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  assert_file_refused (dir, VIG_ERROR_INVALID);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_true (g_file_set_contents_full (target, "behind a link", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_assert_cmpint (symlink (target, path), ==, 0);
  assert_file_refused (dir, VIG_ERROR_FAILED);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  assert_file_refused (dir, VIG_ERROR_DENIED);

  vig_test_remove_dir (dir);
}

static void
test_salt (void)
{
  g_autofree char *dir = vig_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "secret.salt", NULL);
  g_autoptr (VigConfig) config = make_config (dir);
  g_autoptr (GBytes) first = vig_secret_ensure_salt (config, NULL);
  g_autoptr (GBytes) second = vig_secret_ensure_salt (config, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (g_bytes_get_size (first), ==, VIG_SECRET_SALT_LENGTH);
  g_assert_true (g_bytes_equal (first, second));

  g_assert_true (g_file_set_contents (path, "short", -1, NULL));
  g_assert_null (vig_secret_ensure_salt (config, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);

  vig_test_remove_dir (dir);
}

/* A session bus on which nobody keeps secrets, and one that is not there: the search ends without. */
static void
test_keyring_absent (void)
{
  g_autofree char *dir = vig_test_make_dir ();
  g_autoptr (VigConfig) config = make_config (dir);
  g_autoptr (GError) error = NULL;

  g_assert_false (vig_secret_keep (config, "nowhere to go", VIG_SECRET_KEYRING, &error));
  g_assert_nonnull (error);

  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  g_test_expect_message ("vigilus-base", G_LOG_LEVEL_MESSAGE, "*passed over*");
  assert_found (config, NULL, VIG_SECRET_NOWHERE);
  g_test_assert_expected_messages ();
  g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");

  vig_test_remove_dir (dir);
}

int
main (int argc, char **argv)
{
  g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
  g_unsetenv ("SECRET_BACKEND");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret-sources/order", test_order);
  g_test_add_func ("/secret-sources/file-mode", test_file_mode);
  g_test_add_func ("/secret-sources/file-kinds", test_file_kinds);
  g_test_add_func ("/secret-sources/salt", test_salt);
  g_test_add_func ("/secret-sources/keyring-absent", test_keyring_absent);

  return g_test_run ();
}
