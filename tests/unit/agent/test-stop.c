/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-stop.h"

/* Each word after the documentation of whose it is. */
static const struct
{
  const char *word;
  gboolean    cut_short;
  VigStop     stop;
} rows[] = {
  { NULL, FALSE, VIG_STOP_WHOLE },
  { "stop", FALSE, VIG_STOP_WHOLE },
  { "end_turn", FALSE, VIG_STOP_WHOLE },
  { "eos", FALSE, VIG_STOP_WHOLE },                             /* Together */
  { "a_word_to_come", FALSE, VIG_STOP_WHOLE },
  { "length", TRUE, VIG_STOP_LENGTH },
  { "SAFETY", TRUE, VIG_STOP_LENGTH },
  { "content_filter", FALSE, VIG_STOP_FILTERED },               /* OpenAI */
  { "sensitive", FALSE, VIG_STOP_FILTERED },                    /* Z.ai */
  { "SAFETY", FALSE, VIG_STOP_FILTERED },                       /* Gemini */
  { "refusal", FALSE, VIG_STOP_DECLINED },                      /* Anthropic */
  { "RECITATION", FALSE, VIG_STOP_COPIED },                     /* Gemini */
  { "MALFORMED_FUNCTION_CALL", FALSE, VIG_STOP_BROKEN_CALL },   /* Gemini */
  { "OTHER", FALSE, VIG_STOP_UNEXPLAINED },                     /* Gemini */
  { "FINISH_REASON_UNSPECIFIED", FALSE, VIG_STOP_UNEXPLAINED }, /* Gemini */
  { "error", FALSE, VIG_STOP_UNEXPLAINED },                     /* OpenRouter */
  { "abort", FALSE, VIG_STOP_UNEXPLAINED },                     /* vLLM, SGLang */
  { "network_error", FALSE, VIG_STOP_UNEXPLAINED },             /* Z.ai */
  { "insufficient_system_resource", FALSE, VIG_STOP_UNEXPLAINED }, /* DeepSeek */
};

static void
test_words (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      VigStop stop = vig_stop_read (rows[i].word, rows[i].cut_short);

      g_test_message ("%s", rows[i].word != NULL ? rows[i].word : "none");
      g_assert_cmpint (stop, ==, rows[i].stop);
      g_assert_true ((vig_stop_describe (stop) == NULL) == (stop == VIG_STOP_WHOLE));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stop/words", test_words);

  return g_test_run ();
}
