/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-docker.h"

#include <string.h>
#include <sys/un.h>

#define MAX_SOCKET (sizeof (((struct sockaddr_un *) NULL)->sun_path) - 1) /* bytes of a socket's path */

static gboolean
refuse (GError **error, const char *member, const char *words)
{
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: %s", member, words);

  return FALSE;
}

/* Absolute, and written the shortest way: what is compared later has one form. */
static gboolean
is_plain_path (const char *path)
{
  g_autofree char *canonical = g_path_is_absolute (path) ? g_canonicalize_filename (path, "/") : NULL;

  return canonical != NULL && g_str_equal (canonical, path) && strpbrk (path, "\r\n") == NULL;
}

static gboolean
check_socket (const char *path, GError **error)
{
  if (is_plain_path (path) && strlen (path) <= MAX_SOCKET)
    return TRUE;

  return refuse (error, "docker_endpoint", "the socket must be an absolute path of at most 107 bytes, such as unix:///var/run/docker.sock or ssh:///var/run/docker.sock");
}

static gboolean
check_tcp (const char *endpoint, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (endpoint, G_URI_FLAGS_NONE, NULL);

  if (uri != NULL && g_uri_get_userinfo (uri) == NULL && *g_uri_get_path (uri) == '\0' && g_uri_get_query (uri) == NULL &&
      g_uri_get_fragment (uri) == NULL && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0' && g_uri_get_port (uri) != 0 &&
      strpbrk (g_uri_get_host (uri), " \t\r\n\\'\"`$@%") == NULL)
    return TRUE;

  return refuse (error, "docker_endpoint", "must be a host and a port, such as tcp://nas.home.arpa:2376");
}

static gboolean
check_endpoint (const char *endpoint, GError **error)
{
  if (g_str_has_prefix (endpoint, "unix://"))
    return check_socket (endpoint + strlen ("unix://"), error);
  if (g_str_has_prefix (endpoint, "ssh://"))
    return check_socket (endpoint + strlen ("ssh://"), error);
  if (g_str_has_prefix (endpoint, "tcp://"))
    return check_tcp (endpoint, error);

  return refuse (error, "docker_endpoint", "must begin with unix://, ssh:// or tcp://");
}

static gboolean
check_certificate (JsonObject *server, const char *member, GError **error)
{
  const char *text = vig_json_get_string (server, member, NULL);
  g_autoptr (GTlsCertificate) certificate = text != NULL ? g_tls_certificate_new_from_pem (text, -1, NULL) : NULL;

  if (text == NULL || certificate != NULL)
    return TRUE;

  return refuse (error, member, "is no certificate in PEM form: it begins with -----BEGIN CERTIFICATE-----");
}

static gboolean
check_folders (JsonArray *folders, GError **error)
{
  for (guint i = 0; folders != NULL && i < json_array_get_length (folders); i++)
    if (!is_plain_path (json_array_get_string_element (folders, i)) || g_str_equal (json_array_get_string_element (folders, i), "/"))
      return refuse (error, "compose_folders", "must be absolute folders below /, without . or .. or a slash at the end, such as /srv/stacks");

  return TRUE;
}

gboolean
vig_store_check_docker (JsonObject *server, GError **error)
{
  const char *endpoint = vig_json_get_string (server, "docker_endpoint", NULL);
  gboolean has_certificate = vig_json_get_string (server, "docker_certificate", NULL) != NULL;
  gboolean has_key = vig_json_get_string (server, "docker_credential_id", NULL) != NULL;

  if (endpoint != NULL && !check_endpoint (endpoint, error))
    return FALSE;
  if (has_certificate && !has_key)
    return refuse (error, "docker_credential_id", "the client certificate needs the credential with its private key");
  if (!has_certificate && has_key)
    return refuse (error, "docker_certificate", "the private key needs its client certificate");

  return check_certificate (server, "docker_ca", error) && check_certificate (server, "docker_certificate", error) &&
         check_folders (vig_json_get_array (server, "compose_folders"), error);
}
