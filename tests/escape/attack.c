/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* attack NAME OUTSIDE VICTIM SIBLING DAEMON PORT ABSTRACT: tries one way out, and says "escaped" or "refused ERRNO". */
const char *
attack_path (const AttackPlace *place, const char *format)
{
  static char path[8][4096];
  static int next;
  char *slot = path[next++ % 8];
  const char *at = strstr (format, "%s");

  snprintf (slot, sizeof path[0], "%.*s%s%s", (int) (at - format), format, place->outside, at + 2);

  return slot;
}

int
attack_result (long result)
{
  return result >= 0 ? 0 : errno;
}

int
attack_read_fd (int fd)
{
  char byte;
  ssize_t n;

  if (fd < 0)
    return errno;
  n = read (fd, &byte, 1);

  return n > 0 ? 0 : n == 0 ? ENODATA : errno;
}

int
attack_read (const char *path)
{
  return attack_read_fd (open (path, O_RDONLY));
}

int
attack_write (const char *path, int flags)
{
  int fd = open (path, O_WRONLY | flags, 0666);

  return fd < 0 ? errno : attack_result (write (fd, "taken", 5));
}

static const Attack *
find (const char *name)
{
  const Attack *tables[] = { attacks_on_files, attacks_on_changes, attacks_on_processes, attacks_on_system, attacks_on_sockets, attacks_of_outsiders,
                             attacks_of_outsiders_on_processes };
  const Attack *attack;
  unsigned i;

  for (i = 0; i < sizeof tables / sizeof *tables; i++)
    for (attack = tables[i]; attack->name != NULL; attack++)
      if (strcmp (attack->name, name) == 0)
        return attack;

  return NULL;
}

static const char *
name_error (int code)
{
  const char *name = strerrorname_np (code);

  return name != NULL ? name : "unknown";
}

int
main (int argc, char **argv)
{
  AttackPlace place;
  const Attack *attack;
  int code;

  /* As a program that runs as its owner, it tells whether it does. */
  if (argc == 2 && strcmp (argv[1], "whoami") == 0)
    {
      printf ("%s\n", geteuid () != getuid () || getegid () != getgid () ? "raised" : "same");
      return 0;
    }
  if (argc != 8)
    return 2;

  /* A plugin's process and a scanner start at /; where they may not write, either, all begins in the same folder. */
  if (chdir (argv[2]) != 0 || chdir ("root") != 0)
    return 2;

  place = (AttackPlace) { argv[2], atoi (argv[3]), atoi (argv[4]), atoi (argv[5]), atoi (argv[6]), argv[7] };
  attack = find (argv[1]);
  if (attack == NULL)
    {
      fprintf (stderr, "no attack %s\n", argv[1]);
      return 2;
    }

  code = attack->run (&place);
  if (code == 0)
    printf ("escaped\n");
  else
    printf ("refused %s\n", name_error (code));

  return 0;
}
