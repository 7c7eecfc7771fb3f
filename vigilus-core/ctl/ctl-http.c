/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl.h"

#include <libsoup/soup.h>

#define TIMEOUT 30 /* seconds */

static JsonObject *
make_body (const CtlRequest *request)
{
  if (request->command == CTL_COMMAND)
    return vig_json_pack_object ("{s:s, s:s}", "text", request->text, "session_id", request->session_id);
  if (request->command == CTL_PANIC)
    return *request->text != '\0' ? vig_json_pack_object ("{s:s}", "reason", request->text) : json_object_new ();

  return NULL;
}

static SoupMessage *
make_message (const CtlTarget *target, const CtlRequest *request, GError **error)
{
  static const char * const paths[] = { [CTL_STATUS] = "/api/v1/status", [CTL_PANIC] = "/api/v1/freeze", [CTL_UNFREEZE] = "/api/v1/unfreeze",
                                        [CTL_COMMAND] = "/api/v1/commands" };
  g_autoptr (JsonObject) body = make_body (request);
  g_autofree char *base = g_strdup (target->url);
  g_autofree char *url = NULL;
  g_autofree char *bearer = g_strconcat ("Bearer ", target->token, NULL);
  SoupMessage *message;

  while (g_str_has_suffix (base, "/"))
    base[strlen (base) - 1] = '\0';
  url = g_strconcat (base, paths[request->command], NULL);
  message = soup_message_new (request->command == CTL_STATUS ? "GET" : "POST", url);
  if (message == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is not the URL of a Vigilus, such as http://localhost:3000", target->url);
      return NULL;
    }

  soup_message_headers_append (soup_message_get_request_headers (message), "Authorization", bearer);
  if (body != NULL)
    {
      g_autofree char *text = vig_json_object_to_string (body);
      g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

      soup_message_set_request_body_from_bytes (message, "application/json", bytes);
    }

  return message;
}

static JsonObject *
read_answer (SoupMessage *message, GBytes *bytes, GError **error)
{
  guint status = soup_message_get_status (message);
  gsize length = g_bytes_get_size (bytes);
  g_autoptr (JsonObject) answer = NULL;
  JsonObject *failure;

  if (status == SOUP_STATUS_NO_CONTENT)
    return json_object_new ();

  answer = vig_json_parse_object (g_bytes_get_data (bytes, NULL), (gssize) length, 0, status < 300 ? error : NULL);
  if (status < 300)
    return g_steal_pointer (&answer);

  failure = answer != NULL ? vig_json_get_object (answer, "error") : NULL;
  g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "%s", failure != NULL ? vig_json_get_string (failure, "message", "") : soup_status_get_phrase (status));

  return NULL;
}

JsonObject *
ctl_http_call (const CtlTarget *target, const CtlRequest *request, GError **error)
{
  g_autoptr (SoupMessage) message = NULL;
  g_autoptr (SoupSession) session = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (target->token == NULL || *target->token == '\0')
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAUTHENTICATED, "put an API token into VIGILUS_TOKEN (the dashboard makes one under Settings, Account)");
      return NULL;
    }

  message = make_message (target, request, error);
  if (message == NULL)
    return NULL;
  session = soup_session_new_with_options ("timeout", TIMEOUT, "user-agent", "vigilusctl/" VIG_VERSION, NULL);
  bytes = soup_session_send_and_read (session, message, NULL, error);
  if (bytes == NULL)
    {
      g_prefix_error (error, "%s can't be reached: ", target->url);
      return NULL;
    }

  return read_answer (message, bytes, error);
}
