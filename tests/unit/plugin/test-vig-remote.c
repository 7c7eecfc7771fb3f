/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "plugin-test.h"
#include "vig-remote.h"

#include <string.h>

#define READY "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"

/* A process that is a line of shell: it reads and writes what a plugin host would, or what it should not. */
static VigRemote *
start_shell (const char *script)
{
  const char *argv[] = { "/bin/sh", "-c", script, NULL };
  VigRemoteSpec spec = { .id = "probe", .argv = argv, .least = VIG_LEVEL_READ, .most = VIG_LEVEL_WRITE, .first_delay = 1 };
  VigRemote *remote = vig_remote_new (&spec);

  vig_remote_start (remote);

  return remote;
}

static void
assert_reason (VigRemote *remote, const char *part)
{
  g_test_message ("%s", vig_remote_get_reason (remote));
  g_assert_nonnull (strstr (vig_remote_get_reason (remote), part));
}

static void
stop (VigRemote *remote)
{
  vig_remote_stop (remote);
  g_assert_cmpint (vig_remote_get_state (remote), ==, VIG_REMOTE_STOPPED);
}

typedef struct
{
  const char *script;
  const char *reason;
} Row;

/* Each of these fails at every start: five times, then it is left alone. */
static const Row hopeless[] = {
  { "exit 7", "it crashed (exit status 7); 5 times in 10 minutes, so it is not started again" },
  { "kill -SEGV $$", "it crashed (signal 11" },
  { "echo hello; sleep 60", "it was killed: the other side sent no valid message" },
  { "echo '[]'; sleep 60", "it was killed: the other side sent no valid message" },
  { "read line; echo '{\"jsonrpc\":\"2.0\"}'; sleep 60", "no JSON-RPC 2.0" },
};

static void
test_quarantine (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (VigRemote) remote = start_shell (row->script);

  vig_test_wait_for (vig_remote_get_state (remote) == VIG_REMOTE_QUARANTINED);
  assert_reason (remote, row->reason);
  assert_reason (remote, "5 times");

  vig_remote_start (remote);
  g_assert_cmpint (vig_remote_get_state (remote), ==, VIG_REMOTE_STARTING);
  stop (remote);
}

#define TOOL(more) "{\"name\":\"probe.say\",\"title\":\"Say\",\"description\":\"Says\",\"inputSchema\":{\"type\":\"object\"}" more "}"
#define LIST(tools) "read a; echo '" READY "'; read b; read c; echo '{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"tools\":[" tools "]}}'; sleep 60"
#define LEVEL(level) ",\"_meta\":{\"vigilus/level\":\"" level "\"}"

static const Row refused[] = {
  { "read a; echo '{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":\"no such device\"}}'; sleep 60", "no such device" },
  { LIST ("7"), "its list of tools is none" },
  { LIST ("{\"name\":\"probe.say\"}"), "probe.say" },
  { LIST (TOOL ("")), "has level exec, above the manifest's Effect=write" },
  { LIST (TOOL (LEVEL ("godlike"))), "has level elevate" },
  { LIST (TOOL (",\"_meta\":{\"vigilus/level\":\"read\",\"vigilus/host\":true}")), "an Operator's directory" },
};

static void
test_refused (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (VigRemote) remote = start_shell (row->script);

  vig_test_wait_for (vig_remote_get_state (remote) == VIG_REMOTE_REFUSED);
  assert_reason (remote, row->reason);
  g_assert_cmpint (vig_remote_get_tools (remote)->len, ==, 0);
  stop (remote);
}

static void
call_done (GObject *source, GAsyncResult *result, gpointer data)
{
  PluginTestOutcome *outcome = data;

  outcome->node = vig_remote_call_finish (VIG_REMOTE (source), result, &outcome->error);
  outcome->done = TRUE;
}

static PluginTestOutcome *
call (VigRemote *remote)
{
  VigInvocationValues values = { "call-1", "probe.say", "Tester", NULL, NULL, g_get_monotonic_time () + 20 * G_USEC_PER_SEC, 1000 };
  g_autoptr (VigInvocation) invocation = vig_invocation_new (&values, NULL, NULL, NULL);
  PluginTestOutcome *outcome = g_new0 (PluginTestOutcome, 1);

  vig_remote_call_async (remote, "probe.say", invocation, NULL, call_done, outcome);
  g_assert_false (outcome->done);

  return outcome;
}

/* What it wrote before it was gone counts, and what it owed ends with an error. */
static void
test_last_words (void)
{
  g_autoptr (VigRemote) remote = start_shell ("read a; echo '" READY "'; read b; read c; echo '{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"tools\":["
                                              TOOL (LEVEL ("read")) "]}}'; read d; read e; "
                                              "echo '{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"bye\"}]}}'; exit 4");
  g_autoptr (PluginTestOutcome) first = NULL;
  g_autoptr (PluginTestOutcome) second = NULL;

  vig_test_wait_for (vig_remote_get_state (remote) == VIG_REMOTE_READY);
  first = call (remote);
  second = call (remote);
  vig_test_wait_for (first->done && second->done);
  g_assert_no_error (first->error);
  g_assert_cmpstr (json_node_get_string (first->node), ==, "bye");
  plugin_test_assert_error (second, VIG_ERROR_INTERRUPTED, "exit status 4");
  stop (remote);
}

static void
test_stop (void)
{
  g_autoptr (VigRemote) remote = start_shell ("read a; echo '" READY "'; read b; read c; echo '{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"tools\":[]}}'; sleep 60");
  g_autoptr (PluginTestOutcome) pending = NULL;

  vig_test_wait_for (vig_remote_get_state (remote) == VIG_REMOTE_READY);
  pending = call (remote);
  stop (remote);
  vig_test_wait_for (pending->done);
  plugin_test_assert_error (pending, VIG_ERROR_INTERRUPTED, "it was stopped");
}

static void
add_rows (const char *kind, const Row *rows, guint n_rows, GTestDataFunc function)
{
  for (guint i = 0; i < n_rows; i++)
    {
      g_autofree char *path = g_strdup_printf ("/remote/%s/%u", kind, i);

      g_test_add_data_func (path, &rows[i], function);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_rows ("quarantine", hopeless, G_N_ELEMENTS (hopeless), test_quarantine);
  add_rows ("refused", refused, G_N_ELEMENTS (refused), test_refused);
  g_test_add_func ("/remote/last-words", test_last_words);
  g_test_add_func ("/remote/stop", test_stop);

  return g_test_run ();
}
