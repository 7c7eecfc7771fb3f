/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

#define VIG_STORE_SETTINGS_OUTPUT_LIMIT 32768 /* as long as nobody has set it */

/* Settings (schema Settings): trust_mode strict|lenient, grant_minutes_default, grant_minutes_max, approval_wait_minutes,
 * approval_wait_minutes_unattended, second_approver_levels [write, exec, elevate], standing_grant_after (0: never), standing_grant_days, taint_is_strict,
 * routing_provider_id, routing_model, model_titles, run_max_turns, run_max_minutes, run_max_tokens, run_max_cents, model_prices (vig-price.h), output_limit,
 * second_factor_approvals never|elevate|exec, second_factor_minutes, undo_days, undo_file_mb, undo_total_mb, web_search_url,
 * web_networks [CIDR], server_check_minutes (0: never), server_sample_days.
 * Defaults where nothing is stored. */
JsonObject *vig_store_settings_get    (VigDbConnection *db, GError **error);
JsonObject *vig_store_settings_pick   (VigDbConnection *db, const char * const *names, GError **error); /* those alone; NULL: all */
JsonObject *vig_store_settings_update (VigDbConnection *db, JsonObject *changes, GError **error);

/* Internal values under a name of their own, never in the API ("secret.check", "setup.done"). */
char       *vig_store_value_dup       (VigDbConnection *db, const char *name, GError **error); /* NULL without error: none */
gboolean    vig_store_value_set       (VigDbConnection *db, const char *name, const char *value, GError **error);

G_END_DECLS
