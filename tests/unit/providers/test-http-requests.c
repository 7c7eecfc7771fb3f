/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test-host.h"
#include "vig-test.h"

#include <string.h>
#include <vigilus/vig-http-fault.h>

#define MAX_DESCRIPTION 1024

/* What is sent, against what the vendors refuse. */
static VigToolInfo tool = {
  .name = "files.find",
  .title = "Find",
  .description = "Finds files",
  .level = VIG_LEVEL_READ,
};
static const VigToolInfo * const tools[] = { &tool, NULL };

typedef struct
{
  VigProvider   *provider;
  VigTranscript *transcript;
} Fixture;

static void
set_up (Fixture *f, gconstpointer module)
{
  g_autofree char *path = g_strdup_printf ("plugins/providers/%s/%s.so", (const char *) module, (const char *) module);

  tool.input_schema = "{\"type\":\"object\"}";
  tool.description = "Finds files";
  f->provider = vig_test_load_provider (path);
  f->transcript = vig_transcript_new ();
}

static void
tear_down (Fixture *f, gconstpointer module)
{
  g_object_unref (f->provider);
  vig_transcript_unref (f->transcript);
}

static JsonObject *
build (Fixture *f)
{
  VigCompletionRequest request = { "m1", "You are terse.", f->transcript, tools, 0 };
  g_autoptr (GError) error = NULL;
  JsonObject *body = VIG_HTTP_PROVIDER_GET_CLASS (f->provider)->build_request (VIG_HTTP_PROVIDER (f->provider), &request, &error);

  g_assert_no_error (error);

  return body;
}

static char *
dup_member (Fixture *f, const char *name)
{
  g_autoptr (JsonObject) body = build (f);
  char *text = vig_json_to_string (json_object_get_member (body, name));

  g_test_message ("%s", text);

  return text;
}

static void
add_reply (Fixture *f, const char *opaque, const char *call_id, const char *call_name)
{
  g_autoptr (VigReply) reply = vig_reply_new ();

  if (opaque != NULL)
    vig_reply_set_opaque (reply, vig_json_parse (opaque, -1, 0, NULL));
  if (call_id != NULL)
    vig_reply_add_call (reply, call_id, call_name, "{}");
  vig_transcript_add_reply (f->transcript, reply);
}

static const struct
{
  const char *schema;
  const char *wire;
} schemas[] = {
  { "{\"type\":\"object\"}", "{\"type\":\"object\",\"properties\":{}}" },
  { "{\"type\":\"object\",\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}}}" },
  { "{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\"a\"],\"anyOf\":[{\"required\":[\"b\"],\"properties\":{\"b\":{\"type\":\"string\"}}},"
    "{\"properties\":{\"a\":{\"type\":\"number\"},\"c\":{}}}]}",
    "{\"type\":\"object\",\"properties\":{\"a\":{},\"b\":{\"type\":\"string\"},\"c\":{}},\"required\":[\"a\"]}" },
  { "{\"type\":\"object\",\"allOf\":[{\"properties\":{\"a\":{}},\"required\":[\"a\"]},{\"oneOf\":[{\"properties\":{\"b\":{}},\"required\":[\"b\"]}]}]}",
    "{\"type\":\"object\",\"properties\":{\"a\":{},\"b\":{}},\"required\":[\"a\"]}" },
  { "{\"type\":\"object\",\"oneOf\":[{\"$ref\":\"#/$defs/x\"},{\"$ref\":\"#/$defs/none\"}],\"$defs\":{\"x\":{\"properties\":{\"a\":{}}}}}",
    "{\"type\":\"object\",\"$defs\":{\"x\":{\"properties\":{\"a\":{}}}},\"properties\":{\"a\":{}}}" },
  { "{\"type\":\"object\",\"oneOf\":[{\"$ref\":\"#/$defs/x\"}],\"$defs\":{\"x\":{\"anyOf\":[{\"$ref\":\"#/$defs/x\"}],\"properties\":{\"a\":{}}}}}",
    "{\"type\":\"object\",\"$defs\":{\"x\":{\"anyOf\":[{\"$ref\":\"#/$defs/x\"}],\"properties\":{\"a\":{}}}},\"properties\":{\"a\":{}}}" },
  { "{\"type\":\"object\",\"not\":{\"required\":[\"a\"]},\"enum\":[{}]}", "{\"type\":\"object\",\"properties\":{}}" },
};

/* RooCodeInc/Roo-Code pull 10726, spring-projects/spring-ai issue 3116. */
static void
test_schemas (Fixture *f, gconstpointer module)
{
  vig_transcript_add_user (f->transcript, "hello");
  for (guint i = 0; i < G_N_ELEMENTS (schemas); i++)
    {
      g_autoptr (JsonNode) want = vig_json_parse (schemas[i].wire, -1, 0, NULL);
      g_autofree char *wire = vig_json_to_canonical (want);
      g_autofree char *asked = NULL;
      g_autoptr (JsonObject) body = NULL;

      tool.input_schema = schemas[i].schema;
      body = build (f);
      {
        g_autoptr (JsonNode) made = vig_json_pack ("J", body);

        asked = vig_json_to_canonical (made);
      }
      g_test_message ("%s", asked);
      g_assert_nonnull (strstr (asked, wire));
    }
}

/* tailcallhq/forgecode issue 3071: a conversation that could never go on. */
static void
test_thinking_alone (Fixture *f, gconstpointer module)
{
  g_autofree char *asked = NULL;

  vig_transcript_add_user (f->transcript, "first");
  add_reply (f, "{\"format\":\"anthropic-messages\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"\"},{\"type\":\"redacted_thinking\",\"data\":\"x\"}]}",
             NULL, NULL);
  vig_transcript_add_user (f->transcript, "second");
  asked = dup_member (f, "messages");
  g_assert_nonnull (strstr (asked, "\"first\""));
  g_assert_nonnull (strstr (asked, "\"second\""));
  g_assert_null (strstr (asked, "thinking"));
  g_assert_null (strstr (asked, "assistant"));
}

/* "Item of type 'reasoning' was provided without its required following item." */
static void
test_reasoning_alone (Fixture *f, gconstpointer module)
{
  g_autofree char *asked = NULL;

  vig_transcript_add_user (f->transcript, "first");
  add_reply (f, "{\"format\":\"openai-responses\",\"items\":[{\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"x\"}]}", NULL, NULL);
  vig_transcript_add_user (f->transcript, "second");
  asked = dup_member (f, "input");
  g_assert_nonnull (strstr (asked, "\"second\""));
  g_assert_null (strstr (asked, "reasoning"));
}

/* NousResearch/hermes-agent pull 69517: text of white space alone. */
static void
test_white_space (Fixture *f, gconstpointer module)
{
  g_autofree char *asked = NULL;

  vig_transcript_add_user (f->transcript, "first");
  add_reply (f, "{\"format\":\"anthropic-messages\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"c2ln\"},{\"type\":\"text\",\"text\":\"\\n\\n\"},"
                "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"files-find\",\"input\":{}}]}", "t1", "files.find");
  asked = dup_member (f, "messages");
  g_assert_nonnull (strstr (asked, "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"c2ln\"},{\"type\":\"tool_use\""));
}

/* A picture without a word, and a tool that the model made up. */
static void
test_google (Fixture *f, gconstpointer module)
{
  g_autofree char *asked = NULL;

  vig_transcript_add_user (f->transcript, "");
  vig_transcript_add_image (f->transcript, "image/png", "AAAA");
  add_reply (f, "{\"format\":\"gemini-generatecontent\",\"parts\":[{\"functionCall\":{\"name\":\"default_api:find\",\"args\":{},\"id\":\"c1\"},\"thoughtSignature\":\"c2ln\"}]}",
             "c1", "default_api:find");
  asked = dup_member (f, "contents");
  g_assert_null (strstr (asked, "\"text\":\"\""));
  g_assert_nonnull (strstr (asked, "\"functionResponse\":{\"name\":\"default_api:find\",\"id\":\"c1\""));
}

/* What the server says, and what is asked then; and from then on at once. */
static char *
dup_adapted (Fixture *f, const char *said, const char *name)
{
  g_autoptr (JsonObject) body = build (f);
  g_autoptr (JsonNode) node = vig_json_pack ("{s:{s:s}}", "error", "message", said);
  g_autoptr (VigHttpFault) fault = vig_http_fault_new_json (400, node);
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (f->provider);
  g_autofree char *again = NULL;
  char *asked;

  g_assert_true (klass->adapt_request (VIG_HTTP_PROVIDER (f->provider), body, fault));
  asked = vig_json_to_string (json_object_get_member (body, name));
  again = dup_member (f, name);
  g_assert_cmpstr (again, ==, asked);
  g_assert_false (klass->adapt_request (VIG_HTTP_PROVIDER (f->provider), body, fault));

  return asked;
}

/* modelcontextprotocol/servers issue 799. */
static void
test_description (Fixture *f, gconstpointer module)
{
  g_autofree char *many = g_strnfill (2 * MAX_DESCRIPTION, 'x');
  g_autofree char *most = g_strnfill (MAX_DESCRIPTION - 3, 'x');
  g_autofree char *want = g_strdup_printf ("\"description\":\"%s...\"", most);
  g_autofree char *asked = NULL;

  tool.description = many;
  vig_transcript_add_user (f->transcript, "hello");
  asked = dup_adapted (f, "Invalid 'tools[0].function.description': string too long. Expected a string with maximum length 1024, but got a string with "
                          "length 2048 instead.", "tools");
  g_assert_nonnull (strstr (asked, want));
}

/* docs.mistral.ai: nine characters; the conversation began with another server. */
static void
test_ids (Fixture *f, gconstpointer module)
{
  g_autofree char *asked = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonArray *messages;
  const char *made, *answered;

  vig_transcript_add_user (f->transcript, "hello");
  add_reply (f, NULL, "toolu_01A09q90qw90lq917835lq9", "files.find");
  asked = dup_adapted (f, "Tool call id was toolu_01A09q90qw90lq917835lq9 but must be a-z, A-Z, 0-9, with a length of 9.", "messages");
  node = vig_json_parse (asked, -1, 0, NULL);
  messages = json_node_get_array (node);
  made = json_object_get_string_member (
    json_array_get_object_element (json_object_get_array_member (json_array_get_object_element (messages, 2), "tool_calls"), 0), "id");
  answered = json_object_get_string_member (json_array_get_object_element (messages, 3), "tool_call_id");
  g_assert_cmpuint (strlen (made), ==, 9);
  g_assert_cmpstr (made, ==, answered);
}

int
main (int argc, char *argv[])
{
  static const char *modules[] = { "anthropic", "google", "ollama", "openai", "openai-compatible" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (modules); i++)
    {
      g_autofree char *name = g_strconcat ("/http-requests/schemas/", modules[i], NULL);

      g_test_add (name, Fixture, modules[i], set_up, test_schemas, tear_down);
    }
  g_test_add ("/http-requests/thinking-alone", Fixture, "anthropic", set_up, test_thinking_alone, tear_down);
  g_test_add ("/http-requests/reasoning-alone", Fixture, "openai", set_up, test_reasoning_alone, tear_down);
  g_test_add ("/http-requests/white-space", Fixture, "anthropic", set_up, test_white_space, tear_down);
  g_test_add ("/http-requests/google", Fixture, "google", set_up, test_google, tear_down);
  g_test_add ("/http-requests/description", Fixture, "openai-compatible", set_up, test_description, tear_down);
  g_test_add ("/http-requests/ids", Fixture, "openai-compatible", set_up, test_ids, tear_down);

  return g_test_run ();
}
