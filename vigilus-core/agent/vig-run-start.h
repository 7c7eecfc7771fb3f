/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-run-store.h"

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
  JsonArray *attachments; /* ids, or NULL */
  char    *origin;      /* made from another run, see vig-run-again.h; NULL: none */
  char    *origin_id;
  gboolean unattended;
  gboolean is_test;     /* nothing is approved by itself, whatever the trust mode */
  char    *operator_id; /* of a test, or of a try; NULL: it is routed */
  char    *tool;        /* a try: no model is asked, the Operator makes this one call, and the run ends with it */
  char    *arguments;   /* of it, JSON text */
  VigRedactor *redactor; /* for what others are told of the question */
} VigRunStart;

/* The id of such a call, for what a run does next follows from its transcript. */
#define VIG_RUN_TRY_CALL "tried-by-a-person"

VigRunStart *vig_run_start_new   (const VigCaller *caller, const char *session_id, const char *text);
VigRunStart *vig_run_start_again (const VigCaller *caller, const char *message_id); /* the question that this message came of */
VigRunStart *vig_run_start_try   (const VigCaller *caller, const char *operator_id, const char *tool, JsonObject *arguments);
void         vig_run_start_free  (gpointer start);

typedef struct
{
  JsonObject   *stored; /* {"run": Run, "message": Message|null, "session": Session, as it was before} */
  VigRunLoaded *loaded; /* what the run begins with; NULL: it has to be read */
} VigRunStarted;

void         vig_run_started_free (gpointer started);

/* VigDbFunc: VigRunStarted. Errors: NOT_FOUND session or message,
 * CONFLICT a run is live in it; to try: INVALID the Operator does not have the tool. */
gpointer     vig_run_start_write (VigDbConnection *db, gpointer start, GError **error);

G_END_DECLS
