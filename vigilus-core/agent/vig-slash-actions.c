/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-slash.h"

#include "vig-id.h"
#include "vig-store-operators.h"
#include "vig-store-runs.h"
#include "vig-store-search.h"
#include "vig-store-sessions.h"
#include "vig-store-usage.h"
#include "vig-words.h"

#define DAY (24 * G_TIME_SPAN_HOUR)

/* What each command does, on the store; see go_on () for what the runner does then. */

static JsonObject *
answer (VigSlashCall *call, const char *action, char *text)
{
  g_autofree char *owned = text;
  g_autofree char *clean = vig_redactor_apply (call->redactor, owned);

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:n, s:n}", "command", call->command->name, "text", clean, "action", action,
                               "session_id", call->session_id, "url", "run");
}

static JsonObject *
help (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  GString *text = g_string_new ("| Command | What it does |\n|---|---|\n");

  for (const VigSlashCommand *command = VIG_SLASH_COMMANDS; command->name != NULL; command++)
    g_string_append_printf (text, "| `/%s%s%s` | %s |\n", command->name, command->argument != NULL ? " " : "",
                            command->argument != NULL ? command->argument : "", command->description);
  g_string_append (text, "\nPut `@name` before a request to choose the Operator yourself.");

  return answer (call, NULL, g_string_free (text, FALSE));
}

static JsonObject *
begin_new (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  JsonObject *done = answer (call, *call->argument != '\0' ? "open" : "new", g_strdup (""));

  json_object_set_null_member (done, "session_id");
  if (*call->argument != '\0')
    json_object_set_string_member (done, "start", call->argument);

  return done;
}

static JsonObject *
stop (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  VigPage page = { 1, NULL };
  g_autoptr (JsonObject) session = vig_store_sessions_get (db, call->user_id, call->session_id, error);
  g_autoptr (JsonObject) list = session != NULL ? vig_store_runs_list (db, call->user_id, call->session_id, "live", 0, &page, error) : NULL;
  JsonArray *runs = vig_json_get_array (list, "items");
  JsonObject *done;

  if (list == NULL)
    return NULL;
  if (json_array_get_length (runs) == 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "nothing runs in this conversation");
      return NULL;
    }

  done = answer (call, "run", g_strdup ("Stopped."));
  json_object_set_string_member (done, "stop", vig_json_get_string (json_array_get_object_element (runs, 0), "id", ""));

  return done;
}

static JsonObject *
again (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  g_autoptr (JsonObject) session = vig_store_sessions_get (db, call->user_id, call->session_id, error);
  const char *leaf_id = session != NULL ? vig_json_get_string (session, "leaf_id", NULL) : NULL;
  JsonObject *done;

  if (session != NULL && leaf_id == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "nothing was asked in this conversation yet");
  if (leaf_id == NULL)
    return NULL;

  done = answer (call, "run", g_strdup (""));
  json_object_set_string_member (done, "again", leaf_id);

  return done;
}

/* What it is at: "free", or how many runs it has, how many calls of these wait for a person, and the tool of the newest. */
static char *
tell_status (JsonArray *busy, const char *operator_id)
{
  for (guint i = 0; i < json_array_get_length (busy); i++)
    {
      JsonObject *one = json_array_get_object_element (busy, i);
      gint64 runs = vig_json_get_int (one, "runs", 0);
      gint64 waiting = vig_json_get_int (one, "waiting", 0);
      const char *tool = vig_json_get_string (one, "tool", NULL);
      GString *text;

      if (!g_str_equal (vig_json_get_string (one, "operator_id", ""), operator_id))
        continue;
      text = g_string_new (NULL);
      g_string_append_printf (text, "%" G_GINT64_FORMAT " %s", runs, runs == 1 ? "run" : "runs");
      if (waiting > 0)
        g_string_append_printf (text, ", %" G_GINT64_FORMAT " %s for approval", waiting, waiting == 1 ? "waits" : "wait");
      if (tool != NULL)
        g_string_append_printf (text, ": %s", tool);
      return g_string_free (text, FALSE);
    }

  return g_strdup ("free");
}

static JsonObject *
list_operators (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  g_autoptr (JsonArray) operators = vig_store_operators_enabled (db, error);
  g_autoptr (JsonArray) busy = operators != NULL ? vig_store_runs_by_operator (db, error) : NULL;
  GString *text;

  if (busy == NULL)
    return NULL;

  text = g_string_new (json_array_get_length (operators) > 0 ? "| Operator | Level | Now | For |\n|---|---|---|---|\n" : "No Operator is enabled.");
  for (guint i = 0; i < json_array_get_length (operators); i++)
    {
      JsonObject *one = json_array_get_object_element (operators, i);

      g_autofree char *now = tell_status (busy, vig_json_get_string (one, "id", ""));

      g_string_append_printf (text, "| @%s | %s | %s | %s |\n", vig_json_get_string (one, "name", ""), vig_json_get_string (one, "permission_level", ""),
                              now, vig_json_get_string (one, "description", ""));
    }

  return answer (call, NULL, g_string_free (text, FALSE));
}

static JsonObject *
export (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  g_autoptr (JsonObject) session = vig_store_sessions_get (db, call->user_id, call->session_id, error);
  const char *format = *call->argument != '\0' ? call->argument : "markdown";
  g_autofree char *url = NULL;
  JsonObject *done;

  if (session == NULL)
    return NULL;
  if (!g_str_equal (format, "markdown") && !g_str_equal (format, "json"))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "a conversation is exported as markdown or json, not as %.40s", format);
      return NULL;
    }

  url = g_strdup_printf ("/api/v1/sessions/%s/export?format=%s", call->session_id, format);
  done = answer (call, "download", g_strdup (""));
  json_object_set_string_member (done, "url", url);

  return done;
}

static JsonObject *
take_session (VigSlashCall *call, JsonObject *session, const char *text)
{
  JsonObject *done = session != NULL ? answer (call, NULL, g_strdup (text)) : NULL;

  if (done != NULL)
    {
      json_object_set_string_member (session, "user_id", call->user_id);
      json_object_set_object_member (done, "session", session);
    }

  return done;
}

static JsonObject *
entitle (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  return take_session (call, vig_store_sessions_rename (db, call->user_id, call->session_id, call->argument, error), "This conversation has a new title.");
}

static JsonObject *
pin (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  return take_session (call, vig_store_sessions_pin (db, call->user_id, call->session_id, TRUE, error), "Pinned.");
}

static JsonObject *
unpin (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  return take_session (call, vig_store_sessions_pin (db, call->user_id, call->session_id, FALSE, error), "No longer pinned.");
}

static void
append_hit (GString *text, JsonObject *hit, char **words, VigRedactor *redactor)
{
  g_autofree char *clean = vig_redactor_apply (redactor, vig_json_get_string (hit, "text", ""));
  g_autoptr (JsonArray) parts = vig_words_snippet (clean, words, 120);

  g_string_append_printf (text, "- [%s](/chat/%s): ", vig_json_get_string (hit, "session_title", ""), vig_json_get_string (hit, "session_id", ""));
  for (guint i = 0; i < json_array_get_length (parts); i++)
    {
      JsonObject *part = json_array_get_object_element (parts, i);
      const char *mark = vig_json_get_boolean (part, "hit", FALSE) ? "**" : "";

      g_string_append_printf (text, "%s%s%s", mark, vig_json_get_string (part, "text", ""), mark);
    }
  g_string_append_c (text, '\n');
}

static JsonObject *
search (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  VigPage page = { 10, NULL };
  g_auto (GStrv) words = vig_words_split (call->argument);
  g_autofree char *fts = vig_words_to_fts (words);
  g_autoptr (JsonObject) list = NULL;
  GString *text;
  JsonArray *hits;

  if (words[0] == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "there is no word in it to search for");
      return NULL;
    }
  list = vig_store_search_messages (db, call->user_id, fts, &page, error);
  if (list == NULL)
    return NULL;

  hits = vig_json_get_array (list, "items");
  text = g_string_new (json_array_get_length (hits) == 0 ? "Nothing was found." : "");
  for (guint i = 0; i < json_array_get_length (hits); i++)
    append_hit (text, json_array_get_object_element (hits, i), words, call->redactor);

  return answer (call, NULL, g_string_free (text, FALSE));
}

static JsonObject *
tell_usage (VigDbConnection *db, VigSlashCall *call, GError **error)
{
  gint64 now = vig_time_now ();
  VigPage page = { 7, NULL };
  VigUsageFilter filter = { .user_id = call->user_id, .from = now - 7 * DAY, .to = now + DAY };
  g_autoptr (JsonObject) list = vig_store_usage_sum (db, &filter, "day", &page, error);
  JsonArray *days = vig_json_get_array (list, "items");
  gboolean all_known = TRUE;
  GString *text;

  if (list == NULL)
    return NULL;

  text = g_string_new (json_array_get_length (days) > 0 ? "| Day (UTC) | Tokens in | Tokens out | Cost |\n|---|--:|--:|--:|\n" : "Nothing in the last 7 days.");
  for (guint i = 0; i < json_array_get_length (days); i++)
    {
      JsonObject *day = json_array_get_object_element (days, i);
      gboolean is_whole = vig_json_get_int (day, "unpriced", 0) == 0;
      const char *about = vig_json_get_int (day, "estimated", 0) > 0 ? "about " : "";

      all_known = all_known && is_whole;
      g_string_append_printf (text, "| %s | %s%" G_GINT64_FORMAT " | %s%" G_GINT64_FORMAT " | %s%.4f |\n", vig_json_get_string (day, "name", ""),
                              about, vig_json_get_int (day, "input_tokens", 0), about, vig_json_get_int (day, "output_tokens", 0), is_whole ? "" : "at least ",
                              (double) vig_json_get_int (day, "cost_micros", 0) / 1e6);
    }

  if (!all_known)
    g_string_append (text, "\nNo price is known for some models: set it under Settings → Trust & limits → Prices of models.");

  return answer (call, NULL, g_string_free (text, FALSE));
}

const VigSlashCommand VIG_SLASH_COMMANDS[] = {
  { "help", NULL, FALSE, FALSE, VIG_SLASH_READ, "Shows the commands", help },
  { "new", "request", FALSE, FALSE, VIG_SLASH_ASK, "Begins a new conversation", begin_new },
  { "stop", NULL, FALSE, TRUE, VIG_SLASH_HALT, "Stops what runs in this conversation", stop },
  { "again", NULL, FALSE, TRUE, VIG_SLASH_ASK, "Answers the last question again", again },
  { "operators", NULL, FALSE, FALSE, VIG_SLASH_READ, "Lists the Operators and what each is doing", list_operators },
  { "title", "text", TRUE, TRUE, VIG_SLASH_ASK, "Gives this conversation a title", entitle },
  { "pin", NULL, FALSE, TRUE, VIG_SLASH_ASK, "Keeps this conversation at the top of the list", pin },
  { "unpin", NULL, FALSE, TRUE, VIG_SLASH_ASK, "Takes this conversation from the top of the list", unpin },
  { "search", "words", TRUE, FALSE, VIG_SLASH_READ, "Searches all your conversations", search },
  { "export", "markdown or json", FALSE, TRUE, VIG_SLASH_READ, "Downloads this conversation", export },
  { "usage", NULL, FALSE, FALSE, VIG_SLASH_READ, "Tells what models took in the last 7 days", tell_usage },
  { NULL },
};
