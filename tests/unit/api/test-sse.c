/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vig-sse.h>

#include "vig-test.h"

#include <string.h>

typedef struct
{
  VigSse    *sse;
  JsonArray *events;
} Seen;

/* A NUL in the data ends the string here as it does in what json-glib reads of the vectors; test_nul () looks behind it. */
static void
on_event (const char *event, const char *data, gsize length, gpointer user_data)
{
  Seen *seen = user_data;
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "event", event);
  json_object_set_string_member (object, "data", data);
  json_object_set_string_member (object, "lastEventId", vig_sse_get_last_event_id (seen->sse));
  json_array_add_object_element (seen->events, object);
}

static void
check_events (JsonObject *row, Seen *seen)
{
  JsonArray *wanted = json_object_get_array_member (row, "events");

  g_assert_cmpuint (json_array_get_length (seen->events), ==, json_array_get_length (wanted));
  for (guint i = 0; i < json_array_get_length (wanted); i++)
    {
      JsonObject *want = json_array_get_object_element (wanted, i);
      JsonObject *got = json_array_get_object_element (seen->events, i);

      g_assert_cmpstr (json_object_get_string_member (got, "event"), ==, json_object_get_string_member (want, "event"));
      g_assert_cmpstr (json_object_get_string_member (got, "data"), ==, json_object_get_string_member (want, "data"));
      g_assert_cmpstr (json_object_get_string_member (got, "lastEventId"), ==, json_object_get_string_member (want, "lastEventId"));
    }

  g_assert_cmpstr (vig_sse_get_last_event_id (seen->sse), ==, json_object_get_string_member (row, "final_last_event_id"));
  if (json_object_get_null_member (row, "retry"))
    g_assert_cmpint (vig_sse_get_retry (seen->sse), ==, -1);
  else
    g_assert_cmpint (vig_sse_get_retry (seen->sse), ==, json_object_get_int_member (row, "retry"));
}

static void
run_row (JsonObject *row, const gsize *lengths, gsize n_lengths)
{
  Seen seen = { 0 };
  gsize length;
  g_autofree guchar *bytes = g_base64_decode (json_object_get_string_member (row, "stream_b64"), &length);
  gsize at = 0;

  seen.events = json_array_new ();
  seen.sse = vig_sse_new (on_event, &seen);
  for (gsize i = 0; at < length; i++)
    {
      gsize piece = MIN (lengths[i % n_lengths], length - at);
      g_autofree char *copy = g_memdup2 (bytes + at, piece);

      g_assert_true (vig_sse_feed (seen.sse, copy, piece, NULL));
      at += piece;
    }
  vig_sse_end (seen.sse, FALSE);
  check_events (row, &seen);
  vig_sse_free (seen.sse);
  json_array_unref (seen.events);
}

static void
run_chunk_lengths (JsonObject *row)
{
  JsonArray *array = json_object_has_member (row, "chunk_lengths") ? json_object_get_array_member (row, "chunk_lengths") : NULL;
  guint n = array != NULL ? json_array_get_length (array) : 0;
  g_autofree gsize *lengths = g_new0 (gsize, n + 1);

  for (guint i = 0; i < n; i++)
    lengths[i] = json_array_get_int_element (array, i);
  if (n > 0)
    run_row (row, lengths, n);
}

static void
test_vectors (void)
{
  g_autoptr (JsonNode) root = vig_test_load_json ("sse/event-streams.json");
  JsonArray *rows = json_node_get_array (root);

  g_assert_cmpuint (json_array_get_length (rows), ==, 66);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);

      g_test_message ("%s", json_object_get_string_member (row, "name"));
      for (gsize piece = 1; piece < 8; piece++)
        run_row (row, &piece, 1);
      run_row (row, (gsize[]) { G_MAXSIZE }, 1);
      run_chunk_lengths (row);
    }
}

static void
count_event (const char *event, const char *data, gsize length, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
check_nul (const char *event, const char *data, gsize length, gpointer user_data)
{
  g_assert_cmpmem (data, length, "a\0b", 3);
  (*(guint *) user_data)++;
}

static void
test_nul (void)
{
  guint n = 0;
  g_autoptr (VigSse) sse = vig_sse_new (check_nul, &n);

  g_assert_true (vig_sse_feed (sse, "data:a\0b\n\n", 11, NULL));
  g_assert_cmpuint (n, ==, 1);
}

static void
test_end (void)
{
  const char *cut[] = { "data: a", "data: a\n", "data: a\r" };

  for (guint i = 0; i < G_N_ELEMENTS (cut); i++)
    {
      guint n = 0;
      g_autoptr (VigSse) sse = vig_sse_new (count_event, &n);

      g_assert_true (vig_sse_feed (sse, cut[i], strlen (cut[i]), NULL));
      vig_sse_end (sse, FALSE);
      g_assert_cmpuint (n, ==, 0);
      vig_sse_end (sse, TRUE);
      g_assert_cmpuint (n, ==, 1);
    }
}

/* A LF that belongs to a CR leaves the next LF to stand for itself, also where each comes alone. */
static void
test_mixed_line_ends (void)
{
  static const char stream[] = "data: a\r\n\ndata: b\n\n";

  for (gsize piece = 1; piece <= strlen (stream); piece++)
    {
      guint n = 0;
      g_autoptr (VigSse) sse = vig_sse_new (count_event, &n);

      for (gsize at = 0; at < strlen (stream); at += piece)
        g_assert_true (vig_sse_feed (sse, stream + at, MIN (piece, strlen (stream) - at), NULL));
      g_assert_cmpuint (n, ==, 2);
    }
}

static void
test_limit (void)
{
  guint n = 0;
  g_autoptr (VigSse) sse = vig_sse_new (count_event, &n);
  g_autofree char *piece = g_strnfill (1024 * 1024, 'x');
  g_autoptr (GError) error = NULL;
  guint fed = 0;

  while (fed < 20 && vig_sse_feed (sse, piece, 1024 * 1024, &error))
    fed++;
  g_assert_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE);
  g_assert_cmpuint (fed, ==, 16);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sse/vectors", test_vectors);
  g_test_add_func ("/sse/nul", test_nul);
  g_test_add_func ("/sse/end", test_end);
  g_test_add_func ("/sse/mixed-line-ends", test_mixed_line_ends);
  g_test_add_func ("/sse/limit", test_limit);

  return g_test_run ();
}
