/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "http.h"

#include <string.h>

#define MAX_DEPTH 32

void
http_request_free (HttpRequest *request)
{
  g_free (request->method);
  g_free (request->uri);
  g_free (request->place);
  g_strfreev (request->headers);
  g_free (request->content_type);
  g_clear_pointer (&request->body, g_bytes_unref);
  g_free (request);
}

/* An argument is one segment, or a part of it: it does not lead up. */
static gboolean
check_segments (const char *template, const char *path, GError **error)
{
  g_auto (GStrv) before = g_strsplit (template, "/", -1);
  g_auto (GStrv) after = g_strsplit (path, "/", -1);

  for (guint i = 0; before[i] != NULL && after[i] != NULL; i++)
    if (!g_str_equal (before[i], after[i]) && (g_str_equal (after[i], ".") || g_str_equal (after[i], "..") || *after[i] == '\0'))
      {
        g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "what stands for %s in the path must not be empty, . or ..", before[i]);
        return FALSE;
      }

  return TRUE;
}

/* "name={list}" is repeated for each of the list. */
static gboolean
append_list (GString *out, const char *pair, JsonObject *arguments)
{
  const char *equals = strchr (pair, '=');
  g_autofree char *name = equals != NULL ? http_template_dup_name (equals + 1) : NULL;
  JsonArray *array = name != NULL ? vig_json_get_array (arguments, name) : NULL;

  if (array == NULL)
    return FALSE;

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      g_autofree char *text = http_value_dup_text (json_array_get_element (array, i));

      g_string_append_printf (out, "%s%.*s", out->len > 0 ? "&" : "", (int) (equals + 1 - pair), pair);
      g_string_append_uri_escaped (out, text != NULL ? text : "", NULL, FALSE);
    }

  return TRUE;
}

/* A query or a form: pairs whose argument is not given are left out. */
static char *
fill_pairs (const char *template, JsonObject *arguments, GError **error)
{
  g_auto (GStrv) pairs = g_strsplit (template, "&", -1);
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      gboolean missing = FALSE;
      g_autofree char *pair = NULL;

      if (append_list (out, pairs[i], arguments))
        continue;
      pair = http_template_fill (pairs[i], arguments, http_encode_for_uri, &missing, error);
      if (pair == NULL)
        return NULL;
      if (!missing && *pair != '\0')
        g_string_append_printf (out, "%s%s", out->len > 0 ? "&" : "", pair);
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
fill_uri (HttpRequest *self, JsonObject *definition, JsonObject *arguments, GError **error)
{
  const char *url = vig_json_get_string (definition, "url", "");
  const char *mark = strchr (url, '?');
  g_autofree char *template = mark != NULL ? g_strndup (url, mark - url) : g_strdup (url);
  gboolean missing = FALSE;
  g_autofree char *path = http_template_fill (template, arguments, http_encode_for_uri, &missing, error);
  g_autofree char *query = path != NULL && mark != NULL ? fill_pairs (mark + 1, arguments, error) : NULL;

  if (path == NULL || (mark != NULL && query == NULL) || !check_segments (template, path, error))
    return FALSE;
  if (missing)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "an argument of the path is missing");
      return FALSE;
    }

  self->place = g_strdup (strstr (path, "://") + 3);
  self->uri = query != NULL && *query != '\0' ? g_strdup_printf ("%s?%s", path, query) : g_strdup (path);

  return TRUE;
}

static gboolean
fill_headers (HttpRequest *self, JsonObject *definition, JsonObject *arguments, GError **error)
{
  JsonArray *headers = vig_json_get_array (definition, "headers");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; headers != NULL && i < json_array_get_length (headers); i++)
    {
      JsonObject *header = json_array_get_object_element (headers, i);
      const char *name = vig_json_get_string (header, "name", "");
      gboolean missing = FALSE;
      g_autofree char *value = http_template_fill (vig_json_get_string (header, "value", ""), arguments, http_encode_for_header, &missing, error);

      if (value == NULL)
        return FALSE;
      if (missing)
        continue;
      if (g_ascii_strcasecmp (name, "content-type") == 0)
        self->content_type = g_strdup (value);
      else
        g_strv_builder_add_many (builder, name, value, NULL);
    }

  self->headers = g_strv_builder_end (builder);

  return TRUE;
}

static JsonNode *fill_node (JsonNode *node, JsonObject *arguments, guint depth, GError **error);

static JsonNode *
fill_object (JsonObject *object, JsonObject *arguments, guint depth, GError **error)
{
  g_autoptr (JsonObject) filled = json_object_new ();
  g_autoptr (GList) names = json_object_get_members (object);
  JsonNode *node;

  for (GList *l = names; l != NULL; l = l->next)
    {
      g_autoptr (GError) local_error = NULL;
      JsonNode *value = fill_node (json_object_get_member (object, l->data), arguments, depth + 1, &local_error);

      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      if (value != NULL)
        json_object_set_member (filled, l->data, value);
    }

  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, g_steal_pointer (&filled));

  return node;
}

static JsonNode *
fill_array (JsonArray *array, JsonObject *arguments, guint depth, GError **error)
{
  g_autoptr (JsonArray) filled = json_array_new ();
  JsonNode *node;

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      g_autoptr (GError) local_error = NULL;
      JsonNode *value = fill_node (json_array_get_element (array, i), arguments, depth + 1, &local_error);

      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      if (value != NULL)
        json_array_add_element (filled, value);
    }

  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, g_steal_pointer (&filled));

  return node;
}

/* "{name}" becomes the argument as it is, a number or a list too; within other text it becomes text. */
static JsonNode *
fill_string (const char *text, JsonObject *arguments, GError **error)
{
  g_autofree char *name = http_template_dup_name (text);
  gboolean missing = FALSE;
  g_autofree char *filled = NULL;

  if (name != NULL)
    return json_object_has_member (arguments, name) ? json_node_copy (json_object_get_member (arguments, name)) : NULL;

  filled = http_template_fill (text, arguments, http_encode_plain, &missing, error);

  return filled != NULL ? vig_json_pack ("s", filled) : NULL;
}

/* NULL without error: its argument is not given, so it is left out. */
static JsonNode *
fill_node (JsonNode *node, JsonObject *arguments, guint depth, GError **error)
{
  if (depth > MAX_DEPTH)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the body nests deeper than %d", MAX_DEPTH);
      return NULL;
    }
  if (JSON_NODE_HOLDS_OBJECT (node))
    return fill_object (json_node_get_object (node), arguments, depth, error);
  if (JSON_NODE_HOLDS_ARRAY (node))
    return fill_array (json_node_get_array (node), arguments, depth, error);
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return fill_string (json_node_get_string (node), arguments, error);

  return json_node_copy (node);
}

static char *
fill_json (const char *template, JsonObject *arguments, GError **error)
{
  g_autoptr (JsonNode) node = vig_json_parse (template, -1, 0, error);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonNode) filled = node != NULL ? fill_node (node, arguments, 0, &local_error) : NULL;

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (filled == NULL && node != NULL)
    return g_strdup ("null");

  return filled != NULL ? vig_json_to_string (filled) : NULL;
}

static gboolean
fill_body (HttpRequest *self, JsonObject *definition, JsonObject *arguments, GError **error)
{
  const char *type = vig_json_get_string (definition, "body_type", "none");
  const char *template = vig_json_get_string (definition, "body", "");
  const char *content_type = "text/plain; charset=utf-8";
  gboolean missing;
  char *text = NULL;

  if (g_str_equal (type, "none"))
    return TRUE;
  if (g_str_equal (type, "json"))
    {
      content_type = "application/json";
      text = fill_json (template, arguments, error);
    }
  else if (g_str_equal (type, "form"))
    {
      content_type = "application/x-www-form-urlencoded";
      text = fill_pairs (template, arguments, error);
    }
  else
    text = http_template_fill (template, arguments, http_encode_plain, &missing, error);

  if (text == NULL)
    return FALSE;

  if (self->content_type == NULL)
    self->content_type = g_strdup (content_type);
  self->body = g_bytes_new_take (text, strlen (text));

  return TRUE;
}

HttpRequest *
http_request_new (JsonObject *definition, JsonObject *arguments, GError **error)
{
  g_autoptr (HttpRequest) self = g_new0 (HttpRequest, 1);

  self->method = g_strdup (vig_json_get_string (definition, "method", "GET"));
  if (!fill_uri (self, definition, arguments, error) || !fill_headers (self, definition, arguments, error)
      || !fill_body (self, definition, arguments, error))
    return NULL;

  return g_steal_pointer (&self);
}

static void
add_header (HttpRequest *self, const char *name, const char *value)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_addv (builder, (const char **) self->headers);
  g_strv_builder_add_many (builder, name, value, NULL);
  g_strfreev (self->headers);
  self->headers = g_strv_builder_end (builder);
}

gboolean
http_request_sign (HttpRequest *self, JsonObject *definition, const char *secret, GError **error)
{
  const char *auth = vig_json_get_string (definition, "auth", "none");
  const char *name = vig_json_get_string (definition, "auth_name", "");
  g_autofree char *valid = NULL;

  if (g_str_equal (auth, "none"))
    return TRUE;

  valid = secret != NULL ? http_encode_for_header (secret, NULL) : NULL;
  if (valid == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE,
                           secret == NULL ? "there is no credential to sign in with: choose one in the HTTP tool" : "the credential has line breaks in it: enter it again");
      return FALSE;
    }

  if (g_str_equal (auth, "bearer"))
    {
      g_autofree char *value = g_strconcat ("Bearer ", secret, NULL);

      add_header (self, "Authorization", value);
    }
  else if (g_str_equal (auth, "basic"))
    {
      g_autofree char *pair = g_strdup_printf ("%s:%s", vig_json_get_string (definition, "auth_user", ""), secret);
      g_autofree char *base64 = g_base64_encode ((const guchar *) pair, strlen (pair));
      g_autofree char *value = g_strconcat ("Basic ", base64, NULL);

      add_header (self, "Authorization", value);
    }
  else if (g_str_equal (auth, "header"))
    add_header (self, name, secret);
  else
    {
      g_autofree char *escaped_name = g_uri_escape_string (name, NULL, FALSE);
      g_autofree char *escaped = g_uri_escape_string (secret, NULL, FALSE);
      g_autofree char *old = g_steal_pointer (&self->uri);

      self->uri = g_strdup_printf ("%s%c%s=%s", old, strchr (old, '?') != NULL ? '&' : '?', escaped_name, escaped);
    }

  return TRUE;
}

char *
http_request_show (HttpRequest *self, JsonObject *definition)
{
  const char *auth = vig_json_get_string (definition, "auth", "none");
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%s %s", self->method, self->uri);
  for (guint i = 0; self->headers[i] != NULL; i += 2)
    g_string_append_printf (text, "\n%s: %s", self->headers[i], self->headers[i + 1]);
  if (!g_str_equal (auth, "none"))
    g_string_append_printf (text, "\n(signs in with its credential: %s)", auth);
  if (self->body != NULL)
    {
      g_string_append_printf (text, "\nContent-Type: %s\n\n", self->content_type);
      g_string_append_len (text, g_bytes_get_data (self->body, NULL), (gssize) g_bytes_get_size (self->body));
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}
