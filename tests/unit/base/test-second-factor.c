/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"
#include "vig-totp.h"
#include "vig-webauthn.h"

#include <string.h>

static GChecksumType
get_algorithm (JsonObject *vector)
{
  const char *name = vig_json_get_string (vector, "alg", "");

  if (g_str_equal (name, "sha256"))
    return G_CHECKSUM_SHA256;

  return g_str_equal (name, "sha512") ? G_CHECKSUM_SHA512 : G_CHECKSUM_SHA1;
}

static gboolean
check_otp (JsonObject *vector, GBytes *secret)
{
  const char *code = vig_json_get_string (vector, "code", "");
  gint64 time = vig_json_get_int (vector, "time", 0);
  guint digits = (guint) vig_json_get_int (vector, "digits", 6);
  gboolean is_hotp = g_str_equal (vig_json_get_string (vector, "kind", ""), "hotp");
  g_autofree char *right = NULL;
  gint64 last = 0;

  if (!is_hotp && digits == VIG_TOTP_DIGITS)
    return vig_totp_verify (secret, code, time, &last);

  right = vig_totp_code (secret, get_algorithm (vector), (guint64) (is_hotp ? vig_json_get_int (vector, "counter", 0) : time / VIG_TOTP_PERIOD), digits);

  return g_str_equal (right, code);
}

static void
test_codes (void)
{
  g_autoptr (JsonNode) vectors = vig_test_load_json ("auth/otp.json");
  JsonArray *array = json_node_get_array (vectors);
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *vector = json_array_get_object_element (array, i);
      const char *kind = vig_json_get_string (vector, "kind", "");
      g_autoptr (GBytes) secret = vig_base32_decode (vig_json_get_string (vector, "secret_b32", ""));

      g_test_message ("%s", vig_json_get_string (vector, "source", ""));
      if (!g_str_equal (kind, "totp") && !g_str_equal (kind, "hotp"))
        continue;
      g_assert_nonnull (secret);
      g_assert_cmpint (check_otp (vector, secret), ==, vig_json_get_boolean (vector, "valid", FALSE));
      n++;
    }
  g_assert_cmpuint (n, >=, 26);
}

/* RFC 6238, section 5.2 */
static void
test_replay (void)
{
  g_autoptr (GBytes) secret = vig_base32_decode ("gezd gnbv gy3t qojq GEZDGNBVGY3TQOJQ");
  gint64 last = 0;

  g_assert_true (vig_totp_verify (secret, "921 300", 1700000000, &last));
  g_assert_cmpint (last, ==, 1700000000 / VIG_TOTP_PERIOD);
  g_assert_false (vig_totp_verify (secret, "921300", 1700000000, &last));
  for (gint64 offset = -1; offset <= 1; offset++)
    {
      g_autofree char *code = vig_totp_code (secret, G_CHECKSUM_SHA1, (guint64) (1700000000 / VIG_TOTP_PERIOD + offset), VIG_TOTP_DIGITS);

      g_assert_cmpint (vig_totp_verify (secret, code, 1700000000, &last), ==, offset > 0);
    }
}

static void
test_secrets (void)
{
  g_autofree char *one = vig_totp_new_secret ();
  g_autofree char *other = vig_totp_new_secret ();
  g_autofree char *uri = vig_totp_make_uri ("Vigilus", "ada & co", "JBSWY3DPEHPK3PXP");
  g_autoptr (GBytes) decoded = vig_base32_decode (one);

  g_assert_cmpuint (strlen (one), ==, 32);
  g_assert_cmpuint (g_bytes_get_size (decoded), ==, 20);
  g_assert_cmpstr (one, !=, other);
  g_assert_cmpstr (uri, ==, "otpauth://totp/Vigilus:ada%20%26%20co?secret=JBSWY3DPEHPK3PXP&issuer=Vigilus&algorithm=SHA1&digits=6&period=30");
  g_assert_null (vig_base32_decode ("JBSWY3DP1"));
  g_assert_null (vig_base32_decode (""));
}

static GBytes *
from_hex (const char *hex)
{
  gsize length = strlen (hex) / 2;
  guint8 *bytes = g_malloc (length + 1);

  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));

  return g_bytes_new_take (bytes, length);
}

static GBytes *
get_hex (JsonObject *vector, const char *part, const char *name)
{
  return from_hex (vig_json_get_string (vig_json_get_object (vector, part), name, ""));
}

static char *
get_challenge (JsonObject *vector, const char *part)
{
  g_autoptr (GBytes) bytes = get_hex (vector, part, "challenge");

  return vig_base64url_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static gboolean
check_passkey (JsonObject *vector, guint32 counter, GError **error)
{
  g_autofree char *created = get_challenge (vector, "registration");
  g_autofree char *asked = get_challenge (vector, "authentication");
  g_autoptr (GBytes) client_data = get_hex (vector, "registration", "clientDataJSON");
  g_autoptr (GBytes) attestation = get_hex (vector, "registration", "attestationObject");
  g_autoptr (GBytes) id = get_hex (vector, "registration", "credential_id");
  g_autoptr (GBytes) authenticator_data = get_hex (vector, "authentication", "authenticatorData");
  g_autoptr (GBytes) answer_data = get_hex (vector, "authentication", "clientDataJSON");
  g_autoptr (GBytes) signature = get_hex (vector, "authentication", "signature");
  VigWebauthnExpected expected = { vig_json_get_string (vector, "rp_id", ""), vig_json_get_string (vector, "origin", ""),
                                   vig_json_get_string (vector, "top_origin", NULL), created, FALSE };
  g_auto (VigWebauthnCredential) credential = { 0 };

  if (!vig_webauthn_register (&expected, client_data, attestation, &credential, error))
    return FALSE;
  g_assert_true (g_bytes_equal (credential.id, id));
  g_assert_cmpint (credential.algorithm, ==, vig_json_get_int (vector, "cose_alg", 0));
  expected.challenge = asked;

  return vig_webauthn_assert (&expected, credential.key, answer_data, authenticator_data, signature, &counter, error);
}

/* Those of the specification; what makes one of them invalid is in its name. ES384, ES512 and Ed448 keys are refused as unknown. */
static void
test_passkeys (void)
{
  g_autoptr (JsonNode) vectors = vig_test_load_json ("auth/webauthn.json");
  JsonArray *array = json_node_get_array (vectors);
  guint n_valid = 0, n_invalid = 0;

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *vector = json_array_get_object_element (array, i);
      gint64 algorithm = vig_json_get_int (vector, "cose_alg", 0);
      gboolean is_known = algorithm == VIG_COSE_ES256 || algorithm == VIG_COSE_EDDSA || algorithm == VIG_COSE_RS256;
      gboolean is_valid = vig_json_get_boolean (vector, "valid", FALSE) && is_known;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", vig_json_get_string (vector, "name", ""));
      g_assert_cmpint (check_passkey (vector, 0, &error), ==, is_valid);
      if (is_valid)
        g_assert_no_error (error);
      else
        g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
      n_valid += is_valid;
      n_invalid += !is_valid;
    }
  g_assert_cmpuint (n_valid, >=, 6);
  g_assert_cmpuint (n_invalid, >=, 40);
}

/* Every byte of an answer matters, and no prefix of one crashes. */
static void
test_damaged (void)
{
  g_autoptr (JsonNode) vectors = vig_test_load_json ("auth/webauthn.json");
  JsonObject *vector = json_array_get_object_element (json_node_get_array (vectors), 0);
  g_autofree char *created = get_challenge (vector, "registration");
  g_autoptr (GBytes) client_data = get_hex (vector, "registration", "clientDataJSON");
  g_autoptr (GBytes) attestation = get_hex (vector, "registration", "attestationObject");
  const VigWebauthnExpected expected = { "example.org", "https://example.org", NULL, created, FALSE };
  const VigWebauthnExpected strict = { "example.org", "https://example.org", NULL, created, TRUE };
  g_auto (VigWebauthnCredential) unverified = { 0 };
  gsize length = g_bytes_get_size (attestation);

  for (gsize i = 0; i < length; i++)
    {
      g_autoptr (GBytes) cut = g_bytes_new_from_bytes (attestation, 0, i);
      g_auto (VigWebauthnCredential) credential = { 0 };

      g_assert_false (vig_webauthn_register (&expected, client_data, cut, &credential, NULL));
    }
  g_assert_cmpint (vig_webauthn_register (&strict, client_data, attestation, &unverified, NULL), ==, unverified.verified);
}

static void
test_counter (void)
{
  g_autoptr (JsonNode) vectors = vig_test_load_json ("auth/webauthn.json");
  JsonObject *vector = json_array_get_object_element (json_node_get_array (vectors), 0);
  g_autoptr (GError) error = NULL;

  g_assert_true (check_passkey (vector, 0, NULL));
  g_assert_false (check_passkey (vector, 7, &error));
  g_assert_nonnull (strstr (error->message, "counter"));
}

/* A page of somebody else may not embed ours and ask there. */
static void
test_embedded (void)
{
  g_autoptr (JsonNode) vectors = vig_test_load_json ("auth/webauthn.json");
  JsonArray *array = json_node_get_array (vectors);

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *vector = json_array_get_object_element (array, i);
      g_autoptr (GError) error = NULL;

      if (strstr (vig_json_get_string (vector, "name", ""), "topOrigin") == NULL || !vig_json_get_boolean (vector, "valid", FALSE))
        continue;
      json_object_remove_member (vector, "top_origin");
      g_assert_false (check_passkey (vector, 0, &error));
      g_assert_nonnull (strstr (error->message, "another origin"));
      return;
    }
  g_assert_not_reached ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/second-factor/codes", test_codes);
  g_test_add_func ("/second-factor/replay", test_replay);
  g_test_add_func ("/second-factor/secrets", test_secrets);
  g_test_add_func ("/second-factor/passkeys", test_passkeys);
  g_test_add_func ("/second-factor/damaged", test_damaged);
  g_test_add_func ("/second-factor/counter", test_counter);
  g_test_add_func ("/second-factor/embedded", test_embedded);

  return g_test_run ();
}
