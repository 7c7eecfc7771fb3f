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

VigOperator *
vig_orchestrator_find_named (GPtrArray *operators, const char *text)
{
  g_autofree char *slug = make_slug (text);
  g_autofree char *padded = g_strconcat ("-", slug, "-", NULL);
  VigOperator *found = NULL;

  for (guint i = 0; i < operators->len; i++)
    {
      VigOperator *operator = g_ptr_array_index (operators, i);
      g_autofree char *name = make_name_slug (operator);
      g_autofree char *wanted = g_strconcat ("-", name, "-", NULL);

      if (*name == '\0' || strstr (padded, wanted) == NULL)
        continue;
      if (found != NULL)
        return NULL;
      found = operator;
    }

  return found;
}

#define MAX_DESCRIPTION 1500 /* bytes of an Operator's; a small model has to have room for all of them */

/* What an assigned tool that is there does, in its first sentence; of others the name. */
static void
append_tool (GString *text, const char *name, GPtrArray *tools)
{
  for (guint i = 0; i < tools->len; i++)
    {
      const VigToolInfo *info = vig_tool_get_info (g_ptr_array_index (tools, i));

      if (!g_str_equal (info->name, name))
        continue;
      /* What it may propose or ask of others tells nothing of what it is for. */
      if ((info->flags & VIG_TOOL_OWN_WORDS) != 0 && info->level == VIG_LEVEL_READ)
        return;
      g_string_append_printf (text, " %s: %.*s.", name, (int) strcspn (info->description, ".\n"), info->description);
      return;
    }
  g_string_append_printf (text, " %s.", name);
}

static char *
describe (VigOperator *operator, GPtrArray *tools)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "Permission level %s. Tools:", vig_level_to_string (operator->ceiling));
  for (guint i = 0; operator->tools[i] != NULL && text->len < MAX_DESCRIPTION; i++)
    append_tool (text, operator->tools[i], tools);
  if (operator->tools[0] == NULL)
    g_string_append (text, " none.");

  return g_string_free (text, FALSE);
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
vig_orchestrator_build_schema (GPtrArray *operators, GPtrArray *tools)
{
  g_autoptr (JsonNode) schema = NULL;
  JsonArray *choices = json_array_new ();

  for (guint i = 0; i < operators->len; i++)
    {
      VigOperator *operator = g_ptr_array_index (operators, i);
      g_autofree char *description = describe (operator, tools);

      json_array_add_object_element (choices, vig_json_pack_object ("{s:s, s:s, s:s}", "const", operator->name, "title", operator->description,
                                                                       "description", description));
    }

  schema = vig_json_pack ("{s:s, s:{s:{s:s, s:s, s:A}, s:{s:s, s:s}}, s:[s], s:b}",
                          "type", "object",
                          "properties",
                          "operator", "type", "string", "description", "The Operator that takes this request", "oneOf", choices,
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

  return vig_orchestrator_find_named (operators, vig_reply_get_text (reply));
}
