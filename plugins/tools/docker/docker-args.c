/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-args.h"

#include "docker-json.h"

#include <string.h>

#define MAX_NAMED 20

const char *
docker_name_of (JsonObject *container)
{
  const char *name = vig_json_get_string (container, "Name", "");

  return *name == '/' ? name + 1 : name;
}

const char *
docker_id_of (JsonObject *container)
{
  return vig_json_get_string (container, "Id", "");
}

/* The Engine also takes an id, or its beginning. Policies, grants and people go by the name, so nothing else will do. */
static gboolean
is_called (JsonObject *container, const char *text, GError **error)
{
  if (g_str_equal (docker_name_of (container), text))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "container: %s is an id; call the container by its name, %s", text, docker_name_of (container));

  return FALSE;
}

static void
set_unknown (DockerEngine *engine, const char *text, GCancellable *cancellable, GError **error)
{
  static const char * const path[] = { "containers", "json", NULL };
  g_autoptr (JsonNode) list = docker_engine_get (engine, path, "all=1", cancellable, NULL);
  JsonArray *containers = list != NULL && JSON_NODE_HOLDS_ARRAY (list) ? json_node_get_array (list) : NULL;
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < docker_length (containers) && i < MAX_NAMED; i++)
    {
      JsonArray *all = vig_json_get_array (docker_object_at (containers, i), "Names");
      const char *name = all != NULL && json_array_get_length (all) > 0 ? docker_text_at (all, 0) : "";

      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", *name == '/' ? name + 1 : name);
    }
  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no container \"%s\" on %s%s%s", text, docker_engine_get_server (engine)->name,
               names->len > 0 ? "; there are: " : "", names->str);
}

JsonObject *
docker_find_container (DockerEngine *engine, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *text = vig_json_get_string (vig_invocation_get_arguments (invocation), "container", "");
  const char *path[] = { "containers", text, "json", NULL };
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (!g_regex_match_simple ("^[a-zA-Z0-9][a-zA-Z0-9_.-]*\\z", text, 0, 0))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "container: a name has letters, digits, _ . and - and begins with a letter or a digit");
      return NULL;
    }

  node = docker_engine_get (engine, path, NULL, cancellable, &local_error);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return is_called (json_node_get_object (node), text, error) ? json_object_ref (json_node_get_object (node)) : NULL;
  if (node == NULL && !vig_error_is_not_found (local_error))
    g_propagate_error (error, g_steal_pointer (&local_error));
  else
    set_unknown (engine, text, cancellable, error);

  return NULL;
}

static gint64
seconds_of_unit (char unit)
{
  switch (unit)
    {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 60 * 60;
    case 'd':
      return 24 * 60 * 60;
    default:
      return 0;
    }
}

gboolean
docker_parse_time (const char *member, const char *text, gint64 now, gint64 *seconds, GError **error)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, utc);
  char *end = NULL;
  guint64 number = g_ascii_isdigit (*text) ? g_ascii_strtoull (text, &end, 10) : 0;

  if (time != NULL)
    *seconds = g_date_time_to_unix (time);
  else if (end != NULL && *end == '\0' && number <= G_MAXINT32 * (guint64) 4)
    *seconds = (gint64) number;
  else if (end != NULL && seconds_of_unit (*end) > 0 && end[1] == '\0' && number <= 100000)
    *seconds = now - (gint64) number * seconds_of_unit (*end);
  else
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s: must be a time back such as 90s, 10m, 2h or 3d, an ISO 8601 time, or seconds since 1970", member);
      return FALSE;
    }

  return TRUE;
}

char *
docker_resource (VigInvocation *invocation, const char *member)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  g_autofree char *server = g_ascii_strdown (vig_json_get_string (arguments, "server", ""), -1);

  return g_strconcat ("docker:", server, "/", vig_json_get_string (arguments, member, ""), NULL);
}
