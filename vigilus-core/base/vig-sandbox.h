/* SPDX-License-Identifier: MIT */
#pragma once

#include <sys/types.h>

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Confinement of children: unprivileged uid where we are root, no_new_privs, rlimits, Landlock, seccomp, clean environment,
 * a process group of their own. Blocking; on a worker thread. */
typedef struct
{
  const char * const *argv;
  const char         *working_directory; /* absolute: the only place it may write; NULL: nowhere */
  gboolean            read_only;         /* ... and there it may only read: calls of level read */
  const char         *input;             /* stdin, or NULL */
  const char * const *read_paths;        /* more places it may read, NULL-terminated, or NULL */
  gboolean            allow_network;     /* TCP connect, UDP */
  gboolean            allow_raw;         /* with the network: raw packets, where this process may send them (CAP_NET_RAW) */
  gboolean            allow_unix;        /* sockets in the file system, as its user may connect to them */
  gboolean            allow_attributes;  /* modes and times of files that it has open, pipes with a name: granted to calls above read */
  gint64              deadline;          /* g_get_monotonic_time () */
  gsize               output_limit;      /* bytes of each stream that are kept and told to on_output */
  gboolean            keep_nothing;      /* on_output gets all there is, without a limit, and nothing is kept */
  void              (*on_output) (VigOutput stream, const char *text, gsize length, gpointer user_data); /* any thread, or NULL */
  gpointer            user_data;
} VigSandboxSpec;

/* What this machine confines with, tried out in a place below @folder: {"landlock_abi", "seccomp", "identity", "file_tools", "usable", "missing":[...],
 * "namespaces":[...], "cgroup":{...}, "self_test":{...}} (schema Confinement of data/api). Blocking, some 20 ms. */
JsonObject       *vig_sandbox_describe  (const char *folder);
char             *vig_sandbox_summarize (JsonObject *description); /* in one sentence, not translated */

/* VIG_ERROR_NOT_SUPPORTED: this machine cannot confine. VIG_ERROR_INTERRUPTED: cancelled; the group is dead. */
VigCommandResult *vig_sandbox_run      (const VigSandboxSpec *spec, GCancellable *cancellable, GError **error);

/* After a command a process is ready for the next, for a minute, or as many as lately ran at once: whether there may be any. FALSE ends them, soon. */
void              vig_sandbox_set_ready (gboolean wanted);

/* Waits until nothing is left of commands that have ended; at the end, after vig_sandbox_set_ready (FALSE). Blocking. */
void              vig_sandbox_settle    (void);

/* For long-lived children that speak on stdin and stdout (plugin hosts; stderr is a pipe too): the same confinement, with system
 * libraries and @read_paths readable and @write_paths writable (either may be NULL). Paths that do not exist are left out. No network;
 * @descriptor, where it is not -1, is taken and is VIG_SANDBOX_DESCRIPTOR in the child: by it connections can be handed in. */
#define VIG_SANDBOX_DESCRIPTOR 3
GSubprocess      *vig_sandbox_spawn    (const char * const *argv, const char * const *read_paths, const char * const *write_paths,
                                        int descriptor, GError **error);

/* Whom the daemon's own files may seem to belong to there, besides root: to a daemon that is root, its children are another user. */
uid_t             vig_sandbox_get_file_owner (void);

/* Ends @child and all that it started, whatever sessions that opened. */
void              vig_sandbox_kill     (GSubprocess *child);

G_END_DECLS
