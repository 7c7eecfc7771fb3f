/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-plan.h"

#include <string.h>

#include "vig-orchestrator.h"

char *
vig_plan_build_schema (GPtrArray *operators)
{
  g_autoptr (JsonNode) schema = NULL;
  JsonArray *names = json_array_new ();

  for (guint i = 0; i < operators->len; i++)
    json_array_add_string_element (names, ((VigOperator *) g_ptr_array_index (operators, i))->name);

  schema = vig_json_pack ("{s:s, s:{s:{s:s, s:i, s:i, s:{s:s, s:{s:{s:s, s:A}, s:{s:s, s:s}, s:{s:s, s:{s:s, s:i}, s:s}}, s:[s,s], s:b}}}, s:[s], s:b}",
                          "type", "object",
                          "properties",
                          "steps", "type", "array", "minItems", 2, "maxItems", VIG_PLAN_MAX_STEPS,
                          "items", "type", "object",
                          "properties",
                          "operator", "type", "string", "enum", names,
                          "task", "type", "string", "description", "What it shall do, complete in itself",
                          "after", "type", "array", "items", "type", "integer", "minimum", 1, "description",
                          "Numbers of earlier steps whose results it needs; empty: at once",
                          "required", "operator", "task", "additionalProperties", FALSE,
                          "required", "steps", "additionalProperties", FALSE);

  return vig_json_to_string (schema);
}

static VigPlan *
ensure_several (VigPlan *plan)
{
  if (plan != NULL && vig_plan_get_n_steps (plan) < 2)
    g_clear_pointer (&plan, vig_plan_free);

  return plan;
}

/* Numbers that change since a step before was left out, because it named nobody. */
static void
add_step (VigPlan *plan, VigOperator *operator, JsonObject *step, const guint *renumbered, guint n_given)
{
  JsonArray *array = vig_json_get_array (step, "after");
  guint after[VIG_PLAN_MAX_STEPS + 1] = { 0 };
  guint n = 0;

  for (guint i = 0; array != NULL && i < json_array_get_length (array) && n < VIG_PLAN_MAX_STEPS; i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      gint64 number = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_int (node) : 0;

      if (number > 0 && number <= n_given && renumbered[number] != 0)
        after[n++] = renumbered[number];
    }
  vig_plan_add (plan, operator->name, vig_json_get_string (step, "task", ""), after);
}

static VigPlan *
read_steps (GPtrArray *operators, JsonArray *steps)
{
  VigPlan *plan = vig_plan_new ("model");
  guint renumbered[VIG_PLAN_MAX_STEPS + 1] = { 0 };

  for (guint i = 0; steps != NULL && i < json_array_get_length (steps) && i < VIG_PLAN_MAX_STEPS; i++)
    {
      JsonNode *node = json_array_get_element (steps, i);
      JsonObject *step = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      VigOperator *operator = step != NULL ? vig_orchestrator_find_prefix (operators, vig_json_get_string (step, "operator", "")) : NULL;

      if (operator == NULL || *vig_json_get_string (step, "task", "") == '\0')
        continue;
      add_step (plan, operator, step, renumbered, i);
      renumbered[i + 1] = vig_plan_get_n_steps (plan);
    }

  return plan;
}

/* Several calls of `delegate` in one reply: all at once. */
static VigPlan *
read_delegations (GPtrArray *operators, VigReply *reply, const char *question)
{
  VigPlan *plan = vig_plan_new ("model");

  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (reply, i);
      VigOperator *operator = vig_orchestrator_find_called (operators, call);

      if (operator != NULL)
        vig_plan_add (plan, operator->name, vig_json_get_string (call->arguments, "task", question), NULL);
    }

  return plan;
}

/* "1. **Network**: scan" or "- @network: scan": whose line it is, and where its task begins. */
static VigOperator *
read_line (GPtrArray *operators, const char *line, const char **task)
{
  const char *name = line + strspn (line, " \t0123456789.)-*#@>");
  VigOperator *operator = vig_orchestrator_find_prefix (operators, name);
  const char *rest = operator != NULL ? vig_orchestrator_skip_name (operator, name) : NULL;

  if (rest == NULL)
    return NULL;
  rest += strspn (rest, " *`");
  if (*rest != ':')
    return NULL;
  *task = rest + 1 + strspn (rest + 1, " *");

  return **task != '\0' ? operator : NULL;
}

/* Each Operator once: who there is, not what each shall do. */
static gboolean
tells_of_all (VigPlan *plan, GPtrArray *operators)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint number = 1; number <= vig_plan_get_n_steps (plan); number++)
    g_hash_table_add (names, (char *) vig_plan_get_operator (plan, number));

  return operators->len > 2 && vig_plan_get_n_steps (plan) == operators->len && g_hash_table_size (names) == operators->len;
}

/* For models that can't call tools, which are told to write such lines alone: one that leads to them may stand before; more words are an answer to
 * the person. */
static VigPlan *
read_lines (GPtrArray *operators, const char *text)
{
  VigPlan *plan = vig_plan_new ("model");
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean begun = FALSE;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *task = NULL;
      VigOperator *operator = read_line (operators, g_strstrip (lines[i]), &task);
      guint after[] = { vig_plan_get_n_steps (plan), 0 };

      if (*lines[i] == '\0')
        continue;
      if (operator == NULL ? begun || !g_str_has_suffix (lines[i], ":") : !vig_plan_add (plan, operator->name, task, after))
        break;
      begun = TRUE;
    }
  if (tells_of_all (plan, operators))
    g_clear_pointer (&plan, vig_plan_free);

  return plan;
}

VigPlan *
vig_plan_read_reply (GPtrArray *operators, VigReply *reply, const char *question)
{
  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (reply, i);

      if (g_str_equal (call->name, VIG_PLAN_TOOL) && call->arguments != NULL)
        return ensure_several (read_steps (operators, vig_json_get_array (call->arguments, "steps")));
    }
  if (vig_reply_get_n_calls (reply) > 0)
    return ensure_several (read_delegations (operators, reply, question));

  return ensure_several (read_lines (operators, vig_reply_get_text (reply)));
}

static gboolean
says_something (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_isalnum (g_utf8_get_char (p)))
      return TRUE;

  return FALSE;
}

/* Without what only joins it to the next: ", and then". */
static void
cut_join (char *own)
{
  static const char * const joins[] = { "and", "then", "also", "have", "let", "ask", "," };
  gboolean again = TRUE;

  while (again)
    {
      again = FALSE;
      g_strchomp (own);
      for (guint i = 0; i < G_N_ELEMENTS (joins); i++)
        {
          gsize length = strlen (own);
          gsize tail = strlen (joins[i]);

          if (length >= tail && g_ascii_strcasecmp (own + length - tail, joins[i]) == 0 &&
              (*joins[i] == ',' || length == tail || g_ascii_isspace (own[length - tail - 1])))
            {
              own[length - tail] = '\0';
              again = TRUE;
            }
        }
    }
}

/* "@a and @b: look": what stands behind @a alone is no task, so it gets what all get. */
static char *
make_task (const char *text, const char *begin, const char *end)
{
  g_autofree char *own = g_strndup (begin, end - begin);

  g_strstrip (own);
  if (*own == ':' || *own == ',')
    memmove (own, own + 1, strlen (own));
  g_strstrip (own);
  if (*end != '\0')
    cut_join (own);

  return says_something (own) ? g_steal_pointer (&own) : g_strdup (text);
}

/* "@a, as @a said before" */
static gboolean
names_one (VigPlan *plan)
{
  for (guint number = 2; number <= vig_plan_get_n_steps (plan); number++)
    if (!g_str_equal (vig_plan_get_operator (plan, number), vig_plan_get_operator (plan, 1)))
      return FALSE;

  return TRUE;
}

VigPlan *
vig_plan_read_mentions (GPtrArray *operators, const char *text)
{
  VigPlan *plan = vig_plan_new ("mention");
  const char *at = text;
  const char *behind = NULL;
  VigOperator *operator = vig_orchestrator_next_mention (operators, text, &at, &behind);

  while (operator != NULL)
    {
      const char *begin = behind;
      VigOperator *next = vig_orchestrator_next_mention (operators, text, &at, &behind);
      g_autofree char *task = make_task (text, begin, next != NULL ? at : text + strlen (text));
      guint after[] = { vig_plan_get_n_steps (plan), 0 };

      if (!vig_plan_add (plan, operator->name, task, after))
        break;
      operator = next;
    }

  if (names_one (plan))
    g_clear_pointer (&plan, vig_plan_free);

  return ensure_several (plan);
}

const char *
vig_plan_route_plainly (GPtrArray *operators, const char *text, VigOperator **operator, VigPlan **plan)
{
  *operator = NULL;
  *plan = vig_plan_read_mentions (operators, text);
  if (*plan != NULL)
    return "You named them.";

  *operator = vig_orchestrator_find_mention (operators, text);
  if (*operator != NULL)
    return "You named it.";
  if (operators->len != 1)
    return NULL;

  *operator = g_ptr_array_index (operators, 0);

  return "It is the only Operator.";
}
