/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store-approvals.h"

G_BEGIN_DECLS

/* Grants: what a person (or lenient mode) let an Operator do, once or for a time. Signed with HMAC-SHA256, so that a row that was
 * changed in the database, or put there, grants nothing. All functions may be called from a VigDbFunc. */

/* What a grant is looked for. */
typedef struct
{
  const char *operator_id;
  const char *tool;
  VigLevel    level;
  const char *resource;         /* canonical; NULL: everything, or not to be told */
  const char *arguments_sha256;
  const char *session_id;       /* the conversation that asks */
} VigGrantQuery;

/* Asks the store; NULL without error: none. */
JsonObject *vig_grants_find     (VigDbConnection *db, GBytes *key, const VigGrantQuery *query, gint64 now, GError **error);

/* Signs @grant (operator_id, operator_name, tool, level, resource, mode, granted_by, expires_at, session_id where it
 * holds only there, ...) and stores it,
 * with an id and a time of creation that become part of @grant. */
JsonObject *vig_grants_store    (VigDbConnection *db, GBytes *key, JsonObject *grant, gint64 now, GError **error);

G_END_DECLS
