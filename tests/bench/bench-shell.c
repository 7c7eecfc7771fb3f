/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-standby.h"

#include <sched.h>
#include <stdlib.h>

#include <glib/gstdio.h>

/* `sh -c` of a command, confined as shell.exec runs it, against plain fork and exec: "ours FIGURE floor FIGURE ms", medians of alternating
 * rounds. With the word "first" as a first command is run, for which no process is ready; with "several" two at once, from the first's start to
 * the end of both. */

#define ROUNDS 200
#define PAUSE 3000 /* microseconds */

static double
time_confined (const char *directory)
{
  const char *const argv[] = { "sh", "-c", "true", NULL };
  gint64 begin = g_get_monotonic_time ();
  VigSandboxSpec spec = { .argv = argv, .working_directory = directory, .deadline = begin + 30 * G_USEC_PER_SEC, .output_limit = 1024 };
  g_autoptr (GError) error = NULL;
  g_autoptr (VigCommandResult) result = vig_sandbox_run (&spec, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (result->exit_status, ==, 0);

  return (double) (g_get_monotonic_time () - begin) / 1000;
}

static double
time_plain (const char *directory)
{
  const char *argv[] = { "sh", "-c", "true", NULL };
  gint64 begin = g_get_monotonic_time ();
  g_autofree char *output = NULL;
  g_autofree char *error_output = NULL;
  g_autoptr (GError) error = NULL;
  int status = -1;

  g_spawn_sync (directory, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &error_output, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);

  return (double) (g_get_monotonic_time () - begin) / 1000;
}

typedef double (*Measure) (const char *directory);

static gpointer
run_confined (gpointer directory)
{
  time_confined (directory);

  return NULL;
}

static gpointer
run_plain (gpointer directory)
{
  time_plain (directory);

  return NULL;
}

static double
time_two (GThreadFunc other, Measure own, const char *directory)
{
  gint64 begin = g_get_monotonic_time ();
  GThread *thread = g_thread_new ("other", other, (gpointer) directory);

  own (directory);
  g_thread_join (thread);

  return (double) (g_get_monotonic_time () - begin) / 1000;
}

static double
time_two_confined (const char *directory)
{
  return time_two (run_confined, time_confined, directory);
}

static double
time_two_plain (const char *directory)
{
  return time_two (run_plain, time_plain, directory);
}

/* What one command leaves to be done is no part of the next. */
static void
rest (gboolean first)
{
  if (first)
    vig_sandbox_settle ();
  while (!first && !vig_standby_is_ready ())
    g_usleep (PAUSE);
  g_usleep (PAUSE);
}

/* What else runs on the machine is not what is measured. Only root may. */
static void
go_before_others (void)
{
  struct sched_param priority = { .sched_priority = 1 };

  if (sched_setscheduler (0, SCHED_FIFO, &priority) != 0)
    g_printerr ("# at ordinary priority\n");
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double left = *(const double *) a;
  double right = *(const double *) b;

  return left < right ? -1 : left > right;
}

int
main (int argc, char **argv)
{
  gboolean first = argc == 2 && g_str_equal (argv[1], "first");
  gboolean several = argc == 2 && g_str_equal (argv[1], "several");
  Measure ours = several ? time_two_confined : time_confined;
  Measure floor = several ? time_two_plain : time_plain;
  g_autofree char *directory = g_dir_make_tmp ("vigilus-bench-XXXXXX", NULL);
  double confined[ROUNDS];
  double plain[ROUNDS];

  g_setenv ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", TRUE); /* both look for it in the same places */
  vig_sandbox_set_ready (!first);
  go_before_others ();
  ours (directory);
  for (guint i = 0; i < ROUNDS; i++)
    {
      rest (first);
      confined[i] = ours (directory);
      rest (first);
      plain[i] = floor (directory);
    }
  qsort (confined, ROUNDS, sizeof *confined, compare);
  qsort (plain, ROUNDS, sizeof *plain, compare);
  g_print ("ours %.2f floor %.2f ms\n", confined[ROUNDS / 2], plain[ROUNDS / 2]);
  vig_sandbox_set_ready (FALSE);
  vig_sandbox_settle ();
  g_rmdir (directory);

  return 0;
}
