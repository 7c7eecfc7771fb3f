/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-error.h"

G_BEGIN_DECLS

#define VIG_TYPE_AUTHENTICATOR (vig_authenticator_get_type ())
VIG_API GType vig_authenticator_get_type (void);
G_DECLARE_INTERFACE (VigAuthenticator, vig_authenticator, VIG, AUTHENTICATOR, GObject)

/* A way to prove who one is by a secret that one types. The core stores what make_record () returns beside
 * the account and hands it back to verify (). Both may block and are called on a worker thread. */
struct _VigAuthenticatorInterface
{
  GTypeInterface g_iface;

  char    *(*make_record) (VigAuthenticator *self, const char *user_name, const char *secret, GError **error);

  /* FALSE without error: the secret is wrong. *renewed (transfer full): a better record to store, or NULL.
   * With @record NULL (no such account) it takes as long as with one, and says FALSE. */
  gboolean (*verify)      (VigAuthenticator *self, const char *user_name, const char *record, const char *secret,
                           char **renewed, GError **error);
};

VIG_API char    *vig_authenticator_make_record (VigAuthenticator *self, const char *user_name, const char *secret, GError **error);
VIG_API gboolean vig_authenticator_verify      (VigAuthenticator *self, const char *user_name, const char *record, const char *secret,
                                                char **renewed, GError **error);

G_END_DECLS
