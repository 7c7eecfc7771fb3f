/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-connect.h"

G_BEGIN_DECLS

#ifndef SSH_QUIET
#define SSH_QUIET 15 /* seconds of silence until the server is asked whether it is there; twice that: it is not */
#endif

/* What became of a command. Output is capped at the limit; what was cut is counted. */
typedef struct
{
  GString *output;
  GString *error_output;
  guint64  output_bytes;
  guint64  error_output_bytes;
  int      exit_status;  /* -1: a signal ended it, or it was ended here */
  char    *exit_signal;  /* "KILL", or NULL */
  gboolean timed_out;
  gboolean left_behind;  /* something that it started goes on there */
} VigSshResult;

typedef void (*VigSshOutputFunc) (VigOutput stream, const char *text, gsize length, gpointer user_data);

typedef struct
{
  const char       *command;
  gint64            deadline;  /* monotonic, microseconds */
  gsize             limit;     /* bytes of each stream that are kept */
  VigSshOutputFunc  on_output; /* may be NULL */
  gpointer          user_data;
} VigSshCommand;

void          vig_ssh_result_free (VigSshResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigSshResult, vig_ssh_result_free)

/* Runs the command line as the server's login shell reads it; blocks. At the deadline, and when @cancellable fires, the remote process is
 * killed. *not_started: it is certain that the server did not start it. A command that fails is a result, not an error. */
VigSshResult *vig_ssh_exec        (ssh_session session, const VigSshCommand *command, gboolean *not_started, GCancellable *cancellable, GError **error);

G_END_DECLS
