/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-vault.h"

#include "vig-store-settings.h"

#define CHECK_TEXT     "vigilus"
#define GRANT_PURPOSE  "grants"
#define GRANT_KEY_SIZE 32 /* bytes */

struct _VigVault
{
  GObject      parent_instance;

  VigRedactor *redactor;
  GMutex       mutex;
  VigSecret   *secret;
  GBytes      *grant_key; /* derived from it */
};

G_DEFINE_FINAL_TYPE (VigVault, vig_vault, G_TYPE_OBJECT)

static void
set_closed (GError **error)
{
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "no secret is set: set VIGILUS_SECRET or enter it in the dashboard");
}

static VigSecret *
ref_secret (VigVault *self, GError **error)
{
  g_autoptr (VigSecret) secret = NULL;

  g_mutex_lock (&self->mutex);
  g_set_object (&secret, self->secret);
  g_mutex_unlock (&self->mutex);

  if (secret == NULL)
    set_closed (error);

  return g_steal_pointer (&secret);
}

gboolean
vig_vault_is_open (VigVault *self)
{
  g_autoptr (VigSecret) secret = ref_secret (self, NULL);

  return secret != NULL;
}

void
vig_vault_set_secret (VigVault *self, VigSecret *secret)
{
  g_return_if_fail (VIG_IS_VAULT (self));

  g_mutex_lock (&self->mutex);
  g_set_object (&self->secret, secret);
  g_clear_pointer (&self->grant_key, g_bytes_unref);
  self->grant_key = vig_secret_derive (secret, GRANT_PURPOSE, GRANT_KEY_SIZE);
  g_mutex_unlock (&self->mutex);
}

GBytes *
vig_vault_dup_grant_key (VigVault *self, GError **error)
{
  GBytes *key;

  g_mutex_lock (&self->mutex);
  key = self->grant_key != NULL ? g_bytes_ref (self->grant_key) : NULL;
  g_mutex_unlock (&self->mutex);

  if (key == NULL)
    set_closed (error);

  return key;
}

static gboolean
store_check (VigSecret *secret, VigDbConnection *db, GError **error)
{
  g_autofree char *token = vig_secret_seal (secret, CHECK_TEXT);

  return vig_store_value_set (db, VIG_VAULT_CHECK_NAME, token, error);
}

gboolean
vig_vault_check (VigVault *self, VigDbConnection *db, GError **error)
{
  g_autoptr (VigSecret) secret = ref_secret (self, error);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *token = NULL;
  g_autofree char *text = NULL;

  if (secret == NULL)
    return FALSE;

  token = vig_store_value_dup (db, VIG_VAULT_CHECK_NAME, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  if (token == NULL)
    return store_check (secret, db, error);

  text = vig_secret_open (secret, token, NULL);

  return g_strcmp0 (text, CHECK_TEXT) == 0;
}

char *
vig_vault_seal (VigVault *self, const char *text, GError **error)
{
  g_autoptr (VigSecret) secret = ref_secret (self, error);

  if (secret == NULL)
    return NULL;

  vig_redactor_add_value (self->redactor, text);

  return vig_secret_seal (secret, text);
}

char *
vig_vault_open (VigVault *self, const char *token, GError **error)
{
  g_autoptr (VigSecret) secret = ref_secret (self, error);
  char *text;

  if (secret == NULL)
    return NULL;

  text = vig_secret_open (secret, token, NULL);
  if (text != NULL)
    vig_redactor_add_value (self->redactor, text);
  else
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED,
                         "Stored API key can't be decrypted: VIGILUS_SECRET has changed since it was stored; enter it again");

  return text;
}

gboolean
vig_vault_can_open (VigVault *self, const char *token)
{
  g_autoptr (VigSecret) secret = ref_secret (self, NULL);
  g_autofree char *text = secret != NULL ? vig_secret_open (secret, token, NULL) : NULL;

  return text != NULL;
}

GBytes *
vig_vault_derive (VigVault *self, const char *purpose, gsize length, GError **error)
{
  g_autoptr (VigSecret) secret = ref_secret (self, error);

  return secret != NULL ? vig_secret_derive (secret, purpose, length) : NULL;
}

static void
vig_vault_finalize (GObject *object)
{
  VigVault *self = VIG_VAULT (object);

  g_clear_object (&self->secret);
  g_clear_pointer (&self->grant_key, g_bytes_unref);
  g_clear_object (&self->redactor);
  g_mutex_clear (&self->mutex);

  G_OBJECT_CLASS (vig_vault_parent_class)->finalize (object);
}

static void
vig_vault_class_init (VigVaultClass *class)
{
  G_OBJECT_CLASS (class)->finalize = vig_vault_finalize;
}

static void
vig_vault_init (VigVault *self)
{
  g_mutex_init (&self->mutex);
}

VigVault *
vig_vault_new (VigRedactor *redactor)
{
  VigVault *self = g_object_new (VIG_TYPE_VAULT, NULL);

  self->redactor = g_object_ref (redactor);

  return self;
}
