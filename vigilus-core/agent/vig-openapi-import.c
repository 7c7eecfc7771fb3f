/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-openapi-import.h"

#include <string.h>

#define MAX_NAME        59   /* bytes of a tool's name without "http." */
#define MAX_TITLE       100  /* characters */
#define MAX_DESCRIPTION 2000 /* characters */
#define MAX_PARAMETERS  50
#define MAX_WORD        64   /* bytes of a parameter's name */

static const char *const methods[] = { "get", "head", "post", "put", "patch", "delete", NULL };

/* One operation on its way to a tool. */
typedef struct
{
  JsonObject *document;
  JsonObject *operation;
  const char *base_url;
  gboolean    is_given;   /* by a person */
  const char *prefix;
  const char *path;
  const char *method;
  gboolean    is_swagger;

  JsonArray  *parameters; /* of the tool */
  JsonArray  *headers;
  GHashTable *names;      /* of parameters that are taken */
  GString    *url;
  GString    *query;
  GString    *form;
  JsonObject *body;
  JsonNode   *whole_body; /* where it is no object of known members */
  const char *body_type;
  char       *problem;
} Maker;

static void
set_problem (Maker *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
set_problem (Maker *self, const char *format, ...)
{
  va_list arguments;

  if (self->problem != NULL)
    return;

  va_start (arguments, format);
  self->problem = g_strdup_vprintf (format, arguments);
  va_end (arguments);
}

static char *
shorten (const char *text, glong limit)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));

  return g_utf8_strlen (stripped, -1) > limit ? g_utf8_substring (stripped, 0, limit) : g_steal_pointer (&stripped);
}

/* "getPetById" and "GET /pets/{id}" to get_pet_by_id and get_pets_id. */
static char *
make_word (const char *text, gsize limit)
{
  g_autoptr (GString) word = g_string_new (NULL);
  gboolean was_small = FALSE;

  for (const char *c = text; *c != '\0'; c++)
    {
      gboolean breaks = !g_ascii_isalnum (*c) || (g_ascii_isupper (*c) && was_small);

      if (breaks && word->len > 0 && word->str[word->len - 1] != '_')
        g_string_append_c (word, '_');
      if (g_ascii_isalnum (*c))
        g_string_append_c (word, g_ascii_tolower (*c));
      was_small = g_ascii_islower (*c) || g_ascii_isdigit (*c);
    }
  if (word->len > limit)
    g_string_truncate (word, limit);
  while (word->len > 0 && word->str[word->len - 1] == '_')
    g_string_truncate (word, word->len - 1);

  return g_string_free (g_steal_pointer (&word), FALSE);
}

/* What the document calls it, as a placeholder can be called; (transfer full) */
static char *
take_name (Maker *self, const char *given)
{
  g_autofree char *name = g_strcanon (g_strndup (given, MAX_WORD - 4), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", '_');
  g_autofree char *free_name = g_strdup_printf ("%s%s", g_ascii_isdigit (*name) || *name == '\0' ? "_" : "", name);
  g_autofree char *base = g_strdup (free_name);

  for (guint i = 2; g_hash_table_contains (self->names, free_name); i++)
    {
      g_free (free_name);
      free_name = g_strdup_printf ("%s_%u", base, i);
    }
  g_hash_table_add (self->names, g_strdup (free_name));

  return g_steal_pointer (&free_name);
}

/* Adds a parameter of the tool; its name (transfer full), or NULL where there are too many. */
static char *
add_parameter (Maker *self, const char *given, JsonObject *schema, const char *description, gboolean required)
{
  static const char *const types[] = { "string", "integer", "number", "boolean", "array", "object", NULL };
  g_autofree char *name = NULL;
  g_autofree char *words = shorten (description != NULL ? description : vig_json_get_string (schema, "description", ""), 1000);
  const char *type = vig_json_get_string (schema, "type", "string");
  JsonObject *parameter;

  if (json_array_get_length (self->parameters) >= MAX_PARAMETERS)
    {
      set_problem (self, "it has more than %d parameters", MAX_PARAMETERS);
      return NULL;
    }

  name = take_name (self, given);
  parameter = vig_json_pack_object ("{s:s, s:s, s:s, s:b}", "name", name, "type", g_strv_contains (types, type) ? type : "string", "description", words,
                                    "required", required);
  if (json_object_get_size (schema) > 0)
    {
      json_object_remove_member (schema, "description");
      json_object_set_object_member (parameter, "schema", json_object_ref (schema));
    }
  json_array_add_object_element (self->parameters, parameter);

  return g_steal_pointer (&name);
}

static JsonObject *
dup_schema (Maker *self, JsonObject *parameter)
{
  JsonObject *schema = vig_json_get_object (parameter, "schema");
  JsonObject *content = vig_json_get_object (parameter, "content");
  g_autoptr (GList) types = content != NULL ? json_object_get_members (content) : NULL;

  if (schema == NULL && types != NULL)
    schema = vig_json_get_object (vig_json_get_object (content, types->data), "schema");

  /* Swagger 2 has the schema's members in the parameter itself. */
  return vig_openapi_schema (self->document, schema != NULL ? schema : parameter);
}

static void
fill_path (Maker *self, const char *given, const char *name)
{
  g_autofree char *old = g_strdup_printf ("{%s}", given);
  g_autofree char *new = g_strdup_printf ("{%s}", name);

  g_string_replace (self->url, old, new, 0);
}

static void
add_pair (GString *pairs, const char *given, const char *name)
{
  g_string_append_printf (pairs, "%s", pairs->len > 0 ? "&" : "");
  g_string_append_uri_escaped (pairs, given, NULL, FALSE);
  g_string_append_printf (pairs, "={%s}", name);
}

static gboolean
is_own_header (const char *name)
{
  static const char *const own[] = { "accept", "content-type", "authorization", "host", "content-length", NULL };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return g_strv_contains (own, lower);
}

static void take_body_schema (Maker *self, JsonObject *schema, gboolean required);

static void
take_parameter (Maker *self, JsonObject *parameter)
{
  const char *given = vig_json_get_string (parameter, "name", "");
  const char *in = vig_json_get_string (parameter, "in", "");
  gboolean required = vig_json_get_boolean (parameter, "required", FALSE) || g_str_equal (in, "path");
  g_autofree char *name = NULL;
  g_autoptr (JsonObject) schema = NULL;

  if (g_str_equal (in, "body"))
    {
      self->body_type = "json";
      take_body_schema (self, vig_json_get_object (parameter, "schema"), required);
      return;
    }
  if (g_str_equal (in, "cookie") || (g_str_equal (in, "header") && is_own_header (given)))
    {
      if (required && g_str_equal (in, "cookie"))
        set_problem (self, "it needs the cookie %s", given);
      return;
    }
  if (*given == '\0' || (!g_str_equal (in, "path") && !g_str_equal (in, "query") && !g_str_equal (in, "header") && !g_str_equal (in, "formData")))
    return;

  schema = dup_schema (self, parameter);
  name = add_parameter (self, given, schema, vig_json_get_string (parameter, "description", NULL), required);
  if (name == NULL)
    return;
  if (g_str_equal (in, "path"))
    fill_path (self, given, name);
  else if (g_str_equal (in, "query"))
    add_pair (self->query, given, name);
  else if (g_str_equal (in, "formData"))
    {
      self->body_type = "form";
      add_pair (self->form, given, name);
    }
  else
    {
      g_autofree char *value = g_strdup_printf ("{%s}", name);

      json_array_add_element (self->headers, vig_json_pack ("{s:s, s:s}", "name", given, "value", value));
    }
}

static void
take_parameters (Maker *self, JsonArray *list)
{
  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      JsonNode *node = json_array_get_element (list, i);
      JsonObject *parameter = JSON_NODE_HOLDS_OBJECT (node) ? vig_openapi_resolve (self->document, json_node_get_object (node)) : NULL;

      if (parameter != NULL)
        take_parameter (self, parameter);
      else
        set_problem (self, "one of its parameters leads outside of the document");
    }
}

/* The operation's own count before the path's of the same name. */
static void
take_all_parameters (Maker *self, JsonObject *item)
{
  JsonArray *own = vig_json_get_array (self->operation, "parameters");
  JsonArray *common = vig_json_get_array (item, "parameters");
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (JsonArray) rest = json_array_new ();

  for (guint i = 0; own != NULL && i < json_array_get_length (own); i++)
    {
      JsonNode *node = json_array_get_element (own, i);
      JsonObject *parameter = JSON_NODE_HOLDS_OBJECT (node) ? vig_openapi_resolve (self->document, json_node_get_object (node)) : NULL;

      g_hash_table_add (seen, g_strdup_printf ("%s %s", vig_json_get_string (parameter, "in", ""), vig_json_get_string (parameter, "name", "")));
    }
  for (guint i = 0; common != NULL && i < json_array_get_length (common); i++)
    {
      JsonNode *node = json_array_get_element (common, i);
      JsonObject *parameter = JSON_NODE_HOLDS_OBJECT (node) ? vig_openapi_resolve (self->document, json_node_get_object (node)) : NULL;
      g_autofree char *key = g_strdup_printf ("%s %s", vig_json_get_string (parameter, "in", ""), vig_json_get_string (parameter, "name", ""));

      if (!g_hash_table_contains (seen, key))
        json_array_add_element (rest, json_node_copy (node));
    }

  take_parameters (self, rest);
  take_parameters (self, own);
}

static gboolean
names_it (JsonArray *names, const char *name)
{
  for (guint i = 0; names != NULL && i < json_array_get_length (names); i++)
    if (g_strcmp0 (json_array_get_string_element (names, i), name) == 0)
      return TRUE;

  return FALSE;
}

static void
take_member (Maker *self, const char *given, JsonObject *schema, gboolean required)
{
  g_autofree char *name = add_parameter (self, given, schema, NULL, required);
  g_autofree char *value = name != NULL ? g_strdup_printf ("{%s}", name) : NULL;

  if (name == NULL)
    return;
  if (g_str_equal (self->body_type, "form"))
    add_pair (self->form, given, name);
  else
    json_object_set_string_member (self->body, given, value);
}

static void
take_body_schema (Maker *self, JsonObject *given, gboolean required)
{
  g_autoptr (JsonObject) none = json_object_new ();
  g_autoptr (JsonObject) schema = vig_openapi_schema (self->document, given != NULL ? given : none);
  JsonObject *properties = vig_json_get_object (schema, "properties");
  g_autoptr (GList) names = properties != NULL ? json_object_get_members (properties) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonNode *node = json_object_get_member (properties, l->data);
      JsonObject *member = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : none;

      take_member (self, l->data, member, names_it (vig_json_get_array (schema, "required"), l->data));
    }
  if (names == NULL && g_str_equal (self->body_type, "json"))
    {
      g_autofree char *name = add_parameter (self, "body", schema, "What is sent", required);
      g_autofree char *value = g_strdup_printf ("{%s}", name != NULL ? name : "body");

      self->whole_body = vig_json_pack ("s", value);
    }
}

static void
take_body (Maker *self)
{
  JsonObject *body = vig_openapi_resolve (self->document, vig_json_get_object (self->operation, "requestBody"));
  JsonObject *content = vig_json_get_object (body, "content");
  g_autoptr (GList) types = content != NULL ? json_object_get_members (content) : NULL;
  gboolean required = vig_json_get_boolean (body, "required", FALSE);

  for (GList *l = types; l != NULL; l = l->next)
    {
      const char *type = l->data;
      gboolean is_json = g_str_has_prefix (type, "application/json") || g_str_has_suffix (type, "+json") || g_str_equal (type, "*/*");
      gboolean is_form = g_str_has_prefix (type, "application/x-www-form-urlencoded");

      if (!is_json && !is_form)
        continue;
      self->body_type = is_json ? "json" : "form";
      take_body_schema (self, vig_json_get_object (vig_json_get_object (content, type), "schema"), required);
      return;
    }

  if (types != NULL && required)
    set_problem (self, "its body is %s, which is not sent", (const char *) types->data);
}

static JsonObject *
find_scheme (Maker *self)
{
  JsonArray *list = json_object_has_member (self->operation, "security") ? vig_json_get_array (self->operation, "security")
                                                                          : vig_json_get_array (self->document, "security");
  JsonObject *schemes = self->is_swagger ? vig_json_get_object (self->document, "securityDefinitions")
                                         : vig_json_get_object (vig_json_get_object (self->document, "components"), "securitySchemes");
  JsonNode *node = list != NULL && json_array_get_length (list) > 0 ? json_array_get_element (list, 0) : NULL;
  g_autoptr (GList) names = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_object_get_members (json_node_get_object (node)) : NULL;

  return names != NULL && schemes != NULL ? vig_openapi_resolve (self->document, vig_json_get_object (schemes, names->data)) : NULL;
}

static void
take_security (Maker *self, JsonObject *tool)
{
  JsonObject *scheme = find_scheme (self);
  const char *type = vig_json_get_string (scheme, "type", "");
  const char *in = vig_json_get_string (scheme, "in", "");
  g_autofree char *way = g_ascii_strdown (vig_json_get_string (scheme, "scheme", ""), -1);
  const char *auth = "none";

  if (g_str_equal (type, "basic") || (g_str_equal (type, "http") && g_str_equal (way, "basic")))
    auth = "basic";
  else if (g_str_equal (type, "http") || g_str_equal (type, "oauth2") || g_str_equal (type, "openIdConnect"))
    auth = "bearer";
  else if (g_str_equal (type, "apiKey") && (g_str_equal (in, "header") || g_str_equal (in, "query")))
    {
      const char *name = vig_json_get_string (scheme, "name", "");

      auth = g_str_equal (in, "header") && g_ascii_strcasecmp (name, "authorization") == 0 ? "bearer" : in;
      json_object_set_string_member (tool, "auth_name", name);
    }
  else if (g_str_equal (type, "apiKey"))
    set_problem (self, "it signs in with a cookie");

  json_object_set_string_member (tool, "auth", auth);
}

static char *
dup_name (Maker *self)
{
  g_autofree char *both = g_strdup_printf ("%s %s", self->method, self->path);
  const char *id = vig_json_get_string (self->operation, "operationId", NULL);
  gsize length = self->prefix != NULL ? strlen (self->prefix) + 1 : 0;
  g_autofree char *word = make_word (id != NULL && *id != '\0' ? id : both, MAX_NAME - length);
  const char *rest = *word != '\0' ? word : "operation";

  return self->prefix != NULL ? g_strdup_printf ("%s.%s", self->prefix, rest) : g_strdup (rest);
}

static char *
dup_description (Maker *self)
{
  const char *summary = vig_json_get_string (self->operation, "summary", "");
  const char *description = vig_json_get_string (self->operation, "description", "");
  const char *end = *summary == '\0' || g_str_has_suffix (summary, ".") || *description == '\0' ? "" : ".";
  g_autofree char *text = g_strdup_printf ("%s%s%s %s", vig_json_get_boolean (self->operation, "deprecated", FALSE) ? "Deprecated. " : "", summary, end, description);
  g_autofree char *method = g_ascii_strup (self->method, -1);

  g_strstrip (text);

  return *text != '\0' ? shorten (text, MAX_DESCRIPTION) : g_strdup_printf ("%s %s", method, self->path);
}

static void
set_body (Maker *self, JsonObject *tool)
{
  g_autofree char *json = self->whole_body != NULL ? vig_json_to_string (self->whole_body) : vig_json_object_to_string (self->body);
  gboolean has_none = g_str_equal (self->method, "get") || g_str_equal (self->method, "head");

  if (has_none && !g_str_equal (self->body_type, "none"))
    set_problem (self, "it is a GET with a body");
  json_object_set_string_member (tool, "body_type", self->body_type);
  if (!g_str_equal (self->body_type, "none"))
    json_object_set_string_member (tool, "body", g_str_equal (self->body_type, "form") ? self->form->str : json);
}

static JsonObject *
build (Maker *self, JsonObject *item)
{
  g_autofree char *name = dup_name (self);
  g_autofree char *title = shorten (vig_json_get_string (self->operation, "summary", ""), MAX_TITLE);
  g_autofree char *description = dup_description (self);
  g_autofree char *method = g_ascii_strup (self->method, -1);
  g_autofree char *operation = g_strdup_printf ("%s %s", method, self->path);
  gboolean reads = g_str_equal (method, "GET") || g_str_equal (method, "HEAD");
  JsonObject *tool;

  take_all_parameters (self, item);
  if (!self->is_swagger)
    take_body (self);
  if (self->query->len > 0)
    g_string_append_printf (self->url, "%c%s", strchr (self->url->str, '?') != NULL ? '&' : '?', self->query->str);
  tool = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", name, "title", title, "description", description, "level", reads ? "read" : "write",
                               "method", method, "url", self->url->str, "operation", operation);
  json_object_set_array_member (tool, "headers", json_array_ref (self->headers));
  json_object_set_array_member (tool, "parameters", json_array_ref (self->parameters));
  set_body (self, tool);
  take_security (self, tool);
  if (self->problem != NULL)
    json_object_set_string_member (tool, "problem", self->problem);
  else
    json_object_set_null_member (tool, "problem");

  return tool;
}

/* A path or an operation may have servers of its own; what a person has entered counts for all. */
static char *
dup_base (const Maker *common, JsonObject *item, JsonObject *operation)
{
  JsonObject *owner = vig_json_get_array (operation, "servers") != NULL ? operation : vig_json_get_array (item, "servers") != NULL ? item : NULL;
  g_autofree char *server = owner != NULL && !common->is_given ? vig_openapi_dup_server (owner) : NULL;
  char *base = server != NULL && (g_str_has_prefix (server, "http://") || g_str_has_prefix (server, "https://")) ? g_strdup (server) : g_strdup (common->base_url);

  while (g_str_has_suffix (base, "/"))
    base[strlen (base) - 1] = '\0';

  return base;
}

static JsonObject *
make_tool (const Maker *common, const char *path, const char *method, JsonObject *item, JsonObject *operation)
{
  Maker self = *common;
  g_autofree char *base = dup_base (common, item, operation);
  JsonObject *tool;

  self.path = path;
  self.method = method;
  self.operation = operation;
  self.parameters = json_array_new ();
  self.headers = json_array_new ();
  self.names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self.url = g_string_new (base);
  g_string_append (self.url, path);
  self.query = g_string_new (NULL);
  self.form = g_string_new (NULL);
  self.body = json_object_new ();
  self.body_type = "none";
  tool = build (&self, item);
  json_array_unref (self.parameters);
  json_array_unref (self.headers);
  g_hash_table_unref (self.names);
  g_string_free (self.url, TRUE);
  g_string_free (self.query, TRUE);
  g_string_free (self.form, TRUE);
  json_object_unref (self.body);
  g_clear_pointer (&self.whole_body, json_node_unref);
  g_free (self.problem);

  return tool;
}

/* Names are made different: a document may use one twice. */
static void
add_tool (JsonArray *items, GHashTable *names, JsonObject *tool)
{
  g_autofree char *base = g_strndup (vig_json_get_string (tool, "name", ""), MAX_NAME - 4);
  g_autofree char *name = g_strdup (vig_json_get_string (tool, "name", ""));

  for (guint i = 2; g_hash_table_contains (names, name); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s_%u", base, i);
    }
  json_object_set_string_member (tool, "name", name);
  g_hash_table_add (names, g_steal_pointer (&name));
  json_array_add_object_element (items, tool);
}

static guint
collect (const Maker *common, JsonObject *paths, JsonArray *items)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GList) keys = paths != NULL ? json_object_get_members (paths) : NULL;
  guint n_left_out = 0;

  for (GList *l = keys; l != NULL; l = l->next)
    {
      JsonObject *item = *(const char *) l->data == '/' ? vig_openapi_resolve (common->document, vig_json_get_object (paths, l->data)) : NULL;

      for (guint i = 0; item != NULL && methods[i] != NULL; i++)
        {
          JsonObject *operation = vig_json_get_object (item, methods[i]);

          if (operation == NULL)
            continue;
          if (json_array_get_length (items) < VIG_OPENAPI_MAX_OPERATIONS)
            add_tool (items, names, make_tool (common, l->data, methods[i], item, operation));
          else
            n_left_out++;
        }
    }

  return n_left_out;
}

JsonObject *
vig_openapi_import (JsonObject *document, const char *base_url, const char *document_url, const char *prefix, GError **error)
{
  Maker common = { .document = document, .prefix = prefix, .is_given = base_url != NULL };
  JsonObject *info = vig_json_get_object (document, "info");
  g_autofree char *base = NULL;
  g_autoptr (JsonArray) items = json_array_new ();
  guint n_left_out;

  common.is_swagger = g_str_equal (vig_json_get_string (document, "swagger", ""), "2.0");
  if (!common.is_swagger && !g_str_has_prefix (vig_json_get_string (document, "openapi", ""), "3."))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/document: is no OpenAPI document: it says neither \"openapi\": \"3...\" nor \"swagger\": \"2.0\"");
      return NULL;
    }

  base = vig_openapi_dup_base (document, base_url, document_url, common.is_swagger, error);
  if (base == NULL)
    return NULL;

  common.base_url = base;
  n_left_out = collect (&common, vig_json_get_object (document, "paths"), items);

  return vig_json_pack_object ("{s:s, s:s, s:s, s:A, s:i}", "title", vig_json_get_string (info, "title", NULL), "version", vig_json_get_string (info, "version", NULL),
                               "base_url", base, "items", g_steal_pointer (&items), "left_out", (int) n_left_out);
}
