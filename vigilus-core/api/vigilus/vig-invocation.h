/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-server.h"

G_BEGIN_DECLS

/* One call of a tool: its arguments, and what it may use while it runs. All functions may be called from the
 * tool's worker thread. */
#define VIG_TYPE_INVOCATION (vig_invocation_get_type ())
VIG_API GType vig_invocation_get_type (void);
G_DECLARE_FINAL_TYPE (VigInvocation, vig_invocation, VIG, INVOCATION, GObject)

typedef enum
{
  VIG_OUTPUT_STDOUT,
  VIG_OUTPUT_STDERR,
} VigOutput;

/* What a confined command did. Output is capped at the limit; what was cut is counted. */
typedef struct
{
  int      exit_status;      /* 0 to 255, or -1 where a signal ended it */
  int      term_signal;      /* 0, or the signal that ended it */
  gboolean timed_out;        /* killed at the deadline */
  char    *output;           /* UTF-8, invalid bytes as U+FFFD */
  char    *error_output;
  guint64  output_bytes;     /* as produced, before the cap */
  guint64  error_output_bytes;
  gint64   duration;         /* microseconds */
} VigCommandResult;

VIG_API void              vig_command_result_free                   (VigCommandResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigCommandResult, vig_command_result_free)

VIG_API const char       *vig_invocation_get_call_id                (VigInvocation *self);
VIG_API const char       *vig_invocation_get_tool_name              (VigInvocation *self);
VIG_API const char       *vig_invocation_get_operator_name          (VigInvocation *self);
VIG_API JsonObject       *vig_invocation_get_arguments              (VigInvocation *self); /* checked against the schema */

/* Called by a tool's classify (): words of this very call go to a place that a model chose, as VIG_TOOL_OUTWARD says of every call of a tool. Since ABI minor 1. */
VIG_API void              vig_invocation_mark_outward               (VigInvocation *self);

/* The Operator's working directory: absolute path, or NULL; and a directory descriptor to open files beneath. */
VIG_API const char       *vig_invocation_get_working_directory      (VigInvocation *self);
VIG_API int               vig_invocation_open_beneath               (VigInvocation *self, const char *path, int flags, guint mode, GError **error);

VIG_API gint64            vig_invocation_get_deadline               (VigInvocation *self); /* g_get_monotonic_time (), microseconds */
VIG_API gsize             vig_invocation_get_output_limit           (VigInvocation *self); /* bytes of result that a model is shown at once */
VIG_API gsize             vig_invocation_get_room                   (VigInvocation *self); /* of those, what rows may take beside the rest */
/* Bytes of output that are worth to be returned: what is over the other limit is kept, and the model can read it in parts. Since ABI minor 1. */
VIG_API gsize             vig_invocation_get_keep_limit             (VigInvocation *self);

/* Shown on the card while the call runs; never part of the result. */
VIG_API void              vig_invocation_report_output              (VigInvocation *self, VigOutput stream, const char *text, gssize length);
VIG_API void              vig_invocation_report_progress            (VigInvocation *self, double fraction, const char *text);

/* Runs @argv (no shell) in the working directory, confined, in a process group of its own that is killed at
 * the deadline or when @cancellable fires. @input: text for its stdin, or NULL. A command that exits with an
 * error is a result, not an error. VIG_ERROR_NOT_SUPPORTED where this machine cannot confine. */
VIG_API VigCommandResult *vig_invocation_run_command                (VigInvocation *self, const char * const *argv, const char *input,
                                                                     GCancellable *cancellable, GError **error);

/* Where a command of the plugin's own choice runs, instead of in the Operator's working directory. */
typedef struct
{
  const char         *directory;    /* absolute, made by the plugin: its working directory, its home, and the only place it may write; NULL: nowhere */
  const char * const *read_paths;   /* more that it may read, NULL-terminated, or NULL */
  gboolean            unix_sockets; /* it may connect to sockets in the file system, as its user may */
  gboolean            network;      /* it may connect to what it reaches */
  gboolean            raw_packets;  /* and send packets of its own making, where vigilusd itself may (CAP_NET_RAW) */
  gint64              deadline;     /* g_get_monotonic_time (), where that is before the call's; or 0 */
  /* Gets all that it prints, as valid UTF-8, on the calling thread, and nothing is shown or kept; or NULL. */
  void              (*on_output) (VigOutput stream, const char *text, gsize length, gpointer user_data);
  gpointer            user_data;
} VigCommandPlace;

/* The same for a program that the plugin itself calls for, with nothing of its argv chosen by a model but what the plugin has checked. Where
 * vigilusd is root, it runs as the owner of @place's directory, or as a user that is there for nothing else. VIG_ERROR_NOT_SUPPORTED in a
 * plugin process. */
VIG_API VigCommandResult *vig_invocation_run_command_in             (VigInvocation *self, const VigCommandPlace *place, const char * const *argv,
                                                                     GCancellable *cancellable, GError **error);

/* A TCP connection to @address (host:port), as the manifest's Connect= names it; the only way out of a plugin's process. VIG_ERROR_DENIED:
 * it is not named there. VIG_ERROR_UNAVAILABLE: nothing answers. VIG_ERROR_NOT_SUPPORTED: the plugin runs in process, where it opens its own. */
VIG_API GSocketConnection *vig_invocation_connect                   (VigInvocation *self, const char *address, GCancellable *cancellable, GError **error);

/* Keeps what @name in @directory (a descriptor of vig_invocation_open_beneath ()) is now, so that a person can put back its bytes, owner and
 * mode, or that nothing was there. Called right before each change; TRUE: it is on disk. FALSE: do not change it. A second call for the same
 * file of the same call keeps nothing new. @after tells what the change leaves, so that what somebody else changes later is not undone unawares: the
 * hex SHA-256 of the content, "directory" or "link", or NULL where nothing is left. Blocks: on a worker thread only. Since ABI minor 1.
 * VIG_ERROR_TOO_LARGE over the limit for one file, VIG_ERROR_INVALID for pipes, sockets and devices, VIG_ERROR_NOT_SUPPORTED in a plugin process. */
VIG_API gboolean          vig_invocation_keep_file                  (VigInvocation *self, int directory, const char *name, const char *after, GError **error);

/* A server of the inventory, by its name, if this Operator may use it. Blocks. VIG_ERROR_NOT_FOUND names those that it may use. */
VIG_API VigServer        *vig_invocation_dup_server                 (VigInvocation *self, const char *name, GError **error);
/* A connection to what @server itself reaches: "unix:/run/docker.sock", or "tcp:HOST:PORT" as seen from there. It goes through the server's
 * SSH connection, which all of them share. Blocks. VIG_ERROR_UNAVAILABLE: nothing here reaches servers. */
VIG_API GSocketConnection *vig_invocation_connect_server            (VigInvocation *self, VigServer *server, const char *address,
                                                                     GCancellable *cancellable, GError **error);
/* As vig_invocation_keep_file (), for a file of a server: @file is what is at @path there now, @after the hex SHA-256 of what it will hold. */
VIG_API gboolean          vig_invocation_keep_server_file           (VigInvocation *self, VigServer *server, const char *path, const VigServerFile *file,
                                                                     const char *after, GError **error);

/* A setting whose name begins with the tool's first word and "_" ("web_search_url" for web.search). Blocks. VIG_ERROR_DENIED for any other. */
VIG_API JsonNode         *vig_invocation_dup_setting                (VigInvocation *self, const char *name, GError **error);

/* What a person has chosen for this very tool to sign in with, opened; NULL without error: nothing. To be wiped by explicit_bzero (). Blocks. */
VIG_API char             *vig_invocation_dup_secret                 (VigInvocation *self, GError **error);

/* What the owner has set for this tool (its VigConfigurable), secrets opened; {} where nothing is set. Blocks. Since ABI minor 1. */
VIG_API JsonObject       *vig_invocation_dup_settings               (VigInvocation *self, GError **error);

/* Keeps what the call found out, where the core has a place for it; TRUE: it is on disk. @kind "network-scan": a scan's hosts and ports, as
 * vig-store-scope.h describes them, for Scope. "before": what a change needs to be put back, kept before it starts, in an object of the tool's own of 64 KiB at
 * the most; it stands in the call's result if that is not the tool's, because it was stopped or cut off. Blocks: on a worker thread only. Since ABI minor 1.
 * VIG_ERROR_INVALID says what is wrong in @record, VIG_ERROR_NOT_SUPPORTED: nobody keeps that kind, or not here. */
VIG_API gboolean          vig_invocation_keep_record                (VigInvocation *self, const char *kind, JsonObject *record, GError **error);

G_END_DECLS
