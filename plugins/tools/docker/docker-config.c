/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-plan.h"

#include "docker-json.h"
#include "docker-mask.h"

#include <string.h>

/* The source of a volume, where that is a folder of the host: "/etc:/x:ro", or an object of the type "bind". */
static char *
find_bind (JsonNode *volume)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (volume) ? json_node_get_object (volume) : NULL;
  const char *text = json_node_get_value_type (volume) == G_TYPE_STRING ? json_node_get_string (volume) : "";

  if (g_str_equal (vig_json_get_string (object, "type", ""), "bind"))
    return g_strdup (vig_json_get_string (object, "source", ""));

  return *text == '/' && strchr (text, ':') != NULL ? g_strndup (text, strcspn (text, ":")) : NULL;
}

static gboolean
is_beneath (const char *path, const char *folder)
{
  g_autofree char *canonical = g_canonicalize_filename (path, folder);
  gsize length = strlen (folder);

  return strncmp (canonical, folder, length) == 0 && (canonical[length] == '/' || canonical[length] == '\0');
}

static void
warn_of_volumes (GString *text, const char *service, JsonArray *volumes, const char *folder)
{
  for (guint i = 0; i < docker_length (volumes); i++)
    {
      g_autofree char *source = find_bind (json_array_get_element (volumes, i));

      if (source != NULL && !is_beneath (source, folder))
        g_string_append_printf (text, "- %s: is given %s of the host%s\n", service, source,
                                g_str_has_suffix (source, "docker.sock") ? ", by which it can do anything on it" : "");
    }
}

static void
warn_of_service (GString *text, const char *name, JsonObject *service, const char *folder)
{
  static const char * const spaces[][2] = { { "network_mode", "network" }, { "pid", "processes" }, { "ipc", "memory" }, { "userns_mode", "users" } };

  if (vig_json_get_boolean (service, "privileged", FALSE))
    g_string_append_printf (text, "- %s: is privileged: it can do anything on the host\n", name);
  for (guint i = 0; i < G_N_ELEMENTS (spaces); i++)
    if (g_str_equal (vig_json_get_string (service, spaces[i][0], ""), "host"))
      g_string_append_printf (text, "- %s: shares the host's %s\n", name, spaces[i][1]);
  if (docker_length (vig_json_get_array (service, "cap_add")) > 0)
    g_string_append_printf (text, "- %s: is given capabilities\n", name);
  if (docker_length (vig_json_get_array (service, "devices")) > 0)
    g_string_append_printf (text, "- %s: is given devices of the host\n", name);
  warn_of_volumes (text, name, vig_json_get_array (service, "volumes"), folder);
}

char *
docker_plan_warn (JsonObject *config, const char *folder)
{
  JsonObject *services = vig_json_get_object (config, "services");
  GString *text = g_string_new (NULL);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (services != NULL)
    json_object_iter_init_ordered (&iter, services);
  while (services != NULL && json_object_iter_next_ordered (&iter, &name, &node))
    warn_of_service (text, name, vig_json_get_object (services, name), folder);

  return g_string_free (text, FALSE);
}

/* Texts, numbers and objects of a list, or the names of an object, with ", " between. */
static char *
describe_list (JsonObject *service, const char *member)
{
  JsonArray *array = vig_json_get_array (service, member);
  JsonObject *object = vig_json_get_object (service, member);
  g_autoptr (GList) names = object != NULL ? json_object_get_members (object) : NULL;
  GString *text = g_string_new (NULL);

  for (GList *l = names; l != NULL; l = l->next)
    g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", (const char *) l->data);
  for (guint i = 0; i < docker_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      JsonObject *one = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      g_autofree char *json = one == NULL ? vig_json_to_string (node) : NULL;
      const char *from = vig_json_get_string (one, "source", vig_json_get_string (one, "published", ""));
      gint64 to = vig_json_get_int (one, "target", 0);
      g_autofree char *target = to > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, to) : g_strdup (vig_json_get_string (one, "target", ""));

      g_string_append (text, text->len > 0 ? ", " : "");
      if (one != NULL)
        g_string_append_printf (text, "%s:%s", from, target);
      else
        g_string_append (text, docker_text_at (array, i)[0] != '\0' ? docker_text_at (array, i) : json);
    }

  return g_string_free (text, FALSE);
}

JsonArray *
docker_plan_services (JsonObject *config)
{
  JsonObject *services = vig_json_get_object (config, "services");
  JsonArray *rows = json_array_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (services != NULL)
    json_object_iter_init_ordered (&iter, services);
  while (services != NULL && json_object_iter_next_ordered (&iter, &name, &node))
    {
      JsonObject *service = vig_json_get_object (services, name);
      g_autofree char *ports = describe_list (service, "ports");
      g_autofree char *volumes = describe_list (service, "volumes");
      g_autofree char *needs = describe_list (service, "depends_on");

      json_array_add_object_element (rows, vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s}", "service", name, "image", vig_json_get_string (service, "image", NULL),
                                                                 "ports", ports, "volumes", volumes, "depends_on", needs));
    }

  return rows;
}

static void
collect_entry (JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
  g_autofree char *json = JSON_NODE_HOLDS_NULL (node) ? g_strdup ("") : vig_json_to_string (node);
  g_autofree char *entry = g_strconcat (name, "=", json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : json, NULL);

  json_array_add_string_element (user_data, entry);
}

static JsonObject *
mask (JsonObject *service, const char *member)
{
  JsonObject *object = vig_json_get_object (service, member);
  JsonArray *array = vig_json_get_array (service, member);
  g_autoptr (JsonArray) entries = array != NULL ? json_array_ref (array) : json_array_new ();
  g_autoptr (JsonArray) rows = NULL;
  JsonObject *masked = json_object_new ();

  if (object != NULL)
    json_object_foreach_member (object, collect_entry, entries);
  rows = docker_mask_environment (entries);
  for (guint i = 0; i < docker_length (rows); i++)
    json_object_set_string_member (masked, vig_json_get_string (docker_object_at (rows, i), "name", ""), vig_json_get_string (docker_object_at (rows, i), "value", ""));

  return masked;
}

/* What is written into the file itself as a secret or a configuration. */
static void
mask_contents (JsonObject *config, const char *member)
{
  JsonObject *all = vig_json_get_object (config, member);
  g_autoptr (GList) names = all != NULL ? json_object_get_members (all) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonObject *one = vig_json_get_object (all, l->data);

      if (one != NULL && json_object_has_member (one, "content"))
        json_object_set_string_member (one, "content", DOCKER_HIDDEN);
    }
}

JsonObject *
docker_plan_mask (JsonObject *config)
{
  g_autofree char *text = vig_json_object_to_string (config);
  JsonObject *copy = vig_json_parse_object (text, -1, 0, NULL);
  JsonObject *services = vig_json_get_object (copy, "services");
  g_autoptr (GList) names = services != NULL ? json_object_get_members (services) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonObject *service = vig_json_get_object (services, l->data);
      JsonObject *build = vig_json_get_object (service, "build");

      if (service != NULL && json_object_has_member (service, "environment"))
        json_object_set_object_member (service, "environment", mask (service, "environment"));
      if (build != NULL && json_object_has_member (build, "args"))
        json_object_set_object_member (build, "args", mask (build, "args"));
    }
  mask_contents (copy, "secrets");
  mask_contents (copy, "configs");

  return copy != NULL ? copy : json_object_new ();
}
