/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-secret.h"

#include "vig-crypto.h"
#include "vig-fernet.h"
#include "vig-hkdf.h"
#include "vig-test.h"

#include <string.h>

static GBytes *
from_hex (const char *hex)
{
  gsize length = strlen (hex) / 2;
  guint8 *bytes = g_malloc0 (length + 1);

  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));

  return g_bytes_new_take (bytes, length);
}

/* RFC 5869, appendix A.1 to A.3 */
static void
test_hkdf (void)
{
  static const struct { const char *key; const char *salt; const char *info; const char *output; } rows[] = {
    { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
    { "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
      "404142434445464748494a4b4c4d4e4f",
      "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
      "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
      "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
      "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
      "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
    { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) key = from_hex (rows[i].key);
      g_autoptr (GBytes) salt = from_hex (rows[i].salt);
      g_autoptr (GBytes) info = from_hex (rows[i].info);
      g_autoptr (GBytes) expected = from_hex (rows[i].output);
      gsize length = g_bytes_get_size (expected);
      g_autofree guint8 *output = g_malloc0 (length);

      vig_hkdf_sha256 (g_bytes_get_data (key, NULL), g_bytes_get_size (key), g_bytes_get_data (salt, NULL), g_bytes_get_size (salt),
                       g_bytes_get_data (info, NULL), g_bytes_get_size (info), output, length);
      g_assert_cmpmem (output, length, g_bytes_get_data (expected, NULL), length);
    }
}

/* The published rows of our variant: Argon2id version 1.3, neither key nor associated data. */
static void
test_argon2 (void)
{
  g_autoptr (JsonNode) root = vig_test_load_json ("auth/argon2.json");
  JsonArray *rows = json_node_get_array (root);
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      g_autoptr (GBytes) password = NULL;
      g_autoptr (GBytes) salt = NULL;
      g_autoptr (GBytes) tag = NULL;
      g_autofree char *text = NULL;
      g_autoptr (GError) error = NULL;
      guint8 output[32];

      if (strcmp (vig_json_get_string (row, "kind", ""), "encoded") != 0 || strcmp (vig_json_get_string (row, "variant", ""), "argon2id") != 0
          || vig_json_get_int (row, "m_kib", 0) > 65536)
        continue;

      password = from_hex (vig_json_get_string (row, "password_hex", ""));
      salt = from_hex (vig_json_get_string (row, "salt_hex", ""));
      tag = from_hex (vig_json_get_string (row, "tag_hex", ""));
      text = g_strndup (g_bytes_get_data (password, NULL), g_bytes_get_size (password));
      g_assert_true (vig_crypto_argon2id (text, salt, (guint) vig_json_get_int (row, "m_kib", 0), (guint) vig_json_get_int (row, "t", 0),
                                          (guint) vig_json_get_int (row, "p", 0), output, sizeof output, &error));
      g_assert_no_error (error);
      g_assert_cmpmem (output, sizeof output, g_bytes_get_data (tag, NULL), g_bytes_get_size (tag));
      n++;
    }

  g_assert_cmpuint (n, >=, 4);
}

static void
check_generate (JsonObject *row, const guint8 *key)
{
  g_autoptr (GBytes) iv = from_hex (vig_json_get_string (row, "iv_hex", ""));
  g_autoptr (GError) error = NULL;
  gsize length = 0;
  const char *plain_b64 = vig_json_get_string (row, "plain_b64", "");
  g_autofree guchar *plain = *plain_b64 != '\0' ? g_base64_decode (plain_b64, &length) : NULL;
  g_autofree char *token = vig_fernet_seal (key, plain, length, vig_json_get_int (row, "now", 0), g_bytes_get_data (iv, NULL), &error);

  g_assert_no_error (error);
  g_assert_cmpstr (token, ==, vig_json_get_string (row, "token", NULL));
}

static void
check_plain (JsonObject *row, GBytes *plain)
{
  const char *expected = vig_json_get_string (row, "plain_b64", NULL);
  g_autofree char *text = g_base64_encode (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain));

  g_assert_cmpstr (text, ==, expected);
}

static void
check_verify (JsonObject *row, const guint8 *key)
{
  g_autoptr (GError) error = NULL;
  gint64 ttl = vig_json_get_int (row, "ttl", VIG_FERNET_NO_LIMIT);
  g_autoptr (GBytes) plain = vig_fernet_open (key, vig_json_get_string (row, "token", ""), vig_json_get_int (row, "now", 0), ttl, &error);

  g_test_message ("%s", vig_json_get_string (row, "name", ""));
  g_assert_true ((plain != NULL) == vig_json_get_boolean (row, "valid", FALSE));
  g_assert_true ((plain == NULL) == (error != NULL));
  if (plain != NULL)
    check_plain (row, plain);
}

static void
check_rotation (JsonObject *row)
{
  JsonArray *keys = vig_json_get_array (row, "keys");
  gboolean opened = FALSE;

  for (guint i = 0; i < json_array_get_length (keys); i++)
    {
      guint8 key[VIG_FERNET_KEY_LENGTH];
      g_autoptr (GBytes) plain = NULL;

      g_assert_true (vig_fernet_parse_key (json_array_get_string_element (keys, i), key, NULL));
      plain = vig_fernet_open (key, vig_json_get_string (row, "token", ""), 0, VIG_FERNET_NO_LIMIT, NULL);
      opened = opened || plain != NULL;
    }

  g_assert_true (opened == vig_json_get_boolean (row, "valid", FALSE));
}

static void
test_fernet (void)
{
  g_autoptr (JsonNode) root = vig_test_load_json ("fernet/fernet.json");
  JsonArray *rows = json_node_get_array (root);

  g_assert_cmpuint (json_array_get_length (rows), ==, 49);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *kind = vig_json_get_string (row, "kind", "");
      guint8 key[VIG_FERNET_KEY_LENGTH];
      gboolean parsed = vig_fernet_parse_key (vig_json_get_string (row, "key", ""), key, NULL);

      if (strcmp (kind, "key") == 0)
        g_assert_true (parsed == vig_json_get_boolean (row, "valid", FALSE));
      else if (strcmp (kind, "generate") == 0)
        check_generate (row, key);
      else if (strcmp (kind, "rotate") == 0)
        check_rotation (row);
      else
        check_verify (row, key);
    }
}

static void
test_passphrases (void)
{
  static const char *bad[] = { "", "short", "1234567", "password", "Pass-Word", "CHANGE ME", "your-secret-here", "aaaaaaaaaa", "abababab", "\xff\xfe\xff\xfe\xff\xfe\xff\xfe" };
  static const char *good[] = { "tr0ub4dor and 3", "ein wenig länger", "k9#mQ2!x", "grünkohl" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (vig_secret_check_passphrase (bad[i], &error));
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
    }
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (vig_secret_check_passphrase (good[i], NULL));
}

static void
test_derive (void)
{
  g_autoptr (GBytes) salt = from_hex ("000102030405060708090a0b0c0d0e0f");
  g_autoptr (GBytes) other_salt = from_hex ("000102030405060708090a0b0c0d0e10");
  g_autoptr (VigSecret) one = vig_secret_new ("a long passphrase", salt, NULL);
  g_autoptr (VigSecret) same = vig_secret_new ("a long passphrase", salt, NULL);
  g_autoptr (VigSecret) salted = vig_secret_new ("a long passphrase", other_salt, NULL);
  g_autoptr (GBytes) grants = vig_secret_derive (one, "grants", 32);
  g_autoptr (GBytes) again = vig_secret_derive (same, "grants", 32);
  g_autoptr (GBytes) vault = vig_secret_derive (one, "vault", 32);
  g_autoptr (GBytes) elsewhere = vig_secret_derive (salted, "grants", 32);
  /* Fixed: stored data depends on it. */
  g_autofree char *sum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, grants);

  g_test_message ("%s", sum);
  g_assert_true (g_bytes_equal (grants, again));
  g_assert_false (g_bytes_equal (grants, vault));
  g_assert_false (g_bytes_equal (grants, elsewhere));
  g_assert_cmpstr (sum, ==, "86e7cc8eaa0acf53096cbbfbd993f13b1d3564482f1c2cce7677438b53847d83");
}

static void
test_seal (void)
{
  g_autoptr (GBytes) salt = from_hex ("000102030405060708090a0b0c0d0e0f");
  g_autoptr (VigSecret) one = vig_secret_new ("a long passphrase", salt, NULL);
  g_autoptr (VigSecret) other = vig_secret_new ("another passphrase", salt, NULL);
  g_autofree char *token = vig_secret_seal (one, "käse");
  g_autofree char *token_again = vig_secret_seal (one, "käse");
  g_autofree char *text = vig_secret_open (one, token, NULL);
  g_autofree char *key_text = vig_secret_dup_fernet_key (one);
  g_autoptr (GError) error = NULL;
  guint8 key[VIG_FERNET_KEY_LENGTH];

  g_assert_cmpstr (text, ==, "käse");
  g_assert_cmpstr (token, !=, token_again);
  g_assert_true (vig_fernet_parse_key (key_text, key, NULL));
  g_assert_null (vig_secret_open (other, token, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
}

static void
test_generate (void)
{
  g_autofree char *one = vig_secret_generate ();
  g_autofree char *two = vig_secret_generate ();

  g_assert_cmpuint (strlen (one), ==, 43);
  g_assert_cmpstr (one, !=, two);
  g_assert_true (vig_secret_check_passphrase (one, NULL));
}

static void
test_cost (void)
{
  g_autoptr (GBytes) salt = from_hex ("000102030405060708090a0b0c0d0e0f");
  g_autoptr (VigSecret) secret = NULL;
  double seconds;

  g_test_timer_start ();
  secret = vig_secret_new ("a long passphrase", salt, NULL);
  seconds = g_test_timer_elapsed ();
  g_assert_nonnull (secret);
  g_test_minimized_result (seconds, "derivation took %.0f ms", seconds * 1000);
  /* Too cheap to protect a typed passphrase, on any machine of today. */
  g_assert_cmpfloat (seconds, >, 0.005);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret/hkdf", test_hkdf);
  g_test_add_func ("/secret/argon2", test_argon2);
  g_test_add_func ("/secret/fernet", test_fernet);
  g_test_add_func ("/secret/passphrases", test_passphrases);
  g_test_add_func ("/secret/derive", test_derive);
  g_test_add_func ("/secret/seal", test_seal);
  g_test_add_func ("/secret/generate", test_generate);
  g_test_add_func ("/secret/cost", test_cost);

  return g_test_run ();
}
