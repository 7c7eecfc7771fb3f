/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-tools.h"

#include "docker-args.h"
#include "docker-json.h"
#include "docker-shape.h"

/* The Engine's answer, which has to be an array. */
static JsonArray *
get_array (DockerEngine *engine, const char * const *path, const char *query, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonNode) node = docker_engine_get (engine, path, query, cancellable, error);

  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    return json_array_ref (json_node_get_array (node));
  if (node != NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE, "the Engine answered something else than a list");

  return NULL;
}

static JsonArray *
get_containers (DockerEngine *engine, GCancellable *cancellable, GError **error)
{
  static const char * const path[] = { "containers", "json", NULL };

  return get_array (engine, path, "all=1", cancellable, error);
}

JsonNode *
docker_list (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  gboolean all = vig_json_get_boolean (vig_invocation_get_arguments (invocation), "all", FALSE);
  g_autoptr (DockerEngine) engine = docker_engine_open (invocation, cancellable, error);
  g_autoptr (JsonArray) containers = engine != NULL ? get_containers (engine, cancellable, error) : NULL;
  JsonArray *rows;
  gsize size = 0;
  guint left_out = 0;
  gint64 running = 0;

  if (containers == NULL)
    return NULL;

  rows = json_array_new ();
  for (guint i = 0; i < docker_length (containers); i++)
    {
      JsonObject *container = docker_object_at (containers, i);
      gboolean is_running = g_str_equal (vig_json_get_string (container, "State", ""), "running");

      running += is_running;
      if (container != NULL && (all || is_running))
        vig_json_add_row (rows, docker_shape_container (container), &size, vig_invocation_get_room (invocation), &left_out);
    }

  return vig_json_pack ("{s:s, s:A, s:I, s:I, s:i}",
                        "server", docker_engine_get_server (engine)->name,
                        "containers", rows,
                        "running", running,
                        "not_running", (gint64) docker_length (containers) - running,
                        "left_out", (int) left_out);
}

JsonNode *
docker_inspect (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (DockerEngine) engine = docker_engine_open (invocation, cancellable, error);
  g_autoptr (JsonObject) container = engine != NULL ? docker_find_container (engine, invocation, cancellable, error) : NULL;

  return container != NULL ? docker_shape_inspect (container) : NULL;
}

/* How many containers are made of each image, by its id. */
static GHashTable *
count_uses (JsonArray *containers)
{
  GHashTable *uses = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < docker_length (containers); i++)
    {
      const char *id = vig_json_get_string (docker_object_at (containers, i), "ImageID", "");

      g_hash_table_insert (uses, (gpointer) id, GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (uses, id)) + 1));
    }

  return uses;
}

JsonNode *
docker_images (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  static const char * const path[] = { "images", "json", NULL };
  g_autoptr (DockerEngine) engine = docker_engine_open (invocation, cancellable, error);
  g_autoptr (JsonArray) images = engine != NULL ? get_array (engine, path, NULL, cancellable, error) : NULL;
  g_autoptr (JsonArray) containers = images != NULL ? get_containers (engine, cancellable, error) : NULL;
  g_autoptr (GHashTable) uses = containers != NULL ? count_uses (containers) : NULL;
  JsonArray *rows;
  gsize size = 0;
  guint left_out = 0;
  gint64 total = 0;

  if (containers == NULL)
    return NULL;

  rows = json_array_new ();
  for (guint i = 0; i < docker_length (images); i++)
    {
      JsonObject *image = docker_object_at (images, i);
      guint n = GPOINTER_TO_UINT (g_hash_table_lookup (uses, vig_json_get_string (image, "Id", "")));

      total += vig_json_get_int (image, "Size", 0);
      if (image != NULL)
        vig_json_add_row (rows, docker_shape_image (image, n), &size, vig_invocation_get_room (invocation), &left_out);
    }

  return vig_json_pack ("{s:s, s:A, s:I, s:i}",
                        "server", docker_engine_get_server (engine)->name,
                        "images", rows,
                        "total_bytes", total, /* layers that images share are counted with each */
                        "left_out", (int) left_out);
}

static GPtrArray *
stats_paths (JsonArray *containers)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  for (guint i = 0; i < docker_length (containers); i++)
    {
      JsonObject *container = docker_object_at (containers, i);
      const char *path[] = { "containers", vig_json_get_string (container, "Id", ""), "stats", NULL };

      if (g_str_equal (vig_json_get_string (container, "State", ""), "running"))
        g_ptr_array_add (paths, g_strdupv ((char **) path));
    }

  return paths;
}

static JsonNode *
collect_stats (VigInvocation *invocation, DockerEngine *engine, GPtrArray *paths, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) nodes = docker_engine_get_all (engine, paths, "stream=false", cancellable, error);
  JsonArray *rows;
  gsize size = 0;
  guint left_out = 0;

  if (nodes == NULL)
    return NULL;

  rows = json_array_new ();
  for (guint i = 0; i < nodes->len; i++)
    {
      JsonNode *node = g_ptr_array_index (nodes, i);

      if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
        vig_json_add_row (rows, docker_shape_stats (json_node_get_object (node)), &size, vig_invocation_get_room (invocation), &left_out);
      else
        left_out++;
    }

  return vig_json_pack ("{s:s, s:A, s:i}", "server", docker_engine_get_server (engine)->name, "stats", rows, "left_out", (int) left_out);
}

JsonNode *
docker_stats (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  gboolean is_one = json_object_has_member (vig_invocation_get_arguments (invocation), "container");
  g_autoptr (DockerEngine) engine = docker_engine_open (invocation, cancellable, error);
  g_autoptr (JsonObject) container = engine != NULL && is_one ? docker_find_container (engine, invocation, cancellable, error) : NULL;
  g_autoptr (JsonArray) containers = NULL;
  g_autoptr (GPtrArray) paths = NULL;

  if (engine == NULL || (is_one && container == NULL))
    return NULL;
  if (is_one)
    {
      const char *path[] = { "containers", docker_id_of (container), "stats", NULL };

      if (!vig_json_get_boolean (vig_json_get_object (container, "State"), "Running", FALSE))
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "%s is not running: there is nothing to measure", docker_name_of (container));
          return NULL;
        }
      paths = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
      g_ptr_array_add (paths, g_strdupv ((char **) path));
      return collect_stats (invocation, engine, paths, cancellable, error);
    }

  containers = get_containers (engine, cancellable, error);
  paths = containers != NULL ? stats_paths (containers) : NULL;

  return paths != NULL ? collect_stats (invocation, engine, paths, cancellable, error) : NULL;
}
