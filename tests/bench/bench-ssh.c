/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-command.h"

#include <stdlib.h>

#include <vigilus/vig-server-private.h>

/* `true` on a known server by the plugin's own connections, against a command line that does the same (ssh with ControlMaster, or a fresh
 * one): bench-ssh PORT USER KEY-FILE ROUNDS SSH... prints "ours FIGURE floor FIGURE ms", medians of alternating rounds. */

static gboolean
pin (VigServer *server, const char *host_key, gpointer data, GError **error)
{
  return TRUE;
}

static VigServer *
make_server (char **argv)
{
  VigServer values = { 0 };
  g_autoptr (GError) error = NULL;

  values.id = g_strdup ("bench");
  values.name = g_strdup ("bench");
  values.host = g_strdup ("127.0.0.1");
  values.port = (guint) atoi (argv[1]);
  values.user = g_strdup (argv[2]);
  g_file_get_contents (argv[3], &values.private_key, NULL, &error);
  g_assert_no_error (error);

  return vig_server_new (&values, pin, NULL, NULL);
}

static double
time_ours (VigSshPool *pool, VigServer *server)
{
  gint64 begin = g_get_monotonic_time ();
  VigSshCommand command = { "true", begin + 30 * G_USEC_PER_SEC, 1024, NULL, NULL };
  VigSshStep step;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigSshResult) result = vig_ssh_run_pooled (pool, server, &command, &step, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (result->exit_status, ==, 0);

  return (double) (g_get_monotonic_time () - begin) / 1000;
}

static double
time_other (char **argv)
{
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  int status = -1;

  g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);

  return (double) (g_get_monotonic_time () - begin) / 1000;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double left = *(const double *) a;
  double right = *(const double *) b;

  return left < right ? -1 : left > right;
}

static double
median (double *values, guint n)
{
  qsort (values, n, sizeof *values, compare);

  return values[n / 2];
}

int
main (int argc, char **argv)
{
  guint n = argc > 5 ? (guint) atoi (argv[4]) : 0;
  g_autofree double *ours = g_new0 (double, n + 1);
  g_autofree double *others = g_new0 (double, n + 1);
  g_autoptr (VigServer) server = NULL;
  VigSshPool *pool;

  g_assert_cmpuint (n, >, 0);
  g_assert_cmpint (ssh_init (), ==, SSH_OK);
  server = make_server (argv);
  pool = vig_ssh_pool_new ();
  time_ours (pool, server);
  time_other (argv + 5);
  for (guint i = 0; i < n; i++)
    {
      ours[i] = time_ours (pool, server);
      others[i] = time_other (argv + 5);
    }
  g_print ("ours %.2f floor %.2f ms\n", median (ours, n), median (others, n));
  vig_ssh_pool_unref (pool);

  return 0;
}
