/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-tools.h"

#include "docker-args.h"
#include "docker-json.h"
#include "docker-lines.h"
#include "docker-period.h"
#include "docker-shape.h"

#include <string.h>

#define PIECE (16 * 1024)
#define DEFAULT_TAIL 100
#define DEFAULT_BACK (60 * 60) /* seconds of events */

/* Cut off by us, at the end of the period: that is how it ends. */
static gboolean
is_end (DockerPeriod *period, gssize n)
{
  return n == 0 || (n < 0 && docker_period_is_over (period));
}

static void
on_line (DockerStream stream, const char *line, gpointer user_data)
{
  g_autofree char *text = g_strconcat (line, "\n", NULL);

  vig_invocation_report_output (user_data, stream == DOCKER_STREAM_STDERR ? VIG_OUTPUT_STDERR : VIG_OUTPUT_STDOUT, text, -1);
}

static void
on_piece (DockerStream stream, const guint8 *data, gsize length, gboolean begins, gpointer user_data)
{
  if (!begins)
    docker_lines_add (user_data, stream, data, length);
}

static gboolean
read_log (GInputStream *stream, gboolean is_raw, DockerLines *lines, DockerPeriod *period, GError **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE);
  g_autoptr (GError) local_error = NULL;
  DockerDemux demux;
  gssize n;

  docker_demux_init (&demux, is_raw, on_piece, lines);
  while ((n = g_input_stream_read (stream, piece, PIECE, docker_period_get_cancellable (period), &local_error)) > 0)
    if (!docker_demux_feed (&demux, piece, (gsize) n, error))
      return FALSE;

  docker_lines_end (lines);
  if (is_end (period, n))
    return n < 0 || docker_demux_end (&demux, error);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static char *
make_log_query (JsonObject *arguments, GError **error)
{
  const char *since = vig_json_get_string (arguments, "since", NULL);
  gint64 follow = vig_json_get_int (arguments, "follow", 0);
  g_autofree char *tail = g_strdup_printf ("%" G_GINT64_FORMAT, vig_json_get_int (arguments, "tail", DEFAULT_TAIL));
  g_autofree char *from = NULL;
  gint64 seconds = 0;

  if (since != NULL && !docker_parse_time ("since", since, g_get_real_time () / G_USEC_PER_SEC, &seconds, error))
    return NULL;

  from = g_strdup_printf ("%" G_GINT64_FORMAT, seconds);

  return soup_form_encode ("stdout", "1", "stderr", "1", "timestamps", "1", "tail", tail, "follow", follow > 0 ? "1" : "0", "since", from, NULL);
}

static JsonNode *
describe_log (DockerEngine *engine, JsonObject *container, DockerLines *lines)
{
  g_autofree char *text = docker_lines_dup_text (lines);
  g_autofree char *state = docker_shape_state (container);
  guint dropped;
  guint kept = docker_lines_get_kept (lines, &dropped);

  return vig_json_pack ("{s:s, s:s, s:s, s:i, s:i, s:s}",
                        "server", docker_engine_get_server (engine)->name,
                        "container", docker_name_of (container),
                        "state", state,
                        "lines", (int) kept,
                        "left_out", (int) dropped,
                        "log", text);
}

JsonNode *
docker_logs (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  g_autofree char *query = make_log_query (arguments, error);
  g_autoptr (DockerEngine) engine = query != NULL ? docker_engine_open (invocation, cancellable, error) : NULL;
  g_autoptr (JsonObject) container = engine != NULL ? docker_find_container (engine, invocation, cancellable, error) : NULL;
  const char *path[] = { "containers", container != NULL ? docker_id_of (container) : "", "logs", NULL };
  g_autoptr (DockerLines) lines = NULL;
  g_autoptr (DockerPeriod) period = NULL;
  g_autoptr (GInputStream) stream = NULL;
  gboolean is_raw;

  if (container == NULL)
    return NULL;

  is_raw = vig_json_get_boolean (vig_json_get_object (container, "Config"), "Tty", FALSE);
  lines = docker_lines_new (vig_invocation_get_room (invocation), on_line, invocation);
  period = docker_period_new (vig_json_get_int (arguments, "follow", 0), cancellable);
  stream = docker_engine_stream (engine, path, query, docker_period_get_cancellable (period), error);
  if (stream == NULL || !read_log (stream, is_raw, lines, period, error))
    return NULL;

  return describe_log (engine, container, lines);
}

/* The Engine's filters are JSON: {"container": ["id"]}. */
static char *
make_event_query (VigInvocation *invocation, JsonObject *container, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 seconds = now - DEFAULT_BACK;
  gint64 follow = vig_json_get_int (arguments, "follow", 0);
  const char *since = vig_json_get_string (arguments, "since", NULL);
  g_autoptr (JsonObject) filters = json_object_new ();
  g_autofree char *filter = NULL;
  g_autofree char *from = NULL;
  g_autofree char *until = g_strdup_printf ("%" G_GINT64_FORMAT, now + MAX (follow, 1)); /* Podman tells nothing of what is over by now */

  if (since != NULL && !docker_parse_time ("since", since, now, &seconds, error))
    return NULL;
  if (container != NULL)
    json_object_set_member (filters, "container", vig_json_pack ("[s]", docker_id_of (container)));

  filter = vig_json_object_to_string (filters);
  from = g_strdup_printf ("%" G_GINT64_FORMAT, seconds);

  return soup_form_encode ("since", from, "until", until, "filters", filter, NULL);
}

static void
take_event (const char *line, JsonArray *rows, gsize *size, gsize limit, guint *left_out, VigInvocation *invocation)
{
  g_autoptr (JsonObject) event = vig_json_parse_object (line, -1, 0, NULL);
  g_autofree char *text = NULL;
  JsonObject *row;

  if (event == NULL)
    return;

  row = docker_shape_event (event);
  text = g_strdup_printf ("%s %s %s %s\n", vig_json_get_string (row, "time", ""), vig_json_get_string (row, "type", ""), vig_json_get_string (row, "action", ""),
                          vig_json_get_string (row, "name", ""));
  vig_invocation_report_output (invocation, VIG_OUTPUT_STDOUT, text, -1);
  vig_json_add_row (rows, row, size, limit, left_out);
}

static JsonNode *
read_events (VigInvocation *invocation, DockerEngine *engine, const char *query, GCancellable *cancellable, GError **error)
{
  static const char * const path[] = { "events", NULL };
  g_autoptr (DockerPeriod) period = docker_period_new (vig_json_get_int (vig_invocation_get_arguments (invocation), "follow", 0), cancellable);
  g_autoptr (GInputStream) body = docker_engine_stream (engine, path, query, docker_period_get_cancellable (period), error);
  g_autoptr (GDataInputStream) stream = body != NULL ? g_data_input_stream_new (body) : NULL;
  g_autoptr (JsonArray) rows = json_array_new ();
  g_autoptr (GError) local_error = NULL;
  gsize size = 0;
  guint left_out = 0;
  char *line;

  if (stream == NULL)
    return NULL;

  while ((line = g_data_input_stream_read_line (stream, NULL, docker_period_get_cancellable (period), &local_error)) != NULL)
    {
      take_event (line, rows, &size, vig_invocation_get_room (invocation), &left_out, invocation);
      g_free (line);
    }
  if (!is_end (period, local_error == NULL ? 0 : -1))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return vig_json_pack ("{s:s, s:A, s:i}", "server", docker_engine_get_server (engine)->name, "events", g_steal_pointer (&rows), "left_out", (int) left_out);
}

JsonNode *
docker_events (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  gboolean is_one = json_object_has_member (vig_invocation_get_arguments (invocation), "container");
  g_autoptr (DockerEngine) engine = docker_engine_open (invocation, cancellable, error);
  g_autoptr (JsonObject) container = engine != NULL && is_one ? docker_find_container (engine, invocation, cancellable, error) : NULL;
  g_autofree char *query = NULL;

  if (engine == NULL || (is_one && container == NULL))
    return NULL;

  query = make_event_query (invocation, container, error);

  return query != NULL ? read_events (invocation, engine, query, cancellable, error) : NULL;
}
