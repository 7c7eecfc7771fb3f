/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-totp.h"

#include "vig-crypto.h"

#include <gcrypt.h>
#include <string.h>

#define SECRET_BYTES 20

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

GBytes *
vig_base32_decode (const char *text)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint32 held = 0;
  guint bits = 0;

  for (const char *at = text; *at != '\0' && *at != '='; at++)
    {
      const char *found = strchr (ALPHABET, g_ascii_toupper (*at));
      guint8 byte;

      if (*at == ' ')
        continue;
      if (found == NULL)
        return NULL;
      held = held << 5 | (guint32) (found - ALPHABET);
      bits += 5;
      if (bits < 8)
        continue;
      bits -= 8;
      byte = (guint8) (held >> bits);
      g_byte_array_append (bytes, &byte, 1);
    }

  return bytes->len > 0 ? g_byte_array_free_to_bytes (g_steal_pointer (&bytes)) : NULL;
}

static char *
encode (const guint8 *bytes, gsize length)
{
  GString *text = g_string_new (NULL);
  guint32 held = 0;
  guint bits = 0;

  for (gsize i = 0; i < length; i++)
    {
      held = held << 8 | bytes[i];
      for (bits += 8; bits >= 5; bits -= 5)
        g_string_append_c (text, ALPHABET[held >> (bits - 5) & 31]);
    }
  if (bits > 0)
    g_string_append_c (text, ALPHABET[held << (5 - bits) & 31]);

  return g_string_free (text, FALSE);
}

char *
vig_totp_new_secret (void)
{
  guint8 bytes[SECRET_BYTES];
  char *text;

  vig_crypto_ensure ();
  gcry_randomize (bytes, sizeof bytes, GCRY_STRONG_RANDOM);
  text = encode (bytes, sizeof bytes);
  explicit_bzero (bytes, sizeof bytes);

  return text;
}

char *
vig_totp_make_uri (const char *issuer, const char *account, const char *secret)
{
  g_autofree char *escaped_issuer = g_uri_escape_string (issuer, NULL, FALSE);
  g_autofree char *escaped_account = g_uri_escape_string (account, NULL, FALSE);

  return g_strdup_printf ("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d", escaped_issuer, escaped_account, secret,
                          escaped_issuer, VIG_TOTP_DIGITS, VIG_TOTP_PERIOD);
}

/* RFC 4226, section 5.3 */
char *
vig_totp_code (GBytes *secret, GChecksumType algorithm, guint64 counter, guint digits)
{
  gsize key_length;
  const guint8 *key = g_bytes_get_data (secret, &key_length);
  guint64 message = GUINT64_TO_BE (counter);
  GHmac *hmac = g_hmac_new (algorithm, key, key_length);
  guint8 digest[64];
  gsize length = sizeof digest;
  guint32 number, limit = 1;
  guint offset;

  g_hmac_update (hmac, (const guchar *) &message, sizeof message);
  g_hmac_get_digest (hmac, digest, &length);
  g_hmac_unref (hmac);
  offset = digest[length - 1] & 15;
  number = (digest[offset] & 127u) << 24 | (guint32) digest[offset + 1] << 16 | (guint32) digest[offset + 2] << 8 | digest[offset + 3];
  for (guint i = 0; i < digits; i++)
    limit *= 10;

  return g_strdup_printf ("%0*u", (int) digits, number % limit);
}

/* @text without its blanks, where it is nothing but the digits of a code; else NULL. */
static char *
clean (const char *text)
{
  g_autoptr (GString) code = g_string_new (NULL);

  for (; *text != '\0'; text++)
    if (g_ascii_isdigit (*text))
      g_string_append_c (code, *text);
    else if (*text != ' ')
      return NULL;

  return code->len == VIG_TOTP_DIGITS ? g_strdup (code->str) : NULL;
}

gboolean
vig_totp_verify (GBytes *secret, const char *code, gint64 seconds, gint64 *last_step)
{
  g_autofree char *wanted = clean (code);
  gint64 now = seconds / VIG_TOTP_PERIOD;
  gint64 found = -1;

  if (wanted == NULL)
    return FALSE;

  for (gint64 step = MAX (now - VIG_TOTP_WINDOW, 0); step <= now + VIG_TOTP_WINDOW; step++)
    {
      g_autofree char *right = vig_totp_code (secret, G_CHECKSUM_SHA1, (guint64) step, VIG_TOTP_DIGITS);
      guint different = 0;

      for (guint i = 0; i < VIG_TOTP_DIGITS; i++)
        different |= (guint) (right[i] ^ wanted[i]);
      if (different == 0 && step > *last_step && found < 0)
        found = step;
    }
  if (found < 0)
    return FALSE;

  *last_step = found;

  return TRUE;
}
