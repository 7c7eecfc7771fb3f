/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "report.h"

#include <string.h>

/* A fence longer than any run of back-ticks in the text. */
static void
append_fenced (GString *out, const char *text)
{
  gsize longest = 0;
  gsize run = 0;
  g_autofree char *fence = NULL;

  for (const char *p = text; *p != '\0'; p++)
    {
      run = *p == '`' ? run + 1 : 0;
      longest = MAX (longest, run);
    }
  fence = g_strnfill (MAX (3, longest + 1), '`');
  g_string_append_printf (out, "%s\n%s%s%s\n", fence, text, g_str_has_suffix (text, "\n") || *text == '\0' ? "" : "\n", fence);
}

static gboolean
append_stream (GString *out, JsonObject *object, const char *name, const char *label)
{
  const char *text = vig_json_get_string (object, name, "");

  if (*text == '\0')
    return FALSE;
  if (label != NULL)
    g_string_append_printf (out, "%s\n\n", label);
  append_fenced (out, text);

  return TRUE;
}

/* What a command printed. */
static void
append_command (GString *out, JsonObject *object)
{
  gint64 status = vig_json_get_int (object, "exit_status", 0);
  gboolean any = append_stream (out, object, "stdout", NULL);

  any = append_stream (out, object, "stderr", "On its error output:") || any;
  if (!any)
    g_string_append (out, "It printed nothing.\n");
  if (status != 0)
    g_string_append_printf (out, "\nIt ended with exit status %" G_GINT64_FORMAT ".\n", status);
}

static void
append_value (GString *out, JsonNode *node)
{
  g_autofree char *text = NULL;

  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    text = json_node_dup_string (node);
  else
    text = vig_json_to_string (node);
  g_strdelimit (text, "\r\n|", ' ');
  g_string_append (out, text);
}

static void
append_object (GString *out, JsonObject *object)
{
  g_autoptr (GList) names = json_object_get_members (object);

  g_string_append (out, "| | |\n|---|---|\n");
  for (GList *l = names; l != NULL; l = l->next)
    {
      g_string_append_printf (out, "| %s | ", (char *) l->data);
      append_value (out, json_object_get_member (object, l->data));
      g_string_append (out, " |\n");
    }
}

static gboolean
is_flat (JsonObject *object)
{
  g_autoptr (GList) values = json_object_get_values (object);

  for (GList *l = values; l != NULL; l = l->next)
    {
      JsonNode *node = l->data;

      if (!JSON_NODE_HOLDS_VALUE (node) && !JSON_NODE_HOLDS_NULL (node))
        return FALSE;
      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING && strlen (json_node_get_string (node)) > 200)
        return FALSE;
    }

  return TRUE;
}

/* The core shows results as data between marks, a line each; people need none. */
static char *
strip_frame (const char *text)
{
  const char *body = g_str_has_prefix (text, "<tool_output ") ? strchr (text, '\n') : NULL;
  const char *end = body != NULL ? g_strrstr (body, "\n</tool_output>") : NULL;

  return end != NULL && end > body ? g_strndup (body + 1, end - body - 1) : g_strdup (text);
}

/* What another Operator answered is words for people already. */
static void
append_asked (GString *out, JsonObject *object)
{
  const char *answer = vig_json_get_string (object, "answer", "");
  const char *error = vig_json_get_string (object, "error", NULL);

  g_string_append_printf (out, "**%s**%s%s\n\n", vig_json_get_string (object, "operator", ""), error != NULL ? " did not get it done: " : ":",
                          error != NULL ? error : "");
  if (*answer != '\0')
    g_string_append_printf (out, "%s%s", answer, g_str_has_suffix (answer, "\n") ? "" : "\n");
}

static gboolean
is_asked (const VigToolResult *result)
{
  return g_str_equal (result->name, "operators.ask");
}

static void
append_result (GString *out, const VigToolResult *result)
{
  g_autofree char *text = strip_frame (result->text);
  g_autoptr (JsonObject) object = *text == '{' ? vig_json_parse_object (text, -1, 0, NULL) : NULL;

  if (is_asked (result) && object != NULL)
    {
      append_asked (out, object);
      return;
    }
  if (result->is_error)
    {
      g_string_append_printf (out, "**%s** did not work:\n\n", result->name);
      append_fenced (out, text);
      return;
    }

  g_string_append_printf (out, "**%s** answered:\n\n", result->name);
  if (object != NULL && json_object_has_member (object, "stdout"))
    append_command (out, object);
  else if (object != NULL && is_flat (object))
    append_object (out, object);
  else
    append_fenced (out, text);
}

static void
append_turn (GString *out, VigTranscript *transcript, guint turn)
{
  for (guint i = 0; i < vig_transcript_get_n_results (transcript, turn); i++)
    {
      if (out->len > 0)
        g_string_append_c (out, '\n');
      append_result (out, vig_transcript_get_result (transcript, turn, i));
    }
}

char *
report_results (VigTranscript *transcript, guint turn)
{
  g_autoptr (GString) out = g_string_new (NULL);
  guint first = turn;

  /* What several Operators answered, one after another, is one answer. */
  if (vig_transcript_get_n_results (transcript, turn) > 0 && is_asked (vig_transcript_get_result (transcript, turn, 0)))
    while (first > 0 && vig_transcript_get_kind (transcript, first - 1) != VIG_TURN_USER)
      first--;
  for (; first <= turn; first++)
    if (vig_transcript_get_kind (transcript, first) == VIG_TURN_TOOLS)
      append_turn (out, transcript, first);

  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
report_helpless (const VigToolInfo * const *tools)
{
  g_autoptr (GString) out = g_string_new (
    "I am the **offline** provider: no language model. I match the words of a request with the tools there are, run one, and show what it "
    "answered. I can't reason, summarise, or plan several steps, and I found no tool that fits these words.\n");

  if (tools == NULL || tools[0] == NULL)
    {
      g_string_append (out, "\nNo tools are assigned here. Assign some under *Operators*, or add a model under *Settings → Providers*.\n");
      return g_string_free (g_steal_pointer (&out), FALSE);
    }

  g_string_append (out, "\nWhat I can use here:\n\n");
  for (guint i = 0; tools[i] != NULL && i < 20; i++)
    {
      const char *end = strpbrk (tools[i]->description, ".\n");
      g_autofree char *sentence = end != NULL ? g_strndup (tools[i]->description, end - tools[i]->description) : g_strdup (tools[i]->description);

      g_string_append_printf (out, "- `%s`: %s\n", tools[i]->name, sentence);
    }
  g_string_append (out, "\nSay it with words like these, or add a model under *Settings → Providers*.\n");

  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
report_servers (const char *tool_name, GPtrArray *servers)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "`%s` fits these words, and it needs a **server**: ", tool_name);
  if (servers->len == 0)
    g_string_append (text, "there is none yet that I may use. Add one in the dashboard under *Servers*.\n");
  else
    g_string_append (text, "say it again with one of these.\n\n");
  for (guint i = 0; i < servers->len; i++)
    g_string_append_printf (text, "- %s\n", (char *) servers->pdata[i]);

  return g_string_free (text, FALSE);
}

char *
report_missing (const char *tool_name, const char *argument)
{
  return g_strdup_printf ("`%s` fits these words, but I found no **%s** for it in them. Say it plainly, for example in quotes or back-ticks. "
                          "(I am the offline provider: I match words, I don't understand them.)\n", tool_name, argument);
}
