/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <cbor.h>

#include "vig-webauthn.h"

#include "vig-crypto.h"

#include <gcrypt.h>
#include <string.h>

#define MAX_CLIENT_DATA 8192
#define MAX_ATTESTATION 32768
#define MAX_ID          1023 /* section 5.1.3 */
#define HASH_BYTES      32

/* Section 6.1: the hash of the RP ID, the flags, the counter; then AAGUID, id and key where there is a new credential. */
#define FIXED_BYTES  (HASH_BYTES + 1 + 4)
#define AAGUID_BYTES 16
#define FLAG_PRESENT    0x01
#define FLAG_VERIFIED   0x04
#define FLAG_ELIGIBLE   0x08
#define FLAG_BACKED_UP  0x10
#define FLAG_CREDENTIAL 0x40
#define FLAG_EXTENSIONS 0x80

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the passkey's answer is not usable: %s", what);

  return FALSE;
}

GBytes *
vig_base64url_decode (const char *text)
{
  static const char *const paddings[] = { "", NULL, "==", "=" };
  const char *padding = paddings[strlen (text) % 4];
  g_autofree char *padded = padding != NULL && strchr (text, '=') == NULL ? g_strconcat (text, padding, NULL) : NULL;

  return padded != NULL ? vig_crypto_base64_url (padded) : NULL;
}

char *
vig_base64url_encode (const guint8 *data, gsize length)
{
  char *text = g_base64_encode (data, length);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  g_strdelimit (text, "=", '\0');

  return text;
}

static gboolean
check_embedding (const VigWebauthnExpected *expected, JsonObject *object, GError **error)
{
  const char *top_origin = vig_json_get_string (object, "topOrigin", NULL);

  if (!vig_json_get_boolean (object, "crossOrigin", FALSE) && top_origin == NULL)
    return TRUE;
  if (expected->top_origin != NULL && g_strcmp0 (top_origin, expected->top_origin) == 0)
    return TRUE;

  return refuse (error, "it was given inside a page of another origin");
}

static gboolean
check_client_data (const VigWebauthnExpected *expected, const char *type, GBytes *client_data, GError **error)
{
  gsize length;
  const char *text = g_bytes_get_data (client_data, &length);
  g_autoptr (JsonObject) object = vig_json_parse_object (text, (gssize) length, MAX_CLIENT_DATA, NULL);

  if (object == NULL)
    return refuse (error, "its client data is not a JSON object");
  if (g_strcmp0 (vig_json_get_string (object, "type", NULL), type) != 0)
    return refuse (error, "it is for something else");
  if (g_strcmp0 (vig_json_get_string (object, "challenge", NULL), expected->challenge) != 0)
    return refuse (error, "it answers another challenge");
  if (g_strcmp0 (vig_json_get_string (object, "origin", NULL), expected->origin) != 0)
    return refuse (error, "it was given at another origin");

  return check_embedding (expected, object, error);
}

static gboolean
check_flags (guint8 flags, const VigWebauthnExpected *expected, GError **error)
{
  if ((flags & FLAG_PRESENT) == 0)
    return refuse (error, "nobody was there");
  if (expected->need_verified && (flags & FLAG_VERIFIED) == 0)
    return refuse (error, "it did not verify who was there");
  if ((flags & FLAG_ELIGIBLE) == 0 && (flags & FLAG_BACKED_UP) != 0)
    return refuse (error, "it says to be backed up and that it cannot be");

  return TRUE;
}

static gboolean
check_fixed (const VigWebauthnExpected *expected, const guint8 *data, gsize length, GError **error)
{
  guint8 hash[HASH_BYTES];

  if (length < FIXED_BYTES)
    return refuse (error, "it is too short");
  gcry_md_hash_buffer (GCRY_MD_SHA256, hash, expected->rp_id, strlen (expected->rp_id));
  if (memcmp (hash, data, HASH_BYTES) != 0)
    return refuse (error, "it is for another host name");

  return check_flags (data[HASH_BYTES], expected, error);
}

static guint32
read_counter (const guint8 *data)
{
  guint32 counter;

  memcpy (&counter, data + HASH_BYTES + 1, sizeof counter);

  return GUINT32_FROM_BE (counter);
}

/* What follows the fixed part has to be, to the last byte, what the flags say. */
static gboolean
check_rest (const guint8 *data, gsize length, guint8 flags, GError **error)
{
  gsize used = 0;

  if ((flags & FLAG_EXTENSIONS) != 0)
    {
      g_autoptr (cbor_item_t) map = vig_cose_load_map (data, length, &used);

      if (map == NULL)
        return refuse (error, "its extensions are no map");
    }

  return used == length || refuse (error, "there is something after its end");
}

static gboolean
read_credential (const guint8 *data, gsize length, VigWebauthnCredential *credential, GError **error)
{
  const guint8 *at = data + FIXED_BYTES + AAGUID_BYTES;
  gsize left, id_length, used = 0;
  g_autoptr (cbor_item_t) map = NULL;

  if ((data[HASH_BYTES] & FLAG_CREDENTIAL) == 0 || length < FIXED_BYTES + AAGUID_BYTES + 2)
    return refuse (error, "there is no credential in it");
  id_length = (gsize) at[0] << 8 | at[1];
  at += 2;
  left = length - FIXED_BYTES - AAGUID_BYTES - 2;
  if (id_length == 0 || id_length > MAX_ID || id_length > left)
    return refuse (error, "its id is too long");

  map = vig_cose_load_map (at + id_length, left - id_length, &used);
  if (map == NULL)
    return refuse (error, "its public key is no map");
  credential->id = g_bytes_new (at, id_length);
  credential->key = g_bytes_new (at + id_length, used);
  credential->counter = read_counter (data);
  credential->verified = (data[HASH_BYTES] & FLAG_VERIFIED) != 0;

  return check_rest (at + id_length + used, left - id_length - used, data[HASH_BYTES], error)
         && vig_cose_check (credential->key, &credential->algorithm, error);
}

gboolean
vig_webauthn_register (const VigWebauthnExpected *expected, GBytes *client_data, GBytes *attestation, VigWebauthnCredential *credential, GError **error)
{
  gsize length, used = 0;
  const guint8 *data = g_bytes_get_data (attestation, &length);
  g_autoptr (cbor_item_t) map = NULL;
  cbor_item_t *found;

  vig_crypto_ensure ();
  memset (credential, 0, sizeof *credential);
  if (!check_client_data (expected, "webauthn.create", client_data, error))
    return FALSE;

  map = length <= MAX_ATTESTATION ? vig_cose_load_map (data, length, &used) : NULL;
  found = map != NULL && used == length ? vig_cose_find (map, "authData") : NULL;
  if (found == NULL || !cbor_isa_bytestring (found) || !cbor_bytestring_is_definite (found))
    return refuse (error, "its attestation object is not a map with authData");

  return check_fixed (expected, cbor_bytestring_handle (found), cbor_bytestring_length (found), error)
         && read_credential (cbor_bytestring_handle (found), cbor_bytestring_length (found), credential, error);
}

static GBytes *
make_signed (GBytes *authenticator_data, GBytes *client_data)
{
  GByteArray *message = g_byte_array_new ();
  guint8 hash[HASH_BYTES];
  gsize length;
  const guint8 *data = g_bytes_get_data (client_data, &length);

  gcry_md_hash_buffer (GCRY_MD_SHA256, hash, data, length);
  data = g_bytes_get_data (authenticator_data, &length);
  g_byte_array_append (message, data, (guint) length);
  g_byte_array_append (message, hash, sizeof hash);

  return g_byte_array_free_to_bytes (message);
}

gboolean
vig_webauthn_assert (const VigWebauthnExpected *expected, GBytes *key, GBytes *client_data, GBytes *authenticator_data, GBytes *signature,
                     guint32 *counter, GError **error)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (authenticator_data, &length);
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) failure = NULL;
  guint32 sent;

  vig_crypto_ensure ();
  if (!check_client_data (expected, "webauthn.get", client_data, error) || !check_fixed (expected, data, length, error))
    return FALSE;
  if ((data[HASH_BYTES] & FLAG_CREDENTIAL) == 0 && !check_rest (data + FIXED_BYTES, length - FIXED_BYTES, data[HASH_BYTES], error))
    return FALSE;

  message = make_signed (authenticator_data, client_data);
  if (!vig_cose_verify (key, message, signature, &failure))
    {
      if (failure == NULL)
        return refuse (error, "its signature is wrong");
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  sent = read_counter (data);
  if ((sent != 0 || *counter != 0) && sent <= *counter)
    return refuse (error, "its counter did not rise: there may be a copy of it");
  *counter = sent;

  return TRUE;
}

void
vig_webauthn_credential_clear (VigWebauthnCredential *credential)
{
  g_clear_pointer (&credential->id, g_bytes_unref);
  g_clear_pointer (&credential->key, g_bytes_unref);
}
