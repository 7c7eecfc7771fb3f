/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* A confined process that offers tools by MCP on its stdin and stdout, kept running: a crash ends its pending calls with a clear
 * error and it is started again, later each time; after too many it is left alone. Main thread.
 * Signals: "changed" when the state or the tools did. */
#define VIG_TYPE_REMOTE (vig_remote_get_type ())
G_DECLARE_FINAL_TYPE (VigRemote, vig_remote, VIG, REMOTE, GObject)

#define VIG_REMOTE_MAX_CRASHES  5                         /* within the window: quarantine */
#define VIG_REMOTE_CRASH_WINDOW (10 * 60 * G_USEC_PER_SEC)
#define VIG_REMOTE_MAX_TOOLS    256

typedef enum
{
  VIG_REMOTE_STOPPED,
  VIG_REMOTE_STARTING,
  VIG_REMOTE_READY,
  VIG_REMOTE_CRASHED,     /* it will be started again */
  VIG_REMOTE_QUARANTINED,
  VIG_REMOTE_REFUSED,     /* it said itself why it cannot work, or offers what it may not */
} VigRemoteState;

typedef struct
{
  const char         *id;            /* of the plugin: for errors and the log */
  const char * const *argv;
  const char * const *read_paths;
  const char * const *write_paths;
  const char * const *connect;       /* host:port that it may reach, or NULL */
  VigLevel            least;         /* tools that declare less are raised to it */
  VigLevel            most;          /* tools that declare more are refused */
  guint               first_delay;   /* milliseconds until the first restart, doubled each time; 0: 1000 */
} VigRemoteSpec;

VigRemote     *vig_remote_new        (const VigRemoteSpec *spec);
void           vig_remote_start      (VigRemote *self); /* also out of quarantine, with a clean slate */
void           vig_remote_stop       (VigRemote *self); /* ends the process at once */

VigRemoteState vig_remote_get_state  (VigRemote *self);
const char    *vig_remote_get_reason (VigRemote *self); /* NULL: nothing is wrong */
GPtrArray     *vig_remote_get_tools  (VigRemote *self); /* borrowed, of VigTool: as of the last time it was ready */

/* One tools/call. It is cancelled by a notification; a process that then does not answer soon is killed. */
void           vig_remote_call_async  (VigRemote *self, const char *tool, VigInvocation *invocation, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);
JsonNode      *vig_remote_call_finish (VigRemote *self, GAsyncResult *result, GError **error);

G_END_DECLS
