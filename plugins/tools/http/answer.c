/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "http.h"

#include <string.h>

#define OVERHEAD   1024 /* bytes of a result that are not the body */
#define MIN_SECRET 4    /* bytes: shorter ones are everywhere */

static const char *const shown_headers[] = { "ETag", "Link", "Location", "Retry-After", "X-Total-Count", NULL };

static gboolean
is_json (const char *type)
{
  return type != NULL && (g_str_equal (type, "application/json") || g_str_has_suffix (type, "+json"));
}

static gboolean
is_text (VigFetchAnswer *answer)
{
  gsize length = g_bytes_get_size (answer->body);

  return length == 0 || memchr (g_bytes_get_data (answer->body, NULL), '\0', MIN (length, 4096)) == NULL || answer->charset != NULL;
}

static JsonNode *
collect_headers (VigFetchAnswer *answer, const char *secret)
{
  JsonObject *headers = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  for (guint i = 0; shown_headers[i] != NULL; i++)
    {
      const char *value = vig_fetch_answer_get_header (answer, shown_headers[i]);

      if (value != NULL && (secret == NULL || strstr (value, secret) == NULL))
        json_object_set_string_member (headers, shown_headers[i], value);
    }
  json_node_take_object (node, headers);

  return node;
}

/* A server that echoes what it was sent does not tell the model what it signs in with. */
static char *
hide_secret (char *text, JsonObject *definition, const char *secret)
{
  g_autoptr (GString) hidden = g_string_new (text);
  g_autofree char *owned = text;
  g_autofree char *pair = g_strdup_printf ("%s:%s", vig_json_get_string (definition, "auth_user", ""), secret != NULL ? secret : "");
  g_autofree char *base64 = g_base64_encode ((const guchar *) pair, strlen (pair));
  g_autofree char *escaped = secret != NULL ? g_uri_escape_string (secret, NULL, FALSE) : NULL;

  if (secret == NULL || strlen (secret) < MIN_SECRET)
    return g_steal_pointer (&owned);

  g_string_replace (hidden, secret, "[secret]", 0);
  g_string_replace (hidden, base64, "[secret]", 0);
  g_string_replace (hidden, escaped, "[secret]", 0);

  return g_string_free (g_steal_pointer (&hidden), FALSE);
}

/* The body as JSON where it is that and fits, else as text up to the limit. */
static JsonNode *
build_body (VigFetchAnswer *answer, const char *text, gsize limit, gboolean *cut)
{
  gsize room = limit > 2 * OVERHEAD ? limit - OVERHEAD : OVERHEAD;
  gsize length = strlen (text);
  JsonNode *node = is_json (answer->content_type) && !answer->truncated && length <= room ? vig_json_parse (text, (gssize) length, 0, NULL) : NULL;
  g_autofree char *part = NULL;

  *cut = answer->truncated || length > room;
  if (node != NULL)
    return node;

  part = length > room ? g_strndup (text, g_utf8_find_prev_char (text, text + room) - text) : g_strdup (text);

  return vig_json_pack ("s", part);
}

JsonNode *
http_answer_to_json (VigFetchAnswer *answer, JsonObject *definition, const char *secret, gsize limit)
{
  gsize size = g_bytes_get_size (answer->body);
  g_autofree char *text = NULL;
  gboolean cut = FALSE;
  JsonNode *body = NULL;
  g_autofree char *note = NULL;

  if (is_text (answer))
    {
      text = hide_secret (vig_fetch_answer_dup_text (answer), definition, secret);
      body = build_body (answer, text, limit, &cut);
    }
  if (cut)
    note = g_strdup_printf ("the answer is %s%" G_GSIZE_FORMAT " bytes long and was cut: ask for less of it", answer->truncated ? "over " : "", size);
  else if (body == NULL)
    note = g_strdup_printf ("the answer is no text: %" G_GSIZE_FORMAT " bytes", size);

  return vig_json_pack ("{s:i, s:s, s:s, s:o, s:o, s:b, s:s?}",
                        "status", (int) answer->status,
                        "reason", answer->reason,
                        "content_type", answer->content_type,
                        "headers", collect_headers (answer, secret),
                        "body", body != NULL ? body : json_node_new (JSON_NODE_NULL),
                        "is_error", answer->status >= 400,
                        "note", note);
}
