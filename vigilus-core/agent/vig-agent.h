/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-attachments.h"
#include "vig-audit.h"
#include "vig-events.h"
#include "vig-registry.h"
#include "vig-undo.h"
#include "vig-vault.h"
#include "vig-worker.h"

G_BEGIN_DECLS

/* The collaborators that the agent's objects share; made by the daemon, outlives them all. */
typedef struct
{
  VigDb       *db;
  VigRegistry *registry;
  VigEvents   *events;
  VigRedactor *redactor;
  VigVault    *vault;
  VigWorker   *worker;
  VigUndo     *undo; /* NULL: nothing is kept, so tools that ask for it change nothing */
  VigAttachments *attachments; /* NULL: nothing can be attached */
  gint64       minute; /* microseconds of a minute in a run's time limit; 0: as on a clock. Tests have shorter ones */
} VigAgentContext;

/* Who asks: a signed-in person. */
typedef struct
{
  const char *user_id;
  const char *user_name;
  const char *role;     /* owner, administrator, approver, viewer */
  const char *login_id; /* of a sign-in in a browser; NULL: an API token, D-Bus */
  gboolean    unattended; /* a program asks in their name: nobody sits before it */
  const char *address;  /* of the client, for the record; "D-Bus"; or NULL: nobody is there */
} VigCaller;

G_END_DECLS
