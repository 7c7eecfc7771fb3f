/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-operation.h"

#include <string.h>

static const char *const ROLES[] = { "viewer", "approver", "administrator", "owner" };

gboolean
vig_role_from_string (const char *text, VigRole *role)
{
  for (guint i = 0; i < G_N_ELEMENTS (ROLES); i++)
    if (g_strcmp0 (text, ROLES[i]) == 0)
      {
        *role = (VigRole) i;
        return TRUE;
      }

  return FALSE;
}

const char *
vig_role_to_string (VigRole role)
{
  return ROLES[role];
}

/* RFC 6901: ~ and / of a member name. */
static char *
escape_pointer (const char *name)
{
  GString *text = g_string_new (name);

  g_string_replace (text, "~", "~0", 0);
  g_string_replace (text, "/", "~1", 0);

  return g_string_free (text, FALSE);
}

static JsonObject *
follow (JsonNode *document, const char *reference)
{
  g_auto (GStrv) names = NULL;
  JsonObject *object = json_node_get_object (document);

  if (!g_str_has_prefix (reference, "#/"))
    return NULL;

  names = g_strsplit (reference + 2, "/", -1);
  for (guint i = 0; names[i] != NULL && object != NULL; i++)
    object = vig_json_get_object (object, names[i]);

  return object;
}

static void
free_parameter (gpointer data)
{
  VigParameter *parameter = data;

  g_free (parameter->name);
  g_free (parameter->type);
  g_clear_pointer (&parameter->schema, vig_schema_unref);
  g_free (parameter);
}

static gboolean
add_parameter (VigOperation *self, JsonNode *document, JsonObject *description, const char *pointer, GError **error)
{
  const char *reference = vig_json_get_string (description, "$ref", NULL);
  g_autofree char *schema_pointer = NULL;
  VigParameter *parameter;

  if (reference != NULL)
    description = follow (document, reference);
  if (description == NULL || vig_json_get_object (description, "schema") == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "operation %s: a parameter has no schema", self->id);
      return FALSE;
    }

  schema_pointer = g_strconcat (reference != NULL ? reference + 1 : pointer, "/schema", NULL);
  parameter = g_new0 (VigParameter, 1);
  g_ptr_array_add (self->parameters, parameter);
  parameter->name = g_strdup (vig_json_get_string (description, "name", ""));
  parameter->in_path = g_strcmp0 (vig_json_get_string (description, "in", NULL), "path") == 0;
  parameter->required = vig_json_get_boolean (description, "required", FALSE);
  parameter->type = g_strdup (vig_json_get_string (vig_json_get_object (description, "schema"), "type", "string"));
  parameter->schema = vig_schema_new (document, schema_pointer, error);

  return parameter->schema != NULL;
}

static gboolean
add_parameters (VigOperation *self, JsonNode *document, JsonObject *description, const char *pointer, GError **error)
{
  JsonArray *list = vig_json_get_array (description, "parameters");

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      g_autofree char *item = g_strdup_printf ("%s/parameters/%u", pointer, i);

      if (!add_parameter (self, document, json_array_get_object_element (list, i), item, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
add_body (VigOperation *self, JsonNode *document, JsonObject *description, const char *pointer, GError **error)
{
  JsonObject *body = vig_json_get_object (description, "requestBody");
  g_autofree char *schema = NULL;

  self->body_limit = (gsize) vig_json_get_int (description, "x-body-limit", VIG_BODY_LIMIT);
  if (body == NULL)
    return TRUE;
  if (json_object_has_member (vig_json_get_object (body, "content"), "application/octet-stream"))
    {
      self->body_is_raw = TRUE;
      return TRUE;
    }

  self->body_required = vig_json_get_boolean (body, "required", FALSE);
  schema = g_strconcat (pointer, "/requestBody/content/application~1json/schema", NULL);
  self->body = vig_schema_new (document, schema, error);

  return self->body != NULL;
}

static gboolean
read_access (VigOperation *self, JsonObject *description, GError **error)
{
  JsonArray *security = vig_json_get_array (description, "security");
  const char *role = vig_json_get_string (description, "x-role", "viewer");

  self->open = security != NULL && json_array_get_length (security) == 0;
  self->for_people = security != NULL && !self->open;
  for (guint i = 0; self->for_people && i < json_array_get_length (security); i++)
    if (json_object_has_member (json_array_get_object_element (security, i), "token"))
      self->for_people = FALSE;
  if (vig_role_from_string (role, &self->role))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "operation %s: x-role \"%s\" is unknown", self->id, role);

  return FALSE;
}

static guint
read_status (JsonObject *description)
{
  g_autoptr (GList) codes = NULL;
  JsonObject *responses = vig_json_get_object (description, "responses");

  codes = responses != NULL ? json_object_get_members (responses) : NULL;
  for (GList *item = codes; item != NULL; item = item->next)
    if (*(const char *) item->data == '2' || *(const char *) item->data == '1')
      return (guint) g_ascii_strtoull (item->data, NULL, 10);

  return 200;
}

void
vig_operation_free (VigOperation *self)
{
  g_free (self->id);
  g_free (self->method);
  g_free (self->path);
  g_free (self->group);
  g_strfreev (self->segments);
  g_ptr_array_unref (self->parameters);
  g_clear_pointer (&self->body, vig_schema_unref);
  g_clear_pointer (&self->acts, json_object_unref);
  g_free (self);
}

VigOperation *
vig_operation_new (JsonNode *document, const char *path, const char *method, JsonObject *description, GError **error)
{
  g_autoptr (VigOperation) self = g_new0 (VigOperation, 1);
  g_autofree char *escaped = escape_pointer (path);
  g_autofree char *pointer = g_strdup_printf ("/paths/%s/%s", escaped, method);
  JsonArray *tags = vig_json_get_array (description, "tags");

  self->id = g_strdup (vig_json_get_string (description, "operationId", ""));
  self->method = g_ascii_strup (method, -1);
  self->path = g_strdup (path);
  self->group = g_strdup (tags != NULL && json_array_get_length (tags) > 0 ? json_array_get_string_element (tags, 0) : "");
  self->segments = g_strsplit (path + 1, "/", -1);
  self->status = read_status (description);
  if (vig_json_get_object (description, "x-acts") != NULL)
    self->acts = json_object_ref (vig_json_get_object (description, "x-acts"));
  self->parameters = g_ptr_array_new_with_free_func (free_parameter);
  if (!add_parameters (self, document, description, pointer, error) || !add_body (self, document, description, pointer, error)
      || !read_access (self, description, error))
    {
      g_prefix_error (error, "%s %s: ", self->method, path);
      return NULL;
    }

  return g_steal_pointer (&self);
}

gpointer
vig_operation_get_binding (const VigOperation *self)
{
  return self->binding;
}

const char *
vig_operation_get_id (const VigOperation *self)
{
  return self->id;
}

gboolean
vig_operation_is_open (const VigOperation *self)
{
  return self->open;
}

gboolean
vig_operation_is_for_people (const VigOperation *self)
{
  return self->for_people;
}

const char *
vig_operation_get_group (const VigOperation *self)
{
  return self->group;
}

VigRole
vig_operation_get_role (const VigOperation *self)
{
  return self->role;
}

guint
vig_operation_get_status (const VigOperation *self)
{
  return self->status;
}

JsonObject *
vig_operation_get_acts (const VigOperation *self)
{
  return self->acts;
}

gsize
vig_operation_get_body_limit (const VigOperation *self)
{
  return self->body_limit;
}

gboolean
vig_operation_takes_body (const VigOperation *self)
{
  return self->body != NULL;
}

const char *
vig_operation_get_path_name (const VigOperation *self, guint index)
{
  for (guint i = 0; self->segments[i] != NULL; i++)
    if (self->segments[i][0] == '{' && index-- == 0)
      return self->segments[i];

  return NULL;
}
