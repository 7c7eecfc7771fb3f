/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-start.h"

#include <string.h>

#include "vig-operator.h"
#include "vig-orchestrator.h"
#include "vig-plan.h"
#include "vig-run-store.h"
#include "vig-run-again.h"
#include "vig-store-operators.h"
#include "vig-store-attachments.h"
#include "vig-store-runs.h"
#include "vig-store-sessions.h"
#include "vig-store-users.h"

#define TITLE_LENGTH 60 /* characters */
#define QUESTION_LENGTH 200  /* characters that a run tells of what was asked */
#define LONGEST_START   4096 /* bytes, about, that either is looked for in */

VigRunStart *
vig_run_start_new (const VigCaller *caller, const char *session_id, const char *text)
{
  VigRunStart *self = g_new0 (VigRunStart, 1);

  self->user_id = g_strdup (caller->user_id);
  self->session_id = g_strdup (session_id);
  self->text = g_strdup (text);
  self->unattended = caller->unattended;

  return self;
}

VigRunStart *
vig_run_start_again (const VigCaller *caller, const char *message_id)
{
  VigRunStart *self = vig_run_start_new (caller, NULL, NULL);

  self->question_id = g_strdup (message_id);

  return self;
}

VigRunStart *
vig_run_start_try (const VigCaller *caller, const char *operator_id, const char *tool, JsonObject *arguments)
{
  g_autofree char *text = g_strdup_printf ("Try %s", tool);
  VigRunStart *self = vig_run_start_new (caller, NULL, text);

  self->operator_id = g_strdup (operator_id);
  self->tool = g_strdup (tool);
  self->arguments = vig_json_object_to_string (arguments);

  return self;
}

void
vig_run_start_free (gpointer data)
{
  VigRunStart *self = data;

  g_free (self->user_id);
  g_free (self->session_id);
  g_free (self->text);
  g_free (self->parent_id);
  g_free (self->question_id);
  g_clear_pointer (&self->attachments, json_array_unref);
  g_free (self->operator_id);
  g_free (self->tool);
  g_clear_object (&self->redactor);
  g_free (self->arguments);
  g_free (self->origin);
  g_free (self->origin_id);
  g_free (self);
}

/* The first line of it, cut at a word, after what is secret in it was: half a secret would not be known as one. */
static char *
get_first_words (VigRedactor *redactor, const char *text, glong max)
{
  g_autofree char *start = g_strndup (text, strlen (text) > LONGEST_START ? strcspn (text + LONGEST_START, " \n") + LONGEST_START : strlen (text));
  g_autofree char *clean = g_strstrip (vig_redactor_apply (redactor, start));
  g_auto (GStrv) lines = g_strsplit (clean, "\n", 2);
  g_autofree char *cut = NULL;
  char *blank;

  if (lines[0] == NULL)
    return g_strdup ("…");
  if (g_utf8_strlen (lines[0], -1) <= max)
    return g_strdup (lines[0]);

  cut = g_utf8_substring (lines[0], 0, max);
  blank = strrchr (cut, ' ');
  if (blank != NULL && blank > cut)
    *blank = '\0';

  return g_strconcat (cut, "…", NULL);
}

/* Without the names that it begins with: who answers is told beside it. */
static const char *
skip_mentions (GPtrArray *operators, const char *text)
{
  const char *words = text;
  const char *behind = NULL;

  for (const char *at = text; vig_orchestrator_next_mention (operators, text, &at, &behind) != NULL && at == words;)
    words = behind + strspn (behind, " \n\t,:");

  return *words != '\0' ? words : text;
}

/* NULL: the Operators can't be read. */
static char *
make_title (VigDbConnection *db, VigRunStart *self, GError **error)
{
  g_autoptr (JsonArray) rows = vig_store_operators_enabled (db, error);
  g_autoptr (GPtrArray) operators = rows != NULL ? vig_operator_new_all (rows) : NULL;

  return operators != NULL ? get_first_words (self->redactor, skip_mentions (operators, self->text), TITLE_LENGTH) : NULL;
}

static JsonObject *
find_session (VigDbConnection *db, VigRunStart *self, GError **error)
{
  g_autoptr (JsonObject) session = NULL;
  g_autofree char *title = NULL;
  const char *id;

  if (self->session_id != NULL)
    session = vig_store_sessions_get (db, self->user_id, self->session_id, error);
  else
    session = vig_store_sessions_create (db, self->user_id, NULL, error);
  if (session == NULL || vig_json_get_string (session, "leaf_id", NULL) != NULL)
    return g_steal_pointer (&session);

  id = vig_json_get_string (session, "id", "");
  title = make_title (db, self, error);

  return title != NULL && vig_store_sessions_entitle (db, id, title, "words", error) ? vig_store_sessions_get (db, self->user_id, id, error) : NULL;
}

/* Takes @run. */
static JsonObject *
make_test (VigDbConnection *db, VigRunStart *self, JsonObject *run, GError **error)
{
  g_autoptr (JsonObject) owned = run;
  const char *id = vig_json_get_string (run, "id", "");
  g_autoptr (JsonObject) operator = self->operator_id != NULL ? vig_store_operators_get (db, self->operator_id, error) : NULL;
  g_autoptr (JsonObject) changes = json_object_new ();

  if ((self->operator_id != NULL && operator == NULL) || !vig_store_runs_set_strict (db, id, error))
    return NULL;
  if (operator != NULL)
    {
      json_object_set_string_member (changes, "state", "asking");
      json_object_set_string_member (changes, "operator_id", self->operator_id);
      json_object_set_string_member (changes, "operator_name", vig_json_get_string (operator, "name", ""));
      json_object_set_string_member (changes, "routing_reason", "It is being tried.");
    }

  return vig_store_runs_update (db, id, changes, error);
}

static JsonObject *
create_run (VigDbConnection *db, VigRunStart *self, const char *session_id, GError **error)
{
  g_autoptr (JsonObject) run = NULL;

  if (!vig_store_users_check_acts (db, self->user_id, "you may not ask for anything any more", error))
    return NULL;
  run = vig_store_runs_create (db, session_id, self->user_id, error);
  if (run == NULL || (self->unattended && !vig_store_runs_set_unattended (db, vig_json_get_string (run, "id", ""), error)))
    return NULL;

  return self->is_test ? make_test (db, self, g_steal_pointer (&run), error) : g_steal_pointer (&run);
}

/* Where nobody has to think about whom it goes to, that is settled with the question, in the same write. */
static gboolean
route (VigDbConnection *db, JsonObject *run, const char *text, GError **error)
{
  g_autoptr (JsonArray) rows = NULL;
  g_autoptr (GPtrArray) operators = NULL;
  g_autoptr (JsonObject) changes = NULL;
  g_autoptr (JsonObject) stored = NULL;
  VigOperator *operator;
  VigPlan *plan;
  const char *reason;

  if (!g_str_equal (vig_json_get_string (run, "state", ""), "routing"))
    return TRUE;
  rows = vig_store_operators_enabled (db, error);
  if (rows == NULL)
    return FALSE;

  operators = vig_operator_new_all (rows);
  reason = vig_plan_route_plainly (operators, text, &operator, &plan);
  g_clear_pointer (&plan, vig_plan_free);
  if (operator == NULL)
    return TRUE;

  changes = vig_json_pack_object ("{s:s, s:s, s:s, s:s}", "state", "asking", "operator_id", operator->id, "operator_name", operator->name,
                                  "routing_reason", reason);
  stored = vig_store_runs_update (db, vig_json_get_string (run, "id", ""), changes, error);

  return stored != NULL;
}

/* The answer: the run, with its question, whose branch is shown from here on. */
static gpointer
finish (VigDbConnection *db, VigRunStart *self, JsonObject *run, JsonObject *session, JsonObject *question, gboolean is_asked_now, GError **error)
{
  const char *run_id = vig_json_get_string (run, "id", "");
  const char *question_id = vig_json_get_string (question, "id", "");
  const char *text = vig_json_get_string (vig_json_get_object (question, "content"), "text", "");
  g_autofree char *words = get_first_words (self->redactor, text, QUESTION_LENGTH);
  g_autoptr (JsonObject) stored = NULL;

  if (!route (db, run, text, error) || !vig_store_runs_set_question (db, run_id, question_id, words, error)
      || !vig_store_messages_show (db, vig_json_get_string (session, "id", ""), question_id, error))
    return NULL;
  stored = vig_store_runs_get (db, run_id, error);
  if (stored == NULL)
    return NULL;

  return vig_json_pack_object ("{s:J, s:J, s:J}", "run", stored, "message", is_asked_now ? question : NULL, "session", session);
}

static gpointer
write_again (VigDbConnection *db, VigRunStart *self, GError **error)
{
  g_autoptr (JsonObject) message = vig_store_messages_get_own (db, self->user_id, self->question_id, error);
  g_autoptr (JsonObject) question = message != NULL ? vig_store_messages_find_question (db, self->question_id, error) : NULL;
  g_autoptr (JsonObject) session = NULL;
  g_autoptr (JsonObject) run = NULL;

  if (question != NULL)
    session = vig_store_sessions_get (db, self->user_id, vig_json_get_string (question, "session_id", ""), error);
  if (session != NULL)
    run = create_run (db, self, vig_json_get_string (session, "id", ""), error);

  return run != NULL ? finish (db, self, run, session, question, FALSE, error) : NULL;
}

/* TRUE: what the message follows is one of this conversation, or nothing. */
static gboolean
check_parent (VigDbConnection *db, VigRunStart *self, JsonObject *session, GError **error)
{
  g_autoptr (JsonObject) parent = NULL;
  const char *session_id = vig_json_get_string (session, "id", "");

  if (!self->has_parent)
    {
      g_free (self->parent_id);
      self->parent_id = g_strdup (vig_json_get_string (session, "leaf_id", NULL));
      return TRUE;
    }
  if (self->parent_id == NULL)
    return TRUE;

  parent = vig_store_messages_get (db, self->parent_id, error);
  if (parent == NULL)
    return FALSE;
  if (g_strcmp0 (vig_json_get_string (parent, "session_id", NULL), session_id) == 0)
    return TRUE;
  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no message %s in this session", self->parent_id);

  return FALSE;
}

static JsonObject *
make_content (VigDbConnection *db, VigRunStart *self, const char *session_id, GError **error)
{
  g_autoptr (JsonArray) sent = NULL;

  if (self->attachments == NULL || json_array_get_length (self->attachments) == 0)
    return vig_json_pack_object ("{s:s}", "text", self->text);

  sent = vig_store_attachments_send (db, self->user_id, session_id, self->attachments, error);

  return sent != NULL ? vig_json_pack_object ("{s:s, s:A}", "text", self->text, "attachments", g_steal_pointer (&sent)) : NULL;
}

static gpointer
write_new (VigDbConnection *db, VigRunStart *self, GError **error)
{
  g_autoptr (JsonObject) session = find_session (db, self, error);
  g_autoptr (JsonObject) content = NULL;
  g_autoptr (JsonObject) run = NULL;
  g_autoptr (JsonObject) message = NULL;
  const char *session_id;

  if (session == NULL || !check_parent (db, self, session, error))
    return NULL;
  session_id = vig_json_get_string (session, "id", "");
  run = create_run (db, self, session_id, error);
  if (run == NULL)
    return NULL;
  content = make_content (db, self, session_id, error);
  if (content == NULL)
    return NULL;
  message = vig_store_messages_add_question (db, session_id, vig_json_get_string (run, "id", ""), self->parent_id, content, error);

  return message != NULL ? finish (db, self, run, session, message, TRUE, error) : NULL;
}

static VigRunWrite *
build_try (VigRunStart *self, JsonObject *stored, VigOperator *operator)
{
  JsonObject *run = vig_json_get_object (stored, "run");
  VigRunWrite *write = vig_run_write_new (vig_json_get_string (run, "id", ""), vig_json_get_string (run, "session_id", ""), operator->name);
  g_autoptr (VigReply) reply = vig_reply_new ();
  g_autoptr (JsonObject) arguments = vig_json_parse_object (self->arguments, -1, 0, NULL);

  vig_reply_add_call (reply, VIG_RUN_TRY_CALL, self->tool, self->arguments);
  json_object_set_string_member (write->changes, "state", "resolving");
  json_object_set_string_member (write->changes, "operator_id", operator->id);
  json_object_set_string_member (write->changes, "operator_name", operator->name);
  json_object_set_string_member (write->changes, "routing_reason", "A person tries the tool");
  vig_run_write_add_message (write, "assistant", vig_reply_to_json (reply));
  json_array_add_object_element (write->calls, vig_json_pack_object ("{s:s, s:s, s:J}", "provider_call_id", VIG_RUN_TRY_CALL, "tool", self->tool,
                                                                     "arguments", arguments));

  return write;
}

/* The call stands there as if the Operator's model had made it: the guard judges it as any. */
static gpointer
write_try (VigDbConnection *db, VigRunStart *self, GError **error)
{
  g_autoptr (JsonObject) row = vig_store_operators_get (db, self->operator_id, error);
  g_autoptr (VigOperator) operator = row != NULL ? vig_operator_new (row) : NULL;
  g_autoptr (JsonObject) stored = NULL;
  g_autoptr (JsonObject) written = NULL;
  VigRunWrite *write;

  if (operator == NULL)
    return NULL;
  if (!vig_operator_has_tool (operator, self->tool))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/operator_id: %s is not assigned to %s: assign it first", self->tool, operator->name);
      return NULL;
    }

  stored = write_new (db, self, error);
  if (stored == NULL)
    return NULL;

  write = build_try (self, stored, operator);
  written = vig_run_write_run (db, write, error);
  vig_run_write_free (write);
  if (written == NULL)
    return NULL;
  json_object_set_object_member (stored, "run", json_object_ref (vig_json_get_object (written, "run")));

  return g_steal_pointer (&stored);
}

static JsonObject *
write_start (VigDbConnection *db, VigRunStart *self, GError **error)
{
  g_autoptr (JsonObject) stored = NULL;

  if (self->origin != NULL && !vig_run_again_prepare (db, self, error))
    return NULL;
  if (self->tool != NULL)
    return write_try (db, self, error);

  stored = self->question_id != NULL ? write_again (db, self, error) : write_new (db, self, error);
  if (stored == NULL || (self->origin != NULL && !vig_run_again_finish (db, self, stored, error)))
    return NULL;

  return g_steal_pointer (&stored);
}

void
vig_run_started_free (gpointer data)
{
  VigRunStarted *self = data;

  g_clear_pointer (&self->stored, json_object_unref);
  g_clear_pointer (&self->loaded, vig_run_loaded_free);
  g_free (self);
}

static gboolean
have_attachments (JsonArray *messages)
{
  for (guint i = 0; i < json_array_get_length (messages); i++)
    if (vig_json_get_array (vig_json_get_object (json_array_get_object_element (messages, i), "content"), "attachments") != NULL)
      return TRUE;

  return FALSE;
}

/* Here it is at hand, so that the model is asked as soon as all is on disk. Files are left to the readers' threads. */
static VigRunLoaded *
load (VigDbConnection *db, JsonObject *run)
{
  VigRunLoad load = { (char *) vig_json_get_string (run, "id", ""), NULL };
  VigRunLoaded *loaded = vig_run_loaded_read (db, &load, NULL);

  if (loaded != NULL && (have_attachments (vig_json_get_array (loaded->record, "messages")) || have_attachments (vig_json_get_array (loaded->record, "history"))))
    g_clear_pointer (&loaded, vig_run_loaded_free);

  return loaded;
}

gpointer
vig_run_start_write (VigDbConnection *db, gpointer start, GError **error)
{
  JsonObject *stored = write_start (db, start, error);
  VigRunStarted *self;

  if (stored == NULL)
    return NULL;

  self = g_new0 (VigRunStarted, 1);
  self->stored = stored;
  self->loaded = load (db, vig_json_get_object (stored, "run"));

  return self;
}
