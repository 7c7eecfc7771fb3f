/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* An Operator that comes with Vigilus. A person may edit or delete it: then it stays so. */
typedef struct
{
  const char *key;
  int         version;          /* raised with every change below */
  const char *name;
  const char *description;
  const char *system_prompt;
  const char *permission_level;
  gboolean    has_workspace;
  const char *tools[24];        /* NULL-terminated; those that are not there yet are only not offered */
} VigBuiltin;

const VigBuiltin *vig_store_builtins_all    (guint *n);

/* Makes those that were never here; of those that are, and have an older version, changes what nobody has edited. A permission level is never raised.
 * @workspace_dir: where those work that have one. */
gboolean          vig_store_builtins_ensure (VigDbConnection *db, const VigBuiltin *builtins, guint n, const char *workspace_dir, GError **error);
/* Takes those of these names for the built-in ones, as an older version made them; of those that are gone, that they shall stay so. */
gboolean          vig_store_builtins_adopt  (VigDbConnection *db, const VigBuiltin *builtins, guint n, GError **error);
/* Names of members that a person has edited; empty: none, or it is no built-in one. (transfer full) */
JsonArray        *vig_store_builtins_edited (JsonObject *operator, JsonObject *base);
/* Takes back what a person has edited. CONFLICT: it is no built-in one. The Operator as it is now. */
JsonObject       *vig_store_builtins_reset  (VigDbConnection *db, const char *operator_id, GError **error);

G_END_DECLS
