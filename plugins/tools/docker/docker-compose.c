/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-tools.h"

#include "docker-json.h"
#include "docker-plan.h"
#include "docker-project.h"
#include "docker-shape.h"
#include "docker-yaml.h"

#include <string.h>

#define REST 2048        /* bytes of a result beside what is long */
#define LAST_WORDS 3000  /* characters of the program's output that are told */
#define WORKING_DIR "com.docker.compose.project.working_dir"

/* All that a call on a project works with. */
typedef struct
{
  VigInvocation *invocation;
  DockerEngine  *engine;
  DockerProject *project;
  DockerPlan     plan;
  GStrv          services; /* named in the call */
} Compose;

static void
compose_free (Compose *self)
{
  g_clear_pointer (&self->plan.config, json_object_unref);
  g_clear_pointer (&self->plan.hashes, g_hash_table_unref);
  g_clear_pointer (&self->plan.containers, json_array_unref);
  g_clear_pointer (&self->plan.images, json_array_unref);
  g_clear_pointer (&self->project, docker_project_free);
  g_clear_pointer (&self->engine, docker_engine_free);
  g_strfreev (self->services);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Compose, compose_free)

static const char *
get_action (VigInvocation *invocation)
{
  return vig_json_get_string (vig_invocation_get_arguments (invocation), "action", "");
}

static JsonArray *
take_array (JsonNode *node)
{
  g_autoptr (JsonNode) owned = node;

  if (node == NULL)
    return NULL;

  return JSON_NODE_HOLDS_ARRAY (node) ? json_array_ref (json_node_get_array (node)) : json_array_new ();
}

static gboolean
read_engine (Compose *self, const char *folder, GCancellable *cancellable, GError **error)
{
  static const char * const containers[] = { "containers", "json", NULL };
  static const char * const images[] = { "images", "json", NULL };
  g_autofree char *label = g_strconcat (WORKING_DIR "=", folder, NULL);
  g_autoptr (JsonObject) filters = vig_json_pack_object ("{s:[s]}", "label", label);
  g_autofree char *text = vig_json_object_to_string (filters);
  g_autofree char *query = soup_form_encode ("all", "1", "filters", text, NULL);

  g_clear_pointer (&self->plan.containers, json_array_unref);
  g_clear_pointer (&self->plan.images, json_array_unref);
  self->plan.containers = take_array (docker_engine_get (self->engine, containers, query, cancellable, error));
  if (self->plan.containers == NULL)
    return FALSE;
  self->plan.images = take_array (docker_engine_get (self->engine, images, NULL, cancellable, error));

  return self->plan.images != NULL;
}

static gboolean
read_config (Compose *self, GCancellable *cancellable, GError **error)
{
  static const char * const as_json[] = { "config", "--format", "json", NULL };
  static const char * const as_yaml[] = { "config", NULL };
  gboolean is_json = docker_project_speaks_json (self->project);
  g_autofree char *text = docker_project_ask (self->project, self->invocation, is_json ? as_json : as_yaml, cancellable, error);
  g_autoptr (JsonNode) node = NULL;

  if (text == NULL)
    return FALSE;

  node = is_json ? vig_json_parse (text, -1, 0, error) : docker_yaml_parse (text, error);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    self->plan.config = json_object_ref (json_node_get_object (node));
  else if (node != NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "it is empty");
  if (self->plan.config == NULL)
    g_prefix_error (error, "the project's configuration can't be read: ");

  return self->plan.config != NULL;
}

static gboolean
read_hashes (Compose *self, GCancellable *cancellable, GError **error)
{
  static const char * const arguments[] = { "config", "--hash", "*", NULL };
  g_autofree char *text = docker_project_ask (self->project, self->invocation, arguments, cancellable, error);

  self->plan.hashes = text != NULL ? docker_plan_parse_hashes (text) : NULL;

  return self->plan.hashes != NULL;
}

/* A name that the project does not have would be an option or nothing at all to Compose. */
static gboolean
check_services (Compose *self, GError **error)
{
  JsonObject *known = vig_json_get_object (self->plan.config, "services");

  for (guint i = 0; self->services[i] != NULL; i++)
    if (known == NULL || !json_object_has_member (known, self->services[i]))
      {
        g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "services: the project has no service \"%s\"", self->services[i]);
        return FALSE;
      }

  return TRUE;
}

static GStrv
dup_services (VigInvocation *invocation)
{
  JsonArray *services = vig_json_get_array (vig_invocation_get_arguments (invocation), "services");
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < docker_length (services); i++)
    g_strv_builder_add (names, docker_text_at (services, i));

  return g_strv_builder_end (names);
}

static Compose *
open_compose (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (Compose) self = g_new0 (Compose, 1);

  self->invocation = invocation;
  self->services = dup_services (invocation);
  self->engine = docker_engine_open (invocation, cancellable, error);
  if (self->engine == NULL)
    return NULL;
  self->project = docker_project_open (invocation, self->engine, cancellable, error);
  if (self->project == NULL || !read_config (self, cancellable, error) || !check_services (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

static const char * const *
only (Compose *self)
{
  return (const char * const *) self->services;
}

static void
append_plan (GString *text, JsonArray *rows)
{
  for (guint i = 0; i < docker_length (rows); i++)
    {
      JsonObject *row = docker_object_at (rows, i);

      g_string_append_printf (text, "- %s (%s, %s) would %s\n", vig_json_get_string (row, "service", ""), vig_json_get_string (row, "image", "no image yet"),
                              vig_json_get_string (row, "state", ""), vig_json_get_string (row, "would", ""));
    }
}

/* What the registry has under the tag now; NULL: it did not say. */
static char *
ask_registry (Compose *self, const char *image, GCancellable *cancellable)
{
  const char *path[] = { "distribution", image, "json", NULL };
  g_autoptr (JsonNode) node = docker_engine_get (self->engine, path, NULL, cancellable, NULL);
  JsonObject *answer = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  return g_strdup (vig_json_get_string (vig_json_get_object (answer, "Descriptor"), "digest", NULL));
}

static gboolean
has_digest (JsonObject *image, const char *digest)
{
  JsonArray *digests = vig_json_get_array (image, "RepoDigests");

  for (guint i = 0; i < docker_length (digests); i++)
    if (g_str_has_suffix (docker_text_at (digests, i), digest))
      return TRUE;

  return FALSE;
}

static void
append_pull (Compose *self, GString *text, const char *service, const char *image, GCancellable *cancellable)
{
  JsonObject *here = docker_plan_find_image (self->plan.images, image);
  g_autofree char *there = ask_registry (self, image, cancellable);
  g_autofree char *id = docker_short_id (vig_json_get_string (here, "Id", "none yet"));

  g_string_append_printf (text, "- %s: %s, here %s: ", service, image, id);
  if (there == NULL)
    g_string_append (text, "the registry did not say what it has\n");
  else if (here != NULL && has_digest (here, there))
    g_string_append (text, "is what the registry has\n");
  else
    g_string_append_printf (text, "the registry has another, %s\n", there);
}

static void
append_pulls (Compose *self, GString *text, GCancellable *cancellable)
{
  g_autoptr (JsonArray) rows = docker_plan_up (&self->plan, only (self));
  JsonObject *services = vig_json_get_object (self->plan.config, "services");

  for (guint i = 0; i < docker_length (rows); i++)
    {
      const char *service = vig_json_get_string (docker_object_at (rows, i), "service", "");
      const char *image = vig_json_get_string (vig_json_get_object (services, service), "image", NULL);

      if (image != NULL)
        append_pull (self, text, service, image, cancellable);
    }
  g_string_append (text, "\nNo container changes until \"up\".\n");
}

static void
append_down (Compose *self, GString *text)
{
  for (guint i = 0; i < docker_length (self->plan.containers); i++)
    {
      g_autoptr (JsonObject) row = docker_shape_container (docker_object_at (self->plan.containers, i));

      g_string_append_printf (text, "- the container %s (%s) would be stopped and removed\n", vig_json_get_string (row, "name", ""), vig_json_get_string (row, "status", ""));
    }
  g_string_append (text, docker_length (self->plan.containers) > 0 ? "- the networks of the project would be removed\n\nVolumes and images stay.\n"
                                                                    : "Nothing of this project is there.\n");
}

static const char *
describe_way (Compose *self, JsonObject *row)
{
  const char *id = vig_json_get_string (row, "image_id", "");

  for (guint i = 0; i < docker_length (self->plan.images); i++)
    if (g_str_equal (vig_json_get_string (docker_object_at (self->plan.images, i), "Id", ""), id))
      return "";

  return vig_json_get_string (row, "digest", NULL) != NULL ? ", fetched by its digest, for it is not here any more" : ", if it is still here";
}

static void
append_restore (Compose *self, GString *text)
{
  JsonArray *images = vig_json_get_array (vig_invocation_get_arguments (self->invocation), "images");

  for (guint i = 0; i < docker_length (images); i++)
    {
      JsonObject *row = docker_object_at (images, i);
      const char *tag = vig_json_get_string (row, "image", "");
      g_autofree char *now = docker_short_id (vig_json_get_string (docker_plan_find_image (self->plan.images, tag), "Id", "nothing"));
      g_autofree char *then = docker_short_id (vig_json_get_string (row, "image_id", ""));

      g_string_append_printf (text, "- %s, now %s, would be %s again%s\n", tag, now, then, describe_way (self, row));
    }
  g_string_append (text, "\nServices whose image changes by it would be recreated.\n");
}

VigPreview *
docker_compose_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (Compose) self = open_compose (invocation, cancellable, error);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *warnings = NULL;
  const char *action = get_action (invocation);

  if (self == NULL || !read_hashes (self, cancellable, error) || !read_engine (self, docker_project_get_folder (self->project), cancellable, error))
    return NULL;

  g_string_append_printf (text, "%s %s in %s on %s\n\n", docker_project_get_program (self->project), action, docker_project_get_folder (self->project),
                          docker_engine_get_server (self->engine)->name);
  if (g_str_equal (action, "down"))
    append_down (self, text);
  else if (g_str_equal (action, "pull"))
    append_pulls (self, text, cancellable);
  else if (g_str_equal (action, "restore"))
    append_restore (self, text);
  else
    {
      g_autoptr (JsonArray) rows = docker_plan_up (&self->plan, only (self));

      append_plan (text, rows);
    }
  warnings = docker_plan_warn (self->plan.config, docker_project_get_folder (self->project));
  if (*warnings != '\0' && !g_str_equal (action, "down"))
    g_string_append_printf (text, "\nMore than a container usually has:\n%s", warnings);

  return vig_preview_new ("text", text->str);
}

static char *
last_words (VigCommandResult *result)
{
  g_autofree char *all = g_strconcat (result->output, result->error_output, NULL);
  glong length = g_utf8_strlen (all, -1);

  return g_strdup (length > LAST_WORDS ? g_utf8_offset_to_pointer (all, length - LAST_WORDS) : all);
}

static JsonArray *
describe_containers (Compose *self)
{
  JsonArray *rows = json_array_new ();

  for (guint i = 0; i < docker_length (self->plan.containers); i++)
    {
      JsonObject *row = docker_shape_container (docker_object_at (self->plan.containers, i));

      json_object_remove_member (row, "project");
      json_array_add_object_element (rows, row);
    }

  return rows;
}

static JsonNode *
describe_run (Compose *self, VigCommandResult *result, JsonArray *images_before)
{
  g_autofree char *words = last_words (result);
  gboolean failed = result->exit_status != 0;

  return vig_json_pack ("{s:s, s:s, s:s, s:s, s:A, s:A, s:b, s:b, s:s}",
                        "server", docker_engine_get_server (self->engine)->name,
                        "project_dir", docker_project_get_folder (self->project),
                        "program", docker_project_get_program (self->project),
                        "action", get_action (self->invocation),
                        "containers", describe_containers (self),
                        "images_before", images_before,
                        "timed_out", result->timed_out,
                        "is_error", failed,
                        "output", words);
}

/* What there is before a change, on disk before it starts: also a call that is stopped halfway can be put back. */
static JsonArray *
note_images (Compose *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonArray) images = NULL;
  g_autoptr (JsonObject) record = NULL;

  if (!read_engine (self, docker_project_get_folder (self->project), cancellable, error))
    return NULL;

  images = docker_plan_images (&self->plan, only (self));
  record = vig_json_pack_object ("{s:A}", "images_before", json_array_ref (images));

  return vig_invocation_keep_record (self->invocation, "before", record, error) ? g_steal_pointer (&images) : NULL;
}

/* @before: (transfer full), or NULL with an error set */
static JsonNode *
run_action (Compose *self, const char * const *action, JsonArray *before, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  g_autoptr (VigCommandResult) result = NULL;
  g_autoptr (JsonArray) noted = before;

  if (noted == NULL)
    return NULL;

  for (; *action != NULL; action++)
    g_ptr_array_add (arguments, (gpointer) *action);
  for (guint i = 0; self->services[i] != NULL; i++)
    g_ptr_array_add (arguments, self->services[i]);
  g_ptr_array_add (arguments, NULL);
  result = docker_project_run (self->project, self->invocation, (const char * const *) arguments->pdata, cancellable, error);
  if (result == NULL || !read_engine (self, docker_project_get_folder (self->project), cancellable, error))
    return NULL;

  return describe_run (self, result, g_steal_pointer (&noted));
}

/* Only tags that the project uses, and images that were it once: nothing else can be renamed by this. */
static gboolean
check_tag (Compose *self, const char *tag, GError **error)
{
  JsonObject *services = vig_json_get_object (self->plan.config, "services");
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (services != NULL)
    json_object_iter_init_ordered (&iter, services);
  while (services != NULL && json_object_iter_next_ordered (&iter, &name, &node))
    if (g_strcmp0 (vig_json_get_string (vig_json_get_object (services, name), "image", NULL), tag) == 0)
      return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "images: no service of the project is made of \"%s\"", tag);

  return FALSE;
}

/* FALSE without an error: it is not there. */
static gboolean
has_image (Compose *self, const char *id, GCancellable *cancellable, GError **error)
{
  const char *path[] = { "images", id, "json", NULL };
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonNode) node = docker_engine_get (self->engine, path, NULL, cancellable, &local_error);

  if (node == NULL && !vig_error_is_not_found (local_error))
    g_propagate_error (error, g_steal_pointer (&local_error));

  return node != NULL;
}

/* The digest that was noted for the tag, of the tag's own repository: nothing else is fetched by this. */
static const char *
get_digest (JsonObject *row, const char *repository)
{
  const char *digest = vig_json_get_string (row, "digest", NULL);
  g_autofree char *start = g_strconcat (repository, "@", NULL);

  return digest != NULL && g_str_has_prefix (digest, start) ? digest : NULL;
}

/* An image that was removed since is fetched anew by its digest, which is for this content alone. */
static gboolean
fetch (Compose *self, JsonObject *row, const char *repository, GCancellable *cancellable, GError **error)
{
  const char *id = vig_json_get_string (row, "image_id", "");
  const char *digest = get_digest (row, repository);
  g_autoptr (GError) local_error = NULL;

  if (digest == NULL)
    g_set_error (&local_error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "the image %s is not here any more, and no digest of %s was noted to fetch it by", id, repository);
  else if (docker_engine_pull (self->engine, digest, cancellable, &local_error) && !has_image (self, id, cancellable, &local_error) && local_error == NULL)
    g_set_error (&local_error, VIG_ERROR, VIG_ERROR_REMOTE, "%s is not the image %s", digest, id);
  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
ensure_image (Compose *self, JsonObject *row, const char *repository, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (has_image (self, vig_json_get_string (row, "image_id", ""), cancellable, &local_error))
    return TRUE;
  if (local_error == NULL)
    return fetch (self, row, repository, cancellable, error);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
put_back (Compose *self, JsonObject *row, GCancellable *cancellable, GError **error)
{
  const char *tag = vig_json_get_string (row, "image", "");
  const char *id = vig_json_get_string (row, "image_id", "");
  const char *path[] = { "images", id, "tag", NULL };
  g_autofree char *repository = NULL;
  g_autofree char *version = NULL;
  g_autofree char *query = NULL;
  gboolean changed;

  if (!check_tag (self, tag, error))
    return FALSE;
  if (!docker_split_image (tag, &repository, &version))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "images: %s names a digest: it can't have become another image", tag);
      return FALSE;
    }
  query = soup_form_encode ("repo", repository, "tag", version, NULL);
  if (ensure_image (self, row, repository, cancellable, error) && docker_engine_post (self->engine, path, query, &changed, cancellable, error))
    return TRUE;

  g_prefix_error (error, "%s can't be put back: ", tag);

  return FALSE;
}

static JsonNode *
restore (Compose *self, GCancellable *cancellable, GError **error)
{
  static const char * const up[] = { "up", "-d", NULL };
  JsonArray *images = vig_json_get_array (vig_invocation_get_arguments (self->invocation), "images");
  g_autoptr (JsonArray) before = NULL;

  if (docker_length (images) == 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "images: \"restore\" needs what an earlier result has as images_before");
      return NULL;
    }
  before = note_images (self, cancellable, error);
  for (guint i = 0; i < docker_length (images) && before != NULL; i++)
    if (!put_back (self, docker_object_at (images, i), cancellable, error))
      return NULL;

  return run_action (self, up, g_steal_pointer (&before), cancellable, error);
}

JsonNode *
docker_compose (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  static const char * const up[] = { "up", "-d", NULL };
  static const char * const down[] = { "down", NULL };
  static const char * const pull[] = { "pull", NULL };
  const char *action = get_action (invocation);
  g_autoptr (Compose) self = open_compose (invocation, cancellable, error);

  if (self == NULL)
    return NULL;
  if (g_str_equal (action, "restore"))
    return restore (self, cancellable, error);
  if (g_str_equal (action, "down") && self->services[0] != NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "services: \"down\" is for the whole project; docker.stop stops one container");
      return NULL;
    }

  return run_action (self, g_str_equal (action, "up") ? up : g_str_equal (action, "down") ? down : pull, note_images (self, cancellable, error), cancellable, error);
}

JsonNode *
docker_compose_config (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (Compose) self = open_compose (invocation, cancellable, error);
  g_autoptr (JsonObject) masked = NULL;
  g_autofree char *warnings = NULL;
  g_autofree char *text = NULL;

  if (self == NULL)
    return NULL;

  masked = docker_plan_mask (self->plan.config);
  text = vig_json_object_to_string (masked);
  warnings = docker_plan_warn (self->plan.config, docker_project_get_folder (self->project));

  return vig_json_pack ("{s:s, s:s, s:s, s:A, s:s?, s:o?}",
                        "server", docker_engine_get_server (self->engine)->name,
                        "project_dir", docker_project_get_folder (self->project),
                        "program", docker_project_get_program (self->project),
                        "services", docker_plan_services (self->plan.config),
                        "warnings", *warnings != '\0' ? warnings : NULL,
                        "config", strlen (text) + REST < vig_invocation_get_output_limit (invocation) / 2 ? vig_json_pack ("J", masked) : NULL);
}

JsonNode *
docker_compose_ps (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (Compose) self = open_compose (invocation, cancellable, error);
  g_autoptr (JsonArray) plan = NULL;

  if (self == NULL || !read_hashes (self, cancellable, error) || !read_engine (self, docker_project_get_folder (self->project), cancellable, error))
    return NULL;

  plan = docker_plan_up (&self->plan, only (self));

  return vig_json_pack ("{s:s, s:s, s:A, s:A}",
                        "server", docker_engine_get_server (self->engine)->name,
                        "project_dir", docker_project_get_folder (self->project),
                        "containers", describe_containers (self),
                        "services", g_steal_pointer (&plan)); /* "would": what "up" would do */
}
