/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-activity-tool.h"

#include <string.h>

#include "vig-ask-tool.h"
#include "vig-audit.h"
#include "vig-id.h"
#include "vig-result.h"
#include "vig-store-runs.h"
#include "vig-store-sessions.h"
#include "vig-store-users.h"

#define DEFAULT_LIMIT 20
#define MAX_LIMIT     100

struct _VigActivityTool
{
  GObject parent_instance;

  VigDb       *db;
  VigRedactor *redactor;
};

static const VigToolInfo activity_info = {
  .name = "vigilus.activity",
  .title = "Activity",
  .description = "Lists what you and other Operators did here: the requests (runs) and the tool calls with their outcomes, newest first. "
                 "Use it for questions like what was done, what happened or what failed today, yesterday or this week.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\":\"object\",\"properties\":{"
                  "\"period\":{\"type\":\"string\",\"enum\":[\"today\",\"yesterday\",\"week\",\"all\"],\"description\":\"The time to look at; default today\"},"
                  "\"what\":{\"type\":\"string\",\"enum\":[\"runs\",\"calls\",\"all\"],\"description\":\"Requests, tool calls, or both; default all\"},"
                  "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"description\":\"Entries of each kind at most; default 20\"}},"
                  "\"additionalProperties\":false}",
  .timeout = 20,
};

/* One question; read on one connection, so that its parts fit each other. */
typedef struct
{
  const char *call_id;
  char       *from; /* ISO 8601, NULL: from the beginning */
  char       *to;   /* NULL: until now */
  gint64      until; /* the same, microseconds; 0: until now */
  gboolean    runs;
  gboolean    calls;
  guint       limit;
} Question;

static void vig_activity_tool_iface_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigActivityTool, vig_activity_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, vig_activity_tool_iface_init))

static char *
to_iso (GDateTime *time)
{
  return vig_time_to_iso (g_date_time_to_unix (time) * G_USEC_PER_SEC);
}

/* Days are those of the clock on the wall here. */
static void
fill_period (Question *question, const char *period)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) midnight = g_date_time_new_local (g_date_time_get_year (now), g_date_time_get_month (now),
                                                          g_date_time_get_day_of_month (now), 0, 0, 0);
  g_autoptr (GDateTime) yesterday = g_date_time_add_days (midnight, -1);
  g_autoptr (GDateTime) week = g_date_time_add_days (midnight, -6);

  if (g_str_equal (period, "yesterday"))
    {
      question->from = to_iso (yesterday);
      question->to = to_iso (midnight);
      question->until = g_date_time_to_unix (midnight) * G_USEC_PER_SEC;
    }
  else if (g_str_equal (period, "week"))
    question->from = to_iso (week);
  else if (!g_str_equal (period, "all"))
    question->from = to_iso (midnight);
}

static char *
show_time (const char *iso)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_iso8601 (iso, NULL);
  g_autoptr (GDateTime) local = utc != NULL ? g_date_time_to_local (utc) : NULL;

  return local != NULL ? g_date_time_format (local, "%Y-%m-%d %H:%M") : g_strdup (iso);
}

/* An Operator is asked in words, which may hold what others found, between marks for models. */
static char *
show_arguments (JsonObject *record)
{
  JsonObject *arguments = vig_json_get_object (record, "arguments");
  const char *task = arguments != NULL ? vig_json_get_string (arguments, "task", NULL) : NULL;
  g_autofree char *bare = task != NULL ? vig_result_unframe (task) : NULL;
  g_autoptr (JsonObject) shown = NULL;

  if (arguments == NULL)
    return g_strdup ("");
  if (bare == NULL || !g_str_equal (vig_json_get_string (record, "tool", ""), VIG_ASK_TOOL))
    return vig_json_object_to_string (arguments);

  shown = vig_json_pack_object ("{s:s, s:s}", "operator", vig_json_get_string (arguments, "operator", ""), "task", bare);

  return vig_json_object_to_string (shown);
}

static char *
find_question (VigDbConnection *db, const char *run_id)
{
  g_autoptr (JsonArray) messages = vig_store_messages_of_run (db, run_id, NULL);
  JsonObject *content;
  g_autofree char *text = NULL;

  if (messages == NULL || json_array_get_length (messages) == 0)
    return g_strdup ("");

  content = vig_json_get_object (json_array_get_object_element (messages, 0), "content");
  text = vig_result_unframe (content != NULL ? vig_json_get_string (content, "text", "") : "");
  g_strdelimit (text, "\n\r\t", ' ');
  if (g_utf8_strlen (text, -1) > 100)
    {
      g_autofree char *cut = g_utf8_substring (text, 0, 100);

      return g_strconcat (cut, "…", NULL);
    }

  return g_steal_pointer (&text);
}

static void
append_run (GString *out, VigDbConnection *db, JsonObject *run)
{
  g_autofree char *time = show_time (vig_json_get_string (run, "created_at", ""));
  g_autofree char *question = find_question (db, vig_json_get_string (run, "id", ""));

  g_string_append_printf (out, "- %s · %s · %s: %s\n", time, vig_json_get_string (run, "operator_name", "no Operator"),
                          vig_json_get_string (run, "state", ""), question);
}

static gboolean
list_runs (GString *out, VigDbConnection *db, Question *question, const char *user_id, GError **error)
{
  VigPage page = { question->limit, NULL };
  g_autoptr (JsonObject) list = vig_store_runs_list (db, user_id, NULL, NULL, question->until, &page, error);
  JsonArray *runs = list != NULL ? vig_json_get_array (list, "items") : NULL;
  gsize begin;

  if (runs == NULL)
    return FALSE;

  g_string_append (out, "Requests:\n");
  begin = out->len;
  for (guint i = 0; i < json_array_get_length (runs); i++)
    {
      JsonObject *run = json_array_get_object_element (runs, i);

      if (question->from == NULL || strcmp (vig_json_get_string (run, "created_at", ""), question->from) >= 0)
        append_run (out, db, run);
    }
  if (out->len == begin)
    g_string_append (out, "- none\n");

  return TRUE;
}

static void
append_call (GString *out, JsonObject *record)
{
  g_autofree char *time = show_time (vig_json_get_string (record, "at", ""));
  g_autofree char *text = show_arguments (record);
  const char *reason = vig_json_get_string (record, "reason", NULL);

  if (strlen (text) > 200)
    *g_utf8_find_prev_char (text, text + 200) = '\0';
  g_string_append_printf (out, "- %s · %s · %s %s · %s%s%s\n", time, vig_json_get_string (record, "operator_name", ""),
                          vig_json_get_string (record, "tool", ""), text, vig_json_get_string (record, "outcome", ""),
                          reason != NULL ? ": " : "", reason != NULL ? reason : "");
}

static guint
append_calls (GString *out, VigDbConnection *db, Question *question, const char *user_name, const char *event, GError **error)
{
  g_autoptr (JsonObject) filter = NULL;
  g_autoptr (JsonObject) list = NULL;
  VigPage page = { question->limit, NULL };
  JsonArray *items;

  filter = vig_json_pack_object ("{s:s, s:s?, s:s?, s:s?}", "event", event, "user_name", user_name, "from", question->from, "until", question->to);
  list = vig_audit_list (db, filter, &page, error);
  if (list == NULL)
    return 0;

  items = vig_json_get_array (list, "items");
  for (guint i = 0; i < json_array_get_length (items); i++)
    append_call (out, json_array_get_object_element (items, i));

  return json_array_get_length (items);
}

static gboolean
list_calls (GString *out, VigDbConnection *db, Question *question, const char *user_name, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  guint n_shown;

  g_string_append (out, "Tool calls:\n");
  n_shown = append_calls (out, db, question, user_name, "call.outcome", &local_error);
  if (local_error == NULL)
    n_shown += append_calls (out, db, question, user_name, "call.denied", &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (n_shown == 0)
    g_string_append (out, "- none\n");

  return TRUE;
}

/* Who asks is who started the run of this call; the arguments have no say in it. */
static JsonObject *
find_asker (VigDbConnection *db, const char *call_id, GError **error)
{
  g_autoptr (JsonObject) call = vig_store_calls_get (db, call_id, error);
  g_autoptr (JsonObject) run = NULL;

  if (call == NULL)
    return NULL;
  run = vig_store_runs_get (db, vig_json_get_string (call, "run_id", ""), error);
  if (run == NULL)
    return NULL;

  return vig_store_users_get (db, vig_json_get_string (run, "user_id", ""), error);
}

static gpointer
answer (VigDbConnection *db, gpointer data, GError **error)
{
  Question *question = data;
  g_autoptr (JsonObject) user = find_asker (db, question->call_id, error);
  g_autoptr (GString) out = g_string_new (NULL);
  const char *role;
  gboolean sees_all;

  if (user == NULL)
    return NULL;

  role = vig_json_get_string (user, "role", "");
  sees_all = g_str_equal (role, "owner") || g_str_equal (role, "administrator");
  if (question->runs && !list_runs (out, db, question, sees_all ? NULL : vig_json_get_string (user, "id", ""), error))
    return NULL;
  if (question->calls && !list_calls (out, db, question, sees_all ? NULL : vig_json_get_string (user, "name", ""), error))
    return NULL;

  return g_string_free (g_steal_pointer (&out), FALSE);
}

static JsonNode *
vig_activity_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  VigActivityTool *self = VIG_ACTIVITY_TOOL (tool);
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  const char *what = vig_json_get_string (arguments, "what", "all");
  Question question = { 0 };
  g_autofree char *text = NULL;
  g_autofree char *clean = NULL;

  question.call_id = vig_invocation_get_call_id (invocation);
  question.limit = (guint) CLAMP (vig_json_get_int (arguments, "limit", DEFAULT_LIMIT), 1, MAX_LIMIT);
  question.runs = !g_str_equal (what, "calls");
  question.calls = !g_str_equal (what, "runs");
  fill_period (&question, vig_json_get_string (arguments, "period", "today"));
  text = vig_db_read (self->db, answer, &question, error);
  g_free (question.from);
  g_free (question.to);
  if (text == NULL)
    return NULL;

  clean = vig_redactor_apply (self->redactor, text);

  return vig_json_pack ("s", clean);
}

static const VigToolInfo *
vig_activity_tool_get_info (VigTool *tool)
{
  return &activity_info;
}

static void
vig_activity_tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_activity_tool_get_info;
  iface->run = vig_activity_tool_run;
}

static void
vig_activity_tool_finalize (GObject *object)
{
  VigActivityTool *self = VIG_ACTIVITY_TOOL (object);

  g_object_unref (self->db);
  g_object_unref (self->redactor);

  G_OBJECT_CLASS (vig_activity_tool_parent_class)->finalize (object);
}

static void
vig_activity_tool_class_init (VigActivityToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_activity_tool_finalize;
}

static void
vig_activity_tool_init (VigActivityTool *self)
{
}

VigTool *
vig_activity_tool_new (VigDb *db, VigRedactor *redactor)
{
  VigActivityTool *self = g_object_new (VIG_TYPE_ACTIVITY_TOOL, NULL);

  self->db = g_object_ref (db);
  self->redactor = g_object_ref (redactor);

  return VIG_TOOL (self);
}
