/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* How a run begins: what is said, where in which conversation. All members are owned. */
typedef struct
{
  char    *user_id;
  char    *session_id;  /* NULL: a new one, titled after the text */
  char    *text;
  gboolean has_parent;  /* whether it follows parent_id instead of what is shown */
  char    *parent_id;   /* NULL: nothing, it begins a branch of its own */
  char    *question_id; /* answers this message of a person again; text and parent are not used */
  gboolean unattended;
  gboolean is_test;     /* nothing is approved by itself, whatever the trust mode */
  char    *operator_id; /* of a test; NULL: it is routed */
} VigRunStart;

VigRunStart *vig_run_start_new   (const VigCaller *caller, const char *session_id, const char *text);
VigRunStart *vig_run_start_again (const VigCaller *caller, const char *message_id); /* the question that this message came of */
void         vig_run_start_free  (gpointer start);

/* VigDbFunc: {"run": Run, "message": Message|null, "session": Session, "is_new": whether the session is}. Errors: NOT_FOUND session or message,
 * CONFLICT a run is live in it. */
gpointer     vig_run_start_write (VigDbConnection *db, gpointer start, GError **error);

G_END_DECLS
