/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact.h"

#include "vig-test.h"

#include <string.h>

/* That reading a text again and again, which texts are made for, costs the redactor no more than its length: counted, not timed. The redactor is built
 * once more for this, with redact-work.h. */
#define SHORT       (32 * 1024)
#define SHORT_ROWS  (4 * 1024)
#define TIMES       8
#define MOST_GROWTH 10 /* of the work, where the text is TIMES as long: bounded looks ahead are not yet full in the short text; squared it were 64 */
#define MOST_WORK   4000 /* for a byte */

unsigned long long vig_work;

void __sanitizer_cov_trace_pc (void);

void
__sanitizer_cov_trace_pc (void)
{
  vig_work++;
}

static const char *const pieces[] = {
  "a", "password='", "password: x ", "-----BEGIN RSA PRIVATE KEY-----", "://", "://a:", "$6$", "\\", "\\\"", "token=\\", "curl ", "curl -u ", "eyJ",
  "passphrase for ", "\"password\": {", "Authorization: ", "Authorization: a1b2c3d4\\n", "Cookie: a1b2c3d4\\\\n", "\"d\":\"0r3B6pAa2GV0OUNjZmbfh1TXgtf903BGVC01CNFm6gL\"",
  "chpasswd:", "chpasswd: list: |\n a:b", "password for a:\n", "<password ", "$USER1$=a1b2c3", "PASS: a/b.c ",
  "AKIAABCDEFGHIJ234567:", "sk-ant-", "/bot12345678", "token token ", " ", "=", "Private-Lines:", "glpat-",
  "abcdefgabcdefgabcdefgh", "password=", "password=$x=", "Cookie: ", "kind: Secret\ndata:\n a: b\n", "kind: Secret\ndata:\n data: \"b\n", "data: \"", "data:\n",
  "apiVersion: ", "data: {\"a\": \"b\"", "kind ", "\\\\\\ndata:", "apiVersion data:\n  a: |\n", "data: ' \\' kind: Secret",
  "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----", ":5432:a:", "WIFI:;P:", "tgram://", "hc-ping.com/", "0123456789AB:AA", "abc_", "a1B2", "password to ", "IDENTIFIED ",
  "define('password',", "password: |", "echo a ", "<pass>\n",
  "key: [", "/hooks/a", ":5432:a ", "a1:", "aB3:AA", "001 a ", "\n001 a ", "password\\", "define(", "001 ", "123 0123456789abcdef",
  "[a.b]:1 ", "[a.b]:1 u", "{SSHA", "{SSHA}", ":thin:", ":thin:a/", ": RSA ", ": RSA a ", ": RSA a \"", "option ", "option key '", "uci set ",
  "net use ", "user ", "user a on > ~ ", "phrase: abc ", "phrase: ", "a * ", "a * \"", "\"a\" * \"b", "localclient:", "localclient:a:10\n",
  "localclient:a:", "public key", "public key: ", "X-Gotify-Key: ", "Unseal Key ", "<(echo a", "register => ", "a1b2c3.", "0123456789:0:",
  "set ENC ", "d-i ", "base64:", "grub.pbkdf2.sha512.", "sqlplus a/", "$9$",
};

static unsigned long long
count_work (VigRedactor *redactor, const char *piece, gsize length)
{
  g_autoptr (GString) text = g_string_sized_new (length + strlen (piece));
  g_autofree char *clean = NULL;

  while (text->len < length)
    g_string_append (text, piece);
  vig_work = 0;
  clean = vig_redactor_apply (redactor, text->str);

  return vig_work;
}

static gboolean
is_linear (unsigned long long small, unsigned long long large)
{
  return small > 0 && large <= MOST_GROWTH * small;
}

static void
assert_linear (VigRedactor *redactor, const char *piece, gsize length)
{
  unsigned long long small = count_work (redactor, piece, length);
  unsigned long long large = count_work (redactor, piece, TIMES * length);
  g_autofree char *shown = g_strescape (piece, NULL);

  g_test_message ("%.1f\t%.0f\t%.60s", (double) large / (double) small, (double) large / (double) (TIMES * length), shown);
  if (!is_linear (small, large) || large > MOST_WORK * TIMES * length)
    {
      g_test_message ("not linear: %llu, %llu", small, large);
      g_test_fail ();
    }
}

static VigRedactor *
make_redactor (void)
{
  VigRedactor *redactor = vig_redactor_new ();
  g_autofree char *clean = NULL;

  vig_redactor_add_value (redactor, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
  vig_redactor_add_value (redactor, "abcdefgabcdefgabcdefgi");
  /* What is made once does not count. */
  clean = vig_redactor_apply (redactor, "password: x");

  return redactor;
}

static void
test_pieces (void)
{
  g_autoptr (VigRedactor) redactor = make_redactor ();

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    assert_linear (redactor, pieces[i], SHORT);
}

/* Each kind of secret begins over and over, and is none: what stands before it, with its first characters and with half of it. */
static void
try_row (VigRedactor *redactor, JsonObject *row)
{
  const char *text = vig_json_get_string (row, "text", "");
  const char *secret = vig_json_get_string (row, "secret", "");
  const char *found = strstr (text, secret);
  gsize before = found != NULL ? (gsize) (found - text) : 0;
  const gsize kept[] = { MIN (strlen (secret), 4), strlen (secret) / 2 };

  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    {
      g_autofree char *piece = g_strndup (text, before + kept[i]);

      if (*piece != '\0')
        assert_linear (redactor, piece, SHORT_ROWS);
    }
}

static void
test_kinds (void)
{
  g_autoptr (VigRedactor) redactor = make_redactor ();
  g_autoptr (GHashTable) kinds = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) rows = vig_test_load_secrets ("positives.b64");

  for (guint i = 0; i < rows->len; i++)
    if (g_hash_table_add (kinds, g_strdup (vig_json_get_string (rows->pdata[i], "kind", ""))))
      try_row (redactor, rows->pdata[i]);
  g_assert_cmpuint (g_hash_table_size (kinds), >, 400);
}

/* A large text that comes by again is not looked through again, unless there is more to look for; one that differs by a byte is. */
static void
test_again (void)
{
  g_autoptr (VigRedactor) redactor = make_redactor ();
  g_autoptr (GString) text = g_string_new ("password=k9x2mq7w\n");
  unsigned long long first;
  g_autofree char *one = NULL;
  g_autofree char *other = NULL;
  g_autofree char *last = NULL;

  while (text->len < 8 * SHORT)
    g_string_append (text, "the lamp of the hall is on, and more of it\n");
  vig_work = 0;
  one = vig_redactor_apply (redactor, text->str);
  first = vig_work;
  g_assert_nonnull (strstr (one, "lamp"));
  g_assert_null (strstr (one, "k9x2mq7w"));

  vig_work = 0;
  other = vig_redactor_apply (redactor, text->str);
  g_assert_cmpstr (other, ==, one);
  g_assert_cmpuint (vig_work, <, first / 10);

  vig_redactor_add_value (redactor, "lamp of the hall");
  vig_work = 0;
  last = vig_redactor_apply (redactor, text->str);
  g_assert_null (strstr (last, "lamp"));
  g_assert_cmpuint (vig_work, >, first / 2);

  text->str[text->len - 2] = '!';
  vig_work = 0;
  g_free (last);
  last = vig_redactor_apply (redactor, text->str);
  g_assert_true (g_str_has_suffix (last, "more of i!\n"));
  g_assert_cmpuint (vig_work, >, first / 2);
}

/* The measure itself: what looks for an end from each beginning is found out. */
static unsigned long long
count_squared (gsize length)
{
  g_autofree char *text = g_strnfill (length, 'a');

  vig_work = 0;
  for (gsize i = 0; i < length; i++)
    vig_work += strcspn (text + i, "b");

  return vig_work;
}

static void
test_measure (void)
{
  g_assert_false (is_linear (count_squared (SHORT_ROWS), count_squared (TIMES * SHORT_ROWS)));
  g_assert_true (is_linear (SHORT, TIMES * SHORT));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redact-work/measure", test_measure);
  g_test_add_func ("/redact-work/again", test_again);
  g_test_add_func ("/redact-work/pieces", test_pieces);
  g_test_add_func ("/redact-work/kinds", test_kinds);

  return g_test_run ();
}
