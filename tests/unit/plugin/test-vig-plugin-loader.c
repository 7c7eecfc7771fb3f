/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "plugin-test.h"
#include "vig-plugin-loader.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  char            *own_dir;
  char            *dir;      /* of third parties */
  VigWorker       *worker;
  VigRegistry     *registry;
  VigPluginLoader *loader;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const char *dirs[] = { NULL, NULL, NULL };

  fixture->own_dir = vig_test_make_dir ();
  fixture->dir = vig_test_make_dir ();
  g_assert_cmpint (g_chmod (fixture->own_dir, 0755), ==, 0);
  g_assert_cmpint (g_chmod (fixture->dir, 0755), ==, 0);
  dirs[0] = fixture->own_dir;
  dirs[1] = fixture->dir;
  fixture->worker = vig_worker_new ("tools", 8);
  fixture->registry = vig_registry_new (fixture->worker);
  fixture->loader = vig_plugin_loader_new (fixture->registry, dirs, 1, g_getenv ("VIG_TEST_PLUGIN_HOST"));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  vig_plugin_loader_stop (fixture->loader);
  g_clear_object (&fixture->loader);
  g_clear_object (&fixture->registry);
  g_clear_object (&fixture->worker);
  vig_test_remove_dir (fixture->own_dir);
  vig_test_remove_dir (fixture->dir);
  g_free (fixture->own_dir);
  g_free (fixture->dir);
}

/* Copies a test plugin's library and writes a manifest for it. */
static void
drop_in (const char *dir, const char *library, const char *id, const char *more)
{
  g_autofree char *source = g_strdup_printf ("%s/%s.so", g_getenv ("VIG_TEST_PLUGINS"), library);
  g_autofree char *target = g_strdup_printf ("%s/%s.so", dir, library);
  g_autofree char *manifest = g_strdup_printf ("%s/%s.plugin", dir, library);
  g_autofree char *text = g_strdup_printf ("[Plugin]\nId=%s\nName=Test\nVersion=1.0\n%s", id, more);
  g_autofree char *bytes = NULL;
  gsize length = 0;

  g_assert_true (g_file_get_contents (source, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents_full (target, bytes, length, G_FILE_SET_CONTENTS_CONSISTENT, 0755, NULL));
  g_assert_true (g_file_set_contents_full (manifest, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL));
}

#define TOOL "Abi=1\nProvides=tool\n"

static char *
get_member (Fixture *fixture, const char *id, const char *name)
{
  g_autoptr (JsonObject) plugin = vig_plugin_loader_find (fixture->loader, id);

  g_assert_nonnull (plugin);

  return g_strdup (vig_json_get_string (plugin, name, NULL));
}

static gboolean
is_state (Fixture *fixture, const char *id, const char *expected)
{
  g_autofree char *state = get_member (fixture, id, "state");

  return g_strcmp0 (state, expected) == 0;
}

static void
assert_reason (Fixture *fixture, const char *id, const char *part)
{
  g_autofree char *reason = get_member (fixture, id, "reason");

  g_test_message ("%s: %s", id, reason);
  g_assert_nonnull (reason);
  g_assert_nonnull (strstr (reason, part));
}

static gint64
get_process (Fixture *fixture)
{
  g_autoptr (PluginTestOutcome) outcome = plugin_test_run (fixture->registry, "crashy.echo", "{\"text\": \"hello\"}", VIG_TEST_SECONDS * 1000);

  g_assert_no_error (outcome->error);
  g_assert_cmpfloat (outcome->progress, ==, 0.5);
  g_assert_cmpstr (vig_json_get_string (json_node_get_object (outcome->node), "text", NULL), ==, "hello");

  return vig_json_get_int (json_node_get_object (outcome->node), "pid", 0);
}

static void
load_crashy (Fixture *fixture)
{
  drop_in (fixture->dir, "crashy", "crashy", TOOL);
  vig_plugin_loader_scan (fixture->loader);
  vig_test_wait_for (vig_registry_is_available (fixture->registry, "crashy.echo"));
}

/* It crashes with a call pending: this process lives, both calls end with the named error, and it is there again. */
static void
test_crash (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PluginTestOutcome) pending = NULL;
  g_autoptr (PluginTestOutcome) crash = NULL;
  g_autoptr (PluginTestOutcome) too_early = NULL;
  pid_t pid = getpid ();
  gint64 first = 0;

  load_crashy (fixture);
  first = get_process (fixture);
  g_assert_cmpint (first, !=, pid);

  pending = plugin_test_start (fixture->registry, "crashy.wait", "{}", VIG_TEST_SECONDS * 1000, NULL);
  vig_test_wait_for (pending->output != NULL);
  g_assert_cmpstr (pending->output, ==, "waiting\n");
  crash = plugin_test_run (fixture->registry, "crashy.crash", "{}", VIG_TEST_SECONDS * 1000);
  vig_test_wait_for (pending->done);
  plugin_test_assert_error (crash, VIG_ERROR_INTERRUPTED, "crashy: the plugin's process ended during the call: it crashed (signal 11");
  plugin_test_assert_error (pending, VIG_ERROR_INTERRUPTED, "it may or may not have happened");

  g_assert_cmpint (getpid (), ==, pid);
  g_assert_true (is_state (fixture, "crashy", "crashed"));
  g_assert_false (vig_registry_is_available (fixture->registry, "crashy.echo"));
  too_early = plugin_test_run (fixture->registry, "crashy.echo", "{}", 1000);
  plugin_test_assert_error (too_early, VIG_ERROR_UNAVAILABLE, "is not running: it crashed");

  vig_test_wait_for (vig_registry_is_available (fixture->registry, "crashy.echo"));
  g_assert_true (is_state (fixture, "crashy", "loaded"));
  g_assert_cmpint (get_process (fixture), !=, first);
}

/* Its own exit is no better than a crash, an error that a tool names keeps its code, and the environment is clean. */
static void
test_answers (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PluginTestOutcome) refusal = NULL;
  g_autoptr (PluginTestOutcome) environment = NULL;
  g_autoptr (PluginTestOutcome) leave = NULL;

  g_setenv ("VIGILUS_SECRET_PROBE", "must not be seen", TRUE);
  g_setenv ("PROBE_KEY", "neither this", TRUE);
  load_crashy (fixture);
  environment = plugin_test_run (fixture->registry, "crashy.echo", "{\"text\": \"environment\"}", VIG_TEST_SECONDS * 1000);
  g_assert_no_error (environment->error);
  g_assert_null (strstr (json_node_get_string (environment->node), "VIGILUS"));
  g_assert_null (strstr (json_node_get_string (environment->node), "PROBE_KEY"));

  refusal = plugin_test_run (fixture->registry, "crashy.echo", "{\"text\": \"refuse\"}", VIG_TEST_SECONDS * 1000);
  plugin_test_assert_error (refusal, VIG_ERROR_NOT_FOUND, "crashy: nothing to echo");
  leave = plugin_test_run (fixture->registry, "crashy.leave", "{}", VIG_TEST_SECONDS * 1000);
  plugin_test_assert_error (leave, VIG_ERROR_INTERRUPTED, "it crashed (exit status 3)");
}

/* A call that is stopped ends by itself where the tool listens: the process stays. */
static void
test_stop_call (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (PluginTestOutcome) pending = NULL;
  gint64 first = 0;

  load_crashy (fixture);
  first = get_process (fixture);
  pending = plugin_test_start (fixture->registry, "crashy.wait", "{}", VIG_TEST_SECONDS * 1000, cancellable);
  vig_test_wait_for (pending->output != NULL);
  g_cancellable_cancel (cancellable);
  vig_test_wait_for (pending->done);
  g_assert_nonnull (pending->error);
  g_assert_cmpint (get_process (fixture), ==, first);
}

static void
test_hang (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PluginTestOutcome) hang = NULL;
  g_autoptr (PluginTestOutcome) silent = NULL;
  pid_t pid = getpid ();

  drop_in (fixture->dir, "hang", "hang", TOOL);
  vig_plugin_loader_scan (fixture->loader);
  vig_test_wait_for (vig_registry_is_available (fixture->registry, "hang.wait"));
  silent = plugin_test_run (fixture->registry, "hang.silent", "{}", VIG_TEST_SECONDS * 1000);
  plugin_test_assert_error (silent, VIG_ERROR_FAILED, "hang.silent failed without setting an error");

  hang = plugin_test_run (fixture->registry, "hang.wait", "{}", 1000);
  plugin_test_assert_error (hang, VIG_ERROR_TIMED_OUT, "hang: hang.wait took longer than its limit: the plugin's process ended during the call: it was killed");
  g_assert_cmpint (vig_registry_get_n_stray (fixture->registry), ==, 0);
  g_assert_cmpint (getpid (), ==, pid);

  vig_test_wait_for (vig_registry_is_available (fixture->registry, "hang.wait"));
}

/* It calls writing reading. Its process cannot write, read or connect beyond its manifest, so the lie gains nothing. */
static void
test_liar (Fixture *fixture, gconstpointer data)
{
  g_autofree char *outside = vig_test_make_dir ();
  g_autofree char *target = g_build_filename (outside, "written", NULL);
  g_autofree char *secret = g_build_filename (outside, "secret", NULL);
  g_autofree char *write_arguments = g_strdup_printf ("{\"path\": \"%s\"}", target);
  g_autofree char *read_arguments = g_strdup_printf ("{\"path\": \"%s\"}", secret);
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *connect_arguments = g_strdup_printf ("{\"port\": %u}", port);
  g_autoptr (PluginTestOutcome) written = NULL;
  g_autoptr (PluginTestOutcome) read = NULL;
  g_autoptr (PluginTestOutcome) allowed = NULL;
  g_autoptr (PluginTestOutcome) connected = NULL;

  g_assert_cmpint (g_chmod (outside, 0777), ==, 0);
  g_assert_true (g_file_set_contents_full (secret, "secret", -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL));
  drop_in (fixture->dir, "liar", "liar", TOOL "[Permissions]\nEffect=read\nRead=/proc/uptime\n");
  vig_plugin_loader_scan (fixture->loader);
  vig_test_wait_for (vig_registry_is_available (fixture->registry, "liar.write"));

  written = plugin_test_run (fixture->registry, "liar.write", write_arguments, VIG_TEST_SECONDS * 1000);
  g_assert_nonnull (written->error);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
  read = plugin_test_run (fixture->registry, "liar.read", read_arguments, VIG_TEST_SECONDS * 1000);
  g_assert_nonnull (read->error);
  allowed = plugin_test_run (fixture->registry, "liar.read", "{\"path\": \"/proc/uptime\"}", VIG_TEST_SECONDS * 1000);
  g_assert_no_error (allowed->error);
  connected = plugin_test_run (fixture->registry, "liar.connect", connect_arguments, VIG_TEST_SECONDS * 1000);
  g_assert_nonnull (connected->error);
  vig_test_remove_dir (outside);
}

/* Where the manifest lets it write, even its reading tools count as writing: nothing could hold them to their word. */
static void
test_raised (Fixture *fixture, gconstpointer data)
{
  drop_in (fixture->dir, "liar", "liar", TOOL "[Permissions]\nEffect=write\nWrite=/var/tmp\n");
  vig_plugin_loader_scan (fixture->loader);
  vig_test_wait_for (vig_registry_is_available (fixture->registry, "liar.write"));
  g_assert_cmpint (vig_tool_get_info (vig_registry_find_tool (fixture->registry, "liar.write"))->level, ==, VIG_LEVEL_WRITE);
  g_assert_cmpint (vig_tool_get_info (vig_registry_find_tool (fixture->registry, "liar.read"))->level, ==, VIG_LEVEL_WRITE);
}

static void
test_older_minor (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PluginTestOutcome) outcome = NULL;

  drop_in (fixture->own_dir, "older-minor", "older-minor", TOOL);
  vig_plugin_loader_scan (fixture->loader);
  g_assert_true (is_state (fixture, "older-minor", "loaded"));
  outcome = plugin_test_run (fixture->registry, "older.say", "{}", VIG_TEST_SECONDS * 1000);
  g_assert_no_error (outcome->error);
  g_assert_cmpstr (json_node_get_string (outcome->node), ==, "old and well");
}

typedef struct
{
  const char *library;
  const char *id;
  const char *manifest;
  const char *reason; /* a part of it */
} Refusal;

static const Refusal refusals[] = {
  { "odd", "odd", "Abi=2\nProvides=tool\n", "built for plugin interface 2; this Vigilus has 1" },
  { "odd", "odd", TOOL "Colour=red\n", "unknown key Colour" },
  { "odd", "odd", TOOL "Isolation=in-process\n", "an administrator must allow it (SHA-256 " },
  { "odd-newer-minor", "odd", TOOL, "newer than this Vigilus's 1.1" },
  { "odd-other-id", "odd", TOOL, "the library says that it is plugin other, the manifest says odd" },
  { "odd-level", "odd", TOOL, "tool odd.say has level write, above the manifest's Effect=read" },
  { "odd-fails", "odd", TOOL, "the odd device is not there" },
  { "odd-silent", "odd", TOOL, "failed without setting an error" },
  { "odd-empty", "odd", TOOL, "it adds nothing" },
  { "odd-no-symbol", "odd", TOOL, "does not export vig_plugin_1" },
  { "dropin-policy", "dropin-policy", TOOL, "it adds a policy, which its manifest does not say" },
  { "dropin-provider", "dropin-provider", "Abi=1\nProvides=provider\n", "a third party's provider runs inside Vigilus" },
  { "dropin-policy", "dropin-policy", "Abi=1\nProvides=policy\n", "a third party's policy runs inside Vigilus" },
  { "dropin-authenticator", "dropin-authenticator", "Abi=1\nProvides=authenticator\n", "a third party's authenticator runs inside Vigilus" },
};

/* With a call of another plugin pending: it ends as if nothing had been. */
static void
test_refusal (Fixture *fixture, gconstpointer data)
{
  const Refusal *row = data;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (PluginTestOutcome) pending = NULL;
  g_autofree char *id = NULL;

  load_crashy (fixture);
  pending = plugin_test_start (fixture->registry, "crashy.wait", "{}", VIG_TEST_SECONDS * 1000, cancellable);
  drop_in (fixture->dir, row->library, row->id, row->manifest);
  vig_plugin_loader_scan (fixture->loader);

  /* Where the manifest cannot be read, the file's name stands for the id. */
  id = g_strdup (strstr (row->reason, "unknown key") != NULL ? row->library : row->id);
  vig_test_wait_for (is_state (fixture, id, "refused"));
  assert_reason (fixture, id, row->reason);
  g_assert_null (vig_registry_find_tool (fixture->registry, "odd.say"));
  g_assert_null (vig_registry_find_provider_type (fixture->registry, "dropin"));
  g_assert_null (vig_registry_find_authenticator (fixture->registry, "dropin"));

  g_assert_false (pending->done);
  g_cancellable_cancel (cancellable);
  vig_test_wait_for (pending->done);
}

static void
test_writable (Fixture *fixture, gconstpointer data)
{
  g_autofree char *library = g_build_filename (fixture->dir, "odd.so", NULL);

  drop_in (fixture->dir, "odd", "odd", TOOL);
  g_assert_cmpint (g_chmod (library, 0666), ==, 0);
  vig_plugin_loader_scan (fixture->loader);
  g_assert_true (is_state (fixture, "odd", "refused"));
  assert_reason (fixture, "odd", "others can write to ");

  g_assert_cmpint (g_chmod (library, 0644), ==, 0);
  vig_plugin_loader_scan (fixture->loader);
  vig_test_wait_for (vig_registry_is_available (fixture->registry, "odd.say"));
}

static void
test_duplicate (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonArray) list = NULL;
  JsonObject *second = NULL;

  drop_in (fixture->own_dir, "odd", "odd", TOOL);
  drop_in (fixture->dir, "odd", "odd", TOOL);
  vig_plugin_loader_scan (fixture->loader);
  list = vig_plugin_loader_describe (fixture->loader);
  g_assert_cmpint (json_array_get_length (list), ==, 2);
  second = json_array_get_object_element (list, 1);
  g_assert_cmpstr (vig_json_get_string (json_array_get_object_element (list, 0), "state", NULL), ==, "loaded");
  g_assert_cmpstr (vig_json_get_string (second, "state", NULL), ==, "refused");
  g_assert_nonnull (strstr (vig_json_get_string (second, "reason", ""), "plugin odd is there already, as "));
}

/* Consent is for these bytes of this plugin: other bytes under the same name need it anew. */
static void
test_allowed (Fixture *fixture, gconstpointer data)
{
  VigRequestInfo request = { "id", "Tester", "user", "vigilus.activity", VIG_LEVEL_READ, VIG_LEVEL_READ, NULL, NULL };
  g_autoptr (JsonObject) allowed = json_object_new ();
  g_autofree char *sha256 = NULL;

  drop_in (fixture->dir, "dropin-policy", "dropin-policy", "Abi=1\nProvides=policy\n");
  vig_plugin_loader_scan (fixture->loader);
  sha256 = get_member (fixture, "dropin-policy", "sha256");
  g_assert_cmpint (strlen (sha256), ==, 64);

  sha256[0] = sha256[0] == '0' ? '1' : '0';
  json_object_set_string_member (allowed, "dropin-policy", sha256);
  vig_plugin_loader_set_allowed (fixture->loader, allowed);
  vig_plugin_loader_scan (fixture->loader);
  g_assert_true (is_state (fixture, "dropin-policy", "refused"));

  g_free (sha256);
  sha256 = get_member (fixture, "dropin-policy", "sha256");
  json_object_set_string_member (allowed, "dropin-policy", sha256);
  vig_plugin_loader_scan (fixture->loader);
  g_assert_true (is_state (fixture, "dropin-policy", "loaded"));
  g_assert_cmpint (vig_registry_check_policies (fixture->registry, &request, NULL, NULL), ==, VIG_VERDICT_DENY);
}

static void
test_rescan (Fixture *fixture, gconstpointer data)
{
  g_autofree char *manifest = g_build_filename (fixture->dir, "crashy.plugin", NULL);
  gint64 first = 0;

  load_crashy (fixture);
  first = get_process (fixture);
  vig_plugin_loader_scan (fixture->loader);
  g_assert_cmpint (get_process (fixture), ==, first);

  drop_in (fixture->dir, "crashy", "crashy", TOOL "[Permissions]\nRead=/etc/os-release\n");
  vig_plugin_loader_scan (fixture->loader);
  vig_test_wait_for (vig_registry_is_available (fixture->registry, "crashy.echo"));
  g_assert_cmpint (get_process (fixture), !=, first);

  g_assert_cmpint (g_unlink (manifest), ==, 0);
  vig_plugin_loader_scan (fixture->loader);
  g_assert_null (vig_plugin_loader_find (fixture->loader, "crashy"));
  g_assert_null (vig_registry_find_tool (fixture->registry, "crashy.echo"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, function) g_test_add (path, Fixture, data, set_up, function, tear_down)
  ADD ("/loader/crash", NULL, test_crash);
  ADD ("/loader/answers", NULL, test_answers);
  ADD ("/loader/stop-call", NULL, test_stop_call);
  ADD ("/loader/hang", NULL, test_hang);
  ADD ("/loader/raised", NULL, test_raised);
  ADD ("/loader/older-minor", NULL, test_older_minor);
  ADD ("/loader/writable", NULL, test_writable);
  ADD ("/loader/duplicate", NULL, test_duplicate);
  ADD ("/loader/allowed", NULL, test_allowed);
  ADD ("/loader/rescan", NULL, test_rescan);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strdup_printf ("/loader/refusal/%u", i);

      ADD (path, &refusals[i], test_refusal);
    }
  ADD ("/loader/liar", NULL, test_liar);

  return g_test_run ();
}
