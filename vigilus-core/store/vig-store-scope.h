/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Scope: what scans have found. Shapes as in data/api/scope.json: ScopeScan, ScopeHost, ScopeService, ScopeChange, ScopeFinding, ScopeSubnet. */

/* A scan as tools hand it over (the record "network-scan"): profile discovery|ports|services|os, protocol tcp|udp, ports ("1-1024,8080": what was
 * asked; null: none), targets [texts], ranges [[first, last address]], assumed_up (hosts were not asked first), complete, problem|null, seconds,
 * scanner_version|null, n_addresses, at (seconds since 1970; 0 or missing: now),
 * hosts [{address, mac|null, vendor|null, names, reason|null, timed_out, os {name, accuracy}|null, extra_ports [{state, count}],
 * ports [{protocol, port, state, name|null, product|null, version|null, extra|null, tunnel|null, cpe}]}]. A scan that is not complete takes nothing away:
 * of a host that it has, the ports that were asked are known; of one that it has not, nothing. INVALID says what is wrong. Answers the ScopeScan. */
JsonObject *vig_store_scope_merge           (VigDbConnection *db, JsonObject *subject, JsonObject *record, GError **error);

#define VIG_SCOPE_MAX_SCANS   5000  /* kept; the oldest go first */
#define VIG_SCOPE_MAX_CHANGES 50000

/* Filters may be NULL or missing: subnet, status, text, service (of hosts); host_id, status, name (of services); host_id, scan_id, kind (of
 * changes); host_id, state, severity (of findings). */
JsonObject *vig_store_scope_list_hosts      (VigDbConnection *db, JsonObject *filters, const VigPage *page, GError **error);
JsonObject *vig_store_scope_list_services   (VigDbConnection *db, JsonObject *filters, const VigPage *page, GError **error);
JsonObject *vig_store_scope_list_changes    (VigDbConnection *db, JsonObject *filters, const VigPage *page, GError **error);
JsonObject *vig_store_scope_list_findings   (VigDbConnection *db, JsonObject *filters, const VigPage *page, GError **error);
JsonObject *vig_store_scope_list_scans      (VigDbConnection *db, const VigPage *page, GError **error);
/* With the first @n_hosts hosts of each. */
JsonObject *vig_store_scope_list_subnets    (VigDbConnection *db, guint n_hosts, const VigPage *page, GError **error);
/* Schema ScopeSummary; @since: of the days that changes and findings are counted for. */
JsonObject *vig_store_scope_summarize       (VigDbConnection *db, gint64 since, GError **error);

JsonObject *vig_store_scope_get_scan        (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_scope_get_host        (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_scope_get_finding     (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_scope_update_host     (VigDbConnection *db, const char *id, JsonObject *changes, GError **error); /* label, notes */
gboolean    vig_store_scope_delete_host     (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_scope_link_server     (VigDbConnection *db, const char *id, const char *server_id, GError **error);
/* @changes: state open|accepted, note. CONFLICT: it is resolved. */
JsonObject *vig_store_scope_decide_finding  (VigDbConnection *db, const char *id, JsonObject *changes, const char *user_name, GError **error);

G_END_DECLS
