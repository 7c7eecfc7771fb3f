/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-rpc.h"
#include "vig-test.h"

#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

/* Our side is a VigRpc; the other side is two bare descriptors. */
typedef struct
{
  VigRpc  *rpc;
  int      to_rpc;
  int      from_rpc;
  GString *log;      /* what the handler saw */
  gboolean closed;
  guint    n_done;
  GError  *error;    /* of the last call */
  char    *result;   /* of the last call */
} Fixture;

static void
handle (VigRpc *rpc, const char *method, JsonObject *params, JsonNode *id, gpointer data)
{
  Fixture *fixture = data;

  g_string_append_printf (fixture->log, "%s:%s;", method, vig_json_get_string (params, "a", "-"));
  if (id != NULL && g_str_equal (method, "fail"))
    vig_rpc_reply_error (rpc, id, VIG_RPC_FAILED, "it fails");
  else if (id != NULL)
    vig_rpc_reply (rpc, id, vig_json_pack_object ("{s:b}", "ok", TRUE));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  int in[2] = { -1, -1 };
  int out[2] = { -1, -1 };
  g_autoptr (GInputStream) input = NULL;
  g_autoptr (GOutputStream) output = NULL;

  g_assert_true (g_unix_open_pipe (in, FD_CLOEXEC, NULL));
  g_assert_true (g_unix_open_pipe (out, FD_CLOEXEC, NULL));
  g_unix_set_fd_nonblocking (out[0], TRUE, NULL);
  g_unix_set_fd_nonblocking (in[1], TRUE, NULL);
  fixture->to_rpc = in[1];
  fixture->from_rpc = out[0];
  input = g_unix_input_stream_new (in[0], TRUE);
  output = g_unix_output_stream_new (out[1], TRUE);
  fixture->log = g_string_new (NULL);
  fixture->rpc = vig_rpc_new (input, output, handle, fixture);
  g_signal_connect_swapped (fixture->rpc, "closed", G_CALLBACK (g_atomic_int_inc), &fixture->closed);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) over = g_error_new_literal (VIG_ERROR, VIG_ERROR_INTERRUPTED, "over");

  vig_rpc_close (fixture->rpc, over);
  vig_test_iterate ();
  g_clear_object (&fixture->rpc);
  if (fixture->to_rpc >= 0)
    close (fixture->to_rpc);
  close (fixture->from_rpc);
  g_string_free (fixture->log, TRUE);
  g_clear_error (&fixture->error);
  g_free (fixture->result);
}

static void
send_text (Fixture *fixture, const char *text)
{
  gsize length = strlen (text);
  gsize sent = 0;

  while (sent < length && !fixture->closed)
    {
      gssize n = write (fixture->to_rpc, text + sent, MIN (length - sent, 4096));

      if (n > 0)
        sent += n;
      else
        vig_test_iterate ();
    }
}

/* One line that the VigRpc wrote. */
static char *
receive_line (Fixture *fixture)
{
  g_autoptr (GString) line = g_string_new (NULL);
  gint64 end = vig_test_deadline ();
  char c = 0;

  while (c != '\n' && g_get_monotonic_time () < end)
    {
      if (read (fixture->from_rpc, &c, 1) == 1)
        g_string_append_c (line, c);
      else
        vig_test_iterate ();
    }
  g_assert_true (line->len > 0 && line->str[line->len - 1] == '\n');

  return g_strndup (line->str, line->len - 1);
}

static void
call_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (JsonObject) answer = NULL;

  g_clear_error (&fixture->error);
  g_clear_pointer (&fixture->result, g_free);
  answer = vig_rpc_call_finish (VIG_RPC (source), result, &fixture->error);
  if (answer != NULL)
    fixture->result = vig_json_object_to_string (answer);
  fixture->n_done++;
}

static void
test_requests (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  send_text (fixture, "{\"jsonrpc\":\"2.0\",\"method\":\"note\",\"params\":{\"a\":\"1\"}}\r\n\n{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"me");
  send_text (fixture, "thod\":\"ask\"}\n{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"fail\"}\n");
  first = receive_line (fixture);
  second = receive_line (fixture);

  g_assert_cmpstr (fixture->log->str, ==, "note:1;ask:-;fail:-;");
  g_assert_cmpstr (first, ==, "{\"id\":\"x\",\"result\":{\"ok\":true},\"jsonrpc\":\"2.0\"}");
  g_assert_nonnull (strstr (second, "\"id\":5,\"error\":{\"code\":-32000,\"message\":\"it fails\"}"));
}

static void
test_calls (Fixture *fixture, gconstpointer data)
{
  g_autofree char *sent = NULL;
  gint64 first = vig_rpc_call_async (fixture->rpc, "one", json_object_new (), call_done, fixture);
  gint64 second = vig_rpc_call_async (fixture->rpc, "two", json_object_new (), call_done, fixture);
  g_autofree char *answer = g_strdup_printf ("{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"n\":2}}\n", (int) second);
  g_autofree char *failure = g_strdup_printf ("{\"jsonrpc\":\"2.0\",\"id\":%d,\"error\":{\"code\":-1,\"message\":\"no\"}}\n", (int) first);

  g_assert_cmpint (first, !=, second);
  sent = receive_line (fixture);
  g_assert_nonnull (strstr (sent, "\"method\":\"one\""));

  send_text (fixture, "{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":{}}\n");
  send_text (fixture, answer);
  vig_test_wait_for (fixture->n_done == 1);
  g_assert_cmpstr (fixture->result, ==, "{\"n\":2}");

  send_text (fixture, answer);
  send_text (fixture, failure);
  vig_test_wait_for (fixture->n_done == 2);
  g_assert_error (fixture->error, VIG_ERROR, VIG_ERROR_REMOTE);
  g_assert_cmpstr (fixture->error->message, ==, "no");
  g_assert_false (fixture->closed);
}

static void
test_end (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) crash = g_error_new_literal (VIG_ERROR, VIG_ERROR_INTERRUPTED, "it crashed");

  vig_rpc_call_async (fixture->rpc, "one", json_object_new (), call_done, fixture);
  vig_rpc_call_async (fixture->rpc, "two", json_object_new (), call_done, fixture);
  close (g_steal_fd (&fixture->to_rpc));
  vig_test_wait_for (fixture->closed == 1);
  g_assert_cmpint (fixture->n_done, ==, 0);
  g_assert_null (vig_rpc_get_error (fixture->rpc));

  vig_rpc_close (fixture->rpc, crash);
  vig_test_wait_for (fixture->n_done == 2);
  g_assert_error (fixture->error, VIG_ERROR, VIG_ERROR_INTERRUPTED);

  vig_rpc_call_async (fixture->rpc, "three", json_object_new (), call_done, fixture);
  vig_test_wait_for (fixture->n_done == 3);
  g_assert_error (fixture->error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
}

/* Each of these ends the conversation, and says why. */
static void
test_bad_lines (Fixture *fixture, gconstpointer data)
{
  const char *line = data;

  send_text (fixture, line);
  send_text (fixture, "\n");
  vig_test_wait_for (fixture->closed);
  g_assert_error (vig_rpc_get_error (fixture->rpc), VIG_ERROR, VIG_ERROR_INVALID);
  g_assert_cmpstr (fixture->log->str, ==, "");
}

static void
test_long_line (Fixture *fixture, gconstpointer data)
{
  g_autofree char *piece = g_strnfill (1024 * 1024, 'x');

  for (guint i = 0; i <= VIG_RPC_MAX_LINE / (1024 * 1024) + 1 && !fixture->closed; i++)
    send_text (fixture, piece);

  vig_test_wait_for (fixture->closed);
  g_assert_error (vig_rpc_get_error (fixture->rpc), VIG_ERROR, VIG_ERROR_TOO_LARGE);
}

/* A peer that does not read must not make us keep all that it should have read. */
static void
test_deaf_peer (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (1024 * 1024, 'x');

  for (guint i = 0; i <= VIG_RPC_MAX_LINE / (1024 * 1024) + 1; i++)
    vig_rpc_notify (fixture->rpc, "note", vig_json_pack_object ("{s:s}", "text", text));

  vig_test_wait_for (fixture->closed);
  g_assert_error (vig_rpc_get_error (fixture->rpc), VIG_ERROR, VIG_ERROR_TOO_LARGE);
}

int
main (int argc, char **argv)
{
  static const char * const bad[] = {
    "hello", "{", "[]", "{\"method\":\"m\"}", "{\"jsonrpc\":\"1.0\",\"method\":\"m\"}", "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"m\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":1}", "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"m\"}",
    "{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"method\":\"m\"}", "{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}",
  };

  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, function) g_test_add (path, Fixture, data, set_up, function, tear_down)
  ADD ("/rpc/requests", NULL, test_requests);
  ADD ("/rpc/calls", NULL, test_calls);
  ADD ("/rpc/end", NULL, test_end);
  ADD ("/rpc/long-line", NULL, test_long_line);
  ADD ("/rpc/deaf-peer", NULL, test_deaf_peer);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = g_strdup_printf ("/rpc/bad-line/%u", i);

      ADD (path, bad[i], test_bad_lines);
    }

  return g_test_run ();
}
