/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-policy-engine.h"

VigDecision *
vig_decision_new (VigVerdict verdict, VigLevel level, const char *rule, const char *reason)
{
  VigDecision *self = g_new0 (VigDecision, 1);

  self->verdict = verdict;
  self->level = level;
  self->rule = g_strdup (rule);
  self->reason = g_strdup (reason);

  return self;
}

void
vig_decision_free (VigDecision *self)
{
  if (self == NULL)
    return;

  g_free (self->rule);
  g_free (self->reason);
  g_free (self);
}

const char *
vig_verdict_to_string (VigVerdict verdict)
{
  switch (verdict)
    {
    case VIG_VERDICT_ALLOW:
      return "allow";
    case VIG_VERDICT_ASK:
      return "ask";
    case VIG_VERDICT_DENY:
    default:
      return "deny";
    }
}

static VigLevel
clamp_level (int level)
{
  return level >= VIG_LEVEL_READ && level <= VIG_LEVEL_ELEVATE ? (VigLevel) level : VIG_LEVEL_ELEVATE;
}

/* The declared level, which the tool's look at the arguments can raise but never lower; unknown is the highest. Only an administrator's
 * floor goes below it, and only for a tool that looked. */
VigLevel
vig_policy_engine_level (const VigPolicyInput *input)
{
  VigLevel declared;

  if (input->tool == NULL)
    return VIG_LEVEL_ELEVATE;

  declared = clamp_level (input->tool->level);
  if (input->has_floor && input->classified >= 0 && declared < VIG_LEVEL_ELEVATE)
    declared = MIN (declared, clamp_level (input->floor));

  return input->classified < 0 ? declared : MAX (declared, clamp_level (input->classified));
}

static VigDecision *
deny (VigLevel level, const char *rule, const char *reason)
{
  return vig_decision_new (VIG_VERDICT_DENY, level, rule, reason);
}

static VigDecision *
check_existence (const VigPolicyInput *input)
{
  VigLevel level = vig_policy_engine_level (input);

  if (input->frozen)
    return deny (level, "frozen", "Vigilus is frozen: somebody pressed the panic switch, and an administrator has to unfreeze it");
  if (input->tool == NULL)
    return deny (level, "unknown-tool", "there is no such tool, or it is not available now");
  if (!input->operator_enabled)
    return deny (level, "operator-disabled", "this Operator is disabled or gone");
  if (!input->assigned)
    return deny (level, "not-assigned", "this tool is not assigned to this Operator");
  if (input->arguments_error != NULL)
    return deny (level, "invalid-arguments", input->arguments_error);

  return NULL;
}

static VigDecision *
check_limits (const VigPolicyInput *input)
{
  VigLevel level = vig_policy_engine_level (input);

  if (level > input->ceiling)
    {
      g_autofree char *reason = g_strdup_printf ("this call is of level %s, above this Operator's permission level %s",
                                                 vig_level_to_string (level), vig_level_to_string (input->ceiling));

      return deny (level, "ceiling", reason);
    }
  if ((input->tool->flags & VIG_TOOL_HOST) != 0 && !input->has_working_directory)
    return deny (level, "no-working-directory", "this tool works on this host, and this Operator has no working directory");
  if (input->policy >= VIG_VERDICT_DENY)
    return deny (level, input->policy_rule != NULL ? input->policy_rule : "policy", input->policy_reason);

  return NULL;
}

static VigDecision *
check_elevation (const VigPolicyInput *input)
{
  VigLevel level = vig_policy_engine_level (input);
  gboolean must_ask = input->policy == VIG_VERDICT_ASK;

  gboolean outward = input->tainted && (input->outward || (input->tool->flags & VIG_TOOL_OUTWARD) != 0);

  if (level == VIG_LEVEL_READ && !must_ask && !outward)
    return vig_decision_new (VIG_VERDICT_ALLOW, level, "read", "reading needs no approval");
  if (input->has_grant)
    return vig_decision_new (VIG_VERDICT_ALLOW, level, "grant", "a live grant covers this call");
  if (must_ask)
    return vig_decision_new (VIG_VERDICT_ASK, level, input->policy_rule != NULL ? input->policy_rule : "policy", input->policy_reason);
  if (level == VIG_LEVEL_READ)
    return vig_decision_new (VIG_VERDICT_ASK, level, "outward",
                             "this conversation has read text from outside, so a person has to approve what it sends out");
  if (input->lenient && input->tainted)
    return vig_decision_new (VIG_VERDICT_ASK, level, "tainted",
                             "this conversation has read text from outside, so a person has to approve although the trust mode is lenient");
  if (input->lenient)
    return vig_decision_new (VIG_VERDICT_ALLOW, level, "lenient", "approved at once: the trust mode is lenient");

  return vig_decision_new (VIG_VERDICT_ASK, level, "strict", "a person has to approve this call");
}

/* Pure: the order of the checks is the guard's, and the first that objects decides. */
VigDecision *
vig_policy_engine_decide (const VigPolicyInput *input)
{
  VigDecision *decision = check_existence (input);

  if (decision == NULL)
    decision = check_limits (input);
  if (decision == NULL)
    decision = check_elevation (input);

  return decision;
}
