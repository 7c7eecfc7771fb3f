/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdlib.h>
#include <sys/types.h>

/* One attempt to get out of confinement: 0 if it got out, else the errno of the refusal. */
typedef struct
{
  const char *outside;       /* a directory outside, with "secret", "tool", "folder", "shown", ... */
  pid_t       victim;        /* a process outside, of the same user where that can be */
  pid_t       sibling;       /* another confined command */
  pid_t       daemon;        /* who started all */
  int         port;          /* TCP, 127.0.0.1 */
  const char *abstract_name; /* a unix socket's */
} AttackPlace;

typedef struct
{
  const char *name;
  int       (*run) (const AttackPlace *place);
} Attack;

extern const Attack attacks_on_files[];
extern const Attack attacks_on_changes[];
extern const Attack attacks_on_processes[];
extern const Attack attacks_on_system[];
extern const Attack attacks_on_sockets[];
extern const Attack attacks_of_outsiders[];
extern const Attack attacks_of_outsiders_on_processes[];

/* @format has one %s: the directory outside. The text is static. */
const char *attack_path (const AttackPlace *place, const char *format);

/* 0 if @result says success, else errno. */
int         attack_result (long result);

/* Whether text can be read by that descriptor or path. */
int         attack_read_fd (int fd);
int         attack_read    (const char *path);
int         attack_write   (const char *path, int flags);
