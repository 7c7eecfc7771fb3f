/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-openapi-import.h"

#include <string.h>

char *
vig_openapi_dup_server (JsonObject *document)
{
  JsonArray *servers = vig_json_get_array (document, "servers");
  JsonNode *first = servers != NULL && json_array_get_length (servers) > 0 ? json_array_get_element (servers, 0) : NULL;
  JsonObject *server = first != NULL && JSON_NODE_HOLDS_OBJECT (first) ? json_node_get_object (first) : NULL;
  JsonObject *variables = vig_json_get_object (server, "variables");
  g_autoptr (GList) names = variables != NULL ? json_object_get_members (variables) : NULL;
  g_autoptr (GString) url = g_string_new (vig_json_get_string (server, "url", "/"));

  for (GList *l = names; l != NULL; l = l->next)
    {
      g_autofree char *placeholder = g_strdup_printf ("{%s}", (const char *) l->data);

      g_string_replace (url, placeholder, vig_json_get_string (vig_json_get_object (variables, l->data), "default", ""), 0);
    }

  return g_string_free (g_steal_pointer (&url), FALSE);
}

static gboolean
has_https (JsonArray *schemes)
{
  for (guint i = 0; i < json_array_get_length (schemes); i++)
    if (g_strcmp0 (json_array_get_string_element (schemes, i), "https") == 0)
      return TRUE;

  return FALSE;
}

static char *
dup_swagger_server (JsonObject *document)
{
  JsonArray *schemes = vig_json_get_array (document, "schemes");
  const char *scheme = schemes == NULL || has_https (schemes) ? "https" : "http";
  const char *host = vig_json_get_string (document, "host", NULL);
  const char *path = vig_json_get_string (document, "basePath", "/");

  return host != NULL ? g_strdup_printf ("%s://%s%s", scheme, host, path) : g_strdup (path);
}

char *
vig_openapi_dup_base (JsonObject *document, const char *given, const char *document_url, gboolean is_swagger, GError **error)
{
  g_autofree char *said = given != NULL ? g_strdup (given) : is_swagger ? dup_swagger_server (document) : vig_openapi_dup_server (document);
  g_autofree char *whole = document_url != NULL ? g_uri_resolve_relative (document_url, said, G_URI_FLAGS_ENCODED, NULL) : g_strdup (said);

  if (whole == NULL || (!g_str_has_prefix (whole, "http://") && !g_str_has_prefix (whole, "https://")))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/base_url: the document does not say where its server is: enter it, as http://nas.home.arpa:8080/api");
      return NULL;
    }
  while (g_str_has_suffix (whole, "/"))
    whole[strlen (whole) - 1] = '\0';

  return g_steal_pointer (&whole);
}
