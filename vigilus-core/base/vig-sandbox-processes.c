/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-supervise.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Between fork and exit: system calls only, nothing is allocated. */
#define MAX_SEEN 8192
#define MAX_DEPTH 4096

typedef struct
{
  pid_t    pid;
  pid_t    parent;
  pid_t    group;
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

static pid_t
parse_pid (const char *text)
{
  pid_t pid = 0;

  while (*text >= '0' && *text <= '9')
    pid = pid * 10 + (*text++ - '0');

  return *text == '\0' || *text == ' ' ? pid : 0;
}

/* "pid (name) state ppid ...": the name may hold anything, so it is skipped from its last parenthesis. */
static gboolean
read_family (int proc, const char *name, pid_t *parent, pid_t *group)
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

  *parent = parse_pid (end + 4);
  end = strchr (end + 4, ' ');
  *group = end != NULL ? parse_pid (end + 1) : 0;

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
        seen[count].pid = parse_pid (entry->name);
        seen[count].parent = seen[count].group = 0;
        read_family (proc, entry->name, &seen[count].parent, &seen[count].group);
        seen[count++].ours = FALSE;
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

/* Marks all descendants; the number of them. */
static guint
mark_descendants (guint count)
{
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
            ours++;
          }
    }
  while (ours != before);

  return ours;
}

/* All that the calling process started, directly or not. */
guint
vig_descendants_count (void)
{
  n_seen = list_processes ();

  return mark_descendants (n_seen);
}

void
vig_descendants_kill (void)
{
  guint i;

  for (i = 0; i < n_seen; i++)
    if (seen[i].ours)
      kill (seen[i].pid, SIGKILL);
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
  pid_t self = getpid ();
  pid_t group;
  gboolean found = FALSE;
  guint depth;
  char name[16];

  for (depth = 0; depth < MAX_DEPTH && pid > 1 && pid != self && !found; depth++)
    {
      write_number (name, pid);
      if (!read_family (proc, name, &pid, &group))
        break;
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
