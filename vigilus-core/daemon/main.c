/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-daemon.h"
#include "vig-log.h"
#include "vig-sandbox.h"

#include <glib-unix.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined (__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

static gboolean
quit (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_CONTINUE;
}

static int
run (VigConfig *config, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (VigDaemon) daemon = NULL;
  VigLog *log;

  if (vig_config_get_secret (config) != NULL)
    vig_redactor_add_value (redactor, vig_config_get_secret (config));
  log = vig_log_new (redactor, vig_config_get_verbose (config));
  vig_log_install (log);
  daemon = vig_daemon_new (config, redactor);
  if (!vig_daemon_start (daemon, log, error))
    {
      vig_daemon_stop (daemon);
      return 1;
    }

  g_unix_signal_add (SIGTERM, quit, loop);
  g_unix_signal_add (SIGINT, quit, loop);
  g_main_loop_run (loop);
  vig_daemon_stop (daemon);
  vig_log_close_file (log);

  return 0;
}

/* Secrets in memory stay there: no core file, none for a handler that the kernel pipes it to (which the limit does not stop), and no
 * reading by other processes of the same user. */
static void
forbid_dumps (void)
{
  const struct rlimit none = { 0, 0 };

  setrlimit (RLIMIT_CORE, &none);
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Where the data directory is not there yet, what is above it will hold it. */
static void
check_machine (VigConfig *config)
{
  g_autofree char *above = g_path_get_dirname (vig_config_get_data_dir (config));
  const char *folder = g_file_test (vig_config_get_data_dir (config), G_FILE_TEST_IS_DIR) ? vig_config_get_data_dir (config) : above;
  g_autoptr (JsonObject) confinement = vig_sandbox_describe (g_file_test (folder, G_FILE_TEST_IS_DIR) ? folder : g_get_tmp_dir ());
  g_autofree char *summary = vig_sandbox_summarize (confinement);

  g_print ("The configuration is good.\nOn this machine %s.\n", summary);
}

static int
run_as_told (int argc, char **argv)
{
  g_autoptr (VigConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  int status = 0;

  config = vig_config_new (&argc, &argv, &error);
  if (config == NULL)
    status = 2;
  else if (vig_config_get_show_version (config))
    g_print ("vigilusd %s\n", VIG_VERSION);
  else if (vig_config_get_check_only (config))
    check_machine (config);
  else
    status = run (config, &error);

  if (error != NULL)
    g_printerr ("vigilusd: %s\n", error->message);

  return status;
}

/* Threads may still wind down, or wait for a server in the middle of a library: its destructors must not run beneath them. */
static void
leave (int status)
{
  fflush (NULL);
#if defined (__SANITIZE_ADDRESS__)
  __lsan_do_leak_check ();
#endif
  _exit (status);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  forbid_dumps ();
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of that write */
  umask (0077);
  mallopt (M_ARENA_MAX, 2); /* threads that mostly wait need no heap each */

  /* glibc raises its threshold to the largest block that was ever given back: after one sign-in, Argon2's
   * 19 MiB come from a heap that keeps them for good. Naming the threshold holds it where it is. */
  mallopt (M_MMAP_THRESHOLD, 256 * 1024);
  g_setenv ("GIO_USE_VFS", "local", TRUE);
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);

  leave (run_as_told (argc, argv));
}
