/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-scope.h"
#include "vig-store-servers.h"
#include "vig-web.h"

#define SUMMARY_DAYS 30
#define DAY ((gint64) 24 * 60 * 60 * G_USEC_PER_SEC)
#define SUBNET_HOSTS 60

typedef JsonObject *(*ListFunc) (VigDbConnection *db, JsonObject *filters, const VigPage *page, GError **error);

static JsonNode *
list (VigDbConnection *db, VigRequest *request, ListFunc func, GError **error)
{
  VigPage page = vig_request_get_page (request);

  return vig_node_take_object (func (db, vig_request_get_parameters (request), &page, error));
}

static JsonNode *
list_hosts (VigDbConnection *db, VigRequest *request, GError **error)
{
  return list (db, request, vig_store_scope_list_hosts, error);
}

static JsonNode *
list_services (VigDbConnection *db, VigRequest *request, GError **error)
{
  return list (db, request, vig_store_scope_list_services, error);
}

static JsonNode *
list_changes (VigDbConnection *db, VigRequest *request, GError **error)
{
  return list (db, request, vig_store_scope_list_changes, error);
}

static JsonNode *
list_findings (VigDbConnection *db, VigRequest *request, GError **error)
{
  return list (db, request, vig_store_scope_list_findings, error);
}

static JsonNode *
list_scans (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);

  return vig_node_take_object (vig_store_scope_list_scans (db, &page, error));
}

static JsonNode *
list_subnets (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);

  return vig_node_take_object (vig_store_scope_list_subnets (db, SUBNET_HOSTS, &page, error));
}

static JsonNode *
get_summary (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_scope_summarize (db, vig_time_now () - SUMMARY_DAYS * DAY, error));
}

static JsonNode *
get_host (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_scope_get_host (db, vig_request_get_id (request), error));
}

static JsonNode *
get_scan (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_scope_get_scan (db, vig_request_get_id (request), error));
}

/* Takes @thing, which may be NULL: then the error is set already. */
static JsonNode *
record (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *thing, GError **error)
{
  g_autoptr (JsonObject) owned = thing;

  if (thing == NULL)
    return NULL;
  if (!vig_web_audit (db, request, event,
                      vig_json_pack_object ("{s:s, s:s, s:J}", "id", vig_json_get_string (thing, "id", ""), "address", vig_json_get_string (thing, "address", ""),
                                            "changes", vig_request_get_body (request)),
                      error))
    return NULL;

  vig_web_publish (db, request, "scope", "scope.changed", vig_json_pack ("{s:s}", "id", vig_json_get_string (thing, "id", "")));

  return vig_node_take_object (json_object_ref (thing));
}

static JsonNode *
update_host (VigDbConnection *db, VigRequest *request, GError **error)
{
  return record (db, request, "scope.host_updated", vig_store_scope_update_host (db, vig_request_get_id (request), vig_request_get_body (request), error), error);
}

static JsonNode *
delete_host (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) host = vig_store_scope_get_host (db, vig_request_get_id (request), error);
  g_autoptr (JsonNode) answer = NULL;

  if (host != NULL && vig_store_scope_delete_host (db, vig_request_get_id (request), error))
    answer = record (db, request, "scope.host_deleted", json_object_ref (host), error);

  return NULL;
}

static JsonNode *
decide_finding (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *finding = vig_store_scope_decide_finding (db, vig_request_get_id (request), vig_request_get_body (request),
                                                        vig_request_get_caller (request)->user_name, error);

  return record (db, request, "scope.finding_decided", finding, error);
}

/* The new server is what the host is: its address; the rest comes from who promotes it. */
static JsonObject *
make_server (VigDbConnection *db, JsonObject *host, JsonObject *body, GError **error)
{
  g_autoptr (JsonObject) values = json_object_new ();
  g_autoptr (GList) names = json_object_get_members (body);

  json_object_set_string_member (values, "host", vig_json_get_string (host, "address", ""));
  for (GList *name = names; name != NULL; name = name->next)
    json_object_set_member (values, name->data, json_node_ref (json_object_get_member (body, name->data)));

  return vig_store_servers_create (db, values, error);
}

static JsonNode *
promote_host (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *id = vig_request_get_id (request);
  g_autoptr (JsonObject) host = vig_store_scope_get_host (db, id, error);
  g_autoptr (JsonObject) server = NULL;
  JsonObject *detail;

  if (host == NULL)
    return NULL;
  if (vig_json_get_string (host, "server_id", NULL) != NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "%s is a server already: \"%s\"", vig_json_get_string (host, "address", ""),
                   vig_json_get_string (host, "server_name", ""));
      return NULL;
    }

  server = make_server (db, host, vig_request_get_body (request), error);
  if (server == NULL)
    return NULL;

  detail = vig_json_pack_object ("{s:s, s:s, s:J}", "id", vig_json_get_string (server, "id", ""), "name", vig_json_get_string (server, "name", ""), "changes",
                                 vig_request_get_body (request));
  if (!vig_web_audit (db, request, "server.created", detail, error))
    return NULL;
  vig_web_publish (db, request, "servers", "server.created", vig_json_pack ("{s:s}", "id", vig_json_get_string (server, "id", "")));

  return record (db, request, "scope.host_promoted", vig_store_scope_link_server (db, id, vig_json_get_string (server, "id", ""), error), error);
}

const VigRoute VIG_ROUTES_SCOPE[] = {
  { "getScopeSummary", .read = get_summary },
  { "listScopeHosts", .read = list_hosts },
  { "getScopeHost", .read = get_host },
  { "updateScopeHost", .write = update_host },
  { "deleteScopeHost", .write = delete_host },
  { "promoteScopeHost", .write = promote_host },
  { "listScopeServices", .read = list_services },
  { "listScopeChanges", .read = list_changes },
  { "listScopeFindings", .read = list_findings },
  { "decideScopeFinding", .write = decide_finding },
  { "listScopeScans", .read = list_scans },
  { "getScopeScan", .read = get_scan },
  { "listScopeSubnets", .read = list_subnets },
  { NULL },
};
