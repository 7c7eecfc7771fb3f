/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "web.h"

#include <string.h>

#define MAX_ANSWER      (2 * 1024 * 1024) /* bytes */
#define DEFAULT_RESULTS 10
#define MAX_SNIPPET     500 /* characters */

static const VigToolInfo search_info = {
  .name = "web.search",
  .title = "Search the web",
  .description = "Searches the web with the SearXNG server of this house and lists titles, addresses and snippets. Read a page that was found with web.fetch.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\": \"object\", \"required\": [\"query\"], \"additionalProperties\": false, \"properties\": {"
                  "\"query\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 500, \"description\": \"Words to look for\"},"
                  "\"results\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 30, \"description\": \"How many to list, 10 where it is left out\"},"
                  "\"page\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 10, \"description\": \"Which page of the results\"},"
                  "\"time\": {\"enum\": [\"day\", \"month\", \"year\"], \"description\": \"Only what is as new as that\"},"
                  "\"language\": {\"type\": \"string\", \"pattern\": \"^[a-z]{2,3}(-[A-Za-z]{2,4})?$\", \"description\": \"As en or de-CH\"}}}",
  .timeout = 30,
  .flags = VIG_TOOL_OUTWARD,
};

static const char *const headers[] = { "Accept", "application/json", NULL };
static const char *const json_types[] = { "application/json", "application/*+json", "text/html", "text/plain", NULL };

static char *
dup_server (VigInvocation *invocation, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonNode) node = vig_invocation_dup_setting (invocation, "web_search_url", &local_error);
  const char *url = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (url == NULL || *url == '\0')
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE,
                         "there is no search server yet: an administrator enters the address of a SearXNG server under Settings, Web");

  return error != NULL && *error != NULL ? NULL : g_strdup (url);
}

static void
add (GString *query, const char *name, const char *value)
{
  if (value == NULL)
    return;

  g_string_append_printf (query, "&%s=", name);
  g_string_append_uri_escaped (query, value, NULL, FALSE);
}

static char *
build_uri (const char *server, JsonObject *arguments)
{
  g_autoptr (GString) uri = g_string_new (server);
  gint64 page = vig_json_get_int (arguments, "page", 1);
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, page);

  if (g_str_has_suffix (uri->str, "/"))
    g_string_truncate (uri, uri->len - 1);
  if (!g_str_has_suffix (uri->str, "/search"))
    g_string_append (uri, "/search");
  g_string_append (uri, "?format=json");
  add (uri, "q", vig_json_get_string (arguments, "query", ""));
  add (uri, "time_range", vig_json_get_string (arguments, "time", NULL));
  add (uri, "language", vig_json_get_string (arguments, "language", NULL));
  add (uri, "pageno", page > 1 ? number : NULL);

  return g_string_free (g_steal_pointer (&uri), FALSE);
}

static char *
shorten (const char *text)
{
  g_autofree char *plain = g_strdup (text != NULL ? text : "");

  g_strstrip (g_strdelimit (plain, "\r\n\t", ' '));

  return g_utf8_strlen (plain, -1) > MAX_SNIPPET ? g_utf8_substring (plain, 0, MAX_SNIPPET) : g_steal_pointer (&plain);
}

static JsonNode *
describe (JsonObject *row)
{
  g_autofree char *title = shorten (vig_json_get_string (row, "title", ""));
  g_autofree char *snippet = shorten (vig_json_get_string (row, "content", ""));

  return vig_json_pack ("{s:s, s:s, s:s, s:s?}",
                        "title", title,
                        "url", vig_json_get_string (row, "url", ""),
                        "snippet", snippet,
                        "published", vig_json_get_string (row, "publishedDate", NULL));
}

/* Engines that did not answer are told: "nothing found" must not be read into it. */
static JsonArray *
list_silent (JsonObject *answer)
{
  JsonArray *silent = vig_json_get_array (answer, "unresponsive_engines");
  JsonArray *names = json_array_new ();

  for (guint i = 0; silent != NULL && i < MIN (json_array_get_length (silent), 20); i++)
    {
      JsonNode *node = json_array_get_element (silent, i);
      JsonArray *pair = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

      if (pair != NULL && json_array_get_length (pair) > 0 && JSON_NODE_HOLDS_VALUE (json_array_get_element (pair, 0)))
        json_array_add_string_element (names, json_array_get_string_element (pair, 0));
    }

  return names;
}

static JsonNode *
list_results (JsonObject *arguments, JsonObject *answer)
{
  JsonArray *rows = vig_json_get_array (answer, "results");
  guint wanted = (guint) vig_json_get_int (arguments, "results", DEFAULT_RESULTS);
  JsonArray *results = json_array_new ();

  for (guint i = 0; rows != NULL && i < json_array_get_length (rows) && json_array_get_length (results) < wanted; i++)
    {
      JsonNode *row = json_array_get_element (rows, i);

      if (JSON_NODE_HOLDS_OBJECT (row))
        json_array_add_element (results, describe (json_node_get_object (row)));
    }

  return vig_json_pack ("{s:s, s:A, s:A}", "query", vig_json_get_string (arguments, "query", ""), "results", results,
                        "engines_without_answer", list_silent (answer));
}

static JsonObject *
read_answer (VigFetchAnswer *answer, GError **error)
{
  gsize length = 0;
  const char *bytes = g_bytes_get_data (answer->body, &length);
  JsonObject *object;

  if (answer->status == 403)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE,
                           "the search server refuses (403): its settings.yml has to list json under search, formats");
      return NULL;
    }
  if (answer->status != 200 || length == 0)
    {
      g_set_error (error, VIG_ERROR, answer->status == 429 ? VIG_ERROR_RATE_LIMITED : VIG_ERROR_REMOTE, "the search server answers %u %s", answer->status,
                   answer->reason != NULL ? answer->reason : "");
      return NULL;
    }

  object = vig_json_parse_object (bytes, (gssize) length, MAX_ANSWER, error);
  if (object == NULL)
    g_prefix_error (error, "the search server does not answer in JSON, is it SearXNG? ");
  else if (vig_json_get_array (object, "results") == NULL)
    {
      g_clear_pointer (&object, json_object_unref);
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE, "the search server's answer has no results, is it SearXNG?");
    }

  return object;
}

static JsonNode *
run_search (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  g_autofree char *server = dup_server (invocation, error);
  g_autofree char *uri = server != NULL ? build_uri (server, arguments) : NULL;
  g_autoptr (VigFetchAnswer) answer = NULL;
  g_autoptr (JsonObject) object = NULL;
  VigFetchRequest request = { 0 };

  if (uri == NULL)
    return NULL;

  /* A person has entered where it is. */
  request.uri = uri;
  request.headers = headers;
  request.accepted_types = json_types;
  request.reach = VIG_FETCH_ANYWHERE;
  request.same_origin = TRUE;
  request.max_redirects = 3;
  request.max_bytes = MAX_ANSWER;
  request.deadline = vig_invocation_get_deadline (invocation);
  answer = vig_fetch (&request, cancellable, error);
  object = answer != NULL ? read_answer (answer, error) : NULL;

  return object != NULL ? list_results (arguments, object) : NULL;
}

static VigLevel
classify_search (VigInvocation *invocation, char **resource)
{
  *resource = g_strdup ("search:web");

  return VIG_LEVEL_READ;
}

static VigPreview *
preview_search (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_preview_new ("text", vig_json_get_string (vig_invocation_get_arguments (invocation), "query", ""));
}

VigTool *
web_search_tool_new (void)
{
  return vig_simple_tool_new_full (&search_info, run_search, classify_search, preview_search);
}
