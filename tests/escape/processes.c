/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Reaching into processes outside: the victim runs as the same user, the sibling is another confined command. */
#define TRY(name, expression) \
  static int name (const AttackPlace *place) { return attack_result (expression); }

static const char *
of (pid_t pid, const char *what)
{
  static char path[128];

  snprintf (path, sizeof path, "/proc/%d/%s", (int) pid, what);

  return path;
}

#define READ_PROC(name, who, what) \
  static int name (const AttackPlace *place) { return attack_read (of (who, what)); }
#define READLINK_PROC(name, who, what) \
  static int name (const AttackPlace *place) { char target[256]; return attack_result (readlink (of (who, what), target, sizeof target)); }

READ_PROC (proc_environ, place->victim, "environ")
READ_PROC (proc_auxv, place->victim, "auxv")
READ_PROC (proc_daemon_environ, place->daemon, "environ")
READ_PROC (proc_parent_environ, getppid (), "environ")
READ_PROC (proc_init_environ, 1, "environ")
READ_PROC (proc_sibling_environ, place->sibling, "environ")
READ_PROC (proc_maps, place->victim, "maps")
READ_PROC (proc_fd_0, place->victim, "fd/0")
READ_PROC (proc_syscall, place->victim, "syscall")
READ_PROC (proc_stack, place->victim, "stack")
READ_PROC (proc_io, place->victim, "io")
READLINK_PROC (proc_root, place->victim, "root")
READLINK_PROC (proc_cwd, place->victim, "cwd")
READLINK_PROC (proc_exe, place->victim, "exe")
READLINK_PROC (proc_ns, place->victim, "ns/mnt")

static int
proc_root_file (const AttackPlace *place)
{
  return attack_read (of (place->victim, "root/etc/passwd"));
}

static int
proc_memory (const AttackPlace *place)
{
  return attack_result (open (of (place->victim, "mem"), O_RDWR));
}

static int
proc_oom (const AttackPlace *place)
{
  return attack_result (open (of (place->victim, "oom_score_adj"), O_WRONLY));
}

static int
proc_comm (const AttackPlace *place)
{
  return attack_result (open (of (place->victim, "comm"), O_WRONLY));
}

static char local_byte;
static struct iovec local = { &local_byte, 1 };
static struct iovec foreign = { &local_byte, 1 };

TRY (ptrace_attach, ptrace (PTRACE_ATTACH, place->victim, NULL, NULL))
TRY (ptrace_seize, ptrace (PTRACE_SEIZE, place->victim, NULL, NULL))
TRY (ptrace_sibling, ptrace (PTRACE_SEIZE, place->sibling, NULL, NULL))
TRY (ptrace_parent, ptrace (PTRACE_SEIZE, getppid (), NULL, NULL))
TRY (vm_read, process_vm_readv (place->victim, &local, 1, &foreign, 1, 0))
TRY (vm_write, process_vm_writev (place->victim, &local, 1, &foreign, 1, 0))
TRY (compare, syscall (SYS_kcmp, place->victim, getpid (), KCMP_FILE, 0, 0))
TRY (move_memory, syscall (SYS_migrate_pages, place->victim, 0, NULL, NULL))
TRY (move_pages_of, syscall (SYS_move_pages, place->victim, 0, NULL, NULL, NULL, 0))

static int
robust_list (const AttackPlace *place)
{
  void *head;
  size_t length;

  return attack_result (syscall (SYS_get_robust_list, place->victim, &head, &length));
}

static int
take_descriptor (const AttackPlace *place)
{
  int fd = (int) syscall (SYS_pidfd_open, place->victim, 0);

  return fd < 0 ? errno : attack_result (syscall (SYS_pidfd_getfd, fd, 0, 0));
}

static int
pidfd_signal (const AttackPlace *place)
{
  int fd = (int) syscall (SYS_pidfd_open, place->victim, 0);

  return fd < 0 ? errno : attack_result (syscall (SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));
}

static int
advise (const AttackPlace *place)
{
  int fd = (int) syscall (SYS_pidfd_open, place->victim, 0);

  return fd < 0 ? errno : attack_result (syscall (SYS_process_madvise, fd, &foreign, 1, MADV_COLD, 0));
}

static int
release_memory (const AttackPlace *place)
{
  int fd = (int) syscall (SYS_pidfd_open, place->victim, 0);

  return fd < 0 ? errno : attack_result (syscall (SYS_process_mrelease, fd, 0));
}

TRY (kill_victim, kill (place->victim, SIGKILL))
TRY (stop_victim, kill (place->victim, SIGSTOP))
TRY (kill_group, kill (-place->victim, SIGKILL))
TRY (kill_sibling, kill (place->sibling, SIGKILL))
TRY (kill_daemon, kill (place->daemon, SIGTERM))
TRY (kill_supervisor, kill (getppid (), SIGKILL))
TRY (tkill_victim, syscall (SYS_tkill, place->victim, SIGKILL))
TRY (tgkill_victim, syscall (SYS_tgkill, place->victim, place->victim, SIGKILL))

static int
kill_all (const AttackPlace *place)
{
  signal (SIGTERM, SIG_IGN);

  return attack_result (kill (-1, SIGTERM));
}

static int
queue_signal (const AttackPlace *place)
{
  siginfo_t info = { .si_signo = SIGKILL, .si_code = SI_QUEUE };

  return attack_result (syscall (SYS_rt_sigqueueinfo, place->victim, SIGKILL, &info));
}

static int
queue_signal_to_thread (const AttackPlace *place)
{
  siginfo_t info = { .si_signo = SIGKILL, .si_code = SI_QUEUE };

  return attack_result (syscall (SYS_rt_tgsigqueueinfo, place->victim, place->victim, SIGKILL, &info));
}

/* A pipe that sends its owner a signal of our choice. */
static int
signal_by_pipe (const AttackPlace *place)
{
  int ends[2];

  if (pipe (ends) != 0 || fcntl (ends[0], F_SETSIG, SIGKILL) != 0 || fcntl (ends[0], F_SETFL, O_ASYNC) != 0 || fcntl (ends[0], F_SETOWN, place->victim) != 0)
    return errno;

  return attack_result (write (ends[1], "x", 1));
}

static int
signal_by_pipe_owner (const AttackPlace *place)
{
  struct f_owner_ex owner = { F_OWNER_PID, place->victim };
  int ends[2];

  if (pipe (ends) != 0 || fcntl (ends[0], F_SETSIG, SIGKILL) != 0 || fcntl (ends[0], F_SETFL, O_ASYNC) != 0 || fcntl (ends[0], F_SETOWN_EX, &owner) != 0)
    return errno;

  return attack_result (write (ends[1], "x", 1));
}

static int
signal_by_ioctl (const AttackPlace *place)
{
  int ends[2];
  int owner = place->victim;

  if (pipe (ends) != 0 || fcntl (ends[0], F_SETSIG, SIGKILL) != 0 || fcntl (ends[0], F_SETFL, O_ASYNC) != 0 || ioctl (ends[0], 0x8901, &owner) != 0)
    return errno;

  return attack_result (write (ends[1], "x", 1));
}

static const struct sched_param normal = { 0 };
static cpu_set_t one_cpu = { { 1 } };
static struct rlimit small = { 16, 16 };
static struct { unsigned size, policy; unsigned long long flags; int nice; unsigned priority; unsigned long long rest[3]; } attributes = { 48, SCHED_IDLE, 0, 0, 0, { 0, 0, 0 } };

TRY (priority_victim, setpriority (PRIO_PROCESS, (id_t) place->victim, 19))
TRY (priority_group, setpriority (PRIO_PGRP, (id_t) place->victim, 19))
TRY (priority_user, setpriority (PRIO_USER, 0, 19))
TRY (priority_sibling, setpriority (PRIO_PROCESS, (id_t) place->sibling, 19))
TRY (scheduler_victim, sched_setscheduler (place->victim, SCHED_IDLE, &normal))
TRY (parameter_victim, sched_setparam (place->victim, &normal))
TRY (attribute_victim, syscall (SYS_sched_setattr, place->victim, &attributes, 0))
TRY (affinity_victim, sched_setaffinity (place->victim, sizeof one_cpu, &one_cpu))
TRY (ioprio_victim, syscall (SYS_ioprio_set, 1, place->victim, 3 << 13))
TRY (ioprio_group, syscall (SYS_ioprio_set, 2, place->victim, 3 << 13))
TRY (ioprio_user, syscall (SYS_ioprio_set, 3, getuid (), 3 << 13))
TRY (limit_victim, prlimit (place->victim, RLIMIT_NOFILE, &small, NULL))
TRY (limits_of_victim, prlimit (place->victim, RLIMIT_NOFILE, NULL, &small))

const Attack attacks_on_processes[] = {
#define ROW(id) { #id, id }
  ROW (proc_environ), ROW (proc_auxv), ROW (proc_daemon_environ), ROW (proc_parent_environ), ROW (proc_init_environ), ROW (proc_sibling_environ),
  ROW (proc_maps), ROW (proc_fd_0), ROW (proc_syscall), ROW (proc_stack), ROW (proc_io), ROW (proc_root), ROW (proc_cwd), ROW (proc_exe),
  ROW (proc_ns), ROW (proc_root_file), ROW (proc_memory), ROW (proc_oom), ROW (proc_comm), ROW (ptrace_attach), ROW (ptrace_seize),
  ROW (ptrace_sibling), ROW (ptrace_parent), ROW (vm_read), ROW (vm_write), ROW (compare), ROW (move_memory), ROW (move_pages_of),
  ROW (robust_list), ROW (take_descriptor), ROW (pidfd_signal), ROW (advise), ROW (release_memory), ROW (kill_victim), ROW (stop_victim),
  ROW (kill_group), ROW (kill_sibling), ROW (kill_daemon), ROW (kill_supervisor), ROW (tkill_victim), ROW (tgkill_victim), ROW (kill_all),
  ROW (queue_signal), ROW (queue_signal_to_thread), ROW (signal_by_pipe), ROW (signal_by_pipe_owner), ROW (signal_by_ioctl),
  ROW (priority_victim), ROW (priority_group), ROW (priority_user), ROW (priority_sibling), ROW (scheduler_victim), ROW (parameter_victim),
  ROW (attribute_victim), ROW (affinity_victim), ROW (ioprio_victim), ROW (ioprio_group), ROW (ioprio_user), ROW (limit_victim),
  ROW (limits_of_victim),
  { NULL, NULL },
};
