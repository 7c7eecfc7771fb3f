/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "plugin-test.h"
#include "vig-plugin-loader.h"

#include <glib/gstdio.h>
#include <string.h>

/* A resolver for which every name is this machine: what a rebinding name server answers. */
#define TEST_TYPE_RESOLVER (test_resolver_get_type ())
G_DECLARE_FINAL_TYPE (TestResolver, test_resolver, TEST, RESOLVER, GResolver)

struct _TestResolver
{
  GResolver parent_instance;
};

G_DEFINE_FINAL_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER)

static void
lookup_async (GResolver *self, const char *name, GResolverNameLookupFlags flags, GCancellable *cancellable, GAsyncReadyCallback callback,
              gpointer data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, data);

  g_task_return_pointer (task, g_list_append (NULL, g_inet_address_new_from_string ("127.0.0.1")), NULL);
}

static GList *
lookup_finish (GResolver *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_resolver_class_init (TestResolverClass *klass)
{
  GResolverClass *resolver = G_RESOLVER_CLASS (klass);

  resolver->lookup_by_name_with_flags_async = lookup_async;
  resolver->lookup_by_name_with_flags_finish = lookup_finish;
}

static void
test_resolver_init (TestResolver *self)
{
}

typedef struct
{
  char            *dir;
  GSocketService  *server;
  guint16          port;  /* of the server */
  guint16          other; /* where another server listens */
  guint            n_other;
  VigWorker       *worker;
  VigRegistry     *registry;
  VigPluginLoader *loader;
} Fixture;

static gboolean
on_incoming (GSocketService *server, GSocketConnection *connection, GObject *source, gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GSocketAddress) address = g_socket_connection_get_local_address (connection, NULL);

  if (g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)) == fixture->other)
    fixture->n_other++;
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), "welcome", 7, NULL, NULL, NULL);

  return TRUE;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = vig_test_make_dir ();
  g_assert_cmpint (g_chmod (fixture->dir, 0755), ==, 0);
  fixture->server = g_socket_service_new ();
  fixture->port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (fixture->server), NULL, NULL);
  fixture->other = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (fixture->server), NULL, NULL);
  g_signal_connect (fixture->server, "incoming", G_CALLBACK (on_incoming), fixture);
  fixture->worker = vig_worker_new ("tools", 8);
  fixture->registry = vig_registry_new (fixture->worker);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (fixture->n_other, ==, 0);
  vig_plugin_loader_stop (fixture->loader);
  g_clear_object (&fixture->loader);
  g_clear_object (&fixture->registry);
  g_clear_object (&fixture->worker);
  g_socket_service_stop (fixture->server);
  g_clear_object (&fixture->server);
  vig_test_remove_dir (fixture->dir);
  g_free (fixture->dir);
}

static void
load (Fixture *fixture, const char *permissions)
{
  const char *dirs[] = { fixture->dir, NULL };
  g_autofree char *source = g_strdup_printf ("%s/dialer.so", g_getenv ("VIG_TEST_PLUGINS"));
  g_autofree char *target = g_strdup_printf ("%s/dialer.so", fixture->dir);
  g_autofree char *manifest = g_strdup_printf ("%s/dialer.plugin", fixture->dir);
  g_autofree char *text = g_strdup_printf ("[Plugin]\nId=dialer\nName=Test\nVersion=1.0\nAbi=1\nProvides=tool\n[Permissions]\nEffect=write\n%s",
                                           permissions);
  g_autofree char *bytes = NULL;
  gsize length = 0;

  g_assert_true (g_file_get_contents (source, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents_full (target, bytes, length, G_FILE_SET_CONTENTS_CONSISTENT, 0755, NULL));
  g_assert_true (g_file_set_contents_full (manifest, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL));
  fixture->loader = vig_plugin_loader_new (fixture->registry, dirs, 0, g_getenv ("VIG_TEST_PLUGIN_HOST"));
  vig_plugin_loader_scan (fixture->loader);
  vig_test_wait_for (vig_registry_is_available (fixture->registry, "dialer.ask"));
}

static PluginTestOutcome *
ask (Fixture *fixture, const char *host, guint16 port)
{
  g_autofree char *arguments = g_strdup_printf ("{\"address\": \"%s:%u\"}", host, port);

  return plugin_test_run (fixture->registry, "dialer.ask", arguments, VIG_TEST_SECONDS * 1000);
}

static void
assert_reached (Fixture *fixture, const char *host)
{
  g_autoptr (PluginTestOutcome) outcome = ask (fixture, host, fixture->port);

  g_assert_no_error (outcome->error);
  g_assert_cmpstr (json_node_get_string (outcome->node), ==, "welcome");
}

static void
assert_denied (Fixture *fixture, const char *host, guint16 port)
{
  g_autoptr (PluginTestOutcome) outcome = ask (fixture, host, port);

  plugin_test_assert_error (outcome, VIG_ERROR_DENIED, "manifest");
}

static void
assert_confined (Fixture *fixture)
{
  g_autoptr (PluginTestOutcome) outcome = plugin_test_run (fixture->registry, "dialer.break", "{}", VIG_TEST_SECONDS * 1000);

  g_assert_no_error (outcome->error);
  g_assert_cmpstr (json_node_get_string (outcome->node), ==, "");
}

/* What the manifest names is reached, and nothing else: another port, other names and forms of the same machine, IPv6, other sockets. */
static void
test_named_only (Fixture *fixture, gconstpointer data)
{
  g_autofree char *permissions = g_strdup_printf ("Connect=127.0.0.1:%u;LOCALHOST:%u\n", fixture->port, fixture->port);
  static const char *const others[] = { "127.0.0.2", "[::1]", "0.0.0.0", "127.1", "2130706433", "[::ffff:127.0.0.1]", "example.org", "localhost.", "" };

  load (fixture, permissions);
  assert_reached (fixture, "127.0.0.1");
  assert_reached (fixture, "localhost");
  assert_confined (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    assert_denied (fixture, others[i], fixture->port);
  assert_denied (fixture, "127.0.0.1", fixture->other);
  assert_denied (fixture, "localhost", fixture->other);
  assert_reached (fixture, "127.0.0.1");
}

static void
test_none_named (Fixture *fixture, gconstpointer data)
{
  load (fixture, "");
  assert_denied (fixture, "127.0.0.1", fixture->port);
  assert_confined (fixture);
}

/* A name that suddenly means this machine is not connected to, though the manifest names it; one that nobody answers at says so. */
static void
test_rebinding (Fixture *fixture, gconstpointer data)
{
  g_autofree char *permissions = g_strdup_printf ("Connect=api.example.org:%u;127.0.0.1:1\n", fixture->port);
  g_autoptr (GResolver) before = g_resolver_get_default ();
  g_autoptr (GResolver) rebinding = g_object_new (TEST_TYPE_RESOLVER, NULL);
  g_autoptr (PluginTestOutcome) rebound = NULL;
  g_autoptr (PluginTestOutcome) silent = NULL;

  load (fixture, permissions);
  g_resolver_set_default (rebinding);
  g_test_expect_message ("vigilus-plugin", G_LOG_LEVEL_WARNING, "*leads to this machine*");
  rebound = ask (fixture, "api.example.org", fixture->port);
  plugin_test_assert_error (rebound, VIG_ERROR_DENIED, "leads to this machine");
  g_test_assert_expected_messages ();
  g_resolver_set_default (before);
  silent = ask (fixture, "127.0.0.1", 1);
  plugin_test_assert_error (silent, VIG_ERROR_UNAVAILABLE, "127.0.0.1:1");
}

/* Many at once each get an answer. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autofree char *permissions = g_strdup_printf ("Connect=127.0.0.1:%u\n", fixture->port);
  g_autofree char *arguments = g_strdup_printf ("{\"address\": \"127.0.0.1:%u\"}", fixture->port);
  g_autoptr (GPtrArray) outcomes = g_ptr_array_new_with_free_func ((GDestroyNotify) plugin_test_outcome_free);

  load (fixture, permissions);
  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (outcomes, plugin_test_start (fixture->registry, "dialer.ask", arguments, VIG_TEST_SECONDS * 1000, NULL));
  for (guint i = 0; i < outcomes->len; i++)
    {
      PluginTestOutcome *outcome = g_ptr_array_index (outcomes, i);

      vig_test_wait_for (outcome->done);
      g_assert_no_error (outcome->error);
      g_assert_cmpstr (json_node_get_string (outcome->node), ==, "welcome");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/connector/named-only", Fixture, NULL, set_up, test_named_only, tear_down);
  g_test_add ("/connector/none-named", Fixture, NULL, set_up, test_none_named, tear_down);
  g_test_add ("/connector/rebinding", Fixture, NULL, set_up, test_rebinding, tear_down);
  g_test_add ("/connector/many", Fixture, NULL, set_up, test_many, tear_down);

  return g_test_run ();
}
