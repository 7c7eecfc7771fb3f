/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* The kernel's interface up to ABI 7, by hand: headers in use are older than kernels in use. */
#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1

#define FS_EXECUTE    (G_GUINT64_CONSTANT (1) << 0)
#define FS_WRITE_FILE (G_GUINT64_CONSTANT (1) << 1)
#define FS_READ_FILE  (G_GUINT64_CONSTANT (1) << 2)
#define FS_READ_DIR   (G_GUINT64_CONSTANT (1) << 3)
#define FS_MAKE_CHAR  (G_GUINT64_CONSTANT (1) << 6)
#define FS_MAKE_SOCK  (G_GUINT64_CONSTANT (1) << 9)
#define FS_MAKE_FIFO  (G_GUINT64_CONSTANT (1) << 10)
#define FS_MAKE_BLOCK (G_GUINT64_CONSTANT (1) << 11)
#define FS_REFER      (G_GUINT64_CONSTANT (1) << 13)
#define FS_TRUNCATE   (G_GUINT64_CONSTANT (1) << 14)
#define FS_IOCTL_DEV  (G_GUINT64_CONSTANT (1) << 15)
#define FS_ABI_1      ((G_GUINT64_CONSTANT (1) << 13) - 1)
#define FS_ON_FILES   (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define FS_READ       (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)

#define NET_BIND_TCP    (G_GUINT64_CONSTANT (1) << 0)
#define NET_CONNECT_TCP (G_GUINT64_CONSTANT (1) << 1)
#define SCOPE_ABSTRACT_UNIX (G_GUINT64_CONSTANT (1) << 0)
#define SCOPE_SIGNAL        (G_GUINT64_CONSTANT (1) << 1)

typedef struct
{
  guint64 handled_fs;
  guint64 handled_net;
  guint64 scoped;
} RulesetAttr;

typedef struct __attribute__ ((packed))
{
  guint64 allowed;
  gint32  parent;
} PathAttr;

static int abi_max = G_MAXINT;

/* What ordinary programs read. Of /proc, Landlock itself hides what belongs to processes outside (environ, maps, root, fd). */
static const char * const system_paths[] = {
  "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64",
  "/proc", "/sys/block", "/sys/class", "/sys/devices",
  "/etc/alternatives", "/etc/ca-certificates", "/etc/debian_version", "/etc/group", "/etc/hostname", "/etc/hosts", "/etc/ld.so.cache",
  "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/locale.alias", "/etc/localtime", "/etc/magic", "/etc/mime.types", "/etc/nsswitch.conf",
  "/etc/os-release", "/etc/passwd", "/etc/protocols", "/etc/resolv.conf", "/etc/services", "/etc/ssl/certs", "/etc/ssl/openssl.cnf",
  "/etc/terminfo", "/etc/timezone",
  "/dev/full", "/dev/random", "/dev/urandom", "/dev/zero",
  NULL,
};

/* What the C library and ours may have to look up first in any thread: how to convert a text, what a file's type is, what an error is called. Nothing
 * of a process: to the kernel a thread's own /proc is the whole daemon's. */
static const char * const library_paths[] = {
  "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/share", "/lib", "/lib32", "/lib64", "/etc/localtime", "/dev/null", "/dev/urandom", NULL,
};

void
vig_landlock_set_abi_max (int max)
{
  abi_max = max;
}

int
vig_landlock_get_abi (void)
{
  long abi = syscall (SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

  return abi > 0 ? (int) MIN (abi, abi_max) : 0;
}

static int
create_ruleset (int abi, gboolean allow_network, guint64 *rights)
{
  RulesetAttr attr = { FS_ABI_1, 0, 0 };
  gsize size = 8;

  if (abi >= 2)
    attr.handled_fs |= FS_REFER;
  if (abi >= 3)
    attr.handled_fs |= FS_TRUNCATE;
  if (abi >= 4)
    {
      attr.handled_net = NET_BIND_TCP | (allow_network ? 0 : NET_CONNECT_TCP);
      size = 16;
    }
  if (abi >= 5)
    attr.handled_fs |= FS_IOCTL_DEV;
  if (abi >= 6)
    {
      attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
      size = 24;
    }

  *rights = attr.handled_fs;

  return (int) syscall (SYS_landlock_create_ruleset, &attr, size, 0);
}

static gboolean
allow_descriptor (int ruleset, int fd, guint64 rights)
{
  PathAttr attr = { rights, fd };
  struct stat info;

  if (fstat (fd, &info) == 0 && !S_ISDIR (info.st_mode))
    attr.allowed &= FS_ON_FILES;

  return syscall (SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &attr, 0) == 0;
}

/* A path that is not there is no loss: nothing beneath it can be reached. */
static gboolean
allow_path (int ruleset, const char *path, guint64 rights)
{
  int fd = open (path, O_PATH | O_CLOEXEC);
  gboolean done;

  if (fd < 0)
    return errno == ENOENT || errno == EACCES || errno == ENOTDIR;

  done = allow_descriptor (ruleset, fd, rights);
  g_close (fd, NULL);

  return done;
}

static gboolean
allow_all (int ruleset, const VigSandboxSpec *spec, const char * const *write_paths, guint64 handled)
{
  guint64 all = handled & ~(FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_IOCTL_DEV);
  gboolean done = allow_path (ruleset, "/dev/null", (FS_READ | FS_WRITE_FILE | FS_TRUNCATE) & handled);
  guint i;

  for (i = 0; system_paths[i] != NULL && done; i++)
    done = allow_path (ruleset, system_paths[i], FS_READ);
  for (i = 0; spec->read_paths != NULL && spec->read_paths[i] != NULL && done; i++)
    done = allow_path (ruleset, spec->read_paths[i], FS_READ);
  for (i = 0; write_paths != NULL && write_paths[i] != NULL && done; i++)
    done = allow_path (ruleset, write_paths[i], all);
  if (done && spec->working_directory != NULL)
    done = allow_path (ruleset, spec->working_directory, spec->read_only ? FS_READ : all);

  return done;
}

static gboolean
allow_places (int ruleset, const VigFilesPlace *places, guint n_places, guint64 handled)
{
  guint64 all = handled & ~(FS_EXECUTE | FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_MAKE_SOCK | FS_MAKE_FIFO | FS_IOCTL_DEV);
  gboolean done = TRUE;
  guint i;

  for (i = 0; library_paths[i] != NULL && done; i++)
    done = allow_path (ruleset, library_paths[i], FS_READ & ~FS_EXECUTE);
  for (i = 0; i < n_places && done; i++)
    done = allow_descriptor (ruleset, places[i].folder, places[i].writes ? all : FS_READ & ~FS_EXECUTE);

  return done;
}

static int
finish (int ruleset, gboolean done, GError **error)
{
  if (ruleset >= 0 && done)
    return ruleset;

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "failed to make a Landlock ruleset: %s", g_strerror (errno));
  if (ruleset >= 0)
    g_close (ruleset, NULL);

  return -1;
}

int
vig_landlock_make_files_ruleset (const VigFilesPlace *places, guint n_places, GError **error)
{
  guint64 handled;
  int ruleset = create_ruleset (vig_landlock_get_abi (), FALSE, &handled);

  return finish (ruleset, ruleset >= 0 && allow_places (ruleset, places, n_places, handled), error);
}

int
vig_landlock_make_ruleset (const VigSandboxSpec *spec, const char * const *write_paths, GError **error)
{
  int abi = vig_landlock_get_abi ();
  guint64 handled;
  int ruleset;

  if (abi < 1)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "this kernel cannot confine commands: Landlock is missing");
      return -1;
    }

  ruleset = create_ruleset (abi, spec->allow_network, &handled);

  return finish (ruleset, ruleset >= 0 && allow_all (ruleset, spec, write_paths, handled), error);
}
