/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact.h"

#include "vig-test.h"

#include <string.h>

typedef gboolean (*RowFunc) (VigRedactor *redactor, JsonObject *row);

static guint
count_good (const char *name, RowFunc func, guint *n_rows)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (GPtrArray) rows = vig_test_load_secrets (name);
  guint good = 0;

  *n_rows = rows->len;
  for (guint i = 0; i < rows->len; i++)
    good += func (redactor, rows->pdata[i]) ? 1 : 0;

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
  g_assert_cmpuint (n, >=, 933);
  /* One ends in "KEY-----", as the line before it does, which stays. */
  g_assert_cmpuint (good + 1, >=, n);
}

static gboolean
is_unchanged (VigRedactor *redactor, JsonObject *row)
{
  const char *text = vig_json_get_string (row, "text", "");
  g_autofree char *clean = vig_redactor_apply (redactor, text);

  g_assert_nonnull (vig_json_get_string (row, "source", NULL));
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
  g_assert_cmpuint (n, >=, 707);
  g_assert_cmpuint (good * 100, >, n * 98);
}

/* Each of them, where the look-alikes may be a few: what stood for a secret once. */
static void
test_ordinary (void)
{
  static const char *const lines[] = {
    "cp ${SHARED_DIR}/config/app.yml /srv",
    "ls ${SHARE}/data-volume/backups",
    "name = f\"{SHARD}-primary\"",
    "wget https://example.org/app-${SHA}-amd64.tar.gz",
    "wget https://example.org/{SHA256}-amd64.tar.gz",
    "curl {SHA}/config/app/settings/main.yml",
    "print(f\"{PLAIN}-primary-node\")",
    "image: registry.lan/app:${SHA256}0123456789abcdef0123456789abcdef",
    "bindpw should be set before the service starts",
    "the rootpw option is deprecated",
    "the bindpw option",
    "Use rootpw only in a kickstart file",
    "each Unseal Key holder comes along",
    "Unseal Key 1: entered",
    "a Recovery Key for everybody",
    "sudo -u user date +%s >/var/tmp/x",
    "sudo -u user cp ~/a.txt >/var/tmp/listing",
    "user date +%s >/var/tmp/x",
  };
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *clean = vig_redactor_apply (redactor, lines[i]);

      g_assert_cmpstr (clean, ==, lines[i]);
    }
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
  assert_redacted (redactor, "ed25519 a_AbCd RkFLRWV4YW1wbGUwTm90UmVhbDFEdW1teUtFWTJmb3JUHOME=/tmp/a-b", "ed25519 a_AbCd [redacted]");
  /* A line break that is written out ends a header, too. */
  assert_redacted (redactor, "{\"out\":\"Authorization: ApiKey abcdef0123456789\\n\\nof [elastic]\"}", "{\"out\":\"Authorization: ApiKey [redacted]\\n\\nof [elastic]\"}");
  assert_redacted (redactor, "{\"out\":\"{\\\"x\\\":\\\"Cookie: id=abcdef0123456789\\\\r\\\\nHost: x\\\"}\"}",
                   "{\"out\":\"{\\\"x\\\":\\\"Cookie: [redacted]\\\\r\\\\nHost: x\\\"}\"}");
  assert_redacted (redactor, "git clone https://bob:hunter2x@git.example/x.git now", "git clone https://bob:[redacted]@git.example/x.git now");
  assert_redacted (redactor, "{\"user\":\"bob\",\"password\":\"hun\\\"ter2\",\"n\":1}", "{\"user\":\"bob\",\"password\":\"[redacted]\",\"n\":1}");
  assert_redacted (redactor, "{SHA256}https://bob:hunter2x@git.example/x", "{SHA256}https://bob:[redacted]@git.example/x");
  assert_redacted (redactor, "{SHA}-----BEGIN PRIVATE KEY-----\nMIIabc0\n-----END PRIVATE KEY-----", "{SHA}-----BEGIN PRIVATE KEY-----[redacted]-----END PRIVATE KEY-----");
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

static void
assert_view (VigRedactor *redactor, const char *name, const char *json, const char *expected)
{
  g_autoptr (JsonNode) node = vig_json_parse (json, -1, 0, NULL);
  g_autoptr (JsonNode) view = vig_redactor_view_json (redactor, name, node);
  g_autofree char *text = vig_json_to_string (view);
  g_autofree char *after = vig_json_to_string (node);

  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpstr (after, ==, json);
}

/* Nothing is copied but where something is taken out, wherever that is. */
static void
test_view (void)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (JsonNode) node = vig_json_parse ("{\"user\":\"bob\",\"list\":[{\"n\":1}]}", -1, 0, NULL);
  g_autoptr (JsonNode) view = vig_redactor_view_json (redactor, NULL, node);

  g_assert_true (json_node_get_object (view) == json_node_get_object (node));

  vig_redactor_add_value (redactor, "giraffe");
  assert_view (redactor, NULL, "[{\"a\":[\"x\",\"giraffe\"]}]", "[{\"a\":[\"x\",\"[redacted]\"]}]");
  assert_view (redactor, NULL, "{\"giraffe\":1,\"a\":\"ok\"}", "{\"[redacted]\":1,\"a\":\"ok\"}");
  assert_view (redactor, NULL, "{\"deep\":{\"password\":\"x\"}}", "{\"deep\":{\"password\":\"[redacted]\"}}");
  assert_view (redactor, NULL, "{\"data\":{\"a\":\"b\"},\"kind\":\"Secret\"}", "{\"data\":{\"a\":\"[redacted]\"},\"kind\":\"Secret\"}");
  assert_view (redactor, "password", "\"x\"", "\"[redacted]\"");
  assert_view (redactor, "password", "[\"x\",7]", "[\"[redacted]\",7]");
  assert_view (redactor, "user", "\"x\"", "\"x\"");
}

/* What stands under data belongs to a Secret by its kind, not by its name. */
static void
test_kubernetes (void)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();

  assert_redacted (redactor, "apiVersion: v1\ndata:\n  user: Ym9i\n  \"a.b\": \"aHVudGVyMg==\"\nkind: Secret\nmetadata:\n  name: x\n",
                   "apiVersion: v1\ndata:\n  user: [redacted]\n  \"a.b\": \"[redacted]\"\nkind: Secret\nmetadata:\n  name: x\n");
  assert_redacted (redactor, "kind: Secret\nstringData:\n  conf: |\n    one: 1\n    two\n  more: b\ntype: Opaque\n---\nkind: ConfigMap\ndata:\n  a: b\n",
                   "kind: Secret\nstringData:\n  conf: |\n    [redacted]\n    [redacted]\n  more: [redacted]\ntype: Opaque\n---\nkind: ConfigMap\ndata:\n  a: b\n");
  assert_redacted (redactor, "{\n \"apiVersion\": \"v1\",\n \"data\": {\n  \"a\": \"Ym9i\",\n  \"b\": \"eHl6\"\n },\n \"kind\": \"Secret\"\n}",
                   "{\n \"apiVersion\": \"v1\",\n \"data\": {\n  \"a\": \"[redacted]\",\n  \"b\": \"[redacted]\"\n },\n \"kind\": \"Secret\"\n}");
  assert_redacted (redactor, "{\"stdout\":\"apiVersion: v1\\ndata:\\n  a: Ym9i\\n  b: eHl6\\nkind: Secret\\n\"}",
                   "{\"stdout\":\"apiVersion: v1\\ndata:\\n  a: [redacted]\\n  b: [redacted]\\nkind: Secret\\n\"}");
  assert_redacted (redactor, "{\"o\":\"{\\\"data\\\":{\\\"a\\\":\\\"Ym9i\\\"},\\\"kind\\\":\\\"Secret\\\"}\"}",
                   "{\"o\":\"{\\\"data\\\":{\\\"a\\\":\\\"[redacted]\\\"},\\\"kind\\\":\\\"Secret\\\"}\"}");
  assert_redacted (redactor, "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: Ym9i\n", "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: Ym9i\n");
  assert_redacted (redactor, "kind: SecretList\ndata:\n  a: Ym9i\n", "kind: SecretList\ndata:\n  a: Ym9i\n");
  assert_redacted (redactor, "kind: Secret\nmetadata:\n  a: Ym9i\ndata: {}\n", "kind: Secret\nmetadata:\n  a: Ym9i\ndata: {}\n");
}

static void
test_pairs (void)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();

  assert_redacted (redactor, "curl -u bob:\"hunter2x\" x", "curl -u bob:\"[redacted]\" x");
  assert_redacted (redactor, "{\"o\":\"curl -u bob:\\\"hunter2x\\\" x\"}", "{\"o\":\"curl -u bob:\\\"[redacted]\\\" x\"}");
  assert_redacted (redactor, "curl -s -ubob:hunter2x x", "curl -s -ubob:[redacted] x");
  assert_redacted (redactor, "curl --user=bob:hunter2x x", "curl --user=bob:[redacted] x");
  assert_redacted (redactor, "curl -u bob:\"$PASS\" --user-agent \"me: 1b2c3d4e\" x", "curl -u bob:\"$PASS\" --user-agent \"me: 1b2c3d4e\" x");
  assert_redacted (redactor, "BUNDLE_GEMS__CONTRIBSYS__COM=5bc6789e:ae0ea12f", "BUNDLE_GEMS__CONTRIBSYS__COM=[redacted]");
  assert_redacted (redactor, "BUNDLE_BUILD__NOKOGIRI=--use-system-libraries2", "BUNDLE_BUILD__NOKOGIRI=--use-system-libraries2");
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
  g_test_add_func ("/redact/ordinary", test_ordinary);
  g_test_add_func ("/redact/text-around-stays", test_text_around_stays);
  g_test_add_func ("/redact/values", test_values);
  g_test_add_func ("/redact/overlaps", test_overlaps);
  g_test_add_func ("/redact/json", test_json);
  g_test_add_func ("/redact/view", test_view);
  g_test_add_func ("/redact/kubernetes", test_kubernetes);
  g_test_add_func ("/redact/pairs", test_pairs);
  g_test_add_func ("/redact/threads", test_threads);

  return g_test_run ();
}
