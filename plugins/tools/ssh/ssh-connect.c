/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-connect.h"

#include "ssh-watch.h"

#include <fcntl.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_TYPES "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"
#define MAX_BANNER 4096 /* bytes that are kept */

static const char * const step_names[] = { "name", "tcp", "host_key", "authentication", "command", NULL };

const char *
vig_ssh_step_to_string (VigSshStep step)
{
  return step_names[step];
}

/* @fd was @own before libssh had it; another thread may have been given the number since. */
static void
close_if_left_open (int fd, int own)
{
  struct stat before;
  struct stat now;

  if (fstat (own, &before) == 0 && fstat (fd, &now) == 0 && before.st_ino == now.st_ino && before.st_dev == now.st_dev)
    close (fd);
}

/* A descriptor that it was given libssh leaves open, in most versions, and sends no goodbye that is not read for. */
void
vig_ssh_close (ssh_session session)
{
  int fd;
  int own;

  if (session == NULL)
    return;

  fd = ssh_get_fd (session);
  own = fd >= 0 ? fcntl (fd, F_DUPFD_CLOEXEC, 0) : -1;
  if (ssh_is_connected (session))
    ssh_disconnect (session);
  ssh_free (session);
  if (own < 0)
    return;

  close_if_left_open (fd, own);
  shutdown (own, SHUT_RDWR);
  close (own);
}

/* A call of libssh's after an answer has come only takes note of that, and sends nothing; while one is awaited, it does nothing. */
void
vig_ssh_keep_alive (ssh_session session)
{
  int was_blocking = ssh_is_blocking (session);

  ssh_set_blocking (session, 0);
  for (int i = 0; i < 2; i++)
    ssh_send_keepalive (session);
  ssh_set_blocking (session, was_blocking);
}

char *
vig_ssh_dup_banner (ssh_session session)
{
  char *banner = ssh_get_issue_banner (session);
  g_autofree char *valid = banner != NULL ? g_utf8_make_valid (banner, (gssize) strnlen (banner, MAX_BANNER)) : NULL;
  GString *plain = g_string_new (NULL);

  for (const char *p = valid; p != NULL && *p != '\0'; p = g_utf8_next_char (p))
    if (g_str_has_prefix (p, "\033["))
      p += MIN (2 + strspn (p + 2, "0123456789;?"), strlen (p) - 1);
    else if (*p == '\n' || *p == '\t' || !g_unichar_iscntrl (g_utf8_get_char (p)))
      g_string_append_unichar (plain, g_utf8_get_char (p));
  ssh_string_free_char (banner);

  return g_string_free (plain, plain->len == 0);
}

char *
vig_ssh_key_to_line (ssh_key key)
{
  char *base64 = NULL;
  char *line = NULL;

  if (key == NULL || ssh_pki_export_pubkey_base64 (key, &base64) != SSH_OK)
    return NULL;

  line = g_strconcat (ssh_key_type (key) == SSH_KEYTYPE_ECDSA_P256 ? "ecdsa-sha2-nistp256"
                      : ssh_key_type (key) == SSH_KEYTYPE_ECDSA_P384 ? "ecdsa-sha2-nistp384"
                      : ssh_key_type (key) == SSH_KEYTYPE_ECDSA_P521 ? "ecdsa-sha2-nistp521"
                      : ssh_key_type_to_char (ssh_key_type (key)),
                      " ", base64, NULL);
  ssh_string_free_char (base64);

  return line;
}

char *
vig_ssh_key_to_fingerprint (ssh_key key)
{
  unsigned char *hash = NULL;
  size_t length = 0;
  char *text = NULL;
  char *copy;

  if (key == NULL || ssh_get_publickey_hash (key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) != 0)
    return NULL;

  text = ssh_get_fingerprint_hash (SSH_PUBLICKEY_HASH_SHA256, hash, length);
  copy = g_strdup (text);
  ssh_string_free_char (text);
  ssh_clean_pubkey_hash (&hash);

  return copy;
}

/* The kernel notices that nobody is at the other end any more. */
static void
watch (GSocket *socket)
{
  g_socket_set_keepalive (socket, TRUE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPIDLE, SSH_KEEPALIVE, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPINTVL, SSH_KEEPALIVE / 3, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPCNT, 3, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_USER_TIMEOUT, 2 * SSH_KEEPALIVE * 1000, NULL);
}

/* Resolved and connected by GIO, so that cancelling works and a wrong name is told from a closed port. */
int
vig_ssh_dial (VigServer *server, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSocketConnectable) address = g_network_address_new (server->host, (guint16) server->port);
  g_autoptr (GError) local_error = NULL;
  int fd;

  *step = SSH_STEP_TCP;
  g_socket_client_set_timeout (client, SSH_CONNECT_TIMEOUT);
  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect (client, address, cancellable, &local_error);
  if (connection != NULL)
    {
      watch (g_socket_connection_get_socket (connection));
      fd = fcntl (g_socket_get_fd (g_socket_connection_get_socket (connection)), F_DUPFD_CLOEXEC, 0);
      if (fd >= 0)
        return fd;
      g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to use the connection to %s: %s", server->host, g_strerror (errno));
      return -1;
    }

  *step = local_error->domain == G_RESOLVER_ERROR ? SSH_STEP_NAME : SSH_STEP_TCP;
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (*step == SSH_STEP_NAME)
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "the name %s can't be resolved: %s", server->host, local_error->message);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "no connection to %s port %u: %s", server->host, server->port, local_error->message);

  return -1;
}

/* The pinned key's kind is asked for first, so that a server with several keys shows the one that we know. */
static void
ask_for_key_type (ssh_session session, const char *host_key)
{
  g_autofree char *type = NULL;
  g_autofree char *types = NULL;
  const char *space = host_key != NULL ? strchr (host_key, ' ') : NULL;

  if (space == NULL)
    return;

  type = g_strndup (host_key, space - host_key);
  types = g_strconcat (g_str_equal (type, "ssh-rsa") ? "rsa-sha2-512" : type, "," KEY_TYPES, NULL);
  ssh_options_set (session, SSH_OPTIONS_HOSTKEYS, types);
}

static ssh_session
new_session (VigServer *server, int fd)
{
  ssh_session session = ssh_new ();
  long timeout = SSH_CONNECT_TIMEOUT;
  int on = 1;
  int off = 0;

  ssh_options_set (session, SSH_OPTIONS_PROCESS_CONFIG, &off);
  ssh_options_set (session, SSH_OPTIONS_HOST, server->host);
  ssh_options_set (session, SSH_OPTIONS_PORT, &server->port);
  ssh_options_set (session, SSH_OPTIONS_USER, server->user);
  ssh_options_set (session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
  ssh_options_set (session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
  ssh_options_set (session, SSH_OPTIONS_TIMEOUT, &timeout);
  ssh_options_set (session, SSH_OPTIONS_NODELAY, &on);
  ssh_options_set (session, SSH_OPTIONS_FD, &fd);
  ask_for_key_type (session, server->host_key);

  return session;
}

static void
set_changed (VigServer *server, const char *line, const char *fingerprint, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (server->host_key, " ", 2);
  g_autofree char *pinned = NULL;
  ssh_key key = NULL;

  if (strstr (server->host_key, "SHA256:") != NULL)
    pinned = g_strdup (strstr (server->host_key, "SHA256:"));
  else if (g_strv_length (parts) == 2 && ssh_pki_import_pubkey_base64 (parts[1], ssh_key_type_from_name (parts[0]), &key) == SSH_OK)
    pinned = vig_ssh_key_to_fingerprint (key);
  ssh_key_free (key);
  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED,
               "Host key verification failed: %s shows %s (%.*s), but %s is pinned since the first connection. "
               "If that is expected (the system was installed anew), accept the new host key or forget the old one under Servers and connect again; "
               "if not, somebody may be in between",
               server->name, fingerprint, (int) strcspn (line, " "), line, pinned != NULL ? pinned : "another key");
}

/* An administrator accepted a key by its fingerprint, before it was seen: "SHA256:...", or the kind of key and that. */
static gboolean
is_accepted (const char *pinned, const char *line, const char *fingerprint)
{
  const char *space = strchr (pinned, ' ');

  if (space == NULL)
    return g_str_equal (pinned, fingerprint);

  return g_str_equal (space + 1, fingerprint) && strncmp (pinned, line, (gsize) (space - pinned) + 1) == 0;
}

static gboolean
check_host_key (ssh_session session, VigServer *server, GError **error)
{
  g_autofree char *line = NULL;
  g_autofree char *fingerprint = NULL;
  ssh_key key = NULL;

  if (ssh_get_server_publickey (session, &key) == SSH_OK)
    {
      line = vig_ssh_key_to_line (key);
      fingerprint = vig_ssh_key_to_fingerprint (key);
      ssh_key_free (key);
    }
  if (line == NULL || fingerprint == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "%s showed no host key that can be read", server->name);
      return FALSE;
    }

  if (server->host_key == NULL || is_accepted (server->host_key, line, fingerprint))
    return vig_server_pin_host_key (server, line, error);
  if (g_str_equal (server->host_key, line))
    return TRUE;

  set_changed (server, line, fingerprint, error);

  return FALSE;
}

/* One password answers every hidden question; a question that shows its answer is none for a password. */
static int
answer_questions (ssh_session session, const char *password)
{
  int status = ssh_userauth_kbdint (session, NULL, NULL);

  for (int round = 0; status == SSH_AUTH_INFO && round < 8; round++)
    {
      int n = ssh_userauth_kbdint_getnprompts (session);

      for (int i = 0; i < n; i++)
        {
          char echo = 0;

          ssh_userauth_kbdint_getprompt (session, (unsigned int) i, &echo);
          ssh_userauth_kbdint_setanswer (session, (unsigned int) i, echo ? "" : password);
        }
      status = ssh_userauth_kbdint (session, NULL, NULL);
    }

  return status;
}

static int
try_key (ssh_session session, VigServer *server, GError **error)
{
  ssh_key key = NULL;
  int status;

  if (ssh_pki_import_privkey_base64 (server->private_key, server->passphrase, NULL, NULL, &key) != SSH_OK)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the private key of %s can't be read: enter it again under Credentials", server->name);
      return SSH_AUTH_ERROR;
    }

  status = ssh_userauth_publickey (session, NULL, key);
  ssh_key_free (key);

  return status;
}

/* It may have said why in a banner: an account that has expired, say. */
static void
set_closed (ssh_session session, VigServer *server, GError **error)
{
  g_autofree char *banner = vig_ssh_dup_banner (session);

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "SSH authentication failed for %s@%s: the server closed the connection before it let anybody in: %s",
               server->user, server->host, banner != NULL ? g_strstrip (banner) : ssh_get_error (session));
}

static gboolean
sign_in (ssh_session session, VigServer *server, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  int status = ssh_userauth_none (session, NULL);
  int methods = status != SSH_AUTH_SUCCESS ? ssh_userauth_list (session, NULL) : 0;

  if (status != SSH_AUTH_SUCCESS && server->private_key != NULL && (methods & SSH_AUTH_METHOD_PUBLICKEY) != 0)
    status = try_key (session, server, &local_error);
  if (status != SSH_AUTH_SUCCESS && server->password != NULL && (methods & SSH_AUTH_METHOD_PASSWORD) != 0)
    status = ssh_userauth_password (session, NULL, server->password);
  if (status != SSH_AUTH_SUCCESS && server->password != NULL && (methods & SSH_AUTH_METHOD_INTERACTIVE) != 0)
    status = answer_questions (session, server->password);
  if (status == SSH_AUTH_SUCCESS)
    return TRUE;

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (server->private_key == NULL && server->password == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "SSH authentication failed: %s has no credential yet; choose one under Servers", server->name);
  else if (!ssh_is_connected (session))
    set_closed (session, server, error);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "SSH authentication failed for %s@%s: the server refused what is stored (it takes:%s%s%s%s)",
                 server->user, server->host,
                 (methods & SSH_AUTH_METHOD_PUBLICKEY) != 0 ? " key" : "",
                 (methods & SSH_AUTH_METHOD_PASSWORD) != 0 ? " password" : "",
                 (methods & SSH_AUTH_METHOD_INTERACTIVE) != 0 ? " questions" : "",
                 methods == 0 ? " nothing that Vigilus knows" : "");

  return FALSE;
}

static void
set_handshake_error (ssh_session session, VigServer *server, GError **error)
{
  const char *words = ssh_get_error (session);

  if (g_str_has_prefix (words, "Timeout"))
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "%s port %u did not get to its host key within %d seconds", server->host, server->port, SSH_CONNECT_TIMEOUT);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "%s port %u does not go on as an SSH server: %s", server->host, server->port, words);
}

static gboolean
open_session (ssh_session session, VigServer *server, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  *step = SSH_STEP_HOST_KEY;
  if (ssh_connect (session) != SSH_OK)
    {
      set_handshake_error (session, server, error);
      return FALSE;
    }
  if (g_cancellable_set_error_if_cancelled (cancellable, error) || !check_host_key (session, server, error))
    return FALSE;

  *step = SSH_STEP_AUTHENTICATION;
  if (!sign_in (session, server, error))
    return FALSE;

  *step = SSH_STEP_NONE;

  return TRUE;
}

ssh_session
vig_ssh_connect (VigServer *server, int fd, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  ssh_session session = new_session (server, fd);
  VigSshWatch *watch = vig_ssh_watch_begin (fd, g_get_monotonic_time () + 2 * SSH_CONNECT_TIMEOUT * G_USEC_PER_SEC, cancellable);
  g_autoptr (GError) local_error = NULL;
  gboolean is_open = open_session (session, server, step, cancellable, &local_error);

  if (vig_ssh_watch_end (watch))
    {
      /* What failed then failed because it was cut. */
      g_clear_error (&local_error);
      if (is_open)
        *step = SSH_STEP_AUTHENTICATION;
      is_open = FALSE;
    }
  if (is_open)
    return session;

  if (local_error == NULL)
    g_set_error (&local_error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "%s takes too long to let anybody in", server->name);
  if (!g_cancellable_set_error_if_cancelled (cancellable, error))
    g_propagate_error (error, g_steal_pointer (&local_error));
  vig_ssh_close (session);

  return NULL;
}
