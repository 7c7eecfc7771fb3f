/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-policy-rules.h"

#include <stdio.h>
#include <string.h>

#include "vig-resource.h"

#include <vigilus/vig-command-programs.h>

#define DAY_MINUTES (24 * 60)

typedef struct
{
  char         *name;
  GPatternSpec *pattern;
} Condition;

typedef struct
{
  guint      number;
  VigVerdict effect;
  char      *name;
  char      *reason;
  char     **users;      /* NULL: anybody */
  char     **operators;  /* names or ids */
  int        unattended; /* -1: either */
  guint      levels;     /* bits */
  GPtrArray *arguments;  /* Condition */
  char     **commands;   /* patterns of programs' names */
  char     **resources;  /* canonical patterns */
  guint      days;       /* bit 0: Monday; 0: every day and all day */
  int        from;       /* minutes of the day */
  int        until;      /* over DAY_MINUTES where it ends on the next day */
  GTimeZone *zone;
} Rule;

struct _VigPolicyRules
{
  gint64      version;
  GPtrArray  *rules;   /* Rule */
  GHashTable *by_tool; /* name → GPtrArray of borrowed Rule, in their order */
  GPtrArray  *globs;   /* GPatternSpec; at the same index in glob_rules its Rule, or NULL pattern: any tool */
  GPtrArray  *glob_rules;
};

static void
condition_free (gpointer data)
{
  Condition *self = data;

  g_free (self->name);
  g_pattern_spec_free (self->pattern);
  g_free (self);
}

static void
rule_free (gpointer data)
{
  Rule *self = data;

  g_free (self->name);
  g_free (self->reason);
  g_strfreev (self->users);
  g_strfreev (self->operators);
  g_ptr_array_unref (self->arguments);
  g_strfreev (self->commands);
  g_strfreev (self->resources);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_free (self);
}

static void
pattern_free (gpointer data)
{
  if (data != NULL)
    g_pattern_spec_free (data);
}

static void
clear (gpointer data)
{
  VigPolicyRules *self = data;

  g_ptr_array_unref (self->rules);
  g_hash_table_unref (self->by_tool);
  g_ptr_array_unref (self->globs);
  g_ptr_array_unref (self->glob_rules);
}

VigPolicyRules *
vig_policy_rules_ref (VigPolicyRules *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
vig_policy_rules_unref (VigPolicyRules *self)
{
  if (self != NULL)
    g_atomic_rc_box_release_full (self, clear);
}

gint64
vig_policy_rules_get_version (VigPolicyRules *self)
{
  return self->version;
}

static gboolean
blame (guint number, const char *member, const char *what, GError **error)
{
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/rules/%u/%s: %s", number - 1, member, what);

  return FALSE;
}

/* NULL: the list is empty or missing, so it says nothing. */
static char **
dup_list (JsonObject *object, const char *name)
{
  JsonArray *array = vig_json_get_array (object, name);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (array == NULL || json_array_get_length (array) == 0)
    return NULL;
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_strv_builder_add (builder, json_array_get_string_element (array, i));

  return g_strv_builder_end (builder);
}

static gboolean
read_levels (Rule *self, JsonObject *row, GError **error)
{
  g_auto (GStrv) names = dup_list (row, "levels");

  self->levels = names == NULL ? ~0u : 0;
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      VigLevel level;

      if (!vig_level_from_string (names[i], &level))
        return blame (self->number, "levels", "must be read, write, exec or elevate", error);
      self->levels |= 1u << level;
    }

  return TRUE;
}

static gboolean
read_resources (Rule *self, JsonObject *row, GError **error)
{
  self->resources = dup_list (row, "resources");
  for (guint i = 0; self->resources != NULL && self->resources[i] != NULL; i++)
    {
      char *canonical = vig_resource_canonical_pattern (self->resources[i]);

      if (canonical == NULL)
        return blame (self->number, "resources", "a file must be an absolute path without \"..\" after a \"*\"", error);
      g_free (self->resources[i]);
      self->resources[i] = canonical;
    }

  return TRUE;
}

static gboolean
read_commands (Rule *self, JsonObject *row, GError **error)
{
  self->commands = dup_list (row, "commands");
  for (guint i = 0; self->commands != NULL && self->commands[i] != NULL; i++)
    if (self->commands[i][strcspn (self->commands[i], "/ \t\n'\"\\")] != '\0')
      return blame (self->number, "commands", "must be names of programs, as in rm or mkfs*, without folders, options and quotes", error);

  return TRUE;
}

static void
read_arguments (Rule *self, JsonObject *row)
{
  JsonArray *array = vig_json_get_array (row, "arguments");

  self->arguments = g_ptr_array_new_with_free_func (condition_free);
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonObject *given = json_array_get_object_element (array, i);
      Condition *condition = g_new0 (Condition, 1);

      condition->name = g_strdup (vig_json_get_string (given, "name", ""));
      condition->pattern = g_pattern_spec_new (vig_json_get_string (given, "pattern", ""));
      g_ptr_array_add (self->arguments, condition);
    }
}

static int
read_clock (const char *text)
{
  int hour, minute, n = 0;

  if (text == NULL || sscanf (text, "%2d:%2d%n", &hour, &minute, &n) != 2 || n != 5 || text[n] != '\0')
    return -1;

  return hour >= 0 && hour <= 24 && minute >= 0 && minute < 60 && hour * 60 + minute <= DAY_MINUTES ? hour * 60 + minute : -1;
}

static gboolean
read_days (Rule *self, JsonObject *when, GError **error)
{
  static const char * const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
  g_auto (GStrv) days = dup_list (when, "days");

  self->days = days == NULL ? 0x7f : 0;
  for (guint i = 0; days != NULL && days[i] != NULL; i++)
    {
      guint day = 0;

      while (day < G_N_ELEMENTS (names) && !g_str_equal (names[day], days[i]))
        day++;
      if (day == G_N_ELEMENTS (names))
        return blame (self->number, "when/days", "must be mon, tue, wed, thu, fri, sat or sun", error);
      self->days |= 1u << day;
    }

  return TRUE;
}

static gboolean
read_when (Rule *self, JsonObject *row, GError **error)
{
  JsonObject *when = vig_json_get_object (row, "when");

  if (when == NULL)
    return TRUE;
  self->from = read_clock (vig_json_get_string (when, "from", "00:00"));
  self->until = read_clock (vig_json_get_string (when, "until", "24:00"));
  if (self->from < 0 || self->until < 0 || self->from == self->until)
    return blame (self->number, "when", "from and until must be two times of the day, as in 22:00", error);
  if (self->until < self->from)
    self->until += DAY_MINUTES;
  self->zone = g_time_zone_new_identifier (vig_json_get_string (when, "zone", "UTC"));
  if (self->zone == NULL)
    return blame (self->number, "when/zone", "there is no such time zone; write it as Europe/Berlin", error);

  return read_days (self, when, error);
}

static gboolean
read_effect (Rule *self, JsonObject *row, GError **error)
{
  const char *effect = vig_json_get_string (row, "effect", "");

  if (g_str_equal (effect, "allow"))
    self->effect = VIG_VERDICT_ALLOW;
  else if (g_str_equal (effect, "ask"))
    self->effect = VIG_VERDICT_ASK;
  else if (g_str_equal (effect, "deny"))
    self->effect = VIG_VERDICT_DENY;
  else
    return blame (self->number, "effect", "must be allow, ask or deny", error);

  return TRUE;
}

static void
add_to_tool (VigPolicyRules *self, const char *tool, Rule *rule)
{
  GPtrArray *rules = g_hash_table_lookup (self->by_tool, tool);

  if (rules == NULL)
    {
      rules = g_ptr_array_new ();
      g_hash_table_insert (self->by_tool, g_strdup (tool), rules);
    }
  g_ptr_array_add (rules, rule);
}

static void
index_rule (VigPolicyRules *self, JsonObject *row, Rule *rule)
{
  g_auto (GStrv) tools = dup_list (row, "tools");

  for (guint i = 0; tools != NULL && tools[i] != NULL; i++)
    if (strpbrk (tools[i], "*?") == NULL)
      add_to_tool (self, tools[i], rule);
    else
      {
        g_ptr_array_add (self->globs, g_pattern_spec_new (tools[i]));
        g_ptr_array_add (self->glob_rules, rule);
      }
  if (tools == NULL)
    {
      g_ptr_array_add (self->globs, NULL);
      g_ptr_array_add (self->glob_rules, rule);
    }
}

static gboolean
add_rule (VigPolicyRules *self, guint number, JsonObject *row, GError **error)
{
  Rule *rule = g_new0 (Rule, 1);

  rule->number = number;
  g_ptr_array_add (self->rules, rule);
  rule->name = g_strdup (vig_json_get_string (row, "name", ""));
  rule->reason = g_strdup (vig_json_get_string (row, "reason", NULL));
  rule->users = dup_list (row, "users");
  rule->operators = dup_list (row, "operators");
  rule->unattended = json_object_has_member (row, "unattended") && !json_object_get_null_member (row, "unattended")
                       ? (int) vig_json_get_boolean (row, "unattended", FALSE) : -1;
  read_arguments (rule, row);
  if (!read_effect (rule, row, error) || !read_levels (rule, row, error)
      || !read_commands (rule, row, error) || !read_resources (rule, row, error) || !read_when (rule, row, error))
    return FALSE;
  if (vig_json_get_boolean (row, "enabled", TRUE))
    index_rule (self, row, rule);

  return TRUE;
}

VigPolicyRules *
vig_policy_rules_new (gint64 version, JsonArray *rules, GError **error)
{
  g_autoptr (VigPolicyRules) self = g_atomic_rc_box_new0 (VigPolicyRules);

  self->version = version;
  self->rules = g_ptr_array_new_with_free_func (rule_free);
  self->by_tool = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->globs = g_ptr_array_new_with_free_func (pattern_free);
  self->glob_rules = g_ptr_array_new ();
  for (guint i = 0; i < json_array_get_length (rules); i++)
    if (!add_rule (self, i + 1, json_array_get_object_element (rules, i), error))
      return NULL;

  return g_steal_pointer (&self);
}

static gboolean
is_listed (char **names, const char *a, const char *b)
{
  if (names == NULL)
    return TRUE;
  for (guint i = 0; names[i] != NULL; i++)
    if ((a != NULL && g_ascii_strcasecmp (names[i], a) == 0) || (b != NULL && g_str_equal (names[i], b)))
      return TRUE;

  return FALSE;
}

static gboolean
matches_argument (const Rule *self, const Condition *condition, JsonObject *arguments)
{
  JsonNode *node = arguments != NULL ? json_object_get_member (arguments, condition->name) : NULL;
  g_autofree char *text = NULL;

  if (arguments == NULL)
    return self->effect != VIG_VERDICT_ALLOW;
  if (node == NULL)
    return FALSE;
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return g_pattern_spec_match_string (condition->pattern, json_node_get_string (node));
  text = vig_json_to_string (node);

  return g_pattern_spec_match_string (condition->pattern, text);
}

/* What is asked about, and the line that it runs, read once for all rules. */
typedef struct
{
  const VigPolicyQuery *query;
  VigCommand           *line; /* NULL: none, or not read yet */
} Look;

/* The argument "command" of the tools that have one: a line of the shell, or the words of a command. */
static char *
dup_line (JsonObject *arguments)
{
  JsonNode *node = json_object_get_member (arguments, "command");
  g_autoptr (GString) line = NULL;

  if (node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;

  line = g_string_new (NULL);
  for (guint i = 0; i < json_array_get_length (json_node_get_array (node)); i++)
    {
      JsonNode *word = json_array_get_element (json_node_get_array (node), i);
      gboolean is_text = JSON_NODE_HOLDS_VALUE (word) && json_node_get_value_type (word) == G_TYPE_STRING;
      g_autofree char *text = is_text ? json_node_dup_string (word) : vig_json_to_string (word);
      g_autofree char *quoted = g_shell_quote (text);

      g_string_append_printf (line, "%s ", quoted);
    }

  return g_string_free (g_steal_pointer (&line), FALSE);
}

/* A rule that forbids sees a program wherever the line may run it, and in what can't be read; one that allows needs all told and covered. PITFALLS 13. */
static gboolean
matches_commands (const Rule *self, Look *look, gboolean *hides)
{
  g_autofree char *text = NULL;

  if (self->commands == NULL)
    return TRUE;
  if (look->query->arguments == NULL)
    return self->effect != VIG_VERDICT_ALLOW;
  if (look->line == NULL)
    text = dup_line (look->query->arguments);
  if (text != NULL)
    look->line = vig_command_parse (text);
  if (look->line == NULL)
    return FALSE;

  return self->effect == VIG_VERDICT_ALLOW ? vig_command_runs_only (look->line, (const char * const *) self->commands)
                                           : vig_command_may_run (look->line, (const char * const *) self->commands, hides);
}

/* What strikes more than a pattern covers strikes what it covers, too. */
static gboolean
strikes (const char *pattern, const char *resource)
{
  g_autofree char *escaped = NULL;

  if (vig_resource_covers (pattern, resource))
    return TRUE;
  escaped = vig_resource_escape (resource);

  return vig_resource_covers (escaped, pattern);
}

/* A rule that forbids sees what is struck, also by one of several files; one that allows needs all covered. */
static gboolean
matches_resource (const Rule *self, const char *pattern, const char *resource)
{
  g_auto (GStrv) files = NULL;

  if (resource == NULL)
    return self->effect != VIG_VERDICT_ALLOW;
  if (self->effect == VIG_VERDICT_ALLOW)
    return vig_resource_covers (pattern, resource);
  if (strikes (pattern, resource))
    return TRUE;

  files = vig_resource_get_files (resource);
  for (guint i = 0; files != NULL && files[i] != NULL; i++)
    if (strikes (pattern, files[i]))
      return TRUE;

  return FALSE;
}

static gboolean
matches_resources (const Rule *self, const char *resource)
{
  if (self->resources == NULL)
    return TRUE;
  for (guint i = 0; self->resources[i] != NULL; i++)
    if (matches_resource (self, self->resources[i], resource))
      return TRUE;

  return FALSE;
}

/* A window that passes midnight belongs to the day on which it begins. */
static gboolean
matches_time (const Rule *self, gint64 now)
{
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) local = NULL;
  guint day;
  int minute;

  if (self->days == 0)
    return TRUE;
  utc = g_date_time_new_from_unix_utc (now / G_USEC_PER_SEC);
  local = g_date_time_to_timezone (utc, self->zone);
  day = (guint) g_date_time_get_day_of_week (local) - 1;
  minute = g_date_time_get_hour (local) * 60 + g_date_time_get_minute (local);
  if ((self->days & (1u << day)) != 0 && minute >= self->from && minute < self->until)
    return TRUE;

  return (self->days & (1u << ((day + 6) % 7))) != 0 && minute + DAY_MINUTES < self->until;
}

static gboolean
matches (const Rule *self, Look *look, gboolean *hides)
{
  const VigPolicyQuery *query = look->query;

  if ((self->levels & (1u << query->level)) == 0 || (self->unattended >= 0 && self->unattended != query->unattended))
    return FALSE;
  if (!is_listed (self->operators, query->operator_name, query->operator_id) || !is_listed (self->users, query->user_name, NULL))
    return FALSE;
  for (guint i = 0; i < self->arguments->len; i++)
    if (!matches_argument (self, g_ptr_array_index (self->arguments, i), query->arguments))
      return FALSE;

  return matches_resources (self, query->resource) && matches_time (self, query->now) && matches_commands (self, look, hides);
}

/* Deny, then allow, then ask; of two alike the first. */
static int
get_weight (VigVerdict effect)
{
  return effect == VIG_VERDICT_DENY ? 3 : effect == VIG_VERDICT_ALLOW ? 2 : 1;
}

static void
consider (const Rule *rule, Look *look, const Rule **best, gboolean *best_hides)
{
  gboolean hides = FALSE;

  if (*best != NULL)
    {
      int difference = get_weight (rule->effect) - get_weight ((*best)->effect);

      if (difference < 0 || (difference == 0 && rule->number >= (*best)->number))
        return;
    }
  if (!matches (rule, look, &hides))
    return;
  *best = rule;
  *best_hides = hides;
}

VigPolicyAnswer
vig_policy_rules_check (VigPolicyRules *self, const VigPolicyQuery *query)
{
  GPtrArray *rules = g_hash_table_lookup (self->by_tool, query->tool);
  VigPolicyAnswer answer = { VIG_VERDICT_ALLOW, 0, NULL, NULL, FALSE };
  Look look = { query, NULL };
  const Rule *best = NULL;
  gboolean hides = FALSE;

  for (guint i = 0; rules != NULL && i < rules->len; i++)
    consider (g_ptr_array_index (rules, i), &look, &best, &hides);
  for (guint i = 0; i < self->globs->len; i++)
    {
      GPatternSpec *glob = g_ptr_array_index (self->globs, i);

      if (glob == NULL || g_pattern_spec_match_string (glob, query->tool))
        consider (g_ptr_array_index (self->glob_rules, i), &look, &best, &hides);
    }
  if (best != NULL)
    answer = (VigPolicyAnswer) { best->effect, best->number, best->name, best->reason, hides };
  g_clear_pointer (&look.line, vig_command_free);

  return answer;
}

char *
vig_policy_answer_explain (const VigPolicyAnswer *answer, gint64 version)
{
  const char *verb = answer->verdict == VIG_VERDICT_DENY ? "denied" : answer->verdict == VIG_VERDICT_ASK ? "a person decides" : "allowed";

  return g_strdup_printf ("%s by rule %u of policy version %" G_GINT64_FORMAT " (%s)%s%s%s", verb, answer->rule, version, answer->name,
                          answer->hides ? ", for the line hides which programs it runs" : "",
                          answer->reason != NULL ? ", because " : "", answer->reason != NULL ? answer->reason : "");
}
