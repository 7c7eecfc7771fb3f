/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "html.h"
#include "web.h"

#include <string.h>

#define MAX_PAGE      (4 * 1024 * 1024) /* bytes, unpacked */
#define MAX_REDIRECTS 5
#define OVERHEAD      1024 /* bytes of a result that are not the page's text */

static const VigToolInfo fetch_info = {
  .name = "web.fetch",
  .title = "Read a web page",
  .description = "Reads a page or a text file of the public web by its address and shows its text, with links. Use it for documentation, release notes, "
                 "changelogs, advisories, and the pages that web.search found. It does not reach this machine or the home network: for that there are other "
                 "tools. Long pages come in parts: go on with `offset`.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\": \"object\", \"required\": [\"url\"], \"additionalProperties\": false, \"properties\": {"
                  "\"url\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 4096, \"description\": \"The address, with http:// or https://\"},"
                  "\"offset\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 10000000, \"description\": \"Characters to leave out at the beginning, as "
                  "next_offset of the last answer says\"},"
                  "\"source\": {\"type\": \"boolean\", \"description\": \"Show HTML as it is written instead of its text\"}}}",
  .timeout = 45,
  .flags = VIG_TOOL_OUTWARD,
};

static const char *const readable_types[] = {
  "text/*", "application/json", "application/*+json", "application/xml", "application/*+xml", "application/javascript", "application/x-yaml",
  "application/yaml", "application/toml", "application/x-sh", "application/x-ndjson", NULL,
};

static const char *const headers[] = {
  "Accept", "text/html, application/xhtml+xml, text/*;q=0.9, application/json;q=0.9, application/xml;q=0.8", NULL,
};

static GStrv
dup_networks (VigInvocation *invocation, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonNode) node = vig_invocation_dup_setting (invocation, "web_networks", &local_error);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    g_strv_builder_add (builder, json_array_get_string_element (array, i));

  return g_strv_builder_end (builder);
}

static gboolean
is_html (VigFetchAnswer *answer)
{
  const char *bytes = g_bytes_get_data (answer->body, NULL);
  gsize length = g_bytes_get_size (answer->body);

  if (answer->content_type != NULL)
    return g_str_equal (answer->content_type, "text/html") || g_str_equal (answer->content_type, "application/xhtml+xml");

  return length > 14 && (g_ascii_strncasecmp (bytes, "<!doctype html", 14) == 0 || g_ascii_strncasecmp (bytes, "<html", 5) == 0);
}

static gboolean
is_binary (VigFetchAnswer *answer)
{
  gsize length = g_bytes_get_size (answer->body);
  const char *bytes = g_bytes_get_data (answer->body, NULL);

  return answer->content_type == NULL && memchr (bytes != NULL ? bytes : "", '\0', MIN (length, 512)) != NULL;
}

/* A part of @text that the result has room for, at whole characters. */
static JsonNode *
pack_part (VigInvocation *invocation, VigFetchAnswer *answer, const char *title, const char *text)
{
  glong offset = (glong) vig_json_get_int (vig_invocation_get_arguments (invocation), "offset", 0);
  gsize limit = vig_invocation_get_output_limit (invocation);
  gsize room = (limit > 2 * OVERHEAD ? limit - OVERHEAD : OVERHEAD) * 3 / 4; /* JSON writes some characters as two */
  glong total = g_utf8_strlen (text, -1);
  const char *start = g_utf8_offset_to_pointer (text, MIN (offset, total));
  const char *end = strlen (start) > room ? g_utf8_find_prev_char (start, start + room) : NULL;
  g_autofree char *part = end != NULL ? g_strndup (start, end - start) : g_strdup (start);
  JsonNode *next = end != NULL ? vig_json_pack ("I", (gint64) (MIN (offset, total) + g_utf8_strlen (part, -1))) : NULL;

  return vig_json_pack ("{s:s, s:i, s:s, s:s, s:s, s:I, s:o?, s:s?}",
                        "url", answer->uri,
                        "status", (int) answer->status,
                        "content_type", answer->content_type,
                        "title", title,
                        "text", part,
                        "total_characters", (gint64) total,
                        "next_offset", next,
                        "note", answer->truncated ? "the page is longer than 4 MiB: the rest was not read" : NULL);
}

static JsonNode *
show (VigInvocation *invocation, VigFetchAnswer *answer, GError **error)
{
  gboolean as_source = vig_json_get_boolean (vig_invocation_get_arguments (invocation), "source", FALSE);
  g_autofree char *title = NULL;
  g_autofree char *text = NULL;

  if (is_binary (answer))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "%s is no text: it is not read", answer->uri);
      return NULL;
    }
  if (is_html (answer) && !as_source)
    text = web_html_to_text (answer->body, answer->charset, answer->uri, &title);
  if (text == NULL)
    text = vig_fetch_answer_dup_text (answer);

  return pack_part (invocation, answer, title, text);
}

static JsonNode *
run_fetch (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_auto (GStrv) networks = dup_networks (invocation, error);
  g_autoptr (VigFetchAnswer) answer = NULL;
  VigFetchRequest request = { 0 };

  if (networks == NULL)
    return NULL;

  request.uri = vig_json_get_string (vig_invocation_get_arguments (invocation), "url", "");
  request.headers = headers;
  request.accepted_types = readable_types;
  request.reach = VIG_FETCH_PUBLIC;
  request.networks = (const char * const *) networks;
  request.max_redirects = MAX_REDIRECTS;
  request.max_bytes = MAX_PAGE;
  request.deadline = MIN (vig_invocation_get_deadline (invocation), g_get_monotonic_time () + 40 * G_USEC_PER_SEC);
  answer = vig_fetch (&request, cancellable, error);
  if (answer == NULL)
    return NULL;
  if (answer->status >= 400)
    {
      g_set_error (error, VIG_ERROR, answer->status == 404 || answer->status == 410 ? VIG_ERROR_NOT_FOUND : VIG_ERROR_REMOTE,
                   "%s answers %u %s", answer->uri, answer->status, answer->reason != NULL ? answer->reason : "");
      return NULL;
    }

  return show (invocation, answer, error);
}

/* The host is what a grant is for. */
static VigLevel
classify_fetch (VigInvocation *invocation, char **resource)
{
  const char *url = vig_json_get_string (vig_invocation_get_arguments (invocation), "url", "");
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  g_autofree char *name = host != NULL ? g_ascii_strdown (host, -1) : NULL;

  *resource = name != NULL && *name != '\0' ? g_strconcat ("web:", name, NULL) : NULL;

  return VIG_LEVEL_READ;
}

static VigPreview *
preview_fetch (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_preview_new ("text", vig_json_get_string (vig_invocation_get_arguments (invocation), "url", ""));
}

VigTool *
web_fetch_tool_new (void)
{
  return vig_simple_tool_new_full (&fetch_info, run_fetch, classify_fetch, preview_fetch);
}
