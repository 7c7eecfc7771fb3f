/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-web-server.h"

#include "vig-http-guard.h"
#include "vig-operation.h"
#include "vig-paths.h"
#include "vig-web.h"

#include <string.h>

struct _VigWebServer
{
  GObject          parent_instance;
  SoupServer      *server;
  GTlsCertificate *certificate; /* NULL: plain HTTP */
  VigWeb           web;
};

G_DEFINE_FINAL_TYPE (VigWebServer, vig_web_server, G_TYPE_OBJECT)

static const char WRONG_HOST[] =
  "this is not a name that Vigilus answers to (a guard against DNS rebinding): open it by address, by the machine's own name, or add "
  "the name to VIGILUS_CORS_ORIGINS, like https://vigilus.example.org";

static VigPeer *
examine (VigWeb *web, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  GSocketAddress *remote = soup_server_message_get_remote_address (message);
  const char *forwarded_for = soup_message_headers_get_list (headers, "X-Forwarded-For");
  const char *forwarded_proto = soup_message_headers_get_list (headers, "X-Forwarded-Proto");
  gboolean tls = soup_server_message_get_tls_peer_certificate_errors (message) != 0 || g_str_equal (g_uri_get_scheme (soup_server_message_get_uri (message)), "https");
  gboolean forwarded = forwarded_for != NULL || forwarded_proto != NULL || soup_message_headers_get_list (headers, "Forwarded") != NULL
                       || soup_message_headers_get_list (headers, "X-Forwarded-Host") != NULL || soup_message_headers_get_list (headers, "X-Real-IP") != NULL
                       || soup_message_headers_get_list (headers, "Via") != NULL;
  g_autoptr (GInetAddress) unknown = NULL;
  GInetAddress *address;

  if (G_IS_INET_SOCKET_ADDRESS (remote))
    address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote));
  else
    address = unknown = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);

  return vig_proxies_examine (web->proxies, address, tls, forwarded_for, forwarded_proto, forwarded);
}

VigPeer *
vig_web_get_peer (VigWeb *self, SoupServerMessage *message)
{
  VigPeer *peer = g_object_get_data (G_OBJECT (message), "vig-peer");

  if (peer == NULL)
    {
      peer = examine (self, message);
      g_object_set_data_full (G_OBJECT (message), "vig-peer", peer, (GDestroyNotify) vig_peer_free);
    }

  return peer;
}

/* A body without a length: counted as it comes. */
static void
on_chunk (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  gsize limit = GPOINTER_TO_SIZE (user_data);

  if (soup_server_message_get_status (message) != 0 || (gsize) body->length + g_bytes_get_size (chunk) <= limit)
    return;

  g_signal_handlers_disconnect_by_func (message, on_chunk, user_data);
  soup_server_message_set_status (message, 413, NULL);
  vig_http_guard_refuse (message, 413, "the body is larger than what this operation takes");
}

/* More than the usual only where the description says so, and only from somebody who shows at least a cookie or a token. */
static gsize
find_body_limit (VigWebServer *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  g_auto (VigMatch) match = { 0 };
  g_autofree char *allow = NULL;

  if (soup_message_headers_get_one (headers, "Cookie") == NULL && soup_message_headers_get_one (headers, "Authorization") == NULL)
    return VIG_BODY_LIMIT;
  if (!vig_router_match (self->web.router, soup_server_message_get_method (message), g_uri_get_path (soup_server_message_get_uri (message)), &match, &allow, NULL))
    return VIG_BODY_LIMIT;

  return vig_operation_get_body_limit (match.operation);
}

/* The headers are in, the body is not read yet. A status set here keeps the handler from running. */
static void
handle_headers (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  VigWebServer *self = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  g_autofree char *name = vig_host_parse (soup_message_headers_get_one (headers, "Host"));
  const char *reason = NULL;
  gsize limit = find_body_limit (self, message);
  guint status = vig_http_guard_check (soup_server_message_get_method (message), soup_server_message_get_http_version (message), headers, limit, &reason);

  vig_listener_headers_read (self->web.listener, message);
  if (status == 0 && !vig_web_get_peer (&self->web, message)->proxied && !vig_host_rules_allow_host (self->web.rules, name))
    {
      status = 421;
      reason = WRONG_HOST;
    }
  if (status != 0)
    {
      soup_server_message_set_status (message, status, NULL);
      vig_http_guard_refuse (message, status, reason);
      return;
    }
  if (soup_message_headers_get_encoding (headers) != SOUP_ENCODING_CHUNKED)
    return;

  /* libsoup is lenient about chunk sizes: whatever it leaves unread must not become the next request. */
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection", "close");
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_chunk), GSIZE_TO_POINTER (limit));
}

static void
handle (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  VigWebServer *self = user_data;

  vig_listener_body_read (self->web.listener, message);
  vig_web_handle (&self->web, message);
}

static gboolean
load_router (VigWebServer *self, const char *data_dir, GError **error)
{
  g_autofree char *path = g_build_filename (data_dir, "api", "openapi.json", NULL);
  g_autoptr (GHashTable) routes = vig_web_collect_routes ();
  g_autoptr (JsonNode) document = NULL;
  char *text = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, error))
    {
      g_prefix_error (error, "failed to read the API description: ");
      return FALSE;
    }

  self->web.openapi = g_bytes_new_take (text, length);
  document = vig_json_parse (text, (gssize) length, 0, error);
  if (document != NULL)
    self->web.router = vig_router_new (document, routes, error);
  if (self->web.router == NULL)
    g_prefix_error (error, "%s: ", path);

  return self->web.router != NULL;
}

static gboolean
load_certificate (VigWebServer *self, GError **error)
{
  const char *certificate = vig_config_get_tls_certificate (self->web.context.config);
  const char *key = vig_config_get_tls_key (self->web.context.config);

  if (certificate == NULL && key == NULL)
    return TRUE;
  if (certificate == NULL || key == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "TLS needs both a certificate and a key");
      return FALSE;
    }

  self->certificate = g_tls_certificate_new_from_files (certificate, key, error);
  if (self->certificate == NULL)
    g_prefix_error (error, "failed to read the TLS certificate %s and key %s: ", certificate, key);

  return self->certificate != NULL;
}

static void
make_parts (VigWebServer *self, const char *data_dir)
{
  VigWebContext *context = &self->web.context;
  g_autofree char *docs = g_build_filename (data_dir, "api-docs", NULL);

  self->server = g_object_new (SOUP_TYPE_SERVER, "raw-paths", TRUE, "server-header", NULL, "tls-certificate", self->certificate, NULL);
  self->web.listener = vig_listener_new (self->server);
  self->web.sessions = vig_sessions_new (context->agent->db);
  self->web.throttle = vig_throttle_new (NULL);
  self->web.refusals = vig_refusals_new (NULL);
  self->web.answers = vig_answer_cache_new (context->agent->db);
  self->web.rules = vig_host_rules_new (vig_config_get_cors_origins (context->config), g_get_host_name ());
  self->web.live = vig_live_new (&self->web);
  self->web.files = vig_static_new (vig_config_get_dashboard_dir (context->config), docs);
  self->web.keys = vig_worker_new ("keys", 2);
  self->web.files_worker = vig_worker_new ("files", 2);
  self->web.started_at = vig_time_now ();
  self->web.started_clock = g_get_monotonic_time ();
  soup_server_add_early_handler (self->server, NULL, handle_headers, self, NULL);
  soup_server_add_handler (self->server, NULL, handle, self, NULL);
}

gboolean
vig_web_server_listen (VigWebServer *self, GError **error)
{
  VigConfig *config = self->web.context.config;

  return vig_listener_listen (self->web.listener, vig_config_get_host (config), vig_config_get_port (config), self->certificate != NULL, error);
}

char *
vig_web_server_dup_url (VigWebServer *self)
{
  const char *host = vig_config_get_host (self->web.context.config);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  if (address != NULL && g_inet_address_get_is_any (address))
    host = "127.0.0.1";

  return g_strdup_printf (strchr (host, ':') != NULL ? "%s://[%s]:%u" : "%s://%s:%u", self->certificate != NULL ? "https" : "http", host,
                          vig_listener_get_port (self->web.listener));
}

void
vig_web_server_stop (VigWebServer *self)
{
  vig_live_stop (self->web.live);
  vig_listener_stop (self->web.listener);
}

static void
vig_web_server_finalize (GObject *object)
{
  VigWebServer *self = VIG_WEB_SERVER (object);

  g_clear_pointer (&self->web.live, vig_live_free);
  g_clear_pointer (&self->web.listener, vig_listener_free);
  g_clear_object (&self->server);
  g_clear_object (&self->certificate);
  g_clear_object (&self->web.keys);
  g_clear_object (&self->web.files_worker);
  g_clear_pointer (&self->web.files, vig_static_free);
  g_clear_pointer (&self->web.router, vig_router_free);
  g_clear_pointer (&self->web.sessions, vig_sessions_free);
  g_clear_pointer (&self->web.throttle, vig_throttle_free);
  g_clear_pointer (&self->web.refusals, vig_refusals_free);
  g_clear_pointer (&self->web.answers, vig_answer_cache_free);
  g_clear_pointer (&self->web.rules, vig_host_rules_free);
  g_clear_pointer (&self->web.proxies, vig_proxies_free);
  g_clear_pointer (&self->web.openapi, g_bytes_unref);

  G_OBJECT_CLASS (vig_web_server_parent_class)->finalize (object);
}

static void
vig_web_server_class_init (VigWebServerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_web_server_finalize;
}

static void
vig_web_server_init (VigWebServer *self)
{
}

VigWebServer *
vig_web_server_new (const VigWebContext *context, GError **error)
{
  g_autoptr (VigWebServer) self = g_object_new (VIG_TYPE_WEB_SERVER, NULL);
  const char *data_dir = context->data_dir != NULL ? context->data_dir : VIG_DATA_DIR;

  self->web.owner = G_OBJECT (self);
  self->web.context = *context;
  self->web.proxies = vig_proxies_new (vig_config_get_trusted_proxies (context->config), error);
  if (self->web.proxies == NULL || !load_router (self, data_dir, error) || !load_certificate (self, error))
    return NULL;
  make_parts (self, data_dir);

  return g_steal_pointer (&self);
}
