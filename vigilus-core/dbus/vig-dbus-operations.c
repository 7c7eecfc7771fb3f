/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-dbus-call.h"

#include "vig-slash.h"
#include "vig-id.h"
#include "vig-store-approvals.h"
#include "vig-store-changes.h"
#include "vig-store-frozen.h"
#include "vig-store-operators.h"
#include "vig-store-runs.h"
#include "vig-store-sessions.h"

#include <string.h>

#define MOST_OPERATORS 200

/* As in data/api: what comes by the bus is checked here, what comes by HTTP against the description. */
#define MAX_TEXT   100000 /* characters */
#define MAX_REASON 2000

/* "&s" borrows from the arguments, which live as long as the call. */
static const char *
get_text (VigDbusCall *call, gsize index)
{
  const char *text;

  g_variant_get_child (vig_dbus_call_get_args (call), index, "&s", &text);

  return text;
}

static const char *
get_text_or_null (VigDbusCall *call, gsize index)
{
  const char *text = get_text (call, index);

  return *text != '\0' ? text : NULL;
}

static void
refuse (VigDbusCall *call, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (VIG_ERROR, VIG_ERROR_INVALID, message);

  vig_dbus_call_fail (call, error);
}

static JsonNode *
take_array (JsonArray *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (node, array);

  return node;
}

static JsonNode *
take_object (JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);

  return node;
}

static JsonNode *
take_items (JsonObject *page)
{
  JsonNode *node;

  if (page == NULL)
    return NULL;

  node = take_array (json_array_ref (vig_json_get_array (page, "items")));
  json_object_unref (page);

  return node;
}

static JsonNode *
status (VigDbConnection *db, VigDbusCall *call, GError **error)
{
  const VigDbusParts *parts = vig_dbus_call_get_parts (call);
  g_autofree char *started = vig_time_to_iso (parts->started_at);
  gint64 pending = vig_store_approvals_pending (db, error);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) frozen = vig_store_frozen_get (db, &local_error);

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  if (pending < 0 || (error != NULL && *error != NULL))
    return NULL;

  return vig_json_pack ("{s:s,s:s,s:I,s:i,s:I,s:s,s:b,s:J}", "version", VIG_VERSION, "started_at", started,
                        "uptime_seconds", (gint64) ((vig_time_now () - parts->started_at) / G_USEC_PER_SEC),
                        "runs_live", (int) vig_runner_get_n_asked (parts->runner), "approvals_pending", pending,
                        "secret_state", vig_vault_is_open (parts->context->vault) ? "ok" : "missing",
                        "set_up", vig_dbus_call_get_owner (call) != NULL, "frozen", frozen);
}

static void
list_plugins (VigDbusCall *call)
{
  vig_dbus_call_answer (call, take_array (vig_plugin_loader_describe (vig_dbus_call_get_parts (call)->plugins)));
}

static void
list_tools (VigDbusCall *call)
{
  vig_dbus_call_answer (call, take_array (vig_registry_describe_tools (vig_dbus_call_get_parts (call)->context->registry)));
}

static JsonNode *
list_operators (VigDbConnection *db, VigDbusCall *call, GError **error)
{
  const VigPage page = { MOST_OPERATORS, NULL };

  return take_items (vig_store_operators_list (db, &page, error));
}

static JsonNode *
list_runs (VigDbConnection *db, VigDbusCall *call, GError **error)
{
  const VigPage page = { 0, NULL };

  return take_items (vig_store_runs_list (db, vig_dbus_call_get_owner (call)->user_id, NULL, get_text_or_null (call, 0), 0, &page, error));
}

static JsonNode *
list_approvals (VigDbConnection *db, VigDbusCall *call, GError **error)
{
  const VigPage page = { 0, NULL };

  return take_items (vig_store_approvals_list (db, get_text_or_null (call, 0), &page, error));
}

static JsonObject *
find_own_run (VigDbConnection *db, VigDbusCall *call, GError **error)
{
  g_autoptr (JsonObject) run = vig_store_runs_get (db, get_text (call, 0), error);

  if (run == NULL || g_strcmp0 (vig_json_get_string (run, "user_id", NULL), vig_dbus_call_get_owner (call)->user_id) == 0)
    return g_steal_pointer (&run);

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no run %.64s", get_text (call, 0));

  return NULL;
}

static JsonNode *
get_run (VigDbConnection *db, VigDbusCall *call, GError **error)
{
  const VigPage page = { 0, NULL };
  g_autoptr (JsonObject) run = find_own_run (db, call, error);
  g_autoptr (JsonArray) calls = NULL;
  JsonNode *messages;

  if (run == NULL)
    return NULL;

  calls = vig_store_calls_of_run (db, get_text (call, 0), error);
  if (calls == NULL)
    return NULL;

  messages = take_items (vig_store_messages_list (db, vig_json_get_string (run, "session_id", ""), &page, error));
  if (messages == NULL)
    return NULL;

  return vig_json_pack ("{s:J,s:A,s:o}", "run", run, "calls", g_steal_pointer (&calls), "messages", messages);
}

static void
asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) run = vig_runner_start_finish (VIG_RUNNER (source), result, &error);

  if (run == NULL)
    vig_dbus_call_fail (call, error);
  else
    vig_dbus_call_answer_text (call, vig_json_get_string (run, "id", ""));
}

static void
ask (VigDbusCall *call)
{
  g_autofree char *stripped = g_strstrip (g_strdup (get_text (call, 0)));

  if (*stripped == '\0' || g_utf8_strlen (stripped, -1) > MAX_TEXT)
    {
      refuse (call, "the text must have something in it besides spaces, and at most 100000 characters");
      return;
    }

  if (vig_slash_match (stripped))
    {
      refuse (call, "this is a command: call Command with it. To say it to an Operator, begin with @name");
      return;
    }

  vig_runner_start_async (vig_dbus_call_get_parts (call)->runner, vig_dbus_call_get_owner (call), get_text_or_null (call, 1),
                          get_text (call, 0), NULL, asked, vig_dbus_call_ref (call));
}

static void
commanded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) call = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *answer = vig_slash_run_finish (result, &error);

  if (answer == NULL)
    vig_dbus_call_fail (call, error);
  else
    vig_dbus_call_answer (call, take_object (answer));
}

/* Who may ask may not for that read all conversations, or stop what runs. */
static const char *
choose_command_action (VigDbusCall *call)
{
  static const char *const actions[] = { [VIG_SLASH_READ] = "read", [VIG_SLASH_ASK] = "ask", [VIG_SLASH_HALT] = "halt" };

  return actions[vig_slash_get_kind (get_text (call, 0))];
}

static void
command (VigDbusCall *call)
{
  vig_slash_run_async (vig_dbus_call_get_parts (call)->runner, vig_dbus_call_get_owner (call), get_text_or_null (call, 1), get_text (call, 0),
                          commanded, vig_dbus_call_ref (call));
}

static void
stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) call = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *run = vig_runner_stop_finish (VIG_RUNNER (source), result, &error);

  if (run == NULL)
    vig_dbus_call_fail (call, error);
  else
    vig_dbus_call_answer (call, take_object (run));
}

static void
stop (VigDbusCall *call)
{
  vig_runner_stop_async (vig_dbus_call_get_parts (call)->runner, vig_dbus_call_get_owner (call), get_text (call, 0), NULL, stopped,
                         vig_dbus_call_ref (call));
}

static void
decided (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) call = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *approval = vig_approvals_decide_finish (VIG_APPROVALS (source), result, &error);

  if (approval == NULL)
    vig_dbus_call_fail (call, error);
  else
    vig_dbus_call_answer (call, take_object (approval));
}

static void
decide (VigDbusCall *call, JsonObject *decision)
{
  vig_approvals_decide_async (vig_dbus_call_get_parts (call)->approvals, vig_dbus_call_get_owner (call), get_text (call, 0), decision,
                              NULL, decided, vig_dbus_call_ref (call));
}

/* @mode, @minutes: which of the arguments these are. NULL: refused. */
static JsonObject *
make_approval (VigDbusCall *call, gsize mode, gsize minutes)
{
  JsonObject *decision;
  guint32 n;

  if (strcmp (get_text (call, mode), "once") != 0 && strcmp (get_text (call, mode), "timed") != 0 && strcmp (get_text (call, mode), "conversation") != 0)
    {
      refuse (call, "the mode must be once, timed or conversation");
      return NULL;
    }

  g_variant_get_child (vig_dbus_call_get_args (call), minutes, "u", &n);
  decision = vig_json_pack_object ("{s:s,s:s}", "decision", "approve", "mode", get_text (call, mode));
  if (n > 0)
    json_object_set_int_member (decision, "minutes", n);

  return decision;
}

static void
approve (VigDbusCall *call)
{
  g_autoptr (JsonObject) decision = make_approval (call, 1, 2);

  if (decision != NULL)
    decide (call, decision);
}

static void
approve_edited (VigDbusCall *call)
{
  g_autoptr (JsonObject) decision = make_approval (call, 3, 4);
  g_autoptr (JsonObject) arguments = NULL;
  g_autoptr (GError) error = NULL;

  if (decision == NULL)
    return;
  if (*get_text (call, 1) != '\0')
    {
      arguments = vig_json_parse_object (get_text (call, 1), -1, 0, &error);
      if (arguments == NULL)
        {
          g_prefix_error (&error, "arguments: ");
          vig_dbus_call_fail (call, error);
          return;
        }
      json_object_set_object_member (decision, "arguments", g_steal_pointer (&arguments));
    }
  if (*get_text (call, 2) != '\0')
    json_object_set_string_member (decision, "resource", get_text (call, 2));
  decide (call, decision);
}

static JsonNode *
list_grants (VigDbConnection *db, VigDbusCall *call, GError **error)
{
  const VigPage page = { 0, NULL };
  gboolean live;

  g_variant_get_child (vig_dbus_call_get_args (call), 0, "b", &live);

  return take_items (vig_store_grants_list (db, live, &page, error));
}

static void
revoked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) call = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *grant = vig_approvals_revoke_finish (VIG_APPROVALS (source), result, &error);

  if (grant == NULL)
    vig_dbus_call_fail (call, error);
  else
    vig_dbus_call_answer (call, take_object (grant));
}

static void
revoke_grant (VigDbusCall *call)
{
  vig_approvals_revoke_async (vig_dbus_call_get_parts (call)->approvals, vig_dbus_call_get_owner (call), get_text (call, 0), NULL, revoked,
                              vig_dbus_call_ref (call));
}

static void
deny (VigDbusCall *call)
{
  g_autoptr (JsonObject) decision = NULL;

  if (g_utf8_strlen (get_text (call, 1), -1) > MAX_REASON)
    {
      refuse (call, "the reason must have at most 2000 characters");
      return;
    }

  decision = vig_json_pack_object ("{s:s,s:s?}", "decision", "deny", "reason", get_text_or_null (call, 1));
  decide (call, decision);
}

static void
frozen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) call = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *state = vig_panic_freeze_finish (VIG_PANIC (source), result, &error);

  if (state == NULL)
    vig_dbus_call_fail (call, error);
  else
    vig_dbus_call_answer (call, take_object (state));
}

static void
freeze (VigDbusCall *call)
{
  if (g_utf8_strlen (get_text (call, 0), -1) > MAX_REASON)
    {
      refuse (call, "the reason must have at most 2000 characters");
      return;
    }

  vig_panic_freeze_async (vig_dbus_call_get_parts (call)->panic, vig_dbus_call_get_owner (call), get_text (call, 0), frozen, vig_dbus_call_ref (call));
}

static void
unfrozen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) call = user_data;
  g_autoptr (GError) error = NULL;

  if (vig_panic_unfreeze_finish (VIG_PANIC (source), result, &error))
    vig_dbus_call_answer_text (call, "");
  else
    vig_dbus_call_fail (call, error);
}

static void
unfreeze (VigDbusCall *call)
{
  vig_panic_unfreeze_async (vig_dbus_call_get_parts (call)->panic, vig_dbus_call_get_owner (call), unfrozen, vig_dbus_call_ref (call));
}

static JsonNode *
list_changes (VigDbConnection *db, VigDbusCall *call, GError **error)
{
  const VigPage page = { 0, NULL };

  return take_items (vig_store_changes_list (db, get_text_or_null (call, 0), NULL, &page, error));
}

static void
undone (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) call = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *change = vig_undo_run_finish (VIG_UNDO (source), result, &error);

  if (change == NULL)
    vig_dbus_call_fail (call, error);
  else
    vig_dbus_call_answer (call, take_object (change));
}

static void
undo (VigDbusCall *call)
{
  const VigCaller *caller = vig_dbus_call_get_owner (call);
  gboolean override;

  g_variant_get_child (vig_dbus_call_get_args (call), 1, "b", &override);
  vig_undo_run_async (vig_dbus_call_get_parts (call)->context->undo, get_text (call, 0), override, caller->user_name, caller->address, undone,
                      vig_dbus_call_ref (call));
}

static const VigDbusOperation operations[] = {
  { "Status", .read = status, .action = "read", .before_set_up = TRUE },
  { "ListPlugins", .run = list_plugins, .action = "read" },
  { "ListOperators", .read = list_operators, .action = "read" },
  { "ListTools", .run = list_tools, .action = "read" },
  { "Ask", .run = ask, .action = "ask" },
  { "Command", .run = command, .choose_action = choose_command_action },
  { "ListRuns", .read = list_runs, .action = "read" },
  { "GetRun", .read = get_run, .action = "read" },
  { "ListApprovals", .read = list_approvals, .action = "read" },
  { "Approve", .run = approve, .action = "decide" },
  { "ApproveEdited", .run = approve_edited, .action = "decide" },
  { "Deny", .run = deny, .action = "decide" },
  { "ListGrants", .read = list_grants, .action = "read" },
  { "Revoke", .run = revoke_grant, .action = "decide" },
  { "Stop", .run = stop, .action = "halt" },
  { "Freeze", .run = freeze, .action = "halt" },
  { "Unfreeze", .run = unfreeze, .action = "manage" },
  { "ListChanges", .read = list_changes, .action = "read" },
  { "Undo", .run = undo, .action = "manage" },
};

const VigDbusOperation *
vig_dbus_find_operation (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    if (strcmp (operations[i].name, name) == 0)
      return &operations[i];

  return NULL;
}
