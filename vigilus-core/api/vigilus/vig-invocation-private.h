/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-tool.h"

G_BEGIN_DECLS

/* Not installed: how the core makes an invocation, and what stands behind it. Functions may be NULL (then: VIG_ERROR_NOT_SUPPORTED,
 * or nothing is reported); they are called on the tool's thread. */
typedef struct
{
  void              (*report_output)   (gpointer data, VigOutput stream, const char *text, gsize length);
  void              (*report_progress) (gpointer data, double fraction, const char *text);
  VigCommandResult *(*run_command)     (gpointer data, VigInvocation *invocation, const char * const *argv, const char *input,
                                        GCancellable *cancellable, GError **error);
  VigCommandResult *(*run_command_in)  (gpointer data, VigInvocation *invocation, const VigCommandPlace *place, const char * const *argv,
                                        GCancellable *cancellable, GError **error);
  GSocketConnection *(*connect)        (gpointer data, const char *address, GCancellable *cancellable, GError **error);
  gboolean          (*keep_file)       (gpointer data, int directory, const char *name, const char *after, GError **error);
  VigServer        *(*dup_server)      (gpointer data, const char *name, GError **error);
  JsonNode         *(*dup_setting)     (gpointer data, const char *name, GError **error);
  char             *(*dup_secret)      (gpointer data, const char *tool_name, GError **error);
  JsonObject       *(*dup_settings)    (gpointer data, const char *id, GError **error);
  gboolean          (*keep_record)     (gpointer data, const char *kind, JsonObject *record, GError **error);
  gboolean          (*keep_server_file) (gpointer data, VigServer *server, const char *path, const VigServerFile *file, const char *after, GError **error);
  GSocketConnection *(*connect_server) (gpointer data, VigServer *server, const char *address, GCancellable *cancellable, GError **error);
} VigInvocationServices;

typedef struct
{
  const char *call_id;
  const char *tool_name;
  const char *operator_name;
  const char *working_directory; /* or NULL */
  JsonObject *arguments;
  gint64      deadline;          /* g_get_monotonic_time (), microseconds */
  gsize       output_limit;      /* bytes */
  gsize       keep_limit;        /* bytes; 0: the same */
  VigLevel    level;             /* of this very call */
  const char *settings_id;       /* of the tool's VigConfigurable, or NULL */
} VigInvocationValues;

VIG_API VigLevel       vig_invocation_get_level (VigInvocation *self);
VIG_API gboolean       vig_invocation_is_outward (VigInvocation *self); /* its tool has said so */

VIG_API VigInvocation *vig_invocation_new (const VigInvocationValues *values, const VigInvocationServices *services, gpointer data, GDestroyNotify free_data);

G_END_DECLS
