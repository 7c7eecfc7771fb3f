/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* A place outside the database that checkpoints are carried to; what failed is carried again with the next one. Main thread. */
typedef struct _VigAuditPlace VigAuditPlace;

VigAuditPlace *vig_audit_place_new_file    (VigWorker *worker, const char *path);
VigAuditPlace *vig_audit_place_new_webhook (const char *url);
void           vig_audit_place_free        (VigAuditPlace *self);

void           vig_audit_place_carry       (VigAuditPlace *self, const char *note);
/* The last one: a file has it when this returns, a webhook is not told. */
void           vig_audit_place_finish      (VigAuditPlace *self, const char *note);
/* The last note that is in a file, or NULL; a webhook tells none. */
char          *vig_audit_place_read_last   (VigAuditPlace *self);
JsonObject    *vig_audit_place_describe    (VigAuditPlace *self);

G_END_DECLS
