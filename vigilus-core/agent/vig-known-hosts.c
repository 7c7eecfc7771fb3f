/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-known-hosts.h"

#include "vig-ssh-config.h"

#include <string.h>

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

static const char *const kinds[] = { "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa", NULL };

static void
known_host_free (gpointer data)
{
  VigKnownHost *self = data;

  g_free (self->marker);
  g_free (self->key);
  g_free (self);
}

/* "|1|salt|hash": the hash is HMAC-SHA1 of the name under the salt. */
static gboolean
hash_matches (const char *hashed, const char *host)
{
  g_auto (GStrv) parts = g_strsplit (hashed, "|", -1);
  g_autofree guchar *salt = NULL;
  g_autofree guchar *hash = NULL;
  g_autoptr (GHmac) hmac = NULL;
  guint8 digest[20];
  gsize salt_length;
  gsize hash_length;
  gsize length = sizeof digest;

  if (g_strv_length (parts) != 4 || !g_str_equal (parts[1], "1") || *parts[2] == '\0' || *parts[3] == '\0')
    return FALSE;

  salt = g_base64_decode (parts[2], &salt_length);
  hash = g_base64_decode (parts[3], &hash_length);
  hmac = g_hmac_new (G_CHECKSUM_SHA1, salt, salt_length);
  g_hmac_update (hmac, (const guchar *) host, (gssize) strlen (host));
  g_hmac_get_digest (hmac, digest, &length);

  return hash_length == length && memcmp (hash, digest, length) == 0;
}

static gboolean
names_match (const char *names, const char *host)
{
  g_autofree char *lower_names = g_ascii_strdown (names, -1);
  g_autofree char *lower_host = g_ascii_strdown (host, -1);
  g_auto (GStrv) patterns = g_strsplit (lower_names, ",", -1);

  return *names == '|' ? hash_matches (names, host) : vig_ssh_patterns_match ((const char *const *) patterns, lower_host);
}

/* Names, the kind of key, the key and perhaps a comment; NULL: it is no line for @host. */
static VigKnownHost *
read_line (const char *line, guint number, const char *host)
{
  g_auto (GStrv) split = g_strsplit_set (line, " \t\r", -1);
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  VigKnownHost *known;
  guint first;

  for (guint i = 0; split[i] != NULL; i++)
    if (*split[i] != '\0')
      g_ptr_array_add (words, split[i]);
  first = words->len > 0 && *(const char *) words->pdata[0] == '@' ? 1 : 0;
  if (words->len < first + 3 || *(const char *) words->pdata[0] == '#' || !names_match (words->pdata[first], host))
    return NULL;

  known = g_new0 (VigKnownHost, 1);
  known->number = number;
  known->marker = first > 0 ? g_strdup (words->pdata[0]) : NULL;
  known->key = g_strconcat (words->pdata[first + 1], " ", words->pdata[first + 2], NULL);

  return known;
}

GPtrArray *
vig_known_hosts_find (const char *text, const char *host)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GPtrArray *found = g_ptr_array_new_with_free_func (known_host_free);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      VigKnownHost *known = read_line (lines[i], i + 1, host);

      if (known != NULL)
        g_ptr_array_add (found, known);
    }

  return found;
}

/* The key says itself of which kind it is. */
static gboolean
is_key_of (const char *key, const char *kind)
{
  gsize length = strlen (kind);
  g_autofree guchar *bytes = NULL;
  gsize n;

  if (strncmp (key, kind, length) != 0 || key[length] != ' ' || strspn (key + length + 1, BASE64) != strlen (key + length + 1))
    return FALSE;

  bytes = g_base64_decode (key + length + 1, &n);

  return n > 4 + length && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == length && memcmp (bytes + 4, kind, length) == 0;
}

static gboolean
is_revoked (GPtrArray *lines, const char *key)
{
  for (guint i = 0; i < lines->len; i++)
    {
      VigKnownHost *known = g_ptr_array_index (lines, i);

      if (g_strcmp0 (known->marker, "@revoked") == 0 && g_str_equal (known->key, key))
        return TRUE;
    }

  return FALSE;
}

char *
vig_known_hosts_choose (GPtrArray *lines, gboolean *revoked)
{
  *revoked = FALSE;
  for (guint kind = 0; kinds[kind] != NULL; kind++)
    for (guint i = 0; i < lines->len; i++)
      {
        VigKnownHost *known = g_ptr_array_index (lines, i);

        if (g_strcmp0 (known->marker, "@revoked") == 0)
          *revoked = TRUE;
        if (known->marker == NULL && is_key_of (known->key, kinds[kind]) && !is_revoked (lines, known->key))
          return g_strdup (known->key);
      }

  return NULL;
}
