/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Confinement of children: unprivileged uid where we are root, no_new_privs, rlimits, Landlock, seccomp, clean environment,
 * a process group of their own. Blocking; on a worker thread. */
typedef struct
{
  const char * const *argv;
  const char         *working_directory; /* absolute: the only place it may write */
  const char         *input;             /* stdin, or NULL */
  const char * const *read_paths;        /* more places it may read, NULL-terminated, or NULL */
  gboolean            allow_network;     /* TCP connect */
  gboolean            allow_unix;        /* sockets in the file system, as its user may connect to them */
  gboolean            allow_attributes;  /* modes and times of files that it has open: granted to calls above read */
  gint64              deadline;          /* g_get_monotonic_time () */
  gsize               output_limit;      /* bytes kept of each stream */
  void              (*on_output) (VigOutput stream, const char *text, gsize length, gpointer user_data); /* any thread, or NULL */
  gpointer            user_data;
} VigSandboxSpec;

/* What this kernel can confine with: {"landlock_abi", "seccomp", "no_new_privs", "unprivileged_user", "usable", "missing":[...]}. */
JsonObject       *vig_sandbox_describe (void);

/* VIG_ERROR_NOT_SUPPORTED: this machine cannot confine. VIG_ERROR_INTERRUPTED: cancelled; the group is dead. */
VigCommandResult *vig_sandbox_run      (const VigSandboxSpec *spec, GCancellable *cancellable, GError **error);

/* For long-lived children that speak on stdin and stdout (plugin hosts; stderr is a pipe too): the same confinement, with system
 * libraries and @read_paths readable and @write_paths writable (either may be NULL). Paths that do not exist are left out. No network;
 * @descriptor, where it is not -1, is taken and is VIG_SANDBOX_DESCRIPTOR in the child: by it connections can be handed in. */
#define VIG_SANDBOX_DESCRIPTOR 3
GSubprocess      *vig_sandbox_spawn    (const char * const *argv, const char * const *read_paths, const char * const *write_paths,
                                        int descriptor, GError **error);

G_END_DECLS
