/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-keys.h"

#include "ssh-connect.h"

#include <string.h>

#define OPENSSH_BEGIN "-----BEGIN OPENSSH " "PRIVATE KEY-----"

static gboolean
check_looks (const char *text, GError **error)
{
  if (strstr (text, "-----BEGIN ") != NULL && strstr (text, "PRIVATE KEY-----") != NULL)
    return TRUE;

  if (g_str_has_prefix (text, "ssh-") || g_str_has_prefix (text, "ecdsa-") || strstr (text, "PUBLIC KEY-----") != NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/private_key: this is the public key; paste the private one (the file without .pub)");
  else if (g_str_has_prefix (text, "PuTTY-User-Key-File"))
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/private_key: this is PuTTY's form; export it as an OpenSSH key (Conversions in PuTTYgen)");
  else
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/private_key: this is no private key: it begins with -----BEGIN ... PRIVATE KEY-----");

  return FALSE;
}

static int
count_question (const char *prompt, char *buffer, size_t length, int echo, int verify, void *user_data)
{
  *(gboolean *) user_data = TRUE;

  return -1;
}

/* RFC 4253: a name (7 bytes), an exponent and the modulus, each behind its length of 4 bytes. */
static gboolean
is_short_rsa (const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  g_autofree guchar *blob = NULL;
  gsize length = 0;

  if (words[0] == NULL || words[1] == NULL || !g_str_equal (words[0], "ssh-rsa"))
    return FALSE;
  blob = g_base64_decode (words[1], &length);

  return length < 4 + 7 + 4 + 4 + 2048 / 8;
}

/* The form of OpenSSH names the kind of the key before what a passphrase protects. */
static gboolean
is_in_security_key (const char *text)
{
  const char *begin = strstr (text, OPENSSH_BEGIN);
  const char *end = begin != NULL ? strstr (begin + strlen (OPENSSH_BEGIN), "-----END") : NULL;
  g_autofree char *body = end != NULL ? g_strndup (begin + strlen (OPENSSH_BEGIN), (gsize) (end - begin) - strlen (OPENSSH_BEGIN)) : NULL;
  gsize length = 0;
  g_autofree guchar *blob = body != NULL ? g_base64_decode (body, &length) : NULL;

  return blob != NULL && (memmem (blob, length, "sk-ssh-ed25519@openssh.com", 26) != NULL || memmem (blob, length, "sk-ecdsa-sha2-nistp256@openssh.com", 34) != NULL);
}

static void
set_unreadable (const char *private_key, gboolean has_passphrase, gboolean asked, GError **error)
{
  if (is_in_security_key (private_key))
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID,
                         "/private_key: this key is in a security key that somebody has to touch at each use; generate another one for Vigilus");
  else if (has_passphrase)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/passphrase: the private key can't be opened with this passphrase, or is damaged");
  else if (asked)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/passphrase: the private key is protected: enter its passphrase");
  else
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/private_key: the private key can't be read: it is damaged, cut off, or of an unknown kind");
}

/* What servers take no more. */
static gboolean
check_strength (const char *line, GError **error)
{
  if (g_str_has_prefix (line, "ssh-dss "))
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/private_key: DSA keys can be broken, and servers refuse them since OpenSSH 7.0 (2015): make a new one, ed25519");
  else if (is_short_rsa (line))
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/private_key: this RSA key has fewer than 2,048 bits, which can be broken: make a new one");
  else
    return TRUE;

  return FALSE;
}

JsonNode *
vig_ssh_read_key (const char *private_key, const char *passphrase, GError **error)
{
  g_autofree char *line = NULL;
  g_autofree char *fingerprint = NULL;
  gboolean asked = FALSE;
  gboolean has_passphrase = passphrase != NULL && *passphrase != '\0';
  ssh_key key = NULL;

  if (!check_looks (private_key, error))
    return NULL;

  if (ssh_pki_import_privkey_base64 (private_key, has_passphrase ? passphrase : NULL, count_question, &asked, &key) != SSH_OK)
    {
      set_unreadable (private_key, has_passphrase, asked, error);
      return NULL;
    }

  line = vig_ssh_key_to_line (key);
  fingerprint = vig_ssh_key_to_fingerprint (key);
  ssh_key_free (key);
  if (line != NULL && !check_strength (line, error))
    return NULL;
  if (line != NULL && fingerprint != NULL)
    return vig_json_pack ("{s:s, s:s}", "public_key", line, "fingerprint", fingerprint);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/private_key: no public key can be made of this private key");

  return NULL;
}

char *
vig_ssh_make_key (GError **error)
{
  ssh_key key = NULL;
  char *text = NULL;
  char *copy = NULL;

  if (ssh_pki_generate (SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK && ssh_pki_export_privkey_base64 (key, NULL, NULL, NULL, &text) == SSH_OK)
    copy = g_strdup (text);
  else
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "libssh could not make a key");
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  ssh_string_free_char (text);
  ssh_key_free (key);

  return copy;
}
