/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "route.h"

#include "rank.h"

#include <string.h>

/* Below this an Operator shares only words that nearly all share. */
#define SCORE_MIN 0.1
/* From this on a part of a request is plainly somebody's. */
#define SCORE_PLAIN 1.0
/* What an Operator is for says its name, then its description. Its tools and its prompt are long: each of their words says little. */
#define WEIGHT_NAME        2.0
#define WEIGHT_DESCRIPTION 0.6
#define WEIGHT_TOOLS       0.06
#define WEIGHT_PROMPT      0.06
/* As vig_prompt_for_routing () puts it. */
#define TOOLS "\nPermission level: "
#define INSTRUCTIONS "\nIts instructions: "
/* Parts of a request: more are no plan but a list. */
#define MAX_PARTS 4

typedef struct
{
  JsonArray *names;
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
get_names (JsonObject *schema)
{
  JsonObject *properties = schema != NULL ? vig_json_get_object (schema, "properties") : NULL;
  JsonObject *operator = properties != NULL ? vig_json_get_object (properties, "operator") : NULL;

  return operator != NULL ? vig_json_get_array (operator, "enum") : NULL;
}

const VigToolInfo *
route_find_delegate (const VigToolInfo * const *tools)
{
  const VigToolInfo *delegate = find_tool (tools, "delegate");
  g_autoptr (JsonObject) schema = delegate != NULL ? vig_json_parse_object (delegate->input_schema, -1, 0, NULL) : NULL;

  return get_names (schema) != NULL ? delegate : NULL;
}

/* What the system prompt says of an Operator, in the section under its name. */
static char *
dup_section (const char *system, const char *name)
{
  g_autofree char *heading = g_strconcat ("\n## ", name, "\n", NULL);
  const char *begin = system != NULL ? strstr (system, heading) : NULL;
  const char *end = begin != NULL ? strstr (begin + strlen (heading), "\n## ") : NULL;

  if (begin == NULL)
    return g_strdup ("");
  begin += strlen (heading);

  return end != NULL ? g_strndup (begin, end - begin) : g_strdup (begin);
}

/* Cuts @section where @mark begins; what follows it. */
static const char *
cut_at (char *section, const char *mark)
{
  char *at = strstr (section, mark);

  if (at == NULL)
    return "";
  *at = '\0';

  return at + 1;
}

static void
fill (Operators *self, const char *system)
{
  for (guint i = 0; i < json_array_get_length (self->names); i++)
    {
      const char *name = json_array_get_string_element (self->names, i);
      g_autofree char *section = dup_section (system, name);
      const char *instructions = cut_at (section, INSTRUCTIONS);
      const char *tools = cut_at (section, TOOLS);

      ranking_begin (self->ranking);
      ranking_add (self->ranking, name, WEIGHT_NAME);
      ranking_add (self->ranking, section, WEIGHT_DESCRIPTION);
      ranking_add (self->ranking, tools, WEIGHT_TOOLS);
      ranking_add (self->ranking, *instructions != '\0' ? instructions + strlen (INSTRUCTIONS) - 1 : "", WEIGHT_PROMPT);
    }
}

/* "run `uptime`": a command, whatever else its Operators call a run. */
static gboolean
is_command (Request *request, const char *text)
{
  return request->code != NULL && g_regex_match_simple ("^\\s*(?:please\\s+)?(?:run|execute|exec|launch|invoke)\\b", text, G_REGEX_CASELESS, 0);
}

static int
find_best (Operators *self, const char *text, double *score)
{
  g_autoptr (Request) request = request_new (text);
  g_autofree char *query = request_dup_query (request);
  int best = is_command (request, text) ? ranking_find (self->ranking, "host server shell command", score) : -1;

  return best >= 0 ? best : ranking_find (self->ranking, query, score);
}

static const char *
get_name (Operators *self, int index)
{
  return json_array_get_string_element (self->names, index);
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

      if (best < 0 || score < SCORE_PLAIN)
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
  Operators self = { get_names (schema), ranking };
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
route_tell (const char *system, const VigToolInfo * const *tools)
{
  g_autoptr (JsonObject) schema = vig_json_parse_object (route_find_delegate (tools)->input_schema, -1, 0, NULL);
  JsonArray *names = get_names (schema);
  GString *text = g_string_new ("I am the **offline** provider: no language model. I match the words of a request with the Operators there are, and "
                                "found none that fits these.\n\n");

  for (guint i = 0; i < json_array_get_length (names); i++)
    {
      const char *name = json_array_get_string_element (names, i);
      g_autofree char *section = dup_section (system, name);

      g_string_append_printf (text, "- **%s**: %.*s\n", name, (int) strcspn (section, "\n"), section);
    }
  g_string_append (text, "\nName one with @, say it in words like these, or add a model under *Settings → Providers*.\n");

  return g_string_free (text, FALSE);
}
