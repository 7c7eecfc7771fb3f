/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* Where the daemon is root and a place belongs to root, commands run as a user of their own for whom the place is mounted with
 * root's files shown as theirs, and what they make there is root's on disk. mount_setattr(2), ID-mapped mounts; Linux 5.12. */
#define DEDICATED_USER "vigilus-commands"

/* Unused by systemd's and Debian's lists of ids, where there is no user of that name. */
#define DEDICATED_UID 61183

#define ALL_IDS G_GUINT64_CONSTANT (4294967295)

static gboolean disabled;

static gpointer
find_dedicated (gpointer data)
{
  VigIdentity *self = g_new0 (VigIdentity, 1);
  struct passwd *user = getpwnam (DEDICATED_USER);

  self->uid = self->gid = DEDICATED_UID;
  if (user != NULL && user->pw_uid != 0)
    {
      self->uid = user->pw_uid;
      self->gid = user->pw_gid != 0 ? user->pw_gid : user->pw_uid;
      return self;
    }
  while (getpwuid (self->uid) != NULL)
    self->gid = --self->uid;

  return self;
}

const VigIdentity *
vig_identity_get_dedicated (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, find_dedicated, NULL);
}

/* On disk, in the mount, how many: 0 is @id, and everybody else is who they are. Nobody is @id on disk. */
static gboolean
write_map (pid_t pid, const char *name, guint64 id)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int) pid, name);
  g_autofree char *map = g_strdup_printf ("0 %" G_GUINT64_FORMAT " 1\n1 1 %" G_GUINT64_FORMAT "\n%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
                                          id, id - 1, id + 1, id + 1, ALL_IDS - id - 1);
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean done = fd >= 0 && write (fd, map, strlen (map)) == (gssize) strlen (map);

  if (fd >= 0)
    g_close (fd, NULL);

  return done;
}

/* Held by a process that does nothing else, until we have it. */
static pid_t
start_holder (int *said)
{
  int ends[2];
  pid_t pid;
  char byte = 0;

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return -1;
  pid = fork ();
  if (pid == 0)
    {
      byte = unshare (CLONE_NEWUSER) == 0;
      if (write (ends[1], &byte, 1) == 1)
        pause ();
      _exit (0);
    }
  g_close (ends[1], NULL);
  *said = ends[0];

  return pid;
}

static gpointer
make_namespace (gpointer data)
{
  const VigIdentity *identity = vig_identity_get_dedicated ();
  int said = -1;
  pid_t pid = start_holder (&said);
  g_autofree char *path = g_strdup_printf ("/proc/%d/ns/user", (int) pid);
  char byte = 0;
  int fd = -1;

  if (pid > 0 && read (said, &byte, 1) == 1 && byte == 1 && write_map (pid, "uid_map", identity->uid) && write_map (pid, "gid_map", identity->gid))
    fd = open (path, O_RDONLY | O_CLOEXEC);
  if (said >= 0)
    g_close (said, NULL);
  if (pid > 0)
    {
      kill (pid, SIGKILL);
      waitpid (pid, NULL, 0);
    }

  return GINT_TO_POINTER (fd + 1);
}

static int
get_namespace (void)
{
  static GOnce once = G_ONCE_INIT;

  return disabled ? -1 : GPOINTER_TO_INT (g_once (&once, make_namespace, NULL)) - 1;
}

void
vig_idmap_set_disabled (gboolean value)
{
  disabled = value;
}

/* A mount of @path that is nowhere yet, or -1: this kernel, this file system or our privileges do not have it. */
static int
clone_tree (const char *path)
{
  struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };
  int namespace = get_namespace ();
  int tree;

  if (namespace < 0)
    return -1;
  tree = (int) syscall (SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (tree < 0)
    return -1;

  attr.userns_fd = (guint64) namespace;
  if (syscall (SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) == 0)
    return tree;
  g_close (tree, NULL);

  return -1;
}

/* The topmost folder above @path that not everybody may pass, or NULL. */
static char *
find_cover (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *above = NULL;
  struct stat info;

  if (g_str_equal (folder, "/") || g_str_equal (folder, "."))
    return NULL;
  above = find_cover (folder);
  if (above != NULL)
    return g_steal_pointer (&above);

  return stat (folder, &info) == 0 && (info.st_mode & S_IXOTH) == 0 ? g_steal_pointer (&folder) : NULL;
}

gboolean
vig_place_init (VigPlace *self, const char *path)
{
  char *canonical = realpath (path, NULL);
  struct stat info = { 0 };

  memset (self, 0, sizeof *self);
  self->tree = -1;
  if (canonical == NULL)
    return FALSE;

  self->path = g_strdup (canonical);
  free (canonical);
  self->is_folder = stat (self->path, &info) == 0 && S_ISDIR (info.st_mode);
  self->cover = find_cover (self->path);
  self->tree = clone_tree (self->path);

  return self->tree >= 0;
}

void
vig_place_clear (VigPlace *self)
{
  if (self->tree >= 0)
    g_close (self->tree, NULL);
  self->tree = -1;
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->cover, g_free);
}
