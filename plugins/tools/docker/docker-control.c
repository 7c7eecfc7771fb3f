/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-tools.h"

#include "docker-args.h"
#include "docker-depend.h"
#include "docker-json.h"
#include "docker-shape.h"

#define WATCH_TIME (2 * G_USEC_PER_SEC) /* how long it is looked whether a container stays up */
#define WATCH_STEP (G_USEC_PER_SEC / 4)

static const char *
verb_of (VigInvocation *invocation)
{
  const char *tool = vig_invocation_get_tool_name (invocation);

  return g_str_has_suffix (tool, ".restart") ? "Restart" : g_str_has_suffix (tool, ".stop") ? "Stop" : "Start";
}

static void
append_fact (GString *text, const char *name, const char *value)
{
  if (value != NULL && *value != '\0')
    g_string_append_printf (text, "%s: %s\n", name, value);
}

static void
append_ports (GString *text, JsonObject *container)
{
  g_autoptr (JsonNode) shape = docker_shape_inspect (container);
  JsonArray *ports = vig_json_get_array (json_node_get_object (shape), "published");

  for (guint i = 0; i < docker_length (ports); i++)
    {
      JsonObject *port = docker_object_at (ports, i);

      g_string_append_printf (text, "published: %s:%s -> %s\n", vig_json_get_string (port, "address", ""), vig_json_get_string (port, "port", ""),
                              vig_json_get_string (port, "container", ""));
    }
}

static char *
describe (VigInvocation *invocation, DockerEngine *engine, JsonObject *container, const char *dependents)
{
  JsonObject *config = vig_json_get_object (container, "Config");
  JsonObject *labels = vig_json_get_object (config, "Labels");
  JsonObject *state = vig_json_get_object (container, "State");
  g_autofree char *status = docker_shape_state (container);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s the container %s on %s\n\n", verb_of (invocation), docker_name_of (container), docker_engine_get_server (engine)->name);
  append_fact (text, "image", vig_json_get_string (config, "Image", NULL));
  append_fact (text, "state", status);
  append_fact (text, "since", vig_json_get_string (state, vig_json_get_boolean (state, "Running", FALSE) ? "StartedAt" : "FinishedAt", NULL));
  append_fact (text, "project", vig_json_get_string (labels, "com.docker.compose.project", NULL));
  append_fact (text, "service", vig_json_get_string (labels, "com.docker.compose.service", NULL));
  append_ports (text, container);
  g_string_append (text, *dependents != '\0' ? "\nWhat depends on it:\n" : "\nNo other container is known to depend on it.\n");
  g_string_append (text, dependents);

  return g_string_free (text, FALSE);
}

VigPreview *
docker_control_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (DockerEngine) engine = docker_engine_open (invocation, cancellable, error);
  g_autoptr (JsonObject) container = engine != NULL ? docker_find_container (engine, invocation, cancellable, error) : NULL;
  g_autofree char *dependents = container != NULL ? docker_describe_dependents (engine, container, cancellable, error) : NULL;
  g_autofree char *text = dependents != NULL ? describe (invocation, engine, container, dependents) : NULL;

  return text != NULL ? vig_preview_new ("text", text) : NULL;
}

static JsonObject *
look (DockerEngine *engine, JsonObject *container, GCancellable *cancellable, GError **error)
{
  const char *path[] = { "containers", docker_id_of (container), "json", NULL };
  g_autoptr (JsonNode) node = docker_engine_get (engine, path, NULL, cancellable, error);

  if (node == NULL)
    return NULL;

  return JSON_NODE_HOLDS_OBJECT (node) ? json_object_ref (json_node_get_object (node)) : json_object_new ();
}

static gboolean
is_running (JsonObject *container)
{
  JsonObject *state = vig_json_get_object (container, "State");

  return vig_json_get_boolean (state, "Running", FALSE) && !vig_json_get_boolean (state, "Restarting", FALSE);
}

/* It was told to run: does it still, a little later? What it looks like then. */
static JsonObject *
watch (DockerEngine *engine, JsonObject *container, GCancellable *cancellable, GError **error)
{
  gint64 end = g_get_monotonic_time () + WATCH_TIME;
  g_autoptr (JsonObject) now = look (engine, container, cancellable, error);

  while (now != NULL && is_running (now) && g_get_monotonic_time () < end)
    {
      g_clear_pointer (&now, json_object_unref);
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      g_usleep (WATCH_STEP);
      now = look (engine, container, cancellable, error);
    }

  return g_steal_pointer (&now);
}

static JsonNode *
report (DockerEngine *engine, JsonObject *before, JsonObject *after, gboolean changed, gboolean should_run)
{
  g_autofree char *state_before = docker_shape_state (before);
  g_autofree char *state_after = docker_shape_state (after);
  JsonObject *state = vig_json_get_object (after, "State");
  gint64 exit_code = vig_json_get_int (state, "ExitCode", 0);
  gboolean is_error = should_run && !is_running (after) && (exit_code != 0 || vig_json_get_boolean (state, "Restarting", FALSE));

  return vig_json_pack ("{s:s, s:s, s:b, s:s, s:s, s:I, s:b, s:s?}",
                        "server", docker_engine_get_server (engine)->name,
                        "container", docker_name_of (after),
                        "changed", changed,
                        "state_before", state_before,
                        "state", state_after,
                        "exit_code", exit_code,
                        "is_error", is_error,
                        "advice", is_error ? "It did not stay up: docker.logs shows what it said." : NULL);
}

static char *
make_query (VigInvocation *invocation, gboolean has_timeout)
{
  g_autofree char *seconds = g_strdup_printf ("%" G_GINT64_FORMAT, vig_json_get_int (vig_invocation_get_arguments (invocation), "timeout", 10));

  return has_timeout ? soup_form_encode ("t", seconds, NULL) : NULL;
}

static JsonNode *
control (VigInvocation *invocation, const char *verb, gboolean should_run, GCancellable *cancellable, GError **error)
{
  g_autoptr (DockerEngine) engine = docker_engine_open (invocation, cancellable, error);
  g_autoptr (JsonObject) before = engine != NULL ? docker_find_container (engine, invocation, cancellable, error) : NULL;
  g_autofree char *query = make_query (invocation, !g_str_equal (verb, "start"));
  const char *path[] = { "containers", before != NULL ? docker_id_of (before) : "", verb, NULL };
  g_autoptr (JsonObject) after = NULL;
  gboolean changed;

  g_autoptr (GError) local_error = NULL;

  if (before == NULL || !docker_engine_post (engine, path, query, &changed, cancellable, error))
    return NULL;

  after = should_run ? watch (engine, before, cancellable, &local_error) : look (engine, before, cancellable, &local_error);
  if (after == NULL && g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (after == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "Docker did %s it, and what became of it can't be seen: %s", verb, local_error->message);

  return after != NULL ? report (engine, before, after, changed, should_run) : NULL;
}

JsonNode *
docker_start (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return control (invocation, "start", TRUE, cancellable, error);
}

JsonNode *
docker_stop (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return control (invocation, "stop", FALSE, cancellable, error);
}

JsonNode *
docker_restart (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return control (invocation, "restart", TRUE, cancellable, error);
}
