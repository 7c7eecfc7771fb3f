/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* What a person's ssh configuration and known hosts would add to the inventory: {"servers": [{name, host, port, user_name|null, jump_name|null,
 * host_key|null, exists, notes [texts]}]}, jump hosts before those that are reached through them. */
JsonObject *vig_server_import_plan (VigDbConnection *db, const char *config, const char *known_hosts, GError **error);

/* Adds those of the plan that @names names, with their jump hosts: {"created": [schema Server], "skipped": [{name, reason}]}. @user_name is for
 * those that have none; @credential_id may be NULL. */
JsonObject *vig_server_import_run  (VigDbConnection *db, JsonObject *plan, JsonArray *names, const char *user_name, const char *credential_id, GError **error);

G_END_DECLS
