/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-exec.h"

#include "ssh-watch.h"

#include <libssh/callbacks.h>
#include <poll.h>

#define CHUNK     (32 * 1024)
#define EOF_TIME  G_USEC_PER_SEC    /* microseconds that what the command left behind may go on to write */
#define TERM_TIME G_USEC_PER_SEC    /* microseconds to end after a signal */
#define REFUSED_TIME (500 * 1000)   /* and after one that nothing can be deaf to */
#define STOP_TERM_TIME (100 * 1000) /* the same where a person stops it: that does not wait for long */
#define STOP_REFUSED_TIME (20 * 1000)
#define KILL_TIME (120 * G_USEC_PER_SEC) /* a busy server takes a while to find what is to be killed; without the connection it would find nothing */
#define KILLED_TIME G_USEC_PER_SEC  /* until the server tells that it was killed */
#define KILL_SIBLINGS \
  "me=$$; ps -A -o pid= -o ppid= | while read p q; do [ \"$q\" = \"$PPID\" ] && [ \"$p\" != \"$me\" ] && kill -9 -- \"-$p\" \"$p\" 2>/dev/null; done"

typedef struct
{
  const VigSshCommand                *command;
  VigSshResult                       *result;
  ssh_session                         session;
  ssh_channel                         channel;
  struct ssh_channel_callbacks_struct callbacks;
  GCancellable                       *cancellable;
  gint64                              last_word;   /* monotonic, when something was written */
  gint64                              last_packet; /* and when anything came */
  gboolean                            has_asked;   /* since then, whether it is there */
  guint64                             n_packets;
  struct ssh_counter_struct           sent;
  struct ssh_counter_struct           received;
} Exec;

static VigSshResult *
result_new (void)
{
  VigSshResult *result = g_new0 (VigSshResult, 1);

  result->output = g_string_new (NULL);
  result->error_output = g_string_new (NULL);
  result->exit_status = -1;

  return result;
}

void
vig_ssh_result_free (VigSshResult *result)
{
  if (result == NULL)
    return;

  g_string_free (result->output, TRUE);
  g_string_free (result->error_output, TRUE);
  g_free (result->exit_signal);
  g_free (result);
}

static void
on_exit_signal (ssh_session session, ssh_channel channel, const char *signal, int core, const char *message, const char *language, void *user_data)
{
  VigSshResult *result = user_data;

  g_free (result->exit_signal);
  result->exit_signal = g_strdup (signal);
}

static void
on_exit_status (ssh_session session, ssh_channel channel, int status, void *user_data)
{
  VigSshResult *result = user_data;

  result->exit_status = status;
}

static void
begin (Exec *self)
{
  self->last_word = self->last_packet = g_get_monotonic_time ();
  self->callbacks = (struct ssh_channel_callbacks_struct) { .userdata = self->result, .channel_exit_signal_function = on_exit_signal,
                                                            .channel_exit_status_function = on_exit_status };
  ssh_callbacks_init (&self->callbacks);
  self->channel = ssh_channel_new (self->session);
  if (self->channel != NULL)
    ssh_set_channel_callbacks (self->channel, &self->callbacks);
  ssh_set_counters (self->session, &self->sent, &self->received);
}

static void
end (Exec *self)
{
  ssh_set_counters (self->session, NULL, NULL);
  if (self->channel == NULL)
    return;

  ssh_remove_channel_callbacks (self->channel, &self->callbacks);
  ssh_channel_close (self->channel);
  ssh_channel_free (self->channel);
}

static void
keep (Exec *self, VigOutput stream, const char *bytes, gsize length)
{
  gboolean is_error = stream == VIG_OUTPUT_STDERR;
  GString *kept = is_error ? self->result->error_output : self->result->output;
  guint64 *count = is_error ? &self->result->error_output_bytes : &self->result->output_bytes;

  *count += length;
  g_string_append_len (kept, bytes, (gssize) MIN (length, self->command->limit - MIN (self->command->limit, kept->len)));
  if (self->command->on_output != NULL)
    self->command->on_output (stream, bytes, length, self->command->user_data);
}

/* Takes all that has come. FALSE: the connection is gone. */
static gboolean
drain (Exec *self, gboolean *got_some)
{
  char buffer[CHUNK];

  *got_some = FALSE;
  for (int stream = 0; stream < 2; stream++)
    {
      int n = ssh_channel_read_nonblocking (self->channel, buffer, sizeof buffer, stream);

      if (n == SSH_ERROR)
        return FALSE;
      if (n > 0)
        {
          keep (self, stream == 0 ? VIG_OUTPUT_STDOUT : VIG_OUTPUT_STDERR, buffer, (gsize) n);
          *got_some = TRUE;
        }
    }

  return *got_some || ssh_is_connected (self->session) || ssh_channel_is_eof (self->channel);
}

/* Once there is nothing to read any more, reading does not take in how it ended. */
static void
take_status (Exec *self)
{
  ssh_set_blocking (self->session, 0);
  ssh_channel_get_exit_status (self->channel);
  ssh_set_blocking (self->session, 1);
}

/* A process that the command left in the background may hold its output open for ever: then its end is what counts. */
static gboolean
has_ended (Exec *self)
{
  gboolean is_told = self->result->exit_signal != NULL || self->result->exit_status >= 0;

  if (ssh_channel_is_eof (self->channel))
    {
      if (!is_told)
        take_status (self);
      return self->result->exit_signal != NULL || self->result->exit_status >= 0 || ssh_channel_is_closed (self->channel);
    }

  return is_told && g_get_monotonic_time () - self->last_word > EOF_TIME;
}

/* FALSE: it was asked whether it is there, and said nothing. Also behind jump hosts, where the kernel would not notice. */
static gboolean
keep_alive (Exec *self)
{
  static const gint64 quiet = SSH_QUIET * G_USEC_PER_SEC;
  gint64 now = g_get_monotonic_time ();

  if (self->received.in_packets != self->n_packets)
    {
      self->n_packets = self->received.in_packets;
      self->last_packet = now;
      self->has_asked = FALSE;
    }
  if (now - self->last_packet >= quiet && !self->has_asked)
    {
      self->has_asked = TRUE;
      vig_ssh_keep_alive (self->session);
    }

  return now - self->last_packet < 2 * quiet;
}

/* Waits for something from the server or from who cancels. */
static void
wait (Exec *self, gint64 until)
{
  gint64 left = (until - g_get_monotonic_time ()) / 1000;
  GPollFD cancel = { -1, 0, 0 };
  struct pollfd fds[2] = { { ssh_get_fd (self->session), POLLIN, 0 }, { -1, 0, 0 } };
  gboolean has_cancel = self->cancellable != NULL && g_cancellable_make_pollfd (self->cancellable, &cancel);

  if (has_cancel)
    fds[1] = (struct pollfd) { (int) cancel.fd, (short) cancel.events, 0 };
  poll (fds, has_cancel ? 2 : 1, (int) CLAMP (left, 0, 500));
  if (has_cancel)
    g_cancellable_release_fd (self->cancellable);
}

/* TRUE: it ended by itself; FALSE without error: it is time to end it. */
static gboolean
follow (Exec *self, gint64 until, gboolean heed_cancel, GError **error)
{
  while (TRUE)
    {
      gboolean got_some;

      if (!drain (self, &got_some))
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "the connection was lost while the command ran: %s", ssh_get_error (self->session));
          return FALSE;
        }
      if (got_some)
        self->last_word = g_get_monotonic_time ();
      else if (has_ended (self))
        return TRUE;
      if ((heed_cancel && g_cancellable_is_cancelled (self->cancellable)) || g_get_monotonic_time () >= until)
        return FALSE;
      if (got_some)
        continue;
      if (!keep_alive (self))
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "the connection was lost while the command ran: the server has not answered for %d seconds", 2 * SSH_QUIET);
          return FALSE;
        }
      wait (self, until);
    }
}

static gboolean
ends_within (Exec *self, gint64 time)
{
  g_autoptr (GError) ignored = NULL;

  return follow (self, g_get_monotonic_time () + time, FALSE, &ignored) || ignored != NULL;
}

/* A server that says nothing any more must not hold up who stops the call. */
static gboolean
open_channel (Exec *self, GError **error)
{
  VigSshWatch *watch = vig_ssh_watch_begin (ssh_get_fd (self->session), self->command->deadline, self->cancellable);
  gboolean is_open = self->channel != NULL && ssh_channel_open_session (self->channel) == SSH_OK;

  vig_ssh_watch_end (watch);
  if (!is_open && !g_cancellable_set_error_if_cancelled (self->cancellable, error))
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "no channel for the command: %s", ssh_get_error (self->session));

  return is_open;
}

/* Once the request has left, only an answer tells whether the command runs, and only by this connection can it be ended: the answer is waited for,
 * for a while, although it was stopped. */
static gboolean
request (Exec *self, gboolean *not_started, GError **error)
{
  VigSshWatch *watch = vig_ssh_watch_begin (ssh_get_fd (self->session), self->command->deadline, NULL);
  gint64 until = g_get_monotonic_time () + 2 * SSH_QUIET * G_USEC_PER_SEC;
  int status;

  do
    status = ssh_channel_request_exec (self->channel, self->command->command);
  while (status == SSH_AGAIN && g_get_monotonic_time () < until);

  vig_ssh_watch_end (watch);
  *not_started = status == SSH_ERROR && ssh_is_connected (self->session);
  if (status != SSH_OK && !g_cancellable_set_error_if_cancelled (self->cancellable, error))
    g_set_error (error, VIG_ERROR, *not_started ? VIG_ERROR_REMOTE : VIG_ERROR_INTERRUPTED, "the server did not take the command: %s",
                 ssh_get_error (self->session));

  return status == SSH_OK;
}

static gboolean
start (Exec *self, gboolean *not_started, GError **error)
{
  *not_started = TRUE;

  return open_channel (self, error) && request (self, not_started, error);
}

/* What runs beside us on this connection is a child of the same process there, and leads a process group of its own. */
static void
kill_siblings (Exec *self)
{
  static const VigSshCommand command = { .command = KILL_SIBLINGS };
  g_autoptr (VigSshResult) result = result_new ();
  Exec killer = { .command = &command, .result = result, .session = self->session };
  gboolean not_started;

  begin (&killer);
  if (start (&killer, &not_started, NULL))
    follow (&killer, g_get_monotonic_time () + KILL_TIME, FALSE, NULL);
  end (&killer);
  ssh_set_counters (self->session, &self->sent, &self->received);
  self->last_packet = g_get_monotonic_time ();
  ends_within (self, KILLED_TIME);
}

/* Servers may refuse signals: OpenSSH does where root has signed in. */
static void
kill_remote (Exec *self)
{
  gboolean is_stopped = g_cancellable_is_cancelled (self->cancellable);

  ssh_channel_request_send_signal (self->channel, "TERM");
  if (ends_within (self, is_stopped ? STOP_TERM_TIME : TERM_TIME))
    return;

  ssh_channel_request_send_signal (self->channel, "KILL");
  if (!ends_within (self, is_stopped ? STOP_REFUSED_TIME : REFUSED_TIME))
    kill_siblings (self);
}

static gboolean
run (Exec *self, gboolean *not_started, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!start (self, not_started, error))
    return FALSE;

  ssh_channel_send_eof (self->channel);
  if (follow (self, self->command->deadline, TRUE, &local_error))
    {
      if (self->result->exit_signal != NULL)
        self->result->exit_status = -1;
      else if (self->result->exit_status < 0)
        g_set_error_literal (&local_error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "the server closed without telling how the command ended");
      self->result->left_behind = !ssh_channel_is_eof (self->channel);
      if (local_error == NULL)
        return TRUE;
    }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  kill_remote (self);
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  self->result->timed_out = TRUE;

  return TRUE;
}

VigSshResult *
vig_ssh_exec (ssh_session session, const VigSshCommand *command, gboolean *not_started, GCancellable *cancellable, GError **error)
{
  g_autoptr (VigSshResult) result = result_new ();
  Exec self = { .command = command, .result = result, .session = session, .cancellable = cancellable };
  gboolean ran;

  begin (&self);
  ran = run (&self, not_started, error);
  end (&self);

  return ran ? g_steal_pointer (&result) : NULL;
}
