/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include "vig-vault.h"

static VigSecret *
make_secret (const char *passphrase)
{
  g_autoptr (GBytes) salt = g_bytes_new_static ("0123456789abcdef", 16);
  g_autoptr (GError) error = NULL;
  VigSecret *secret = vig_secret_new (passphrase, salt, &error);

  g_assert_no_error (error);

  return secret;
}

static gpointer
check (VigDbConnection *db, gpointer data, GError **error)
{
  return GINT_TO_POINTER (vig_vault_check (data, db, error));
}

static void
test_vault (Fixture *self, gconstpointer data)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (VigVault) vault = vig_vault_new (redactor);
  g_autoptr (VigSecret) first = make_secret ("a long enough passphrase");
  g_autoptr (VigSecret) second = make_secret ("another long passphrase");
  g_autofree char *token = NULL;
  g_autofree char *text = NULL;
  g_autofree char *clean = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GBytes) grant_key = NULL;
  g_autoptr (GBytes) other_key = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (vig_vault_is_open (vault));
  g_assert_null (vig_vault_seal (vault, "sk-secret-key", &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  g_assert_null (vig_vault_dup_grant_key (vault, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  g_assert_null (vig_db_write (self->db, check, vault, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_clear_error (&error);

  vig_vault_set_secret (vault, first);
  g_assert_true (GPOINTER_TO_INT (fixture_write (self, check, vault)));
  g_assert_true (GPOINTER_TO_INT (fixture_write (self, check, vault)));
  token = vig_vault_seal (vault, "sk-secret-key", &error);
  g_assert_no_error (error);
  g_assert_true (vig_vault_can_open (vault, token));
  text = vig_vault_open (vault, token, &error);
  g_assert_cmpstr (text, ==, "sk-secret-key");
  clean = vig_redactor_apply (redactor, "the key is sk-secret-key.");
  g_assert_cmpstr (clean, ==, "the key is [redacted].");
  key = vig_vault_derive (vault, "grants", 32, &error);
  grant_key = vig_vault_dup_grant_key (vault, &error);
  g_assert_true (g_bytes_equal (grant_key, key));

  vig_vault_set_secret (vault, second);
  other_key = vig_vault_dup_grant_key (vault, &error);
  g_assert_false (g_bytes_equal (other_key, key));
  g_assert_false (GPOINTER_TO_INT (fixture_write (self, check, vault)));
  g_assert_false (vig_vault_can_open (vault, token));
  g_assert_null (vig_vault_open (vault, token, &error));
  assert_refused (error, VIG_ERROR_DENIED,
                  "Stored API key can't be decrypted: VIGILUS_SECRET has changed since it was stored; enter it again");

  /* What the other secret sealed was not overwritten. */
  vig_vault_set_secret (vault, first);
  g_assert_true (GPOINTER_TO_INT (fixture_write (self, check, vault)));
  g_assert_true (vig_vault_can_open (vault, token));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/vault", Fixture, NULL, fixture_set_up, test_vault, fixture_tear_down);

  return g_test_run ();
}
