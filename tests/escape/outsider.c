/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "attack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Attempts on files, programs and descriptors, written by somebody who had not read the confinement. */
#define SECRET attack_path (place, "%s/secret")
#define SHOWN attack_path (place, "%s/shown/file")
#define FOLDER_NEW attack_path (place, "%s/folder/new")
#define TRY(name, expression) \
  static int name (const AttackPlace *place) { return attack_result (expression); }
#define WITH(name, open_fd, expression) \
  static int name (const AttackPlace *place) { int fd = open_fd; return fd < 0 ? errno : attack_result (expression); }
#define READ_FIXED(name, path) \
  static int name (const AttackPlace *place) { return attack_read (path); }
#define WRITE_FIXED(name, path) \
  static int name (const AttackPlace *place) { return attack_write (path, O_CREAT); }

/* Calls younger than most lists of calls; the numbers are the same everywhere. */
#define CALL_SETXATTRAT 463
#define CALL_GETXATTRAT 464
#define CALL_REMOVEXATTRAT 466
#define CALL_OPEN_TREE_ATTR 467
#define CALL_FILE_SETATTR 469
#define CALL_FCHMODAT2 452

static const struct timespec long_ago[2] = { { 1000, 0 }, { 1000, 0 } };
static char buffer[4096];

static const char *
fd_path (int fd)
{
  static char path[64];

  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);

  return path;
}

static struct { uint64_t value; uint32_t size, flags; } attribute = { (uint64_t) (uintptr_t) buffer, 1, 0 };
static struct { uint64_t flags; uint32_t extent, extents, project, cow; } file_attribute = { 0x40, 0, 0, 0, 0 };

/* What is known of a file without opening it. */
TRY (stat_secret, stat (SECRET, &(struct stat) { 0 }))
TRY (getxattr_secret, getxattr (SECRET, "user.mark", buffer, sizeof buffer))
TRY (lgetxattr_secret, lgetxattr (SECRET, "user.mark", buffer, sizeof buffer))
TRY (listxattr_secret, listxattr (SECRET, buffer, sizeof buffer))
TRY (getxattrat_secret, syscall (CALL_GETXATTRAT, AT_FDCWD, SECRET, 0, "user.mark", &attribute, sizeof attribute))

/* By a descriptor that opens nothing (O_PATH), and by calls that few have heard of. */
WITH (chmod_proc_fd, open (SECRET, O_PATH), chmod (fd_path (fd), 0777))
WITH (chmod_empty_path, open (SECRET, O_PATH), syscall (CALL_FCHMODAT2, fd, "", 0777, AT_EMPTY_PATH))
WITH (chown_empty_path, open (SECRET, O_PATH), fchownat (fd, "", getuid (), getgid (), AT_EMPTY_PATH))
WITH (chown_proc_fd, open (SECRET, O_PATH), chown (fd_path (fd), getuid (), getgid ()))
WITH (utime_empty_path, open (SECRET, O_PATH), syscall (SYS_utimensat, fd, "", long_ago, AT_EMPTY_PATH))
WITH (setxattr_proc_fd, open (SECRET, O_PATH), setxattr (fd_path (fd), "user.taken", "1", 1, 0))
TRY (setxattrat_secret, syscall (CALL_SETXATTRAT, AT_FDCWD, SECRET, 0, "user.taken", &attribute, sizeof attribute))
TRY (removexattrat_secret, syscall (CALL_REMOVEXATTRAT, AT_FDCWD, SECRET, 0, "user.mark"))
TRY (file_setattr_secret, syscall (CALL_FILE_SETATTR, AT_FDCWD, SECRET, &file_attribute, sizeof file_attribute, 0))
WITH (unlink_at_path, open (place->outside, O_PATH | O_DIRECTORY), unlinkat (fd, "secret", 0))
WITH (mkdir_at_path, open (attack_path (place, "%s/folder"), O_PATH | O_DIRECTORY), mkdirat (fd, "new", 0777))
WITH (symlink_at_path, open (attack_path (place, "%s/folder"), O_PATH | O_DIRECTORY), symlinkat ("/etc", fd, "new"))
WITH (link_unnamed_out, open (".", O_TMPFILE | O_RDWR, 0666), linkat (AT_FDCWD, fd_path (fd), AT_FDCWD, FOLDER_NEW, AT_SYMLINK_FOLLOW))
WITH (link_empty_path, open (SECRET, O_PATH), linkat (fd, "", AT_FDCWD, "stolen-link", AT_EMPTY_PATH))
TRY (whiteout, (attack_write ("whited", O_CREAT), unlink ("gone"), renameat2 (AT_FDCWD, "whited", AT_FDCWD, "gone", RENAME_WHITEOUT)))
WITH (watch_raw, (int) syscall (SYS_inotify_init), inotify_add_watch (fd, place->outside, IN_ALL_EVENTS))
WITH (watch_flags, (int) syscall (SYS_inotify_init1, IN_CLOEXEC), inotify_add_watch (fd, place->outside, IN_ALL_EVENTS))
TRY (quota_fd, syscall (SYS_quotactl_fd, open (".", O_RDONLY), 0x800007, 0, buffer))

static int
exchange_folders (const AttackPlace *place)
{
  if (mkdir ("own-folder", 0777) != 0 && errno != EEXIST)
    return errno;

  return attack_result (renameat2 (AT_FDCWD, "own-folder", AT_FDCWD, attack_path (place, "%s/folder"), RENAME_EXCHANGE));
}

static int
read_dotdot_of_fd (const AttackPlace *place)
{
  char path[128];
  int fd = open (".", O_PATH | O_DIRECTORY);

  snprintf (path, sizeof path, "/proc/self/fd/%d/../secret", fd);

  return attack_read (path);
}

/* A descriptor that is sent to oneself is opened no wider by that. */
static int
read_passed_fd (const AttackPlace *place)
{
  union { char room[CMSG_SPACE (sizeof (int))]; struct cmsghdr align; } control;
  struct iovec part = { buffer, 1 };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  int fd = open (SECRET, O_PATH);
  int ends[2];

  if (fd < 0 || socketpair (AF_UNIX, SOCK_STREAM, 0, ends) != 0)
    return errno;
  control.align = (struct cmsghdr) { .cmsg_len = CMSG_LEN (sizeof (int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
  memcpy (CMSG_DATA (&control.align), &fd, sizeof fd);
  if (sendmsg (ends[0], &message, 0) != 1 || recvmsg (ends[1], &message, 0) != 1)
    return errno;
  memcpy (&fd, CMSG_DATA (&control.align), sizeof fd);

  return attack_read (fd_path (fd));
}

/* What @argv says on its output, in a child. */
static int
run_and_read (int fd, const char *path, char **argv, const char *expected)
{
  char answer[64] = "";
  int ends[2];
  pid_t pid;

  if (pipe (ends) != 0 || (pid = fork ()) < 0)
    return errno;
  if (pid == 0)
    {
      dup2 (ends[1], 1);
      syscall (SYS_execveat, fd, path, argv, NULL, *path == '\0' ? AT_EMPTY_PATH : 0);
      _exit (errno);
    }
  close (ends[1]);
  if (read (ends[0], answer, sizeof answer - 1) < 0)
    answer[0] = '\0';
  waitpid (pid, &fd, 0);

  return strncmp (answer, expected, strlen (expected)) == 0 ? 0 : WIFEXITED (fd) && WEXITSTATUS (fd) != 0 ? WEXITSTATUS (fd) : EPERM;
}

static int
run_outside_fd (const AttackPlace *place)
{
  char *argv[] = { (char *) "tool", (char *) "whoami", NULL };
  int fd = open (attack_path (place, "%s/tool"), O_PATH);

  return fd < 0 ? errno : run_and_read (fd, "", argv, "same");
}

static int
run_outside_by_link (const AttackPlace *place)
{
  char *argv[] = { (char *) "tool", (char *) "whoami", NULL };

  unlink ("tool-link");
  if (symlink (attack_path (place, "%s/tool"), "tool-link") != 0)
    return errno;

  return run_and_read (AT_FDCWD, "tool-link", argv, "same");
}

/* A script whose interpreter lies outside. */
static int
run_outside_as_interpreter (const AttackPlace *place)
{
  char *argv[] = { (char *) "script", NULL };
  int fd = open ("script", O_CREAT | O_WRONLY | O_TRUNC, 0755);

  if (fd < 0)
    return errno;
  dprintf (fd, "#!%s/tool whoami\n", place->outside);
  close (fd);
  fd = open ("script-argument", O_CREAT | O_WRONLY, 0666);
  close (fd);

  return run_and_read (AT_FDCWD, "./script", argv, "same") == EACCES ? EACCES : 0;
}

static int
sudo_run (const AttackPlace *place)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      execlp ("sudo", "sudo", "-n", "true", NULL);
      _exit (1);
    }
  waitpid (pid, &status, 0);

  return WIFEXITED (status) && WEXITSTATUS (status) == 0 ? 0 : EPERM;
}

static int
shown_is_changed (const AttackPlace *place)
{
  char text[6] = "";
  int fd = open (SHOWN, O_RDONLY);

  return fd < 0 || read (fd, text, 5) != 5 || memcmp (text, "shown", 5) != 0;
}

/* Writing through one's own memory where the mapping may only be read. */
static int
dirty_cow (const AttackPlace *place)
{
  int fd = open (SHOWN, O_RDONLY);
  char *map = mmap (NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  int memory = open ("/proc/self/mem", O_RDWR);

  if (map == MAP_FAILED || memory < 0)
    return errno;
  if (pwrite (memory, "taken", 5, (off_t) (uintptr_t) map) < 0)
    return errno;

  return shown_is_changed (place) ? 0 : EPERM;
}

/* A page of a file in a pipe that takes more. */
static int
dirty_pipe (const AttackPlace *place)
{
  int fd = open (SHOWN, O_RDONLY);
  loff_t at = 0;
  int ends[2];
  int i;

  if (fd < 0 || pipe (ends) != 0)
    return errno;
  for (i = 0; i < 16; i++)
    if (write (ends[1], buffer, sizeof buffer) < 0 || read (ends[0], buffer, sizeof buffer) < 0)
      return errno;
  if (splice (fd, &at, ends[1], NULL, 1, 0) != 1 || write (ends[1], "taken", 5) != 5)
    return errno;

  return shown_is_changed (place) ? 0 : EPERM;
}

static int
map_shown_later (const AttackPlace *place)
{
  int fd = open (SHOWN, O_RDONLY);
  char *map = mmap (NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

  return map == MAP_FAILED ? errno : attack_result (mprotect (map, 4096, PROT_READ | PROT_WRITE));
}

static int
project_shown (const AttackPlace *place)
{
  struct fsxattr attributes;
  int fd = open (SHOWN, O_RDONLY);

  if (fd < 0 || ioctl (fd, FS_IOC_FSGETXATTR, &attributes) != 0)
    return errno;
  attributes.fsx_xflags |= FS_XFLAG_NODUMP;

  return attack_result (ioctl (fd, FS_IOC_FSSETXATTR, &attributes));
}

/* What the kernel tells of itself, places that others start from, and devices. */
READ_FIXED (read_vmalloc, "/proc/vmallocinfo")
TRY (read_page_flags, open ("/proc/kpageflags", O_RDONLY))
READ_FIXED (read_slabs, "/proc/slabinfo")
READ_FIXED (read_keys, "/proc/keys")
WITH (lock_shown, open (SHOWN, O_RDONLY | O_CLOEXEC), flock (fd, LOCK_EX | LOCK_NB))
READ_FIXED (read_firmware, "/sys/firmware/dmi/tables/DMI")
READ_FIXED (read_trace, "/sys/kernel/tracing/trace")
READ_FIXED (read_input, "/dev/input/event0")
READ_FIXED (read_screen, "/dev/vcs")
READ_FIXED (read_port, "/dev/port")
READ_FIXED (read_host_key, "/etc/ssh/ssh_host_ed25519_key")
READ_FIXED (read_journal, "/var/log/journal")
WRITE_FIXED (write_cron, "/etc/cron.d/vigilus-escape")
WRITE_FIXED (write_crontab, "/var/spool/cron/crontabs/vigilus-escape")
WRITE_FIXED (write_profile, "/etc/profile.d/vigilus-escape.sh")
WRITE_FIXED (write_unit, "/run/systemd/system/vigilus-escape.service")
WRITE_FIXED (write_home, "/root" "/.vigilus-escape")
WRITE_FIXED (write_log, "/var/log/vigilus-escape")
WRITE_FIXED (write_boot, "/boot/vigilus-escape")
TRY (write_modprobe, open ("/proc/sys/kernel/modprobe", O_WRONLY))
TRY (write_binfmt, open ("/proc/sys/fs/binfmt_misc/register", O_WRONLY))
TRY (write_uevent, open ("/sys/kernel/uevent_helper", O_WRONLY))
TRY (write_uid_map, open ("/proc/self/uid_map", O_WRONLY))
TRY (write_login_uid, open ("/proc/self/loginuid", O_WRONLY))
TRY (write_random, open ("/dev/random", O_WRONLY))
TRY (device_kvm, open ("/dev/kvm", O_RDWR))
TRY (device_tun, open ("/dev/net/tun", O_RDWR))
TRY (device_fuse, open ("/dev/fuse", O_RDWR))
TRY (device_faults, open ("/dev/userfaultfd", O_RDWR))
TRY (device_loop, open ("/dev/loop-control", O_RDWR))
TRY (device_input, open ("/dev/uinput", O_WRONLY))

/* Arguments are 32 bits wide for the kernel, and 64 for a filter that compares them. */
#define HIGH (1UL << 32)

TRY (type_input_high, syscall (SYS_ioctl, 0, HIGH | 0x5412, "x"))
TRY (type_console_high, syscall (SYS_ioctl, 0, HIGH | 0x541c, "\3"))
TRY (persona_high, syscall (SYS_personality, HIGH | 0x0400000))
TRY (truncate_open_high, syscall (SYS_openat, AT_FDCWD, SHOWN, HIGH | O_TRUNC, 0))
TRY (truncate_at_high, syscall (SYS_openat, AT_FDCWD, SHOWN, HIGH | O_TRUNC | O_NOATIME, HIGH))
TRY (kill_high, syscall (SYS_kill, HIGH | (unsigned long) place->victim, SIGKILL))
TRY (tgkill_high, syscall (SYS_tgkill, HIGH | (unsigned long) place->victim, HIGH | (unsigned long) place->victim, SIGKILL))
TRY (limit_high, syscall (SYS_prlimit64, HIGH | (unsigned long) place->victim, HIGH | RLIMIT_NOFILE, (&(struct rlimit) { 16, 16 }), NULL))
TRY (priority_high, syscall (SYS_setpriority, HIGH | PRIO_PROCESS, HIGH | (unsigned long) place->victim, 19))
TRY (unix_high, syscall (SYS_socket, HIGH | AF_UNIX, SOCK_STREAM, 0))
TRY (netlink_route_high, syscall (SYS_socket, HIGH | AF_NETLINK, SOCK_RAW, 0))
TRY (unix_pair_high, syscall (SYS_socketpair, HIGH | AF_UNIX, HIGH | SOCK_DGRAM, 0, (int[2]) { 0, 0 }))
TRY (mknod_high, syscall (SYS_mknodat, AT_FDCWD, "device-high", 0x10000 | S_IFCHR | 0666, makedev (1, 1)))
WITH (setuid_high, open ("raised-high", O_CREAT | O_RDWR, 0755), syscall (SYS_fchmod, fd, HIGH | 0x10000 | 04755))
WITH (fchown_high, open (SHOWN, O_RDONLY), syscall (SYS_fchown, HIGH | (unsigned long) fd, getuid (), getgid ()))

static int
signal_by_pipe_high (const AttackPlace *place)
{
  int ends[2];

  if (pipe (ends) != 0 || fcntl (ends[0], F_SETSIG, SIGKILL) != 0 || fcntl (ends[0], F_SETFL, O_ASYNC) != 0
      || syscall (SYS_fcntl, ends[0], HIGH | F_SETOWN, place->victim) != 0)
    return errno;

  return attack_result (write (ends[1], "x", 1));
}

#define ROW(id) { #id, id }

const Attack attacks_of_outsiders[] = {
  ROW (stat_secret), ROW (getxattr_secret), ROW (lgetxattr_secret), ROW (listxattr_secret), ROW (getxattrat_secret), ROW (chmod_proc_fd), ROW (chmod_empty_path),
  ROW (chown_empty_path), ROW (chown_proc_fd), ROW (utime_empty_path), ROW (setxattr_proc_fd), ROW (setxattrat_secret), ROW (removexattrat_secret),
  ROW (file_setattr_secret), ROW (unlink_at_path), ROW (mkdir_at_path), ROW (symlink_at_path), ROW (link_unnamed_out), ROW (link_empty_path),
  ROW (exchange_folders), ROW (whiteout), ROW (watch_raw), ROW (watch_flags), ROW (quota_fd), ROW (read_dotdot_of_fd), ROW (read_passed_fd),
  ROW (run_outside_fd), ROW (run_outside_by_link), ROW (run_outside_as_interpreter), ROW (sudo_run), ROW (dirty_cow), ROW (dirty_pipe),
  ROW (map_shown_later), ROW (project_shown), ROW (read_vmalloc), ROW (read_page_flags), ROW (read_slabs), ROW (read_keys), ROW (lock_shown), ROW (read_firmware),
  ROW (read_trace), ROW (read_input), ROW (read_screen), ROW (read_port), ROW (read_host_key), ROW (read_journal), ROW (write_cron),
  ROW (write_crontab), ROW (write_profile), ROW (write_unit), ROW (write_home), ROW (write_log), ROW (write_boot), ROW (write_modprobe),
  ROW (write_binfmt), ROW (write_uevent), ROW (write_uid_map), ROW (write_login_uid), ROW (write_random), ROW (device_kvm), ROW (device_tun),
  ROW (device_fuse), ROW (device_faults), ROW (device_loop), ROW (device_input), ROW (type_input_high), ROW (type_console_high),
  ROW (persona_high), ROW (truncate_open_high), ROW (truncate_at_high), ROW (kill_high), ROW (tgkill_high), ROW (limit_high), ROW (priority_high),
  ROW (unix_high), ROW (netlink_route_high), ROW (unix_pair_high), ROW (mknod_high), ROW (setuid_high), ROW (fchown_high), ROW (signal_by_pipe_high),
  { NULL, NULL },
};
