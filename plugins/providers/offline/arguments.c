/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "arguments.h"

#include "rank.h"

#include <string.h>

#define POLITELY "^\\s*(?:please\\s+|can you\\s+|could you\\s+)?"

typedef struct
{
  const char *text;
  const char *query; /* what is asked, without what is quoted */
  Request    *request;
  guint       next_path;
  guint       next_number;
} Source;

static JsonObject *
get_properties (JsonObject *schema)
{
  return schema != NULL ? vig_json_get_object (schema, "properties") : NULL;
}

static gboolean
name_has (const char *name, const char * const *words)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *spaced = g_ascii_strdown (name, -1);
  g_auto (GStrv) split = NULL;

  g_strdelimit (spaced, "_-. ", ' ');
  split = g_strsplit (spaced, " ", -1);
  for (guint i = 0; split[i] != NULL; i++)
    if (g_strv_contains (words, split[i]))
      return TRUE;

  return FALSE;
}

static gboolean
is_path (const char *name)
{
  static const char *words[] = { "path", "file", "filename", "directory", "folder", "dir", NULL };

  return name_has (name, words);
}

static gboolean
is_text (const char *name)
{
  static const char *words[] = { "content", "contents", "text", "body", "note", "message", "value", NULL };

  return name_has (name, words);
}

static gboolean
is_command (const char *name)
{
  static const char *words[] = { "command", "cmd", "commandline", NULL };

  return name_has (name, words);
}

static gboolean
is_whole_request (const char *name)
{
  static const char *words[] = { "task", "request", "prompt", "question", "query", "reason", "search", NULL };

  return name_has (name, words);
}

/* What only an answer can tell, such as where the next page begins. */
static gboolean
is_cursor (const char *name)
{
  static const char *words[] = { "after", "before", "cursor", "next", "page", "token", NULL };

  return name_has (name, words);
}

static const char *
choice_name (JsonNode *choice)
{
  if (JSON_NODE_HOLDS_OBJECT (choice))
    return vig_json_get_string (json_node_get_object (choice), "const", "");

  return JSON_NODE_HOLDS_VALUE (choice) && json_node_get_value_type (choice) == G_TYPE_STRING ? json_node_get_string (choice) : "";
}

/* The choice that the text names word for word, or -1. */
static int
find_named (JsonArray *choices, const char *text)
{
  g_autofree char *lower = g_utf8_strdown (text, -1);

  for (guint i = 0; i < json_array_get_length (choices); i++)
    {
      g_autofree char *name = g_utf8_strdown (choice_name (json_array_get_element (choices, i)), -1);
      g_autofree char *escaped = g_regex_escape_string (name, -1);
      g_autofree char *pattern = g_strdup_printf ("(?<![\\w-])%s(?![\\w-])", escaped);

      if (*name != '\0' && g_regex_match_simple (pattern, lower, 0, 0))
        return i;
    }

  return -1;
}

/* The choice whose name and description fit best: enum, or oneOf and anyOf with const and description. */
static JsonNode *
choose (JsonObject *property, const char *text)
{
  g_autoptr (Ranking) ranking = ranking_new ();
  JsonArray *values = vig_json_get_array (property, "enum");
  JsonArray *variants = vig_json_get_array (property, "oneOf");
  JsonArray *choices;
  int best;

  if (variants == NULL)
    variants = vig_json_get_array (property, "anyOf");
  choices = values != NULL ? values : variants;
  if (choices == NULL)
    return NULL;

  for (guint i = 0; i < json_array_get_length (choices); i++)
    {
      JsonNode *choice = json_array_get_element (choices, i);
      JsonObject *variant = JSON_NODE_HOLDS_OBJECT (choice) ? json_node_get_object (choice) : NULL;

      ranking_begin (ranking);
      if (variant != NULL)
        {
          ranking_add (ranking, vig_json_get_string (variant, "const", ""), 3);
          ranking_add (ranking, vig_json_get_string (variant, "title", ""), 2);
          ranking_add (ranking, vig_json_get_string (variant, "description", ""), 1);
        }
      else if (JSON_NODE_HOLDS_VALUE (choice) && json_node_get_value_type (choice) == G_TYPE_STRING)
        ranking_add (ranking, json_node_get_string (choice), 1);
    }

  best = find_named (choices, text);
  if (best < 0)
    best = ranking_find (ranking, text, NULL);
  if (best < 0)
    return NULL;
  if (values != NULL)
    return json_node_copy (json_array_get_element (values, best));

  return json_node_copy (json_object_get_member (json_array_get_object_element (variants, best), "const"));
}

/* Of "`df -h` (how full the disks are), `uptime` (load)" the text in back-ticks whose remark fits best. */
static char *
choose_example (const char *description, const char *text)
{
  static GRegex *pattern = NULL;
  g_autoptr (Ranking) ranking = ranking_new ();
  g_autoptr (GPtrArray) examples = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GMatchInfo) match = NULL;
  int best;

  if (g_once_init_enter (&pattern))
    g_once_init_leave (&pattern, g_regex_new ("`([^`]+)`\\s*\\(([^)]*)\\)", G_REGEX_OPTIMIZE, 0, NULL));

  for (g_regex_match (pattern, description, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
    {
      g_autofree char *remark = g_match_info_fetch (match, 2);

      g_ptr_array_add (examples, g_match_info_fetch (match, 1));
      ranking_begin (ranking);
      ranking_add (ranking, remark, 1);
    }
  best = ranking_find (ranking, text, NULL);

  return best < 0 ? NULL : g_strdup (examples->pdata[best]);
}

/* What the first group of @expression, which is compiled once into @pattern, is in @text. */
static char *
find_group (GRegex **pattern, const char *expression, const char *text)
{
  g_autoptr (GMatchInfo) match = NULL;

  if (g_once_init_enter (pattern))
    g_once_init_leave (pattern, g_regex_new (expression, G_REGEX_CASELESS | G_REGEX_OPTIMIZE | G_REGEX_DOTALL, 0, NULL));

  return g_regex_match (*pattern, text, 0, &match) ? g_match_info_fetch (match, 1) : NULL;
}

/* "run uptime -p", "execute the command ls": what stands behind the verb, where the sentence begins with it. */
static char *
find_spoken_command (const char *text)
{
  static GRegex *pattern = NULL;

  return find_group (&pattern, POLITELY "(?:run|execute|exec|launch|invoke)\\s+(?:the\\s+)?(?:shell\\s+)?(?:command\\s*)?:?\\s*(.+?)[?.!]?\\s*$", text);
}

static char *
find_command (JsonObject *property, Source *source)
{
  char *command = g_strdup (source->request->code);

  if (command == NULL)
    command = find_spoken_command (source->text);
  if (command == NULL)
    command = choose_example (vig_json_get_string (property, "description", ""), source->text);

  return command;
}

/* Behind "saying", "that says", "with the text", "reminding me to", "about": what to write, where nothing is quoted. */
static char *
find_spoken_text (const char *text)
{
  static GRegex *pattern = NULL;

  return find_group (&pattern, "\\b(?:saying|that says|that reads|which says|with the (?:text|content|words)|containing|reminding me to|to remember to)\\s+(.+?)"
                               "(?:\\s+(?:in|into|to)\\s+\\S+\\.[A-Za-z0-9]{1,6})?\\s*$", text);
}

/* "which file mentions the landlord", "grep for error in app.log": what to look for. */
static char *
find_sought_text (const char *text)
{
  static GRegex *pattern = NULL;

  return find_group (&pattern, "\\b(?:mention(?:s|ing)?|contains?|grep(?:\\s+for)?|(?:search|look|lines?|files?)\\s+(?:\\w+\\s+)?(?:for|with))\\s+"
                               "(?:the\\s+words?\\s+)?([^*]+?)(?:\\s+(?:in|below|under)\\s+\\S+)?[?.!]?\\s*$", text);
}

/* "find all *.conf": the word with a star. */
static char *
find_glob (const char *text)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \t\n,;?\"'`", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (strchr (words[i], '*') != NULL && strlen (words[i]) > 1)
      return g_strdup (words[i]);

  return NULL;
}

/* "put buy disks in notes.txt": what stands between the verb and the file. */
static char *
find_text_before_path (const char *text)
{
  static GRegex *pattern = NULL;

  return find_group (&pattern, POLITELY "(?:write|save|put|store|note|record|append|add|jot(?:\\s+down)?)\\s+(?:down\\s+)?(.+?)\\s+(?:in|into|to|on|onto)\\s+"
                               "(?:the\\s+)?(?:file\\s+|a file called\\s+)?\\S+\\s*$", text);
}

static char *
find_text (Source *source)
{
  char *text = g_strdup (source->request->payload);

  if (text == NULL)
    text = find_spoken_text (source->text);
  if (text == NULL)
    text = find_text_before_path (source->text);
  if (text == NULL)
    text = g_strdup (source->request->code);
  if (text == NULL)
    text = find_sought_text (source->text);

  return text;
}

static char *
find_string (const char *name, JsonObject *property, Source *source)
{
  Request *request = source->request;
  char *example;

  if (is_cursor (name))
    return NULL;
  if (g_str_equal (name, "server"))
    return g_strdup (request->server);
  if (is_command (name))
    return find_command (property, source);
  if (is_path (name) && source->next_path < request->paths->len)
    return g_strdup (request->paths->pdata[source->next_path++]);
  if (is_text (name))
    return find_text (source);
  if (is_whole_request (name))
    return g_strdup (source->text);

  example = g_str_equal (name, "name") || g_str_equal (name, "pattern") ? find_glob (source->text) : NULL;
  if (example != NULL)
    return example;
  example = choose_example (vig_json_get_string (property, "description", ""), source->text);

  return example != NULL || is_path (name) ? example : g_strdup (request->payload);
}

static gboolean
has_type (JsonObject *property, const char *type)
{
  JsonArray *types = vig_json_get_array (property, "type");

  if (types == NULL)
    return g_str_equal (vig_json_get_string (property, "type", ""), type);
  for (guint i = 0; i < json_array_get_length (types); i++)
    if (g_strcmp0 (json_array_get_string_element (types, i), type) == 0)
      return TRUE;

  return FALSE;
}

static JsonNode *
find_value (const char *name, JsonObject *property, Source *source)
{
  g_autofree char *text = NULL;
  JsonNode *chosen = choose (property, source->query);

  if (chosen != NULL)
    return chosen;
  if (has_type (property, "integer") || has_type (property, "number"))
    {
      if (source->next_number >= source->request->numbers->len)
        return NULL;
      return json_node_init_int (json_node_alloc (), g_ascii_strtoll (source->request->numbers->pdata[source->next_number++], NULL, 10));
    }
  if (!has_type (property, "string") || json_object_has_member (property, "enum") || json_object_has_member (property, "oneOf"))
    return NULL;

  text = find_string (name, property, source);

  return text != NULL && *text != '\0' ? json_node_init_string (json_node_alloc (), text) : NULL;
}

static gboolean
is_required (JsonObject *schema, const char *name)
{
  JsonArray *required = vig_json_get_array (schema, "required");

  for (guint i = 0; required != NULL && i < json_array_get_length (required); i++)
    if (g_strcmp0 (json_array_get_string_element (required, i), name) == 0)
      return TRUE;

  return FALSE;
}

/* "server" beside "servers" is one or the other: where neither is to be found, the tool is not what was asked for. */
static const char *
find_unmet_choice (JsonObject *properties, JsonObject *arguments)
{
  g_autoptr (GList) names = properties != NULL ? json_object_get_members (properties) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    {
      g_autofree char *plural = g_strconcat (l->data, "s", NULL);

      if (json_object_has_member (properties, plural) && !json_object_has_member (arguments, l->data) && !json_object_has_member (arguments, plural))
        return l->data;
    }

  return NULL;
}

JsonObject *
arguments_fill (JsonObject *schema, const char *text, Request *request, char **missing)
{
  g_autoptr (JsonObject) arguments = json_object_new ();
  JsonObject *properties = get_properties (schema);
  g_autofree char *query = request_dup_query (request);
  Source source = { text, query, request, 0, 0 };
  g_autoptr (GList) names = properties != NULL ? json_object_get_members (properties) : NULL;
  const char *unmet;

  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonObject *property = vig_json_get_object (properties, l->data);
      JsonNode *value = property != NULL ? find_value (l->data, property, &source) : NULL;

      if (value == NULL && is_required (schema, l->data) && property != NULL && json_object_has_member (property, "default"))
        value = json_node_copy (json_object_get_member (property, "default"));
      if (value != NULL)
        json_object_set_member (arguments, l->data, value);
      else if (is_required (schema, l->data))
        {
          *missing = g_strdup (l->data);
          return NULL;
        }
    }
  unmet = find_unmet_choice (properties, arguments);
  if (unmet != NULL)
    {
      *missing = g_strdup (unmet);
      return NULL;
    }

  return g_steal_pointer (&arguments);
}

static void
describe_choices (JsonArray *choices, GString *text)
{
  for (guint i = 0; choices != NULL && i < json_array_get_length (choices); i++)
    {
      JsonNode *choice = json_array_get_element (choices, i);

      if (JSON_NODE_HOLDS_OBJECT (choice))
        g_string_append_printf (text, " %s %s", vig_json_get_string (json_node_get_object (choice), "const", ""),
                                vig_json_get_string (json_node_get_object (choice), "description", ""));
      else if (JSON_NODE_HOLDS_VALUE (choice) && json_node_get_value_type (choice) == G_TYPE_STRING)
        g_string_append_printf (text, " %s", json_node_get_string (choice));
    }
}

char *
arguments_describe (JsonObject *schema)
{
  JsonObject *properties = get_properties (schema);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GList) names = properties != NULL ? json_object_get_members (properties) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonObject *property = vig_json_get_object (properties, l->data);

      if (property == NULL)
        continue;
      g_string_append_printf (text, " %s %s", (char *) l->data, vig_json_get_string (property, "description", ""));
      describe_choices (vig_json_get_array (property, "enum"), text);
      describe_choices (vig_json_get_array (property, "oneOf"), text);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
any_name (JsonObject *schema, gboolean (*test) (const char *name))
{
  JsonObject *properties = get_properties (schema);
  g_autoptr (GList) names = properties != NULL ? json_object_get_members (properties) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    if (test (l->data))
      return TRUE;

  return FALSE;
}

gboolean
arguments_take_path (JsonObject *schema)
{
  return any_name (schema, is_path);
}

gboolean
arguments_take_text (JsonObject *schema)
{
  return any_name (schema, is_text);
}
