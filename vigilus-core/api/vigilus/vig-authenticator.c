/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-authenticator.h"

G_DEFINE_INTERFACE (VigAuthenticator, vig_authenticator, G_TYPE_OBJECT)

static void
vig_authenticator_default_init (VigAuthenticatorInterface *iface)
{
}

char *
vig_authenticator_make_record (VigAuthenticator *self, const char *user_name, const char *secret, GError **error)
{
  g_return_val_if_fail (VIG_IS_AUTHENTICATOR (self), NULL);
  g_return_val_if_fail (user_name != NULL, NULL);
  g_return_val_if_fail (secret != NULL, NULL);

  return VIG_AUTHENTICATOR_GET_IFACE (self)->make_record (self, user_name, secret, error);
}

gboolean
vig_authenticator_verify (VigAuthenticator *self, const char *user_name, const char *record, const char *secret,
                          char **renewed, GError **error)
{
  g_autofree char *better = NULL;
  gboolean right;

  g_return_val_if_fail (VIG_IS_AUTHENTICATOR (self), FALSE);
  g_return_val_if_fail (user_name != NULL, FALSE);
  g_return_val_if_fail (secret != NULL, FALSE);

  right = VIG_AUTHENTICATOR_GET_IFACE (self)->verify (self, user_name, record, secret, &better, error);
  if (renewed != NULL)
    *renewed = right ? g_steal_pointer (&better) : NULL;

  return right && record != NULL;
}
