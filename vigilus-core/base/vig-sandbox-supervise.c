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
  REPORT = 3,
  LIFELINE,  /* closed by the daemon, or by its death: kill everything */
  RULESET,
  DIRECTORY,
  CGROUPS,
  PLACES = CGROUPS + VIG_CGROUP_MAX,
  N_GIVEN = PLACES + VIG_SANDBOX_MAX_PLACES,
  OURS = N_GIVEN, /* ends of the way that the listener comes */
  THEIRS,
  SIGNALS,
  FIRST_UNUSED,
};

#define WATCH_MS 200
#define KILL_ROUNDS 2000

typedef struct
{
  const VigConfinement *confinement;
  pid_t                 child;
  int                   report;   /* these four: or -1 */
  int                   lifeline;
  int                   listener;
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

/* TRUE: nobody is left. Whoever loses its parent becomes a child of ours, so without children there are no descendants either. */
static gboolean
reap (Supervisor *self)
{
  pid_t pid;
  int status;

  while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
    if (pid == self->child)
      {
        self->status = status;
        self->ended = TRUE;
      }

  return pid < 0 && errno == ECHILD;
}

static void
kill_all (Supervisor *self)
{
  struct timespec pause = { 0, 1000000 };
  guint round;

  if (!self->ended)
    kill (-self->child, SIGKILL);
  for (round = 0; round < KILL_ROUNDS; round++)
    {
      if (reap (self))
        return;
      vig_descendants_count ();
      vig_descendants_kill ();
      nanosleep (&pause, NULL);
    }
}

/* Root is exempt from the limit on processes, so they are counted. */
static gboolean
watch (Supervisor *self)
{
  struct pollfd fds[] = { { self->signals, POLLIN, 0 }, { self->lifeline, POLLIN, 0 }, { self->listener, POLLIN, 0 } };
  struct signalfd_siginfo info;
  gboolean count = self->confinement->uid == 0;

  while (!self->ended)
    {
      poll (fds, G_N_ELEMENTS (fds), count ? WATCH_MS : -1);
      if (fds[1].revents != 0)
        return TRUE;
      if ((fds[2].revents & POLLIN) != 0)
        vig_listener_answer (self->listener);
      else if (fds[2].revents != 0)
        fds[2].fd = -1;
      if (fds[0].revents != 0)
        while (read (self->signals, &info, sizeof info) > 0)
          if (info.ssi_signo == SIGTERM)
            return TRUE;
      reap (self);
      if (count && vig_descendants_count () > VIG_SANDBOX_MAX_PROCESSES)
        return FALSE;
    }

  return TRUE;
}

static void
supervise (Supervisor *self)
{
  gboolean fits = watch (self);

  kill_all (self);
  if (!fits)
    report (self->report, VIG_STAGE_CROWDED, 0);
  report (self->report, VIG_STAGE_ENDED, self->status);
}

static VigStage
confine (const VigConfinement *self, gboolean in_group, int channel)
{
  int listener;
  VigStage stage = vig_confinement_apply (self, in_group, &listener);

  if (stage == VIG_STAGE_EXEC && listener >= 0 && !vig_listener_send (channel, listener))
    return VIG_STAGE_SECCOMP;

  return stage;
}

static VigCgroup
arranged_cgroup (const VigConfinement *confinement)
{
  VigCgroup cgroup = confinement->cgroup;
  guint i;

  for (i = 0; i < VIG_CGROUP_MAX; i++)
    cgroup.join[i] = cgroup.join[i] >= 0 ? CGROUPS + (int) i : -1;

  return cgroup;
}

static void
run_command (const VigConfinement *confinement, gboolean in_group)
{
  VigConfinement self = *confinement;
  VigStage stage;
  guint i;

  self.cgroup = arranged_cgroup (confinement);
  for (i = 0; i < self.n_places; i++)
    self.places[i].tree = PLACES + (int) i;
  self.ruleset = RULESET;
  self.directory = DIRECTORY;
  close (LIFELINE);
  stage = confine (&self, in_group, THEIRS);
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
vig_supervise (const VigConfinement *confinement, const int *descriptors)
{
  Supervisor self = { .confinement = confinement, .report = REPORT, .lifeline = LIFELINE, .listener = -1, .signals = SIGNALS };
  VigCgroup cgroup = arranged_cgroup (confinement);
  gboolean in_group;
  int given[N_GIVEN];
  int ours[3];
  guint i;

  setsid ();
  for (i = 0; i < N_GIVEN; i++)
    given[i] = i < CGROUPS ? descriptors[i] : i < PLACES ? confinement->cgroup.join[i - CGROUPS]
               : i - PLACES < confinement->n_places ? confinement->places[i - PLACES].tree : -1;
  if (!arrange (given, N_GIVEN, 0) || !prepare (ours, FALSE) || !arrange (ours, 3, OURS) || syscall (SYS_close_range, FIRST_UNUSED, ~0u, 0) != 0)
    _exit (126);

  self.child = vig_cgroup_fork (&cgroup, &in_group);
  if (self.child == 0)
    run_command (confinement, in_group);
  if (self.child < 0)
    {
      report (REPORT, VIG_STAGE_START, errno);
      _exit (126);
    }

  syscall (SYS_close_range, 0, 2, 0);
  syscall (SYS_close_range, RULESET, OURS - 1, 0);
  close (THEIRS);
  if (confinement->ask_signals)
    self.listener = vig_listener_receive (OURS);
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
vig_supervise_around (const VigConfinement *confinement)
{
  Supervisor self = { .confinement = confinement, .report = -1, .lifeline = -1, .listener = -1, .signals = 1 };
  gboolean in_group;
  int ours[3];

  setsid ();
  if (!prepare (ours, TRUE))
    _exit (126);
  self.child = vig_cgroup_fork (&confinement->cgroup, &in_group);
  if (self.child == 0)
    {
      if (confine (confinement, in_group, ours[1]) != VIG_STAGE_EXEC)
        _exit (126);
      return;
    }

  prctl (PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  ours[1] = ours[2];
  if (self.child < 0 || !arrange (ours, 2, 0) || syscall (SYS_close_range, 2, ~0u, 0) != 0)
    _exit (126);
  if (confinement->ask_signals)
    self.listener = vig_listener_receive (0);
  supervise (&self);
  end_like (self.status);
}
