/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-fetch.h"

#include <string.h>

void
vig_fetch_answer_free (VigFetchAnswer *answer)
{
  if (answer == NULL)
    return;

  g_free (answer->reason);
  g_free (answer->uri);
  g_free (answer->content_type);
  g_free (answer->charset);
  g_strfreev (answer->headers);
  g_clear_pointer (&answer->body, g_bytes_unref);
  g_free (answer);
}

const char *
vig_fetch_answer_get_header (VigFetchAnswer *answer, const char *name)
{
  for (guint i = 0; answer->headers != NULL && answer->headers[i] != NULL; i += 2)
    if (g_ascii_strcasecmp (answer->headers[i], name) == 0)
      return answer->headers[i + 1];

  return NULL;
}

static const char *
get_charset (VigFetchAnswer *answer, const char *bytes, gsize length)
{
  if (length >= 2 && (memcmp (bytes, "\xFF\xFE", 2) == 0 || memcmp (bytes, "\xFE\xFF", 2) == 0))
    return "UTF-16";
  if (answer->charset != NULL)
    return answer->charset;

  return g_utf8_validate_len (bytes, length, NULL) || answer->truncated ? "UTF-8" : "WINDOWS-1252";
}

char *
vig_fetch_answer_dup_text (VigFetchAnswer *answer)
{
  gsize length = 0;
  gsize converted = 0;
  const char *bytes = g_bytes_get_data (answer->body, &length);
  const char *charset = get_charset (answer, bytes, length);
  g_autofree char *text = NULL;
  g_autofree char *valid = NULL;

  if (length == 0)
    return g_strdup ("");
  if (g_ascii_strcasecmp (charset, "utf-8") != 0 && g_ascii_strcasecmp (charset, "us-ascii") != 0)
    text = g_convert_with_fallback (bytes, length, "UTF-8", charset, "\xEF\xBF\xBD", NULL, &converted, NULL);
  valid = g_utf8_make_valid (text != NULL ? text : bytes, text != NULL ? converted : length);

  return g_str_has_prefix (valid, "\xEF\xBB\xBF") ? g_strdup (valid + 3) : g_steal_pointer (&valid);
}
