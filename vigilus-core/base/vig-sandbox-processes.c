/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Between fork and exit: system calls only, nothing is allocated. */
#define MAX_SEEN 8192
#define MAX_DEPTH 4096
#define THREADS_AFTER_PARENT 16 /* fields of /proc/PID/stat from the parent to the number of threads: proc(5) */

typedef struct
{
  pid_t    pid;
  pid_t    parent;
  pid_t    group;
  guint    threads;
  gboolean ours;
} Process;

struct linux_dirent
{
  guint64 ino;
  gint64  offset;
  guint16 length;
  guint8  type;
  char    name[];
};

static Process seen[MAX_SEEN];
static guint n_seen;
static guint kill_rounds = VIG_KILL_ROUNDS;

static pid_t
parse_pid (const char *text)
{
  pid_t pid = 0;

  while (*text >= '0' && *text <= '9')
    pid = pid * 10 + (*text++ - '0');

  return *text == '\0' || *text == ' ' ? pid : 0;
}

/* The number @n fields further on. */
static pid_t
parse_field (const char *text, guint n)
{
  while (n > 0 && text != NULL)
    {
      text = strchr (text, ' ');
      text = text != NULL ? text + 1 : NULL;
      n--;
    }

  return text != NULL ? parse_pid (text) : 0;
}

/* "pid (name) state ppid ...": the name may hold anything, so it is skipped from its last parenthesis. */
static gboolean
read_family (int proc, const char *name, Process *process)
{
  char path[32] = "";
  gsize length = strlen (name);
  char text[512];
  const char *end;
  gssize n;
  int fd;

  if (length > 16)
    return FALSE;
  memcpy (path, name, length);
  memcpy (path + length, "/stat", 5);
  fd = openat (proc, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;

  n = read (fd, text, sizeof text - 1);
  close (fd);
  if (n <= 0)
    return FALSE;

  text[n] = '\0';
  end = strrchr (text, ')');
  if (end == NULL || strlen (end) <= 4)
    return FALSE;

  process->parent = parse_pid (end + 4);
  process->group = parse_field (end + 4, 1);
  process->threads = (guint) parse_field (end + 4, THREADS_AFTER_PARENT);

  return TRUE;
}

static guint
list_processes (void)
{
  static char buffer[32768];
  struct linux_dirent *entry;
  guint count = 0;
  long length;
  long at;
  int proc = open ("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  while (proc >= 0 && (length = syscall (SYS_getdents64, proc, buffer, sizeof buffer)) > 0)
    for (at = 0; at < length; at += entry->length)
      {
        entry = (struct linux_dirent *) (gpointer) (buffer + at);
        if (parse_pid (entry->name) <= 0 || count == MAX_SEEN)
          continue;
        seen[count] = (Process) { .pid = parse_pid (entry->name) };
        read_family (proc, entry->name, &seen[count++]);
      }
  if (proc >= 0)
    close (proc);

  return count;
}

static gboolean
is_ours (pid_t pid, guint count)
{
  guint i;

  if (pid == getpid ())
    return TRUE;
  for (i = 0; i < count; i++)
    if (seen[i].pid == pid)
      return seen[i].ours;

  return FALSE;
}

/* Marks all descendants; the number of their threads, of which each process has one at least. */
static guint
mark_descendants (guint count)
{
  guint threads = 0;
  guint ours = 0;
  guint before;
  guint i;

  do
    {
      before = ours;
      for (i = 0; i < count; i++)
        if (!seen[i].ours && is_ours (seen[i].parent, count))
          {
            seen[i].ours = TRUE;
            threads += MAX (seen[i].threads, 1);
            ours++;
          }
    }
  while (ours != before);

  return threads;
}

/* All that the calling process started, directly or not, each thread for itself, as the kernel's limits count. */
guint
vig_descendants_count (void)
{
  n_seen = list_processes ();

  return mark_descendants (n_seen);
}

static void
kill_counted (void)
{
  guint i;

  for (i = 0; i < n_seen; i++)
    if (seen[i].ours)
      kill (seen[i].pid, SIGKILL);
}

/* Whoever loses its parent becomes a child of ours, so without children there are no descendants either. */
gboolean
vig_descendants_reap (pid_t child, int *status, gboolean *ended)
{
  pid_t pid;
  int its_status;

  while ((pid = waitpid (-1, &its_status, WNOHANG)) > 0)
    if (pid == child)
      {
        *status = its_status;
        *ended = TRUE;
      }

  return pid < 0 && errno == ECHILD;
}

void
vig_descendants_set_rounds (guint rounds)
{
  kill_rounds = rounds;
}

gboolean
vig_descendants_end (pid_t child, int *status, gboolean *ended)
{
  struct timespec pause = { 0, 1000000 };
  guint round;

  for (round = 0; !vig_descendants_reap (child, status, ended); round++)
    {
      if (round == kill_rounds)
        return FALSE;
      vig_descendants_count ();
      kill_counted ();
      nanosleep (&pause, NULL);
    }

  return TRUE;
}

static void
write_number (char *text, pid_t number)
{
  char reversed[16];
  guint n = 0;

  while (number > 0 && n < sizeof reversed)
    {
      reversed[n++] = (char) ('0' + number % 10);
      number /= 10;
    }
  while (n > 0)
    *text++ = reversed[--n];
  *text = '\0';
}

/* @pid may be a thread's. */
gboolean
vig_descendants_have (pid_t pid)
{
  int proc = open ("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  Process process = { .pid = 0 };
  pid_t self = getpid ();
  gboolean found = FALSE;
  guint depth;
  char name[16];

  for (depth = 0; depth < MAX_DEPTH && pid > 1 && pid != self && !found; depth++)
    {
      write_number (name, pid);
      if (!read_family (proc, name, &process))
        break;
      pid = process.parent;
      found = pid == self;
    }
  if (proc >= 0)
    close (proc);

  return found;
}

gboolean
vig_descendants_have_group (pid_t group)
{
  gboolean found = FALSE;
  guint i;

  vig_descendants_count ();
  for (i = 0; i < n_seen; i++)
    if (seen[i].group == group)
      {
        if (!seen[i].ours)
          return FALSE;
        found = TRUE;
      }

  return found;
}
