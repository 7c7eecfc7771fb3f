/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "http.h"

#include <string.h>

#define MAX_TEXT 16384 /* characters of a string argument, where its schema does not say */

static const char *const types[] = { "string", "integer", "number", "boolean", "array", "object", NULL };

/* Set by the client itself, or deciding where a message ends and who gets it. */
static const char *const own_headers[] = {
  "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "keep-alive", "proxy-authorization", "proxy-connection", "cookie2",
  NULL,
};

/* What stands in them as it is, is a key: a person of any role may read how a tool is described. */
static const char *const key_headers[] = {
  "api-key", "apikey", "cookie", "private-token", "token", "x-access-token", "x-api-key", "x-api-token", "x-apikey", "x-auth-key", "x-auth-token", "x-emby-token",
  "x-gitlab-token", "x-plex-token", "x-token", "x-vault-token", NULL,
};

gboolean
http_is_token (const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("!#$%&'*+-.^_`|~", *c) == NULL)
      return FALSE;

  return *text != '\0';
}

static gboolean
invalid (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
invalid (GError **error, const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, text);

  return FALSE;
}

static gboolean
is_name (const char *name)
{
  g_autofree char *placeholder = g_strdup_printf ("{%s}", name);
  g_autofree char *read = http_template_dup_name (placeholder);

  return read != NULL;
}

static gboolean
check_parameter (JsonObject *parameter, guint i, GHashTable *known, GError **error)
{
  const char *name = vig_json_get_string (parameter, "name", "");
  const char *type = vig_json_get_string (parameter, "type", "string");

  if (!is_name (name))
    return invalid (error, "/parameters/%u/name: \"%s\" must begin with a letter, and have letters, digits and _ only", i, name);
  if (!g_strv_contains (types, type))
    return invalid (error, "/parameters/%u/type: must be string, integer, number, boolean, array or object", i);
  if (!g_hash_table_add (known, g_strdup (name)))
    return invalid (error, "/parameters/%u/name: there is another %s", i, name);

  return TRUE;
}

static GHashTable *
collect_parameters (JsonObject *definition, GError **error)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  JsonArray *parameters = vig_json_get_array (definition, "parameters");

  for (guint i = 0; parameters != NULL && i < json_array_get_length (parameters); i++)
    if (!check_parameter (json_array_get_object_element (parameters, i), i, known, error))
      return NULL;

  return g_steal_pointer (&known);
}

static gboolean
is_required (JsonObject *definition, const char *name)
{
  JsonArray *parameters = vig_json_get_array (definition, "parameters");

  for (guint i = 0; i < json_array_get_length (parameters); i++)
    {
      JsonObject *parameter = json_array_get_object_element (parameters, i);

      if (g_str_equal (vig_json_get_string (parameter, "name", ""), name))
        return vig_json_get_boolean (parameter, "required", FALSE);
    }

  return FALSE;
}

/* Arguments choose the path and the query, and never the host. */
char *
http_definition_origin (JsonObject *definition)
{
  const char *url = vig_json_get_string (definition, "url", "");
  const char *start = strstr (url, "://");

  return g_strndup (url, start != NULL ? (gsize) (start + 3 - url) + strcspn (start + 3, "/?#") : strlen (url));
}

static gboolean
check_url (JsonObject *definition, GHashTable *known, GHashTable *used, GError **error)
{
  const char *url = vig_json_get_string (definition, "url", "");
  g_autofree char *origin = http_definition_origin (definition);
  const char *rest = url + strlen (origin);
  g_autofree char *path = g_strndup (rest, strcspn (rest, "?"));
  g_autoptr (GHashTable) in_path = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GUri) uri = NULL;
  g_autoptr (GError) local_error = NULL;
  GHashTableIter iter;
  gpointer name;

  if (strpbrk (origin, "{}%@") != NULL)
    return invalid (error, "/url: the host is fixed: no placeholders, user names and encoded letters in it");
  uri = g_uri_parse (origin, G_URI_FLAGS_NONE, &local_error);
  if (uri == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0' || g_uri_get_port (uri) == 0
      || (!g_str_equal (g_uri_get_scheme (uri), "http") && !g_str_equal (g_uri_get_scheme (uri), "https")))
    return invalid (error, "/url: must begin with http:// or https:// and a host");
  for (const char *c = url; *c != '\0'; c++)
    if ((guchar) *c <= ' ' || *c == '\\' || *c == '#' || *c == 0x7F)
      return invalid (error, "/url: no blanks, backslashes and # in it");
  if (!http_template_check (path, known, in_path, &local_error) || !http_template_check (url, known, used, &local_error))
    return invalid (error, "/url: %s", local_error->message);

  g_hash_table_iter_init (&iter, in_path);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!is_required (definition, name))
      return invalid (error, "/parameters: %s stands in the path, so it must be required", (const char *) name);

  return TRUE;
}

static gboolean
check_headers (JsonObject *definition, GHashTable *known, GHashTable *used, GError **error)
{
  JsonArray *headers = vig_json_get_array (definition, "headers");

  for (guint i = 0; headers != NULL && i < json_array_get_length (headers); i++)
    {
      JsonObject *header = json_array_get_object_element (headers, i);
      g_autofree char *name = g_ascii_strdown (vig_json_get_string (header, "name", ""), -1);
      const char *value = vig_json_get_string (header, "value", "");
      g_autofree char *valid = http_encode_for_header (value, NULL);
      g_autoptr (GError) local_error = NULL;

      if (!http_is_token (name))
        return invalid (error, "/headers/%u/name: \"%s\" is no name of a header", i, name);
      if (g_strv_contains (own_headers, name))
        return invalid (error, "/headers/%u/name: %s cannot be set", i, name);
      if (g_str_equal (name, "authorization") || (g_strv_contains (key_headers, name) && *value != '\0' && strchr (value, '{') == NULL))
        return invalid (error, "/headers/%u/name: choose under Sign in how it signs in, so that the secret is sealed", i);
      if (valid == NULL)
        return invalid (error, "/headers/%u/value: no line breaks and control characters", i);
      if (!http_template_check (value, known, used, &local_error))
        return invalid (error, "/headers/%u/value: %s", i, local_error->message);
    }

  return TRUE;
}

static gboolean
check_body (JsonObject *definition, GHashTable *known, GHashTable *used, GError **error)
{
  const char *type = vig_json_get_string (definition, "body_type", "none");
  const char *method = vig_json_get_string (definition, "method", "GET");
  const char *body = vig_json_get_string (definition, "body", "");
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (g_str_equal (type, "none"))
    return TRUE;
  if (g_str_equal (method, "GET") || g_str_equal (method, "HEAD"))
    return invalid (error, "/body_type: %s carries no body", method);
  if (g_str_equal (type, "json"))
    node = vig_json_parse (body, -1, 0, &local_error);
  if (local_error != NULL)
    return invalid (error, "/body: must be JSON, with placeholders in quotes, such as {\"name\": \"{name}\"}: %s", local_error->message);
  if (!http_template_check (body, known, used, &local_error))
    return invalid (error, "/body: %s", local_error->message);

  return TRUE;
}

static gboolean
check_auth (JsonObject *definition, GError **error)
{
  const char *auth = vig_json_get_string (definition, "auth", "none");
  const char *name = vig_json_get_string (definition, "auth_name", "");
  const char *user = vig_json_get_string (definition, "auth_user", "");
  g_autofree char *lower = g_ascii_strdown (name, -1);

  if (g_str_equal (auth, "header") && (!http_is_token (name) || g_strv_contains (own_headers, lower)))
    return invalid (error, "/auth_name: name the header that takes the key, as X-Api-Key");
  if (g_str_equal (auth, "query") && *name == '\0')
    return invalid (error, "/auth_name: name the part of the query that takes the key, as api_key");
  if (g_str_equal (auth, "basic") && (*user == '\0' || strchr (user, ':') != NULL))
    return invalid (error, "/auth_user: enter the user name; it has no colon");

  return TRUE;
}

static gboolean
check_ca (JsonObject *definition, GError **error)
{
  const char *ca = vig_json_get_string (definition, "ca", NULL);
  g_autoptr (GTlsCertificate) certificate = ca != NULL ? g_tls_certificate_new_from_pem (ca, -1, NULL) : NULL;

  return ca == NULL || certificate != NULL || invalid (error, "/ca: is no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
}

gboolean
http_definition_check (JsonObject *definition, GError **error)
{
  g_autoptr (GHashTable) known = collect_parameters (definition, error);
  g_autoptr (GHashTable) used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer name;

  if (known == NULL || !check_url (definition, known, used, error) || !check_headers (definition, known, used, error)
      || !check_body (definition, known, used, error) || !check_auth (definition, error) || !check_ca (definition, error))
    return FALSE;

  g_hash_table_iter_init (&iter, known);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_hash_table_contains (used, name))
      return invalid (error, "/parameters: {%s} stands nowhere in the request", (const char *) name);

  return TRUE;
}

static JsonObject *
build_parameter (JsonObject *parameter)
{
  JsonObject *given = vig_json_get_object (parameter, "schema");
  const char *type = vig_json_get_string (parameter, "type", "string");
  const char *description = vig_json_get_string (parameter, "description", NULL);
  JsonArray *values = vig_json_get_array (parameter, "enum");
  g_autofree char *copy = given != NULL ? vig_json_object_to_string (given) : NULL;
  JsonObject *schema = copy != NULL ? vig_json_parse_object (copy, -1, 0, NULL) : json_object_new ();

  if (given == NULL)
    json_object_set_string_member (schema, "type", type);
  if (values != NULL && json_array_get_length (values) > 0)
    json_object_set_array_member (schema, "enum", json_array_ref (values));
  if (given == NULL && g_str_equal (type, "string") && !json_object_has_member (schema, "enum"))
    json_object_set_int_member (schema, "maxLength", MAX_TEXT);
  if (description != NULL && *description != '\0')
    json_object_set_string_member (schema, "description", description);

  return schema;
}

char *
http_definition_schema (JsonObject *definition)
{
  JsonArray *parameters = vig_json_get_array (definition, "parameters");
  JsonObject *properties = json_object_new ();
  JsonArray *required = json_array_new ();
  g_autoptr (JsonObject) schema = json_object_new ();

  json_object_set_string_member (schema, "type", "object");
  json_object_set_object_member (schema, "properties", properties);
  json_object_set_array_member (schema, "required", required);
  json_object_set_boolean_member (schema, "additionalProperties", FALSE);
  for (guint i = 0; parameters != NULL && i < json_array_get_length (parameters); i++)
    {
      JsonObject *parameter = json_array_get_object_element (parameters, i);
      const char *name = vig_json_get_string (parameter, "name", "");

      json_object_set_object_member (properties, name, build_parameter (parameter));
      if (vig_json_get_boolean (parameter, "required", FALSE))
        json_array_add_string_element (required, name);
    }

  return vig_json_object_to_string (schema);
}
