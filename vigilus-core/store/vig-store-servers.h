/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* The inventory (schema Server: id, name, host, port, user_name, credential_id|null, credential_name|null, tags [texts], notes,
 * operators [ids; none: all may use it], host_key|null, status, status_message|null, system|null, checked_at|null, last_seen_at|null,
 * created_at, updated_at; docker_endpoint|null, docker_ca|null, docker_certificate|null, docker_credential_id|null, compose_folders [paths];
 * jump_id|null, jump_name|null, file_paths [absolute paths], facts|null, os|null: as a person entered it,
 * docker_status|null, docker_message|null; host and user_name are empty where there is no SSH). Names are unique without regard to case. */
JsonObject *vig_store_servers_list         (VigDbConnection *db, const VigPage *page, GError **error);
JsonObject *vig_store_servers_get          (VigDbConnection *db, const char *id, GError **error);
/* Those that an Operator may use, by name; at most 200. @run_id: in this run, where all who asked for it have to be allowed to as well; or NULL.
 * @name: only the one of this name, without regard to case; or NULL. */
JsonArray  *vig_store_servers_for          (VigDbConnection *db, const char *operator_id, const char *run_id, const char *name, GError **error);
JsonObject *vig_store_servers_create       (VigDbConnection *db, JsonObject *values, GError **error);
/* Another host, or another port, forgets the host key: it belongs to the machine that was there. */
JsonObject *vig_store_servers_update       (VigDbConnection *db, const char *id, JsonObject *changes, GError **error);
gboolean    vig_store_servers_delete       (VigDbConnection *db, const char *id, GError **error); /* CONFLICT names one that is reached through it */

/* Pins @host_key where none is pinned; CONFLICT where another one is. */
gboolean    vig_store_servers_pin          (VigDbConnection *db, const char *id, const char *host_key, GError **error);
JsonObject *vig_store_servers_forget_key   (VigDbConnection *db, const char *id, GError **error); /* the Server */
/* The key with this fingerprint, "SHA256:..." or "ssh-ed25519 SHA256:...", takes the place of the pinned one at the next connection. */
JsonObject *vig_store_servers_accept_key   (VigDbConnection *db, const char *id, const char *fingerprint, GError **error);
/* What came of a connection test, "ok", "message", "facts"|null: what is known stays, "docker"|null; and a sample for the charts. */
JsonObject *vig_store_servers_set_report   (VigDbConnection *db, const char *id, JsonObject *report, GError **error);

G_END_DECLS
