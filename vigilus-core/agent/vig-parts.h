/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-approvals.h"
#include "vig-delegation.h"
#include "vig-policy-rules.h"
#include "vig-provider-cache.h"
#include "vig-slots.h"
#include "vig-windows.h"

G_BEGIN_DECLS

/* What runs and calls share: the collaborators, kept alive for as long as anything is in flight. Main thread. */
typedef struct
{
  VigAgentContext   context;
  VigApprovals     *approvals;
  VigProviderCache *providers;
  VigSlots         *slots;
  VigDelegation    *delegation;
  VigWindows       *windows;
  VigPolicyRules   *rules;   /* the newest that was read; NULL: none yet */
  GHashTable       *schemas; /* text → VigSchema */
} VigParts;

VigParts  *vig_parts_new            (const VigAgentContext *context, VigApprovals *approvals);
VigParts  *vig_parts_ref            (VigParts *self);
void       vig_parts_unref          (VigParts *self);

/* Compiled once. */
VigSchema *vig_parts_ensure_schema  (VigParts *self, const char *text, GError **error); /* borrowed */
/* A redacted copy goes out to whoever listens. */
void       vig_parts_publish        (VigParts *self, const char *topic, const char *event, JsonObject *data);
void       vig_parts_publish_session (VigParts *self, const char *session_id, const char *event, JsonObject *data);
void       vig_parts_publish_run    (VigParts *self, JsonObject *row); /* that it changed, to its conversation's topic and to "runs" */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigParts, vig_parts_unref)

G_END_DECLS
