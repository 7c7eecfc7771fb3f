/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-remote.h"

#include "vig-remote-private.h"
#include "vig-remote-tool.h"
#include "vig-sandbox.h"

#include <signal.h>
#include <string.h>

#define PROTOCOL_VERSION "2025-06-18"

#define START_TIMEOUT 10   /* seconds */
#define EOF_DELAY     1000 /* milliseconds that the pipes may stay open after the exit */
#define MAX_LOG       (64 * 1024)

G_DEFINE_FINAL_TYPE (VigRemote, vig_remote, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void start_process (VigRemote *self);

static void
set_state (VigRemote *self, VigRemoteState state, const char *reason)
{
  g_autofree char *old = self->reason;

  self->state = state;
  self->reason = g_strdup (reason);
  if (reason != NULL && state != VIG_REMOTE_STOPPED)
    g_message ("plugin %s: %s", self->id, reason);

  g_signal_emit (self, signals[CHANGED], 0);
}

void
vig_remote_kill (VigRemote *self, const char *reason)
{
  if (self->process == NULL || self->exited)
    return;

  if (self->kill_reason == NULL)
    self->kill_reason = g_strdup (reason);
  vig_sandbox_kill (self->process);
}

static gboolean
restart_due (gpointer data)
{
  VigRemote *self = data;

  self->timer = 0;
  start_process (self);

  return G_SOURCE_REMOVE;
}

static guint
count_recent_crashes (VigRemote *self)
{
  gint64 oldest = g_get_monotonic_time () - VIG_REMOTE_CRASH_WINDOW;

  while (self->crashes->len > 0 && g_array_index (self->crashes, gint64, 0) < oldest)
    g_array_remove_index (self->crashes, 0);

  return self->crashes->len;
}

static void
note_crash (VigRemote *self, const char *how)
{
  gint64 now = g_get_monotonic_time ();
  guint n_crashes = 0;

  g_array_append_val (self->crashes, now);
  n_crashes = count_recent_crashes (self);

  if (n_crashes >= VIG_REMOTE_MAX_CRASHES)
    {
      g_autofree char *reason = g_strdup_printf ("%s; %u times in 10 minutes, so it is not started again", how, n_crashes);

      set_state (self, VIG_REMOTE_QUARANTINED, reason);
      return;
    }

  self->timer = g_timeout_add (self->first_delay << (n_crashes - 1), restart_due, self);
  set_state (self, VIG_REMOTE_CRASHED, how);
}

static char *
describe_end (VigRemote *self)
{
  const GError *error = vig_rpc_get_error (self->rpc);

  if (self->kill_reason != NULL)
    return g_strdup_printf ("it was killed: %s", self->kill_reason);

  if (self->exited && g_subprocess_get_if_signaled (self->process))
    return g_strdup_printf ("it crashed (signal %d, %s)", g_subprocess_get_term_sig (self->process), g_strsignal (g_subprocess_get_term_sig (self->process)));

  if (self->exited && g_subprocess_get_if_exited (self->process))
    return g_strdup_printf ("it crashed (exit status %d)", g_subprocess_get_exit_status (self->process));

  return g_strdup_printf ("it went away: %s", error != NULL ? error->message : "it closed its output");
}

/* Process and pipes have ended: all calls end, and what comes next is decided. */
static void
process_over (VigRemote *self)
{
  g_autofree char *how = describe_end (self);
  g_autoptr (VigRpc) rpc = g_steal_pointer (&self->rpc);
  g_autoptr (GError) error = g_error_new (VIG_ERROR, VIG_ERROR_INTERRUPTED, "the plugin's process ended during the call: %s; it may or may not have happened", how);
  gboolean blameless = self->blameless;

  self->blameless = FALSE;
  g_clear_pointer (&self->kill_reason, g_free);
  g_clear_pointer (&self->new_tools, g_ptr_array_unref);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_signal_handlers_disconnect_by_data (rpc, self);
  g_clear_object (&self->process);
  g_clear_pointer (&self->connector, vig_connector_free);
  vig_rpc_close (rpc, error);

  if (self->state == VIG_REMOTE_STOPPED || self->state == VIG_REMOTE_REFUSED)
    return;

  if (blameless)
    {
      self->timer = g_idle_add (restart_due, self);
      set_state (self, VIG_REMOTE_STARTING, how);
    }
  else
    note_crash (self, how);
}

static gboolean
pipes_overdue (gpointer data)
{
  VigRemote *self = data;

  self->timer = 0;
  if (self->exited)
    process_over (self);
  else
    vig_remote_kill (self, "it closed its output");

  return G_SOURCE_REMOVE;
}

static void
process_exited (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (VigRemote) self = data;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  if (self->process != G_SUBPROCESS (source))
    return;

  self->exited = TRUE;
  if (vig_rpc_is_closed (self->rpc))
    {
      process_over (self);
      return;
    }

  /* A last answer may still be in the pipe. */
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (EOF_DELAY, pipes_overdue, self);
}

static void
rpc_closed (VigRpc *rpc, VigRemote *self)
{
  const GError *error = vig_rpc_get_error (rpc);

  if (self->exited)
    {
      process_over (self);
      return;
    }

  if (error != NULL)
    vig_remote_kill (self, error->message);
  else
    {
      /* It closed its output, most often because it is about to be gone: then the exit status says more. */
      g_clear_handle_id (&self->timer, g_source_remove);
      self->timer = g_timeout_add (EOF_DELAY, pipes_overdue, self);
    }
}

static VigRemoteCall *
find_call (VigRemote *self, JsonObject *params)
{
  gint64 token = vig_json_get_int (params, "progressToken", 0);

  return g_hash_table_lookup (self->calls, &token);
}

static void
handle (VigRpc *rpc, const char *method, JsonObject *params, JsonNode *id, gpointer data)
{
  VigRemoteCall *call = find_call (data, params);

  if (id != NULL)
    {
      if (g_str_equal (method, "ping"))
        vig_rpc_reply (rpc, id, json_object_new ());
      else
        vig_rpc_reply_error (rpc, id, VIG_RPC_METHOD_NOT_FOUND, "nothing of this host can be asked for");
      return;
    }

  if (call == NULL)
    return;

  if (g_str_equal (method, "notifications/progress"))
    {
      double total = vig_json_get_double (params, "total", 1.0);
      double fraction = total > 0 ? vig_json_get_double (params, "progress", 0) / total : 0;

      vig_invocation_report_progress (call->invocation, CLAMP (fraction, 0, 1), vig_json_get_string (params, "message", NULL));
    }
  else if (g_str_equal (method, VIG_NOTIFY_OUTPUT))
    {
      gboolean is_error = g_str_equal (vig_json_get_string (params, "stream", ""), "stderr");

      vig_invocation_report_output (call->invocation, is_error ? VIG_OUTPUT_STDERR : VIG_OUTPUT_STDOUT, vig_json_get_string (params, "text", ""), -1);
    }
}

static void
refuse (VigRemote *self, const char *reason)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  set_state (self, VIG_REMOTE_REFUSED, reason);
  vig_remote_kill (self, reason);
}

static void ask_tools (VigRemote *self, const char *cursor);

/* A name that Operators know from somewhere else, or will, is not its to take. There is no - in names of tools. */
static gboolean
check_name (VigRemote *self, VigTool *tool, GError **error)
{
  const char *name = vig_tool_get_info (tool)->name;
  g_autofree char *prefix = g_strconcat (self->id, ".", NULL);

  g_strdelimit (prefix, "-", '_');
  if (g_str_has_prefix (name, prefix))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "tool %s: the names of its tools begin with %s", name, prefix);

  return FALSE;
}

static gboolean
add_tools (VigRemote *self, JsonArray *list, GError **error)
{
  for (guint i = 0; i < json_array_get_length (list); i++)
    {
      JsonNode *node = json_array_get_element (list, i);
      g_autofree char *text = NULL;
      VigTool *tool = NULL;

      if (self->new_tools->len >= VIG_REMOTE_MAX_TOOLS)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "it offers more than %d tools", VIG_REMOTE_MAX_TOOLS);
          return FALSE;
        }

      if (!JSON_NODE_HOLDS_OBJECT (node))
        {
          g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "its list of tools is none");
          return FALSE;
        }

      tool = vig_remote_tool_new (self, json_node_get_object (node), self->least, self->most, error);
      if (tool == NULL || !check_name (self, tool, error))
        {
          g_clear_object (&tool);
          return FALSE;
        }
      g_ptr_array_add (self->new_tools, tool);
      text = vig_json_to_string (node);
      g_checksum_update (self->new_listing, (const guchar *) text, -1);
    }

  return TRUE;
}

/* Operators were given, and people approved, what it offered at first: after a crash it comes back with that, or not at all. */
static gboolean
check_same_tools (VigRemote *self, GError **error)
{
  if (self->listing == NULL)
    self->listing = g_strdup (g_checksum_get_string (self->new_listing));
  if (g_str_equal (self->listing, g_checksum_get_string (self->new_listing)))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED,
                       "its tools are not what they were when it was loaded; look at what it offers now, and have the plugins read anew to accept it");

  return FALSE;
}

static void
tools_listed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (VigRemote) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = vig_rpc_call_finish (VIG_RPC (source), result, &error);
  JsonArray *list = answer != NULL ? vig_json_get_array (answer, "tools") : NULL;
  const char *cursor = answer != NULL ? vig_json_get_string (answer, "nextCursor", NULL) : NULL;

  if (self->rpc != VIG_RPC (source) || self->state != VIG_REMOTE_STARTING)
    return;

  if (error == NULL && list == NULL)
    g_set_error_literal (&error, VIG_ERROR, VIG_ERROR_INVALID, "it does not list its tools");

  if (error != NULL || !add_tools (self, list, &error))
    {
      refuse (self, error->message);
      return;
    }

  if (cursor != NULL)
    {
      ask_tools (self, cursor);
      return;
    }
  if (!check_same_tools (self, &error))
    {
      refuse (self, error->message);
      return;
    }

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->tools, g_ptr_array_unref);
  self->tools = g_steal_pointer (&self->new_tools);
  set_state (self, VIG_REMOTE_READY, NULL);
}

static void
ask_tools (VigRemote *self, const char *cursor)
{
  vig_rpc_call_async (self->rpc, "tools/list", vig_json_pack_object ("{s:s?}", "cursor", cursor), tools_listed, g_object_ref (self));
}

static void
initialized (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (VigRemote) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = vig_rpc_call_finish (VIG_RPC (source), result, &error);

  if (self->rpc != VIG_RPC (source) || self->state != VIG_REMOTE_STARTING)
    return;

  if (answer == NULL)
    {
      refuse (self, error->message);
      return;
    }

  g_clear_pointer (&self->new_tools, g_ptr_array_unref);
  self->new_tools = g_ptr_array_new_with_free_func (g_object_unref);
  g_clear_pointer (&self->new_listing, g_checksum_free);
  self->new_listing = g_checksum_new (G_CHECKSUM_SHA256);
  vig_rpc_notify (self->rpc, "notifications/initialized", json_object_new ());
  ask_tools (self, NULL);
}

static gboolean
start_overdue (gpointer data)
{
  VigRemote *self = data;

  self->timer = 0;
  vig_remote_kill (self, "it did not answer within 10 seconds of its start");

  return G_SOURCE_REMOVE;
}

static void
log_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (VigRemote) self = data;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);
  gsize size = bytes != NULL ? g_bytes_get_size (bytes) : 0;
  g_autofree char *text = NULL;

  if (size == 0)
    return;

  text = g_utf8_make_valid (g_bytes_get_data (bytes, NULL), size);
  self->logged += size;
  if (self->logged <= MAX_LOG)
    g_message ("plugin %s wrote: %s", self->id, g_strchomp (text));

  g_input_stream_read_bytes_async (G_INPUT_STREAM (source), 4096, G_PRIORITY_LOW, NULL, log_read, g_object_ref (self));
}

static void
start_process (VigRemote *self)
{
  g_autoptr (GError) error = NULL;
  GInputStream *log = NULL;
  int descriptor = -1;

  if (self->connect != NULL && self->connect[0] != NULL)
    self->connector = vig_connector_new (self->id, (const char * const *) self->connect, &descriptor);
  self->process = vig_sandbox_spawn ((const char * const *) self->argv, (const char * const *) self->read_paths,
                                     (const char * const *) self->write_paths, descriptor, &error);
  if (self->process == NULL)
    {
      g_clear_pointer (&self->connector, vig_connector_free);
      set_state (self, VIG_REMOTE_REFUSED, error->message);
      return;
    }

  self->exited = FALSE;
  self->logged = 0;
  self->timer = g_timeout_add_seconds (START_TIMEOUT, start_overdue, self);
  self->rpc = vig_rpc_new (g_subprocess_get_stdout_pipe (self->process), g_subprocess_get_stdin_pipe (self->process), handle, self);
  g_signal_connect (self->rpc, "closed", G_CALLBACK (rpc_closed), self);
  g_subprocess_wait_async (self->process, NULL, process_exited, g_object_ref (self));

  log = g_subprocess_get_stderr_pipe (self->process);
  if (log != NULL)
    g_input_stream_read_bytes_async (log, 4096, G_PRIORITY_LOW, NULL, log_read, g_object_ref (self));

  set_state (self, VIG_REMOTE_STARTING, NULL);
  vig_rpc_call_async (self->rpc, "initialize",
                      vig_json_pack_object ("{s:s, s:{}, s:{s:s, s:s}}", "protocolVersion", PROTOCOL_VERSION, "capabilities",
                                            "clientInfo", "name", "vigilus", "version", VIG_VERSION),
                      initialized, g_object_ref (self));
}

void
vig_remote_start (VigRemote *self)
{
  g_return_if_fail (VIG_IS_REMOTE (self));

  if (self->process != NULL)
    return;

  g_clear_handle_id (&self->timer, g_source_remove);
  g_array_set_size (self->crashes, 0);
  start_process (self);
}

void
vig_remote_stop (VigRemote *self)
{
  g_autoptr (GPtrArray) tools = g_steal_pointer (&self->tools);
  g_autoptr (VigRemote) guard = g_object_ref (self);

  g_clear_handle_id (&self->timer, g_source_remove);
  self->tools = g_ptr_array_new_with_free_func (g_object_unref);
  g_clear_pointer (&self->listing, g_free);
  vig_remote_kill (self, "it was stopped");
  set_state (self, VIG_REMOTE_STOPPED, NULL);
  if (self->rpc != NULL)
    process_over (self);
}

VigRemoteState
vig_remote_get_state (VigRemote *self)
{
  return self->state;
}

const char *
vig_remote_get_reason (VigRemote *self)
{
  return self->reason;
}

GPtrArray *
vig_remote_get_tools (VigRemote *self)
{
  return self->tools;
}

static void
vig_remote_finalize (GObject *object)
{
  VigRemote *self = VIG_REMOTE (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->tools, g_ptr_array_unref);
  g_clear_pointer (&self->new_tools, g_ptr_array_unref);
  g_clear_pointer (&self->new_listing, g_checksum_free);
  g_clear_pointer (&self->calls, g_hash_table_unref);
  g_clear_pointer (&self->crashes, g_array_unref);
  g_clear_pointer (&self->connector, vig_connector_free);
  g_clear_pointer (&self->argv, g_strfreev);
  g_clear_pointer (&self->connect, g_strfreev);
  g_clear_pointer (&self->read_paths, g_strfreev);
  g_clear_pointer (&self->write_paths, g_strfreev);
  g_free (self->kill_reason);
  g_free (self->listing);
  g_free (self->reason);
  g_free (self->id);

  G_OBJECT_CLASS (vig_remote_parent_class)->finalize (object);
}

static void
vig_remote_class_init (VigRemoteClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_remote_finalize;

  signals[CHANGED] = g_signal_new ("changed", VIG_TYPE_REMOTE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /* A write to a process that has just died must fail, not end this one. */
  signal (SIGPIPE, SIG_IGN);
}

static void
vig_remote_init (VigRemote *self)
{
  self->tools = g_ptr_array_new_with_free_func (g_object_unref);
  self->crashes = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->calls = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, vig_remote_call_free);
}

VigRemote *
vig_remote_new (const VigRemoteSpec *spec)
{
  VigRemote *self = g_object_new (VIG_TYPE_REMOTE, NULL);

  self->id = g_strdup (spec->id);
  self->argv = g_strdupv ((GStrv) spec->argv);
  self->read_paths = g_strdupv ((GStrv) spec->read_paths);
  self->write_paths = g_strdupv ((GStrv) spec->write_paths);
  self->connect = g_strdupv ((GStrv) spec->connect);
  self->least = spec->least;
  self->most = spec->most;
  self->first_delay = spec->first_delay > 0 ? spec->first_delay : 1000;

  return self;
}
