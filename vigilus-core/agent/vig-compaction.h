/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-redact.h"

G_BEGIN_DECLS

/* What part of a conversation has to give way to a summary, and how that part reads. Without I/O. */

/* A conversation as it is stored, and for whom. All borrowed. */
typedef struct
{
  JsonArray   *history;      /* Message of earlier runs, oldest first */
  JsonArray   *messages;     /* Message of this run */
  JsonObject  *summary;      /* what stands for its beginning; NULL: nothing yet */
  const char  *operator_name;
  VigRedactor *redactor;
  gsize        keep_bytes;   /* that are to stay as they are, about */
  gsize        result_limit; /* bytes of a tool result that are shown; 0: as stored */
} VigConversation;

#define VIG_COMPACTION_REPLY 16384 /* of a model's text that a summary is made from, and of a summary */

typedef struct
{
  GPtrArray  *pieces;     /* (element-type char*) texts of what is summarised, oldest first, none over the size that was asked for */
  char       *message_id; /* the last message that is summarised */
  gint64      n_messages; /* that the new summary stands for, with those of the one before */
  JsonObject *kept;       /* {"mentions": ["@name"], "request": text or null} */
} VigCompaction;

/* NULL: there is nothing that could be summarised. Results are never torn from their calls. */
VigCompaction *vig_compaction_new       (const VigConversation *conversation, gsize piece_bytes);
void           vig_compaction_free      (VigCompaction *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigCompaction, vig_compaction_free)

/* A summary without a model: the beginning of each line. @summary: what stands before it, or NULL. */
char          *vig_compaction_extract   (const char *summary, const char *piece);
/* As it is shown to a model in place of what it stands for. @approvals: Approval that are open, or NULL. */
char          *vig_compaction_present   (JsonObject *summary, JsonArray *approvals);

G_END_DECLS
