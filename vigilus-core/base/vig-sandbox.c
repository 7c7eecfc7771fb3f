/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox.h"

#include "vig-sandbox-output.h"
#include "vig-sandbox-standby.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gstdio.h>

/* How long the supervisor may take to kill everything before it is killed itself. */
#define KILL_SECONDS 5

typedef struct
{
  VigConfinement   confinement;
  VigStandby      *standby;   /* NULL: not started */
  int              input;
  VigSandboxOutput outputs[2];
  VigStageReport   failure;   /* stage 0: none */
  int              status;
  gboolean         reported;  /* the status is there */
  gboolean         ended;
  gboolean         timed_out;
  gboolean         cancelled;
  gint64           give_up;   /* 0: not stopping */
} Run;

static const char * const stage_names[] = {
  [VIG_STAGE_START] = "start a process", [VIG_STAGE_LIMITS] = "set resource limits",
  [VIG_STAGE_NAMESPACES] = "separate it from the network and from other mounts", [VIG_STAGE_USER] = "drop privileges",
  [VIG_STAGE_LANDLOCK] = "restrict file access", [VIG_STAGE_SECCOMP] = "restrict system calls",
};

/* The text lies in memory, so that nobody has to feed it while the command runs. */
static int
open_input (const char *text, GError **error)
{
  gsize length = text != NULL ? strlen (text) : 0;
  int fd = text != NULL ? memfd_create ("input", MFD_CLOEXEC) : open ("/dev/null", O_RDONLY | O_CLOEXEC);
  gsize written = 0;
  gssize n = 0;

  while (fd >= 0 && written < length && n >= 0)
    {
      n = write (fd, text + written, length - written);
      written += n > 0 ? (gsize) n : 0;
    }
  if (fd >= 0 && n >= 0 && (text == NULL || lseek (fd, 0, SEEK_SET) == 0))
    return fd;

  g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to prepare a command's input: %s", g_strerror (errno));
  if (fd >= 0)
    g_close (fd, NULL);

  return -1;
}

static gboolean
start (Run *self, const VigSandboxSpec *spec, GError **error)
{
  self->input = open_input (spec->input, error);
  self->standby = self->input >= 0 ? vig_standby_run (&self->confinement, self->input, error) : NULL;
  if (self->standby == NULL)
    return FALSE;

  vig_sandbox_output_init (&self->outputs[0], spec, VIG_OUTPUT_STDOUT, g_steal_fd (&self->standby->outputs[0]));
  vig_sandbox_output_init (&self->outputs[1], spec, VIG_OUTPUT_STDERR, g_steal_fd (&self->standby->outputs[1]));

  return TRUE;
}

/* The supervisor says how it ended when all processes of this run are gone; without, the end of the report is the supervisor's. */
static void
read_report (Run *self)
{
  VigStageReport message;
  gssize n = read (self->standby->report, &message, sizeof message);

  if (n == (gssize) sizeof message && message.stage == VIG_STAGE_ENDED)
    {
      self->status = message.code;
      self->reported = self->ended = TRUE;
    }
  else if (n == (gssize) sizeof message && self->failure.stage == 0)
    self->failure = message;
  else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
    self->ended = TRUE;
}

static void
stop (Run *self)
{
  if (self->give_up > 0)
    return;

  self->give_up = g_get_monotonic_time () + KILL_SECONDS * G_USEC_PER_SEC;
  g_close (g_steal_fd (&self->standby->lifeline), NULL);
}

static int
get_timeout (Run *self, gint64 deadline)
{
  gint64 end = self->give_up > 0 ? self->give_up : deadline;
  gint64 left = (end - g_get_monotonic_time () + 999) / 1000;

  return (int) CLAMP (left, 0, 60000);
}

static void
check_time (Run *self, gint64 deadline)
{
  gint64 now = g_get_monotonic_time ();

  if (self->give_up == 0 && now >= deadline)
    {
      self->timed_out = TRUE;
      stop (self);
    }
  else if (self->give_up > 0 && now >= self->give_up)
    {
      kill (self->standby->supervisor, SIGKILL);
      self->ended = TRUE;
    }
}

static void
watch (Run *self, const VigSandboxSpec *spec, GCancellable *cancellable)
{
  int cancel_fd = cancellable != NULL ? g_cancellable_get_fd (cancellable) : -1;
  struct pollfd fds[4];

  while (!self->ended)
    {
      fds[0] = (struct pollfd) { self->standby->report, POLLIN, 0 };
      fds[1] = (struct pollfd) { self->outputs[0].fd, POLLIN, 0 };
      fds[2] = (struct pollfd) { self->outputs[1].fd, POLLIN, 0 };
      fds[3] = (struct pollfd) { self->cancelled ? -1 : cancel_fd, POLLIN, 0 };
      poll (fds, 4, get_timeout (self, spec->deadline));

      if (fds[1].revents != 0)
        vig_sandbox_output_read (&self->outputs[0]);
      if (fds[2].revents != 0)
        vig_sandbox_output_read (&self->outputs[1]);
      if (fds[0].revents != 0)
        read_report (self);
      if (!self->cancelled && g_cancellable_is_cancelled (cancellable))
        {
          self->cancelled = TRUE;
          stop (self);
        }
      check_time (self, spec->deadline);
    }

  if (cancel_fd >= 0)
    g_cancellable_release_fd (cancellable);
}

/* Nobody writes any more: what is left in the pipe is all there is. */
static void
drain (VigSandboxOutput *output)
{
  guint64 before;

  do
    {
      before = output->bytes;
      vig_sandbox_output_read (output);
    }
  while (output->bytes != before);
  vig_sandbox_output_end (output);
}

/* Where nobody says that all are gone, the control group ends them. */
static void
finish (Run *self)
{
  if (!self->reported)
    {
      while (waitpid (self->standby->supervisor, NULL, 0) < 0 && errno == EINTR)
        ;
      self->standby->supervisor = 0;
      vig_cgroup_kill (&self->standby->cgroup);
    }
  drain (&self->outputs[0]);
  drain (&self->outputs[1]);
}

static gboolean
check_outcome (Run *self, const char *program, GError **error)
{
  if (self->cancelled)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "%s was stopped", program);
      return FALSE;
    }
  if (self->failure.stage == VIG_STAGE_CROWDED)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "%s was stopped: it started more than %d processes", program, VIG_SANDBOX_MAX_PROCESSES);
      return FALSE;
    }
  if (self->failure.stage == VIG_STAGE_LEFT)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "%s was interrupted: not all of its processes could be ended; what it did is not known", program);
      return FALSE;
    }
  if (self->failure.stage == VIG_STAGE_EXEC)
    {
      g_set_error (error, VIG_ERROR, self->failure.code == ENOENT ? VIG_ERROR_NOT_FOUND : VIG_ERROR_FAILED,
                   "failed to run %s: %s", program, g_strerror (self->failure.code));
      return FALSE;
    }
  if (self->failure.stage != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "failed to confine %s: could not %s: %s", program,
                   stage_names[self->failure.stage], g_strerror (self->failure.code));
      return FALSE;
    }
  if (self->reported && !self->timed_out && WIFSIGNALED (self->status) && vig_cgroup_count_oom_kills (&self->standby->cgroup) > 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "%s was stopped: it used more memory than a command may", program);
      return FALSE;
    }
  if (!self->reported)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "%s was interrupted%s; what it did is not known", program,
                   self->timed_out ? " at its time limit and could not be ended in time" : ": the process that watched over it was killed");
      return FALSE;
    }

  return TRUE;
}

static VigCommandResult *
make_result (Run *self, gint64 began)
{
  VigCommandResult *result = g_new0 (VigCommandResult, 1);

  result->exit_status = WIFEXITED (self->status) ? WEXITSTATUS (self->status) : -1;
  result->term_signal = WIFSIGNALED (self->status) ? WTERMSIG (self->status) : 0;
  result->timed_out = self->timed_out;
  result->output = g_strdup (self->outputs[0].kept->str);
  result->error_output = g_strdup (self->outputs[1].kept->str);
  result->output_bytes = self->outputs[0].bytes;
  result->error_output_bytes = self->outputs[1].bytes;
  result->duration = g_get_monotonic_time () - began;

  return result;
}

static void
clear (Run *self)
{
  if (self->input >= 0)
    g_close (self->input, NULL);
  vig_sandbox_output_clear (&self->outputs[0]);
  vig_sandbox_output_clear (&self->outputs[1]);
  vig_confinement_clear (&self->confinement);
  if (self->standby != NULL)
    vig_standby_finish (self->standby);
}

VigCommandResult *
vig_sandbox_run (const VigSandboxSpec *spec, GCancellable *cancellable, GError **error)
{
  Run self = { .input = -1, .outputs = { { .fd = -1 }, { .fd = -1 } } };
  VigCommandResult *result = NULL;
  gint64 began = g_get_monotonic_time ();

  g_return_val_if_fail (spec != NULL && spec->argv != NULL && spec->argv[0] != NULL, NULL);

  if (g_cancellable_is_cancelled (cancellable))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "%s was stopped", spec->argv[0]);
      return NULL;
    }

  if (vig_confinement_init (&self.confinement, spec, NULL, error) && start (&self, spec, error))
    {
      watch (&self, spec, cancellable);
      finish (&self);
      if (check_outcome (&self, spec->argv[0], error))
        result = make_result (&self, began);
    }
  clear (&self);

  return result;
}
