/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "route.h"

#include "rank.h"

#include <string.h>

/* Below this an Operator shares only words that nearly all share. */
#define SCORE_MIN 0.5
/* As vig_prompt_for_routing () puts it. */
#define INSTRUCTIONS "\nIts instructions: "
/* Parts of a request: more are no plan but a list. */
#define MAX_PARTS 4

typedef struct
{
  JsonArray *choices; /* of {const, title, description} */
  Ranking   *ranking;
} Operators;

static const VigToolInfo *
find_tool (const VigToolInfo * const *tools, const char *name)
{
  for (guint i = 0; tools != NULL && tools[i] != NULL; i++)
    if (g_str_equal (tools[i]->name, name))
      return tools[i];

  return NULL;
}

static JsonArray *
get_choices (JsonObject *schema)
{
  JsonObject *properties = schema != NULL ? vig_json_get_object (schema, "properties") : NULL;
  JsonObject *operator = properties != NULL ? vig_json_get_object (properties, "operator") : NULL;

  return operator != NULL ? vig_json_get_array (operator, "oneOf") : NULL;
}

const VigToolInfo *
route_find_delegate (const VigToolInfo * const *tools)
{
  const VigToolInfo *delegate = find_tool (tools, "delegate");
  g_autoptr (JsonObject) schema = delegate != NULL ? vig_json_parse_object (delegate->input_schema, -1, 0, NULL) : NULL;

  return get_choices (schema) != NULL ? delegate : NULL;
}

/* What the system prompt says of an Operator, in the section under its name: its instructions. */
static char *
dup_section (const char *system, const char *name)
{
  g_autofree char *heading = g_strconcat ("\n## ", name, "\n", NULL);
  const char *begin = system != NULL ? strstr (system, heading) : NULL;
  const char *end;

  if (begin == NULL)
    return g_strdup ("");
  end = strstr (begin + strlen (heading), "\n## ");
  begin = strstr (begin, INSTRUCTIONS);
  if (begin == NULL || (end != NULL && begin > end))
    return g_strdup ("");

  return end != NULL ? g_strndup (begin + strlen (INSTRUCTIONS), end - begin - strlen (INSTRUCTIONS)) : g_strdup (begin + strlen (INSTRUCTIONS));
}

static void
fill (Operators *self, const char *system)
{
  for (guint i = 0; i < json_array_get_length (self->choices); i++)
    {
      JsonObject *choice = json_array_get_object_element (self->choices, i);
      g_autofree char *section = dup_section (system, vig_json_get_string (choice, "const", ""));

      ranking_begin (self->ranking);
      ranking_add (self->ranking, vig_json_get_string (choice, "const", ""), 3);
      ranking_add (self->ranking, vig_json_get_string (choice, "title", ""), 2);
      ranking_add (self->ranking, vig_json_get_string (choice, "description", ""), 0.5);
      ranking_add (self->ranking, section, 0.3);
    }
}

static int
find_best (Operators *self, const char *text, double *score)
{
  g_autoptr (Request) request = request_new (text);
  g_autofree char *query = request_dup_query (request);

  return ranking_find (self->ranking, query, score);
}

static const char *
get_name (Operators *self, int index)
{
  return vig_json_get_string (json_array_get_object_element (self->choices, index), "const", "");
}

static void
call_delegate (VigReply *reply, Operators *self, int index)
{
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s}", "operator", get_name (self, index), "reason", "Its words fit best.");
  g_autofree char *json = vig_json_object_to_string (arguments);

  vig_reply_add_call (reply, "offline-1", "delegate", json);
}

/* "a and then b", "a; b": cut where a new sentence could begin. What is quoted or stands behind a colon is not cut. */
static GPtrArray *
cut_parts (const char *text)
{
  g_autoptr (GRegex) pattern = g_regex_new ("\\s*(?:[;.?!]\\s+(?:and\\s+)?(?:then\\s+|also\\s+)?|,?\\s+(?:and\\s+then|and\\s+also|then|and)\\s+)(?=\\S)",
                                            G_REGEX_CASELESS, 0, NULL);
  g_auto (GStrv) pieces = g_regex_split (pattern, text, 0);
  GPtrArray *parts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; pieces[i] != NULL; i++)
    if (*pieces[i] != '\0')
      g_ptr_array_add (parts, g_strdup (pieces[i]));

  return parts;
}

/* Every part has to be plainly somebody's, and not all the same one's: else the request is one. */
static gboolean
call_plan (VigReply *reply, Operators *self, const char *text)
{
  g_autoptr (GPtrArray) parts = cut_parts (text);
  g_autoptr (JsonObject) arguments = NULL;
  g_autofree char *json = NULL;
  JsonArray *steps;
  int first = -1;
  gboolean differ = FALSE;

  if (parts->len < 2 || parts->len > MAX_PARTS || strchr (text, ':') != NULL || strpbrk (text, "\"`") != NULL)
    return FALSE;

  steps = json_array_new ();
  arguments = vig_json_pack_object ("{s:A}", "steps", steps);
  for (guint i = 0; i < parts->len; i++)
    {
      double score;
      int best = find_best (self, parts->pdata[i], &score);
      g_autoptr (JsonArray) after = json_array_new ();

      if (best < 0 || score < 2 * SCORE_MIN)
        return FALSE;
      if (first < 0)
        first = best;
      differ = differ || best != first;
      if (i > 0)
        json_array_add_int_element (after, i);
      json_array_add_object_element (steps, vig_json_pack_object ("{s:s, s:s, s:A}", "operator", get_name (self, best), "task", parts->pdata[i],
                                                                  "after", g_steal_pointer (&after)));
    }
  if (!differ)
    return FALSE;

  json = vig_json_object_to_string (arguments);
  vig_reply_add_call (reply, "offline-1", "plan", json);

  return TRUE;
}

gboolean
route_make (VigReply *reply, const char *system, const char *text, const VigToolInfo * const *tools)
{
  g_autoptr (JsonObject) schema = vig_json_parse_object (route_find_delegate (tools)->input_schema, -1, 0, NULL);
  g_autoptr (Ranking) ranking = ranking_new ();
  Operators self = { get_choices (schema), ranking };
  double score;
  int best;

  fill (&self, system);
  best = find_best (&self, text, &score);
  if (best < 0 || score < SCORE_MIN)
    return FALSE;
  if (find_tool (tools, "plan") == NULL || !call_plan (reply, &self, text))
    call_delegate (reply, &self, best);
  vig_reply_set_stop_reason (reply, "tool_calls", FALSE);

  return TRUE;
}

char *
route_tell (const VigToolInfo * const *tools)
{
  g_autoptr (JsonObject) schema = vig_json_parse_object (route_find_delegate (tools)->input_schema, -1, 0, NULL);
  JsonArray *choices = get_choices (schema);
  GString *text = g_string_new ("I am the **offline** provider: no language model. I match the words of a request with the Operators there are, and "
                                "found none that fits these.\n\n");

  for (guint i = 0; i < json_array_get_length (choices); i++)
    {
      JsonObject *choice = json_array_get_object_element (choices, i);

      g_string_append_printf (text, "- **%s**: %s\n", vig_json_get_string (choice, "const", ""), vig_json_get_string (choice, "title", ""));
    }
  g_string_append (text, "\nName one with @, say it in words like these, or add a model under *Settings → Providers*.\n");

  return g_string_free (text, FALSE);
}
