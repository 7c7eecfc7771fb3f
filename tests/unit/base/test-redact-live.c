/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-live.h"

#include "vig-test.h"

#include <string.h>

#define LONGEST_PIECE 40

static void
take (GString *shown, char *piece)
{
  if (piece != NULL)
    g_string_append (shown, piece);
  g_free (piece);
}

/* What a person has seen at the end, with cuts by chance. */
static char *
show_in_pieces (VigRedactor *redactor, const char *text, gsize length, GRand *rand, gint32 longest)
{
  g_autoptr (VigRedactLive) live = vig_redact_live_new (redactor);
  GString *shown = g_string_new (NULL);

  for (gsize at = 0; at < length;)
    {
      gsize n = (gsize) g_rand_int_range (rand, 1, longest + 1);

      n = MIN (n, length - at);
      take (shown, vig_redact_live_push (live, text + at, n));
      at += n;
    }
  take (shown, vig_redact_live_flush (live));
  g_assert_null (vig_redact_live_flush (live));

  return g_string_free (shown, FALSE);
}

static void
assert_same (VigRedactor *redactor, const char *text, GRand *rand)
{
  g_autofree char *whole = vig_redactor_apply (redactor, text);
  g_autofree char *shown = show_in_pieces (redactor, text, strlen (text), rand, LONGEST_PIECE);
  g_autofree char *bytes = show_in_pieces (redactor, text, strlen (text), rand, 1);

  g_assert_cmpstr (shown, ==, whole);
  g_assert_cmpstr (bytes, ==, whole);
}

/* Every row alone, and texts of several that stand side by side. */
static void
test_rows (void)
{
  static const char *const between[] = { "\n", " ", "\n\n", "; ", " and then ", "\r\n" };
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (GPtrArray) rows = vig_test_load_secrets ("positives.b64");
  g_autoptr (GPtrArray) plain = vig_test_load_secrets ("negatives.b64");
  g_autoptr (GRand) rand = g_rand_new_with_seed (20260101);

  g_ptr_array_extend (rows, plain, (GCopyFunc) json_object_ref, NULL);
  for (guint i = 0; i < rows->len; i++)
    assert_same (redactor, vig_json_get_string (g_ptr_array_index (rows, i), "text", ""), rand);

  for (guint i = 0; i < 150; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      for (guint j = 0; j < 6; j++)
        {
          guint row = (guint) g_rand_int_range (rand, 0, (gint32) rows->len);

          g_string_append (text, vig_json_get_string (g_ptr_array_index (rows, row), "text", ""));
          g_string_append (text, between[g_rand_int_range (rand, 0, G_N_ELEMENTS (between))]);
        }
      assert_same (redactor, text->str, rand);
    }
}

/* Known values, with blanks and line breaks in them, and ones that begin alike. */
static void
test_values (void)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  vig_redactor_add_value (redactor, "correct horse battery staple");
  vig_redactor_add_value (redactor, "correct horse\nof mine");
  vig_redactor_add_value (redactor, "a correct");
  for (guint i = 0; i < 50; i++)
    {
      assert_same (redactor, "it is correct horse battery staple, no? A correct horse battery maker.", rand);
      assert_same (redactor, "correct horse battery", rand);
      assert_same (redactor, "here: correct horse\nof mine and a correct horse\nof min", rand);
    }
}

/* A private key that comes line by line stays hidden, also where it never ends or is longer than what is held. */
static void
assert_hidden (const char *head, gsize size, const char *tail, const char *expected)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) size);
  g_autoptr (GString) text = g_string_new (head);
  g_autofree char *shown = NULL;

  while (text->len < size)
    g_string_append_printf (text, "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC%08xkeepsecretkeepsecretkeepse\n", g_rand_int (rand));
  g_string_append (text, tail);
  shown = show_in_pieces (redactor, text->str, text->len, rand, 100);
  g_assert_cmpstr (shown, ==, expected);
}

static void
test_keys (void)
{
  static const char head[] = "Here is the key:\n-----BEGIN PRIVATE KEY-----\n";
  static const char shown_head[] = "Here is the key:\n-----BEGIN PRIVATE KEY-----";
  g_autofree char *ended = g_strconcat (shown_head, "[redacted]-----END PRIVATE KEY-----\nUse it well.\n", NULL);
  g_autofree char *open = g_strconcat (shown_head, "[redacted]", NULL);

  assert_hidden (head, 1700, "-----END PRIVATE KEY-----\nUse it well.\n", ended);
  assert_hidden (head, 300000, "-----END PRIVATE KEY-----\nUse it well.\n", ended);
  assert_hidden (head, 1700, "", open);
  assert_hidden (head, 300000, "", open);
}

/* A Secret of Kubernetes of many keys, or of one that is long, longer than what is held: no value is shown, whichever comes first, kind or data. */
static void
assert_secret_hidden (const char *head, const char *const *around, guint n_keys, gsize value, const char *tail)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (n_keys);
  g_autoptr (GString) text = g_string_new (head);
  g_autofree char *shown = NULL;

  for (guint i = 0; i < n_keys; i++)
    {
      g_autoptr (GString) secret = g_string_new (NULL);

      while (secret->len < value)
        g_string_append (secret, "aGlkZG");
      g_string_append_printf (text, "%skey%u%s%s%s", around[0], i, around[1], secret->str, around[2]);
    }
  g_string_append (text, tail);
  shown = show_in_pieces (redactor, text->str, text->len, rand, 1000);
  g_assert_null (strstr (shown, "aGlkZG"));
  g_assert_nonnull (strstr (shown, "the end"));
}

static void
test_long_secrets (void)
{
  static const struct { const char *head; const char *around[3]; const char *tail; } rows[] = {
    { "apiVersion: v1\ndata:\n", { "  ", ": ", "\n" }, "kind: Secret\nmetadata:\n  name: the end\n" },
    { "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n", { "  ", ": ", "\n" }, "type: the end\n" },
    { "{\n  \"apiVersion\": \"v1\",\n  \"data\": {\n", { "    \"", "\": \"", "\",\n" }, "    \"z\": \"aGlkZG\"\n  },\n  \"kind\": \"Secret\",\n  \"type\": \"the end\"\n}\n" },
    { "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":{", { "\"", "\":\"", "\"," }, "\"z\":\"aGlkZG\"},\"type\":\"the end\"}\n" },
    { "apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n", { "    ", ": ", "\n" }, "  kind: Secret\n  metadata:\n    name: the end\nkind: List\n" },
    { "apiVersion: v1\nstringData:\n", { "  ", ": |\n    ", "\n" }, "kind: Secret\nmetadata:\n  name: the end\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      assert_secret_hidden (rows[i].head, rows[i].around, 5, 60, rows[i].tail);
      assert_secret_hidden (rows[i].head, rows[i].around, 5000, 40, rows[i].tail);
      assert_secret_hidden (rows[i].head, rows[i].around, 3, 100000, rows[i].tail);
      assert_secret_hidden (rows[i].head, rows[i].around, 30, 9000, rows[i].tail);
    }
}

/* Text without secrets is all shown, whatever its words are, and soon: no more than a word is held. */
static void
test_plain (void)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (VigRedactLive) live = vig_redact_live_new (redactor);
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *shown = NULL;
  gsize n_in = 0;
  gsize n_out = 0;

  for (guint i = 0; i < 2000; i++)
    {
      static const char *const words[] = { "the ", "disks ", "of nas ", "are ", "half full,\n", "größer ", "als ", "“gestern” ", "磁盘已满" };
      const char *word = words[g_rand_int_range (rand, 0, G_N_ELEMENTS (words))];
      g_autofree char *piece = vig_redact_live_push (live, word, strlen (word));

      n_in += strlen (word);
      n_out += piece != NULL ? strlen (piece) : 0;
      g_assert_cmpuint (n_in - n_out, <, 32);
    }

  while (text->len < 300000)
    g_string_append_printf (text, "x%08x", g_rand_int (rand));
  shown = show_in_pieces (redactor, text->str, text->len, rand, 1000);
  g_assert_cmpuint (strlen (shown), ==, text->len);
  g_assert_cmpstr (shown, ==, text->str);
}

/* Bytes that are no text, NUL among them, do not end it. */
static void
test_bytes (void)
{
  static const char text[] = "before\0after \377\376 password=hunter2x\0 end";
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (9);

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *shown = show_in_pieces (redactor, text, sizeof text - 1, rand, 5);

      g_assert_null (strstr (shown, "hunter2"));
      g_assert_nonnull (strstr (shown, " end"));
    }
}

static void
test_kubernetes (void)
{
  static const char *const texts[] = {
    "before\napiVersion: v1\ndata:\n  user: Ym9i\n  other: aHVudGVyMg==\nkind: Secret\nmetadata:\n  name: x\nafter all\n",
    "kind: Secret\nstringData:\n  conf: |\n    one: 1\n    two\n  more: b\ntype: Opaque\n---\nkind: ConfigMap\ndata:\n  a: b\n",
    "{\n \"apiVersion\": \"v1\",\n \"data\": {\n  \"a\": \"Ym9i\",\n  \"b\": \"eHl6\"\n },\n \"kind\": \"Secret\"\n} and on",
    "data: one: two\ndata: three: four\nkind: Secret of a tale\ndata: five: six\n--- \ndata: seven: eight\n",
    "apiVersion: v1\nkind : ConfigMap\ndata:\n  a: Ym9i\napiVersion: v1\nkind : Secret\ndata :\n  a: Ym9i\n",
  };
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (20260601);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    for (guint j = 0; j < 50; j++)
      assert_same (redactor, texts[i], rand);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redact-live/rows", test_rows);
  g_test_add_func ("/redact-live/values", test_values);
  g_test_add_func ("/redact-live/keys", test_keys);
  g_test_add_func ("/redact-live/long-secrets", test_long_secrets);
  g_test_add_func ("/redact-live/plain", test_plain);
  g_test_add_func ("/redact-live/kubernetes", test_kubernetes);
  g_test_add_func ("/redact-live/bytes", test_bytes);

  return g_test_run ();
}
