/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "fuzz.h"

#include <vigilus/vig-http-fault.h>
#include <vigilus/vig-http-wait.h>

#include "vig-test-host.h"

#include <stdlib.h>
#include <string.h>

/* An answer of the format VIG_FUZZ_FORMAT, whatever its status, headers and bytes, is read to the same reply, or the same fault, however it is cut. What a
 * reply keeps to be sent back is put into the next request; a fault is told to a person, and asked whether to try again, in the same form or another.
 *
 * Bytes: how it is cut; the status, two of them; which headers it has; then, where that says so, a line with what one of them says; then the body. */
#define HEAD 4
#define KEY  "sk-fuzz-0123456789abcdef"

typedef struct
{
  guint               status;
  SoupMessageHeaders *headers;
  const char         *body;
  gsize               length;
} Input;

typedef struct
{
  VigReply *reply;
  gboolean  ok;
  guint     status; /* of the fault, by its status and by its words; 0: none */
  guint     effective;
} Output;

static VigHttpProvider *
fuzz_provider (void)
{
  static const struct { const char *format; const char *plugin; } rows[] = {
    { "anthropic", "anthropic" }, { "gemini", "google" }, { "ollama", "ollama" }, { "openai", "openai" }, { "responses", "openai" },
  };
  static VigProvider *provider = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows) && provider == NULL; i++)
    if (g_strcmp0 (g_getenv ("VIG_FUZZ_FORMAT"), rows[i].format) == 0)
      {
        g_autofree char *path = g_strdup_printf ("plugins/providers/%s/%s.so", rows[i].plugin, rows[i].plugin);

        provider = vig_test_load_provider (path);
      }
  fuzz_must (provider != NULL);

  return VIG_HTTP_PROVIDER (provider);
}

static void
read_head (Input *input, const guint8 *data, gsize size)
{
  static const char *const types[] = { NULL, "text/event-stream", "application/json", "application/x-ndjson; charset=utf-8", "text/html", "\xff" };
  static const char *const names[] = { "retry-after", "retry-after-ms", "anthropic-ratelimit-tokens-reset", "x-ratelimit-reset-tokens", "x-ratelimit-reset",
                                       "content-encoding", "server", "content-length" };
  const char *type = types[data[3] % G_N_ELEMENTS (types)];
  g_autofree char *value = NULL;
  const guint8 *end;
  gsize length;

  input->status = 100 + (data[1] << 8 | data[2]) % 500;
  input->headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  input->body = (const char *) data + HEAD;
  input->length = size - HEAD;
  if (type != NULL)
    soup_message_headers_append (input->headers, "content-type", type);
  end = (data[3] & 0x80) != 0 ? memchr (input->body, '\n', input->length) : NULL;
  if (end == NULL)
    return;

  length = (gsize) (end - data) - HEAD;
  value = g_strdelimit (g_strndup (input->body, length), "\r", ' ');
  soup_message_headers_append (input->headers, names[data[3] >> 4 & 7], value);
  input->body += length + 1;
  input->length -= length + 1;
}

/* @reply: to be sent back, or NULL. */
static JsonObject *
build_request (VigHttpProvider *provider, VigReply *reply)
{
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();
  VigCompletionRequest request = { "m", "system", transcript, NULL, 100 };
  JsonObject *body;

  vig_transcript_add_user (transcript, "hello");
  if (reply != NULL)
    {
      vig_transcript_add_reply (transcript, reply);
      vig_transcript_add_user (transcript, "and now?");
    }
  body = VIG_HTTP_PROVIDER_GET_CLASS (provider)->build_request (provider, &request, NULL);
  fuzz_must (body != NULL);

  return body;
}

static void
check_request (JsonObject *body)
{
  g_autofree char *text = vig_json_object_to_string (body);

  fuzz_must (g_utf8_validate (text, -1, NULL));
}

/* What follows from a fault. */
static void
take_fault (VigHttpProvider *provider, const VigHttpFault *fault, const Input *input)
{
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (provider);
  g_autoptr (JsonObject) body = build_request (provider, NULL);
  g_autoptr (GError) error = vig_http_fault_to_error (fault, "Fuzz", KEY, vig_http_retry_after_ms (input->status, input->headers, 0) / 1000);
  guint wait = 0;

  fuzz_must (error != NULL && error->domain == VIG_ERROR && *error->message != '\0');
  fuzz_must (g_utf8_validate (error->message, -1, NULL) && strstr (error->message, KEY) == NULL);
  for (guint attempt = 0; attempt < 4; attempt++)
    if (vig_http_fault_may_retry (fault, input->headers, attempt, 0.5, &wait))
      fuzz_must (attempt < VIG_HTTP_MAX_RETRIES && wait <= VIG_HTTP_MAX_RETRY_WAIT_MS);
  if (klass->adapt_request != NULL && klass->adapt_request (provider, body, fault))
    check_request (body);
}

static void
read_answer (VigHttpProvider *provider, const Input *input, gsize step, Output *output)
{
  g_autoptr (VigHttpAnswer) answer = vig_http_answer_new (provider, NULL, NULL);
  const VigHttpFault *fault;
  gboolean fed = TRUE;

  vig_http_answer_begin (answer, input->status, input->headers);
  for (gsize i = 0; i < input->length && fed; i += step)
    fed = vig_http_answer_feed (answer, input->body + i, MIN (step, input->length - i), NULL);
  output->ok = vig_http_answer_end (answer, NULL) && fed;
  fault = vig_http_answer_get_fault (answer);
  fuzz_must (!output->ok || fault == NULL);
  output->reply = vig_reply_ref (vig_http_answer_get_reply (answer));
  /* Of an answer that is broken, nobody asks for its fault. */
  output->status = fault != NULL && fed ? fault->status : 0;
  output->effective = fault != NULL && fed ? fault->effective : 0;
  if (fault != NULL)
    take_fault (provider, fault, input);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  VigHttpProvider *provider;
  Input input;
  Output whole, parts;
  g_autoptr (JsonObject) again = NULL;

  if (size <= HEAD)
    return 0;

  provider = fuzz_provider ();
  read_head (&input, data, size);
  read_answer (provider, &input, size, &whole);
  read_answer (provider, &input, 1 + data[0] % 32, &parts);
  fuzz_must (whole.ok == parts.ok);
  fuzz_must (whole.status == parts.status && whole.effective == parts.effective);
  fuzz_must (!whole.ok || g_str_equal (vig_reply_get_text (whole.reply), vig_reply_get_text (parts.reply)));
  fuzz_must (!whole.ok || vig_reply_get_n_calls (whole.reply) == vig_reply_get_n_calls (parts.reply));
  again = build_request (provider, whole.reply);
  check_request (again);
  vig_reply_unref (whole.reply);
  vig_reply_unref (parts.reply);
  soup_message_headers_unref (input.headers);

  return 0;
}
