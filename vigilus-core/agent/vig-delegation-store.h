/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-delegation.h"

G_BEGIN_DECLS

/* What VigDelegation writes and reads. All that is set is owned. */
typedef struct
{
  char    *call_id;
  char    *run_id;
  char    *asker_id;
  char    *operator_name;
  char    *task;
  VigLevel ceiling;
  VigTrust trust;
} VigDelegationStart;

void     vig_delegation_start_free (gpointer start);
/* VigDbFunc: {"run": Run, "is_new"}: the one run of this call, made where there was none yet. */
gpointer vig_delegation_start_run  (VigDbConnection *db, gpointer start, GError **error);
/* VigDbFunc over a run's id: {"operator", "run_id", "state", "answer", "incomplete": why it broke off, or missing, "is_error"}. */
gpointer vig_delegation_result_run (VigDbConnection *db, gpointer run_id, GError **error);

G_END_DECLS
