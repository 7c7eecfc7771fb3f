/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-plan.h"

#include "docker-json.h"
#include "docker-mask.h"
#include "docker-shape.h"

#include <string.h>

#define HASH_LABEL    "com.docker.compose.config-hash"
#define SERVICE_LABEL "com.docker.compose.service"

GHashTable *
docker_plan_parse_hashes (const char *text)
{
  GHashTable *hashes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (g_strstrip (lines[i]), " ", 2);

      if (words[0] != NULL && words[1] != NULL)
        g_hash_table_insert (hashes, g_strdup (words[0]), g_strdup (words[1]));
    }

  return hashes;
}

gboolean
docker_split_image (const char *image, char **repository, char **tag)
{
  const char *slash = strrchr (image, '/');
  const char *colon = strchr (slash != NULL ? slash : image, ':');

  if (strchr (image, '@') != NULL)
    return FALSE;

  *repository = colon != NULL ? g_strndup (image, (gsize) (colon - image)) : g_strdup (image);
  *tag = g_strdup (colon != NULL ? colon + 1 : "latest");

  return TRUE;
}

JsonObject *
docker_plan_find_image (JsonArray *images, const char *tag)
{
  g_autofree char *repository = NULL;
  g_autofree char *version = NULL;
  g_autofree char *full = docker_split_image (tag, &repository, &version) ? g_strconcat (repository, ":", version, NULL) : g_strdup (tag);

  for (guint i = 0; i < docker_length (images); i++)
    {
      JsonObject *image = docker_object_at (images, i);
      JsonArray *tags = vig_json_get_array (image, "RepoTags");
      JsonArray *digests = vig_json_get_array (image, "RepoDigests");

      for (guint t = 0; t < docker_length (tags); t++)
        if (g_str_equal (docker_text_at (tags, t), full))
          return image;
      for (guint t = 0; t < docker_length (digests); t++)
        if (g_str_equal (docker_text_at (digests, t), full))
          return image;
    }

  return NULL;
}

static JsonObject *
find_container (JsonArray *containers, const char *service)
{
  for (guint i = 0; i < docker_length (containers); i++)
    {
      JsonObject *container = docker_object_at (containers, i);

      if (g_str_equal (vig_json_get_string (vig_json_get_object (container, "Labels"), SERVICE_LABEL, ""), service))
        return container;
    }

  return NULL;
}

/* What a service that is only built is called, "project_service", is not looked up: its image is what its container has. */
static const char *
judge (const DockerPlan *self, const char *service, JsonObject *config, JsonObject *container)
{
  const char *image = vig_json_get_string (config, "image", NULL);
  JsonObject *here = image != NULL ? docker_plan_find_image (self->images, image) : NULL;
  const char *hash = g_hash_table_lookup (self->hashes, service);
  const char *made_of = vig_json_get_string (vig_json_get_object (container, "Labels"), HASH_LABEL, NULL);

  if (image != NULL && here == NULL && !json_object_has_member (config, "build"))
    return container != NULL ? "pull its image and be recreated" : "pull its image and be created";
  if (container == NULL)
    return "be created";
  /* Version 1 counts the image into the hash, too. */
  if (here != NULL && !g_str_equal (vig_json_get_string (here, "Id", ""), vig_json_get_string (container, "ImageID", "")))
    return "be recreated: its image has changed";
  if (hash != NULL && g_strcmp0 (hash, made_of) != 0)
    return "be recreated: its configuration has changed";
  if (!g_str_equal (vig_json_get_string (container, "State", ""), "running"))
    return "be started";

  return "stay as it is";
}

static gboolean
is_wanted (const char * const *only, const char *service)
{
  return only == NULL || only[0] == NULL || g_strv_contains (only, service);
}

static JsonObject *
row_of (const char *service, JsonObject *container, const char *would)
{
  return vig_json_pack_object ("{s:s, s:s, s:s, s:s}", "service", service, "image", vig_json_get_string (container, "Image", NULL),
                               "state", vig_json_get_string (container, "State", "not there"), "would", would);
}

static void
add_orphans (const DockerPlan *self, JsonObject *services, JsonArray *rows)
{
  for (guint i = 0; i < docker_length (self->containers); i++)
    {
      JsonObject *container = docker_object_at (self->containers, i);
      const char *service = vig_json_get_string (vig_json_get_object (container, "Labels"), SERVICE_LABEL, "");

      if (!json_object_has_member (services, service))
        json_array_add_object_element (rows, row_of (service, container, "stay as it is: the project has no such service any more"));
    }
}

JsonArray *
docker_plan_up (const DockerPlan *self, const char * const *only)
{
  JsonObject *services = vig_json_get_object (self->config, "services");
  JsonArray *rows = json_array_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (services == NULL)
    return rows;

  json_object_iter_init_ordered (&iter, services);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      JsonObject *container = find_container (self->containers, name);
      JsonObject *service = vig_json_get_object (services, name);
      JsonObject *row;

      if (!is_wanted (only, name))
        continue;
      row = row_of (name, container, judge (self, name, service, container));
      if (json_object_has_member (service, "image"))
        json_object_set_string_member (row, "image", vig_json_get_string (service, "image", ""));
      json_array_add_object_element (rows, row);
    }
  if (only == NULL || only[0] == NULL)
    add_orphans (self, services, rows);

  return rows;
}

/* By which the registry that @tag is of has it. */
static const char *
find_digest (JsonObject *image, const char *tag)
{
  JsonArray *digests = vig_json_get_array (image, "RepoDigests");
  g_autofree char *repository = NULL;
  g_autofree char *version = NULL;
  g_autofree char *start = docker_split_image (tag, &repository, &version) ? g_strconcat (repository, "@", NULL) : NULL;

  for (guint i = 0; i < docker_length (digests); i++)
    if (start == NULL || g_str_has_prefix (docker_text_at (digests, i), start))
      return docker_text_at (digests, i);

  return NULL;
}

JsonArray *
docker_plan_images (const DockerPlan *self, const char * const *only)
{
  JsonObject *services = vig_json_get_object (self->config, "services");
  JsonArray *rows = json_array_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (services == NULL)
    return rows;

  json_object_iter_init_ordered (&iter, services);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      const char *tag = vig_json_get_string (vig_json_get_object (services, name), "image", NULL);
      JsonObject *image = tag != NULL ? docker_plan_find_image (self->images, tag) : NULL;

      if (image != NULL && is_wanted (only, name))
        json_array_add_object_element (rows, vig_json_pack_object ("{s:s, s:s, s:s, s:s?}", "service", name, "image", tag, "image_id", vig_json_get_string (image, "Id", ""),
                                                                   "digest", find_digest (image, tag)));
    }

  return rows;
}
