/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What is known of a call when it is judged. Borrowed. */
typedef struct
{
  const VigToolInfo *tool;                /* NULL: there is no such tool */
  gboolean           frozen;              /* the panic switch is pressed */
  gboolean           operator_enabled;
  gboolean           assigned;
  const char        *arguments_error;     /* NULL: they satisfy the schema */
  int                classified;          /* what the tool's classify says of this call; -1: it has none */
  gboolean           outward;             /* it says that words of this call go to a place that a model chose */
  gboolean           has_floor;           /* an administrator lowered this tool's level ... */
  VigLevel           floor;               /* ... to this, for calls of which the tool tells that they do no more */
  VigLevel           ceiling;
  gboolean           has_working_directory;
  VigVerdict         policy;              /* the strictest of the policy checks */
  const char        *policy_rule;
  const char        *policy_reason;
  gboolean           has_grant;           /* a live one covers exactly this call */
  gboolean           lenient;
  gboolean           tainted;             /* the conversation has read text that nobody vouches for: lenient is strict */
} VigPolicyInput;

/* Why a call may run, must wait for a person, or may not. */
typedef struct
{
  VigVerdict verdict;
  VigLevel   level;
  char      *rule;
  char      *reason; /* for people and models */
} VigDecision;

VigLevel     vig_policy_engine_level  (const VigPolicyInput *input);
VigDecision *vig_policy_engine_decide (const VigPolicyInput *input);

VigDecision *vig_decision_new         (VigVerdict verdict, VigLevel level, const char *rule, const char *reason);
void         vig_decision_free        (VigDecision *decision);
const char  *vig_verdict_to_string    (VigVerdict verdict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigDecision, vig_decision_free)

G_END_DECLS
