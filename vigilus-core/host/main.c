/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-activation.h"
#include "vig-dial.h"
#include "vig-remote-tool.h"
#include "vig-rpc.h"
#include "vig-tool-runner.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <signal.h>
#include <unistd.h>
#include <vigilus/vig-invocation-private.h>

#define N_THREADS 8

/* vigilus-plugin-host: one plugin, whose tools it serves by MCP on stdin and stdout to the daemon that started and confined it. */
typedef struct
{
  GMainLoop     *loop;
  char          *manifest_path;
  GSocket       *dial;          /* to the daemon, which opens connections; NULL: it may reach nothing */
  uid_t          owner;         /* who beside root the plugin's files may belong to */
  VigActivation *activation;    /* NULL until "initialize" */
  VigToolRunner *runner;
  VigRpc        *rpc;
  GHashTable    *running;       /* id of a request, as JSON text, to its GCancellable */
} Host;

/* One tools/call; what its tool reports goes to the main thread. */
typedef struct
{
  Host     *host;
  JsonNode *id;
  gint64    token;
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  json_node_unref (call->id);
  g_free (call);
}

typedef struct
{
  Host       *host;
  const char *method;
  JsonObject *params;
} Report;

static void
report_free (gpointer data)
{
  Report *report = data;

  json_object_unref (report->params);
  g_free (report);
}

static gboolean
send_report (gpointer data)
{
  Report *report = data;

  vig_rpc_notify (report->host->rpc, report->method, json_object_ref (report->params));

  return G_SOURCE_REMOVE;
}

static void
queue_report (Host *host, const char *method, JsonObject *params)
{
  Report *report = g_new0 (Report, 1);

  report->host = host;
  report->method = method;
  report->params = params;
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, send_report, report, report_free);
}

static void
report_output (gpointer data, VigOutput stream, const char *text, gsize length)
{
  Call *call = data;
  g_autofree char *valid = g_utf8_make_valid (text, length);

  queue_report (call->host, VIG_NOTIFY_OUTPUT,
                vig_json_pack_object ("{s:I, s:s, s:s}", "progressToken", call->token, "stream", stream == VIG_OUTPUT_STDERR ? "stderr" : "stdout", "text", valid));
}

static void
report_progress (gpointer data, double fraction, const char *text)
{
  Call *call = data;
  g_autofree char *valid = text != NULL ? g_utf8_make_valid (text, -1) : NULL;

  queue_report (call->host, "notifications/progress",
                vig_json_pack_object ("{s:I, s:f, s:f, s:s?}", "progressToken", call->token, "progress", fraction, "total", 1.0, "message", valid));
}

static GSocketConnection *
connect_to (gpointer data, const char *address, GCancellable *cancellable, GError **error)
{
  Call *call = data;

  return vig_dial (call->host->dial, address, cancellable, error);
}

static const VigInvocationServices services = { .report_output = report_output, .report_progress = report_progress, .connect = connect_to };

static void
initialize (Host *host, JsonNode *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigManifest) manifest = vig_manifest_load (host->manifest_path, &error);

  if (host->activation == NULL && manifest != NULL && vig_manifest_check_files (manifest, host->owner, &error) && vig_manifest_check_abi (manifest, &error))
    host->activation = vig_activation_new (manifest, &error);

  if (host->activation == NULL)
    {
      vig_rpc_reply_error (host->rpc, id, VIG_RPC_FAILED, error->message);
      return;
    }

  vig_rpc_reply (host->rpc, id,
                 vig_json_pack_object ("{s:s, s:{s:{}}, s:{s:s, s:s}}", "protocolVersion", "2025-06-18", "capabilities", "tools",
                                       "serverInfo", "name", manifest->id, "version", manifest->version));
}

static void
list_tools (Host *host, JsonNode *id)
{
  GPtrArray *tools = vig_activation_get_tools (host->activation);
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < tools->len; i++)
    json_array_add_object_element (list, vig_remote_tool_describe (vig_tool_get_info (g_ptr_array_index (tools, i))));

  vig_rpc_reply (host->rpc, id, vig_json_pack_object ("{s:A}", "tools", list));
}

static VigTool *
find_tool (Host *host, const char *name)
{
  GPtrArray *tools = vig_activation_get_tools (host->activation);

  for (guint i = 0; i < tools->len; i++)
    if (g_strcmp0 (vig_tool_get_info (g_ptr_array_index (tools, i))->name, name) == 0)
      return g_ptr_array_index (tools, i);

  return NULL;
}

static void
call_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_tool_runner_run_finish (VIG_TOOL_RUNNER (source), result, &error);
  g_autofree char *key = vig_json_to_string (call->id);

  g_hash_table_remove (call->host->running, key);
  vig_rpc_reply (call->host->rpc, call->id, vig_remote_tool_pack_outcome (node, error));
  call_free (call);
}

static VigInvocation *
make_invocation (Call *call, const char *tool, JsonObject *params)
{
  JsonObject *meta = vig_json_get_object (params, "_meta");
  JsonObject *about = meta != NULL ? vig_json_get_object (meta, VIG_META_CALL) : NULL;
  JsonObject *arguments = vig_json_get_object (params, "arguments");
  g_autoptr (JsonObject) none = json_object_new ();
  VigInvocationValues values = { 0 };
  Call *copy = g_memdup2 (call, sizeof *call);

  if (about == NULL)
    about = none;

  json_node_ref (copy->id);
  copy->token = call->token = meta != NULL ? vig_json_get_int (meta, "progressToken", 0) : 0;
  values.call_id = vig_json_get_string (about, "call_id", "");
  values.tool_name = tool;
  values.operator_name = vig_json_get_string (about, "operator", "");
  values.arguments = arguments != NULL ? arguments : none;
  values.deadline = g_get_monotonic_time () + CLAMP (vig_json_get_int (about, "milliseconds_left", 60000), 0, 86400000) * 1000;
  values.output_limit = MAX (0, vig_json_get_int (about, "output_limit", 64 * 1024));

  return vig_invocation_new (&values, &services, copy, call_free);
}

static void
call_tool (Host *host, JsonNode *id, JsonObject *params)
{
  const char *name = vig_json_get_string (params, "name", NULL);
  VigTool *tool = find_tool (host, name);
  g_autoptr (VigInvocation) invocation = NULL;
  GCancellable *cancellable = NULL;
  Call *call = NULL;

  if (tool == NULL)
    {
      vig_rpc_reply_error (host->rpc, id, VIG_RPC_INVALID_PARAMS, "no tool of that name");
      return;
    }

  call = g_new0 (Call, 1);
  call->host = host;
  call->id = json_node_ref (id);
  invocation = make_invocation (call, name, params);
  cancellable = g_cancellable_new ();
  g_hash_table_insert (host->running, vig_json_to_string (id), cancellable);
  vig_tool_runner_run_async (host->runner, NULL, tool, NULL, invocation, cancellable, call_ended, call);
}

static void
cancel_call (Host *host, JsonObject *params)
{
  JsonNode *id = json_object_get_member (params, "requestId");
  g_autofree char *key = id != NULL ? vig_json_to_string (id) : NULL;
  GCancellable *cancellable = key != NULL ? g_hash_table_lookup (host->running, key) : NULL;

  if (cancellable != NULL)
    g_cancellable_cancel (cancellable);
}

static void
handle (VigRpc *rpc, const char *method, JsonObject *params, JsonNode *id, gpointer data)
{
  Host *host = data;

  if (id == NULL)
    {
      if (g_str_equal (method, "notifications/cancelled"))
        cancel_call (host, params);
    }
  else if (g_str_equal (method, "initialize"))
    initialize (host, id);
  else if (g_str_equal (method, "ping"))
    vig_rpc_reply (rpc, id, json_object_new ());
  else if (host->activation == NULL)
    vig_rpc_reply_error (rpc, id, VIG_RPC_FAILED, "the conversation begins with initialize");
  else if (g_str_equal (method, "tools/list"))
    list_tools (host, id);
  else if (g_str_equal (method, "tools/call"))
    call_tool (host, id, params);
  else
    vig_rpc_reply_error (rpc, id, VIG_RPC_METHOD_NOT_FOUND, "this server has tools only");
}

/* The plugin's own reads and prints must not get between the messages: the streams move to other descriptors. */
static gboolean
take_streams (Host *host, GError **error)
{
  int input = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
  int output = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
  int null = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  g_autoptr (GInputStream) in = NULL;
  g_autoptr (GOutputStream) out = NULL;

  if (input < 0 || output < 0 || dup2 (STDERR_FILENO, STDOUT_FILENO) < 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to take over stdin and stdout: %s", g_strerror (errno));
      return FALSE;
    }

  /* Where confinement leaves no /dev/null, a closed stdin does as well. */
  if (null >= 0)
    dup2 (null, STDIN_FILENO);
  else
    close (STDIN_FILENO);

  in = g_unix_input_stream_new (input, TRUE);
  out = g_unix_output_stream_new (output, TRUE);
  host->rpc = vig_rpc_new (in, out, handle, host);
  g_signal_connect_swapped (host->rpc, "closed", G_CALLBACK (g_main_loop_quit), host->loop);

  return TRUE;
}

static gboolean
parse_arguments (Host *host, int argc, char **argv, GError **error)
{
  gint64 owner = geteuid ();
  gboolean connect = FALSE;
  const GOptionEntry entries[] = {
    { "owner", 0, 0, G_OPTION_ARG_INT64, &owner, "User that the plugin's files may belong to", "UID" },
    { "connect", 0, 0, G_OPTION_ARG_NONE, &connect, "Descriptor 3 leads to who opens connections", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("MANIFEST - serves one plugin's tools by MCP on stdin and stdout");

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;

  if (argc != 2)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "exactly one manifest must be named");
      return FALSE;
    }

  if (connect && (host->dial = vig_dial_open (error)) == NULL)
    return FALSE;

  host->owner = (uid_t) owner;
  host->manifest_path = g_strdup (argv[1]);

  return TRUE;
}

int
main (int argc, char **argv)
{
  Host host = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (VigWorker) worker = vig_worker_new ("plugin", N_THREADS);

  signal (SIGPIPE, SIG_IGN);
  host.loop = g_main_loop_new (NULL, FALSE);
  host.runner = vig_tool_runner_new (worker);
  host.running = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);

  if (!parse_arguments (&host, argc, argv, &error) || !take_streams (&host, &error))
    {
      g_printerr ("vigilus-plugin-host: %s\n", error->message);
      return 2;
    }

  g_main_loop_run (host.loop);

  if (host.activation != NULL)
    vig_activation_deactivate (host.activation);

  /* Threads may still run the plugin's code: nothing is taken from under them. */
  _exit (0);
}
