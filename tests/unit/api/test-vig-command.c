/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "vig-test.h"

/* Rows of a corpus: "LEVEL\tSOURCE\tCOMMAND". */
static GPtrArray *
load_rows (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_DATA"), "commands", name, NULL);
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '#' && lines[i][0] != '\0')
      {
        char **row = g_strsplit (lines[i], "\t", 3);
        char *command;

        g_assert_cmpuint (g_strv_length (row), ==, 3);
        command = g_strcompress (row[2]);
        g_free (row[2]);
        row[2] = command;
        g_ptr_array_add (rows, row);
      }

  return rows;
}

static VigLevel
level_of (const char *text)
{
  VigLevel level;

  g_assert_true (vig_level_from_string (text, &level));

  return level;
}

static guint
count_wrong (GPtrArray *rows, gboolean exactly)
{
  guint n_wrong = 0;

  for (guint i = 0; i < rows->len; i++)
    {
      char **row = g_ptr_array_index (rows, i);
      g_autoptr (VigCommand) command = vig_command_parse (row[2]);
      g_autofree char *words = vig_command_explain (command);
      VigLevel level = vig_command_get_level (command);

      if (level < level_of (row[0]) || (exactly && level != level_of (row[0])))
        {
          g_test_message ("%s, not %s: %s (%s)\n%s", vig_level_to_string (level), row[0], row[2], row[1], words);
          n_wrong++;
        }
    }

  return n_wrong;
}

/* PITFALLS 13: none of them is taken for less than it is. */
static void
test_disguised (void)
{
  g_autoptr (GPtrArray) rows = load_rows ("disguised.tsv");

  g_assert_cmpuint (rows->len, >=, 300);
  g_assert_cmpuint (count_wrong (rows, FALSE), ==, 0);
}

static void
test_ordinary (void)
{
  g_autoptr (GPtrArray) rows = load_rows ("ordinary.tsv");

  g_assert_cmpuint (rows->len, >=, 150);
  g_assert_cmpuint (count_wrong (rows, TRUE), ==, 0);
}

/* What is put round a command never makes it less, and neither does what comes before or after it. */
static void
test_disguised_again (void)
{
  static const char * const forms[] = {
    "df -h; %s", "%s\ndf -h", "true && { %s\n}", "if true; then %s\nfi", "( %s\n)", "for i in a; do %s\ndone", "echo \"$(%s\n)\"",
  };
  g_autoptr (GPtrArray) rows = load_rows ("disguised.tsv");

  for (guint i = 0; i < rows->len; i++)
    for (guint j = 0; j < G_N_ELEMENTS (forms); j++)
      {
        char **row = g_ptr_array_index (rows, i);
        g_auto (GStrv) halves = g_strsplit (forms[j], "%s", 2);
        g_autofree char *line = g_strconcat (halves[0], row[2], halves[1], NULL);
        g_autoptr (VigCommand) command = vig_command_parse (line);

        /* Some of these do end, once something comes after them. */
        if (g_str_equal (row[1], "texts that do not end"))
          continue;
        if (vig_command_get_level (command) < level_of (row[0]))
          {
            g_test_message ("%s, not %s: %s", vig_level_to_string (vig_command_get_level (command)), row[0], line);
            g_test_fail ();
          }
      }
}

/* The same through another shell, whose text is quoted. */
static void
test_disguised_quoted (void)
{
  g_autoptr (GPtrArray) rows = load_rows ("disguised.tsv");

  for (guint i = 0; i < rows->len; i++)
    {
      char **row = g_ptr_array_index (rows, i);
      g_autofree char *quoted = g_shell_quote (row[2]);
      g_autofree char *line = g_strdup_printf ("env LC_ALL=C timeout 5 sh -ec %s", quoted);
      g_autoptr (VigCommand) command = vig_command_parse (line);

      if (vig_command_get_level (command) < level_of (row[0]))
        {
          g_test_message ("%s, not %s: %s", vig_level_to_string (vig_command_get_level (command)), row[0], line);
          g_test_fail ();
        }
    }
}

static void
test_explain (void)
{
  static const struct
  {
    const char *line;
    const char *words;
  } rows[] = {
    { "df -h", "read     df -h: tells how full file systems are" },
    { "df -h | foo x", "read     df -h: tells how full file systems are\nexec     foo x: it is not in the table of known commands" },
    { "echo x > /tmp/y", "write    echo x > /tmp/y: writes to /tmp/y" },
    { "ls\nsudo id", "read     ls: lists files\nelevate  sudo id: runs a command as another user" },
    { "sh -c 'uptime; $x'",
      "read     uptime: tells how long the host has been running\nelevate  $x: which command it is shows only when it runs\n"
      "elevate  sh -c 'uptime; $x': runs the commands that it is given" },
    { "ls 'x", "elevate  ls 'x: it can't be read as a command of the POSIX shell: a single quote is not closed" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (VigCommand) command = vig_command_parse (rows[i].line);
      g_autofree char *words = vig_command_explain (command);

      g_assert_cmpstr (words, ==, rows[i].words);
    }
}

static void
test_paths (void)
{
  static const struct
  {
    const char *path;
    gboolean    elevates;
  } rows[] = {
    { "/etc/sudoers.d/x", TRUE }, { "/etc/cron.d/x", TRUE }, { "/etc/./passwd", TRUE }, { "/srv/../etc/ssh/sshd_config", TRUE }, { "//etc/cron.d/x", TRUE },
    { "/srv/eve/.ssh/authorized_keys", TRUE }, { "/srv/jail/etc/sudoers.d/x", TRUE }, { "/etc/ld.so.preload", TRUE }, { "/lib/systemd/system/x.service", TRUE },
    { "/etc/nginx/nginx.conf", FALSE }, { "/srv/etc/sudo/watch.conf", FALSE }, { "/srv/mount", FALSE }, { "/srv/eve/shadow.css", FALSE }, { "/", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].path);
      g_assert_cmpint (vig_command_path_elevates (rows[i].path), ==, rows[i].elevates);
    }
}

static char *
repeat (const char *text, guint n)
{
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append (all, text);

  return g_string_free (all, FALSE);
}

/* Limits: what is beyond them is not read, and soon. */
static void
test_limits (void)
{
  static const struct
  {
    const char *text;
    guint       n;
    VigLevel    level;
  } rows[] = {
    { "df;", 400, VIG_LEVEL_READ }, { "df;", 600, VIG_LEVEL_ELEVATE }, { "(", 5000, VIG_LEVEL_ELEVATE }, { "$(", 5000, VIG_LEVEL_ELEVATE },
    { "echo \"$(", 5000, VIG_LEVEL_ELEVATE }, { "`", 30001, VIG_LEVEL_ELEVATE }, { "cat <<E\n", 5000, VIG_LEVEL_ELEVATE },
    { "a ", 40000, VIG_LEVEL_ELEVATE }, { "eval ", 5000, VIG_LEVEL_ELEVATE }, { "env ", 10, VIG_LEVEL_READ }, { "env ", 16000, VIG_LEVEL_ELEVATE },
    { "if ", 5000, VIG_LEVEL_ELEVATE },
    { "f /etc/", 5000, VIG_LEVEL_EXEC }, { "\\", 32001, VIG_LEVEL_ELEVATE },
  };
  gint64 start = g_get_monotonic_time ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *line = repeat (rows[i].text, rows[i].n);
      g_autoptr (VigCommand) command = vig_command_parse (line);

      g_test_message ("%s × %u", rows[i].text, rows[i].n);
      g_assert_cmpint (vig_command_get_level (command), >=, rows[i].level);
    }
  g_assert_cmpint (g_get_monotonic_time () - start, <, 10 * G_USEC_PER_SEC);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/command/disguised", test_disguised);
  g_test_add_func ("/command/disguised-again", test_disguised_again);
  g_test_add_func ("/command/disguised-quoted", test_disguised_quoted);
  g_test_add_func ("/command/ordinary", test_ordinary);
  g_test_add_func ("/command/explain", test_explain);
  g_test_add_func ("/command/paths", test_paths);
  g_test_add_func ("/command/limits", test_limits);

  return g_test_run ();
}
