/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "wazuh-http.h"

#include <libsoup/soup.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TIME_LIMIT 30 /* seconds */
#define MAX_ANSWER (16 * 1024 * 1024)
#define CHUNK      65536

gboolean
wazuh_place_check (const WazuhPlace *place, GError **error)
{
  if (place->url != NULL && place->user != NULL && place->password != NULL)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the %s of Wazuh is not set: enter its URL, user and password under " WAZUH_PLACE_NAME, place->what);

  return FALSE;
}

static gboolean
is_this_host (const char *host)
{
  return g_str_equal (host, "localhost") || g_str_equal (host, "127.0.0.1") || g_str_equal (host, "::1");
}

static gboolean
check_url (const char *member, const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";
  const char *host = uri != NULL && g_uri_get_host (uri) != NULL ? g_uri_get_host (uri) : "";

  if (*host == '\0' || strpbrk (url, "\\ \t\r\n") != NULL || (!g_str_equal (scheme, "https") && !g_str_equal (scheme, "http")))
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: write it as https://wazuh.lan:55000", member);
  else if (g_str_equal (scheme, "http") && !is_this_host (host))
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: must begin with https://, so that the password is not sent in clear", member);
  else if (g_uri_get_userinfo (uri) != NULL || g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL || strlen (g_uri_get_path (uri)) > 1)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: give scheme, host and port alone; user and password have fields of their own", member);
  else
    return TRUE;

  return FALSE;
}

/* Colons and case are for the eye. NULL: no SHA-256. */
static char *
plain_fingerprint (const char *text)
{
  g_autoptr (GString) plain = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p++)
    if (g_ascii_isxdigit (*p))
      g_string_append_c (plain, g_ascii_tolower (*p));
    else if (*p != ':' && *p != ' ')
      return NULL;

  return plain->len == 64 ? g_string_free (g_steal_pointer (&plain), FALSE) : NULL;
}

gboolean
wazuh_place_validate (const char *url_member, const WazuhPlace *place, GError **error)
{
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *fingerprint = place->fingerprint != NULL ? plain_fingerprint (place->fingerprint) : NULL;

  if (place->url != NULL && !check_url (url_member, place->url, error))
    return FALSE;
  if (place->fingerprint != NULL && fingerprint == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/fingerprint: write the SHA-256 of the certificate, 64 hexadecimal digits");
      return FALSE;
    }
  if (place->ca == NULL)
    return TRUE;

  certificate = g_tls_certificate_new_from_pem (place->ca, -1, &local_error);
  if (certificate == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/ca_certificate: paste the CA's certificate, from -----BEGIN CERTIFICATE----- on (Wazuh: root-ca.pem): %s",
                 local_error->message);

  return certificate != NULL;
}

char *
wazuh_place_basic (const WazuhPlace *place)
{
  g_autofree char *pair = g_strconcat (place->user, ":", place->password, NULL);
  g_autofree char *encoded = g_base64_encode ((const guchar *) pair, strlen (pair));
  char *header = g_strconcat ("Basic ", encoded, NULL);

  explicit_bzero (pair, strlen (pair));

  return header;
}

void
wazuh_query_add (GString *query, const char *name, const char *value)
{
  g_autofree char *encoded = value != NULL ? g_uri_escape_string (value, NULL, FALSE) : NULL;

  if (encoded != NULL)
    g_string_append_printf (query, "%s%s=%s", query->len > 0 ? "&" : "", name, encoded);
}

/* One request and its answer. */
typedef struct
{
  const WazuhPlace *place;
  GTlsDatabase     *database;
  int               descriptor; /* the file that the database was read from; -1: none */
} Exchange;

/* GLib takes certificates that it trusts from a file alone: one without a name, which lives as long as @descriptor. */
static GTlsDatabase *
make_database (const char *ca, int *descriptor, GError **error)
{
  g_autofree char *path = NULL;

  *descriptor = memfd_create ("wazuh-ca", MFD_CLOEXEC);
  if (*descriptor < 0 || write (*descriptor, ca, strlen (ca)) != (gssize) strlen (ca))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "the CA's certificate can't be handed to TLS");
      return NULL;
    }
  path = g_strdup_printf ("/proc/self/fd/%d", *descriptor);

  return g_tls_file_database_new (path, error);
}

static gboolean
is_pinned (const WazuhPlace *place, GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) der = NULL;
  g_autofree char *sum = NULL;
  g_autofree char *wanted = place->fingerprint != NULL ? plain_fingerprint (place->fingerprint) : NULL;

  g_object_get (certificate, "certificate", &der, NULL);
  sum = der != NULL ? g_compute_checksum_for_data (G_CHECKSUM_SHA256, der->data, der->len) : NULL;

  return sum != NULL && wanted != NULL && g_str_equal (sum, wanted);
}

static gboolean
on_certificate (GTlsCertificate *certificate, GTlsCertificateFlags errors, gpointer user_data)
{
  Exchange *self = user_data;

  return is_pinned (self->place, certificate);
}

static SoupMessage *
make_message (Exchange *self, const WazuhRequest *request)
{
  const WazuhPlace *place = self->place;
  g_autofree char *url = g_strdup (place->url);
  g_autofree char *whole = NULL;
  SoupMessage *message;

  while (g_str_has_suffix (url, "/"))
    url[strlen (url) - 1] = '\0';
  whole = g_strconcat (url, request->path, NULL);
  message = soup_message_new (request->method, whole);
  if (message == NULL)
    return NULL;

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_replace (soup_message_get_request_headers (message), "Authorization", request->authorization);
  if (request->body != NULL)
    {
      char *text = vig_json_object_to_string (request->body);
      g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

      soup_message_set_request_body_from_bytes (message, "application/json", bytes);
    }
  vig_tls_watch (message, on_certificate, self);

  return message;
}

static GString *
read_all (GInputStream *stream, GCancellable *cancellable, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *buffer = g_malloc (CHUNK);
  gssize n;

  while ((n = g_input_stream_read (stream, buffer, CHUNK, cancellable, error)) > 0)
    {
      g_string_append_len (text, buffer, n);
      if (text->len > MAX_ANSWER)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the answer is over %d MiB: ask for less", MAX_ANSWER / (1024 * 1024));
          return NULL;
        }
    }

  return n == 0 ? g_steal_pointer (&text) : NULL;
}

/* What went wrong before there was an answer, and what to do about it. */
static void
explain (const WazuhPlace *place, GError *cause, GError **error)
{
  g_autoptr (GError) owned = cause;

  if (owned->domain == VIG_ERROR || g_error_matches (owned, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&owned));
  else if (owned->domain == G_TLS_ERROR)
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "the certificate of the %s of Wazuh can't be verified (%s): enter the CA's certificate, or the server's "
                 "fingerprint, under " WAZUH_PLACE_NAME, place->what, owned->message);
  else if (g_error_matches (owned, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the %s of Wazuh did not answer within %d seconds", place->what, TIME_LIMIT);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the %s of Wazuh can't be reached: %s", place->what, owned->message);
}

static GString *
exchange (Exchange *self, SoupMessage *message, GCancellable *cancellable, GError **error)
{
  g_autoptr (SoupSession) session = soup_session_new_with_options ("timeout", TIME_LIMIT, "user-agent", "Vigilus", NULL);
  g_autoptr (GInputStream) stream = NULL;

  soup_session_set_proxy_resolver (session, NULL);
  soup_session_set_tls_database (session, self->database);
  stream = soup_session_send (session, message, cancellable, error);

  return vig_tls_check (message, error) && stream != NULL ? read_all (stream, cancellable, error) : NULL;
}

static JsonNode *
parse (const WazuhPlace *place, GString *text, guint status, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  JsonNode *node = vig_json_parse (text->str, (gssize) text->len, MAX_ANSWER, &local_error);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return node;

  g_clear_pointer (&node, json_node_unref);
  g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "the %s of Wazuh answered with status %u and no JSON object%s%s: is this its URL?", place->what, status,
               local_error != NULL ? ": " : "", local_error != NULL ? local_error->message : "");

  return NULL;
}

static gboolean
open_database (Exchange *self, GError **error)
{
  if (self->place->ca != NULL)
    self->database = make_database (self->place->ca, &self->descriptor, error);
  else
    self->database = g_tls_backend_get_default_database (g_tls_backend_get_default ());

  return self->database != NULL;
}

JsonNode *
wazuh_http_send (const WazuhPlace *place, const WazuhRequest *request, guint *status, GCancellable *cancellable, GError **error)
{
  Exchange self = { place, NULL, -1 };
  g_autoptr (SoupMessage) message = make_message (&self, request);
  g_autoptr (GString) text = NULL;
  GError *local_error = NULL;

  if (message == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is no URL: correct it under " WAZUH_PLACE_NAME, place->url);
      return NULL;
    }

  if (open_database (&self, &local_error))
    text = exchange (&self, message, cancellable, &local_error);
  g_clear_object (&self.database);
  if (self.descriptor >= 0)
    close (self.descriptor);
  if (text == NULL)
    {
      explain (place, local_error, error);
      return NULL;
    }
  *status = soup_message_get_status (message);

  return parse (place, text, *status, error);
}
