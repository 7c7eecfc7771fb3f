/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-helper-tool.h"

#include "agent-test.h"
#include "vig-helper.h"

#include <string.h>

#include <gio/gunixsocketaddress.h>
#include <vigilus/vig-invocation-private.h>

/* In the helper's place: takes one request, gives @answer or none, and keeps what comes after the request until the connection ends. */
typedef struct
{
  GSocket    *socket;
  const char *answer; /* or NULL */
  GString    *after;
  gboolean    whole;  /* the request came */
  GThread    *thread;
} Stand;

static gpointer
stand_in (gpointer data)
{
  Stand *self = data;
  g_autoptr (GSocket) connection = g_socket_accept (self->socket, NULL, NULL);
  char buffer[VIG_HELPER_MAX_REQUEST];
  gssize n;

  while (connection != NULL && (n = g_socket_receive (connection, buffer, sizeof buffer, NULL, NULL)) > 0)
    {
      if (self->whole)
        g_string_append_len (self->after, buffer, n);
      self->whole = self->whole || buffer[n - 1] == '\0';
      if (self->whole && self->answer != NULL)
        {
          g_socket_send (connection, self->answer, strlen (self->answer), NULL, NULL);
          return NULL;
        }
    }

  return NULL;
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* What comes of a call that has @time (microseconds); what came @after its request, or NULL where that was not sent in time. */
static char *
call (const char *answer, gint64 time, int code, char **after)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *path = g_build_filename (test->dir, "socket", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (VigTool) tool = vig_helper_tool_new (test->context.vault, path);
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s}", "operation", "service.restart", "unit", "a.service");
  VigInvocationValues values = { .call_id = "c", .tool_name = "host.elevate", .operator_name = "o", .arguments = arguments,
                                 .deadline = g_get_monotonic_time () + time, .level = VIG_LEVEL_ELEVATE };
  g_autoptr (VigInvocation) invocation = vig_invocation_new (&values, NULL, NULL, NULL);
  Stand stand = { .socket = socket, .answer = answer, .after = g_string_new (NULL) };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_socket_bind (socket, address, FALSE, NULL) && g_socket_listen (socket, NULL));
  stand.thread = g_thread_new ("helper", stand_in, &stand);
  vig_registry_run_tool_async (test->context.registry, tool, invocation, NULL, keep_result, &result);
  vig_test_wait_for (result != NULL);
  node = vig_registry_run_tool_finish (test->context.registry, result, &error);
  g_socket_shutdown (socket, TRUE, TRUE, NULL);
  g_thread_join (stand.thread);
  *after = g_string_free (stand.after, !stand.whole);
  g_assert_null (node);
  g_assert_error (error, VIG_ERROR, code);

  return g_strdup (error->message);
}

/* Who gives no answer in time is told to end what it does, and nobody knows what came of it. */
static void
test_silence (void)
{
  g_autofree char *after = NULL;
  g_autofree char *said = NULL;

  /* A busy machine gets more time to send it. */
  for (gint64 time = G_USEC_PER_SEC; after == NULL; time *= 4)
    {
      g_free (said);
      said = call (NULL, time, VIG_ERROR_TIMED_OUT, &after);
    }
  g_assert_nonnull (strstr (said, "took longer than its limit"));
  g_assert_cmpstr (after, ==, "x");
}

/* What the helper itself ended has time to be told: its answer comes after its own limit, and before the call's. */
static void
test_its_own_limit (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autoptr (VigTool) tool = vig_helper_tool_new (test->context.vault, "/nonexistent");
  g_autofree char *after = NULL;
  g_autofree char *said = call ("{\"exit_status\":-1,\"output\":\"\",\"error_output\":\"waiting for the lock\",\"timed_out\":true}", VIG_TEST_SECONDS * G_USEC_PER_SEC,
                                VIG_ERROR_TIMED_OUT, &after);

  g_assert_nonnull (strstr (said, "it was ended after 900 seconds: waiting for the lock"));
  g_assert_cmpstr (after, ==, "");
  g_assert_cmpint (vig_tool_get_info (tool)->timeout, >, VIG_HELPER_TIMEOUT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/helper-tool/silence", test_silence);
  g_test_add_func ("/helper-tool/its-own-limit", test_its_own_limit);

  return g_test_run ();
}
