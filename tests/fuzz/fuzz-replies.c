/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "fuzz.h"

#include "vig-test-plugin.h"

#include <stdlib.h>
#include <string.h>

/* An answer of any format, whatever its bytes, is read to the same reply however it is cut. The first byte says which format, the second how it is
 * cut. What a reply keeps to be sent back is put into the next request. */

static VigHttpProvider *
fuzz_provider (guint number)
{
  static const char *names[] = { "anthropic", "google", "ollama", "openai" };
  static VigProvider *providers[G_N_ELEMENTS (names)];
  guint i = number % G_N_ELEMENTS (names);
  g_autofree char *path = g_strdup_printf ("plugins/providers/%s/%s.so", names[i], names[i]);

  if (providers[i] == NULL)
    providers[i] = vig_test_load_provider (path);

  return VIG_HTTP_PROVIDER (providers[i]);
}

static VigReply *
read_answer (VigHttpProvider *provider, const char *bytes, gsize length, gsize step, gboolean *ok)
{
  g_autoptr (VigHttpAnswer) answer = vig_http_answer_new (provider, NULL, NULL);
  gboolean fed = TRUE;

  vig_http_answer_begin (answer, 200, NULL);
  for (gsize i = 0; i < length && fed; i += step)
    fed = vig_http_answer_feed (answer, bytes + i, MIN (step, length - i), NULL);
  *ok = vig_http_answer_end (answer, NULL) && fed;

  return vig_reply_ref (vig_http_answer_get_reply (answer));
}

static void
send_back (VigHttpProvider *provider, VigReply *reply)
{
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();
  VigCompletionRequest request = { "m", "system", transcript, NULL, 100 };
  g_autoptr (JsonObject) body = NULL;
  g_autofree char *text = NULL;

  vig_transcript_add_user (transcript, "hello");
  vig_transcript_add_reply (transcript, reply);
  vig_transcript_add_user (transcript, "and now?");
  body = VIG_HTTP_PROVIDER_GET_CLASS (provider)->build_request (provider, &request, NULL);
  fuzz_must (body != NULL);
  text = vig_json_object_to_string (body);
  fuzz_must (g_utf8_validate (text, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  VigHttpProvider *provider;
  g_autoptr (VigReply) whole = NULL;
  g_autoptr (VigReply) parts = NULL;
  gboolean ok_whole, ok_parts;

  if (size < 3)
    return 0;

  provider = fuzz_provider (data[0]);
  whole = read_answer (provider, (const char *) data + 2, size - 2, size, &ok_whole);
  parts = read_answer (provider, (const char *) data + 2, size - 2, 1 + data[1] % 32, &ok_parts);
  fuzz_must (ok_whole == ok_parts);
  fuzz_must (!ok_whole || g_str_equal (vig_reply_get_text (whole), vig_reply_get_text (parts)));
  fuzz_must (!ok_whole || vig_reply_get_n_calls (whole) == vig_reply_get_n_calls (parts));
  send_back (provider, whole);

  return 0;
}
