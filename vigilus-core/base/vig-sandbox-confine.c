/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define SEARCH_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static gint refused;

void
vig_confinement_set_refused (gboolean value)
{
  g_atomic_int_set (&refused, value);
}

static char *
find_program (const char *name)
{
  g_auto (GStrv) folders = NULL;
  guint i;

  if (strchr (name, '/') != NULL)
    return g_strdup (name);

  folders = g_strsplit (SEARCH_PATH, ":", -1);
  for (i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folders[i], name, NULL);

      if (access (path, X_OK) == 0)
        return g_steal_pointer (&path);
    }

  return NULL;
}

static char **
make_environment (const char *home)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *home_entry = g_strconcat ("HOME=", home, NULL);
  g_autofree char *tmp_entry = g_strconcat ("TMPDIR=", home, NULL);

  g_strv_builder_add_many (builder, "PATH=" SEARCH_PATH, "LANG=C.UTF-8", home_entry, tmp_entry, NULL);

  return g_strv_builder_end (builder);
}

/* Whether anybody may pass through all folders above @path. */
static gboolean
is_reachable (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct stat info;

  if (stat (folder, &info) != 0 || (info.st_mode & S_IXOTH) == 0)
    return FALSE;

  return g_str_equal (folder, "/") || is_reachable (folder);
}

static gboolean
are_reachable (const char * const *paths)
{
  guint i;

  for (i = 0; paths != NULL && paths[i] != NULL; i++)
    if (!is_reachable (paths[i]) && g_file_test (paths[i], G_FILE_TEST_EXISTS))
      return FALSE;

  return TRUE;
}

static rlim_t
count_threads (uid_t uid)
{
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  const char *name;
  rlim_t n = 0;

  while (proc != NULL && (name = g_dir_read_name (proc)) != NULL)
    {
      g_autofree char *path = g_ascii_isdigit (*name) ? g_strconcat ("/proc/", name, "/task", NULL) : NULL;
      struct stat info;

      if (path != NULL && stat (path, &info) == 0 && info.st_uid == uid && info.st_nlink > 2)
        n += info.st_nlink - 2;
    }

  return n;
}

/* The limit counts all threads of a user, so what runs already must fit too. The number is rough anyway: it may be a second old. */
static rlim_t
get_thread_count (uid_t uid)
{
  static GMutex mutex;
  static uid_t last_uid;
  static gint64 last_time;
  static rlim_t last_count;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  gint64 now = g_get_monotonic_time ();

  if (last_time == 0 || last_uid != uid || now - last_time > G_USEC_PER_SEC)
    {
      last_count = count_threads (uid);
      last_uid = uid;
      last_time = now;
    }

  return last_count;
}

/* Whoever owns @place, but root. */
static gboolean
become_owner (VigConfinement *self, const char *place)
{
  struct stat info = { 0 };
  struct passwd *user;

  if (stat (place, &info) != 0 || info.st_uid == 0)
    return FALSE;

  self->uid = info.st_uid;
  self->gid = info.st_gid;
  user = getpwuid (info.st_uid);
  if (user != NULL)
    self->gid = user->pw_gid;

  return TRUE;
}

static gboolean
add_place (VigConfinement *self, const char *path)
{
  return self->n_places < VIG_SANDBOX_MAX_PLACES && vig_place_init (&self->places[self->n_places++], path);
}

/* What is shut to others comes along too: programs and files for reading that lie beneath root's home, say. */
static gboolean
add_unreachable (VigConfinement *self, const char * const *paths)
{
  gboolean done = TRUE;
  guint i;

  for (i = 0; paths != NULL && paths[i] != NULL && done; i++)
    done = is_reachable (paths[i]) || !g_file_test (paths[i], G_FILE_TEST_EXISTS) || add_place (self, paths[i]);

  return done;
}

static gboolean
add_places (VigConfinement *self, const VigSandboxSpec *spec, const char * const *write_paths)
{
  const char * const program[] = { self->program, NULL };
  gboolean done = spec->working_directory == NULL || add_place (self, spec->working_directory);
  guint i;

  for (i = 0; write_paths != NULL && write_paths[i] != NULL && done; i++)
    done = !g_file_test (write_paths[i], G_FILE_TEST_EXISTS) || add_place (self, write_paths[i]);

  return done && add_unreachable (self, program) && add_unreachable (self, spec->read_paths);
}

static void
clear_places (VigConfinement *self)
{
  guint i;

  for (i = 0; i < self->n_places; i++)
    vig_place_clear (&self->places[i]);
  self->n_places = 0;
}

static gboolean
needs_places (VigConfinement *self, const VigSandboxSpec *spec, const char * const *write_paths)
{
  return spec->working_directory != NULL || (write_paths != NULL && write_paths[0] != NULL) || !is_reachable (self->program) || !are_reachable (spec->read_paths);
}

/* As root: the owner of the working directory or of the first place to write, whoever that is but root. Else a user that is there
 * for nothing else, to whom root's places are shown as its own; where they can't be, root remains, without any capability. */
static void
choose_identity (VigConfinement *self, const VigSandboxSpec *spec, const char * const *write_paths)
{
  const char *place = spec->working_directory != NULL ? spec->working_directory : write_paths != NULL ? write_paths[0] : NULL;

  self->is_root = geteuid () == 0;
  self->uid = geteuid ();
  self->gid = getegid ();
  if (!self->is_root || (place != NULL && become_owner (self, place)))
    return;

  if (needs_places (self, spec, write_paths) && (!vig_namespaces_are_available () || !add_places (self, spec, write_paths)))
    {
      clear_places (self);
      return;
    }
  self->uid = vig_identity_get_dedicated ()->uid;
  self->gid = vig_identity_get_dedicated ()->gid;
}

static gboolean
open_directory (VigConfinement *self, const VigSandboxSpec *spec, GError **error)
{
  const char *path = spec->working_directory != NULL ? spec->working_directory : "/";

  self->directory = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->directory >= 0)
    return TRUE;

  g_set_error (error, VIG_ERROR, errno == ENOENT ? VIG_ERROR_NOT_FOUND : VIG_ERROR_FAILED, "failed to open working directory %s: %s", path, g_strerror (errno));

  return FALSE;
}

gboolean
vig_confinement_init (VigConfinement *self, const VigSandboxSpec *spec, const char * const *write_paths, GError **error)
{
  const char *home = spec->working_directory != NULL ? spec->working_directory : "/";
  VigSeccompFlags flags;

  memset (self, 0, sizeof *self);
  self->directory = self->ruleset = -1;
  if (g_atomic_int_get (&refused))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "commands are not run: confinement did not hold in the self-test; see Settings, About");
      return FALSE;
    }

  self->program = find_program (spec->argv[0]);
  if (self->program == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "program %s not found", spec->argv[0]);
      return FALSE;
    }
  self->ask_signals = vig_landlock_get_abi () < VIG_LANDLOCK_ABI_SCOPES;
  flags = (spec->allow_network ? VIG_SECCOMP_NETWORK : 0) | (spec->allow_attributes ? VIG_SECCOMP_ATTRIBUTES : 0)
          | (spec->allow_unix ? VIG_SECCOMP_UNIX : 0) | (spec->allow_raw ? VIG_SECCOMP_PACKET : 0)
          | (self->ask_signals ? VIG_SECCOMP_ASK_SIGNALS : 0);
  if (!vig_seccomp_get_filter (flags, &self->filter, error) || !open_directory (self, spec, error))
    return FALSE;

  self->ruleset = vig_landlock_make_ruleset (spec, write_paths, error);
  if (self->ruleset < 0)
    return FALSE;

  choose_identity (self, spec, write_paths);
  self->namespaces = vig_namespaces_choose (spec->allow_network);
  self->max_processes = get_thread_count (self->uid) + VIG_SANDBOX_MAX_PROCESSES;
  self->has_home = spec->working_directory != NULL;
  self->keep_raw = spec->allow_raw;
  self->argv = g_strdupv ((char **) spec->argv);
  self->environment = make_environment (self->n_places > 0 && spec->working_directory != NULL ? self->places[0].path : home);

  return TRUE;
}

void
vig_confinement_clear (VigConfinement *self)
{
  if (self->directory >= 0)
    g_close (self->directory, NULL);
  if (self->ruleset >= 0)
    g_close (self->ruleset, NULL);
  clear_places (self);
  g_clear_pointer (&self->program, g_free);
  g_clear_pointer (&self->argv, g_strfreev);
  g_clear_pointer (&self->environment, g_strfreev);
}

static gboolean
set_limit (int what, rlim_t value)
{
  struct rlimit limit;

  if (getrlimit ((__rlimit_resource_t) what, &limit) == 0 && limit.rlim_max < value)
    value = limit.rlim_max;
  limit.rlim_cur = limit.rlim_max = value;

  return setrlimit ((__rlimit_resource_t) what, &limit) == 0;
}

/* AddressSanitizer reserves terabytes before main (): a child that is built with it starts under no such limit. */
static gboolean
limit_memory (void)
{
#if defined (__SANITIZE_ADDRESS__)
  return TRUE;
#else
  return set_limit (RLIMIT_DATA, (rlim_t) 1 << 32);
#endif
}

static gboolean
set_limits (const VigConfinement *self)
{
  return set_limit (RLIMIT_CORE, 0)
         && set_limit (RLIMIT_NOFILE, 1024)
         && set_limit (RLIMIT_FSIZE, (rlim_t) 1 << 30)
         && limit_memory ()
         && set_limit (RLIMIT_MEMLOCK, 1 << 16)
         && set_limit (RLIMIT_NPROC, self->max_processes);
}

gboolean
vig_capabilities_keep (guint32 *kept, gboolean inherit)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct now[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
  struct __user_cap_data_struct wanted[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

  if (syscall (SYS_capget, &header, now) != 0)
    return FALSE;

  *kept &= now[0].permitted;
  wanted[0].permitted = *kept;
  wanted[0].effective = inherit ? *kept : now[0].effective & *kept;
  wanted[0].inheritable = inherit ? *kept : 0;

  return memcmp (now, wanted, sizeof now) == 0 || syscall (SYS_capset, &header, wanted) == 0;
}

/* The one for raw packets goes on to the program that is executed, where it is to be kept and there. */
static gboolean
drop_capabilities (gboolean keep_raw)
{
  guint32 kept = keep_raw ? 1u << CAP_NET_RAW : 0;

  prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (!vig_capabilities_keep (&kept, TRUE))
    return FALSE;

  return kept == 0 || prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) == 0;
}

/* What a program that is executed can ever get back: of all capabilities none but that for raw packets, where it is kept; the kernel knows fewer
 * than 64. Where it is not ours to change, there is nothing to get. */
static gboolean
bound_capabilities (gboolean is_root)
{
  int capability;

  for (capability = 0; is_root && capability < 64; capability++)
    if (capability != CAP_NET_RAW && prctl (PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
      return errno == EINVAL;

  return TRUE;
}

/* By system call: the C library's functions would wait for threads that are not there after a fork. */
static gboolean
become (const VigConfinement *self)
{
  if (self->is_root)
    {
      if (!self->keep_raw && prctl (PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0) != 0)
        return FALSE;
      prctl (PR_SET_KEEPCAPS, self->keep_raw, 0, 0, 0);
      if (syscall (SYS_setgroups, 0, NULL) != 0
          || syscall (SYS_setresgid, self->gid, self->gid, self->gid) != 0
          || syscall (SYS_setresuid, self->uid, self->uid, self->uid) != 0)
        return FALSE;
    }

  return drop_capabilities (self->keep_raw);
}

static void
reset_signals (void)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  sigset_t none;
  int i;

  for (i = 1; i < NSIG; i++)
    sigaction (i, &action, NULL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* With a listener, its descriptor in @listener; else -1. Only that needs seccomp (), which systemd's @system-service leaves out. */
static gboolean
install_filter (const VigConfinement *self, int *listener)
{
  *listener = -1;
  if (!self->ask_signals)
    return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &self->filter, 0, 0) == 0;

  *listener = (int) syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &self->filter);

  return *listener >= 0;
}

static gboolean
enter_directory (const VigConfinement *self)
{
  return fchdir (self->has_home && self->n_places > 0 ? self->places[0].tree : self->directory) == 0;
}

VigStage
vig_confinement_prepare (pid_t parent, const VigCgroup *cgroup, gboolean in_group, int namespaces)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid () != parent) /* it died before that was set */
    return VIG_STAGE_START;
  setsid ();
  reset_signals ();
  vig_cgroup_join (cgroup, in_group);

  if (namespaces != 0 && unshare (namespaces) != 0)
    return VIG_STAGE_NAMESPACES;

  return bound_capabilities (geteuid () == 0) ? VIG_STAGE_NONE : VIG_STAGE_USER;
}

/* In this order: the user first, for that takes privileges; then what takes them away for good, and what holds for that user. */
VigStage
vig_confinement_apply (const VigConfinement *self, int *listener)
{
  pid_t supervisor = getppid ();

  if (!vig_namespaces_mount (self))
    return VIG_STAGE_NAMESPACES;
  if (!become (self) || !enter_directory (self))
    return VIG_STAGE_USER;
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return VIG_STAGE_USER;
  if (!set_limits (self))
    return VIG_STAGE_LIMITS;
  if (syscall (SYS_landlock_restrict_self, self->ruleset, 0) != 0)
    return VIG_STAGE_LANDLOCK;
  umask (022);
  if (syscall (SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
    return VIG_STAGE_START;
  prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* of the supervisor: a change of identity has cleared it */
  if (getppid () != supervisor)
    return VIG_STAGE_START;
  if (!install_filter (self, listener))
    return VIG_STAGE_SECCOMP;

  return VIG_STAGE_EXEC;
}
