/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-worker.h"
#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Runs the functions of tools so that a bad one harms only its own call: blocking ones on worker threads, all of them up to
 * the deadline and a grace time. A thread that stays beyond it is stray: it is counted, and too many refuse the tool. Main thread. */
#define VIG_TYPE_TOOL_RUNNER (vig_tool_runner_get_type ())
G_DECLARE_FINAL_TYPE (VigToolRunner, vig_tool_runner, VIG, TOOL_RUNNER, GObject)

#define VIG_TOOL_RUNNER_GRACE     (2 * G_USEC_PER_SEC)
#define VIG_TOOL_RUNNER_MAX_STRAY 4 /* of one tool */

VigToolRunner *vig_tool_runner_new            (VigWorker *worker);
guint          vig_tool_runner_get_n_stray    (VigToolRunner *self);

/* @source: what the callback is told called it; NULL: the runner. @owner: the plugin's id, which begins every error; NULL for our own tools. */
void           vig_tool_runner_run_async      (VigToolRunner *self, gpointer source, VigTool *tool, const char *owner, VigInvocation *invocation,
                                               GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
JsonNode      *vig_tool_runner_run_finish     (VigToolRunner *self, GAsyncResult *result, GError **error);
void           vig_tool_runner_preview_async  (VigToolRunner *self, gpointer source, VigTool *tool, const char *owner, VigInvocation *invocation,
                                               GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
VigPreview    *vig_tool_runner_preview_finish (VigToolRunner *self, GAsyncResult *result, GError **error); /* NULL without error: none */

/* The tool's function itself, on this thread or, as its flags say, on a confined one of its own: run (), or preview (), which it has to have.
 * Blocks for as long as that does. Any thread. */
gpointer       vig_tool_runner_call           (VigTool *tool, VigInvocation *invocation, gboolean is_preview, GCancellable *cancellable, GError **error);

G_END_DECLS
