/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-orchestrator.h"

#include <string.h>

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
vig_orchestrator_find_mention (GPtrArray *operators, const char *text)
{
  for (const char *at = strchr (text, '@'); at != NULL; at = strchr (at + 1, '@'))
    {
      VigOperator *operator = begins_word (text, at) ? find_longest (operators, at + 1) : NULL;

      if (operator != NULL)
        return operator;
    }

  return NULL;
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

static char *
describe (VigOperator *operator, GPtrArray *tools)
{
  GString *text = g_string_new (operator->description);

  g_string_append_printf (text, "%sPermission level %s.", text->len > 0 ? " " : "", vig_level_to_string (operator->ceiling));
  for (guint i = 0; i < tools->len; i++)
    {
      const VigToolInfo *info = vig_tool_get_info (g_ptr_array_index (tools, i));

      if (vig_operator_has_tool (operator, info->name))
        g_string_append_printf (text, " Tool %s: %s", info->name, info->description);
    }

  return g_string_free (text, FALSE);
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

      json_array_add_object_element (choices, vig_json_pack_object ("{s:s, s:s}", "const", operator->name, "description", description));
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

static VigOperator *
find_called (GPtrArray *operators, const VigReplyCall *call)
{
  const char *name;

  if (!g_str_equal (call->name, VIG_DELEGATE_TOOL) || call->arguments == NULL)
    return NULL;

  name = vig_json_get_string (call->arguments, "operator", "");
  if (*name == '@')
    name++;

  return find_longest (operators, name);
}

VigOperator *
vig_orchestrator_read_reply (GPtrArray *operators, VigReply *reply, char **reason)
{
  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (reply, i);
      VigOperator *operator = find_called (operators, call);

      if (operator == NULL)
        continue;
      *reason = g_strdup (vig_json_get_string (call->arguments, "reason", NULL));
      return operator;
    }

  return vig_orchestrator_find_named (operators, vig_reply_get_text (reply));
}
