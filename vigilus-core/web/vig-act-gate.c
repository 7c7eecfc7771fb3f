/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-web.h"

/* What an operation with "x-acts" passes: it reaches out by itself (a test, a try), so it is on record before it does, does nothing while
 * Vigilus is frozen, and is called off by the panic switch. */

static JsonObject *
describe (VigRequest *request, JsonObject *acts)
{
  JsonObject *body = vig_request_get_body (request);
  JsonArray *names = vig_json_get_array (acts, "detail");
  JsonObject *detail = vig_json_pack_object ("{s:s, s:s?}", "operation", vig_operation_get_id (vig_request_get_operation (request)),
                                             "id", vig_json_get_string (vig_request_get_parameters (request), "id", NULL));

  for (guint i = 0; names != NULL && i < json_array_get_length (names); i++)
    {
      const char *name = json_array_get_string_element (names, i);

      if (json_object_has_member (body, name))
        json_object_set_member (detail, name, json_node_ref (json_object_get_member (body, name)));
    }

  return detail;
}

static gpointer
write_record (VigDbConnection *db, gpointer data, GError **error)
{
  VigRequest *request = data;
  JsonObject *acts = vig_operation_get_acts (vig_request_get_operation (request));

  return GINT_TO_POINTER (vig_web_audit (db, request, vig_json_get_string (acts, "event", ""), describe (request, acts), error));
}

static void
recorded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  const VigRoute *route = vig_operation_get_binding (vig_request_get_operation (request));
  g_autoptr (GError) error = NULL;

  vig_db_finish (VIG_DB (source), result, &error);
  if (error != NULL || g_cancellable_set_error_if_cancelled (vig_request_get_cancellable (request), &error))
    vig_request_fail (request, error);
  else
    route->handle (request);
}

void
vig_web_act (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);
  const VigRoute *route = vig_operation_get_binding (vig_request_get_operation (request));
  JsonObject *acts = vig_operation_get_acts (vig_request_get_operation (request));

  if (web->context.panic != NULL && vig_panic_get_frozen (web->context.panic) != NULL)
    {
      vig_request_fail_with (request, VIG_ERROR_UNAVAILABLE, "Vigilus is frozen: nothing is done until an administrator unfreezes it");
      return;
    }
  if (web->context.panic != NULL)
    g_signal_connect_object (web->context.panic, "frozen", G_CALLBACK (g_cancellable_cancel), vig_request_get_cancellable (request), G_CONNECT_SWAPPED);

  if (json_object_has_member (acts, "event"))
    vig_db_write_async (web->context.agent->db, write_record, request, NULL, NULL, NULL, recorded, vig_request_ref (request));
  else
    route->handle (request);
}
