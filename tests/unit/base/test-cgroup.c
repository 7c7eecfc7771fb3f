/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-cgroup.h"

#include "vig-test.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Control groups by themselves, without the rest of the confinement. tests/integration/test_cgroup_v2.py runs this on a kernel that has version 2
 * with its controllers, and says in VIG_TEST_CGROUP what has to be there; elsewhere it takes what there is. */
#define BLOCK (16 * 1024 * 1024)

static gboolean
expects (const char *what)
{
  return strstr (g_getenv ("VIG_TEST_CGROUP") != NULL ? g_getenv ("VIG_TEST_CGROUP") : "", what) != NULL;
}

static void
test_abilities (void)
{
  VigCgroupAbilities abilities = vig_cgroup_get_abilities ();

  g_assert_cmpint ((abilities & VIG_CGROUP_UNIFIED) != 0, ==, expects ("unified"));
  g_assert_cmpint ((abilities & VIG_CGROUP_KILL) != 0, ==, expects ("kill"));
  g_assert_cmpint ((abilities & VIG_CGROUP_PIDS) != 0, ==, expects ("pids"));
  g_assert_cmpint ((abilities & VIG_CGROUP_MEMORY) != 0, ==, expects ("memory"));
}

static void
assert_gone (VigCgroup *group)
{
  g_auto (GStrv) folders = g_new0 (char *, VIG_CGROUP_MAX + 1);
  guint n = 0;

  for (guint i = 0; i < VIG_CGROUP_MAX; i++)
    if (group->folders[i] != NULL)
      folders[n++] = g_strdup (group->folders[i]);
  vig_cgroup_clear (group);
  for (guint i = 0; i < n; i++)
    g_assert_false (g_file_test (folders[i], G_FILE_TEST_EXISTS));
}

/* What the child writes to the pipe. */
static int
run_in (VigCgroup *group, int (*body) (void))
{
  int ends[2];
  int answer = -1;
  gboolean born_inside;
  pid_t child;

  g_assert_cmpint (pipe (ends), ==, 0);
  child = vig_cgroup_fork (group, &born_inside);
  g_assert_cmpint (child, >=, 0);
  g_assert_true (born_inside || !expects ("born"));
  if (child == 0)
    {
      vig_cgroup_join (group, born_inside);
      answer = body ();
      _exit (write (ends[1], &answer, sizeof answer) == sizeof answer ? 0 : 1);
    }
  close (ends[1]);
  if (read (ends[0], &answer, sizeof answer) != sizeof answer)
    answer = -1;
  close (ends[0]);
  vig_cgroup_kill (group);
  waitpid (child, NULL, 0);

  return answer;
}

/* How many children it can have, all in sessions of their own, until the kernel says no. They sleep until they are killed. */
static int
fork_on (void)
{
  for (int n = 0; n < VIG_SANDBOX_MAX_PROCESSES + 100; n++)
    {
      pid_t child = fork ();

      if (child < 0)
        return errno == EAGAIN ? n : -1;
      if (child == 0)
        {
          setsid ();
          pause ();
          _exit (0);
        }
    }

  return VIG_SANDBOX_MAX_PROCESSES + 100;
}

static void
test_processes (void)
{
  gboolean limited = (vig_cgroup_get_abilities () & VIG_CGROUP_PIDS) != 0;
  VigCgroup group;

  if ((vig_cgroup_get_abilities () & VIG_CGROUP_KILL) == 0)
    {
      g_test_skip ("no control group can be made here");
      return;
    }
  vig_cgroup_init (&group);
  g_assert_cmpint (run_in (&group, fork_on), ==, limited ? VIG_SANDBOX_MAX_PROCESSES - 1 : VIG_SANDBOX_MAX_PROCESSES + 100);
  /* Empty, or it could not go. */
  assert_gone (&group);
}

/* In blocks that are written to, up to more than a machine of this size lets one command have. */
static int
take_memory (void)
{
  for (gint64 taken = 0; taken < (gint64) sysconf (_SC_PHYS_PAGES) * sysconf (_SC_PAGESIZE) * 7 / 10; taken += BLOCK)
    memset (g_malloc (BLOCK), 1, BLOCK);

  return 0;
}

static void
test_memory (void)
{
  VigCgroup group;

  vig_cgroup_init (&group);
  g_assert_cmpint (run_in (&group, take_memory), ==, -1);
  g_assert_cmpuint (vig_cgroup_count_oom_kills (&group), >, 0);
  assert_gone (&group);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cgroup/processes", test_processes);
  if (g_getenv ("VIG_TEST_CGROUP") != NULL)
    g_test_add_func ("/cgroup/abilities", test_abilities);
  /* Filling half of the memory is for machines that are there for it. */
  if (expects ("memory"))
    g_test_add_func ("/cgroup/memory", test_memory);

  return g_test_run ();
}
