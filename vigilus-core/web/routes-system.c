/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-helper-tool.h"
#include "vig-store-approvals.h"
#include "vig-web.h"

static void
get_health (VigRequest *request)
{
  vig_request_respond (request, vig_json_pack ("{s:s}", "status", "ok"));
}

static void
get_openapi (VigRequest *request)
{
  vig_request_respond_bytes (request, 200, "application/json", vig_request_get_web (request)->openapi);
}

static void
open_live (VigRequest *request)
{
  vig_live_open (vig_request_get_web (request)->live, request, vig_request_get_login (request));
}

/* What only the main thread knows comes along as the request's data. */
static JsonNode *
finish_status (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *status = vig_request_get_data (request);
  gint64 pending = vig_store_approvals_pending (db, error);

  if (pending < 0)
    return NULL;
  json_object_set_int_member (status, "approvals_pending", pending);
  json_object_set_object_member (status, "confinement", json_object_ref (vig_request_get_web (request)->context.confinement));

  return vig_node_take_object (json_object_ref (status));
}

static const char *
describe_secret (VigWeb *web)
{
  const VigWebSecretFuncs *funcs = web->context.secret;

  if (funcs != NULL)
    return funcs->get_state (funcs->data);

  return vig_vault_is_open (web->context.agent->vault) ? "ok" : "missing";
}

static JsonObject *
describe_helper (VigWeb *web)
{
  g_autofree char *key = vig_helper_dup_public_key (web->context.agent->vault);
  gboolean installed = g_file_test (vig_config_get_helper_socket (web->context.config), G_FILE_TEST_EXISTS);

  return vig_json_pack_object ("{s:b, s:s}", "installed", installed, "public_key", key);
}

static void
get_status (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);
  g_autofree char *started = vig_time_to_iso (web->started_at);
  gint64 uptime = (g_get_monotonic_time () - web->started_clock) / G_USEC_PER_SEC;
  JsonObject *status = vig_json_pack_object ("{s:s,s:s,s:I,s:s,s:s,s:i,s:s}", "version", VIG_VERSION, "started_at", started, "uptime_seconds", uptime,
                                             "data_dir", vig_config_get_data_dir (web->context.config), "database",
                                             vig_config_get_database_path (web->context.config), "runs_live",
                                             (int) vig_runner_get_n_asked (web->context.runner), "secret", describe_secret (web));

  json_object_set_member (status, "frozen", vig_web_describe_frozen (web));
  json_object_set_object_member (status, "helper", describe_helper (web));
  vig_request_set_data (request, status, (GDestroyNotify) json_object_unref);
  vig_web_run_read (request, finish_status);
}

const VigRoute VIG_ROUTES_SYSTEM[] = {
  { "getHealth", .handle = get_health },
  { "getOpenapi", .handle = get_openapi },
  { "getStatus", .handle = get_status },
  { "openLive", .handle = open_live },
  { NULL },
};
