/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* The rules that people wrote, compiled. Of the rules that match a call a deny wins, then an allow, then an ask: so an allow is an
 * exception from what other rules ask. It gives nothing: ceilings, grants and policy plugins stand as they are. Immutable, so any
 * thread may ask. */
typedef struct _VigPolicyRules VigPolicyRules;

#define VIG_POLICY_MAX_RULES 1000

/* What is asked about. Borrowed. */
typedef struct
{
  const char *operator_id;
  const char *operator_name;
  const char *user_name;
  gboolean    unattended;
  const char *tool;
  VigLevel    level;
  const char *resource;  /* canonical; NULL: everything */
  JsonObject *arguments; /* NULL: not known, so every condition on them holds for deny and ask, and none for allow */
  gint64      now;       /* microseconds since 1970 */
} VigPolicyQuery;

typedef struct
{
  VigVerdict  verdict;
  guint       rule;    /* as people count; 0: none matched */
  const char *name;    /* borrowed from the rules */
  const char *reason;  /* NULL: none was given */
  gboolean    hides;   /* the rule is about programs, and the line may run others than it shows */
} VigPolicyAnswer;

/* INVALID, naming the rule and the member: a pattern, level, day, time or zone that is none. */
VigPolicyRules *vig_policy_rules_new         (gint64 version, JsonArray *rules, GError **error);
VigPolicyRules *vig_policy_rules_ref         (VigPolicyRules *self);
void            vig_policy_rules_unref       (VigPolicyRules *self);
gint64          vig_policy_rules_get_version (VigPolicyRules *self);
VigPolicyAnswer vig_policy_rules_check       (VigPolicyRules *self, const VigPolicyQuery *query);
/* "denied by rule 3 of policy 5 (night), because ..." */
char           *vig_policy_answer_explain    (const VigPolicyAnswer *answer, gint64 version);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigPolicyRules, vig_policy_rules_unref)

G_END_DECLS
