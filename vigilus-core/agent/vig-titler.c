/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-titler.h"

#include <string.h>

#include "vig-history.h"
#include "vig-result.h"
#include "vig-run-store.h"
#include "vig-store-runs.h"
#include "vig-store-sessions.h"
#include "vig-store-settings.h"
#include "vig-store-usage.h"
#include "vig-usage.h"

#define MAX_TEXT    2000 /* bytes of the question, and of the answer */
#define MAX_TITLE   60   /* characters */
#define TIMEOUT     60   /* seconds */

typedef struct
{
  VigParts     *parts;
  char         *run_id;
  GCancellable *cancellable; /* of this title: by the caller's, or late */
  guint         timer;
  JsonObject   *wanted;      /* {"user_id", "session_id", "text"} */
  VigAsk       *ask;
  char         *prices;
  char         *title;
  JsonObject   *usage;       /* vig-store-usage.h; NULL: the model tells none */
} Titler;

static void
titler_free (Titler *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_object_unref (self->cancellable);
  g_free (self->run_id);
  g_clear_pointer (&self->wanted, json_object_unref);
  vig_ask_unref (self->ask);
  g_free (self->prices);
  g_free (self->title);
  g_clear_pointer (&self->usage, json_object_unref);
  vig_parts_unref (self->parts);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Titler, titler_free)

char *
vig_titler_clean (const char *answer)
{
  g_autofree char *text = g_strstrip (g_strdup (answer));
  static const char *marks[] = { "\"", "'", "`", "*", "#", "_", "“", "”", "„", "«", "»" };
  g_autoptr (GString) title = NULL;

  text[strcspn (text, "\r\n")] = '\0';
  title = g_string_new (g_ascii_strncasecmp (text, "title:", 6) == 0 ? text + 6 : text);
  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    g_string_replace (title, marks[i], "", 0);
  g_strstrip (title->str);
  title->len = strlen (title->str);
  while (title->len > 0 && strchr (".:; ", title->str[title->len - 1]) != NULL)
    g_string_truncate (title, title->len - 1);

  return title->len > 0 && g_utf8_strlen (title->str, -1) <= MAX_TITLE ? g_strdup (title->str) : NULL;
}

static const char *
find_answer (JsonArray *messages)
{
  for (guint i = json_array_get_length (messages); i > 0; i--)
    {
      JsonObject *message = json_array_get_object_element (messages, i - 1);

      if (g_str_equal (vig_json_get_string (message, "kind", ""), "assistant"))
        return vig_json_get_string (vig_json_get_object (message, "content"), "text", "");
    }

  return "";
}

static JsonObject *
describe (JsonObject *run, JsonArray *messages)
{
  gboolean cut;
  g_autofree char *question = vig_result_cap (vig_history_get_question (messages), MAX_TEXT, &cut);
  g_autofree char *answer = vig_result_cap (find_answer (messages), MAX_TEXT, &cut);
  g_autofree char *text = g_strdup_printf ("The person:\n%s\n\nThe assistant:\n%s", question, answer);

  return vig_json_pack_object ("{s:s, s:s, s:s}", "user_id", vig_json_get_string (run, "user_id", ""),
                               "session_id", vig_json_get_string (run, "session_id", ""), "text", text);
}

/* NULL without error: no title is wanted. */
static gpointer
find_wanted (VigDbConnection *db, gpointer run_id, GError **error)
{
  g_autoptr (JsonObject) settings = vig_store_settings_get (db, error);
  g_autoptr (JsonObject) run = NULL;
  g_autoptr (JsonObject) session = NULL;
  g_autoptr (JsonArray) messages = NULL;

  if (settings == NULL || !vig_json_get_boolean (settings, "model_titles", FALSE))
    return NULL;
  run = vig_store_runs_get (db, run_id, error);
  if (run != NULL)
    session = vig_store_sessions_get (db, vig_json_get_string (run, "user_id", ""), vig_json_get_string (run, "session_id", ""), error);
  if (session == NULL || !g_str_equal (vig_json_get_string (session, "title_by", ""), "words"))
    return NULL;
  messages = vig_store_messages_of_run (db, run_id, error);

  return messages != NULL ? describe (run, messages) : NULL;
}

static gpointer
write_title (VigDbConnection *db, gpointer data, GError **error)
{
  Titler *self = data;
  const char *session_id = vig_json_get_string (self->wanted, "session_id", "");

  if ((self->title != NULL && !vig_store_sessions_entitle (db, session_id, self->title, "model", error)) || (self->usage != NULL && !vig_store_usage_add (db, self->usage, error)))
    return NULL;

  return vig_store_sessions_get (db, vig_json_get_string (self->wanted, "user_id", ""), session_id, error);
}

static void
title_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Titler) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) session = vig_db_finish (VIG_DB (source), result, &error);

  if (session != NULL)
    {
      json_object_set_string_member (session, "user_id", vig_json_get_string (self->wanted, "user_id", ""));
      vig_parts_publish (self->parts, "sessions", "session.changed", session);
    }
  else if (!vig_error_is_not_found (error))
    g_warning ("RUN=%s: the title of its conversation can't be stored: %s", self->run_id, error->message);
}

static void
answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Titler) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigReply) reply = vig_ask_run_finish (self->ask, result, &error);
  g_autofree char *clean = reply != NULL ? vig_titler_clean (vig_reply_get_text (reply)) : NULL;
  VigDb *db = self->parts->context.db;

  if (clean == NULL)
    g_message ("RUN=%s: no title by a model: %s", self->run_id, error != NULL ? error->message : "what it answered is none");
  if (reply == NULL)
    return;

  self->title = clean != NULL ? vig_redactor_apply (self->parts->context.redactor, clean) : NULL;
  self->usage = vig_usage_describe (self->ask, self->prices, reply, "title", vig_json_get_string (self->wanted, "user_id", ""),
                                    vig_json_get_string (self->wanted, "session_id", ""));
  if (self->usage != NULL)
    json_object_set_string_member (self->usage, "run_id", self->run_id);
  vig_db_write_async (db, write_title, self, NULL, (GDestroyNotify) json_object_unref, NULL, title_stored, self);
  g_steal_pointer (&self);
}

static gboolean
late (gpointer user_data)
{
  Titler *self = user_data;

  self->timer = 0;
  g_cancellable_cancel (self->cancellable);

  return G_SOURCE_REMOVE;
}

static void
facts_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Titler) self = user_data;
  VigRunFacts *facts = vig_db_finish (VIG_DB (source), result, NULL);
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();
  g_autofree char *text = vig_redactor_apply (self->parts->context.redactor, vig_json_get_string (self->wanted, "text", ""));

  vig_transcript_add_user (transcript, text);
  if (facts != NULL && !g_cancellable_is_cancelled (self->cancellable))
    {
      self->ask = vig_ask_new_to_entitle (self->parts, facts, transcript, NULL);
      self->prices = g_strdup (vig_json_get_string (facts->settings, "model_prices", ""));
    }
  g_clear_pointer (&facts, vig_run_facts_free);
  /* "Offline" has no words of its own. */
  if (self->ask == NULL || vig_ask_get_writer (self->ask) == NULL)
    return;

  self->timer = g_timeout_add_seconds (TIMEOUT, late, self);
  vig_ask_run_async (self->ask, NULL, self->cancellable, answered, self);
  g_steal_pointer (&self);
}

static void
wanted_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Titler) self = user_data;

  self->wanted = vig_db_finish (VIG_DB (source), result, NULL);
  if (self->wanted == NULL)
    return;

  vig_run_facts_read_async (VIG_DB (source), NULL, NULL, facts_read, self);
  g_steal_pointer (&self);
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

void
vig_titler_run (VigParts *parts, const char *run_id, GCancellable *cancellable)
{
  Titler *self = g_new0 (Titler, 1);

  self->parts = vig_parts_ref (parts);
  self->run_id = g_strdup (run_id);
  self->cancellable = g_cancellable_new ();
  g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (on_cancelled), self->cancellable, 0);
  vig_db_read_async (parts->context.db, find_wanted, self->run_id, NULL, (GDestroyNotify) json_object_unref, NULL, wanted_read, self);
}
