/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit.h"
#include "vig-web.h"

static JsonNode *
list_audit (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  JsonObject *parameters = vig_request_get_parameters (request);
  g_autoptr (JsonObject) filter = json_object_new ();
  g_autoptr (GList) names = json_object_get_members (parameters);

  for (GList *name = names; name != NULL; name = name->next)
    if (!g_str_equal (name->data, "limit") && !g_str_equal (name->data, "after"))
      json_object_set_member (filter, name->data, json_node_ref (json_object_get_member (parameters, name->data)));

  return vig_node_take_object (vig_audit_list (db, filter, &page, error));
}

const VigRoute VIG_ROUTES_AUDIT[] = {
  { "listAudit", .read = list_audit },
  { NULL },
};
