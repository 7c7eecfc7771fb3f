/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-operation.h"
#include "vig-web.h"

#include <string.h>

/* A request's way from the socket to its function: path, origin, who asks, role, parameters, body, function. */

static const char CORS_METHODS[] = "GET, POST, PUT, PATCH, DELETE";
static const char CORS_HEADERS[] = "Authorization, Content-Type, X-CSRF-Token";

static gboolean
is_api (const char *path)
{
  return g_str_has_prefix (path, "/api/") || g_str_equal (path, "/api") || g_str_equal (path, "/healthz") || g_str_equal (path, "/openapi.json");
}

static gboolean
is_safe (const char *method)
{
  return g_str_equal (method, "GET") || g_str_equal (method, "HEAD") || g_str_equal (method, "OPTIONS");
}

static void
add_cors (VigWeb *self, SoupServerMessage *message)
{
  SoupMessageHeaders *sent = soup_server_message_get_request_headers (message);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const char *origin = soup_message_headers_get_one (sent, "Origin");

  soup_message_headers_replace (headers, "Vary", soup_message_headers_get_one (headers, "Vary") != NULL ? "Accept-Encoding, Origin" : "Origin");
  if (origin == NULL || !vig_host_rules_is_cors_origin (self->rules, origin))
    return;

  soup_message_headers_replace (headers, "Access-Control-Allow-Origin", origin);
  soup_message_headers_replace (headers, "Access-Control-Allow-Credentials", "true");
  soup_message_headers_replace (headers, "Access-Control-Expose-Headers", "Retry-After");
  soup_message_headers_replace (headers, "Cross-Origin-Resource-Policy", "cross-origin");
}

void
vig_web_prepare_answer (VigWeb *self, SoupServerMessage *message, gsize size)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  VigPeer *peer = vig_web_get_peer (self, message);

  if (soup_message_headers_get_one (headers, "Content-Security-Policy") == NULL)
    vig_security_headers_add (headers, VIG_CONTENT_API, peer->https);
  if (soup_message_headers_get_one (headers, "Cache-Control") == NULL)
    soup_message_headers_append (headers, "Cache-Control", "no-store");
  add_cors (self, message);
  /* libsoup takes 500 for a request that broke off, and tells of no end of it. */
  if (soup_server_message_get_status (message) == SOUP_STATUS_INTERNAL_SERVER_ERROR)
    soup_message_headers_replace (headers, "Connection", "close");
  vig_listener_answering (self->listener, message, size);
}

/* TRUE: may go on. A browser names its origin with whatever changes something, and with every socket; other programs name none. */
static gboolean
check_origin (VigWeb *self, VigRequest *request)
{
  SoupServerMessage *message = vig_request_get_message (request);
  const char *origin = vig_request_get_header (request, "Origin");
  const char *host = vig_request_get_header (request, "Host");

  if (origin == NULL || vig_host_rules_allow_origin (self->rules, origin, host, vig_web_get_peer (self, message)->https))
    return TRUE;
  if (is_safe (soup_server_message_get_method (message)) && vig_request_get_header (request, "Upgrade") == NULL)
    return TRUE;

  vig_request_fail_with (request, VIG_ERROR_DENIED, "requests from the origin %.200s are not accepted; VIGILUS_CORS_ORIGINS lists the ones that are", origin);

  return FALSE;
}

static void
preflight (VigWeb *self, VigRequest *request)
{
  const char *origin = vig_request_get_header (request, "Origin");

  if (origin != NULL && vig_host_rules_is_cors_origin (self->rules, origin))
    {
      vig_request_add_header (request, "Access-Control-Allow-Methods", CORS_METHODS);
      vig_request_add_header (request, "Access-Control-Allow-Headers", CORS_HEADERS);
      vig_request_add_header (request, "Access-Control-Max-Age", "600");
    }
  vig_request_respond_bytes (request, 204, NULL, NULL);
}

static void
call (VigRequest *request)
{
  const VigRoute *route = vig_operation_get_binding (vig_request_get_operation (request));

  if (vig_operation_get_acts (vig_request_get_operation (request)) != NULL)
    vig_web_act (request);
  else if (route->read != NULL)
    vig_web_run_cached (request, route->read);
  else if (route->write != NULL)
    vig_web_run_write (request, route->write);
  else
    route->handle (request);
}

static void
blame (VigRequest *request, char *field, const GError *error)
{
  if (field != NULL)
    vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), field));
  g_free (field);
  vig_request_fail (request, error);
}

static gboolean
is_json (VigRequest *request)
{
  const char *type = soup_message_headers_get_content_type (soup_server_message_get_request_headers (vig_request_get_message (request)), NULL);

  return type != NULL && g_ascii_strcasecmp (type, "application/json") == 0;
}

static JsonObject *
read_body (VigRequest *request, char **field, GError **error)
{
  const VigOperation *operation = vig_request_get_operation (request);
  SoupMessageBody *sent = soup_server_message_get_request_body (vig_request_get_message (request));
  g_autoptr (GBytes) text = soup_message_body_flatten (sent);

  if (vig_operation_takes_body (operation) && g_bytes_get_size (text) > 0 && !is_json (request))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the body must be JSON, with Content-Type: application/json");
      return NULL;
    }

  return vig_operation_check_body (operation, g_bytes_get_data (text, NULL), g_bytes_get_size (text), field, error);
}

/* Who asks is known by now: what a stranger sends is not even parsed. */
static void
check_and_call (VigRequest *request)
{
  GUri *uri = soup_server_message_get_uri (vig_request_get_message (request));
  g_autoptr (JsonObject) parameters = NULL;
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (GError) error = NULL;
  char *field = NULL;

  parameters = vig_operation_check_parameters (vig_request_get_operation (request), vig_request_get_values (request), g_uri_get_query (uri), &field, &error);
  if (parameters != NULL)
    body = read_body (request, &field, &error);
  if (body == NULL)
    {
      blame (request, field, error);
      return;
    }

  vig_request_set_input (request, g_steal_pointer (&parameters), g_steal_pointer (&body));
  call (request);
}

static gboolean
is_live (VigRequest *request)
{
  return g_str_equal (vig_operation_get_id (vig_request_get_operation (request)), "openLive") && vig_request_get_header (request, "Upgrade") != NULL;
}

static void
refuse_stranger (VigWeb *self, VigRequest *request, gboolean had_token)
{
  if (is_live (request))
    {
      vig_live_open (self->live, request, NULL);
      return;
    }
  vig_request_add_header (request, "WWW-Authenticate", "Bearer");
  vig_request_fail_with (request, VIG_ERROR_UNAUTHENTICATED, had_token ? "this sign-in has ended; sign in again" : "sign in first, or send an API token");
}

static gboolean
check_csrf (VigRequest *request, VigLogin *login)
{
  if (login->kind != VIG_LOGIN_COOKIE || is_safe (soup_server_message_get_method (vig_request_get_message (request))))
    return TRUE;

  return vig_csrf_check (login, vig_request_get_header (request, "X-CSRF-Token"));
}

/* What an API token is not for. TRUE: answered already. */
static gboolean
refuse_by_scope (VigRequest *request, VigLogin *login)
{
  const VigOperation *operation = vig_request_get_operation (request);
  const char *group = vig_operation_get_group (operation);
  const char *id = vig_operation_get_id (operation);

  if (login->kind != VIG_LOGIN_TOKEN)
    return FALSE;

  if (vig_operation_is_for_people (operation))
    vig_request_fail_with (request, VIG_ERROR_DENIED, "an API token cannot do this: sign in for it");
  else if (login->read_only && !is_safe (soup_server_message_get_method (vig_request_get_message (request))))
    vig_request_fail_with (request, VIG_ERROR_DENIED, "this API token only reads");
  else if (!g_str_equal (id, "getMe") && !g_str_equal (id, "openLive") && !vig_login_has_group (login, group))
    vig_request_fail_with (request, VIG_ERROR_DENIED, "this API token is not for the group \"%s\"", group);
  else
    return FALSE;

  return TRUE;
}

static gpointer
write_refusal (VigDbConnection *db, gpointer data, GError **error)
{
  JsonObject *detail = vig_request_get_data (data);

  return GINT_TO_POINTER (vig_web_audit (db, data, "request.refused", json_object_ref (detail), error));
}

static void
refusal_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;

  vig_db_finish (VIG_DB (source), result, &error);
  if (error != NULL)
    g_warning ("a refused request is not on record: %s", error->message);
}

/* Nothing is done, so nothing waits for the record. */
static void
record_refusal (VigRequest *request, VigLogin *login, VigRole needed)
{
  VigWeb *web = vig_request_get_web (request);
  const char *operation = vig_operation_get_id (vig_request_get_operation (request));
  guint left_out;

  if (!vig_refusals_count (web->refusals, login->caller.user_id, operation, &left_out))
    return;
  vig_request_set_login (request, login);
  vig_request_set_data (request, vig_json_pack_object ("{s:s, s:s, s:s, s:i}", "operation", operation, "needed", vig_role_to_string (needed),
                                                       "role", login->caller.role, "left_out", (int) left_out), (GDestroyNotify) json_object_unref);
  vig_db_write_async (web->context.agent->db, write_refusal, request, NULL, NULL, NULL, refusal_written, vig_request_ref (request));
}

static void
admit (VigRequest *request, VigLogin *login)
{
  VigRole role;
  VigHandler next = vig_request_get_next (request, &role);
  VigRole needed = MAX (role, vig_operation_get_role (vig_request_get_operation (request)));

  if (!check_csrf (request, login))
    {
      vig_request_fail_with (request, VIG_ERROR_DENIED, "the X-CSRF-Token header is missing or wrong: GET /api/v1/me answers the right one");
      return;
    }
  if (login->role < needed)
    {
      record_refusal (request, login, needed);
      vig_request_fail_with (request, VIG_ERROR_DENIED, "this needs the role %s, and %s is %s", vig_role_to_string (needed), login->caller.user_name,
                             login->caller.role);
      return;
    }
  if (refuse_by_scope (request, login))
    return;

  vig_request_set_login (request, login);
  if (next != NULL)
    next (request);
  else
    check_and_call (request);
}

static void
login_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigLogin) login = vig_sessions_find_finish (result, &error);

  if (error != NULL)
    vig_request_fail (request, error);
  else if (login == NULL)
    refuse_stranger (vig_request_get_web (request), request, TRUE);
  else
    admit (request, login);
}

/* A bearer token where one is sent, else the cookie. */
static char *
find_token (VigRequest *request, VigLoginKind *kind)
{
  const char *authorization = vig_request_get_header (request, "Authorization");
  g_autofree char *token = NULL;

  if (authorization == NULL)
    {
      *kind = VIG_LOGIN_COOKIE;
      return vig_cookie_find (vig_request_get_header (request, "Cookie"), VIG_COOKIE);
    }

  *kind = VIG_LOGIN_TOKEN;
  if (g_ascii_strncasecmp (authorization, "Bearer ", 7) != 0)
    return NULL;
  token = g_strdup_printf ("t=%s", authorization + 7);

  return vig_cookie_find (token, "t");
}

static void
authenticate (VigWeb *self, VigRequest *request)
{
  VigLoginKind kind;
  g_autofree char *token = find_token (request, &kind);
  g_autoptr (VigLogin) login = NULL;

  if (token == NULL)
    {
      refuse_stranger (self, request, FALSE);
      return;
    }

  login = vig_sessions_peek (self->sessions, token);
  if (login == NULL)
    {
      vig_sessions_find_async (self->sessions, kind, token, login_found, vig_request_ref (request));
      return;
    }
  vig_login_ref (login);
  if (login->kind == kind)
    admit (request, login);
  else
    refuse_stranger (self, request, TRUE);
}

void
vig_web_require (VigRequest *request, VigRole role, VigHandler next)
{
  vig_request_set_next (request, role, next);
  authenticate (vig_request_get_web (request), request);
}

static void
handle_api (VigWeb *self, VigRequest *request, GUri *uri)
{
  const char *method = soup_server_message_get_method (vig_request_get_message (request));
  g_auto (VigMatch) match = { 0 };
  g_autofree char *allow = NULL;
  g_autoptr (GError) error = NULL;

  if (!vig_router_match (self->router, method, g_uri_get_path (uri), &match, &allow, &error))
    {
      if (allow != NULL)
        vig_request_add_header (request, "Allow", allow);
      vig_request_fail_status (request, allow != NULL ? 405 : 404, error);
      return;
    }

  vig_request_set_match (request, &match);
  if (vig_operation_is_open (vig_request_get_operation (request)))
    check_and_call (request);
  else
    authenticate (self, request);
}

void
vig_web_handle (VigWeb *self, SoupServerMessage *message)
{
  GUri *uri = soup_server_message_get_uri (message);
  g_autoptr (VigRequest) request = vig_request_new (self, message, vig_web_get_peer (self, message));

  if (!check_origin (self, request))
    return;
  if (g_str_equal (soup_server_message_get_method (message), "OPTIONS"))
    preflight (self, request);
  else if (is_api (g_uri_get_path (uri)))
    handle_api (self, request, uri);
  else
    vig_static_handle (self->files, request);
}
