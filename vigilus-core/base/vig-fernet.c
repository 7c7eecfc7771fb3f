/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-fernet.h"

#include "vig-crypto.h"

#include <gcrypt.h>
#include <string.h>

#define VERSION       0x80
#define BLOCK_LENGTH  16
#define MAC_LENGTH    32
#define HEADER_LENGTH (1 + 8 + VIG_FERNET_IV_LENGTH)
#define HALF_KEY      (VIG_FERNET_KEY_LENGTH / 2)

gboolean
vig_fernet_parse_key (const char *text, guint8 key[VIG_FERNET_KEY_LENGTH], GError **error)
{
  g_autoptr (GBytes) bytes = vig_crypto_base64_url (text);

  if (bytes == NULL || g_bytes_get_size (bytes) != VIG_FERNET_KEY_LENGTH)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "a fernet key is 32 bytes in URL-safe base64");
      return FALSE;
    }

  memcpy (key, g_bytes_get_data (bytes, NULL), VIG_FERNET_KEY_LENGTH);

  return TRUE;
}

static gcry_error_t
open_cipher (const guint8 *key, const guint8 *iv, gcry_cipher_hd_t *handle)
{
  gcry_error_t code = gcry_cipher_open (handle, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CBC, GCRY_CIPHER_SECURE);

  if (code == 0)
    code = gcry_cipher_setkey (*handle, key + HALF_KEY, HALF_KEY);
  if (code == 0)
    code = gcry_cipher_setiv (*handle, iv, VIG_FERNET_IV_LENGTH);

  return code;
}

static gcry_error_t
open_mac (const guint8 *key, const guint8 *data, gsize length, gcry_mac_hd_t *handle)
{
  gcry_error_t code = gcry_mac_open (handle, GCRY_MAC_HMAC_SHA256, GCRY_MAC_FLAG_SECURE, NULL);

  if (code == 0)
    code = gcry_mac_setkey (*handle, key, HALF_KEY);
  if (code == 0)
    code = gcry_mac_write (*handle, data, length);

  return code;
}

static gboolean
check_code (gcry_error_t code, const char *what, GError **error)
{
  if (code != 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to %s: %s", what, gcry_strerror (code));

  return code == 0;
}

static gboolean
encrypt (const guint8 *key, const guint8 *iv, guint8 *data, gsize length, GError **error)
{
  gcry_cipher_hd_t handle = NULL;
  gcry_error_t code = open_cipher (key, iv, &handle);

  if (code == 0)
    code = gcry_cipher_encrypt (handle, data, length, NULL, 0);
  gcry_cipher_close (handle);

  return check_code (code, "encrypt", error);
}

static gboolean
sign (const guint8 *key, const guint8 *data, gsize length, guint8 mac[MAC_LENGTH], GError **error)
{
  gcry_mac_hd_t handle = NULL;
  gcry_error_t code = open_mac (key, data, length, &handle);
  gsize mac_length = MAC_LENGTH;

  if (code == 0)
    code = gcry_mac_read (handle, mac, &mac_length);
  gcry_mac_close (handle);

  return check_code (code, "sign", error);
}

/* PKCS #7 (RFC 5652, section 6.3) */
static void
pad (guint8 *data, gsize plain_length, gsize padded_length)
{
  memset (data + plain_length, (int) (padded_length - plain_length), padded_length - plain_length);
}

char *
vig_fernet_seal (const guint8 key[VIG_FERNET_KEY_LENGTH], const guint8 *plain, gsize length, gint64 now,
                 const guint8 iv[VIG_FERNET_IV_LENGTH], GError **error)
{
  gsize padded = (length / BLOCK_LENGTH + 1) * BLOCK_LENGTH;
  gsize total = HEADER_LENGTH + padded + MAC_LENGTH;
  g_autofree guint8 *token = g_malloc0 (total);
  guint64 stamp = GUINT64_TO_BE ((guint64) now);
  char *text;

  vig_crypto_ensure ();
  token[0] = VERSION;
  memcpy (token + 1, &stamp, sizeof stamp);
  memcpy (token + 1 + sizeof stamp, iv, VIG_FERNET_IV_LENGTH);
  if (length > 0)
    memcpy (token + HEADER_LENGTH, plain, length);
  pad (token + HEADER_LENGTH, length, padded);

  if (!encrypt (key, iv, token + HEADER_LENGTH, padded, error)
      || !sign (key, token, total - MAC_LENGTH, token + total - MAC_LENGTH, error))
    {
      explicit_bzero (token, total);
      return NULL;
    }

  text = g_base64_encode (token, total);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');

  return text;
}

static gboolean
check_mac (const guint8 *key, const guint8 *token, gsize total, GError **error)
{
  gcry_mac_hd_t handle = NULL;
  gcry_error_t code = open_mac (key, token, total - MAC_LENGTH, &handle);

  /* gcry_mac_verify () compares in constant time. */
  if (code == 0)
    code = gcry_mac_verify (handle, token + total - MAC_LENGTH, MAC_LENGTH);
  gcry_mac_close (handle);

  if (gcry_err_code (code) == GPG_ERR_CHECKSUM)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, "the token was changed or made with another key");
      return FALSE;
    }

  return check_code (code, "check a token", error);
}

static gboolean
check_time (const guint8 *token, gint64 now, gint64 ttl, GError **error)
{
  guint64 stamp;
  gint64 made;

  memcpy (&stamp, token + 1, sizeof stamp);
  stamp = GUINT64_FROM_BE (stamp);
  made = stamp > G_MAXINT32 * G_GINT64_CONSTANT (1024) ? G_MAXINT32 * G_GINT64_CONSTANT (1024) : (gint64) stamp;

  if (ttl == VIG_FERNET_NO_LIMIT || (made + ttl >= now && made <= now + VIG_FERNET_MAX_SKEW))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "the token is %s", made + ttl < now ? "too old" : "from the future");

  return FALSE;
}

static GBytes *
decrypt (const guint8 *key, const guint8 *token, gsize total, GError **error)
{
  gsize padded = total - HEADER_LENGTH - MAC_LENGTH;
  g_autofree guint8 *plain = g_malloc (padded);
  gcry_cipher_hd_t handle = NULL;
  gcry_error_t code = open_cipher (key, token + HEADER_LENGTH - VIG_FERNET_IV_LENGTH, &handle);
  guint8 padding;
  gboolean good;

  if (code == 0)
    code = gcry_cipher_decrypt (handle, plain, padded, token + HEADER_LENGTH, padded);
  gcry_cipher_close (handle);
  if (!check_code (code, "decrypt", error))
    return NULL;

  padding = plain[padded - 1];
  good = padding >= 1 && padding <= BLOCK_LENGTH;
  for (guint i = 1; good && i <= padding; i++)
    good = plain[padded - i] == padding;
  if (!good)
    {
      explicit_bzero (plain, padded);
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the token's padding is wrong");
      return NULL;
    }

  return g_bytes_new_take (g_steal_pointer (&plain), padded - padding);
}

GBytes *
vig_fernet_open (const guint8 key[VIG_FERNET_KEY_LENGTH], const char *token, gint64 now, gint64 ttl, GError **error)
{
  g_autoptr (GBytes) bytes = vig_crypto_base64_url (token);
  gsize total = 0;
  const guint8 *data = bytes != NULL ? g_bytes_get_data (bytes, &total) : NULL;

  vig_crypto_ensure ();
  if (total < HEADER_LENGTH + BLOCK_LENGTH + MAC_LENGTH || data[0] != VERSION
      || (total - HEADER_LENGTH - MAC_LENGTH) % BLOCK_LENGTH != 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "this is not a fernet token");
      return NULL;
    }

  if (!check_mac (key, data, total, error) || !check_time (data, now, ttl, error))
    return NULL;

  return decrypt (key, data, total, error);
}
