/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* An Operator as a file that another installation can read (schema OperatorFile). */
#define VIG_OPERATOR_FILE_FORMAT 1

JsonObject *vig_operator_file_make      (VigDbConnection *db, JsonObject *operator, GError **error);
/* What vig_store_operators_create () takes. Members that are not known: INVALID, by name. To @notes comes, for people, what is not as in the file. */
JsonObject *vig_operator_file_read      (VigDbConnection *db, JsonObject *file, JsonArray *notes, GError **error);
/* "NAME copy", "NAME copy 2": the first that nobody has. (transfer full) */
char       *vig_operator_file_free_name (VigDbConnection *db, const char *name, GError **error);

G_END_DECLS
