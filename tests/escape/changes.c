/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

/* Changing what is outside ("secret", "folder"), or what is shown for reading only ("shown"). */
#define SECRET attack_path (place, "%s/secret")
#define SHOWN attack_path (place, "%s/shown/file")
#define FOLDER_NEW attack_path (place, "%s/folder/new")
/* Linux 6.13 and 6.17 have new calls for these, by number since no header has them. */
static struct { uint64_t value; uint32_t size, flags; } new_attribute = { (uintptr_t) "1", 1, 0 };
static struct { uint64_t flags; uint32_t extent, extents, project, cow; } new_flags = { 0x80 /* FS_XFLAG_NODUMP */, 0, 0, 0, 0 };

#define TRY(name, expression) \
  static int name (const AttackPlace *place) { return attack_result (expression); }
#define TRY_SHOWN(name, expression) \
  static int name (const AttackPlace *place) { int fd = open (SHOWN, O_RDONLY); return fd < 0 ? errno : attack_result (expression); }

static const struct timespec long_ago[2] = { { 1000, 0 }, { 1000, 0 } };
static const struct timeval long_ago_us[2] = { { 1000, 0 }, { 1000, 0 } };
static const struct utimbuf long_ago_s = { 1000, 1000 };

static int
write_secret (const AttackPlace *place)
{
  return attack_write (SECRET, 0);
}

static int
append_secret (const AttackPlace *place)
{
  return attack_write (SECRET, O_APPEND);
}

static int
create_new (const AttackPlace *place)
{
  return attack_write (FOLDER_NEW, O_CREAT);
}

static int
create_unnamed (const AttackPlace *place)
{
  return attack_write (attack_path (place, "%s/folder"), O_TMPFILE);
}

static int
write_shown (const AttackPlace *place)
{
  return attack_write (SHOWN, 0);
}

TRY (truncate_secret, truncate (SECRET, 0))
TRY (truncate_open, open (SECRET, O_RDONLY | O_TRUNC))
TRY (truncate_creat, creat (SECRET, 0666))
TRY (unlink_secret, unlink (SECRET))
TRY (rename_out, (attack_write ("mine", O_CREAT), rename ("mine", FOLDER_NEW)))
TRY (rename_in, rename (SECRET, "stolen"))
TRY (rename_within, rename (SECRET, FOLDER_NEW))
TRY (rename_exchange, (attack_write ("mine", O_CREAT), renameat2 (AT_FDCWD, "mine", AT_FDCWD, SECRET, RENAME_EXCHANGE)))
TRY (link_out, (attack_write ("mine", O_CREAT), link ("mine", FOLDER_NEW)))
TRY (symlink_out, symlink ("/etc", FOLDER_NEW))
TRY (mkdir_out, mkdir (FOLDER_NEW, 0777))
TRY (rmdir_out, rmdir (attack_path (place, "%s/folder")))
TRY (fifo_out, mkfifo (FOLDER_NEW, 0666))
TRY (mknod_out, mknod (FOLDER_NEW, S_IFREG | 0666, 0))
TRY (mknod_char, mknod ("device", S_IFCHR | 0666, makedev (1, 1)))
TRY (mknod_block, mknod ("device", S_IFBLK | 0666, makedev (254, 0)))
TRY (mknod_old, syscall (SYS_mknod, "device", S_IFCHR | 0666, makedev (1, 1)))
TRY (chmod_secret, chmod (SECRET, 0777))
TRY (chmod_at, fchmodat (AT_FDCWD, SECRET, 0777, 0))
TRY (chmod_at2, syscall (452, AT_FDCWD, SECRET, 0777, 0))
TRY (chown_secret, chown (SECRET, getuid (), getgid ()))
TRY (lchown_secret, lchown (SECRET, getuid (), getgid ()))
TRY (chown_at, fchownat (AT_FDCWD, SECRET, getuid (), getgid (), 0))
TRY (utime_secret, syscall (SYS_utime, SECRET, &long_ago_s))
TRY (utimes_secret, syscall (SYS_utimes, SECRET, long_ago_us))
TRY (utimensat_secret, utimensat (AT_FDCWD, SECRET, long_ago, 0))
TRY (futimesat_secret, syscall (SYS_futimesat, AT_FDCWD, SECRET, long_ago_us))
TRY (setxattr_secret, setxattr (SECRET, "user.taken", "1", 1, 0))
TRY (lsetxattr_secret, lsetxattr (SECRET, "user.taken", "1", 1, 0))
TRY (removexattr_secret, removexattr (SECRET, "user.mark"))
TRY (setxattr_at, syscall (463, AT_FDCWD, SECRET, 0, "user.taken", &new_attribute, sizeof new_attribute))
TRY (setxattr_at_shown, syscall (463, AT_FDCWD, SHOWN, 0, "user.taken", &new_attribute, sizeof new_attribute))
TRY (removexattr_at, syscall (466, AT_FDCWD, SECRET, 0, "user.mark"))
TRY (flags_at, syscall (469, AT_FDCWD, SECRET, &new_flags, sizeof new_flags, 0))
TRY (truncate_shown, truncate (SHOWN, 0))
TRY (truncate_open_shown, open (SHOWN, O_RDONLY | O_TRUNC))
TRY (truncate_odd_shown, open (SHOWN, O_ACCMODE | O_TRUNC))
TRY (unlink_shown, unlink (SHOWN))
TRY (rename_shown, (attack_write ("mine", O_CREAT), rename ("mine", SHOWN)))
TRY (link_shown, link (SHOWN, "shown-link"))
TRY (chmod_shown, chmod (SHOWN, 0777))
TRY_SHOWN (fchmod_shown, fchmod (fd, 0777))
TRY_SHOWN (fchown_shown, fchown (fd, getuid (), getgid ()))
TRY_SHOWN (futimens_shown, futimens (fd, long_ago))
TRY_SHOWN (fsetxattr_shown, fsetxattr (fd, "user.taken", "1", 1, 0))
TRY_SHOWN (fremovexattr_shown, fremovexattr (fd, "user.mark"))
TRY_SHOWN (ftruncate_shown, ftruncate (fd, 0))
TRY_SHOWN (lease_shown, fcntl (fd, F_SETLEASE, F_RDLCK))
TRY_SHOWN (allocate_shown, fallocate (fd, 0, 0, 100000))

/* By ioctls of a file system, which Landlock does not see: any descriptor will do, if its file belongs to the user. */
static struct { int64_t fd; char name[4088]; } new_subvolume = { 0, "taken" };
static const char new_policy[12];
static const uint32_t new_number = 7;

#define TRY_FOLDER(name, folder, request, argument) \
  static int name (const AttackPlace *place) { return attack_result (ioctl (open (attack_path (place, folder), O_RDONLY | O_DIRECTORY), request, argument)); }

TRY_FOLDER (subvolume_shown, "%s/shown", _IOW (0x94, 14, new_subvolume), &new_subvolume)
TRY_FOLDER (snapshot_shown, "%s/shown", _IOW (0x94, 1, new_subvolume), &new_subvolume)
TRY_FOLDER (subvolume_gone, "%s/shown", _IOW (0x94, 15, new_subvolume), &new_subvolume)
TRY_FOLDER (encrypt_shown, "%s/shown", _IOR ('f', 19, new_policy), new_policy)
TRY_SHOWN (version_shown, ioctl (fd, _IOW ('f', 4, long), &new_number))
TRY_SHOWN (migrate_shown, ioctl (fd, _IO ('f', 9)))
TRY_SHOWN (allocate_now_shown, ioctl (fd, _IO ('f', 12)))
TRY_SHOWN (fat_attributes_shown, ioctl (fd, _IOW ('r', 0x11, uint32_t), &new_number))
TRY_SHOWN (pin_shown, ioctl (fd, _IOW (0xf5, 13, uint32_t), &new_number))

static int
truncate_openat2_shown (const AttackPlace *place)
{
  struct open_how how = { .flags = O_RDONLY | O_TRUNC };

  return attack_result (syscall (SYS_openat2, AT_FDCWD, SHOWN, &how, sizeof how));
}

static int
map_shown (const AttackPlace *place)
{
  int fd = open (SHOWN, O_RDONLY);
  char *text = mmap (NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  if (text == MAP_FAILED)
    return errno;
  *text = 'x';

  return 0;
}

static int
flags_shown (const AttackPlace *place)
{
  int fd = open (SHOWN, O_RDONLY);
  int flags = 0;

  if (fd < 0 || ioctl (fd, FS_IOC_GETFLAGS, &flags) != 0)
    return errno;
  flags |= FS_NODUMP_FL;

  return attack_result (ioctl (fd, FS_IOC_SETFLAGS, &flags));
}

static int
notify_folder (const AttackPlace *place)
{
  int fd = open (attack_path (place, "%s/shown"), O_RDONLY | O_DIRECTORY);

  return fd < 0 ? errno : attack_result (fcntl (fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
}

static int
reopen_shown (const AttackPlace *place)
{
  int fd = open (SHOWN, O_RDONLY);
  char path[64];

  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);

  return attack_write (path, 0);
}

/* A program of ours that runs as us, whoever starts it. */
static int
setuid_by_fchmod (const AttackPlace *place)
{
  int fd = open ("raised", O_CREAT | O_RDWR, 0755);

  return fd < 0 ? errno : attack_result (fchmod (fd, 04755));
}

static int
setuid_by_open (const AttackPlace *place)
{
  unlink ("raised2");

  return attack_result (open ("raised2", O_CREAT | O_RDWR, 04755));
}

static int
setuid_by_openat2 (const AttackPlace *place)
{
  struct open_how how = { .flags = O_CREAT | O_RDWR, .mode = 04755 };

  unlink ("raised3");

  return attack_result (syscall (SYS_openat2, AT_FDCWD, "raised3", &how, sizeof how));
}

static int
setuid_by_mknod (const AttackPlace *place)
{
  unlink ("raised4");

  return attack_result (mknod ("raised4", S_IFREG | 04755, 0));
}

static int
bind_outside (const AttackPlace *place)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM, 0);

  snprintf (address.sun_path, sizeof address.sun_path, "%.100s", FOLDER_NEW);

  return fd < 0 ? errno : attack_result (bind (fd, (struct sockaddr *) &address, sizeof address));
}

/* More than a file may hold. */
static int
fill_disk (const AttackPlace *place)
{
  int fd = open ("big", O_CREAT | O_RDWR, 0666);
  int code;

  signal (SIGXFSZ, SIG_IGN);
  if (fd < 0)
    return errno;
  code = attack_result (ftruncate (fd, (off_t) 2 << 30));
  unlink ("big");

  return code;
}

#define WRITE(name, path, flags) \
  static int name (const AttackPlace *place) { return attack_write (path, flags); }

WRITE (write_tmp, "/tmp/vigilus-escape", O_CREAT)
WRITE (write_var_tmp, "/var/tmp/vigilus-escape", O_CREAT)
WRITE (write_shm, "/dev/shm/vigilus-escape", O_CREAT)
WRITE (write_core_pattern, "/proc/sys/kernel/core_pattern", 0)
WRITE (write_sysrq, "/proc/sysrq-trigger", 0)
WRITE (write_oom, "/proc/self/oom_score_adj", 0)
WRITE (write_sys, "/sys/kernel/mm/ksm/run", 0)
WRITE (write_usr, "/usr/bin/vigilus-escape", O_CREAT)
WRITE (write_etc, "/etc/vigilus-escape", O_CREAT)

/* The groups that it is in, and those above, by each place where they may be mounted. */
static int
join_group (const char *controllers, const char *path)
{
  static const char * const names[] = { "../cgroup.procs", "cgroup.procs" };
  const char * const mounts[] = { controllers, "unified", "" };
  char name[4200];
  int code = ENOENT;
  unsigned i;

  for (i = 0; i < 6 && code == ENOENT; i++)
    {
      snprintf (name, sizeof name, "/sys/fs/cgroup/%s%s/%s", mounts[i / 2], path, names[i % 2]);
      code = attack_write (name, 0);
    }

  return code;
}

static int
join_cgroup (const AttackPlace *place)
{
  FILE *groups = fopen ("/proc/self/cgroup", "r");
  char line[4096];
  int found = ENOENT;

  while (groups != NULL && fgets (line, sizeof line, groups) != NULL)
    {
      char *controllers = strchr (line, ':');
      char *path = controllers != NULL ? strchr (controllers + 1, ':') : NULL;
      int code;

      if (path == NULL)
        continue;
      *path++ = '\0';
      path[strcspn (path, "\n")] = '\0';
      code = join_group (controllers + 1, path);
      if (code == 0)
        return 0;
      if (code != ENOENT)
        found = code;
    }

  return found;
}

#define ROW(id) { #id, id }

const Attack attacks_on_changes[] = {
  ROW (write_secret), ROW (append_secret), ROW (create_new), ROW (create_unnamed), ROW (write_shown), ROW (truncate_secret), ROW (truncate_open),
  ROW (truncate_creat), ROW (unlink_secret), ROW (rename_out), ROW (rename_in), ROW (rename_within), ROW (rename_exchange), ROW (link_out),
  ROW (symlink_out), ROW (mkdir_out), ROW (rmdir_out), ROW (fifo_out), ROW (mknod_out), ROW (mknod_char), ROW (mknod_block), ROW (mknod_old),
  ROW (chmod_secret), ROW (chmod_at), ROW (chmod_at2), ROW (chown_secret), ROW (lchown_secret), ROW (chown_at), ROW (utime_secret),
  ROW (utimes_secret), ROW (utimensat_secret), ROW (futimesat_secret), ROW (setxattr_secret), ROW (lsetxattr_secret), ROW (removexattr_secret),
  ROW (subvolume_shown), ROW (snapshot_shown), ROW (subvolume_gone), ROW (encrypt_shown), ROW (version_shown), ROW (migrate_shown),
  ROW (allocate_now_shown), ROW (fat_attributes_shown), ROW (pin_shown), ROW (setxattr_at), ROW (setxattr_at_shown), ROW (removexattr_at), ROW (flags_at),
  ROW (truncate_shown), ROW (truncate_open_shown), ROW (truncate_odd_shown), ROW (truncate_openat2_shown), ROW (unlink_shown),
  ROW (rename_shown), ROW (link_shown), ROW (chmod_shown), ROW (fchmod_shown), ROW (fchown_shown), ROW (futimens_shown), ROW (fsetxattr_shown),
  ROW (fremovexattr_shown), ROW (ftruncate_shown), ROW (lease_shown), ROW (allocate_shown), ROW (map_shown), ROW (flags_shown),
  ROW (notify_folder), ROW (reopen_shown), ROW (setuid_by_fchmod), ROW (setuid_by_open), ROW (setuid_by_openat2), ROW (setuid_by_mknod),
  ROW (bind_outside), ROW (fill_disk), ROW (write_tmp), ROW (write_var_tmp), ROW (write_shm), ROW (write_core_pattern), ROW (write_sysrq),
  ROW (write_oom), ROW (write_sys), ROW (write_usr), ROW (write_etc), ROW (join_cgroup),
  { NULL, NULL },
};
