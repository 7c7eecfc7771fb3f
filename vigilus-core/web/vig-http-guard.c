/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-guard.h"

#include "vig-host-rules.h"

#include <string.h>
#include <vigilus/vigilus.h>

#define LINGER 500 /* ms until a refused connection is closed, so that the client can read why */

static const char *const METHODS[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", NULL };

typedef struct
{
  guint       hosts;
  guint       lengths;
  guint       encodings;
  const char *host;
  const char *length;
  const char *encoding;
  gboolean    is_odd; /* a name that is no token, or a control character in a value */
} Seen;

/* RFC 9110, 5.6.2 */
static gboolean
is_token (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && strchr ("!#$%&'*+-.^_`|~", *at) == NULL)
      return FALSE;

  return *text != '\0';
}

static gboolean
has_control (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at) && *at != '\t')
      return TRUE;

  return FALSE;
}

static void
look_at (const char *name, const char *value, gpointer user_data)
{
  Seen *seen = user_data;

  seen->is_odd |= !is_token (name) || has_control (value);
  if (g_ascii_strcasecmp (name, "Host") == 0)
    {
      seen->hosts++;
      seen->host = value;
    }
  else if (g_ascii_strcasecmp (name, "Content-Length") == 0)
    {
      seen->lengths++;
      seen->length = value;
    }
  else if (g_ascii_strcasecmp (name, "Transfer-Encoding") == 0)
    {
      seen->encodings++;
      seen->encoding = value;
    }
}

static gboolean
is_length (const char *text)
{
  gsize length = strlen (text);

  return length > 0 && length <= 18 && strspn (text, "0123456789") == length;
}

static guint
check_framing (const Seen *seen, gsize body_limit, const char **reason)
{
  *reason = "Content-Length and Transfer-Encoding exclude each other";
  if (seen->lengths > 0 && seen->encodings > 0)
    return 400;
  *reason = "Content-Length must be there once, and be a number";
  if (seen->lengths > 1 || (seen->length != NULL && !is_length (seen->length)))
    return 400;
  *reason = "Transfer-Encoding must be \"chunked\"";
  if (seen->encodings > 1 || (seen->encoding != NULL && g_ascii_strcasecmp (seen->encoding, "chunked") != 0))
    return 400;
  *reason = "the body is larger than 1 MiB";
  if (seen->length != NULL && g_ascii_strtoull (seen->length, NULL, 10) > body_limit)
    return 413;

  return 0;
}

guint
vig_http_guard_check (const char *method, SoupHTTPVersion version, SoupMessageHeaders *headers, gsize body_limit, const char **reason)
{
  g_autofree char *name = NULL;
  Seen seen = { 0 };

  *reason = "the method is not one that is known here";
  if (!g_strv_contains (METHODS, method))
    return 501;

  soup_message_headers_foreach (headers, look_at, &seen);
  name = vig_host_parse (seen.host);
  *reason = "a header's name or value has characters that it must not have";
  if (seen.is_odd)
    return 400;
  *reason = "Host must be there once, and be a name or address with an optional port";
  if (seen.hosts != 1 || name == NULL)
    return 400;
  *reason = "HTTP/1.0 has no Transfer-Encoding";
  if (version == SOUP_HTTP_1_0 && seen.encodings > 0)
    return 400;

  return check_framing (&seen, body_limit, reason);
}

typedef struct
{
  SoupServerMessage *message;
  GIOStream         *stream;
  char              *text;
} Refusal;

static void
free_refusal (gpointer data)
{
  Refusal *refusal = data;

  g_clear_object (&refusal->message);
  g_clear_object (&refusal->stream);
  g_free (refusal->text);
  g_free (refusal);
}

static gboolean
close_now (gpointer user_data)
{
  Refusal *refusal = user_data;

  g_io_stream_close_async (refusal->stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);

  return G_SOURCE_REMOVE;
}

/* Closing at once with unread input would reset the connection, and the client would never see the answer. */
static void
written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Refusal *refusal = user_data;
  GSocket *socket = soup_server_message_get_socket (refusal->message);

  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  if (socket != NULL)
    g_socket_shutdown (socket, FALSE, TRUE, NULL);
  g_timeout_add_full (G_PRIORITY_DEFAULT, LINGER, close_now, refusal, free_refusal);
}

static void
steal (gpointer user_data)
{
  Refusal *refusal = user_data;

  refusal->stream = soup_server_message_steal_connection (refusal->message);
  if (refusal->stream == NULL)
    {
      free_refusal (refusal);
      return;
    }
  g_output_stream_write_all_async (g_io_stream_get_output_stream (refusal->stream), refusal->text, strlen (refusal->text), G_PRIORITY_DEFAULT, NULL,
                                   written, refusal);
}

static const char *
code_of (guint status)
{
  switch (status)
    {
    case 413:
      return "too_large";
    case 501:
      return "not_supported";
    case 421:
      return "denied";
    default:
      return "invalid";
    }
}

void
vig_http_guard_refuse (SoupServerMessage *message, guint status, const char *reason)
{
  g_autoptr (JsonNode) node = vig_json_pack ("{s:{s:s,s:s,s:n}}", "error", "code", code_of (status), "message", reason, "details");
  g_autofree char *body = vig_json_to_string (node);
  Refusal *refusal = g_new0 (Refusal, 1);

  refusal->message = g_object_ref (message);
  refusal->text = g_strdup_printf ("HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n"
                                   "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n%s",
                                   status, soup_status_get_phrase (status), strlen (body), body);
  soup_server_message_pause (message);
  g_idle_add_once (steal, refusal);
}
