/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Holds the installation's secret once it is known, seals and opens credentials with it, and tells whether this secret is the one
 * that what is stored was sealed with. Thread-safe but for set_secret. */
#define VIG_TYPE_VAULT (vig_vault_get_type ())
G_DECLARE_FINAL_TYPE (VigVault, vig_vault, VIG, VAULT, GObject)

/* The internal value that only the right secret opens. */
#define VIG_VAULT_CHECK_NAME "secret.check"

VigVault  *vig_vault_new        (VigRedactor *redactor); /* opened credentials are told to it */
gboolean   vig_vault_is_open    (VigVault *self);        /* a secret is set */
void       vig_vault_set_secret (VigVault *self, VigSecret *secret);
/* TRUE: the secret opens the check value stored here (or stored it just now, where there was none). FALSE without error: another secret. */
gboolean   vig_vault_check      (VigVault *self, VigDbConnection *db, GError **error);

/* UNAVAILABLE: no secret is set. */
char      *vig_vault_seal       (VigVault *self, const char *text, GError **error);
/* DENIED: "Stored API key can't be decrypted: VIGILUS_SECRET has changed since it was stored; enter it again". */
char      *vig_vault_open       (VigVault *self, const char *token, GError **error);
gboolean   vig_vault_can_open   (VigVault *self, const char *token);
GBytes    *vig_vault_dup_grant_key (VigVault *self, GError **error); /* that signs grants: one for as long as the secret is the same */
GBytes    *vig_vault_derive     (VigVault *self, const char *purpose, gsize length, GError **error);

G_END_DECLS
