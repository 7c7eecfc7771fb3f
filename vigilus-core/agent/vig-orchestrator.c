/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-orchestrator.h"

#include <string.h>

#include "vig-ask-tool.h"

/* Letters and digits, folded; everything between them is one dash. */
static char *
make_slug (const char *text)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);
  GString *slug = g_string_new (NULL);

  for (const char *p = folded; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_isalnum (c) || g_unichar_ismark (c))
        g_string_append_unichar (slug, c);
      else if (slug->len == 0 || slug->str[slug->len - 1] != '-')
        g_string_append_c (slug, '-');
    }

  return g_string_free (slug, FALSE);
}

static char *
make_name_slug (VigOperator *operator)
{
  char *slug = make_slug (operator->name);
  gsize length = strlen (slug);

  if (length > 0 && slug[length - 1] == '-')
    slug[length - 1] = '\0';
  if (*slug == '-')
    memmove (slug, slug + 1, strlen (slug));

  return slug;
}

static gboolean
starts_with_name (const char *slug, const char *name)
{
  gsize length = strlen (name);

  return length > 0 && strncmp (slug, name, length) == 0 && (slug[length] == '\0' || slug[length] == '-');
}

static VigOperator *
find_longest (GPtrArray *operators, const char *text)
{
  g_autofree char *slug = make_slug (text);
  VigOperator *found = NULL;
  gsize longest = 0;

  for (guint i = 0; i < operators->len; i++)
    {
      VigOperator *operator = g_ptr_array_index (operators, i);
      g_autofree char *name = make_name_slug (operator);

      if (strlen (name) > longest && starts_with_name (slug, name))
        {
          found = operator;
          longest = strlen (name);
        }
    }

  return found;
}

static gboolean
begins_word (const char *text, const char *at)
{
  return at == text || !g_unichar_isalnum (g_utf8_get_char (g_utf8_prev_char (at)));
}

VigOperator *
vig_orchestrator_find_prefix (GPtrArray *operators, const char *text)
{
  return find_longest (operators, *text == '@' ? text + 1 : text);
}

const char *
vig_orchestrator_skip_name (VigOperator *operator, const char *text)
{
  g_autofree char *name = make_name_slug (operator);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      const char *end = g_utf8_next_char (p);
      g_autofree char *piece = g_strndup (text, end - text);
      g_autofree char *slug = make_slug (piece);

      if (g_str_equal (slug, name) && !g_unichar_isalnum (g_utf8_get_char (end)))
        return end;
    }

  return text + strlen (text);
}

VigOperator *
vig_orchestrator_next_mention (GPtrArray *operators, const char *text, const char **at, const char **behind)
{
  const char *from = *behind != NULL ? *behind : *at;

  for (const char *mark = strchr (from, '@'); mark != NULL; mark = strchr (mark + 1, '@'))
    {
      VigOperator *operator = begins_word (text, mark) ? find_longest (operators, mark + 1) : NULL;

      if (operator == NULL)
        continue;
      *at = mark;
      *behind = vig_orchestrator_skip_name (operator, mark + 1);
      return operator;
    }

  return NULL;
}

VigOperator *
vig_orchestrator_find_mention (GPtrArray *operators, const char *text)
{
  const char *at = text;
  const char *behind = NULL;

  return vig_orchestrator_next_mention (operators, text, &at, &behind);
}

/* As it is written, or behind an @: "network" alone is a word of many sentences. */
static gboolean
is_named (GPtrArray *operators, VigOperator *operator, const char *text)
{
  gsize length = strlen (operator->name);
  const char *at = text;
  const char *behind = NULL;
  VigOperator *mentioned;

  while ((mentioned = vig_orchestrator_next_mention (operators, text, &at, &behind)) != NULL)
    if (mentioned == operator)
      return TRUE;
  for (at = strstr (text, operator->name); length > 0 && at != NULL; at = strstr (at + 1, operator->name))
    if (begins_word (text, at) && !g_unichar_isalnum (g_utf8_get_char (at + length)))
      return TRUE;

  return FALSE;
}

/* Whom a model names that was told to answer with a name alone: in one line, which may say a little more. NULL: none, or several; a question or
 * more lines are for the person. */
static VigOperator *
find_named (GPtrArray *operators, const char *reply)
{
  g_autofree char *text = g_strstrip (g_strdup (reply));
  g_autofree char *slug = make_slug (text);
  const char *bare = slug + (*slug == '-' ? 1 : 0);
  VigOperator *found = NULL;

  for (guint i = 0; i < operators->len; i++)
    {
      VigOperator *operator = g_ptr_array_index (operators, i);
      g_autofree char *name = make_name_slug (operator);

      if (starts_with_name (bare, name) && bare[strlen (name) + (bare[strlen (name)] == '-' ? 1 : 0)] == '\0')
        return operator;
    }
  if (strchr (text, '\n') != NULL || g_str_has_suffix (text, "?"))
    return NULL;

  for (guint i = 0; i < operators->len; i++)
    {
      VigOperator *operator = g_ptr_array_index (operators, i);

      if (!is_named (operators, operator, text))
        continue;
      if (found != NULL)
        return NULL;
      found = operator;
    }

  return found;
}

VigOperator *
vig_orchestrator_new_operator (void)
{
  g_autoptr (JsonObject) row = NULL;

  row = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:b, s:[s]}", "id", VIG_ORCHESTRATOR_ID, "name", VIG_ORCHESTRATOR_NAME,
                              "permission_level", "read", "trust_mode", "strict", "enabled", TRUE, "tools", VIG_ASK_TOOL);

  return vig_operator_new (row);
}

char *
vig_orchestrator_build_schema (GPtrArray *operators)
{
  g_autoptr (JsonNode) schema = NULL;
  JsonArray *names = json_array_new ();

  for (guint i = 0; i < operators->len; i++)
    json_array_add_string_element (names, ((VigOperator *) g_ptr_array_index (operators, i))->name);

  schema = vig_json_pack ("{s:s, s:{s:{s:s, s:s, s:A}, s:{s:s, s:s}}, s:[s], s:b}",
                          "type", "object",
                          "properties",
                          "operator", "type", "string", "description", "The Operator that takes this request", "enum", names,
                          "reason", "type", "string", "description", "Why this one, in one short sentence",
                          "required", "operator",
                          "additionalProperties", FALSE);

  return vig_json_to_string (schema);
}

VigOperator *
vig_orchestrator_find_called (GPtrArray *operators, const VigReplyCall *call)
{
  if (!g_str_equal (call->name, VIG_DELEGATE_TOOL) || call->arguments == NULL)
    return NULL;

  return vig_orchestrator_find_prefix (operators, vig_json_get_string (call->arguments, "operator", ""));
}

VigOperator *
vig_orchestrator_read_reply (GPtrArray *operators, VigReply *reply, char **reason)
{
  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (reply, i);
      VigOperator *operator = vig_orchestrator_find_called (operators, call);

      if (operator == NULL)
        continue;
      *reason = g_strdup (vig_json_get_string (call->arguments, "reason", NULL));
      return operator;
    }

  return find_named (operators, vig_reply_get_text (reply));
}
