/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-hkdf.h"

#include "vig-crypto.h"

#include <gcrypt.h>
#include <string.h>

#define HASH_LENGTH 32

typedef struct
{
  const guint8 *data;
  gsize         length;
} Part;

static void
hmac (const guint8 *key, gsize key_length, const Part *parts, guint n_parts, guint8 output[HASH_LENGTH])
{
  gcry_md_hd_t handle;

  /* HMAC-SHA256 is in every build and mode of libgcrypt: only a lack of memory could fail here. */
  g_assert (gcry_md_open (&handle, GCRY_MD_SHA256, GCRY_MD_FLAG_HMAC | GCRY_MD_FLAG_SECURE) == 0);
  g_assert (gcry_md_setkey (handle, key, key_length) == 0);
  for (guint i = 0; i < n_parts; i++)
    gcry_md_write (handle, parts[i].data, parts[i].length);
  memcpy (output, gcry_md_read (handle, GCRY_MD_SHA256), HASH_LENGTH);
  gcry_md_close (handle);
}

/* RFC 5869, section 2.3: T(i) = HMAC (PRK, T(i-1) | info | i) */
static void
expand (const guint8 extracted[HASH_LENGTH], const guint8 *info, gsize info_length, guint8 *output, gsize length)
{
  guint8 block[HASH_LENGTH];
  gsize done = 0;

  for (guint8 i = 1; done < length; i++)
    {
      const Part parts[] = { { block, i == 1 ? 0 : HASH_LENGTH }, { info, info_length }, { &i, 1 } };
      gsize piece = MIN (length - done, HASH_LENGTH);

      hmac (extracted, HASH_LENGTH, parts, G_N_ELEMENTS (parts), block);
      memcpy (output + done, block, piece);
      done += piece;
    }

  explicit_bzero (block, sizeof block);
}

void
vig_hkdf_sha256 (const guint8 *key, gsize key_length, const guint8 *salt, gsize salt_length,
                 const guint8 *info, gsize info_length, guint8 *output, gsize length)
{
  static const guint8 no_salt[HASH_LENGTH];
  const Part parts[] = { { key, key_length } };
  guint8 extracted[HASH_LENGTH];

  g_return_if_fail (length > 0 && length <= VIG_HKDF_MAX_LENGTH);

  vig_crypto_ensure ();
  if (salt_length == 0)
    hmac (no_salt, sizeof no_salt, parts, 1, extracted);
  else
    hmac (salt, salt_length, parts, 1, extracted);
  expand (extracted, info, info_length, output, length);
  explicit_bzero (extracted, sizeof extracted);
}
