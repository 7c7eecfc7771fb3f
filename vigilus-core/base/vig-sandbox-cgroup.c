/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* A control group of its own for each command, where the daemon may make any: in version 1 one in the hierarchy of pids and one
 * in that of memory, in version 2 one for all. What a command starts cannot leave it, whatever sessions it opens and whoever its
 * parent is. See cgroups(7) and the kernel's admin-guide/cgroup-v2. */
#define PREFIX "vigilus-"
#define LEAF "vigilus-daemon"
#define KILL_ROUNDS 1000
#define KILL_PAUSE 1000 /* microseconds */

typedef struct
{
  char    *folder;   /* where ours are made, or NULL */
  gboolean unified;  /* version 2 */
  gboolean pids;
  gboolean memory;
} Hierarchy;

static Hierarchy hierarchies[VIG_CGROUP_MAX];
static gboolean disabled;

static gboolean
write_file (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean done = fd >= 0 && write (fd, text, strlen (text)) == (gssize) strlen (text);

  if (fd >= 0)
    g_close (fd, NULL);

  return done;
}

static char *
read_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : g_strdup ("");
}

static gboolean
has_word (const char *words, const char *word, const char *separators)
{
  g_auto (GStrv) list = g_strsplit_set (words, separators, -1);

  return g_strv_contains ((const char * const *) list, word);
}

/* The path of our own group, in /proc/self/cgroup: "number:controllers:path", without controllers for version 2. */
static char *
find_own_path (const char *membership, const char *controller)
{
  g_auto (GStrv) lines = g_strsplit (membership, "\n", -1);
  guint i;

  for (i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (lines[i], ":", 3);

      if (g_strv_length (parts) == 3 && (controller == NULL ? *parts[1] == '\0' : has_word (parts[1], controller, ",")))
        return g_steal_pointer (&parts[2]);
    }

  return NULL;
}

/* Where the group @own is, by one line of /proc/self/mountinfo (proc(5)): "id parent device root point options [fields] - type source options". */
static char *
find_in_mount (const char *line, const char *own, const char *controller)
{
  const char *end = strstr (line, " - ");
  g_auto (GStrv) front = g_strsplit (line, " ", 6);
  g_auto (GStrv) back = end != NULL ? g_strsplit (end + 3, " ", 3) : NULL;

  if (back == NULL || g_strv_length (front) < 6 || g_strv_length (back) < 3)
    return NULL;
  if (!g_str_equal (back[0], controller == NULL ? "cgroup2" : "cgroup") || (controller != NULL && !has_word (back[2], controller, ",")))
    return NULL;
  if (g_str_equal (front[3], "/"))
    return g_build_filename (front[4], own, NULL);

  return g_str_has_prefix (own, front[3]) ? g_build_filename (front[4], own + strlen (front[3]), NULL) : NULL;
}

char *
vig_cgroup_find_folder (const char *mounts, const char *membership, const char *controller)
{
  g_autofree char *own = find_own_path (membership, controller);
  g_auto (GStrv) lines = own != NULL ? g_strsplit (mounts, "\n", -1) : NULL;
  char *folder = NULL;
  guint i;

  for (i = 0; lines != NULL && lines[i] != NULL && folder == NULL; i++)
    folder = find_in_mount (lines[i], own, controller);

  return folder;
}

/* Version 2 has limits only in groups beneath one that holds no process itself, so the daemon moves into a leaf. Where others are in the group
 * too, it is left as it is: pids could be handed down even then, but what is made there would be of the type "domain invalid" and take nobody in.
 * Without, it has no limits but can be killed. */
static void
hand_down_controllers (Hierarchy *self)
{
  g_autofree char *controllers = read_file (self->folder, "cgroup.controllers");
  g_autofree char *processes = read_file (self->folder, "cgroup.procs");
  g_autofree char *only_me = g_strdup_printf ("%d\n", (int) getpid ());
  g_autofree char *leaf = g_build_filename (self->folder, LEAF, NULL);
  g_autofree char *handed = NULL;

  if (!g_str_equal (processes, only_me) || (g_mkdir (leaf, 0755) != 0 && errno != EEXIST) || !write_file (leaf, "cgroup.procs", "0"))
    return;

  if (has_word (controllers, "pids", " \n"))
    write_file (self->folder, "cgroup.subtree_control", "+pids");
  if (has_word (controllers, "memory", " \n"))
    write_file (self->folder, "cgroup.subtree_control", "+memory");

  handed = read_file (self->folder, "cgroup.subtree_control");
  self->pids = has_word (handed, "pids", " \n");
  self->memory = has_word (handed, "memory", " \n");
}

static gboolean
can_make (const char *folder)
{
  g_autofree char *path = g_strdup_printf ("%s/" PREFIX "%d-probe", folder, (int) getpid ());

  return g_mkdir (path, 0755) == 0 && g_rmdir (path) == 0;
}

/* By its name it belongs to a process that is there. */
static gboolean
is_in_use (const char *name)
{
  gint64 pid = g_ascii_strtoll (name + strlen (PREFIX), NULL, 10);

  return pid <= 0 || kill ((pid_t) pid, 0) == 0 || errno != ESRCH;
}

/* What a daemon left behind that was killed: only what is empty goes. */
static void
remove_old (const char *folder)
{
  g_autoptr (GDir) listing = g_dir_open (folder, 0, NULL);
  const char *name;

  while (listing != NULL && (name = g_dir_read_name (listing)) != NULL)
    if (g_str_has_prefix (name, PREFIX) && !is_in_use (name))
      {
        g_autofree char *path = g_build_filename (folder, name, NULL);

        g_rmdir (path);
      }
}

static void
detect (void)
{
  static const char * const controllers[VIG_CGROUP_MAX] = { "pids", "memory", NULL };
  g_autofree char *mounts = read_file ("/proc/self", "mountinfo");
  g_autofree char *membership = read_file ("/proc/self", "cgroup");
  guint i;

  for (i = 0; i < VIG_CGROUP_MAX; i++)
    {
      Hierarchy *self = &hierarchies[i];
      g_autofree char *folder = vig_cgroup_find_folder (mounts, membership, controllers[i]);

      if (folder == NULL || !can_make (folder))
        continue;
      remove_old (folder);
      self->folder = g_steal_pointer (&folder);
      self->unified = controllers[i] == NULL;
      self->pids = i == 0;
      self->memory = i == 1;
      if (self->unified)
        hand_down_controllers (self);
    }
}

static void
ensure_detected (void)
{
  static gsize done;

  if (g_once_init_enter (&done))
    {
      detect ();
      g_once_init_leave (&done, 1);
    }
}

void
vig_cgroup_set_disabled (gboolean value)
{
  disabled = value;
}

VigCgroupAbilities
vig_cgroup_get_abilities (void)
{
  VigCgroupAbilities abilities = 0;
  guint i;

  ensure_detected ();
  for (i = 0; i < VIG_CGROUP_MAX && !disabled; i++)
    if (hierarchies[i].folder != NULL)
      abilities |= VIG_CGROUP_KILL | (hierarchies[i].pids ? VIG_CGROUP_PIDS : 0) | (hierarchies[i].memory ? VIG_CGROUP_MEMORY : 0)
                   | (hierarchies[i].unified ? VIG_CGROUP_UNIFIED : 0);

  return abilities;
}

/* Half of what the machine has, and no more than the constant: the rest belongs to whoever else lives here. */
static guint64
get_memory_limit (void)
{
  guint64 machine = (guint64) sysconf (_SC_PHYS_PAGES) * (guint64) sysconf (_SC_PAGESIZE);

  return MIN (machine / 2, VIG_SANDBOX_MAX_MEMORY);
}

static void
set_limits (const Hierarchy *hierarchy, const char *path)
{
  g_autofree char *memory = g_strdup_printf ("%" G_GUINT64_FORMAT, get_memory_limit ());

  if (hierarchy->pids)
    write_file (path, "pids.max", G_STRINGIFY (VIG_SANDBOX_MAX_PROCESSES));
  if (hierarchy->memory && hierarchy->unified)
    {
      write_file (path, "memory.max", memory);
      write_file (path, "memory.swap.max", "0");
    }
  else if (hierarchy->memory)
    {
      write_file (path, "memory.limit_in_bytes", memory);
      write_file (path, "memory.memsw.limit_in_bytes", memory);
    }
}

static void
open_group (VigCgroup *self, guint i)
{
  static guint64 last;
  static GMutex mutex;
  g_autofree char *path = NULL;
  guint64 number;

  g_mutex_lock (&mutex);
  number = ++last;
  g_mutex_unlock (&mutex);
  path = g_strdup_printf ("%s/" PREFIX "%d-%" G_GUINT64_FORMAT, hierarchies[i].folder, (int) getpid (), number);
  if (g_mkdir (path, 0755) != 0)
    return;

  set_limits (&hierarchies[i], path);
  self->join[i] = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!hierarchies[i].unified && self->join[i] >= 0)
    {
      int folder = self->join[i];

      /* Who joins is one thread, and "tasks" moves one: "cgroup.procs" would first stop every fork and exec on the machine, for 10 ms and more. */
      self->join[i] = openat (folder, "tasks", O_WRONLY | O_CLOEXEC);
      g_close (folder, NULL);
    }
  self->folders[i] = g_steal_pointer (&path);
}

void
vig_cgroup_init (VigCgroup *self)
{
  guint i;

  ensure_detected ();
  for (i = 0; i < VIG_CGROUP_MAX; i++)
    {
      self->folders[i] = NULL;
      self->join[i] = -1;
      if (hierarchies[i].folder != NULL && !disabled)
        open_group (self, i);
    }
}

/* The C library has no clone3 (); what it keeps of a process is right for who only makes system calls until it is another program. */
int
vig_cgroup_fork (const VigCgroup *self, gboolean *born_inside)
{
  guint i;

  *born_inside = TRUE;
  for (i = 0; i < VIG_CGROUP_MAX; i++)
    if (hierarchies[i].unified && self->join[i] >= 0)
      {
        struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (guint64) self->join[i] };
        int child = (int) syscall (SYS_clone3, &args, sizeof args);

        if (child >= 0)
          return child;
      }
  *born_inside = FALSE;

  return fork ();
}

static gssize
join_unified (int folder)
{
  int fd = openat (folder, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  gssize n = fd >= 0 ? write (fd, "0", 1) : -1;

  if (fd >= 0)
    close (fd);

  return n;
}

/* "0" is the writer. A group that refuses is one less; the supervisor still finds all descendants. */
void
vig_cgroup_join (const VigCgroup *self, gboolean born_inside)
{
  gssize n = 0;
  guint i;

  for (i = 0; i < VIG_CGROUP_MAX && n >= 0; i++)
    if (self->join[i] >= 0 && !hierarchies[i].unified)
      n = write (self->join[i], "0", 1);
    else if (self->join[i] >= 0 && !born_inside)
      n = join_unified (self->join[i]);
}

/* TRUE: nobody is in it any more. */
static gboolean
kill_once (const char *folder)
{
  g_autofree char *text = read_file (folder, "cgroup.procs");
  g_auto (GStrv) pids = g_strsplit (text, "\n", -1);
  guint n = 0;
  guint i;

  for (i = 0; pids[i] != NULL; i++)
    {
      gint64 pid = g_ascii_strtoll (pids[i], NULL, 10);

      if (pid > 1 && kill ((pid_t) pid, SIGKILL) == 0)
        n++;
    }

  return n == 0;
}

void
vig_cgroup_kill (const VigCgroup *self)
{
  guint round;
  guint i;

  for (i = 0; i < VIG_CGROUP_MAX; i++)
    if (self->folders[i] != NULL)
      {
        write_file (self->folders[i], "cgroup.kill", "1"); /* version 2, Linux 5.14: all at once */
        for (round = 0; round < KILL_ROUNDS && !kill_once (self->folders[i]); round++)
          g_usleep (KILL_PAUSE);
      }
}

guint64
vig_cgroup_count_oom_kills (const VigCgroup *self)
{
  guint64 kills = 0;
  guint i;

  for (i = 0; i < VIG_CGROUP_MAX; i++)
    if (self->folders[i] != NULL && hierarchies[i].memory)
      {
        g_autofree char *text = read_file (self->folders[i], hierarchies[i].unified ? "memory.events" : "memory.oom_control");
        const char *line = strstr (text, "oom_kill ");

        kills += line != NULL ? g_ascii_strtoull (line + strlen ("oom_kill "), NULL, 10) : 0;
      }

  return kills;
}

/* The kernel needs a moment after the last process to let go of it. */
static void
remove_folder (const char *folder)
{
  guint round;

  for (round = 0; round < KILL_ROUNDS && g_rmdir (folder) != 0 && errno == EBUSY; round++)
    g_usleep (KILL_PAUSE);
}

void
vig_cgroup_clear (VigCgroup *self)
{
  guint i;

  for (i = 0; i < VIG_CGROUP_MAX; i++)
    {
      if (self->join[i] >= 0)
        g_close (self->join[i], NULL);
      self->join[i] = -1;
      if (self->folders[i] != NULL)
        remove_folder (self->folders[i]);
      g_clear_pointer (&self->folders[i], g_free);
    }
}
