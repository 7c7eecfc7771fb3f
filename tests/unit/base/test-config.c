/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-config.h"
#include "vig-paths.h"

#include "vig-test.h"

#include <string.h>

typedef struct
{
  char *dir;
  char *file; /* an empty keyfile, so that the machine's own is not read */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = vig_test_make_dir ();
  fixture->file = g_build_filename (fixture->dir, "vigilus.conf", NULL);
  g_assert_true (g_file_set_contents (fixture->file, "", 0, NULL));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  static const char *const variables[] = {
    "VIGILUS_SECRET", "VIGILUS_DATA_DIR", "VIGILUS_HOST", "VIGILUS_PORT", "VIGILUS_DATABASE_URL", "VIGILUS_CORS_ORIGINS",
    "VIGILUS_TRUSTED_PROXIES", "VIGILUS_TLS_CERTIFICATE", "VIGILUS_TLS_KEY", "VIGILUS_PLUGIN_PATH",
  };

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    g_unsetenv (variables[i]);
  vig_test_remove_dir (fixture->dir);
  g_free (fixture->dir);
  g_free (fixture->file);
}

/* @options: separated by blanks */
static VigConfig *
load (Fixture *fixture, const char *options, GError **error)
{
  g_autofree char *line = g_strdup_printf ("vigilusd --config %s %s", fixture->file, options);
  g_auto (GStrv) words = g_strsplit (g_strchomp (line), " ", -1);
  g_autofree char **argv = g_memdup2 (words, (g_strv_length (words) + 1) * sizeof (char *));
  char **rest = argv;
  int argc = (int) g_strv_length (words);

  return vig_config_new (&argc, &rest, error);
}

static void
assert_refused (Fixture *fixture, const char *options, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigConfig) config = load (fixture, options, &error);

  g_assert_null (config);
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_defaults (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigConfig) config = load (fixture, "", &error);
  g_autofree char *data_dir = g_build_filename (g_get_home_dir (), ".vigilus", NULL);
  g_autofree char *database = g_build_filename (data_dir, "vigilus.db", NULL);

  g_assert_no_error (error);
  g_assert_cmpstr (vig_config_get_host (config), ==, "0.0.0.0");
  g_assert_cmpuint (vig_config_get_port (config), ==, 3000);
  g_assert_cmpstr (vig_config_get_data_dir (config), ==, data_dir);
  g_assert_cmpstr (vig_config_get_database_path (config), ==, database);
  g_assert_cmpstr (vig_config_get_dbus (config), ==, "auto");
  g_assert_null (vig_config_get_secret (config));
  g_assert_null (vig_config_get_tls_key (config));
  g_assert_null (vig_config_get_cors_origins (config)[0]);
  g_assert_null (vig_config_get_trusted_proxies (config)[0]);
  g_assert_cmpstr (vig_config_get_plugin_dirs (config)[0], ==, VIG_PLUGIN_DIR);
  g_assert_false (vig_config_get_verbose (config));
}

static void
test_precedence (Fixture *fixture, gconstpointer data)
{
  g_autofree char *drop_ins = g_build_filename (fixture->dir, "conf.d", NULL);
  g_autofree char *early = g_build_filename (drop_ins, "10-a.conf", NULL);
  g_autofree char *late = g_build_filename (drop_ins, "20-b.conf", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (VigConfig) config = NULL;

  g_assert_cmpint (g_mkdir_with_parents (drop_ins, 0700), ==, 0);
  g_assert_true (g_file_set_contents (fixture->file, "[Server]\nHost=10.0.0.1\nPort=1\n[DBus]\nBus=none\n", -1, NULL));
  g_assert_true (g_file_set_contents (late, "[Server]\nHost=10.0.0.3\n", -1, NULL));
  g_assert_true (g_file_set_contents (early, "[Server]\nHost=10.0.0.2\n[Dashboard]\nDirectory=/srv/dash\n", -1, NULL));
  g_setenv ("VIGILUS_PORT", "2", TRUE);
  g_setenv ("VIGILUS_DATA_DIR", "/srv/env", TRUE);

  config = load (fixture, "--data-dir /srv/option --verbose", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (vig_config_get_host (config), ==, "10.0.0.3");
  g_assert_cmpstr (vig_config_get_dashboard_dir (config), ==, "/srv/dash");
  g_assert_cmpstr (vig_config_get_dbus (config), ==, "none");
  g_assert_cmpuint (vig_config_get_port (config), ==, 2);
  g_assert_cmpstr (vig_config_get_data_dir (config), ==, "/srv/option");
  g_assert_true (vig_config_get_verbose (config));
}

static void
test_keyfile_errors (Fixture *fixture, gconstpointer data)
{
  g_assert_true (g_file_set_contents (fixture->file, "[Server]\nPorts=1\n", -1, NULL));
  assert_refused (fixture, "", "vigilus.conf: unknown key Ports in [Server]");
  g_assert_true (g_file_set_contents (fixture->file, "[Server]\nPort=x\n", -1, NULL));
  assert_refused (fixture, "", "[Server] Port: \"x\" is not a port");
  g_assert_true (g_file_set_contents (fixture->file, "Port=1\n", -1, NULL));
  assert_refused (fixture, "", "vigilus.conf");
  g_assert_true (g_file_set_contents (fixture->file, "", -1, NULL));
  assert_refused (fixture, "--config /nonexistent/x.conf", "/nonexistent/x.conf");
}

static void
test_values_refused (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *variable; const char *value; const char *message; } rows[] = {
    { "VIGILUS_PORT", "65536", "VIGILUS_PORT: \"65536\" is not a port" },
    { "VIGILUS_PORT", "-1", "VIGILUS_PORT" },
    { "VIGILUS_PORT", "80 ", "VIGILUS_PORT" },
    { "VIGILUS_HOST", "nas.local", "VIGILUS_HOST: \"nas.local\" is not an address" },
    { "VIGILUS_CORS_ORIGINS", "https://a.example,*", "VIGILUS_CORS_ORIGINS: entry 2" },
    { "VIGILUS_CORS_ORIGINS", "https://*.example", "VIGILUS_CORS_ORIGINS: entry 1" },
    { "VIGILUS_CORS_ORIGINS", "a.example", "VIGILUS_CORS_ORIGINS: entry 1" },
    { "VIGILUS_CORS_ORIGINS", "https://a.example/path", "VIGILUS_CORS_ORIGINS: entry 1" },
    { "VIGILUS_CORS_ORIGINS", "ftp://a.example", "VIGILUS_CORS_ORIGINS: entry 1" },
    { "VIGILUS_TRUSTED_PROXIES", "10.0.0.0/33", "VIGILUS_TRUSTED_PROXIES: \"10.0.0.0/33\"" },
    { "VIGILUS_TRUSTED_PROXIES", "traefik", "VIGILUS_TRUSTED_PROXIES" },
    { "VIGILUS_TLS_KEY", "/etc/key.pem", "VIGILUS_TLS_KEY is set, but VIGILUS_TLS_CERTIFICATE is not" },
    { "VIGILUS_DATABASE_URL", "postgresql+asyncpg://u:hidden1@db/v", "VIGILUS_DATABASE_URL: PostgreSQL is not supported yet" },
    { "VIGILUS_DATABASE_URL", "mysql://u:hidden1@db/v", "not mysql" },
    { "VIGILUS_DATABASE_URL", "sqlite:///", "must name a file" },
    { "VIGILUS_DATABASE_URL", "sqlite:///:memory:", "must name a file" },
    { "VIGILUS_DATABASE_URL", "u:hidden1@db", "VIGILUS_DATABASE_URL" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (VigConfig) config = NULL;

      g_setenv (rows[i].variable, rows[i].value, TRUE);
      config = load (fixture, "", &error);
      g_unsetenv (rows[i].variable);
      g_assert_null (config);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, rows[i].message));
      g_assert_null (strstr (error->message, "hidden1"));
    }
}

static void
test_options_refused (Fixture *fixture, gconstpointer data)
{
  assert_refused (fixture, "--port 99999", "--port: \"99999\" is not a port");
  assert_refused (fixture, "--dbus maybe", "--dbus: \"maybe\" is not session");
  assert_refused (fixture, "--prot 1", "prot");
  assert_refused (fixture, "serve", "unexpected argument serve");
}

static void
test_databases (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *url; const char *path; } rows[] = {
    { "sqlite:///vigilus.db", "/srv/v/vigilus.db" },
    { "sqlite:///sub/../other.db", "/srv/v/other.db" },
    { "sqlite:////var/lib/v.db", "/var/lib/v.db" },
    { "sqlite+aiosqlite:///./data.db", "/srv/v/data.db" },
    { "sqlite+aiosqlite:////data/vigilus.db", "/data/vigilus.db" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (VigConfig) config = NULL;

      g_setenv ("VIGILUS_DATABASE_URL", rows[i].url, TRUE);
      config = load (fixture, "--data-dir /srv/v", &error);
      g_assert_no_error (error);
      g_assert_cmpstr (vig_config_get_database_path (config), ==, rows[i].path);
    }
}

static void
test_lists (Fixture *fixture, gconstpointer data)
{
  static const char *const origins[] = { "https://a.example", "http://b.example:8080", NULL };
  static const char *const forms[] = {
    "https://a.example, http://b.example:8080/", "[\"https://a.example\", \"http://b.example:8080\"]", ",https://a.example,,http://b.example:8080,",
  };
  g_autoptr (VigConfig) config = NULL;
  g_autofree char *own = g_build_filename ("/srv/v", "plugins", NULL);
  const char *const dirs[] = { VIG_PLUGIN_DIR, VIG_SYSCONF_DIR "/vigilus/plugins", own, "/one", "/two", "/three", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (VigConfig) one = NULL;

      g_setenv ("VIGILUS_CORS_ORIGINS", forms[i], TRUE);
      one = load (fixture, "", NULL);
      g_assert_nonnull (one);
      g_assert_cmpstrv (vig_config_get_cors_origins (one), origins);
    }

  g_setenv ("VIGILUS_PLUGIN_PATH", "/three:", TRUE);
  g_setenv ("VIGILUS_TRUSTED_PROXIES", "10.0.0.1,192.168.0.0/16,fd00::/8", TRUE);
  config = load (fixture, "--plugin-dir /one --plugin-dir /two --data-dir /srv/v --host localhost", NULL);
  g_assert_cmpstrv (vig_config_get_plugin_dirs (config), dirs);
  g_assert_cmpuint (g_strv_length ((char **) vig_config_get_trusted_proxies (config)), ==, 3);
  g_assert_cmpstr (vig_config_get_host (config), ==, "127.0.0.1");
}

static void
test_secret_leaves_environment (Fixture *fixture, gconstpointer data)
{
  g_autoptr (VigConfig) config = NULL;
  g_autoptr (VigConfig) again = NULL;

  g_setenv ("VIGILUS_SECRET", "correct horse", TRUE);
  config = load (fixture, "", NULL);
  g_assert_cmpstr (vig_config_get_secret (config), ==, "correct horse");
  g_assert_null (g_getenv ("VIGILUS_SECRET"));

  g_setenv ("VIGILUS_SECRET", "", TRUE);
  again = load (fixture, "", NULL);
  g_assert_null (vig_config_get_secret (again));
}

/* The example that is shipped, with every line in force, must load. */
static void
test_example (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_SOURCE"), "data", "vigilus.conf", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GString) active = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (VigConfig) config = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    g_string_append_printf (active, "%s\n", lines[i] + (lines[i][0] == '#' && g_ascii_isupper (lines[i][1]) ? 1 : 0));
  g_assert_true (g_file_set_contents (fixture->file, active->str, -1, NULL));

  config = load (fixture, "", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (vig_config_get_tls_key (config), ==, "/etc/vigilus/tls/key.pem");
  g_assert_cmpuint (g_strv_length ((char **) vig_config_get_trusted_proxies (config)), ==, 2);
}

static void
test_help (Fixture *fixture, gconstpointer data)
{
  if (g_test_subprocess ())
    {
      load (fixture, "--help", NULL);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout ("*--plugin-dir*--dashboard-dir*--check-config*VIGILUS_SECRET*VIGILUS_DATABASE_URL*VIGILUS_PLUGIN_PATH*");
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/config/defaults", test_defaults);
  ADD ("/config/precedence", test_precedence);
  ADD ("/config/keyfile-errors", test_keyfile_errors);
  ADD ("/config/values-refused", test_values_refused);
  ADD ("/config/options-refused", test_options_refused);
  ADD ("/config/databases", test_databases);
  ADD ("/config/lists", test_lists);
  ADD ("/config/secret-leaves-environment", test_secret_leaves_environment);
  ADD ("/config/example", test_example);
  ADD ("/config/help", test_help);

  return g_test_run ();
}
