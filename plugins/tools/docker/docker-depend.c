/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-depend.h"

#include "docker-args.h"
#include "docker-json.h"

#include <string.h>

#define MAX_SHOWN 20

static gboolean
names (const char *text, JsonObject *container)
{
  return text != NULL && *text != '\0' && (g_str_equal (text, docker_name_of (container)) || g_str_equal (text, docker_id_of (container)));
}

/* "container:ID", as the modes of network, processes and memory have it. */
static gboolean
mode_names (JsonObject *host, const char *member, JsonObject *container)
{
  const char *mode = vig_json_get_string (host, member, "");

  return g_str_has_prefix (mode, "container:") && names (mode + strlen ("container:"), container);
}

/* "ID:ro" and "/name:/other/alias": what stands before the colon. */
static gboolean
list_names (JsonArray *list, JsonObject *container)
{
  for (guint i = 0; i < docker_length (list); i++)
    {
      g_auto (GStrv) parts = g_strsplit (docker_text_at (list, i), ":", 2);
      const char *name = parts[0] != NULL ? parts[0] : "";

      if (names (*name == '/' ? name + 1 : name, container))
        return TRUE;
    }

  return FALSE;
}

static const char *
get_label (JsonObject *container, const char *name)
{
  return vig_json_get_string (vig_json_get_object (vig_json_get_object (container, "Config"), "Labels"), name, NULL);
}

/* Compose notes "db:service_started:false,cache:service_healthy:true" at what it makes. */
static gboolean
compose_names (JsonObject *other, JsonObject *container)
{
  const char *project = get_label (container, "com.docker.compose.project");
  const char *service = get_label (container, "com.docker.compose.service");
  const char *needs = get_label (other, "com.docker.compose.depends_on");
  g_auto (GStrv) each = NULL;

  if (project == NULL || service == NULL || needs == NULL || g_strcmp0 (project, get_label (other, "com.docker.compose.project")) != 0)
    return FALSE;

  each = g_strsplit (needs, ",", -1);
  for (guint i = 0; each[i] != NULL; i++)
    if (strncmp (each[i], service, strlen (service)) == 0 && (each[i][strlen (service)] == ':' || each[i][strlen (service)] == '\0'))
      return TRUE;

  return FALSE;
}

char *
docker_why_depends (JsonObject *other, JsonObject *container)
{
  JsonObject *host = vig_json_get_object (other, "HostConfig");
  g_autoptr (GString) why = g_string_new (NULL);

  if (mode_names (host, "NetworkMode", container))
    g_string_append (why, ", lives in its network");
  if (mode_names (host, "PidMode", container) || mode_names (host, "IpcMode", container))
    g_string_append (why, ", shares its processes or memory");
  if (list_names (vig_json_get_array (host, "VolumesFrom"), container))
    g_string_append (why, ", uses its volumes");
  if (list_names (vig_json_get_array (host, "Links"), container))
    g_string_append (why, ", has a link to it");
  if (compose_names (other, container))
    g_string_append (why, ", depends on it in its Compose project");

  return why->len > 0 ? g_strdup (why->str + strlen (", ")) : NULL;
}

static gboolean
is_own_network (const char *name)
{
  return !g_str_equal (name, "bridge") && !g_str_equal (name, "host") && !g_str_equal (name, "none") && !g_str_equal (name, "podman");
}

/* A network of people's own that both are in. */
static const char *
find_common_network (JsonObject *other, JsonObject *container)
{
  JsonObject *theirs = vig_json_get_object (vig_json_get_object (other, "NetworkSettings"), "Networks");
  JsonObject *ours = vig_json_get_object (vig_json_get_object (container, "NetworkSettings"), "Networks");
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (theirs == NULL || ours == NULL)
    return NULL;

  json_object_iter_init (&iter, ours);
  while (json_object_iter_next (&iter, &name, &node))
    if (is_own_network (name) && json_object_has_member (theirs, name))
      return name;

  return NULL;
}

static GPtrArray *
get_others (DockerEngine *engine, JsonObject *container, GCancellable *cancellable, GError **error)
{
  static const char * const path[] = { "containers", "json", NULL };
  g_autoptr (JsonNode) list = docker_engine_get (engine, path, "all=1", cancellable, error);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  JsonArray *containers = list != NULL && JSON_NODE_HOLDS_ARRAY (list) ? json_node_get_array (list) : NULL;

  if (list == NULL)
    return NULL;

  for (guint i = 0; i < docker_length (containers); i++)
    {
      const char *id = docker_id_of (docker_object_at (containers, i));
      const char *one[] = { "containers", id, "json", NULL };

      if (!g_str_equal (id, docker_id_of (container)))
        g_ptr_array_add (paths, g_strdupv ((char **) one));
    }

  return docker_engine_get_all (engine, paths, NULL, cancellable, error);
}

static void
append_lines (GString *text, GPtrArray *lines)
{
  for (guint i = 0; i < lines->len && i < MAX_SHOWN; i++)
    g_string_append_printf (text, "- %s\n", (const char *) g_ptr_array_index (lines, i));
  if (lines->len > MAX_SHOWN)
    g_string_append_printf (text, "- and %u more\n", lines->len - MAX_SHOWN);
}

char *
docker_describe_dependents (DockerEngine *engine, JsonObject *container, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) others = get_others (engine, container, cancellable, error);
  g_autoptr (GPtrArray) needing = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) near = g_ptr_array_new_with_free_func (g_free);
  GString *text;

  if (others == NULL)
    return NULL;

  for (guint i = 0; i < others->len; i++)
    {
      JsonNode *node = g_ptr_array_index (others, i);
      JsonObject *other = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      g_autofree char *why = docker_why_depends (other, container);
      const char *network = find_common_network (other, container);

      if (why != NULL)
        g_ptr_array_add (needing, g_strdup_printf ("%s: %s", docker_name_of (other), why));
      else if (network != NULL)
        g_ptr_array_add (near, g_strdup_printf ("%s: may use it over the network %s", docker_name_of (other), network));
    }
  text = g_string_new (NULL);
  append_lines (text, needing);
  append_lines (text, near);

  return g_string_free (text, FALSE);
}
