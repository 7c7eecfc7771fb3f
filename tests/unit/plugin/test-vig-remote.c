/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "plugin-test.h"
#include "vig-remote.h"

#include <glib/gstdio.h>

#include <string.h>

#define READY "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"

/* A process that is a line of shell: it reads and writes what a plugin host would, or what it should not. */
static VigRemote *
start_with (const char *script, VigLevel least, const char *readable)
{
  const char *argv[] = { "/bin/sh", "-c", script, NULL };
  const char *paths[] = { readable, NULL };
  VigRemoteSpec spec = { .id = "probe", .argv = argv, .read_paths = paths, .least = least, .most = VIG_LEVEL_WRITE, .first_delay = 1 };
  VigRemote *remote = vig_remote_new (&spec);

  vig_remote_start (remote);

  return remote;
}

static VigRemote *
start_shell (const char *script)
{
  return start_with (script, VIG_LEVEL_READ, NULL);
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
#define LISTED(tools) "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"tools\":[" tools "]}}"
#define LIST(tools) "read a; echo '" READY "'; read b; read c; echo '" LISTED (tools) "'; sleep 60"
#define LEVEL(level) ",\"_meta\":{\"vigilus/level\":\"" level "\"}"

static const Row refused[] = {
  { "read a; echo '{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":\"no such device\"}}'; sleep 60", "no such device" },
  { LIST ("7"), "its list of tools is none" },
  { LIST ("{\"name\":\"probe.say\"}"), "probe.say" },
  /* PITFALLS 5: what says nothing of its level executes; a hint that it only reads changes nothing. */
  { LIST (TOOL ("")), "has level exec, above the manifest's Effect=write" },
  { LIST (TOOL (",\"annotations\":{\"readOnlyHint\":true,\"destructiveHint\":false}")), "has level exec, above the manifest's Effect=write" },
  { LIST ("{\"name\":\"shell.exec\",\"title\":\"S\",\"description\":\"S\",\"inputSchema\":{\"type\":\"object\"}" LEVEL ("read") "}"), "begin with probe." },
  { LIST ("{\"name\":\"probe_evil.say\",\"title\":\"S\",\"description\":\"S\",\"inputSchema\":{\"type\":\"object\"}" LEVEL ("read") "}"), "begin with probe." },
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

/* PITFALLS 5: its own word lowers nothing: where its process may write, all of its tools count as writing. */
static void
test_own_word (void)
{
  g_autoptr (VigRemote) remote = start_with (LIST (TOOL (LEVEL ("read"))), VIG_LEVEL_WRITE, NULL);

  vig_test_wait_for (vig_remote_get_state (remote) == VIG_REMOTE_READY);
  g_assert_cmpint (vig_tool_get_info (g_ptr_array_index (vig_remote_get_tools (remote), 0))->level, ==, VIG_LEVEL_WRITE);
  stop (remote);
}

/* Offers one tool that reads, crashes once the file "again" is there, and then offers @then. */
static void
crash_and_offer (const char *then, VigRemoteState expected)
{
  g_autofree char *folder = g_dir_make_tmp ("vig-changed-XXXXXX", NULL);
  g_autofree char *again = g_build_filename (folder, "again", NULL);
  g_autofree char *script = g_strdup_printf ("read a; echo '" READY "'; read b; read c; if test -e '%s'; then echo '%s'; sleep 60; "
                                             "else echo '%s'; until test -e '%s'; do sleep 0.05; done; exit 3; fi",
                                             again, then, LISTED (TOOL (LEVEL ("read"))), again);
  g_autoptr (VigRemote) remote = NULL;

  g_assert_cmpint (g_chmod (folder, 0755), ==, 0);
  remote = start_with (script, VIG_LEVEL_READ, folder);
  vig_test_wait_for (vig_remote_get_state (remote) == VIG_REMOTE_READY);
  g_assert_true (g_file_set_contents (again, "", 0, NULL));
  vig_test_wait_for (vig_remote_get_state (remote) == VIG_REMOTE_CRASHED);
  vig_test_wait_for (vig_remote_get_state (remote) == expected);
  if (expected == VIG_REMOTE_REFUSED)
    assert_reason (remote, "its tools are not what they were");

  /* Who has the plugins read anew accepts what is there. */
  stop (remote);
  vig_remote_start (remote);
  vig_test_wait_for (vig_remote_get_state (remote) == VIG_REMOTE_READY);
  stop (remote);
  g_remove (again);
  g_rmdir (folder);
}

#define OTHER(name, description, schema) \
  "{\"name\":\"" name "\",\"title\":\"Say\",\"description\":\"" description "\",\"inputSchema\":" schema LEVEL ("read") "}"
#define ANY "{\"type\":\"object\"}"

/* PITFALLS 22: tools that change their name, description, schema or level are not those that were looked at. */
static void
test_changed_tools (void)
{
  crash_and_offer (LISTED (TOOL (LEVEL ("write"))), VIG_REMOTE_REFUSED);
  crash_and_offer (LISTED (OTHER ("probe.say", "Says more", ANY)), VIG_REMOTE_REFUSED);
  crash_and_offer (LISTED (OTHER ("probe.say", "Says", "{\"type\":\"object\",\"required\":[]}")), VIG_REMOTE_REFUSED);
  crash_and_offer (LISTED (OTHER ("probe.tell", "Says", ANY)), VIG_REMOTE_REFUSED);
  crash_and_offer (LISTED (OTHER ("probe.say", "Says", ANY) "," OTHER ("probe.tell", "Says", ANY)), VIG_REMOTE_REFUSED);
  crash_and_offer (LISTED (""), VIG_REMOTE_REFUSED);
  crash_and_offer (LISTED (TOOL (LEVEL ("read"))), VIG_REMOTE_READY);
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
  VigInvocationValues values = { "call-1", "probe.say", "Tester", NULL, NULL, vig_test_deadline (), 1000 };
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
  g_test_add_func ("/remote/own-word", test_own_word);
  g_test_add_func ("/remote/changed-tools", test_changed_tools);
  g_test_add_func ("/remote/last-words", test_last_words);
  g_test_add_func ("/remote/stop", test_stop);

  return g_test_run ();
}
