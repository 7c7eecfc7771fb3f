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
#define KILL_TIME (10 * G_USEC_PER_SEC) /* a busy server takes a while to find what is to be killed; without the connection it would find nothing */
#define KILL_SIBLINGS \
  "me=$$; ps -A -o pid= -o ppid= | while read p q; do [ \"$q\" = \"$PPID\" ] && [ \"$p\" != \"$me\" ] && kill -9 -- \"-$p\" \"$p\" 2>/dev/null; done"

typedef struct
{
  const VigSshCommand      *command;
  VigSshResult             *result;
  ssh_session               session;
  ssh_channel               channel;
  GCancellable             *cancellable;
  gint64                    last_word;   /* monotonic, when something was written */
  gint64                    last_packet; /* and when anything came */
  gboolean                  has_asked;   /* since then, whether it is there */
  guint64                   n_packets;
  struct ssh_counter_struct sent;
  struct ssh_counter_struct received;
} Exec;

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

/* What runs beside us on this connection is a child of the same process there, and leads a process group of its own. */
static void
kill_siblings (Exec *self)
{
  ssh_channel channel = ssh_channel_new (self->session);

  if (channel != NULL && ssh_channel_open_session (channel) == SSH_OK)
    ssh_channel_request_exec (channel, KILL_SIBLINGS);
  ends_within (self, KILL_TIME);
  if (channel != NULL)
    ssh_channel_free (channel);
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
start (Exec *self, gboolean *not_started, GError **error)
{
  *not_started = TRUE;
  if (self->channel == NULL || ssh_channel_open_session (self->channel) != SSH_OK)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "no channel for the command: %s", ssh_get_error (self->session));
      return FALSE;
    }

  /* Once the request has left, only an answer tells whether the command runs. */
  *not_started = FALSE;
  if (ssh_channel_request_exec (self->channel, self->command->command) == SSH_OK)
    return TRUE;

  *not_started = ssh_is_connected (self->session);
  g_set_error (error, VIG_ERROR, *not_started ? VIG_ERROR_REMOTE : VIG_ERROR_INTERRUPTED, "the server did not take the command: %s",
               ssh_get_error (self->session));

  return FALSE;
}

/* A server that says nothing any more must not hold up who stops the call. */
static gboolean
start_watched (Exec *self, gboolean *not_started, GError **error)
{
  VigSshWatch *watch = vig_ssh_watch_begin (ssh_get_fd (self->session), self->command->deadline, self->cancellable);
  g_autoptr (GError) local_error = NULL;
  gboolean started = start (self, not_started, &local_error);

  vig_ssh_watch_end (watch);
  if (started || g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return started;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
run (Exec *self, gboolean *not_started, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!start_watched (self, not_started, error))
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
  g_autoptr (VigSshResult) result = g_new0 (VigSshResult, 1);
  struct ssh_channel_callbacks_struct callbacks = { .userdata = result, .channel_exit_signal_function = on_exit_signal,
                                                 .channel_exit_status_function = on_exit_status };
  Exec self = { command, result, session, ssh_channel_new (session), cancellable, g_get_monotonic_time (), g_get_monotonic_time () };
  gboolean ran;

  result->output = g_string_new (NULL);
  result->error_output = g_string_new (NULL);
  result->exit_status = -1;
  ssh_callbacks_init (&callbacks);
  if (self.channel != NULL)
    ssh_set_channel_callbacks (self.channel, &callbacks);
  ssh_set_counters (session, &self.sent, &self.received);
  ran = run (&self, not_started, error);
  ssh_set_counters (session, NULL, NULL);
  if (self.channel != NULL)
    {
      ssh_remove_channel_callbacks (self.channel, &callbacks);
      ssh_channel_close (self.channel);
      ssh_channel_free (self.channel);
    }

  return ran ? g_steal_pointer (&result) : NULL;
}
