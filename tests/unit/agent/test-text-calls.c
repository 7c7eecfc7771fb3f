/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "vig-test.h"
#include "vig-text-calls.h"
#include "vig-tool-choice.h"

static const VigToolInfo list_info = { .name = "docker.list", .title = "Containers", .description = "Lists containers.", .input_schema = "{\"type\":\"object\"}" };
static const VigToolInfo read_info = { .name = "filesystem.read", .title = "Read", .description = "Reads a file.", .input_schema = "{\"type\":\"object\"}" };
static const VigToolInfo * const tools[] = { &list_info, &read_info, NULL };

#define CALL "{\"tool\": \"docker.list\", \"arguments\": {}}"

static char *
show (const char *text, gboolean as_text)
{
  g_autoptr (VigReply) reply = vig_reply_new ();
  g_autoptr (VigReply) read = NULL;
  GString *out = g_string_new (NULL);

  vig_reply_append_text (reply, text, -1);
  read = vig_text_calls_read (reply, tools, as_text);
  if (read == NULL)
    return g_string_free (g_string_append (out, "-"), FALSE);

  g_string_append (out, vig_reply_get_text (read));
  for (guint i = 0; i < vig_reply_get_n_calls (read); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (read, i);
      g_autofree char *arguments = call->arguments != NULL ? vig_json_object_to_string (call->arguments) : g_strdup ("?");

      g_string_append_printf (out, "|%s%s", call->name, arguments);
    }

  return g_string_free (out, FALSE);
}

static void
test_read (void)
{
  static const struct
  {
    const char *text;
    const char *native;
    const char *as_text;
  } rows[] = {
    { "Good morning.", "-", "-" },
    { "{\"tool\": \"docker.list\", \"arguments\": {}}", "|docker.list{}", "|docker.list{}" },
    { "{\"name\": \"docker_list\", \"parameters\": {\"all\": true}}", "|docker.list{\"all\":true}", "|docker.list{\"all\":true}" },
    { "```json\n{\"tool\": \"filesystem.read\", \"arguments\": {\"path\": \"a}b\"}}\n```", "|filesystem.read{\"path\":\"a}b\"}", "|filesystem.read{\"path\":\"a}b\"}" },
    { "<tool_call>\n{\"name\": \"docker.list\", \"arguments\": {}}\n</tool_call>", "|docker.list{}", "|docker.list{}" },
    { "[TOOL_REQUEST]\n{\"name\": \"docker.list\", \"arguments\": {}}\n[END_TOOL_REQUEST]", "|docker.list{}", "|docker.list{}" },
    { "[{\"function\": {\"name\": \"docker.list\", \"arguments\": {}}}]", "|docker.list{}", "|docker.list{}" },
    { "I look.\n{\"tool\": \"docker.list\", \"arguments\": {}}", "-", "I look.|docker.list{}" },
    { "{\"tool\": \"rm.all\", \"arguments\": {}}", "-", "|rm.all{}" },
    { "{\"tool\": \"docker.list\", \"arguments\": {", "-", "-" },
    { "{\"tool\": \"docker.list\"}{\"tool\": \"filesystem.read\", \"arguments\": {\"path\": \"x\"}}", "|docker.list{}|filesystem.read{\"path\":\"x\"}",
      "|docker.list{}|filesystem.read{\"path\":\"x\"}" },
    { "The file says {\"tool\": 7} and {} and {", "-", "-" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *native = show (rows[i].text, FALSE);
      g_autofree char *as_text = show (rows[i].text, TRUE);

      g_test_message ("%s", rows[i].text);
      g_assert_cmpstr (native, ==, rows[i].native);
      g_assert_cmpstr (as_text, ==, rows[i].as_text);
    }
}

static void
test_transcribe (void)
{
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();
  g_autoptr (VigReply) reply = vig_reply_new ();
  g_autoptr (VigTranscript) words = NULL;
  g_autofree char *told = vig_text_calls_describe (tools);

  vig_transcript_add_user (transcript, "what runs?");
  vig_reply_append_text (reply, "I look.", -1);
  vig_reply_add_call (reply, "c1", "docker.list", "{\"all\":true}");
  vig_transcript_add_reply (transcript, reply);
  vig_transcript_add_result (transcript, "c1", "docker.list", "nginx", FALSE);
  words = vig_text_calls_transcribe (transcript);
  g_assert_cmpuint (vig_transcript_get_n_turns (words), ==, 3);
  g_assert_cmpstr (vig_transcript_get_text (words, 1), ==, "I look.\n{\"tool\":\"docker.list\",\"arguments\":{\"all\":true}}");
  g_assert_cmpint (vig_transcript_get_kind (words, 2), ==, VIG_TURN_USER);
  g_assert_cmpstr (vig_transcript_get_text (words, 2), ==, "Result of docker.list:\nnginx");
  g_assert_nonnull (strstr (told, "- filesystem.read: Reads a file."));
}

static void
test_refusal (void)
{
  g_autoptr (GError) refusal = g_error_new (VIG_ERROR, VIG_ERROR_INVALID, "Ollama: registry.ollama.ai/library/tiny does not support tools");
  g_autoptr (GError) other = g_error_new (VIG_ERROR, VIG_ERROR_INVALID, "Ollama: no such model");

  g_assert_true (vig_text_calls_is_refusal (refusal));
  g_assert_false (vig_text_calls_is_refusal (other));
}

static JsonNode *
run (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_json_pack ("s", "ok");
}

/* More than a model is sent at once: what was found by a search, was called or fits the first words is offered, and nothing else. */
static void
test_choice (void)
{
  static VigToolInfo infos[40];
  static char names[40][32];
  g_autoptr (GPtrArray) many = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) few = g_ptr_array_new ();
  g_autoptr (GPtrArray) chosen = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GPtrArray) later = NULL;
  g_autoptr (GPtrArray) ranked = NULL;
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();
  g_autoptr (VigReply) reply = vig_reply_new ();
  static const VigToolInfo search_info = { .name = VIG_TOOLS_SEARCH, .title = "Search", .description = "Finds.", .input_schema = "{\"type\":\"object\"}" };
  g_autoptr (VigTool) search = vig_simple_tool_new (&search_info, run);

  for (guint i = 0; i < G_N_ELEMENTS (infos); i++)
    {
      g_snprintf (names[i], sizeof names[i], "thing%c%c.use", 'a' + i / 26, 'a' + i % 26);
      infos[i] = (VigToolInfo) { .name = names[i], .title = i == 7 ? "Printer" : "Thing", .description = i == 7 ? "Cleans the printing head." : "Does nothing else.",
                                 .input_schema = "{\"type\":\"object\"}" };
      g_ptr_array_add (many, vig_simple_tool_new (&infos[i], run));
      if (i < 3)
        g_ptr_array_add (few, many->pdata[i]);
    }

  ranked = vig_tool_choice_rank (many, "clean the printers, please");
  g_assert_cmpuint (ranked->len, ==, 1);
  g_assert_true (ranked->pdata[0] == many->pdata[7]);

  vig_transcript_add_user (transcript, "clean the printer");
  all = vig_tool_choice_make (few, search, transcript);
  g_assert_cmpuint (all->len, ==, 3);
  chosen = vig_tool_choice_make (many, search, transcript);
  g_assert_cmpuint (chosen->len, ==, 2);
  g_assert_true (chosen->pdata[0] == search && chosen->pdata[1] == many->pdata[7]);

  vig_reply_add_call (reply, "c1", VIG_TOOLS_SEARCH, "{\"query\":\"thing\"}");
  vig_reply_add_call (reply, "c2", names[2], "{}");
  vig_transcript_add_reply (transcript, reply);
  vig_transcript_add_result (transcript, "c1", VIG_TOOLS_SEARCH, "- thingbb.use (read): Does nothing else.\nYou can call these now.", FALSE);
  vig_transcript_add_result (transcript, "c2", names[2], "see thingaa.use", FALSE);
  later = vig_tool_choice_make (many, search, transcript);
  g_assert_cmpuint (later->len, ==, 4);
  g_assert_true (g_ptr_array_find (later, many->pdata[27], NULL));
  g_assert_false (g_ptr_array_find (later, many->pdata[0], NULL));
}

static void
read_braces (guint n, gpointer unused)
{
  g_autofree char *braces = g_strnfill (n, '{');
  g_autofree char *none = show (braces, TRUE);

  g_assert_cmpstr (none, ==, "-");
}

static void
read_wraps (guint n, gpointer unused)
{
  g_autoptr (GString) text = g_string_new (CALL);
  g_autofree char *one = NULL;

  for (guint i = 0; i < n; i++)
    g_string_append (text, "<tool_call>");
  one = show (text->str, FALSE);
  g_assert_cmpstr (one, ==, "|docker.list{}");
}

/* A page can have a model write braces, or what stands round a call, and nothing else, and the main loop reads them. */
static void
test_endless (void)
{
  g_autofree char *some = show ("{{{ {{ " CALL, TRUE);

  g_assert_cmpstr (some, ==, "{{{ {{|docker.list{}");
  vig_test_assert_linear (read_braces, 5000, NULL);
  vig_test_assert_linear (read_wraps, 2000, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text-calls/read", test_read);
  g_test_add_func ("/text-calls/transcribe", test_transcribe);
  g_test_add_func ("/text-calls/endless", test_endless);
  g_test_add_func ("/text-calls/refusal", test_refusal);
  g_test_add_func ("/text-calls/choice", test_choice);

  return g_test_run ();
}
