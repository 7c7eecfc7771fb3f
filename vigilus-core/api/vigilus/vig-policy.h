/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-tool.h"

G_BEGIN_DECLS

/* In order of strictness: of several answers the strictest counts. */
typedef enum
{
  VIG_VERDICT_ALLOW, /* no objection; a grant is still needed above READ */
  VIG_VERDICT_ASK,   /* a person decides, also in lenient mode and for READ */
  VIG_VERDICT_DENY,
} VigVerdict;

/* The call that is judged. Borrowed for the time of the check. */
typedef struct
{
  const char *operator_id;
  const char *operator_name;
  const char *user_name;         /* who asked */
  const char *tool_name;
  VigLevel    level;             /* of this very call */
  VigLevel    ceiling;           /* of the Operator */
  const char *resource;          /* NULL: everything */
  JsonObject *arguments;
} VigRequestInfo;

#define VIG_TYPE_POLICY (vig_policy_get_type ())
VIG_API GType vig_policy_get_type (void);
G_DECLARE_INTERFACE (VigPolicy, vig_policy, VIG, POLICY, GObject)

struct _VigPolicyInterface
{
  GTypeInterface g_iface;

  /* Pure and quick, on the main thread. *reason (transfer full) says why, for people. It tightens, never widens. */
  VigVerdict (*check) (VigPolicy *self, const VigRequestInfo *request, char **reason);
};

VIG_API VigVerdict vig_policy_check (VigPolicy *self, const VigRequestInfo *request, char **reason);

G_END_DECLS
