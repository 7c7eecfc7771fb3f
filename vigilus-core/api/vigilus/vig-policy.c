/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-policy.h"

G_DEFINE_INTERFACE (VigPolicy, vig_policy, G_TYPE_OBJECT)

static void
vig_policy_default_init (VigPolicyInterface *iface)
{
}

/* A verdict that this version does not know is taken for the strictest. */
VigVerdict
vig_policy_check (VigPolicy *self, const VigRequestInfo *request, char **reason)
{
  g_autofree char *why = NULL;
  VigVerdict verdict;

  g_return_val_if_fail (VIG_IS_POLICY (self), VIG_VERDICT_DENY);
  g_return_val_if_fail (request != NULL, VIG_VERDICT_DENY);

  verdict = VIG_POLICY_GET_IFACE (self)->check (self, request, &why);
  if (reason != NULL)
    *reason = g_steal_pointer (&why);

  return (guint) verdict <= VIG_VERDICT_DENY ? verdict : VIG_VERDICT_DENY;
}
