/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <cbor.h>

#include "vig-cose.h"

#include "vig-crypto.h"

#include <gcrypt.h>
#include <string.h>

#define MAX_MEMBERS  16
#define MAP_TYPE     0xa0 /* RFC 8949, section 3.1 */
#define P256_BYTES   32
#define ED25519_BYTES 32
#define MIN_RSA_BYTES 256
#define MAX_RSA_BYTES 1024

typedef struct
{
  int     algorithm;
  GBytes *first;  /* x, or n */
  GBytes *second; /* y, or e; NULL for Ed25519 */
} Key;

static void
clear_key (Key *key)
{
  g_clear_pointer (&key->first, g_bytes_unref);
  g_clear_pointer (&key->second, g_bytes_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Key, clear_key)

void
vig_cose_unref (cbor_item_t *item)
{
  cbor_decref (&item);
}

cbor_item_t *
vig_cose_load_map (const guint8 *data, gsize length, gsize *used)
{
  struct cbor_load_result result;
  cbor_item_t *item;

  if (length == 0 || data[0] < MAP_TYPE || data[0] > MAP_TYPE + MAX_MEMBERS)
    return NULL;

  item = cbor_load (data, length, &result);
  if (item != NULL)
    *used = result.read;

  return item;
}

cbor_item_t *
vig_cose_find (cbor_item_t *map, const char *name)
{
  struct cbor_pair *pairs = cbor_map_handle (map);
  cbor_item_t *found = NULL;

  for (gsize i = 0; i < cbor_map_size (map); i++)
    {
      cbor_item_t *key = pairs[i].key;

      if (!cbor_isa_string (key) || !cbor_string_is_definite (key) || cbor_string_length (key) != strlen (name)
          || memcmp (cbor_string_handle (key), name, strlen (name)) != 0)
        continue;
      if (found != NULL)
        return NULL;
      found = pairs[i].value;
    }

  return found;
}

static gboolean
get_number (cbor_item_t *item, gint64 *number)
{
  if (item == NULL || !(cbor_isa_uint (item) || cbor_isa_negint (item)) || cbor_get_int (item) > G_MAXINT32)
    return FALSE;

  *number = cbor_isa_uint (item) ? (gint64) cbor_get_int (item) : -1 - (gint64) cbor_get_int (item);

  return TRUE;
}

static cbor_item_t *
find_label (cbor_item_t *map, gint64 label)
{
  struct cbor_pair *pairs = cbor_map_handle (map);
  cbor_item_t *found = NULL;

  for (gsize i = 0; i < cbor_map_size (map); i++)
    {
      gint64 number;

      if (!get_number (pairs[i].key, &number) || number != label)
        continue;
      if (found != NULL)
        return NULL;
      found = pairs[i].value;
    }

  return found;
}

static gboolean
is_number (cbor_item_t *map, gint64 label, gint64 wanted)
{
  gint64 number;

  return get_number (find_label (map, label), &number) && number == wanted;
}

static GBytes *
get_bytes (cbor_item_t *map, gint64 label, gsize min, gsize max)
{
  cbor_item_t *item = find_label (map, label);

  if (item == NULL || !cbor_isa_bytestring (item) || !cbor_bytestring_is_definite (item) || cbor_bytestring_length (item) < min
      || cbor_bytestring_length (item) > max)
    return NULL;

  return g_bytes_new (cbor_bytestring_handle (item), cbor_bytestring_length (item));
}

/* RFC 9053, section 7 (EC2, OKP), and RFC 8230, section 4 (RSA) */
static gboolean
read_key (cbor_item_t *map, Key *key)
{
  gint64 algorithm;

  if (!get_number (find_label (map, 3), &algorithm))
    return FALSE;

  key->algorithm = (int) algorithm;
  if (algorithm == VIG_COSE_ES256 && is_number (map, 1, 2) && is_number (map, -1, 1))
    {
      key->first = get_bytes (map, -2, P256_BYTES, P256_BYTES);
      key->second = get_bytes (map, -3, P256_BYTES, P256_BYTES);
      return key->first != NULL && key->second != NULL;
    }
  if (algorithm == VIG_COSE_EDDSA && is_number (map, 1, 1) && is_number (map, -1, 6))
    {
      key->first = get_bytes (map, -2, ED25519_BYTES, ED25519_BYTES);
      return key->first != NULL;
    }
  if (algorithm == VIG_COSE_RS256 && is_number (map, 1, 3))
    {
      key->first = get_bytes (map, -1, MIN_RSA_BYTES, MAX_RSA_BYTES);
      key->second = get_bytes (map, -2, 1, 4);
      return key->first != NULL && key->second != NULL;
    }

  return FALSE;
}

static gboolean
parse_key (GBytes *bytes, Key *key, GError **error)
{
  gsize length, used = 0;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  g_autoptr (cbor_item_t) map = vig_cose_load_map (data, length, &used);

  if (map != NULL && used == length && read_key (map, key))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the passkey's public key is of a kind that is not known here (ES256, Ed25519 and RS256 are)");

  return FALSE;
}

static gcry_error_t
build_ec_key (const Key *key, gcry_sexp_t *sexp)
{
  guint8 point[1 + 2 * P256_BYTES] = { 4 };

  memcpy (point + 1, g_bytes_get_data (key->first, NULL), P256_BYTES);
  memcpy (point + 1 + P256_BYTES, g_bytes_get_data (key->second, NULL), P256_BYTES);

  return gcry_sexp_build (sexp, NULL, "(public-key (ecc (curve \"NIST P-256\") (q %b)))", (int) sizeof point, point);
}

static gcry_error_t
build_key (const Key *key, gcry_sexp_t *sexp)
{
  gsize length, second_length;
  const guint8 *data = g_bytes_get_data (key->first, &length);
  const guint8 *second;

  if (key->algorithm == VIG_COSE_ES256)
    return build_ec_key (key, sexp);
  if (key->algorithm == VIG_COSE_EDDSA)
    return gcry_sexp_build (sexp, NULL, "(public-key (ecc (curve Ed25519) (flags eddsa) (q %b)))", (int) length, data);

  second = g_bytes_get_data (key->second, &second_length);

  return gcry_sexp_build (sexp, NULL, "(public-key (rsa (n %b) (e %b)))", (int) length, data, (int) second_length, second);
}

/* The next INTEGER of a DER sequence whose members are short: P-256's r or s. */
static const guint8 *
read_integer (const guint8 *at, const guint8 *end, gsize *length)
{
  if (end - at < 3 || at[0] != 2 || at[1] == 0 || at[1] > P256_BYTES + 1 || end - at - 2 < at[1])
    return NULL;

  *length = at[1];

  return at + 2;
}

/* RFC 3279, section 2.2.3 */
static gcry_error_t
build_ec_signature (GBytes *signature, gcry_sexp_t *sexp)
{
  gsize length, r_length, s_length;
  const guint8 *data = g_bytes_get_data (signature, &length);
  const guint8 *end = data + length;
  const guint8 *r, *s;

  if (length < 8 || length > 72 || data[0] != 0x30 || data[1] != length - 2)
    return GPG_ERR_BAD_SIGNATURE;
  r = read_integer (data + 2, end, &r_length);
  s = r != NULL ? read_integer (r + r_length, end, &s_length) : NULL;
  if (s == NULL || s + s_length != end || (r[0] & 128) != 0 || (s[0] & 128) != 0)
    return GPG_ERR_BAD_SIGNATURE;

  return gcry_sexp_build (sexp, NULL, "(sig-val (ecdsa (r %b) (s %b)))", (int) r_length, r, (int) s_length, s);
}

static gcry_error_t
build_signature (const Key *key, GBytes *signature, gcry_sexp_t *sexp)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (signature, &length);

  if (key->algorithm == VIG_COSE_ES256)
    return build_ec_signature (signature, sexp);
  if (key->algorithm == VIG_COSE_EDDSA)
    return length != 2 * ED25519_BYTES
             ? GPG_ERR_BAD_SIGNATURE
             : gcry_sexp_build (sexp, NULL, "(sig-val (eddsa (r %b) (s %b)))", ED25519_BYTES, data, ED25519_BYTES, data + ED25519_BYTES);
  if (length != g_bytes_get_size (key->first))
    return GPG_ERR_BAD_SIGNATURE;

  return gcry_sexp_build (sexp, NULL, "(sig-val (rsa (s %b)))", (int) length, data);
}

static gcry_error_t
build_message (const Key *key, GBytes *message, gcry_sexp_t *sexp)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (message, &length);
  guint8 hash[32];

  if (key->algorithm == VIG_COSE_EDDSA)
    return gcry_sexp_build (sexp, NULL, "(data (flags eddsa) (hash-algo sha512) (value %b))", (int) length, data);

  gcry_md_hash_buffer (GCRY_MD_SHA256, hash, data, length);
  if (key->algorithm == VIG_COSE_RS256)
    return gcry_sexp_build (sexp, NULL, "(data (flags pkcs1) (hash sha256 %b))", (int) sizeof hash, hash);

  return gcry_sexp_build (sexp, NULL, "(data (flags raw) (value %b))", (int) sizeof hash, hash);
}

static gcry_error_t
verify (const Key *key, GBytes *message, GBytes *signature)
{
  gcry_sexp_t key_sexp = NULL, message_sexp = NULL, signature_sexp = NULL;
  gcry_error_t code = build_key (key, &key_sexp);

  if (code == 0)
    code = build_message (key, message, &message_sexp);
  if (code == 0)
    code = build_signature (key, signature, &signature_sexp);
  if (code == 0)
    code = gcry_pk_verify (signature_sexp, message_sexp, key_sexp);
  gcry_sexp_release (key_sexp);
  gcry_sexp_release (message_sexp);
  gcry_sexp_release (signature_sexp);

  return code;
}

/* A point that is not on the curve is no key. */
static gboolean
is_on_curve (const Key *key)
{
  gcry_sexp_t sexp = NULL;
  gcry_ctx_t context = NULL;
  gcry_mpi_point_t point = NULL;
  gboolean good;

  if (build_ec_key (key, &sexp) != 0)
    return FALSE;
  good = gcry_mpi_ec_new (&context, sexp, NULL) == 0;
  gcry_sexp_release (sexp);
  if (!good)
    return FALSE;

  point = gcry_mpi_ec_get_point ("q", context, 1);
  good = point != NULL && gcry_mpi_ec_curve_point (point, context);
  gcry_mpi_point_release (point);
  gcry_ctx_release (context);

  return good;
}

gboolean
vig_cose_check (GBytes *bytes, int *algorithm, GError **error)
{
  g_auto (Key) key = { 0 };

  vig_crypto_ensure ();
  if (!parse_key (bytes, &key, error))
    return FALSE;
  if (key.algorithm == VIG_COSE_ES256 && !is_on_curve (&key))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the passkey's public key is not on its curve");
      return FALSE;
    }
  if (algorithm != NULL)
    *algorithm = key.algorithm;

  return TRUE;
}

gboolean
vig_cose_verify (GBytes *bytes, GBytes *message, GBytes *signature, GError **error)
{
  g_auto (Key) key = { 0 };

  vig_crypto_ensure ();

  return parse_key (bytes, &key, error) && verify (&key, message, signature) == 0;
}
