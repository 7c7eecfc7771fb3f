/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Namespaces that need no user namespace: whoever is in one of those sees others' files as nobody's, so an unprivileged daemon
 * does without, and seccomp alone keeps its commands from sockets and from System V's and POSIX's objects. */
#define COVER_OPTIONS "mode=755,size=64k,nr_inodes=256"

static gboolean disabled;

void
vig_namespaces_set_disabled (gboolean value)
{
  disabled = value;
}

static gpointer
probe (gpointer data)
{
  int status = -1;
  pid_t pid = fork ();

  if (pid == 0)
    _exit (unshare (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS) == 0 ? 0 : 1);
  while (pid > 0 && waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;

  return GINT_TO_POINTER (pid > 0 && WIFEXITED (status) && WEXITSTATUS (status) == 0);
}

gboolean
vig_namespaces_are_available (void)
{
  static GOnce once = G_ONCE_INIT;

  return !disabled && geteuid () == 0 && GPOINTER_TO_INT (g_once (&once, probe, NULL));
}

int
vig_namespaces_choose (gboolean network)
{
  return vig_namespaces_are_available () ? CLONE_NEWIPC | (network ? 0 : CLONE_NEWNET) : 0;
}

/* Makes the folders above @path, and itself. */
static gboolean
make_path (const char *path, gboolean is_folder)
{
  char part[PATH_MAX];
  gsize length = strlen (path);
  gsize i;
  int fd;

  if (length >= sizeof part)
    return FALSE;
  memcpy (part, path, length + 1);
  for (i = 1; i <= length; i++)
    if (part[i] == '/' || (part[i] == '\0' && is_folder))
      {
        part[i] = '\0';
        if (mkdir (part, 0755) != 0 && errno != EEXIST)
          return FALSE;
        part[i] = path[i];
      }
  if (is_folder)
    return TRUE;

  fd = open (path, O_CREAT | O_RDONLY | O_CLOEXEC, 0644);
  if (fd >= 0)
    close (fd);

  return fd >= 0;
}

static gboolean
is_covered (const VigConfinement *self, guint before, const char *cover)
{
  guint i;

  for (i = 0; i < before; i++)
    if (self->places[i].cover != NULL && strcmp (self->places[i].cover, cover) == 0)
      return TRUE;

  return FALSE;
}

/* What lies above a place and is shut to others is covered by an empty folder in which there is only the way to the place. */
static gboolean
mount_place (const VigConfinement *self, guint i)
{
  const VigPlace *place = &self->places[i];

  if (place->cover != NULL
      && ((!is_covered (self, i, place->cover) && mount ("vigilus", place->cover, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, COVER_OPTIONS) != 0)
          || !make_path (place->path, place->is_folder)))
    return FALSE;

  return syscall (SYS_move_mount, place->tree, "", AT_FDCWD, place->path, MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

gboolean
vig_namespaces_mount (const VigConfinement *self)
{
  guint i;

  if (self->n_places == 0)
    return TRUE;
  if (unshare (CLONE_NEWNS) != 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
    return FALSE;
  umask (022);
  for (i = 0; i < self->n_places; i++)
    if (!mount_place (self, i))
      return FALSE;

  return TRUE;
}
