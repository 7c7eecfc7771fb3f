/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact.h"

#include "vig-test.h"

#include <string.h>
#include <time.h>

typedef gboolean (*RowFunc) (VigRedactor *redactor, JsonObject *row);

static guint
count_good (const char *name, RowFunc func, guint *n_rows)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_DATA"), "secrets", name, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint good = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  *n_rows = g_strv_length (lines);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      gsize length;
      g_autofree char *json = (char *) g_base64_decode (lines[i], &length);
      g_autoptr (JsonObject) row = vig_json_parse_object (json, (gssize) length, 0, NULL);

      g_assert_nonnull (row);
      good += func (redactor, row) ? 1 : 0;
    }

  return good;
}

static gboolean
is_gone (VigRedactor *redactor, JsonObject *row)
{
  const char *secret = vig_json_get_string (row, "secret", "");
  g_autofree char *clean = vig_redactor_apply (redactor, vig_json_get_string (row, "text", ""));
  const char *tail = secret + (strlen (secret) > 8 ? strlen (secret) - 8 : 0);
  gboolean gone = strstr (clean, secret) == NULL && strstr (clean, tail) == NULL;

  if (!gone)
    g_test_message ("missed: %s", vig_json_get_string (row, "kind", ""));

  return gone;
}

static void
test_positives (void)
{
  guint n = 0;
  guint good = count_good ("positives.b64", is_gone, &n);

  g_test_message ("%u of %u", good, n);
  g_assert_cmpuint (n, >=, 353);
  g_assert_cmpuint (good * 100, >=, n * 97);
}

static gboolean
is_unchanged (VigRedactor *redactor, JsonObject *row)
{
  const char *text = vig_json_get_string (row, "text", "");
  g_autofree char *clean = vig_redactor_apply (redactor, text);

  if (strcmp (clean, text) != 0)
    g_test_message ("taken from: %s: %s", vig_json_get_string (row, "kind", ""), clean);

  return strcmp (clean, text) == 0;
}

static void
test_negatives (void)
{
  guint n = 0;
  guint good = count_good ("negatives.b64", is_unchanged, &n);

  g_test_message ("%u of %u", good, n);
  g_assert_cmpuint (n, >=, 191);
  g_assert_cmpuint (good * 100, >, n * 98);
}

static void
assert_redacted (VigRedactor *redactor, const char *text, const char *expected)
{
  g_autofree char *clean = vig_redactor_apply (redactor, text);

  g_assert_cmpstr (clean, ==, expected);
}

static void
test_text_around_stays (void)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();

  assert_redacted (redactor, "", "");
  assert_redacted (redactor, "GET / HTTP/1.1\r\nAuthorization: Bearer abcdef0123456789\r\nHost: x\r\n",
                   "GET / HTTP/1.1\r\nAuthorization: Bearer [redacted]\r\nHost: x\r\n");
  assert_redacted (redactor, "git clone https://bob:hunter2x@git.example/x.git now", "git clone https://bob:[redacted]@git.example/x.git now");
  assert_redacted (redactor, "{\"user\":\"bob\",\"password\":\"hun\\\"ter2\",\"n\":1}", "{\"user\":\"bob\",\"password\":\"[redacted]\",\"n\":1}");
  assert_redacted (redactor, "mysql -uroot -phunter2x app", "mysql -uroot -p[redacted] app");
  assert_redacted (redactor, "one\\nzip -P hunter2x a.zip", "one\\nzip -P [redacted] a.zip");
  assert_redacted (redactor, "\\\"admin_password\\\": {\\\"value\\\": \\\"hunter2x9\\\"}", "\\\"admin_password\\\": {\\\"value\\\": \\\"[redacted]\\\"}");
  assert_redacted (redactor, "a_token=x1y2z3a4 b_token=q1w2e3r4", "a_token=[redacted] b_token=[redacted]");
  assert_redacted (redactor, "grüße: passwort=geheim12 – ende", "grüße: passwort=[redacted] – ende");
}

static void
test_values (void)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();

  vig_redactor_add_value (redactor, "short");
  vig_redactor_add_value (redactor, "blue giraffe");
  vig_redactor_add_value (redactor, "giraffe \"and\" more");
  vig_redactor_add_value (redactor, "käse/größe");

  assert_redacted (redactor, "a short blue giraffe.", "a short [redacted].");
  assert_redacted (redactor, "blue giraffe \"and\" more!", "[redacted]!");
  assert_redacted (redactor, "in JSON: giraffe \\\"and\\\" more!", "in JSON: [redacted]!");
  assert_redacted (redactor, "Ymx1ZSBnaXJhZmZl and blue%20giraffe", "[redacted] and [redacted]");
  assert_redacted (redactor, "käse/größe k%C3%A4se%2Fgr%C3%B6%C3%9Fe", "[redacted] [redacted]");
  assert_redacted (redactor, "blue giraff blue", "blue giraff blue");
}

/* Overlapping and nested values: every byte of every occurrence goes. */
static void
test_overlaps (void)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();

  vig_redactor_add_value (redactor, "abcdefgh");
  vig_redactor_add_value (redactor, "efghijkl");
  vig_redactor_add_value (redactor, "cdefgh");
  assert_redacted (redactor, "xabcdefghijklx", "x[redacted]x");
  assert_redacted (redactor, "xcdefghx", "x[redacted]x");
  assert_redacted (redactor, "abcdefg", "abcdefg");
}

static void
test_json (void)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (JsonNode) node = vig_json_parse ("{\"password\":\"x\",\"user\":\"bob\",\"api_key\":[\"a\",\"b\"],\"n\":7,\"none\":null,\"secret\":\"\","
                                              "\"deep\":{\"cmd\":\"sshpass -p hunter2x ssh nas\",\"max_tokens\":10}"
                                              ",\"auth\":\"dXNlcjpwYXNzd29yZA==\",\"_auth\":\"basic\"}", -1, 0, NULL);
  g_autofree char *before = vig_json_to_string (node);
  g_autoptr (JsonNode) clean = vig_redactor_apply_json (redactor, node);
  g_autofree char *text = vig_json_to_string (clean);
  g_autofree char *after = vig_json_to_string (node);

  g_assert_cmpstr (text, ==, "{\"password\":\"[redacted]\",\"user\":\"bob\",\"api_key\":[\"[redacted]\",\"[redacted]\"],\"n\":7,\"none\":null,\"secret\":\"\","
                             "\"deep\":{\"cmd\":\"sshpass -p [redacted] ssh nas\",\"max_tokens\":10},\"auth\":\"[redacted]\",\"_auth\":\"basic\"}");
  g_assert_cmpstr (before, ==, after);
}

/* Of this thread alone: what else the machine does does not count. */
static double
processor_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);

  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static double
measure (VigRedactor *redactor, const char *piece, gsize length)
{
  g_autoptr (GString) text = g_string_sized_new (length + 64);
  double best = G_MAXDOUBLE;

  while (text->len < length)
    g_string_append (text, piece);
  for (guint i = 0; i < 3; i++)
    {
      double begin = processor_seconds ();
      g_autofree char *clean = vig_redactor_apply (redactor, text->str);

      best = MIN (best, processor_seconds () - begin);
    }

  return best;
}

/* Texts made to be read again and again: eight times the length takes about eight times as long, not sixty-four. */
static void
test_linear (void)
{
  static const char *pieces[] = {
    "a", "password='", "password: x ", "-----BEGIN RSA PRIVATE KEY-----", "://", "://a:", "$6$", "\\", "\\\"", "token=\\", "curl ", "curl -u ", "eyJ",
    "passphrase for ", "\"password\": {", "Authorization: ", "sk-ant-", "/bot12345678", "token token ", " ", "=", "Private-Lines:", "glpat-",
    "abcdefgabcdefgabcdefgh", "password=", "password=$x=", "Cookie: ",
  };
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();

  vig_redactor_add_value (redactor, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
  vig_redactor_add_value (redactor, "abcdefgabcdefgabcdefgi");
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      double small = measure (redactor, pieces[i], 32 * 1024);
      double large = measure (redactor, pieces[i], 256 * 1024);

      g_test_message ("%-32s %.1f ms, %.1f ms", pieces[i], small * 1000, large * 1000);
      g_assert_cmpfloat (large, <, 32 * small + 0.05);
      g_assert_cmpfloat (large, <, 2);
    }
}

static gpointer
apply_many (gpointer data)
{
  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *clean = vig_redactor_apply (data, "the quick password=hunter2x fox");

      g_assert_null (strstr (clean, "hunter2x"));
    }

  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  GThread *threads[2];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("redact", apply_many, redactor);
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *value = g_strdup_printf ("a value %u", i);

      vig_redactor_add_value (redactor, value);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  assert_redacted (redactor, "a value 199", "[redacted]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redact/positives", test_positives);
  g_test_add_func ("/redact/negatives", test_negatives);
  g_test_add_func ("/redact/text-around-stays", test_text_around_stays);
  g_test_add_func ("/redact/values", test_values);
  g_test_add_func ("/redact/overlaps", test_overlaps);
  g_test_add_func ("/redact/json", test_json);
  g_test_add_func ("/redact/linear", test_linear);
  g_test_add_func ("/redact/threads", test_threads);

  return g_test_run ();
}
