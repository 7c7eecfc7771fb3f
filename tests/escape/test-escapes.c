/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "vig-sandbox-standby.h"

/* Every row of tests/data/confinement/attacks.tsv is run confined, and afterwards all that is outside must be as it was. */
#define NOBODY 65534
#define ABI_OLD 2
#define MARK_TIME 1600000000

/* Who is confined: a command, or the process of a plugin, or a scanner (the network, no place of its own). */
typedef enum { COMMAND, PLUGIN, SCANNER } Profile;

typedef struct
{
  char            *outside;
  char            *root;
  char            *abstract_name;
  guint16          port;
  GSocketListener *listener;
  GSocket         *datagrams;
  pid_t            victim;
  int              victim_input; /* it ends with this */
  pid_t            sibling;
  uid_t            uid;
  GThread         *sibling_thread;
  GCancellable    *sibling_stop;
  GMutex           mutex;
  GCond            ready;
  GPtrArray       *failures;
  char            *victim_limits;
  Profile          profile;
  gboolean         bare;
  gboolean         is_root; /* so are its commands */
} Place;

typedef struct
{
  int         abi_max;
  gboolean    dropped;
  gboolean    bare;    /* no namespaces, control groups and mounts: as in a container */
  const char *name;
  Profile     profile;
} Variant;

static const char *attack_program;
static char **rows;

static void
make_file (Place *self, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (self->outside, name, NULL);
  struct timespec times[2] = { { MARK_TIME, 0 }, { MARK_TIME, 0 } };

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  setxattr (path, "user.mark", "1", 1, 0);
  g_assert_cmpint (g_chmod (path, 0666), ==, 0);
  g_assert_cmpint (chown (path, self->uid, (gid_t) -1), ==, 0);
  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

static void
make_folder (Place *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->outside, name, NULL);

  g_assert_cmpint (g_mkdir (path, 0777), ==, 0);
  g_assert_cmpint (g_chmod (path, 0777), ==, 0);
  g_assert_cmpint (chown (path, self->uid, (gid_t) -1), ==, 0);
}

static void
copy_program (Place *self, const char *name, mode_t mode)
{
  g_autofree char *path = g_build_filename (self->outside, name, NULL);
  g_autofree char *data = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (attack_program, &data, &length, NULL));
  g_assert_true (g_file_set_contents (path, data, (gssize) length, NULL));
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
}

static void
listen_on_sockets (Place *self)
{
  static guint n_places;
  g_autofree char *stream = g_build_filename (self->outside, "stream.socket", NULL);
  g_autofree char *datagram = g_build_filename (self->outside, "datagram.socket", NULL);
  g_autoptr (GSocketAddress) stream_address = g_unix_socket_address_new (stream);
  g_autoptr (GSocketAddress) datagram_address = g_unix_socket_address_new (datagram);
  g_autoptr (GSocketAddress) abstract = NULL;

  /* Another each time: a process that is just being made holds the one before for a moment. */
  self->abstract_name = g_strdup_printf ("vigilus-escape-%d-%u", (int) getpid (), n_places++);
  abstract = g_unix_socket_address_new_with_type (self->abstract_name, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  self->listener = g_socket_listener_new ();
  self->port = g_socket_listener_add_any_inet_port (self->listener, NULL, NULL);
  g_assert_true (g_socket_listener_add_address (self->listener, stream_address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, NULL));
  g_assert_true (g_socket_listener_add_address (self->listener, abstract, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, NULL));
  self->datagrams = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_assert_true (g_socket_bind (self->datagrams, datagram_address, FALSE, NULL));
  g_assert_cmpint (g_chmod (stream, 0777), ==, 0);
  g_assert_cmpint (g_chmod (datagram, 0777), ==, 0);
}

/* A program that copies what it is told: once it has, it is what it will be, and may be looked into. */
static void
start_victim (Place *self)
{
  char byte = 'x';
  int told[2];
  int says[2];

  g_assert_cmpint (pipe2 (told, O_CLOEXEC), ==, 0);
  g_assert_cmpint (pipe2 (says, O_CLOEXEC), ==, 0);
  self->victim = fork ();
  if (self->victim == 0)
    {
      setpgid (0, 0);
      if (dup2 (told[0], 0) < 0 || dup2 (says[1], 1) < 0 || (self->uid != geteuid () && (setgid (self->uid) != 0 || setuid (self->uid) != 0)))
        _exit (1);
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      execlp ("cat", "cat", NULL);
      _exit (1);
    }
  g_assert_cmpint (self->victim, >, 0);
  setpgid (self->victim, 0); /* whoever of the two comes first */
  close (told[0]);
  close (says[1]);
  g_assert_cmpint (write (told[1], &byte, 1), ==, 1);
  g_assert_cmpint (read (says[0], &byte, 1), ==, 1);
  close (says[0]);
  self->victim_input = told[1];
}

static void
sibling_said (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  Place *self = user_data;
  g_autofree char *line = g_strndup (text, length);

  g_mutex_lock (&self->mutex);
  if (self->sibling == 0)
    self->sibling = (pid_t) g_ascii_strtoll (line, NULL, 10);
  g_cond_signal (&self->ready);
  g_mutex_unlock (&self->mutex);
}

static gpointer
run_sibling (gpointer data)
{
  Place *self = data;
  const char * const argv[] = { "sh", "-c", "echo $$; exec sleep 1000", NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .output_limit = 1000, .on_output = sibling_said, .user_data = self };

  spec.deadline = vig_test_deadline ();

  return vig_sandbox_run (&spec, self->sibling_stop, NULL);
}

static void
set_bare (gboolean bare)
{
  vig_namespaces_set_disabled (bare);
  vig_idmap_set_disabled (bare);
  vig_cgroup_set_disabled (bare);
  vig_sandbox_set_ready (!bare);
}

static void
tear_down (Place *self, gconstpointer data)
{
  g_autoptr (VigCommandResult) result = NULL;

  g_cancellable_cancel (self->sibling_stop);
  result = g_thread_join (self->sibling_thread);
  kill (self->victim, SIGKILL);
  waitpid (self->victim, NULL, 0);
  close (self->victim_input);
  vig_landlock_set_abi_max (G_MAXINT);
  set_bare (FALSE);
  g_object_unref (self->listener);
  g_object_unref (self->datagrams);
  g_object_unref (self->sibling_stop);
  g_ptr_array_unref (self->failures);
  vig_test_remove_dir (self->outside);
  g_free (self->outside);
  g_free (self->root);
  g_free (self->abstract_name);
  g_free (self->victim_limits);
}

static void
blame (Place *self, const char *name, const char *what)
{
  g_ptr_array_add (self->failures, g_strdup_printf ("%s: %s", name, what));
}

static void
check_file (Place *self, const char *attack, const char *name, const char *expected)
{
  g_autofree char *path = g_build_filename (self->outside, name, NULL);
  g_autofree char *text = NULL;
  struct stat info = { 0 };
  char mark[8];

  if (!g_file_get_contents (path, &text, NULL, NULL) || !g_str_equal (text, expected))
    blame (self, attack, "a file outside is not what it was");
  if (stat (path, &info) != 0 || (info.st_mode & 07777) != 0666 || info.st_mtime != MARK_TIME || info.st_nlink != 1 || info.st_uid != self->uid)
    blame (self, attack, "the mode, owner, time or links of a file outside changed");
  if (getxattr (path, "user.taken", mark, sizeof mark) >= 0)
    blame (self, attack, "an attribute of a file outside was set");
}

/* Ended or stopped. */
static gboolean
has_changed (pid_t pid)
{
  siginfo_t info = { 0 };

  return waitid (P_PID, (id_t) pid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

static void
check_outside (Place *self, const char *attack)
{
  g_autofree char *folder = g_build_filename (self->outside, "folder", NULL);
  g_autoptr (GDir) listing = g_dir_open (folder, 0, NULL);
  g_autofree char *limits = g_strdup_printf ("/proc/%d/limits", (int) self->victim);
  g_autofree char *now = NULL;

  if (listing == NULL || g_dir_read_name (listing) != NULL)
    blame (self, attack, "something was made outside");
  check_file (self, attack, "secret", "secret");
  check_file (self, attack, "shown/file", "shown");

  if (!g_file_get_contents (limits, &now, NULL, NULL) || has_changed (self->victim))
    {
      blame (self, attack, "a process outside was ended or stopped");
      return;
    }
  if (self->victim_limits == NULL)
    self->victim_limits = g_strdup (now);
  if (getpriority (PRIO_PROCESS, (id_t) self->victim) != getpriority (PRIO_PROCESS, 0) || sched_getscheduler (self->victim) != SCHED_OTHER
      || !g_str_equal (now, self->victim_limits) || syscall (SYS_ioprio_get, 1, self->victim) >> 13 > 2)
    blame (self, attack, "the priority or limits of a process outside changed");
  if (kill (self->sibling, 0) != 0)
    blame (self, attack, "another command was ended");
  if (g_socket_condition_check (self->datagrams, G_IO_IN) != 0)
    blame (self, attack, "a message came out");
}

static void
set_up (Place *self, gconstpointer data)
{
  const Variant *variant = data;

  memset (self, 0, sizeof *self);
  self->profile = variant->profile;
  self->is_root = variant->bare && geteuid () == 0;
  self->uid = variant->dropped && geteuid () == 0 ? NOBODY : geteuid ();
  self->failures = g_ptr_array_new_with_free_func (g_free);
  self->outside = vig_test_make_dir ();
  self->root = g_build_filename (self->outside, "root", NULL);
  g_assert_cmpint (g_chmod (self->outside, 0777), ==, 0);
  make_folder (self, "root");
  make_folder (self, "root-evil");
  make_folder (self, "folder");
  make_folder (self, "shown");
  make_file (self, "secret", "secret");
  make_file (self, "root-evil/secret", "secret");
  make_file (self, "shown/file", "shown");
  make_file (self, "root/mine", "mine");
  copy_program (self, "tool", 0755);
  copy_program (self, "root/attack", 0755);
  copy_program (self, "shown/raised", 04755);
  listen_on_sockets (self);
  self->bare = variant->bare;
  set_bare (variant->bare);
  vig_landlock_set_abi_max (variant->abi_max);
  start_victim (self);
  self->sibling_stop = g_cancellable_new ();
  self->sibling_thread = g_thread_new ("sibling", run_sibling, self);
  g_mutex_lock (&self->mutex);
  while (self->sibling == 0)
    g_cond_wait (&self->ready, &self->mutex);
  g_mutex_unlock (&self->mutex);
  check_outside (self, "nothing");
  g_assert_cmpuint (self->failures->len, ==, 0);
}

/* As plugins are started, with a place of their own to write. */
static char *
run_plugin (Place *self, const char * const *argv, const char * const *read_paths)
{
  const char * const write_paths[] = { self->root, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child = vig_sandbox_spawn (argv, read_paths, write_paths, -1, &error);
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;

  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (child, NULL, NULL, &output, &errors, &error));
  if (!g_subprocess_get_successful (child) || *output == '\0')
    return g_strdup_printf ("status %d, said %s", g_subprocess_get_status (child), errors);

  return g_strdup (g_strchomp (output));
}

static char *
run_attack (Place *self, const char *name, gboolean attributes)
{
  g_autofree char *program = g_build_filename (self->root, "attack", NULL);
  g_autofree char *shown = g_build_filename (self->outside, "shown", NULL);
  g_autofree char *victim = g_strdup_printf ("%d", (int) self->victim);
  g_autofree char *sibling = g_strdup_printf ("%d", (int) self->sibling);
  g_autofree char *daemon = g_strdup_printf ("%d", (int) getpid ());
  g_autofree char *port = g_strdup_printf ("%d", self->port);
  const char * const argv[] = { program, name, self->outside, victim, sibling, daemon, port, self->abstract_name, NULL };
  const char * const read_paths[] = { shown, self->profile == SCANNER ? program : NULL, NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .read_paths = read_paths, .allow_attributes = attributes, .output_limit = 1000 };
  g_autoptr (VigCommandResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (self->profile == PLUGIN)
    return run_plugin (self, argv, read_paths);
  if (self->profile == SCANNER)
    spec.working_directory = NULL;
  spec.allow_raw = self->profile == SCANNER;
  spec.allow_network = self->profile == SCANNER || g_str_has_prefix (name, "net_");
  spec.deadline = vig_test_deadline ();
  result = vig_sandbox_run (&spec, NULL, &error);
  if (!self->bare)
    vig_test_wait_for (vig_standby_is_ready ()); /* the next is to be a process that was */
  if (result == NULL && g_error_matches (error, VIG_ERROR, VIG_ERROR_TOO_LARGE))
    return g_strdup ("refused TOO_LARGE");
  if (result == NULL)
    return g_strdup_printf ("stopped: %s", error->message);
  if (result->exit_status != 0 || result->output_bytes == 0)
    return g_strdup_printf ("signal %d, exit status %d, said %s", result->term_signal, result->exit_status, result->error_output);

  return g_strdup (g_strchomp (result->output));
}

/* "escaped" is "seen" in the rows of what no kernel hides from a command, and is documented (SECURITY.md). */
static const char *
get_code (const char *outcome)
{
  if (g_str_equal (outcome, "escaped"))
    return "seen";

  return g_str_has_prefix (outcome, "refused ") ? outcome + strlen ("refused ") : outcome;
}

/* A scanner may write nowhere, and is refused where a command would have a step more; by the confinement, and not for want of a file. */
static gboolean
is_refusal (Place *self, const char * const *expected, const char *code)
{
  static const char * const elsewhere[] = { "EACCES", "EPERM", NULL };

  if (self->is_root && g_str_equal (code, "seen") && g_strv_contains (expected, "root"))
    return TRUE;

  return g_strv_contains (expected, code) || (self->profile == SCANNER && g_strv_contains (elsewhere, code));
}

/* All but what a scanner may do, sockets of the network and raw packets, and what is tried with a network that plugins never get. */
static gboolean
is_for (Place *self, const char *name)
{
  if (self->profile == SCANNER)
    return !g_str_has_prefix (name, "inet") && !g_str_has_prefix (name, "netlink_route") && !g_str_has_prefix (name, "packet") && !g_str_equal (name, "net_packet")
           && !g_str_equal (name, "net_inet_raw");

  return self->profile == COMMAND || !g_str_has_prefix (name, "net_");
}

/* "if PATH": the machine has none. */
static gboolean
lacks_target (char **fields)
{
  const char *last = fields[g_strv_length (fields) - 1];

  return g_str_has_prefix (last, "if ") && !g_file_test (last + strlen ("if "), G_FILE_TEST_EXISTS);
}

static void
run_row (Place *self, const char *row, gboolean attributes)
{
  g_auto (GStrv) fields = g_strsplit (row, "\t", 0);
  g_auto (GStrv) expected = NULL;
  g_autofree char *outcome = NULL;

  g_assert_cmpuint (g_strv_length (fields), >=, 4); /* the fourth: its source */
  if (lacks_target (fields))
    {
      g_test_message ("%s\tnot tried: %s", fields[0], fields[4]);
      return;
    }
#if defined (__SANITIZE_ADDRESS__)
  /* What is sanitized reserves memory without end, so its commands have no limit on it (vig-sandbox-confine.c). */
  if (g_str_equal (fields[0], "memory_bomb"))
    return;
#endif
  expected = g_strsplit (fields[1], "|", 0);
  outcome = run_attack (self, fields[0], attributes);
  g_test_message ("%s\t%s", fields[0], outcome);
  if (!is_refusal (self, (const char * const *) expected, get_code (outcome)))
    {
      g_autofree char *what = g_strdup_printf ("%s (%s), and not refused with %s", outcome, fields[2], fields[1]);

      blame (self, fields[0], what);
    }
  check_outside (self, fields[0]);
}

static void
finish (Place *self)
{
  guint i;

  for (i = 0; i < self->failures->len; i++)
    g_printerr ("%s\n", (const char *) g_ptr_array_index (self->failures, i));
  g_assert_cmpuint (self->failures->len, ==, 0);
}

static void
test_attacks (Place *self, gconstpointer data)
{
  guint n = 0;
  guint i;

  for (i = 0; rows[i] != NULL; i++)
    {
      g_autofree char *name = g_strndup (rows[i], strcspn (rows[i], "\t"));

      if (*name == '\0' || *name == '#' || !is_for (self, name))
        continue;
      run_row (self, rows[i], FALSE);
      n++;
    }
  g_assert_cmpuint (n, >, 400);
  finish (self);
}

/* A call that may change modes and times still makes nothing that runs as somebody else. */
static void
test_granted (Place *self, gconstpointer data)
{
  guint n = 0;
  guint i;

  for (i = 0; rows[i] != NULL; i++)
    if (g_str_has_prefix (rows[i], "setuid_") || g_str_has_prefix (rows[i], "chmod_") || g_str_has_prefix (rows[i], "chown_"))
      {
        run_row (self, rows[i], TRUE);
        n++;
      }
  g_assert_cmpuint (n, >=, 10);
  finish (self);
}

/* Without confinement, as the same user. */
static char *
run_free (Place *self, const char *name)
{
  g_autofree char *victim = g_strdup_printf ("%d", (int) self->victim);
  g_autofree char *sibling = g_strdup_printf ("%d", (int) self->sibling);
  g_autofree char *port = g_strdup_printf ("%d", self->port);
  const char *argv[] = { "attack", name, self->outside, victim, sibling, victim, port, self->abstract_name, NULL };
  char answer[64] = "";
  int ends[2];
  pid_t pid;

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      if (dup2 (ends[1], 1) < 0 || chdir (self->root) != 0 || (self->uid != geteuid () && (setgid (self->uid) != 0 || setuid (self->uid) != 0)))
        _exit (1);
      execv ("attack", (char **) argv);
      _exit (1);
    }
  close (ends[1]);
  if (read (ends[0], answer, sizeof answer - 1) < 0)
    answer[0] = '\0';
  close (ends[0]);
  waitpid (pid, NULL, 0);

  return g_strdup (g_strchomp (answer));
}

/* Attacks that are marked so do work where nothing confines them: they are real, and so are the refusals. */
static void
test_control (Place *self, gconstpointer data)
{
  guint n = 0;
  guint i;

  for (i = 0; rows[i] != NULL; i++)
    if (g_str_has_suffix (rows[i], "\tworks"))
      {
        n++;
        g_autofree char *name = g_strndup (rows[i], strcspn (rows[i], "\t"));
        g_autofree char *outcome = NULL;

        outcome = run_free (self, name);
        g_test_message ("%s\t%s", name, outcome);
        g_assert_cmpstr (outcome, ==, "escaped");
        /* What it did may come about a moment later: the next has a place of its own. */
        tear_down (self, data);
        set_up (self, data);
      }
  g_assert_cmpuint (n, >=, 230);
}

int
main (int argc, char **argv)
{
  static const Variant variants[] = {
    { G_MAXINT, FALSE, FALSE, "same-user/abi-all" }, { ABI_OLD, FALSE, FALSE, "same-user/abi-2" },
    { G_MAXINT, TRUE, FALSE, "other-user/abi-all" }, { ABI_OLD, TRUE, FALSE, "other-user/abi-2" }, { ABI_OLD, FALSE, TRUE, "bare/abi-2" },
    { G_MAXINT, FALSE, FALSE, "plugin/abi-all", PLUGIN }, { ABI_OLD, FALSE, FALSE, "plugin/abi-2", PLUGIN },
    { G_MAXINT, FALSE, FALSE, "scanner/abi-all", SCANNER }, { ABI_OLD, FALSE, FALSE, "scanner/abi-2", SCANNER },
  };
  g_autofree char *text = NULL;
  int secret;
  guint i;

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 3);
  attack_program = argv[1];
  g_assert_true (g_file_get_contents (argv[2], &text, NULL, NULL));
  rows = g_strsplit (text, "\n", 0);

  /* What a child must not inherit. */
  g_test_add ("/escapes/control", Place, &variants[2], set_up, test_control, tear_down);
  g_setenv ("VIGILUS_ESCAPE_SECRET", "hush", TRUE);
  secret = open ("/etc/passwd", O_RDONLY);
  g_assert_cmpint (secret, >=, 0);

  for (i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autofree char *name = g_strconcat ("/escapes/", variants[i].name, NULL);
      g_autofree char *granted = g_strconcat (name, "/granted", NULL);

      g_test_add (name, Place, &variants[i], set_up, test_attacks, tear_down);
      if (variants[i].profile == COMMAND)
        g_test_add (granted, Place, &variants[i], set_up, test_granted, tear_down);
    }

  return g_test_run ();
}
