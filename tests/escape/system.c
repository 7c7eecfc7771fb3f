/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRY(name, expression) \
  static int name (const AttackPlace *place) { return attack_result (expression); }

/* Namespaces and mounts. */
TRY (unshare_user, unshare (CLONE_NEWUSER))
TRY (unshare_mount, unshare (CLONE_NEWNS))
TRY (unshare_pid, unshare (CLONE_NEWPID))
TRY (unshare_net, unshare (CLONE_NEWNET))
TRY (unshare_ipc, unshare (CLONE_NEWIPC))
TRY (unshare_uts, unshare (CLONE_NEWUTS))
TRY (unshare_cgroup, unshare (CLONE_NEWCGROUP))
TRY (unshare_time, unshare (CLONE_NEWTIME))
TRY (join_namespace, setns (open ("/proc/self/ns/mnt", O_RDONLY), 0))
TRY (join_namespace_pidfd, setns ((int) syscall (SYS_pidfd_open, place->victim, 0), CLONE_NEWNS))
TRY (mount_tmpfs, mount ("none", ".", "tmpfs", 0, NULL))
TRY (mount_bind, mount ("/", ".", NULL, MS_BIND, NULL))
TRY (mount_remount, mount (NULL, "/", NULL, MS_REMOUNT, NULL))
TRY (mount_old_umount, umount2 ("/proc", MNT_DETACH))
TRY (mount_tree, syscall (SYS_open_tree, AT_FDCWD, "/", 1))
TRY (mount_tree_attributes, syscall (467, AT_FDCWD, "/", 1, NULL, 0))
TRY (mount_fsopen, syscall (SYS_fsopen, "tmpfs", 0))
TRY (mount_fspick, syscall (SYS_fspick, AT_FDCWD, "/", 0))
TRY (mount_attributes, syscall (SYS_mount_setattr, AT_FDCWD, "/", 0, NULL, 0))
TRY (mount_move, syscall (SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, ".", 0))
TRY (root_pivot, syscall (SYS_pivot_root, ".", "."))
TRY (root_change, chroot ("."))

static int
clone_with (unsigned long flags)
{
  long pid = syscall (SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

  if (pid == 0)
    _exit (0);
  if (pid > 0)
    waitpid ((pid_t) pid, NULL, 0);

  return attack_result (pid);
}

static int
clone_user (const AttackPlace *place)
{
  return clone_with (CLONE_NEWUSER);
}

static int
clone_pid (const AttackPlace *place)
{
  return clone_with (CLONE_NEWPID | CLONE_NEWUSER);
}

static int
clone3_user (const AttackPlace *place)
{
  uint64_t arguments[11] = { CLONE_NEWUSER, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, 0 };
  long pid = syscall (SYS_clone3, arguments, sizeof arguments);

  if (pid == 0)
    _exit (0);

  return attack_result (pid);
}

/* The machine. */
static struct timeval now_us = { 1000, 0 };
static struct timespec now_ns = { 1000, 0 };
static struct timex clock_change = { .modes = ADJ_TICK, .tick = 10000 };

TRY (host_name, sethostname ("taken", 5))
TRY (domain_name, setdomainname ("taken", 5))
TRY (set_time, settimeofday (&now_us, NULL))
TRY (set_clock, clock_settime (CLOCK_REALTIME, &now_ns))
TRY (adjust_clock, adjtimex (&clock_change))
TRY (swap_on, swapon ("/nowhere", 0))
TRY (swap_off, swapoff ("/nowhere"))
TRY (load_module, syscall (SYS_init_module, "", 0, ""))
TRY (load_module_file, syscall (SYS_finit_module, 0, "", 0))
TRY (delete_module_of, syscall (SYS_delete_module, "nothing", O_NONBLOCK))
TRY (load_kernel, syscall (SYS_kexec_load, 0, 0, NULL, 0))
TRY (load_kernel_file, syscall (SYS_kexec_file_load, -1, -1, 0, "", 0))
TRY (boot_again, syscall (SYS_reboot, 0, 0, 0, NULL))
TRY (account, acct (NULL))
TRY (quota, syscall (SYS_quotactl, 0, NULL, 0, NULL))
TRY (kernel_log, klogctl (10, NULL, 0))
TRY (hang_up, vhangup ())
TRY (ports_all, syscall (SYS_iopl, 3))
TRY (ports_some, syscall (SYS_ioperm, 0x80, 1, 1))
TRY (descriptor_table, syscall (SYS_modify_ldt, 0, NULL, 0))
TRY (system_log_old, syscall (SYS_lookup_dcookie, 0, NULL, 0))
TRY (persona, personality (ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC))

/* Parts of the kernel that see more than system calls do. */
TRY (uring, syscall (SYS_io_uring_setup, 8, (char[256]) { 0 }))
TRY (uring_enter, syscall (SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0))
TRY (uring_register, syscall (SYS_io_uring_register, -1, 0, NULL, 0))
TRY (user_faults, syscall (SYS_userfaultfd, 1))
TRY (ebpf, syscall (SYS_bpf, BPF_MAP_CREATE, &(union bpf_attr) { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 }, sizeof (union bpf_attr)))
TRY (key_session, syscall (SYS_keyctl, 1, NULL))
TRY (key_add, syscall (SYS_add_key, "user", "taken", "x", 1, -3))
TRY (key_request, syscall (SYS_request_key, "user", "taken", NULL, -3))
TRY (perf, syscall (SYS_perf_event_open, &(struct perf_event_attr) { .type = PERF_TYPE_SOFTWARE, .size = sizeof (struct perf_event_attr) }, 0, -1, -1, 0))
TRY (fan_notify, fanotify_init (FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY))
TRY (splice_memory, vmsplice (1, &(struct iovec) { (char *) "", 1 }, 1, 0))
TRY (type_input, ioctl (0, TIOCSTI, "x"))
TRY (type_console, ioctl (0, TIOCLINUX, "\3"))
TRY (terminal_new, open ("/dev/ptmx", O_RDWR))
TRY (terminal_own, open ("/dev/tty", O_RDWR))

/* What any process can open by a number or a name. */
TRY (shared_memory, shmget (0x56494701, 4096, IPC_CREAT | 0666))
TRY (semaphores, semget (0x56494701, 1, IPC_CREAT | 0666))
TRY (message_queue, msgget (0x56494701, IPC_CREAT | 0666))
TRY (posix_queue, mq_open ("/vigilus-escape", O_CREAT | O_RDWR, 0666, NULL))

/* Privileges and limits. */
static int
become_root (const AttackPlace *place)
{
  if (geteuid () == 0)
    return attack_result (setresuid (12345, 12345, 12345));

  return attack_result (setuid (0));
}

TRY (root_group, setgroups (1, (gid_t[]) { 0 }))
TRY (more_files, setrlimit (RLIMIT_NOFILE, &(struct rlimit) { 1 << 20, 1 << 20 }))
TRY (more_processes, setrlimit (RLIMIT_NPROC, &(struct rlimit) { RLIM_INFINITY, RLIM_INFINITY }))
TRY (more_core, setrlimit (RLIMIT_CORE, &(struct rlimit) { 1 << 20, 1 << 20 }))
TRY (more_priority, setpriority (PRIO_PROCESS, 0, -10))
TRY (real_time, sched_setscheduler (0, SCHED_FIFO, &(struct sched_param) { .sched_priority = 1 }))
TRY (io_real_time, syscall (SYS_ioprio_set, 1, 0, 1 << 13))
TRY (new_privileges, prctl (PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0))
TRY (ambient_capability, prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0))

static int
raise_capabilities (const AttackPlace *place)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct all[2] = { { ~0u, ~0u, ~0u }, { ~0u, ~0u, ~0u } };

  return attack_result (syscall (SYS_capset, &header, all));
}

/* A program that root left to run as root. */
static int
setuid_program (const AttackPlace *place)
{
  const char *program = attack_path (place, "%s/shown/raised");
  char answer[16] = "";
  int ends[2];
  pid_t pid;

  if (pipe (ends) != 0)
    return errno;
  pid = fork ();
  if (pid == 0)
    {
      dup2 (ends[1], 1);
      execl (program, "raised", "whoami", NULL);
      _exit (1);
    }
  close (ends[1]);
  if (pid < 0 || read (ends[0], answer, sizeof answer - 1) < 0)
    return errno;
  waitpid (pid, NULL, 0);

  return strncmp (answer, "raised", 6) == 0 ? 0 : EPERM;
}

/* One more ruleset, which allows everything. */
static int
widen (const AttackPlace *place)
{
  uint64_t handled = 1 << 2;
  struct __attribute__ ((packed)) { uint64_t allowed; int32_t parent; } rule = { 1 << 2, open ("/", O_PATH) };
  int ruleset = (int) syscall (SYS_landlock_create_ruleset, &handled, sizeof handled, 0);

  if (ruleset < 0 || syscall (SYS_landlock_add_rule, ruleset, 1, &rule, 0) != 0 || syscall (SYS_landlock_restrict_self, ruleset, 0) != 0)
    return errno;

  return attack_read (attack_path (place, "%s/secret"));
}

/* Calls under another architecture's numbers, past the filter. */
#if defined (__x86_64__)
static int
in_child (int (*call) (void))
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    _exit (call ());
  waitpid (pid, &status, 0);

  return WIFEXITED (status) && WEXITSTATUS (status) == 0 ? 0 : EPERM;
}

static int
call_as_i386 (void)
{
  long result;

  __asm__ volatile ("int $0x80" : "=a" (result) : "a" (310 /* unshare */), "b" (CLONE_NEWUSER) : "memory", "r8", "r9", "r10", "r11");

  return result == 0 ? 0 : 1;
}

static int
call_as_x32 (void)
{
  return syscall (0x40000000 | SYS_unshare, CLONE_NEWUSER) == 0 ? 0 : 1;
}

static int
other_numbers (const AttackPlace *place)
{
  return in_child (call_as_i386);
}

static int
x32_numbers (const AttackPlace *place)
{
  return in_child (call_as_x32);
}
#else
TRY (other_numbers, (errno = ENOSYS, -1))
TRY (x32_numbers, (errno = ENOSYS, -1))
#endif

/* Bombs: out once more is had than the limit. */
static int
fork_bomb (const AttackPlace *place)
{
  int n;
  pid_t pid = 1;

  for (n = 0; n < 600 && pid > 0; n++)
    {
      pid = fork ();
      if (pid == 0)
        {
          pause ();
          _exit (0);
        }
    }

  return n == 600 ? 0 : errno;
}

TRY (memory_bomb, mmap (NULL, (size_t) 5 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED ? -1 : 0)
TRY (locked_memory, mlock (mmap (NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1 << 20))

const Attack attacks_on_system[] = {
#define ROW(id) { #id, id }
  ROW (unshare_user), ROW (unshare_mount), ROW (unshare_pid), ROW (unshare_net), ROW (unshare_ipc), ROW (unshare_uts), ROW (unshare_cgroup),
  ROW (unshare_time), ROW (join_namespace), ROW (join_namespace_pidfd), ROW (mount_tmpfs), ROW (mount_bind), ROW (mount_remount),
  ROW (mount_old_umount), ROW (mount_tree), ROW (mount_tree_attributes), ROW (mount_fsopen), ROW (mount_fspick), ROW (mount_attributes), ROW (mount_move), ROW (root_pivot),
  ROW (root_change), ROW (clone_user), ROW (clone_pid), ROW (clone3_user), ROW (host_name), ROW (domain_name), ROW (set_time), ROW (set_clock),
  ROW (adjust_clock), ROW (swap_on), ROW (swap_off), ROW (load_module), ROW (load_module_file), ROW (delete_module_of), ROW (load_kernel),
  ROW (load_kernel_file), ROW (boot_again), ROW (account), ROW (quota), ROW (kernel_log), ROW (hang_up), ROW (ports_all), ROW (ports_some),
  ROW (descriptor_table), ROW (system_log_old), ROW (persona), ROW (uring), ROW (uring_enter), ROW (uring_register), ROW (user_faults),
  ROW (ebpf), ROW (key_session), ROW (key_add), ROW (key_request), ROW (perf), ROW (fan_notify), ROW (splice_memory), ROW (type_input),
  ROW (type_console), ROW (terminal_new), ROW (terminal_own), ROW (shared_memory), ROW (semaphores), ROW (message_queue), ROW (posix_queue),
  ROW (become_root), ROW (root_group), ROW (more_files), ROW (more_processes), ROW (more_core), ROW (more_priority), ROW (real_time),
  ROW (io_real_time), ROW (new_privileges), ROW (ambient_capability), ROW (raise_capabilities), ROW (setuid_program), ROW (widen),
  ROW (other_numbers), ROW (x32_numbers), ROW (fork_bomb), ROW (memory_bomb), ROW (locked_memory),
  { NULL, NULL },
};
