/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "sandbox-fixture.h"
#include "vig-sandbox-standby.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* The process that is kept ready for the next command: whom it serves, what it holds, and when it ends. */

/* The state, parent and process group of @pid by proc(5); FALSE: it is not there, or has ended. */
static gboolean
get_parent (pid_t pid, pid_t *parent)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *text = NULL;
  char state = 0;

  return g_file_get_contents (path, &text, NULL, NULL) && sscanf (strrchr (text, ')'), ") %c %d", &state, parent) == 2 && state != 'Z' && state != 'X';
}

static gboolean
is_there (pid_t pid)
{
  pid_t parent;

  return get_parent (pid, &parent);
}

/* How many children @parent has, and @max of them. */
static guint
list_children (pid_t parent, pid_t *children, guint max)
{
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (proc)) != NULL)
    {
      pid_t pid = (pid_t) g_ascii_strtoll (name, NULL, 10);
      pid_t its_parent = 0;

      if (pid > 0 && get_parent (pid, &its_parent) && its_parent == parent)
        {
          if (n < max)
            children[n] = pid;
          n++;
        }
    }

  return n;
}

/* How many children @parent has, and one of them. */
static guint
count_children (pid_t parent, pid_t *child)
{
  return list_children (parent, child, 1);
}

static pid_t
run_and_get_supervisor (Fixture *self)
{
  g_autoptr (VigCommandResult) result = run_for (self, "echo $PPID", VIG_TEST_SECONDS * 1000, NULL);

  g_assert_cmpint (result->exit_status, ==, 0);

  return (pid_t) g_ascii_strtoll (result->output, NULL, 10);
}

/* Its supervisor and itself; what ran before may still be ending when it is there. */
static void
make_ready (Fixture *self, pid_t *supervisor, pid_t *process)
{
  assert_works (self, "true", "");
  vig_test_wait_for (vig_standby_is_ready () && count_children (getpid (), supervisor) == 1);
  vig_test_wait_for (count_children (*supervisor, process) == 1);
}

static void
assert_nothing_left (void)
{
  pid_t child;

  g_assert_false (vig_standby_is_ready ());
  g_assert_cmpuint (count_children (getpid (), &child), ==, 0);
}

static void
put_away (Fixture *self, gconstpointer data)
{
  vig_sandbox_set_ready (FALSE);
  vig_sandbox_settle ();
  vig_sandbox_set_ready (TRUE);
  assert_nothing_left ();
  tear_down (self, data);
}

static void
test_serves_one (Fixture *self, gconstpointer data)
{
  pid_t supervisor;
  pid_t process;
  pid_t next;

  assert_nothing_left (); /* before the first command */
  make_ready (self, &supervisor, &process);
  g_assert_cmpint (run_and_get_supervisor (self), ==, supervisor);
  vig_test_wait_for (vig_standby_is_ready ());
  g_assert_false (is_there (supervisor) || is_there (process));
  next = run_and_get_supervisor (self);
  g_assert_cmpint (next, !=, supervisor);
}

/* Nothing of what this process has open. */
static void
assert_holds_nothing (pid_t pid, int mine)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%d/fd", (int) pid);
  g_autofree char *own = g_strdup_printf ("/proc/self/fd/%d", mine);
  g_autofree char *secret = g_file_read_link (own, NULL);
  g_autoptr (GDir) listing = g_dir_open (folder, 0, NULL);
  const char *name;

  g_assert_nonnull (listing);
  while ((name = g_dir_read_name (listing)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      g_assert_cmpstr (target, !=, secret);
      g_assert_cmpint (g_ascii_strtoll (name, NULL, 10), <, 16);
    }
}

static void
test_holds_nothing (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->outside, "secret", NULL);
  int fd = open (path, O_CREAT | O_RDWR, 0600);
  pid_t supervisor;
  pid_t process;

  g_assert_cmpint (fd, >=, 0);
  make_ready (self, &supervisor, &process);
  assert_holds_nothing (supervisor, fd);
  assert_holds_nothing (process, fd);
  close (fd);
}

/* What holds for a command that was started afresh: confined, in a place of its own, with its input, and ended with all it started. */
static void
test_as_any_other (Fixture *self, gconstpointer data)
{
  g_autofree char *marker = g_strdup_printf ("76543.%d", (int) getpid ());
  g_autofree char *script = g_strdup_printf ("pwd; cat; cat ../secret 2>/dev/null || echo refused; (setsid sleep %s >/dev/null 2>&1 &); "
                                             "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\\t ' ' '; "
                                             "ls /proc/self/fd | wc -l; kill -0 $PPID 2>/dev/null || echo no signal", marker);
  g_autofree char *expected = g_strdup_printf ("%s\ngivenrefused\nNoNewPrivs: 1\nSeccomp: 2\n4\nno signal\n", self->root);
  g_autofree char *path = g_build_filename (self->outside, "secret", NULL);
  int abis[] = { G_MAXINT, 2 };
  pid_t supervisor;
  pid_t process;

  g_assert_true (g_file_set_contents (path, "secret", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (abis); i++)
    {
      g_autoptr (VigCommandResult) result = NULL;

      make_ready (self, &supervisor, &process);
      vig_landlock_set_abi_max (abis[i]);
      result = run_for (self, script, VIG_TEST_SECONDS * 1000, "given");
      vig_landlock_set_abi_max (G_MAXINT);
      g_assert_cmpstr (result->output, ==, expected);
      g_assert_false (is_running (marker));
      vig_test_wait_for (!is_there (supervisor));
    }
}

/* Killed while it waits, it is no command's failure. */
static void
test_killed (Fixture *self, gconstpointer data)
{
  pid_t pids[2];

  for (guint i = 0; i < G_N_ELEMENTS (pids); i++)
    {
      make_ready (self, &pids[0], &pids[1]);
      g_assert_cmpint (kill (pids[i], SIGKILL), ==, 0);
      vig_test_wait_for (!is_there (pids[0]) && !is_there (pids[1]));
      g_assert_cmpint (run_and_get_supervisor (self), !=, pids[0]);
    }
}

/* As it would be made now, or not at all. */
static void
test_changed (Fixture *self, gconstpointer data)
{
  pid_t supervisor;
  pid_t process;

  make_ready (self, &supervisor, &process);
  vig_cgroup_set_disabled (TRUE);
  assert_works (self, "grep vigilus- /proc/self/cgroup || true", "");
  vig_cgroup_set_disabled (FALSE);
  g_assert_true (vig_cgroup_get_abilities () == 0 || !is_there (supervisor));
  vig_sandbox_set_ready (FALSE);
  vig_sandbox_settle ();
  assert_works (self, "true", "");
  vig_sandbox_settle ();
  assert_nothing_left ();
}

static void
test_lifetime (Fixture *self, gconstpointer data)
{
  vig_standby_set_lifetime (1000);
  assert_works (self, "true", "");
  vig_sandbox_settle ();
  assert_nothing_left ();
  vig_standby_set_lifetime (60 * G_USEC_PER_SEC);
}

/* More than the kernel takes is said, and costs nobody else anything. */
static void
test_too_long (Fixture *self, gconstpointer data)
{
  g_autofree char *word = g_strnfill (100000, 'x');
  const char *argv[40] = { "true" };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .output_limit = 1000 };
  pid_t supervisor;
  pid_t process;

  for (guint i = 1; i < G_N_ELEMENTS (argv) - 1; i++)
    argv[i] = word;
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      make_ready (self, &supervisor, &process);
      argv[i == 0 ? 39 : 12] = NULL;
      spec.deadline = vig_test_deadline ();
      vig_command_result_free (vig_sandbox_run (&spec, NULL, &error));
      if (i == 0)
        g_assert_error (error, VIG_ERROR, VIG_ERROR_FAILED);
      else
        g_assert_no_error (error);
    }
}

/* What can't be handed over was not run, and did not end with an exit status either. */
static void
test_not_handed_over (Fixture *self, gconstpointer data)
{
  const char *argv[] = { "true", NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root };
  VigConfinement confinement;
  VigStageReport report = { 0, 0 };
  struct pollfd pollfd = { -1, POLLIN, 0 };
  g_autoptr (GError) error = NULL;
  VigStandby *standby;

  g_assert_true (vig_confinement_init (&confinement, &spec, NULL, &error));
  g_assert_no_error (error);
  standby = vig_standby_run (&confinement, -1, &error); /* there is no such input */
  g_assert_no_error (error);
  pollfd.fd = standby->report;
  g_assert_cmpint (poll (&pollfd, 1, -1), ==, 1);
  g_assert_cmpint (read (standby->report, &report, sizeof report), ==, (gssize) sizeof report);
  g_assert_cmpint (report.stage, ==, VIG_STAGE_START);
  g_assert_cmpint (report.code, ==, EPIPE);
  vig_standby_finish (standby);
  vig_confinement_clear (&confinement);
}

/* Who was orphaned before it began to confine itself does not begin. */
static void
test_orphan (Fixture *self, gconstpointer data)
{
  VigCgroup none = { { NULL }, { -1, -1, -1 } };
  pid_t child = fork ();
  int status;

  if (child == 0)
    _exit (vig_confinement_prepare (getpid (), &none, TRUE, 0)); /* not its parent */
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, VIG_STAGE_START);
}

/* Whoever dies without a word takes it along. */
static void
test_dies_with_us (Fixture *self, gconstpointer data)
{
  pid_t pids[2] = { 0, 0 };
  pid_t daemon;
  int ends[2];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  daemon = fork ();
  if (daemon == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      make_ready (self, &pids[0], &pids[1]);
      _exit (write (ends[1], pids, sizeof pids) == (gssize) sizeof pids && pause () != 0);
    }
  close (ends[1]);
  g_assert_cmpint (read (ends[0], pids, sizeof pids), ==, (gssize) sizeof pids);
  close (ends[0]);
  g_assert_true (is_there (pids[0]) && is_there (pids[1]));
  g_assert_cmpint (kill (daemon, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (daemon, NULL, 0), ==, daemon);
  vig_test_wait_for (!is_there (pids[0]) && !is_there (pids[1]));
}

static gpointer
run_many (gpointer data)
{
  for (guint i = 0; i < 5; i++)
    assert_works (data, "echo $PPID $(cat)", NULL);

  return NULL;
}

static void
test_at_once (Fixture *self, gconstpointer data)
{
  GThread *threads[6];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("run", run_many, self);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  vig_test_wait_for (vig_standby_is_ready ());
}

/* It waits for the others, so that all run at the same time; its supervisor. */
static gpointer
run_together (gpointer data)
{
  g_autoptr (VigCommandResult) result = run_for (data, "touch $$; while [ $(ls | wc -l) -lt 3 ]; do sleep 0.01; done; echo $PPID", VIG_TEST_SECONDS * 1000, NULL);

  g_assert_cmpint (result->exit_status, ==, 0);

  return GINT_TO_POINTER (g_ascii_strtoll (result->output, NULL, 10));
}

static void
run_three (Fixture *self, pid_t supervisors[3])
{
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("run", run_together, self);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    supervisors[i] = GPOINTER_TO_INT (g_thread_join (threads[i]));
}

/* As many as ran at once are ready for the next that do, and end when nobody comes. */
static void
test_several (Fixture *self, gconstpointer data)
{
  pid_t waiting[3];
  pid_t served[3];

  g_assert_cmpint (g_chmod (self->root, 0777), ==, 0);
  run_three (self, served);
  assert_works (self, "rm -f -- *", "");
  vig_test_wait_for (vig_standby_is_ready () && list_children (getpid (), waiting, 3) == 3);
  run_three (self, served);
  for (guint i = 0; i < G_N_ELEMENTS (served); i++)
    g_assert_true (served[i] == waiting[0] || served[i] == waiting[1] || served[i] == waiting[2]);
  vig_test_wait_for (vig_standby_is_ready () && list_children (getpid (), waiting, 3) == 3);
  vig_standby_set_lifetime (1000);
  run_three (self, served);
  vig_sandbox_settle ();
  assert_nothing_left ();
  vig_standby_set_lifetime (60 * G_USEC_PER_SEC);
}

int
main (int argc, char **argv)
{
  static const struct { const char *path; void (*test) (Fixture *, gconstpointer); } tests[] = {
    { "serves-one", test_serves_one }, { "holds-nothing", test_holds_nothing }, { "as-any-other", test_as_any_other }, { "killed", test_killed },
    { "changed", test_changed }, { "lifetime", test_lifetime }, { "too-long", test_too_long }, { "not-handed-over", test_not_handed_over },
    { "orphan", test_orphan }, { "dies-with-us", test_dies_with_us }, { "at-once", test_at_once }, { "several", test_several },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *own = g_strdup_printf ("/sandbox-standby/%s/own", tests[i].path);
      g_autofree char *dropped = g_strdup_printf ("/sandbox-standby/%s/dropped", tests[i].path);

      g_test_add (own, Fixture, NULL, set_up, tests[i].test, put_away);
      g_test_add (dropped, Fixture, NULL, set_up_owned, tests[i].test, put_away);
    }

  return g_test_run ();
}
