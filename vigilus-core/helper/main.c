/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-helper-request.h"
#include "vig-sandbox-supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>

/* vigilus-helper CONFIGURATION SPENT: root's part. systemd starts one for each connection to its socket (Accept=yes), which is its
 * standard input and output; what it did goes to the journal by standard error. One request, one command, one answer. */
#define READ_SECONDS 10
#define GRACE_ROUNDS 100  /* milliseconds to end after TERM: the panic switch promises 200 for all */

/* Up to the NUL at its end; what follows that at once calls it off before it has begun. */
static char *
read_request (int fd, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gint64 end = g_get_monotonic_time () + READ_SECONDS * G_USEC_PER_SEC;
  struct pollfd waiting = { fd, POLLIN, 0 };
  char buffer[4096];
  gssize n = 1;

  while (n > 0 && strlen (text->str) == text->len && text->len <= VIG_HELPER_MAX_REQUEST && g_get_monotonic_time () < end)
    {
      if (poll (&waiting, 1, 1000) <= 0)
        continue;
      n = read (fd, buffer, sizeof buffer);
      if (n > 0)
        g_string_append_len (text, buffer, n);
    }
  if (text->len <= VIG_HELPER_MAX_REQUEST && strlen (text->str) + 1 == text->len)
    return g_strdup (text->str);

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "no whole request of at most %d bytes came within %d seconds", VIG_HELPER_MAX_REQUEST, READ_SECONDS);

  return NULL;
}

static gboolean
check_peer (const VigHelperRules *rules, GError **error)
{
  struct ucred peer;
  socklen_t size = sizeof peer;

  if (getsockopt (0, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == rules->uid)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, "only Vigilus itself may ask");

  return FALSE;
}

typedef struct
{
  GMainLoop *loop;
  GPid       pid;
  int        status;
  gboolean   ended;
  gboolean   timed_out;
  gboolean   called_off;
  GString   *outputs[2];
  guint      open;
} Command;

static void
stop_if_done (Command *self)
{
  if (self->ended && self->open == 0)
    g_main_loop_quit (self->loop);
}

static gboolean
output_ready (Command *self, GIOChannel *channel, GString *kept)
{
  char buffer[4096];
  gssize n = read (g_io_channel_unix_get_fd (channel), buffer, sizeof buffer);

  if (n > 0)
    {
      g_string_append_len (kept, buffer, MIN (n, (gssize) (VIG_HELPER_MAX_OUTPUT - kept->len)));
      return G_SOURCE_CONTINUE;
    }
  self->open--;
  stop_if_done (self);

  return G_SOURCE_REMOVE;
}

static gboolean
stdout_ready (GIOChannel *channel, GIOCondition condition, gpointer data)
{
  return output_ready (data, channel, ((Command *) data)->outputs[0]);
}

static gboolean
stderr_ready (GIOChannel *channel, GIOCondition condition, gpointer data)
{
  return output_ready (data, channel, ((Command *) data)->outputs[1]);
}

static void
child_ended (GPid pid, int status, gpointer data)
{
  Command *self = data;

  self->status = status;
  self->ended = TRUE;
  stop_if_done (self);
}

static gboolean
time_over (gpointer data)
{
  Command *self = data;

  self->timed_out = TRUE;
  g_main_loop_quit (self->loop);

  return G_SOURCE_REMOVE;
}

/* A byte calls it off; the end of the connection alone does not. */
static gboolean
peer_said (int fd, GIOCondition condition, gpointer data)
{
  Command *self = data;
  char byte;
  gssize n = recv (fd, &byte, 1, MSG_DONTWAIT);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  self->called_off = n > 0;
  if (self->called_off)
    g_main_loop_quit (self->loop);

  return G_SOURCE_REMOVE;
}

/* TERM first, so that dpkg can put its state down. The loop has ended, so nobody else waits for children. */
static void
end_all (Command *self)
{
  if (!self->ended)
    kill (-self->pid, SIGTERM);
  for (guint i = 0; i < GRACE_ROUNDS && !vig_descendants_reap (self->pid, &self->status, &self->ended); i++)
    g_usleep (1000);
  vig_descendants_end (self->pid, &self->status, &self->ended);
}

static void
lead_group (gpointer data)
{
  setsid ();
}

static void
watch_output (Command *self, int fd, GIOFunc ready)
{
  GIOChannel *channel = g_io_channel_unix_new (fd);

  g_io_channel_set_close_on_unref (channel, TRUE);
  g_io_add_watch (channel, G_IO_IN | G_IO_HUP | G_IO_ERR, ready, self);
  g_io_channel_unref (channel);
  self->open++;
}

static JsonObject *
describe (Command *self)
{
  g_autofree char *output = g_utf8_make_valid (self->outputs[0]->str, (gssize) self->outputs[0]->len);
  g_autofree char *errors = g_utf8_make_valid (self->outputs[1]->str, (gssize) self->outputs[1]->len);

  return vig_json_pack_object ("{s:i, s:s, s:s, s:b}", "exit_status", self->ended && WIFEXITED (self->status) ? WEXITSTATUS (self->status) : -1,
                               "output", output, "error_output", errors, "timed_out", self->timed_out);
}

static JsonObject *
run (char **argv, GError **error)
{
  static const char * const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", NULL };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GString) output = g_string_new (NULL);
  g_autoptr (GString) errors = g_string_new (NULL);
  Command self = { .loop = loop, .outputs = { output, errors } };
  int fds[2];

  if (!g_spawn_async_with_pipes ("/", argv, (char **) environment, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH_FROM_ENVP, lead_group, NULL, &self.pid,
                                 NULL, &fds[0], &fds[1], error))
    return NULL;

  watch_output (&self, fds[0], stdout_ready);
  watch_output (&self, fds[1], stderr_ready);
  g_child_watch_add (self.pid, child_ended, &self);
  g_timeout_add_seconds (VIG_HELPER_TIMEOUT, time_over, &self);
  g_unix_fd_add (0, G_IO_IN | G_IO_HUP, peer_said, &self);
  g_main_loop_run (loop);
  if (self.called_off || self.timed_out)
    end_all (&self);
  if (self.called_off)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "called off while it ran; what it did until then is done");
      return NULL;
    }

  return describe (&self);
}

/* For the journal: who asked for what, before it is done, and how it ended. */
static JsonObject *
carry_out (JsonObject *request, GError **error)
{
  g_auto (GStrv) argv = vig_helper_make_argv (vig_json_get_string (request, "operation", ""), vig_json_get_object (request, "arguments"), error);
  g_autofree char *line = argv != NULL ? g_strjoinv (" ", argv) : NULL;
  JsonObject *answer;

  if (argv == NULL)
    return NULL;

  fprintf (stderr, "<5>call %s of %s: %s\n", vig_json_get_string (request, "call", ""), vig_json_get_string (request, "operator", ""), line);
  answer = run (argv, error);
  if (answer == NULL)
    g_prefix_error (error, "call %s: ", vig_json_get_string (request, "call", ""));
  else
    fprintf (stderr, "<5>call %s: exit status %d\n", vig_json_get_string (request, "call", ""), (int) vig_json_get_int (answer, "exit_status", -1));

  return answer;
}

static JsonObject *
serve (const char *configuration, const char *spent, GError **error)
{
  VigHelperRules rules = { 0 };
  g_autofree char *note = NULL;
  g_autoptr (JsonObject) request = NULL;

  if (vig_helper_rules_load (&rules, configuration, error) && check_peer (&rules, error))
    note = read_request (0, error);
  if (note != NULL)
    request = vig_helper_request_check (&rules, note, spent, g_get_real_time (), error);
  vig_helper_rules_clear (&rules);

  return request != NULL ? carry_out (request, error) : NULL;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = NULL;
  g_autofree char *text = NULL;

  signal (SIGPIPE, SIG_IGN);
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (argc != 3)
    {
      fprintf (stderr, "usage: vigilus-helper CONFIGURATION FOLDER, with a connection of vigilusd as standard input\n");
      return 2;
    }

  answer = serve (argv[1], argv[2], &error);
  if (answer == NULL)
    {
      fprintf (stderr, "<4>%s%s\n", vig_error_is_interrupted (error) ? "" : "refused: ", error->message);
      answer = vig_json_pack_object ("{s:s}", "error", error->message);
    }
  text = vig_json_object_to_string (answer);

  return write (1, text, strlen (text)) == (gssize) strlen (text) && error == NULL ? 0 : 1;
}
