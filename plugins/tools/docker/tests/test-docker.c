/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-args.h"
#include "docker-depend.h"
#include "docker-engine.h"
#include "docker-json.h"
#include "docker-lines.h"
#include "docker-mask.h"
#include "docker-shape.h"
#include "vig-test.h"

#include <string.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <vigilus/vig-server-private.h>

/* What a demultiplexer gave: "stream:base64" for each frame, with " " between. */
typedef struct
{
  GString    *text;
  GByteArray *frame;
  DockerStream stream;
  gboolean    is_open;
} Frames;

static const char *const stream_names[] = { "stdin", "stdout", "stderr", "systemerr", "raw" };

static void
close_frame (Frames *self)
{
  g_autofree char *base64 = self->is_open ? g_base64_encode (self->frame->data, self->frame->len) : NULL;

  if (self->is_open)
    g_string_append_printf (self->text, "%s:%s ", stream_names[self->stream], base64);
  g_byte_array_set_size (self->frame, 0);
  self->is_open = FALSE;
}

static void
on_piece (DockerStream stream, const guint8 *data, gsize length, gboolean begins, gpointer user_data)
{
  Frames *self = user_data;

  if (begins)
    close_frame (self);
  self->is_open = TRUE;
  self->stream = stream;
  g_byte_array_append (self->frame, data, (guint) length);
}

static char *
demux (const guint8 *data, gsize length, gsize step, gboolean is_raw)
{
  Frames frames = { g_string_new (NULL), g_byte_array_new (), 0, FALSE };
  g_autoptr (GError) error = NULL;
  DockerDemux self;
  gboolean ok = TRUE;

  docker_demux_init (&self, is_raw, on_piece, &frames);
  for (gsize at = 0; at < length && ok; at += step)
    ok = docker_demux_feed (&self, data + at, MIN (step, length - at), &error);
  if (ok)
    {
      gboolean is_whole = docker_demux_end (&self, &error);

      if (is_whole || self.left == 0)
        close_frame (&frames);
      if (!is_whole)
        g_string_append (frames.text, "truncated");
    }
  else
    g_string_append (frames.text, "error");
  g_assert_true (ok == (error == NULL || strstr (error->message, "cut off") != NULL));
  g_byte_array_unref (frames.frame);

  return g_string_free (frames.text, FALSE);
}

static char *
expected (JsonNode *node)
{
  GString *text = g_string_new (NULL);
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    {
      g_string_append (text, json_node_get_string (node));
      return g_string_free (text, FALSE);
    }
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_ARRAY (element))
        g_string_append_printf (text, "%s:%s ", docker_text_at (json_node_get_array (element), 0), docker_text_at (json_node_get_array (element), 1));
      else
        g_string_append (text, json_node_get_string (element));
    }

  return g_string_free (text, FALSE);
}

static void
test_streams (void)
{
  g_autoptr (JsonNode) rows = vig_test_load_json ("docker/stream-multiplex.json");
  JsonArray *array = json_node_get_array (rows);
  const gsize steps[] = { G_MAXSIZE / 2, 1, 7 };

  g_assert_cmpuint (json_array_get_length (array), ==, 13);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *row = json_array_get_object_element (array, i);
      gsize length;
      g_autofree guchar *raw = g_base64_decode (vig_json_get_string (row, "raw_b64", ""), &length);
      g_autofree char *wanted = expected (json_object_get_member (row, "expect"));
      gboolean is_raw = strstr (vig_json_get_string (row, "name", ""), "TTY") != NULL;

      for (guint s = 0; s < (is_raw ? 1 : G_N_ELEMENTS (steps)); s++)
        {
          g_autofree char *found = demux (raw, length, steps[s], is_raw);

          g_test_message ("%s, step %" G_GSIZE_FORMAT, vig_json_get_string (row, "name", ""), steps[s]);
          g_assert_cmpstr (found, ==, wanted);
        }
    }
}

static void
add_lines (DockerLines *lines, DockerStream stream, const char *text)
{
  docker_lines_add (lines, stream, (const guint8 *) text, strlen (text));
}

static void
test_lines (void)
{
  g_autoptr (DockerLines) lines = docker_lines_new (10000, NULL, NULL);
  g_autofree char *text = NULL;
  guint dropped;

  add_lines (lines, DOCKER_STREAM_STDOUT, "2026-11-23T19:37:48.941442290Z hel");
  add_lines (lines, DOCKER_STREAM_STDERR, "2026-11-23T20:37:49.5+01:00 bad \xff\r\n");
  add_lines (lines, DOCKER_STREAM_STDOUT, "lo\nno time here\n");
  add_lines (lines, DOCKER_STREAM_RAW, "2026-11-23T19:37:50Z ");
  docker_lines_end (lines);
  text = docker_lines_dup_text (lines);
  g_assert_cmpstr (text, ==, "2026-11-23T19:37:49.500Z stderr bad \357\277\275\n2026-11-23T19:37:48.941Z stdout hello\nstdout no time here\n2026-11-23T19:37:50.000Z stdout ");
  g_assert_cmpuint (docker_lines_get_kept (lines, &dropped), ==, 4);
  g_assert_cmpuint (dropped, ==, 0);
}

static void
test_lines_are_limited (void)
{
  g_autoptr (DockerLines) lines = docker_lines_new (1000, NULL, NULL);
  g_autofree char *long_line = g_strnfill (100000, 'x');
  g_autofree char *text = NULL;
  g_autofree char *last = NULL;
  guint dropped;

  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *line = g_strdup_printf ("\"%u\"\n", i);

      add_lines (lines, DOCKER_STREAM_STDOUT, line);
    }
  text = docker_lines_dup_text (lines);
  g_assert_true (g_str_has_suffix (text, "\n" "stdout \"499\""));
  g_assert_cmpuint (docker_lines_get_kept (lines, &dropped) + dropped, ==, 500);
  g_assert_cmpuint (strlen (text), <, 1000);
  g_assert_cmpuint (strlen (text), >, 700);

  add_lines (lines, DOCKER_STREAM_STDOUT, long_line);
  docker_lines_end (lines);
  last = docker_lines_dup_text (lines);
  g_assert_true (g_str_has_suffix (last, "x [cut]"));
  g_assert_cmpuint (strlen (last), <, DOCKER_LINE_MAX + 100);
}

static void
test_times (void)
{
  static const struct { const char *text; gint64 seconds; } rows[] = {
    { "90s", 1000000 - 90 }, { "10m", 1000000 - 600 }, { "2h", 1000000 - 7200 }, { "3d", 1000000 - 259200 }, { "1795462618", 1795462618 },
    { "2026-11-23T19:36:58Z", 1795462618 }, { "2026-11-23T20:36:58+01:00", 1795462618 }, { "0", 0 },
    { "", -1 }, { "yesterday", -1 }, { "10x", -1 }, { "10mm", -1 }, { "-5m", -1 }, { "99999999999999999999", -1 }, { "9999999d", -1 }, { "5 m", -1 }, { "1&follow=1", -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 seconds = -1;

      g_test_message ("%s", rows[i].text);
      g_assert_true (docker_parse_time ("since", rows[i].text, 1000000, &seconds, &error) == (rows[i].seconds >= 0));
      g_assert_cmpint (seconds, ==, rows[i].seconds);
      if (error != NULL)
        g_assert_true (g_str_has_prefix (error->message, "since: "));
    }
}

static JsonNode *
recorded (JsonArray *rows, const char *name)
{
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);

      if (g_str_equal (vig_json_get_string (row, "name", ""), name))
        return json_object_get_member (row, "json");
    }
  g_assert_not_reached ();
}

static void
test_recorded (void)
{
  g_autoptr (JsonNode) file = vig_test_load_json ("docker/recorded-engine-20.10.json");
  JsonArray *rows = json_node_get_array (file);
  g_autoptr (JsonObject) container = docker_shape_container (docker_object_at (json_node_get_array (recorded (rows, "list all")), 0));
  g_autoptr (JsonNode) inspect = docker_shape_inspect (json_node_get_object (recorded (rows, "inspect fail1")));
  g_autoptr (JsonObject) stats = docker_shape_stats (json_node_get_object (recorded (rows, "stats")));
  g_autoptr (JsonObject) image = docker_shape_image (docker_object_at (json_node_get_array (recorded (rows, "images")), 0), 3);
  JsonObject *state = vig_json_get_object (json_node_get_object (inspect), "state");

  g_assert_cmpstr (vig_json_get_string (container, "name", ""), ==, "bin1");
  g_assert_cmpstr (vig_json_get_string (container, "state", ""), ==, "exited");
  g_assert_cmpstr (vig_json_get_string (container, "id", ""), ==, "a497ac1658dd");
  g_assert_cmpint (vig_json_get_int (state, "exit_code", 0), ==, 3);
  g_assert_cmpstr (vig_json_get_string (json_node_get_object (inspect), "command", ""), ==, "'sh' -c 'echo bad >&2; exit 3'");
  g_assert_false (json_object_has_member (json_node_get_object (inspect), "memory_limit_bytes")); /* it has none */
  /* (263898086 - 227890642) / (9934690000000 - 9932710000000) * 2 processors */
  g_assert_cmpfloat (vig_json_get_double (stats, "cpu_percent", 0), ==, 3.64);
  g_assert_cmpint (vig_json_get_int (stats, "memory_bytes", 0), ==, 675840);
  g_assert_cmpint (vig_json_get_int (image, "containers", 0), ==, 3);
  g_assert_cmpint (vig_json_get_int (image, "size_bytes", 0), ==, 1982282);
}

/* Podman 4.3 does not tell that a container was killed for memory; where that may be, it is said. */
static void
test_killed (void)
{
  static const struct { const char *text; gboolean hint; } rows[] = {
    { "{\"State\": {\"ExitCode\": 137, \"OOMKilled\": false}, \"HostConfig\": {\"Memory\": 16777216}}", TRUE },
    { "{\"State\": {\"ExitCode\": 137, \"OOMKilled\": true}, \"HostConfig\": {\"Memory\": 16777216}}", FALSE },
    { "{\"State\": {\"ExitCode\": 137, \"OOMKilled\": false}, \"HostConfig\": {\"Memory\": 0}}", FALSE },
    { "{\"State\": {\"ExitCode\": 1}, \"HostConfig\": {\"Memory\": 16777216}}", FALSE },
    { "{\"State\": {\"ExitCode\": 137, \"Running\": true}, \"HostConfig\": {\"Memory\": 16777216}}", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) object = vig_json_parse_object (rows[i].text, -1, 0, NULL);
      g_autoptr (JsonNode) inspect = docker_shape_inspect (object);
      const char *hint = vig_json_get_string (vig_json_get_object (json_node_get_object (inspect), "state"), "hint", NULL);

      g_assert_true (rows[i].hint == (hint != NULL && strstr (hint, "for memory") != NULL));
    }
}

/* Whatever an Engine answers: each shape takes it without a complaint, and members that it does not know, or misses, do no harm. */
static void
shape_all (JsonNode *node)
{
  JsonNode *one = JSON_NODE_HOLDS_ARRAY (node) && json_array_get_length (json_node_get_array (node)) > 0 ? json_array_get_element (json_node_get_array (node), 0) : node;
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (one) ? json_node_get_object (one) : NULL;
  g_autoptr (JsonObject) container = object != NULL ? docker_shape_container (object) : NULL;
  g_autoptr (JsonNode) inspect = object != NULL ? docker_shape_inspect (object) : NULL;
  g_autoptr (JsonObject) stats = object != NULL ? docker_shape_stats (object) : NULL;
  g_autoptr (JsonObject) image = object != NULL ? docker_shape_image (object, 0) : NULL;

  g_assert_true (object == NULL || (container != NULL && inspect != NULL && stats != NULL && image != NULL));
}

static void
test_every_recorded (void)
{
  g_autoptr (JsonNode) file = vig_test_load_json ("docker/recorded-engine-20.10.json");
  JsonArray *rows = json_node_get_array (file);

  g_assert_cmpuint (json_array_get_length (rows), >=, 55);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);

      g_test_message ("%s", vig_json_get_string (row, "name", ""));
      if (json_object_has_member (row, "json"))
        shape_all (json_object_get_member (row, "json"));
    }
}

static void
test_documented (void)
{
  g_autoptr (JsonNode) file = vig_test_load_json ("docker/swagger-examples.json");
  JsonArray *rows = json_node_get_array (file);

  g_assert_cmpuint (json_array_get_length (rows), >=, 79);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *path = vig_json_get_string (row, "path", "");
      JsonNode *example = json_object_get_member (row, "example");

      g_test_message ("%s %s", vig_json_get_string (row, "api", ""), path);
      shape_all (example);
      if (g_str_equal (path, "/containers/json"))
        {
          g_autoptr (JsonObject) container = docker_shape_container (docker_object_at (json_node_get_array (example), 0));

          g_assert_cmpstr (vig_json_get_string (container, "name", ""), ==, "boring_feynman");
          g_assert_cmpstr (vig_json_get_string (container, "ports", ""), ==, "3333->2222/tcp");
        }
      else if (g_str_has_suffix (path, "/stats"))
        {
          g_autoptr (JsonObject) stats = docker_shape_stats (json_node_get_object (example));

          g_assert_cmpint (vig_json_get_int (stats, "received_bytes", 0), ==, 5338 + 4641);
          g_assert_cmpint (vig_json_get_int (stats, "memory_bytes", 0), >, 0);
        }
    }
}

/* An Engine that lies: members of another type, none at all. */
static void
test_odd_answers (void)
{
  static const char *const texts[] = {
    "{}", "{\"Names\": [1], \"Ports\": [null, 3], \"Labels\": []}", "{\"State\": \"running\", \"Config\": {\"Env\": [1, null, \"A\"], \"Labels\": {\"a\": 1}}}",
    "{\"State\": {\"Health\": 3}, \"Mounts\": [1], \"NetworkSettings\": {\"Networks\": {\"a\": null}, \"Ports\": {\"80/tcp\": [1]}}, \"Args\": [{}]}",
    "{\"cpu_stats\": 1, \"precpu_stats\": {}, \"memory_stats\": {\"stats\": []}, \"networks\": {\"eth0\": 1}, \"blkio_stats\": {\"io_service_bytes_recursive\": [1]}}",
    "{\"HostConfig\": {\"VolumesFrom\": [1], \"Links\": \"x\", \"NetworkMode\": {}}, \"RepoTags\": {}, \"Actor\": []}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (JsonObject) object = vig_json_parse_object (texts[i], -1, 0, NULL);
      g_autoptr (JsonObject) container = docker_shape_container (object);
      g_autoptr (JsonNode) inspect = docker_shape_inspect (object);
      g_autoptr (JsonObject) stats = docker_shape_stats (object);
      g_autoptr (JsonObject) image = docker_shape_image (object, 0);
      g_autoptr (JsonObject) event = docker_shape_event (object);
      g_autofree char *why = docker_why_depends (object, object);

      g_assert_nonnull (container);
      g_assert_nonnull (inspect);
      g_assert_null (why);
    }
}

static void
test_environment (void)
{
  static const struct { const char *text; const char *name; const char *value; } rows[] = {
    { "PATH=/bin", "PATH", "/bin" }, { "TZ=Europe/Berlin", "TZ", "Europe/Berlin" }, { "NGINX_VERSION=1.25", "NGINX_VERSION", "1.25" }, { "LC_ALL=C", "LC_ALL", "C" },
    { "POSTGRES_PASSWORD=swordfish", "POSTGRES_PASSWORD", DOCKER_HIDDEN }, { "DATABASE_URL=postgres://u:p@h/d", "DATABASE_URL", DOCKER_HIDDEN },
    { "GREETING=a=b", "GREETING", DOCKER_HIDDEN }, { "EMPTY=", "EMPTY", "" }, { "BARE", "BARE", "" }, { "path=/bin", "path", DOCKER_HIDDEN }, { "=x", "", DOCKER_HIDDEN },
  };
  g_autoptr (JsonArray) environment = json_array_new ();
  g_autoptr (JsonArray) masked = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    json_array_add_string_element (environment, rows[i].text);
  masked = docker_mask_environment (environment);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_assert_cmpstr (vig_json_get_string (docker_object_at (masked, i), "name", NULL), ==, rows[i].name);
      g_assert_cmpstr (vig_json_get_string (docker_object_at (masked, i), "value", NULL), ==, rows[i].value);
    }
}

static void
test_dependents (void)
{
  static const struct { const char *other; const char *why; } rows[] = {
    { "{}", NULL },
    { "{\"HostConfig\": {\"NetworkMode\": \"container:0123456789abcdef\"}}", "lives in its network" },
    { "{\"HostConfig\": {\"NetworkMode\": \"container:other\"}}", NULL },
    { "{\"HostConfig\": {\"NetworkMode\": \"bridge\", \"VolumesFrom\": [\"db:ro\"], \"Links\": [\"/db:/app/database\"]}}", "uses its volumes, has a link to it" },
    { "{\"HostConfig\": {\"PidMode\": \"container:db\"}}", "shares its processes or memory" },
    { "{\"Config\": {\"Labels\": {\"com.docker.compose.project\": \"shop\", \"com.docker.compose.depends_on\": \"cache:service_started:false,db:service_healthy:true\"}}}",
      "depends on it in its Compose project" },
    { "{\"Config\": {\"Labels\": {\"com.docker.compose.project\": \"other\", \"com.docker.compose.depends_on\": \"db:service_healthy:true\"}}}", NULL },
    { "{\"Config\": {\"Labels\": {\"com.docker.compose.project\": \"shop\", \"com.docker.compose.depends_on\": \"dbx:service_healthy:true\"}}}", NULL },
  };
  g_autoptr (JsonObject) container = vig_json_parse_object ("{\"Id\": \"0123456789abcdef\", \"Name\": \"/db\", \"Config\": {\"Labels\": "
                                                            "{\"com.docker.compose.project\": \"shop\", \"com.docker.compose.service\": \"db\"}}}", -1, 0, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) other = vig_json_parse_object (rows[i].other, -1, 0, NULL);
      g_autofree char *why = docker_why_depends (other, container);

      g_assert_cmpstr (why, ==, rows[i].why);
    }
}

/* An Engine that says who it is, and ends the connection of whoever asks for more. Three connections of one request each. */
static gpointer
serve (gpointer listener)
{
  static const char answer[] = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK";

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GSocket) socket = g_socket_accept (listener, NULL, NULL);
      g_autoptr (GString) text = g_string_new (NULL);
      char buffer[4096];
      gssize n;

      while (strstr (text->str, "\r\n\r\n") == NULL && (n = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL)) > 0)
        g_string_append_len (text, buffer, n);
      if (g_str_has_prefix (text->str, "GET /_ping "))
        g_socket_send (socket, answer, strlen (answer), NULL, NULL);
    }

  return NULL;
}

/* PITFALLS 24. What was told to do something may have done it; what was only asked has failed, and so has what can't be reached. */
static void
test_lost (void)
{
  static const char *const path[] = { "containers", "web", "restart", NULL };
  g_autofree char *folder = vig_test_make_dir ();
  g_autofree char *socket = g_build_filename (folder, "socket", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (socket);
  g_autoptr (GSocket) listener = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  VigServer values = { .name = g_strdup ("box"), .docker_endpoint = g_strconcat ("unix://", socket, NULL) };
  g_autoptr (VigServer) server = vig_server_new (&values, NULL, NULL, NULL);
  g_autoptr (DockerEngine) engine = NULL;
  g_autoptr (GError) told = NULL;
  g_autoptr (GError) asked = NULL;
  g_autoptr (GError) unreached = NULL;
  gboolean changed;
  GThread *thread;

  g_assert_true (g_socket_bind (listener, address, FALSE, NULL) && g_socket_listen (listener, NULL));
  thread = g_thread_new ("engine", serve, listener);
  engine = docker_engine_open_server (server, NULL, NULL, &told);
  g_assert_no_error (told);

  g_assert_false (docker_engine_post (engine, path, NULL, &changed, NULL, &told));
  g_assert_error (told, VIG_ERROR, VIG_ERROR_INTERRUPTED);
  g_assert_nonnull (strstr (told->message, "Docker of server box was told to, and gave no whole answer"));
  g_assert_null (docker_engine_get (engine, path, NULL, NULL, &asked));
  g_assert_error (asked, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_remove (socket);
  g_assert_false (docker_engine_post (engine, path, NULL, &changed, NULL, &unreached));
  g_assert_error (unreached, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_thread_join (thread);
  vig_test_remove_dir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/docker/streams", test_streams);
  g_test_add_func ("/docker/lines", test_lines);
  g_test_add_func ("/docker/lines/limited", test_lines_are_limited);
  g_test_add_func ("/docker/times", test_times);
  g_test_add_func ("/docker/recorded", test_recorded);
  g_test_add_func ("/docker/killed", test_killed);
  g_test_add_func ("/docker/every-recorded", test_every_recorded);
  g_test_add_func ("/docker/documented", test_documented);
  g_test_add_func ("/docker/odd-answers", test_odd_answers);
  g_test_add_func ("/docker/lost", test_lost);
  g_test_add_func ("/docker/environment", test_environment);
  g_test_add_func ("/docker/dependents", test_dependents);

  return g_test_run ();
}
