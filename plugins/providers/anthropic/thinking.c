/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "anthropic.h"

#include <string.h>

#define MIN_BUDGET 1024 /* the server takes no smaller one */

static JsonArray *
get_content (JsonArray *messages, guint index)
{
  return vig_json_get_array (json_array_get_object_element (messages, index), "content");
}

static gboolean
is_thinking (JsonArray *content, guint index)
{
  return g_str_has_suffix (vig_json_get_string (json_array_get_object_element (content, index), "type", ""), "thinking");
}

/* In the middle of work with tools a model with a budget must find its own thinking before them: another model's turn has none. */
static gboolean
lacks_thinking (JsonArray *messages)
{
  guint n = json_array_get_length (messages);
  JsonArray *results = n > 1 ? get_content (messages, n - 1) : NULL;
  JsonArray *before = n > 1 ? get_content (messages, n - 2) : NULL;

  if (results == NULL || before == NULL || json_array_get_length (results) == 0 || json_array_get_length (before) == 0
      || !g_str_equal (vig_json_get_string (json_array_get_object_element (results, 0), "type", ""), "tool_result"))
    return FALSE;

  return !is_thinking (before, 0);
}

static int
get_budget (const char *effort, gint64 max_tokens)
{
  int wanted = g_str_equal (effort, "low") ? 2048 : g_str_equal (effort, "high") ? 24576 : 8192;

  return (int) MIN (wanted, max_tokens / 2);
}

void
anthropic_set_thinking (JsonObject *body, const char *effort, guint dialect)
{
  gint64 max_tokens = vig_json_get_int (body, "max_tokens", 0);
  gboolean short_answer = max_tokens < 2 * MIN_BUDGET;

  json_object_remove_member (body, "thinking");
  json_object_remove_member (body, "output_config");
  if (effort == NULL || (dialect & ANTHROPIC_NO_THINKING) != 0)
    return;

  if (g_str_equal (effort, "off"))
    json_object_set_member (body, "thinking", vig_json_pack ("{s:s}", "type", "disabled"));
  else if (short_answer)
    return;
  else if ((dialect & ANTHROPIC_BUDGET) == 0)
    {
      json_object_set_member (body, "thinking", vig_json_pack ("{s:s, s:s?}", "type", "adaptive",
                                                               "display", (dialect & ANTHROPIC_NO_DISPLAY) != 0 ? NULL : "summarized"));
      if ((dialect & ANTHROPIC_NO_EFFORT) == 0)
        json_object_set_member (body, "output_config", vig_json_pack ("{s:s}", "effort", effort));
    }
  else if (!lacks_thinking (vig_json_get_array (body, "messages")))
    json_object_set_member (body, "thinking", vig_json_pack ("{s:s, s:i}", "type", "enabled", "budget_tokens", get_budget (effort, max_tokens)));
}

guint
anthropic_learn_thinking (const char *said)
{
  if (strstr (said, "adaptive thinking is not supported") != NULL)
    return ANTHROPIC_BUDGET;
  if (strstr (said, "effort") != NULL && strstr (said, "thinking.type") == NULL)
    return ANTHROPIC_NO_EFFORT;
  if (strstr (said, "display") != NULL)
    return ANTHROPIC_NO_DISPLAY;
  if (strstr (said, "thinking") != NULL && strstr (said, "block") == NULL)
    return ANTHROPIC_NO_THINKING;

  return 0;
}

/* A signature is good for one kind of server. Where another one thought, its thoughts are left out. */
gboolean
anthropic_drop_thoughts (JsonArray *messages)
{
  gboolean dropped = FALSE;

  for (guint i = 0; i < json_array_get_length (messages); i++)
    {
      JsonArray *content = get_content (messages, i);

      for (guint j = content != NULL ? json_array_get_length (content) : 0; j > 0; j--)
        if (is_thinking (content, j - 1) && json_array_get_length (content) > 1)
          {
            json_array_remove_element (content, j - 1);
            dropped = TRUE;
          }
    }

  return dropped;
}
