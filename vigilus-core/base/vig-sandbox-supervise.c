/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The supervisor is the reaper of all that the command starts: whoever leaves its session or loses its parent becomes a child
 * of the supervisor, and so nothing escapes its search. It runs between fork and exit, with system calls only. */
enum
{
  CHANNEL,   /* by which the order's descriptors come: its end is the child's */
  REPORT = 3,
  LIFELINE,  /* closed by the daemon, or by its death: kill everything */
  CGROUPS,
  N_GIVEN = CGROUPS + VIG_CGROUP_MAX,
  OURS = N_GIVEN, /* ends of the way by which the child says that it is confined */
  THEIRS,
  SIGNALS,
  FIRST_UNUSED,
};

#define WATCH_MS 200

typedef struct
{
  const VigConfinement *confinement;
  pid_t                 child;
  int                   report;   /* these four: or -1 */
  int                   lifeline;
  int                   channel;
  int                   signals;
  int                   status;
  gboolean              ended;
} Supervisor;

static void
report (int descriptor, VigStage stage, int code)
{
  VigStageReport message = { (int) stage, code };

  while (descriptor >= 0 && write (descriptor, &message, sizeof message) < 0 && errno == EINTR)
    ;
}

static gboolean
kill_all (Supervisor *self)
{
  if (!self->ended)
    kill (-self->child, SIGKILL);

  return vig_descendants_end (self->child, &self->status, &self->ended);
}

/* Whoever asks for it has its signals decided on from here. */
static int
receive_listener (int channel)
{
  int listener[VIG_ORDER_MAX];

  return vig_descriptors_receive (channel, listener) == 1 ? listener[0] : -1;
}

/* Root is exempt from the limit on processes, so they are counted. */
static gboolean
watch (Supervisor *self)
{
  struct pollfd fds[] = { { self->signals, POLLIN, 0 }, { self->lifeline, POLLIN, 0 }, { -1, POLLIN, 0 }, { self->channel, POLLIN, 0 } };
  struct signalfd_siginfo info;

  while (!self->ended)
    {
      gboolean count = self->confinement->uid == 0;

      poll (fds, G_N_ELEMENTS (fds), count ? WATCH_MS : -1);
      if (fds[1].revents != 0)
        return TRUE;
      if (fds[3].revents != 0)
        {
          fds[2].fd = receive_listener (self->channel);
          fds[3].fd = -1;
        }
      else if ((fds[2].revents & POLLIN) != 0)
        vig_listener_answer (fds[2].fd);
      else if (fds[2].revents != 0)
        fds[2].fd = -1;
      if (fds[0].revents != 0)
        while (read (self->signals, &info, sizeof info) > 0)
          if (info.ssi_signo == SIGTERM)
            return TRUE;
      vig_descendants_reap (self->child, &self->status, &self->ended);
      if (count && vig_descendants_count () > VIG_SANDBOX_MAX_PROCESSES)
        return FALSE;
    }

  return TRUE;
}

static void
supervise (Supervisor *self)
{
  gboolean fits = watch (self);
  gboolean gone = kill_all (self);

  if (!fits)
    report (self->report, VIG_STAGE_CROWDED, 0);
  report (self->report, gone ? VIG_STAGE_ENDED : VIG_STAGE_LEFT, self->status);
}

/* The supervisor has to know of a listener, and of a user whose processes it counts. */
static VigStage
confine (const VigConfinement *self, int channel)
{
  int listener;
  VigStage stage = vig_confinement_apply (self, &listener);

  if (stage == VIG_STAGE_EXEC && (listener >= 0 || self->uid == 0) && !vig_descriptors_send (channel, &listener, listener >= 0 ? 1 : 0))
    return VIG_STAGE_SECCOMP;

  return stage;
}

/* The order, with its descriptors as they have come; without all of them there is nothing to run. */
static VigStage
receive_order (VigConfinement *self, const VigConfinement *order)
{
  int given[VIG_ORDER_MAX];
  guint i;

  if (vig_descriptors_receive (CHANNEL, given) != (int) (VIG_ORDER_FIXED + order->n_places))
    {
      errno = EPIPE;
      return VIG_STAGE_START;
    }
  *self = *order;
  self->ruleset = given[1];
  self->directory = given[2];
  for (i = 0; i < self->n_places; i++)
    self->places[i].tree = given[VIG_ORDER_FIXED + i];

  return dup2 (given[0], 0) == 0 ? VIG_STAGE_NONE : VIG_STAGE_START;
}

static void
run_command (pid_t supervisor, const VigConfinement *order, const VigCgroup *cgroup, gboolean in_group, int namespaces)
{
  VigConfinement self;
  VigStage stage = vig_confinement_prepare (supervisor, cgroup, in_group, namespaces);

  close (LIFELINE);
  if (stage == VIG_STAGE_NONE)
    stage = receive_order (&self, order);
  if (stage == VIG_STAGE_NONE)
    stage = confine (&self, THEIRS);
  if (stage == VIG_STAGE_EXEC)
    execve (self.program, self.argv, self.environment);
  report (REPORT, stage, errno);
  _exit (127);
}

/* Moves @n descriptors to numbers from @first on; instead of -1 there is none. */
static gboolean
arrange (const int *descriptors, int n, int first)
{
  int moved[FIRST_UNUSED];
  int i;

  for (i = 0; i < n; i++)
    {
      moved[i] = descriptors[i] >= 0 ? fcntl (descriptors[i], F_DUPFD, 64) : -1;
      if (moved[i] < 0 && descriptors[i] >= 0)
        return FALSE;
    }
  for (i = 0; i < n; i++)
    if (moved[i] < 0)
      close (first + i);
    else if (dup2 (moved[i], first + i) < 0)
      return FALSE;

  return TRUE;
}

/* Before the child is there: from here on, whatever it leaves behind comes to us. @ours: both ends of a way, and the signals. */
static gboolean
prepare (int *ours, gboolean stop_by_signal)
{
  sigset_t set;

  sigfillset (&set);
  sigprocmask (SIG_BLOCK, &set, NULL);
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sigemptyset (&set);
  sigaddset (&set, SIGCHLD);
  if (stop_by_signal)
    sigaddset (&set, SIGTERM);
  ours[2] = signalfd (-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);

  return ours[2] >= 0 && socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ours) == 0;
}

void
vig_supervise (const VigConfinement *order, const VigCgroup *cgroup, int namespaces, const int *descriptors)
{
  Supervisor self = { .confinement = order, .report = REPORT, .lifeline = LIFELINE, .channel = OURS, .signals = SIGNALS };
  VigCgroup moved = *cgroup;
  pid_t supervisor = getpid ();
  gboolean in_group;
  int given[N_GIVEN];
  int ours[3];
  int i;

  setsid ();
  for (i = 0; i < N_GIVEN; i++)
    given[i] = i < CGROUPS ? descriptors[i] : cgroup->join[i - CGROUPS];
  for (i = 0; i < VIG_CGROUP_MAX; i++)
    moved.join[i] = cgroup->join[i] >= 0 ? CGROUPS + i : -1;
  if (!arrange (given, N_GIVEN, 0) || !prepare (ours, FALSE) || !arrange (ours, 3, OURS) || syscall (SYS_close_range, FIRST_UNUSED, ~0u, 0) != 0)
    _exit (126);

  self.child = vig_cgroup_fork (&moved, &in_group);
  if (self.child == 0)
    run_command (supervisor, order, &moved, in_group, namespaces);
  if (self.child < 0)
    {
      report (REPORT, VIG_STAGE_START, errno);
      _exit (126);
    }

  syscall (SYS_close_range, 0, 2, 0);
  syscall (SYS_close_range, CGROUPS, OURS - 1, 0);
  supervise (&self);
  _exit (0);
}

/* Ends as the child did, so that whoever waits for us learns it. */
static void
end_like (int status)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  sigset_t set;

  if (WIFSIGNALED (status))
    {
      sigaction (WTERMSIG (status), &action, NULL);
      sigemptyset (&set);
      sigaddset (&set, WTERMSIG (status));
      kill (getpid (), WTERMSIG (status));
      sigprocmask (SIG_UNBLOCK, &set, NULL);
    }
  _exit (WIFEXITED (status) ? WEXITSTATUS (status) : 126);
}

void
vig_supervise_around (const VigConfinement *confinement, const VigCgroup *cgroup)
{
  Supervisor self = { .confinement = confinement, .report = -1, .lifeline = -1, .channel = 0, .signals = 1, .status = 126 << 8 };
  pid_t supervisor = getpid ();
  gboolean in_group;
  int ours[3];

  setsid ();
  if (!prepare (ours, TRUE))
    _exit (126);
  self.child = vig_cgroup_fork (cgroup, &in_group);
  if (self.child == 0)
    {
      if (vig_confinement_prepare (supervisor, cgroup, in_group, confinement->namespaces) != VIG_STAGE_NONE || confine (confinement, ours[1]) != VIG_STAGE_EXEC)
        _exit (126);
      return;
    }

  prctl (PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  ours[1] = ours[2];
  if (self.child < 0 || !arrange (ours, 2, 0) || syscall (SYS_close_range, 2, ~0u, 0) != 0)
    _exit (126);
  supervise (&self);
  end_like (self.status);
}
