/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "attack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Reading what is outside. The working directory is OUTSIDE/root. */
#define READ(name, format) \
  static int name (const AttackPlace *place) { return attack_read (attack_path (place, format)); }
#define READ_FIXED(name, path) \
  static int name (const AttackPlace *place) { return attack_read (path); }

READ (read_absolute, "%s/secret")
READ (read_dotdot_absolute, "%s/root/" "../secret")
READ (read_sibling_prefix, "%s/root-evil/secret")
READ (read_proc_self_root, "/proc/self/root%s/secret")
READ (read_proc_thread_root, "/proc/thread-self/root%s/secret")
READ_FIXED (read_dotdot, "../secret")
READ_FIXED (read_proc_self_cwd, "/proc/self/cwd/../secret")
READ_FIXED (read_shadow, "/etc/shadow")
READ_FIXED (read_kmsg, "/dev/kmsg")
READ_FIXED (read_memory_device, "/dev/mem")
READ_FIXED (read_kernel_symbols, "/proc/kcore")
READ_FIXED (read_disk, "/dev/vda")

static int
read_symlink (const AttackPlace *place)
{
  unlink ("link");
  if (symlink (attack_path (place, "%s/secret"), "link") != 0)
    return errno;

  return attack_read ("link");
}

static int
read_symlink_folder (const AttackPlace *place)
{
  unlink ("link-folder");
  if (symlink (attack_path (place, "%s"), "link-folder") != 0)
    return errno;

  return attack_read ("link-folder/secret");
}

static int
read_hard_link (const AttackPlace *place)
{
  unlink ("hard");
  if (link (attack_path (place, "%s/secret"), "hard") != 0)
    return errno;

  return attack_read ("hard");
}

static int
read_hard_link_by_fd (const AttackPlace *place)
{
  char path[64];
  int fd = open (attack_path (place, "%s/secret"), O_PATH);

  unlink ("hard");
  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  if (fd < 0 || linkat (AT_FDCWD, path, AT_FDCWD, "hard", AT_SYMLINK_FOLLOW) != 0)
    return errno;

  return attack_read ("hard");
}

static int
read_reopened (const AttackPlace *place)
{
  char path[64];
  int fd = open (attack_path (place, "%s/secret"), O_PATH);

  if (fd < 0)
    return errno;
  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);

  return attack_read (path);
}

static int
read_after_chdir (const AttackPlace *place)
{
  return chdir ("..") != 0 ? errno : attack_read ("secret");
}

static int
read_after_fchdir (const AttackPlace *place)
{
  int fd = open (attack_path (place, "%s"), O_PATH | O_DIRECTORY);

  return fd < 0 || fchdir (fd) != 0 ? errno : attack_read ("secret");
}

static int
read_at_folder (const AttackPlace *place)
{
  int fd = open (attack_path (place, "%s"), O_PATH | O_DIRECTORY);

  return fd < 0 ? errno : attack_read_fd (openat (fd, "secret", O_RDONLY));
}

static int
read_openat2 (const AttackPlace *place)
{
  struct open_how how = { .flags = O_RDONLY };

  return attack_read_fd ((int) syscall (SYS_openat2, AT_FDCWD, attack_path (place, "%s/secret"), &how, sizeof how));
}

static int
read_by_handle (const AttackPlace *place)
{
  union { struct file_handle handle; char room[sizeof (struct file_handle) + MAX_HANDLE_SZ]; } all = { .handle.handle_bytes = MAX_HANDLE_SZ };
  int mount_id;
  int fd = open (".", O_RDONLY);

  if (name_to_handle_at (AT_FDCWD, attack_path (place, "%s/secret"), &all.handle, &mount_id, 0) != 0)
    return errno;

  return attack_read_fd (open_by_handle_at (fd, &all.handle, O_RDONLY));
}

static int
read_in_thread_body (const AttackPlace *place)
{
  return attack_read (attack_path (place, "%s/secret"));
}

static void *
thread (void *data)
{
  return (void *) (long) read_in_thread_body (data);
}

static int
read_in_thread (const AttackPlace *place)
{
  pthread_t id;
  void *result;

  if (pthread_create (&id, NULL, thread, (void *) place) != 0)
    return errno;
  pthread_join (id, &result);

  return (int) (long) result;
}

static int
read_in_session (const AttackPlace *place)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      setsid ();
      _exit (attack_read (attack_path (place, "%s/secret")));
    }

  return pid < 0 || waitpid (pid, &status, 0) != pid ? errno : WEXITSTATUS (status);
}

/* Code that exists in memory only stays as confined as what wrote it. */
static int
read_from_memory_program (const AttackPlace *place)
{
  int from = open ("attack", O_RDONLY);
  int to = memfd_create ("program", 0);
  char path[64];
  char *argv[] = { (char *) "attack", (char *) "read_absolute", (char *) place->outside, (char *) "0", (char *) "0", (char *) "0", (char *) "0", (char *) "", NULL };
  struct stat info;
  off_t at = 0;

  if (from < 0 || to < 0 || fstat (from, &info) != 0)
    return errno;
  while (at < info.st_size && copy_file_range (from, &at, to, NULL, (size_t) (info.st_size - at), 0) > 0)
    ;
  if (at < info.st_size)
    {
      char buffer[65536];
      ssize_t n;

      lseek (from, 0, SEEK_SET);
      lseek (to, 0, SEEK_SET);
      while ((n = read (from, buffer, sizeof buffer)) > 0)
        if (write (to, buffer, (size_t) n) != n)
          return errno;
    }
  snprintf (path, sizeof path, "/proc/self/fd/%d", to);
  execv (path, argv);

  return errno;
}

static int
list (const char *path)
{
  DIR *folder = opendir (path);

  return folder != NULL && readdir (folder) != NULL ? 0 : errno;
}

static int
list_outside (const AttackPlace *place)
{
  return list (place->outside);
}

static int
list_home (const AttackPlace *place)
{
  return list ("/home");
}

static int
list_tmp (const AttackPlace *place)
{
  return list ("/tmp");
}

static int
list_run (const AttackPlace *place)
{
  return list ("/run");
}

static int
run_outside (const AttackPlace *place)
{
  char *argv[] = { (char *) "tool", NULL };

  execv (attack_path (place, "%s/tool"), argv);

  return errno;
}

static int
run_by_loader (const AttackPlace *place)
{
  char *argv[] = { (char *) "ld", (char *) attack_path (place, "%s/tool"), NULL };
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      execv ("/lib64/ld-linux-x86-64.so.2", argv);
      _exit (126);
    }
  waitpid (pid, &status, 0);

  return WIFEXITED (status) && WEXITSTATUS (status) == 0 ? 0 : EACCES;
}

static int
map_outside (const AttackPlace *place)
{
  int fd = open (attack_path (place, "%s/secret"), O_RDONLY);

  return fd < 0 || mmap (NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0;
}

static int
watch_outside (const AttackPlace *place)
{
  int fd = inotify_init ();

  return fd < 0 ? errno : attack_result (inotify_add_watch (fd, place->outside, IN_ALL_EVENTS));
}

/* What the daemon had open, and what it was told. */
static int
find_descriptors (const AttackPlace *place)
{
  char path[64];
  char target[256];
  int fd;

  for (fd = 3; fd < 4096; fd++)
    {
      snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
      if (readlink (path, target, sizeof target) > 0)
        return 0;
    }

  return EBADF;
}

static int
find_environment (const AttackPlace *place)
{
  return getenv ("VIGILUS_ESCAPE_SECRET") != NULL ? 0 : ENODATA;
}

struct swap
{
  const AttackPlace *place;
  volatile int       stop;
};

static void *
swap (void *data)
{
  struct swap *self = data;
  const char *outside = attack_path (self->place, "%s");

  while (!self->stop)
    {
      rename ("swapped", "aside");
      if (symlink (outside, "swapped") == 0)
        unlink ("swapped");
      rename ("aside", "swapped");
    }

  return NULL;
}

static int
swap_races (const AttackPlace *place)
{
  struct swap self = { place, 0 };
  pthread_t id;
  int found = EACCES;
  int i;

  mkdir ("swapped", 0777);
  if (pthread_create (&id, NULL, swap, &self) != 0)
    return errno;
  for (i = 0; i < 2000 && found != 0; i++)
    if (attack_read ("swapped/secret") == 0)
      found = 0;
  self.stop = 1;
  pthread_join (id, NULL);

  return found;
}

/* A directory that is moved out from under ".." */
static int
read_after_moving (const AttackPlace *place)
{
  if ((mkdir ("deep", 0777) != 0 && errno != EEXIST) || (mkdir ("deep/er", 0777) != 0 && errno != EEXIST))
    return errno;
  if (chdir ("deep/er") != 0 || rename ("../er", "../../er") != 0 || chdir ("../..") != 0)
    return errno;

  return attack_read ("secret");
}

const Attack attacks_on_files[] = {
  { "read_absolute", read_absolute }, { "read_dotdot_absolute", read_dotdot_absolute }, { "read_sibling_prefix", read_sibling_prefix },
  { "read_proc_self_root", read_proc_self_root }, { "read_proc_thread_root", read_proc_thread_root }, { "read_dotdot", read_dotdot },
  { "read_proc_self_cwd", read_proc_self_cwd }, { "read_shadow", read_shadow }, { "read_kmsg", read_kmsg }, { "read_mem", read_memory_device },
  { "read_kcore", read_kernel_symbols }, { "read_disk", read_disk }, { "read_symlink", read_symlink },
  { "read_symlink_folder", read_symlink_folder }, { "read_hard_link", read_hard_link }, { "read_hard_link_fd", read_hard_link_by_fd },
  { "read_reopened", read_reopened }, { "read_chdir", read_after_chdir }, { "read_fchdir", read_after_fchdir }, { "read_at", read_at_folder },
  { "read_openat2", read_openat2 }, { "read_handle", read_by_handle }, { "read_thread", read_in_thread }, { "read_session", read_in_session },
  { "read_memory_program", read_from_memory_program }, { "list_outside", list_outside }, { "list_home", list_home }, { "list_tmp", list_tmp },
  { "list_run", list_run }, { "run_outside", run_outside }, { "run_loader", run_by_loader }, { "map_outside", map_outside },
  { "watch_outside", watch_outside }, { "find_descriptors", find_descriptors }, { "find_environment", find_environment },
  { "swap_races", swap_races }, { "read_moved", read_after_moving },
  { NULL, NULL },
};
