/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"
#include "vig-operator.h"
#include "vig-policy-rules.h"

G_BEGIN_DECLS

/* What a call needs of the settings. */
typedef struct
{
  gboolean lenient;
  gboolean taint_is_strict;
  gint64   output_limit; /* bytes */
  gint64   output_keep;  /* KiB */
  gint64   wait;         /* minutes that an approval stays open */
} VigCallSettings;

/* What has to be known to judge a call, read at one moment. */
typedef struct
{
  /* asked */
  GBytes      *key;          /* NULL: no secret, so no grant is valid */
  gint64       now;
  char        *operator_id;
  char        *tool;
  VigLevel     declared;     /* of the tool */
  int          classified;   /* of the call, -1: not told */
  char        *arguments_sha256;
  char        *approval_id;  /* NULL: nothing was requested yet */
  char        *call_id;      /* NULL: no conversation is asked for */
  char        *session_id;
  gint64       known_policy; /* version of the rules that need not be read; -1: none */
  char        *resource;     /* answered in its canonical form */
  /* answered */
  VigOperator *operator;     /* NULL: it is gone */
  VigCallSettings settings;
  VigLevel     level;        /* of the call, with the floor */
  VigPolicyRules *rules;     /* NULL: the known ones are the newest */
  gboolean     has_floor;
  VigLevel     floor;
  char        *grant_id;     /* NULL: none covers the call */
  char        *grant_end;    /* when it expires, as ISO 8601 */
  JsonObject  *approval;     /* NULL: none */
  gboolean     tainted;      /* the conversation had read something from outside */
  gboolean     unattended;
  gboolean     frozen;       /* the panic switch is pressed */
} VigCallFacts;

void     vig_call_facts_free (gpointer facts);
gpointer vig_call_facts_read (VigDbConnection *db, gpointer facts, GError **error); /* VigDbFunc: TRUE */

/* One step of a call, as one transaction: grant, approval, audit records, then the call itself. All that is set is owned. */
typedef struct
{
  VigRedactor *redactor;
  char        *call_id;
  JsonObject  *changes;
  JsonArray   *audit;
  char        *operator_id;
  char        *tool;
  char        *grant_id;      /* must still be live, CONFLICT otherwise; one for once is used up */
  GBytes      *key;
  JsonObject  *grant;         /* a new one, used up at once: lenient mode */
  gint64       now;
  JsonObject  *approval;      /* to request; what the conversation had read from outside is added here */
  char        *cancel_id;     /* request to cancel, if it is still open */
  char        *taint_plugin;  /* whose words the result is in: they mark the conversation */
  char        *result;        /* what the tool returned, redacted and cut here */
  gsize        result_limit;
  gsize        keep_limit;    /* of what is kept, where the result is over the limit */
  char        *whole;         /* made here */
  gboolean     result_is_error;
  gboolean     reads_back;    /* the whole row is wanted */
  gboolean     tell_noted;    /* the result is not the tool's own: what the call noted before its change is added */
} VigCallWrite;

VigCallWrite *vig_call_write_new  (VigRedactor *redactor, const char *call_id);
void          vig_call_write_free (gpointer write);
/* VigDbFunc: {"call": Call or null, "result": what was stored or null, "approval": Approval or null, "cancelled": Approval or null}. May be called again. */
gpointer      vig_call_write_run  (VigDbConnection *db, gpointer write, GError **error);

G_END_DECLS
