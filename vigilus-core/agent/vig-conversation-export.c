/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-conversation-export.h"

#include <string.h>

#include "vig-stop.h"
#include "vig-store-runs.h"
#include "vig-store-sessions.h"

#define BATCH 100 /* messages a piece */

typedef enum
{
  HEAD,
  MESSAGES,
  RUNS,
  CALLS,
  TAIL,
} Step;

typedef struct
{
  JsonObject  *session;
  gboolean     as_json;
  VigRedactor *redactor;
  Step         step;
  gint64       after;   /* JSON: seq of the last message written */
  JsonArray   *path;    /* Markdown: ids of what is shown, oldest first */
  guint        written; /* of the step */
  char        *cursor;  /* of the runs */
  JsonArray   *run_ids;
} Export;

gpointer
vig_conversation_export_new (JsonObject *session, gboolean as_json, VigRedactor *redactor)
{
  Export *self = g_new0 (Export, 1);

  self->session = json_object_ref (session);
  self->as_json = as_json;
  self->redactor = redactor;
  self->run_ids = json_array_new ();

  return self;
}

void
vig_conversation_export_free (gpointer data)
{
  Export *self = data;

  json_object_unref (self->session);
  g_clear_pointer (&self->path, json_array_unref);
  json_array_unref (self->run_ids);
  g_free (self->cursor);
  g_free (self);
}

static const char *
get_id (Export *self)
{
  return vig_json_get_string (self->session, "id", "");
}

/* JSON */

static void
append_json (Export *self, GString *piece, JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autoptr (JsonNode) clean = vig_redactor_apply_json (self->redactor, node);
  g_autofree char *text = vig_json_to_string (clean);

  g_string_append (piece, text);
}

static void
append_items (Export *self, GString *piece, JsonArray *items)
{
  for (guint i = 0; i < json_array_get_length (items); i++)
    {
      g_string_append (piece, self->written++ > 0 ? ",\n" : "\n");
      append_json (self, piece, json_array_get_object_element (items, i));
    }
}

static void
enter (Export *self, Step step)
{
  self->step = step;
  self->written = 0;
}

static gboolean
write_messages (Export *self, VigDbConnection *db, GString *piece, GError **error)
{
  g_autoptr (JsonArray) messages = vig_store_messages_since (db, get_id (self), &self->after, BATCH, error);

  if (messages == NULL)
    return FALSE;

  append_items (self, piece, messages);
  if (json_array_get_length (messages) == BATCH)
    return TRUE;

  g_string_append (piece, "\n],\n\"runs\": [");
  enter (self, RUNS);

  return TRUE;
}

static gboolean
write_runs (Export *self, VigDbConnection *db, GString *piece, GError **error)
{
  VigPage page = { BATCH, self->cursor };
  g_autoptr (JsonObject) list = vig_store_runs_list (db, NULL, get_id (self), NULL, 0, &page, error);
  JsonArray *runs;

  if (list == NULL)
    return FALSE;

  runs = vig_json_get_array (list, "items");
  append_items (self, piece, runs);
  for (guint i = 0; i < json_array_get_length (runs); i++)
    json_array_add_string_element (self->run_ids, vig_json_get_string (json_array_get_object_element (runs, i), "id", ""));
  g_free (self->cursor);
  self->cursor = g_strdup (vig_json_get_string (list, "next", NULL));
  if (self->cursor != NULL)
    return TRUE;

  g_string_append (piece, "\n],\n\"calls\": [");
  enter (self, CALLS);

  return TRUE;
}

/* Those of one run. */
static gboolean
write_calls (Export *self, VigDbConnection *db, GString *piece, GError **error)
{
  guint n = json_array_get_length (self->run_ids);
  g_autoptr (JsonArray) calls = NULL;

  if (n == 0)
    {
      g_string_append (piece, "\n]\n}\n");
      enter (self, TAIL);
      return TRUE;
    }

  calls = vig_store_calls_of_run (db, json_array_get_string_element (self->run_ids, n - 1), error);
  if (calls == NULL)
    return FALSE;
  append_items (self, piece, calls);
  json_array_remove_element (self->run_ids, n - 1);

  return TRUE;
}

static gboolean
write_json (Export *self, VigDbConnection *db, GString *piece, GError **error)
{
  switch (self->step)
    {
    case HEAD:
      g_string_append (piece, "{\n\"format\": \"vigilus-conversation\",\n\"version\": 1,\n\"session\": ");
      append_json (self, piece, self->session);
      g_string_append (piece, ",\n\"messages\": [");
      enter (self, MESSAGES);
      return TRUE;
    case MESSAGES:
      return write_messages (self, db, piece, error);
    case RUNS:
      return write_runs (self, db, piece, error);
    case CALLS:
      return write_calls (self, db, piece, error);
    case TAIL:
    default:
      return TRUE;
    }
}

/* Markdown */

/* A fence that is longer than any in @text. */
static void
append_fenced (GString *piece, const char *info, const char *text)
{
  g_autofree char *fence = NULL;
  guint longest = 2;
  guint run = 0;

  for (const char *p = text; *p != '\0'; p++)
    {
      run = *p == '`' ? run + 1 : 0;
      longest = MAX (longest, run);
    }
  fence = g_strnfill (longest + 1, '`');
  g_string_append_printf (piece, "%s%s\n%s%s%s\n\n", fence, info, text, g_str_has_suffix (text, "\n") ? "" : "\n", fence);
}

static void
append_heading (GString *piece, JsonObject *message)
{
  const char *who = vig_json_get_string (message, "operator_name", NULL);

  g_string_append_printf (piece, "## %s\n\n*%s*\n\n", who != NULL ? who : "You", vig_json_get_string (message, "created_at", ""));
}

static void
append_calls (GString *piece, JsonArray *calls)
{
  for (guint i = 0; calls != NULL && i < json_array_get_length (calls); i++)
    {
      JsonObject *call = json_array_get_object_element (calls, i);
      JsonObject *arguments = vig_json_get_object (call, "arguments");
      g_autofree char *text = arguments != NULL ? vig_json_object_to_string (arguments) : g_strdup ("");

      g_string_append_printf (piece, "**Call: %s**\n\n", vig_json_get_string (call, "name", ""));
      append_fenced (piece, "json", text);
    }
}

static void
append_results (GString *piece, JsonArray *results)
{
  for (guint i = 0; results != NULL && i < json_array_get_length (results); i++)
    {
      JsonObject *result = json_array_get_object_element (results, i);

      g_string_append_printf (piece, "**%s: %s**\n\n", vig_json_get_boolean (result, "is_error", FALSE) ? "Error" : "Result",
                              vig_json_get_string (result, "name", ""));
      append_fenced (piece, "", vig_json_get_string (result, "text", ""));
    }
}

static void
append_stop (GString *piece, JsonObject *content)
{
  const char *why = vig_stop_describe (vig_stop_read (vig_json_get_string (content, "stop_reason", NULL), vig_json_get_boolean (content, "cut_short", FALSE)));

  if (why != NULL)
    g_string_append_printf (piece, "> %s\n\n", why);
}

static void
append_message (Export *self, GString *piece, JsonObject *message)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), message);
  g_autoptr (JsonNode) clean = vig_redactor_apply_json (self->redactor, node);
  JsonObject *content = vig_json_get_object (json_node_get_object (clean), "content");
  const char *kind = vig_json_get_string (message, "kind", "");
  const char *text = content != NULL ? vig_json_get_string (content, "text", "") : "";

  if (content == NULL)
    return;
  if (g_str_equal (kind, "user") || g_str_equal (kind, "assistant"))
    append_heading (piece, json_node_get_object (clean));
  if (*text != '\0')
    g_string_append_printf (piece, g_str_equal (kind, "notice") ? "> %s\n\n" : "%s\n\n", text);
  append_stop (piece, content);
  append_calls (piece, vig_json_get_array (content, "calls"));
  append_results (piece, vig_json_get_array (content, "results"));
}

static gboolean
write_head (Export *self, VigDbConnection *db, GString *piece, GError **error)
{
  g_autofree char *title = vig_redactor_apply (self->redactor, vig_json_get_string (self->session, "title", ""));

  g_string_append_printf (piece, "# %s\n\n", title);
  self->path = vig_store_messages_path_ids (db, get_id (self), error);
  enter (self, MESSAGES);

  return self->path != NULL;
}

static gboolean
write_markdown (Export *self, VigDbConnection *db, GString *piece, GError **error)
{
  guint length;

  if (self->step == HEAD)
    return write_head (self, db, piece, error);

  length = json_array_get_length (self->path);
  for (guint i = 0; i < BATCH && self->written < length; i++)
    {
      g_autoptr (JsonObject) message = vig_store_messages_get (db, json_array_get_string_element (self->path, self->written++), error);

      if (message == NULL)
        return FALSE;
      append_message (self, piece, message);
    }
  if (self->written == length)
    enter (self, TAIL);

  return TRUE;
}

gboolean
vig_conversation_export_piece (VigDbConnection *db, gpointer data, GString *piece, gboolean *done, GError **error)
{
  Export *self = data;

  /* A piece that is empty would never be followed by another one. */
  while (piece->len == 0 && self->step != TAIL)
    if (!(self->as_json ? write_json (self, db, piece, error) : write_markdown (self, db, piece, error)))
      return FALSE;
  *done = self->step == TAIL;

  return TRUE;
}
