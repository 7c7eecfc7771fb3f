/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-panic.h"
#include "vig-plugin-loader.h"
#include "vig-runner.h"

G_BEGIN_DECLS

/* What the operations work with; borrowed. */
typedef struct
{
  const VigAgentContext *context;
  VigRunner             *runner;
  VigApprovals          *approvals;
  VigPluginLoader       *plugins;
  VigPanic              *panic;
  gint64                 started_at;
} VigDbusParts;

/* One method call on its way: who asks is known, the answer is owed. Reference counted; one that is dropped unanswered answers Failed. */
typedef struct _VigDbusCall VigDbusCall;

typedef struct
{
  const char *name;
  /* One of them: on a database thread, or on the main loop. */
  JsonNode *(*read) (VigDbConnection *db, VigDbusCall *call, GError **error);
  void      (*run)  (VigDbusCall *call);
  /* Of polkit (data/polkit), without the prefix; one of them, for all calls or for this one. Also in data/dbus. */
  const char *action;
  const char *(*choose_action) (VigDbusCall *call);
  gboolean    before_set_up; /* works without an owner */
} VigDbusOperation;

const VigDbusOperation *vig_dbus_find_operation (const char *name);

/* @keep_alive: holds what @parts points to. @required_uid: who may call; @ask_polkit: and whoever polkit lets. */
void                    vig_dbus_call_start     (const VigDbusParts *parts, GObject *keep_alive, const VigDbusOperation *operation,
                                                 uid_t required_uid, gboolean ask_polkit,
                                                 GDBusMethodInvocation *invocation); /* (transfer full) invocation */

VigDbusCall            *vig_dbus_call_ref       (VigDbusCall *self);
void                    vig_dbus_call_unref     (VigDbusCall *self);
const VigDbusParts     *vig_dbus_call_get_parts (VigDbusCall *self);
const VigCaller        *vig_dbus_call_get_owner (VigDbusCall *self); /* NULL: before set-up */
GVariant               *vig_dbus_call_get_args  (VigDbusCall *self); /* borrowed */
void                    vig_dbus_call_answer    (VigDbusCall *self, JsonNode *node); /* (transfer full) */
void                    vig_dbus_call_answer_text (VigDbusCall *self, const char *text);
void                    vig_dbus_call_fail      (VigDbusCall *self, const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigDbusCall, vig_dbus_call_unref)

G_END_DECLS
