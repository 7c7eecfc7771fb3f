/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The supervisor is the reaper of all that the command starts: whoever leaves its session or loses its parent becomes a child
 * of the supervisor, and so nothing escapes the search below. It runs between fork and exit, with system calls only. */
enum
{
  REPORT = 3,
  LIFELINE,  /* closed by the daemon, or by its death: kill everything */
  RULESET,
  DIRECTORY,
  FIRST_UNUSED,
};

#define MAX_SEEN 8192
#define WATCH_MS 200
#define KILL_ROUNDS 2000

typedef struct
{
  pid_t    pid;
  pid_t    parent;
  gboolean ours;
} Process;

struct linux_dirent
{
  guint64 ino;
  gint64  offset;
  guint16 length;
  guint8  type;
  char    name[];
};

static Process seen[MAX_SEEN];

static void
report (int stage, int code)
{
  VigStageReport message = { stage, code };

  while (write (REPORT, &message, sizeof message) < 0 && errno == EINTR)
    ;
}

static pid_t
parse_pid (const char *text)
{
  pid_t pid = 0;

  while (*text >= '0' && *text <= '9')
    pid = pid * 10 + (*text++ - '0');

  return *text == '\0' || *text == ' ' ? pid : 0;
}

/* "pid (name) state ppid ...": the name may hold anything, so it is skipped from its last parenthesis. */
static pid_t
read_parent (int proc, const char *name)
{
  char path[32] = "";
  gsize length = strlen (name);
  char text[512];
  const char *end;
  gssize n;
  int fd;

  if (length > 16)
    return 0;
  memcpy (path, name, length);
  memcpy (path + length, "/stat", 5);
  fd = openat (proc, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;

  n = read (fd, text, sizeof text - 1);
  close (fd);
  if (n <= 0)
    return 0;

  text[n] = '\0';
  end = strrchr (text, ')');

  return end != NULL && strlen (end) > 4 ? parse_pid (end + 4) : 0;
}

static guint
list_processes (void)
{
  static char buffer[32768];
  struct linux_dirent *entry;
  guint count = 0;
  long length;
  long at;
  int proc = open ("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  while (proc >= 0 && (length = syscall (SYS_getdents64, proc, buffer, sizeof buffer)) > 0)
    for (at = 0; at < length; at += entry->length)
      {
        entry = (struct linux_dirent *) (gpointer) (buffer + at);
        if (parse_pid (entry->name) <= 0 || count == MAX_SEEN)
          continue;
        seen[count].pid = parse_pid (entry->name);
        seen[count].parent = read_parent (proc, entry->name);
        seen[count++].ours = FALSE;
      }
  if (proc >= 0)
    close (proc);

  return count;
}

static gboolean
is_ours (pid_t pid, guint count)
{
  guint i;

  if (pid == getpid ())
    return TRUE;
  for (i = 0; i < count; i++)
    if (seen[i].pid == pid)
      return seen[i].ours;

  return FALSE;
}

/* Marks all descendants; the number of them. */
static guint
mark_descendants (guint count)
{
  guint ours = 0;
  guint before;
  guint i;

  do
    {
      before = ours;
      for (i = 0; i < count; i++)
        if (!seen[i].ours && is_ours (seen[i].parent, count))
          {
            seen[i].ours = TRUE;
            ours++;
          }
    }
  while (ours != before);

  return ours;
}

static void
reap (pid_t child, int *status, gboolean *ended)
{
  pid_t pid;
  int this_status;

  while ((pid = waitpid (-1, &this_status, WNOHANG)) > 0)
    if (pid == child)
      {
        *status = this_status;
        *ended = TRUE;
      }
}

static void
kill_all (pid_t child, int *status, gboolean *ended)
{
  struct timespec pause = { 0, 1000000 };
  guint round;
  guint count;
  guint i;

  if (!*ended)
    kill (-child, SIGKILL);
  for (round = 0; round < KILL_ROUNDS; round++)
    {
      reap (child, status, ended);
      count = list_processes ();
      if (mark_descendants (count) == 0 && *ended)
        return;
      for (i = 0; i < count; i++)
        if (seen[i].ours)
          kill (seen[i].pid, SIGKILL);
      nanosleep (&pause, NULL);
    }
}

static void
run_command (const VigConfinement *confinement)
{
  VigConfinement self = *confinement;
  VigStage stage;

  self.ruleset = RULESET;
  self.directory = DIRECTORY;
  close (LIFELINE);
  stage = vig_confinement_apply (&self);
  if (stage == VIG_STAGE_EXEC)
    execve (self.program, self.argv, self.environment);
  report ((int) stage, errno);
  _exit (127);
}

/* stdin, stdout, stderr, and those of the enumeration, in that order; all others are closed. */
static gboolean
arrange (const int *descriptors)
{
  int moved[FIRST_UNUSED];
  int i;

  for (i = 0; i < FIRST_UNUSED; i++)
    {
      moved[i] = fcntl (descriptors[i], F_DUPFD, 64);
      if (moved[i] < 0)
        return FALSE;
    }
  for (i = 0; i < FIRST_UNUSED; i++)
    if (dup2 (moved[i], i) < 0)
      return FALSE;

  return syscall (SYS_close_range, FIRST_UNUSED, ~0u, 0) == 0;
}

/* Root is exempt from the limit on processes, so they are counted. */
static gboolean
watch (const VigConfinement *confinement, int signals, pid_t child, int *status, gboolean *ended)
{
  struct pollfd fds[] = { { signals, POLLIN, 0 }, { LIFELINE, POLLIN, 0 } };
  struct signalfd_siginfo info;
  gboolean count = confinement->uid == 0;

  while (!*ended)
    {
      poll (fds, 2, count ? WATCH_MS : -1);
      if (fds[1].revents != 0)
        return TRUE;
      if (fds[0].revents != 0)
        while (read (signals, &info, sizeof info) > 0)
          ;
      reap (child, status, ended);
      if (count && mark_descendants (list_processes ()) > VIG_SANDBOX_MAX_PROCESSES)
        return FALSE;
    }

  return TRUE;
}

void
vig_supervise (const VigConfinement *confinement, const int *descriptors)
{
  gboolean ended = FALSE;
  gboolean fits;
  sigset_t all;
  int status = 0;
  int signals;
  pid_t child;

  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, NULL);
  setsid ();
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (!arrange (descriptors))
    _exit (126);

  sigemptyset (&all);
  sigaddset (&all, SIGCHLD);
  signals = signalfd (-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  child = fork ();
  if (child == 0)
    run_command (confinement);
  if (child < 0 || signals < 0)
    {
      report (VIG_STAGE_START, errno);
      _exit (126);
    }

  syscall (SYS_close_range, 0, 2, 0);
  syscall (SYS_close_range, RULESET, DIRECTORY, 0);
  fits = watch (confinement, signals, child, &status, &ended);
  kill_all (child, &status, &ended);
  if (!fits)
    report (VIG_STAGE_CROWDED, 0);
  report (VIG_STAGE_ENDED, status);
  _exit (0);
}
