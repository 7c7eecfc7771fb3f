/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-secret-sources.h"
#include "vig-vault.h"
#include "vig-worker.h"

G_BEGIN_DECLS

/* How the installation's secret gets from where it stands, or from a person, into the vault. Main thread. */
#define VIG_TYPE_UNLOCK (vig_unlock_get_type ())
G_DECLARE_FINAL_TYPE (VigUnlock, vig_unlock, VIG, UNLOCK, GObject)

typedef enum
{
  VIG_UNLOCK_LOADING, /* being looked for and stretched */
  VIG_UNLOCK_MISSING, /* a person must set one */
  VIG_UNLOCK_OK,
  VIG_UNLOCK_CHANGED, /* another than the one that credentials were sealed with */
} VigUnlockState;

VigUnlock     *vig_unlock_new         (VigConfig *config, VigDb *db, VigVault *vault, VigWorker *worker);
VigUnlockState vig_unlock_get_state   (VigUnlock *self);

/* Looks for the secret in its places. Not finding one is no error. */
void           vig_unlock_load_async  (VigUnlock *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean       vig_unlock_load_finish (VigUnlock *self, GAsyncResult *result, GError **error);

/* @keep: "keyring", "file" or "nowhere". Errors: CONFLICT there is a secret; INVALID too weak; DENIED stored credentials were sealed
 * with another one (nothing is kept then); UNAVAILABLE it cannot be kept there. */
void           vig_unlock_set_async   (VigUnlock *self, const char *passphrase, const char *keep,
                                       GAsyncReadyCallback callback, gpointer user_data);
gboolean       vig_unlock_set_finish  (VigUnlock *self, GAsyncResult *result, GError **error);

G_END_DECLS
