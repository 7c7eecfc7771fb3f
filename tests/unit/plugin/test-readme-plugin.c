/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "plugin-test.h"
#include "vig-plugin-loader.h"

#include <glib/gstdio.h>
#include <string.h>

#define BEGIN "<!-- plugin example -->"
#define END "<!-- end of plugin example -->"

/* The example of README.md, or of plugins/README.md where the first has none. */
static char *
read_example (void)
{
  const char * const names[] = { "README.md", "plugins/README.md" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_SOURCE"), names[i], NULL);
      g_autofree char *text = NULL;
      char *begin = NULL;
      char *end = NULL;

      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      begin = strstr (text, BEGIN);
      end = begin != NULL ? strstr (begin, END) : NULL;
      if (end != NULL)
        return g_strndup (begin, end - begin);
    }

  g_assert_not_reached ();
}

/* What stands in the fence of @language. */
static char *
get_block (const char *example, const char *language)
{
  g_autofree char *fence = g_strdup_printf ("\n```%s\n", language);
  const char *begin = strstr (example, fence);
  const char *end = NULL;

  g_assert_nonnull (begin);
  begin += strlen (fence);
  end = strstr (begin, "\n```");
  g_assert_nonnull (end);

  return g_strndup (begin, end + 1 - begin);
}

static void
write_file (const char *dir, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
}

static guint
count_lines (const char *text)
{
  guint n_lines = 0;

  for (const char *p = text; *p != '\0'; p++)
    n_lines += *p == '\n';

  return n_lines;
}

/* Builds in @dir with the very line, against the library as it is built here. */
static void
build (const char *dir, const char *line)
{
  const char *argv[] = { "sh", "-ec", line, NULL };
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autofree char *pc_dir = g_build_filename (g_getenv ("VIG_TEST_BUILD"), "meson-uninstalled", NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_cwd (launcher, dir);
  g_subprocess_launcher_setenv (launcher, "PKG_CONFIG_PATH", pc_dir, TRUE);
  process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
}

static void
make_example (const char *dir)
{
  g_autofree char *example = read_example ();
  g_autofree char *source = get_block (example, "c");
  g_autofree char *manifest = get_block (example, "ini");
  g_autofree char *line = get_block (example, "sh");
  g_autofree char *library = g_build_filename (dir, "uptime.so", NULL);

  g_assert_cmpint (count_lines (source), <, 60);
  g_assert_cmpint (count_lines (line), ==, 1);
  g_assert_true (g_str_has_prefix (line, "gcc "));
  write_file (dir, "uptime.c", source);
  write_file (dir, "uptime.plugin", manifest);
  build (dir, line);
  g_assert_cmpint (g_chmod (library, 0755), ==, 0);
}

static double
read_uptime (void)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/uptime", &text, NULL, NULL));

  return g_ascii_strtod (text, NULL);
}

static void
test_example (void)
{
  g_autofree char *dir = vig_test_make_dir ();
  const char *dirs[] = { dir, NULL };
  g_autoptr (VigWorker) worker = vig_worker_new ("tools", 2);
  g_autoptr (VigRegistry) registry = vig_registry_new (worker);
  g_autoptr (VigPluginLoader) loader = vig_plugin_loader_new (registry, dirs, 0, g_getenv ("VIG_TEST_PLUGIN_HOST"));
  g_autoptr (PluginTestOutcome) outcome = NULL;
  g_autoptr (JsonObject) plugin = NULL;
  double before = read_uptime ();
  double said = 0;

  g_assert_cmpint (g_chmod (dir, 0755), ==, 0);
  make_example (dir);
  vig_plugin_loader_scan (loader);
  vig_test_wait_for (vig_registry_is_available (registry, "uptime.get"));
  plugin = vig_plugin_loader_find (loader, "uptime");
  g_assert_cmpstr (vig_json_get_string (plugin, "isolation", NULL), ==, "process");

  outcome = plugin_test_run (registry, "uptime.get", "{}", VIG_TEST_SECONDS * 1000);
  g_assert_no_error (outcome->error);
  said = vig_json_get_double (json_node_get_object (outcome->node), "seconds", 0);
  g_assert_cmpfloat (said, >=, before);
  g_assert_cmpfloat (said, <=, read_uptime ());

  vig_plugin_loader_stop (loader);
  vig_test_remove_dir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/readme-plugin/example", test_example);

  return g_test_run ();
}
