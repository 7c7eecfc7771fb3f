/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"

static VigReply *
make_reply (void)
{
  VigReply *reply = vig_reply_new ();

  vig_reply_append_text (reply, "Hello", -1);
  vig_reply_append_text (reply, " there!!", 7);
  vig_reply_append_reasoning (reply, "hm", -1);
  vig_reply_add_call (reply, "a1", "ssh.exec", "{\"command\": \"ls\"}");
  vig_reply_add_call (reply, NULL, "ssh.list", "");
  vig_reply_add_call (reply, "a3", "ssh.exec", "{\"command\": \"l");
  vig_reply_add_call (reply, "a4", "ssh.exec", "[1]");
  vig_reply_set_stop_reason (reply, "max_tokens", TRUE);
  vig_reply_get_usage (reply)->input_tokens = 12;
  vig_reply_set_opaque (reply, vig_json_pack ("{s:s}", "signature", "c2ln"));

  return reply;
}

static void
check_reply (VigReply *reply)
{
  g_assert_cmpstr (vig_reply_get_text (reply), ==, "Hello there!");
  g_assert_cmpstr (vig_reply_get_reasoning (reply), ==, "hm");
  g_assert_null (vig_reply_get_refusal (reply));
  g_assert_cmpstr (vig_reply_get_stop_reason (reply), ==, "max_tokens");
  g_assert_true (vig_reply_is_cut_short (reply));
  g_assert_cmpuint (vig_reply_get_n_calls (reply), ==, 4);
  g_assert_cmpstr (vig_reply_get_call (reply, 0)->id, ==, "a1");
  g_assert_cmpstr (vig_json_get_string (vig_reply_get_call (reply, 0)->arguments, "command", ""), ==, "ls");
  g_assert_cmpuint (json_object_get_size (vig_reply_get_call (reply, 1)->arguments), ==, 0);
  g_assert_null (vig_reply_get_call (reply, 2)->arguments);
  g_assert_cmpstr (vig_reply_get_call (reply, 2)->raw_arguments, ==, "{\"command\": \"l");
  g_assert_cmpstr (vig_reply_get_call (reply, 3)->raw_arguments, ==, "[1]");
  g_assert_cmpint (vig_reply_get_usage (reply)->input_tokens, ==, 12);
  g_assert_cmpint (vig_reply_get_usage (reply)->output_tokens, ==, -1);
  g_assert_cmpstr (vig_json_get_string (json_node_get_object (vig_reply_get_opaque (reply)), "signature", ""), ==, "c2ln");
}

static void
test_reply (void)
{
  g_autoptr (VigReply) reply = make_reply ();
  g_autoptr (JsonObject) object = vig_reply_to_json (reply);
  g_autoptr (GError) error = NULL;
  g_autoptr (VigReply) again = vig_reply_from_json (object, &error);
  const char *made_up = vig_reply_get_call (reply, 1)->id;

  g_assert_no_error (error);
  check_reply (reply);
  check_reply (again);
  g_assert_true (g_regex_match_simple ("^[a-zA-Z0-9_-]{9,40}$", made_up, 0, 0));
  g_assert_cmpstr (vig_reply_get_call (again, 1)->id, ==, made_up);
}

static void
test_reply_broken (void)
{
  const char *broken[] = {
    "{\"calls\":[1]}", "{\"calls\":[{}]}", "{\"calls\":[{\"id\":\"a\",\"name\":\"b\"}]}",
    "{\"calls\":[{\"id\":\"a\",\"name\":\"b\",\"arguments\":{},\"raw_arguments\":\"\"}]}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_autoptr (JsonObject) object = vig_json_parse_object (broken[i], -1, 0, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_null (vig_reply_from_json (object, &error));
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
    }
}

static void
test_transcript (void)
{
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();
  g_autoptr (VigReply) reply = make_reply ();

  vig_transcript_add_user (transcript, "list it");
  vig_transcript_add_reply (transcript, reply);
  vig_transcript_add_result (transcript, "a1", "ssh.exec", "a b", FALSE);
  vig_transcript_add_result (transcript, "a3", "ssh.exec", "not JSON", TRUE);
  vig_transcript_add_user (transcript, "go on");
  vig_transcript_add_result (transcript, "a4", "ssh.exec", "late", FALSE);

  g_assert_cmpuint (vig_transcript_get_n_turns (transcript), ==, 5);
  g_assert_cmpint (vig_transcript_get_kind (transcript, 1), ==, VIG_TURN_ASSISTANT);
  g_assert_cmpstr (vig_transcript_get_text (transcript, 0), ==, "list it");
  g_assert_cmpstr (vig_transcript_get_text (transcript, 1), ==, "Hello there!");
  g_assert_true (vig_transcript_get_reply (transcript, 1) == reply);
  g_assert_cmpint (vig_transcript_get_kind (transcript, 2), ==, VIG_TURN_TOOLS);
  g_assert_cmpuint (vig_transcript_get_n_results (transcript, 2), ==, 2);
  g_assert_cmpstr (vig_transcript_get_result (transcript, 2, 1)->text, ==, "not JSON");
  g_assert_true (vig_transcript_get_result (transcript, 2, 1)->is_error);
  g_assert_cmpuint (vig_transcript_get_n_results (transcript, 4), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reply/json", test_reply);
  g_test_add_func ("/reply/broken", test_reply_broken);
  g_test_add_func ("/transcript/turns", test_transcript);

  return g_test_run ();
}
