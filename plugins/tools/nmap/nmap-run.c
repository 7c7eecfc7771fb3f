/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "nmap-run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>

#define CHUNK     65536
#define MAX_WORDS 2000  /* bytes of its complaints that are kept */
#define KILL_TIME 100   /* milliseconds to end after TERM: the panic switch promises 200 for all */

typedef struct
{
  NmapRun      *run;
  GSubprocess  *process;
  GCancellable *cancellable;
  gint64        deadline;
  int           fds[2];   /* its output and its complaints; -1: ended */
  GString      *words;
  GError       *error;    /* of the XML */
} Reader;

void
nmap_run_clear (NmapRun *run)
{
  g_clear_pointer (&run->xml, nmap_xml_free);
  g_clear_pointer (&run->problem, g_free);
}

/* In the child: it ends with the thread that waits for it, also where this process is killed; and no terminal is its own (with
 * --noninteractive nmap would tell of no progress). */
static void
set_up_child (gpointer user_data)
{
  setsid ();
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* nmap gets none of our environment, and none of our settings of its own. */
static GSubprocess *
spawn (GPtrArray *argv, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  char *environment[] = { (char *) "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", (char *) "LANG=C.UTF-8", (char *) "HOME=/nonexistent", NULL };

  g_subprocess_launcher_set_environ (launcher, environment);
  g_subprocess_launcher_set_cwd (launcher, "/");
  g_subprocess_launcher_set_child_setup (launcher, set_up_child, NULL, NULL);

  return g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, error);
}

/* FALSE: the end of this stream. */
static gboolean
take (Reader *self, int which)
{
  char buffer[CHUNK];
  gssize n;

  do
    n = read (self->fds[which], buffer, sizeof buffer);
  while (n < 0 && errno == EINTR);
  if (n <= 0)
    return FALSE;
  if (which == 1)
    g_string_append_len (self->words, buffer, (gssize) MIN ((gsize) n, MAX_WORDS - MIN (MAX_WORDS, self->words->len)));
  else if (self->error == NULL)
    nmap_xml_feed (self->run->xml, buffer, (gsize) n, &self->error);

  return TRUE;
}

/* FALSE: it is over: both streams have ended, it is late, or nobody wants it any more. */
static gboolean
read_some (Reader *self)
{
  struct pollfd fds[3] = { { self->fds[0], POLLIN, 0 }, { self->fds[1], POLLIN, 0 }, { -1, 0, 0 } };
  gint64 left = (self->deadline - g_get_monotonic_time ()) / 1000;
  GPollFD cancel = { -1, 0, 0 };
  gboolean has_cancel = self->cancellable != NULL && g_cancellable_make_pollfd (self->cancellable, &cancel);

  if (has_cancel)
    fds[2] = (struct pollfd) { (int) cancel.fd, (short) cancel.events, 0 };
  poll (fds, 3, (int) CLAMP (left, 0, 1000));
  if (has_cancel)
    g_cancellable_release_fd (self->cancellable);

  for (int i = 0; i < 2; i++)
    if (fds[i].revents != 0 && !take (self, i))
      self->fds[i] = -1;

  return (self->fds[0] >= 0 || self->fds[1] >= 0) && self->error == NULL && g_get_monotonic_time () < self->deadline
         && !g_cancellable_is_cancelled (self->cancellable);
}

/* TERM first: nmap then lets go of what it holds on the network. */
static void
end (Reader *self)
{
  gint64 until = g_get_monotonic_time () + KILL_TIME * 1000;

  g_subprocess_send_signal (self->process, SIGTERM);
  while ((self->fds[0] >= 0 || self->fds[1] >= 0) && g_get_monotonic_time () < until)
    {
      struct pollfd fds[2] = { { self->fds[0], POLLIN, 0 }, { self->fds[1], POLLIN, 0 } };

      poll (fds, 2, 50);
      for (int i = 0; i < 2; i++)
        if (fds[i].revents != 0 && !take (self, i))
          self->fds[i] = -1;
    }
  g_subprocess_force_exit (self->process);
}

static char *
last_words (Reader *self)
{
  g_autofree char *valid = g_utf8_make_valid (self->words->str, (gssize) self->words->len);
  g_auto (GStrv) lines = g_strsplit (g_strstrip (valid), "\n", -1);
  guint n = g_strv_length (lines);

  while (n > 0 && (*lines[n - 1] == '\0' || g_str_has_prefix (lines[n - 1], "QUITTING")))
    n--;

  return n > 0 ? g_strdup (lines[n - 1]) : NULL;
}

/* What nmap says of itself counts only where its document is whole and its process ended well. */
static char *
find_problem (Reader *self, gboolean was_late)
{
  JsonObject *facts = nmap_xml_get_facts (self->run->xml);
  g_autofree char *words = last_words (self);
  gboolean is_whole;

  if (g_cancellable_is_cancelled (self->cancellable))
    return g_strdup ("it was stopped");
  if (was_late)
    return g_strdup ("it was not done when its time was over");
  is_whole = self->error == NULL && nmap_xml_end (self->run->xml, &self->error);
  if (g_subprocess_get_if_signaled (self->process))
    return g_strdup_printf ("nmap was killed by the signal %s", strsignal (g_subprocess_get_term_sig (self->process)));
  if (g_subprocess_get_exit_status (self->process) != 0 || g_strcmp0 (vig_json_get_string (facts, "finished", NULL), "error") == 0)
    {
      const char *message = vig_json_get_string (facts, "message", words);

      self->run->refused = TRUE;
      return g_strdup_printf ("nmap refused: %s", message != NULL ? message : "it does not say why");
    }
  if (!is_whole)
    return g_strdup (self->error->message);
  if (vig_json_get_string (facts, "finished", NULL) == NULL)
    return g_strdup ("nmap did not say that it has finished");

  return NULL;
}

gboolean
nmap_run (NmapRun *run, GPtrArray *argv, gint64 deadline, GCancellable *cancellable, GError **error)
{
  g_autoptr (GSubprocess) process = spawn (argv, error);
  g_autoptr (GString) words = g_string_new (NULL);
  Reader self = { run, process, cancellable, deadline, { -1, -1 }, words, NULL };
  gboolean was_late;

  if (process == NULL)
    return FALSE;

  self.fds[0] = g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (g_subprocess_get_stdout_pipe (process)));
  self.fds[1] = g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (g_subprocess_get_stderr_pipe (process)));
  while (read_some (&self))
    ;
  was_late = g_get_monotonic_time () >= deadline;
  if (self.fds[0] >= 0 || self.fds[1] >= 0)
    end (&self);
  else
    was_late = FALSE;
  g_subprocess_wait (process, NULL, NULL);
  run->problem = find_problem (&self, was_late);
  g_clear_error (&self.error);

  return TRUE;
}
