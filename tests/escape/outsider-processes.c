/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "attack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Attempts on processes, the kernel and sockets, written by somebody who had not read the confinement. */
#define TRY(name, expression) \
  static int name (const AttackPlace *place) { return attack_result (expression); }
#define SOCKET(name, family, type, protocol) TRY (name, socket (family, type, protocol))

static const char *
of (pid_t pid, const char *what)
{
  static char path[128];

  snprintf (path, sizeof path, "/proc/%d/%s", (int) pid, what);

  return path;
}

/* Some folders of /proc name themselves before they refuse. */
static int
list (const char *path)
{
  DIR *folder = opendir (path);
  struct dirent *entry;

  if (folder == NULL)
    return errno;
  errno = 0;
  while ((entry = readdir (folder)) != NULL && entry->d_name[0] == '.')
    ;

  return entry != NULL ? 0 : errno != 0 ? errno : ENODATA;
}

static int
write_to (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY);

  return fd < 0 ? errno : attack_result (write (fd, text, strlen (text)));
}

static int
of_thread (const AttackPlace *place, const char *what, int flags)
{
  char path[128];

  snprintf (path, sizeof path, "/proc/%d/task/%d/%s", place->victim, place->victim, what);

  return flags == O_RDONLY ? attack_read (path) : attack_result (open (path, flags));
}

#define RUN(name, expression) \
  static int name (const AttackPlace *place) { return expression; }

TRY (proc_daemon_fd_list, readlink (of (place->daemon, "fd/1"), (char[256]) { 0 }, 256))
RUN (proc_fd_info_list, list (of (place->victim, "fdinfo")))
RUN (proc_map_files, list (of (place->victim, "map_files")))
RUN (proc_daemon_maps, attack_read (of (place->daemon, "maps")))
RUN (proc_daemon_memory, attack_result (open (of (place->daemon, "mem"), O_RDWR)))
RUN (proc_parent_memory, attack_result (open (of (getppid (), "mem"), O_RDWR)))
RUN (proc_sibling_memory, attack_result (open (of (place->sibling, "mem"), O_RDWR)))
RUN (proc_daemon_root, attack_read (of (place->daemon, "root/etc/passwd")))
RUN (proc_daemon_cwd, list (of (place->daemon, "cwd")))
RUN (proc_smaps, attack_read (of (place->victim, "smaps")))
RUN (proc_page_map, attack_result (open (of (place->victim, "pagemap"), O_RDONLY)))
RUN (proc_thread_environ, of_thread (place, "environ", O_RDONLY))
RUN (proc_thread_memory, of_thread (place, "mem", O_RDWR))
RUN (proc_clear_refs, write_to (of (place->victim, "clear_refs"), "1"))
RUN (proc_dump_filter, write_to (of (place->victim, "coredump_filter"), "0"))
RUN (proc_timer_slack, write_to (of (place->victim, "timerslack_ns"), "60000"))
RUN (proc_net, attack_read (of (place->daemon, "net/tcp")))

static char local_byte;
static struct iovec local = { &local_byte, 1 };

TRY (ptrace_daemon, ptrace (PTRACE_SEIZE, place->daemon, NULL, NULL))
TRY (vm_write_sibling, process_vm_writev (place->sibling, &local, 1, &local, 1, 0))
TRY (vm_read_daemon, process_vm_readv (place->daemon, &local, 1, &local, 1, 0))
TRY (compare_sibling, syscall (SYS_kcmp, place->sibling, getpid (), KCMP_VM, 0, 0))
TRY (take_descriptor_sibling, syscall (SYS_pidfd_getfd, syscall (SYS_pidfd_open, place->sibling, 0), 0, 0))
TRY (take_descriptor_daemon, syscall (SYS_pidfd_getfd, syscall (SYS_pidfd_open, place->daemon, 0), 1, 0))
TRY (probe_victim, kill (place->victim, 0))
TRY (kill_sibling_group, kill (-place->sibling, SIGKILL))
TRY (pidfd_signal_by_proc, syscall (SYS_pidfd_send_signal, open (of (place->victim, "."), O_RDONLY | O_DIRECTORY), SIGKILL, NULL, 0))
TRY (pidfd_signal_group, syscall (SYS_pidfd_send_signal, syscall (SYS_pidfd_open, place->victim, 0), SIGKILL, NULL, 4))
TRY (deadline_self, syscall (SYS_sched_setattr, 0, (&(struct { unsigned size, policy; unsigned long long flags; int nice; unsigned priority; unsigned long long times[3]; })
                                                     { 48, 6, 0, 0, 0, { 1000000, 10000000, 10000000 } }), 0))
TRY (fake_program, prctl (PR_SET_MM, PR_SET_MM_EXE_FILE, open ("/bin/ls", O_RDONLY), 0, 0))
TRY (secure_bits, prctl (PR_SET_SECUREBITS, 1, 0, 0, 0))

/* A child that asks its parent, the supervisor, to trace it. */
static int
ask_to_be_traced (const AttackPlace *place)
{
  return attack_result (ptrace (PTRACE_TRACEME, 0, NULL, NULL));
}

static int
signal_by_socket_owner (const AttackPlace *place)
{
  int owner = place->victim;
  int ends[2];

  if (socketpair (AF_UNIX, SOCK_STREAM, 0, ends) != 0 || fcntl (ends[0], F_SETSIG, SIGKILL) != 0 || fcntl (ends[0], F_SETFL, O_ASYNC) != 0
      || ioctl (ends[0], 0x8902 /* SIOCSPGRP */, &owner) != 0)
    return errno;

  return attack_result (write (ends[1], "x", 1));
}

static int
signal_by_timer (const AttackPlace *place)
{
  struct { union sigval value; int signal, notify, tid; char rest[64]; } event = { .signal = SIGKILL, .notify = SIGEV_SIGNAL | SIGEV_THREAD_ID, .tid = place->victim };
  int id;

  return attack_result (syscall (SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
}

static int
wake_machine (const AttackPlace *place)
{
  int id;

  return attack_result (syscall (SYS_timer_create, CLOCK_REALTIME_ALARM, NULL, &id));
}

/* Namespaces and mounts, in other words. */
TRY (unshare_combined, unshare (CLONE_NEWUSER | CLONE_FS | CLONE_FILES))
TRY (unshare_all, unshare (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID))
TRY (join_network, setns ((int) syscall (SYS_pidfd_open, place->daemon, 0), CLONE_NEWNET))
TRY (join_network_of_init, setns (open ("/proc/1/ns/net", O_RDONLY), CLONE_NEWNET))
TRY (mount_fsmount, syscall (SYS_fsmount, -1, 0, 0))
TRY (mount_fsconfig, syscall (SYS_fsconfig, -1, 6, NULL, NULL, 0))
TRY (mount_tree_anew, syscall (467, AT_FDCWD, "/", 1, NULL, 0))
TRY (mount_proc, syscall (SYS_mount, "proc", ".", "proc", 0UL, NULL))

static int
clone_net (const AttackPlace *place)
{
  long pid = syscall (SYS_clone, CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD, NULL, NULL, NULL, NULL);

  if (pid == 0)
    _exit (0);
  if (pid > 0)
    waitpid ((pid_t) pid, NULL, 0);

  return attack_result (pid);
}

/* One more filter takes nothing away, nor does it become the one that decides. */
static struct sock_filter allow_all[] = { { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW } };
static struct sock_fprog allow_program = { 1, allow_all };

static int
filter_over (const AttackPlace *place)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &allow_program) != 0)
    return errno;

  return attack_result (unshare (CLONE_NEWUSER));
}

/* The youngest listener is asked first: it could let every call pass. */
static int
filter_listener (const AttackPlace *place)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return errno;

  return attack_result (syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &allow_program));
}

/* Objects that have a number or a name. */
static struct shminfo shared;
static struct msginfo queues;

TRY (shared_memory_list, shmctl (0, SHM_INFO, (struct shmid_ds *) &shared))
TRY (message_queue_list, msgctl (0, MSG_INFO, (struct msqid_ds *) &queues))
TRY (semaphore_list, semctl (0, 0, SEM_INFO, &queues))
TRY (shared_memory_attach, (long) shmat (0, NULL, SHM_RDONLY))
TRY (posix_queue_remove, syscall (SYS_mq_unlink, "vigilus-escape"))
TRY (key_read, syscall (SYS_keyctl, 11, -4, &local_byte, 1))
TRY (perf_victim, syscall (SYS_perf_event_open, (unsigned[32]) { 1, 128 }, place->victim, -1, -1, 0))
TRY (map_old, syscall (SYS_uselib, attack_path (place, "%s/tool")))

/* Limits and bombs. */
TRY (more_file_size, setrlimit (RLIMIT_FSIZE, &(struct rlimit) { RLIM_INFINITY, RLIM_INFINITY }))
TRY (more_by_prlimit, syscall (SYS_prlimit64, getpid (), RLIMIT_FSIZE, (&(struct rlimit) { RLIM_INFINITY, RLIM_INFINITY }), NULL))

static int
memory_file (const AttackPlace *place)
{
  int fd = memfd_create ("big", 0);

  signal (SIGXFSZ, SIG_IGN);

  return fd < 0 ? errno : attack_result (ftruncate (fd, (off_t) 5 << 30));
}

static int
fill_disk_allocated (const AttackPlace *place)
{
  int fd = open ("big-allocated", O_CREAT | O_RDWR, 0666);
  int code;

  signal (SIGXFSZ, SIG_IGN);
  if (fd < 0)
    return errno;
  code = attack_result (fallocate (fd, 0, 0, (off_t) 2 << 30));
  unlink ("big-allocated");

  return code;
}

static void *
wait_long (void *data)
{
  pause ();

  return NULL;
}

/* They have to last until somebody counts. */
static int
thread_bomb (const AttackPlace *place)
{
  pthread_attr_t attributes;
  pthread_t id;
  int code = 0;
  int n;

  pthread_attr_init (&attributes);
  pthread_attr_setstacksize (&attributes, 65536);
  for (n = 0; n < 1000 && code == 0; n++)
    code = pthread_create (&id, &attributes, wait_long, NULL);
  if (code == 0)
    sleep (2);

  return code;
}

static int
become_file_owner (const AttackPlace *place)
{
  uid_t other = geteuid () == 0 ? 12345 : 0;

  setfsuid (other);

  return setfsuid ((uid_t) -1) == (int) other ? 0 : EPERM;
}

/* Networks beside TCP, and other people's daemons. */
SOCKET (inet_sctp, AF_INET, SOCK_SEQPACKET, 132)
SOCKET (inet6_udp, AF_INET6, SOCK_DGRAM, 0)
SOCKET (inet6_raw, AF_INET6, SOCK_RAW, 58)
SOCKET (inet_udp_lite, AF_INET, SOCK_DGRAM, 136)
SOCKET (key_family, 15, SOCK_RAW, 2)
SOCKET (rds, 21, SOCK_SEQPACKET, 0)
SOCKET (smc, 43, SOCK_STREAM, 0)
SOCKET (qrtr, 42, SOCK_DGRAM, 0)
SOCKET (pppox, 24, SOCK_STREAM, 0)
SOCKET (kcm, 41, SOCK_SEQPACKET, 0)
SOCKET (netlink_filter, AF_NETLINK, SOCK_RAW, 12)
SOCKET (netlink_xfrm, AF_NETLINK, SOCK_RAW, 6)

static int
connect_path (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM, 0);

  snprintf (address.sun_path, sizeof address.sun_path, "%s", path);

  return fd < 0 ? errno : attack_result (connect (fd, (struct sockaddr *) &address, sizeof address));
}

RUN (unix_bus, connect_path ("/run/dbus/system_bus_socket"))
RUN (unix_docker, connect_path ("/var/run/docker.sock"))
RUN (unix_systemd, connect_path ("/run/systemd/private"))

static int
inet_fast_open (const AttackPlace *place)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons ((uint16_t) place->port), .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  return fd < 0 ? errno : attack_result (sendto (fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *) &address, sizeof address));
}

static int
serve (int type, int protocol)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK), .sin_port = htons (39873) };
  int fd = socket (AF_INET, type, protocol);

  if (fd < 0 || bind (fd, (struct sockaddr *) &address, sizeof address) != 0)
    return errno;

  return type == SOCK_DGRAM ? 0 : attack_result (listen (fd, 1));
}

RUN (net_serve_udp, serve (SOCK_DGRAM, 0))
RUN (net_serve_mptcp, serve (SOCK_STREAM, 262))
RUN (net_unix_docker, connect_path ("/var/run/docker.sock"))
TRY (net_unix_high, syscall (SYS_socket, 1UL << 32 | AF_UNIX, SOCK_STREAM, 0))
SOCKET (net_key_family, 15, SOCK_RAW, 2)
SOCKET (net_smc, 43, SOCK_STREAM, 0)

/* What was left to read at the standard input. */
static int
find_input (const AttackPlace *place)
{
  return attack_read_fd (0);
}

#if defined (__x86_64__)
static int
socket_as_i386 (void)
{
  long result;

  __asm__ volatile ("int $0x80" : "=a" (result) : "a" (359 /* socket */), "b" (AF_UNIX), "c" (SOCK_STREAM), "d" (0) : "memory", "r8", "r9", "r10", "r11");

  return result >= 0 ? 0 : 1;
}

static int
i386_socket (const AttackPlace *place)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    _exit (socket_as_i386 ());
  waitpid (pid, &status, 0);

  return WIFEXITED (status) && WEXITSTATUS (status) == 0 ? 0 : EPERM;
}
#else
TRY (i386_socket, (errno = EPERM, -1))
#endif

#define ROW(id) { #id, id }

const Attack attacks_of_outsiders_on_processes[] = {
  ROW (proc_daemon_fd_list), ROW (proc_fd_info_list), ROW (proc_map_files), ROW (proc_daemon_maps), ROW (proc_daemon_memory),
  ROW (proc_parent_memory), ROW (proc_sibling_memory), ROW (proc_daemon_root), ROW (proc_daemon_cwd), ROW (proc_smaps), ROW (proc_page_map),
  ROW (proc_thread_environ), ROW (proc_thread_memory), ROW (proc_clear_refs), ROW (proc_dump_filter), ROW (proc_timer_slack), ROW (proc_net),
  ROW (ptrace_daemon), ROW (vm_write_sibling), ROW (vm_read_daemon), ROW (compare_sibling), ROW (take_descriptor_sibling),
  ROW (take_descriptor_daemon), ROW (probe_victim), ROW (kill_sibling_group), ROW (pidfd_signal_by_proc), ROW (pidfd_signal_group),
  ROW (deadline_self), ROW (fake_program), ROW (secure_bits), ROW (ask_to_be_traced), ROW (signal_by_socket_owner),
  ROW (signal_by_timer), ROW (wake_machine), ROW (unshare_combined), ROW (unshare_all), ROW (clone_net), ROW (join_network),
  ROW (join_network_of_init), ROW (mount_fsmount), ROW (mount_fsconfig), ROW (mount_tree_anew), ROW (mount_proc), ROW (filter_over),
  ROW (filter_listener), ROW (shared_memory_list), ROW (message_queue_list), ROW (semaphore_list), ROW (shared_memory_attach),
  ROW (posix_queue_remove), ROW (key_read), ROW (perf_victim), ROW (map_old), ROW (more_file_size), ROW (more_by_prlimit), ROW (memory_file),
  ROW (fill_disk_allocated), ROW (thread_bomb), ROW (become_file_owner), ROW (inet_sctp), ROW (inet6_udp), ROW (inet6_raw), ROW (inet_udp_lite),
  ROW (key_family), ROW (rds), ROW (smc), ROW (qrtr), ROW (pppox), ROW (kcm), ROW (netlink_filter), ROW (netlink_xfrm), ROW (unix_bus),
  ROW (unix_docker), ROW (unix_systemd), ROW (inet_fast_open), ROW (net_serve_udp), ROW (net_serve_mptcp), ROW (net_unix_docker),
  ROW (net_unix_high), ROW (net_key_family), ROW (net_smc), ROW (find_input), ROW (i386_socket),
  { NULL, NULL },
};
