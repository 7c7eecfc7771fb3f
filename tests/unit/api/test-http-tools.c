/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"
#include "vig-test-net.h"
#include "vig-test-serve.h"
#include "vig-test-tools.h"

#include <string.h>

/* Every kind of place that an argument can stand in, at once. */
static const char full[] =
  "{\"name\":\"full\",\"description\":\"All places\",\"level\":\"write\",\"method\":\"POST\",\"url\":\"http://127.0.0.1/a/{seg}/b-{part}?q={query}&l={list}&o={optional}\","
  "\"headers\":[{\"name\":\"X-One\",\"value\":\"is {header}\"},{\"name\":\"X-Two\",\"value\":\"{optional}\"}],\"body_type\":\"json\","
  "\"body\":\"{\\\"text\\\":\\\"{body}\\\",\\\"n\\\":\\\"{number}\\\",\\\"mixed\\\":\\\"a {body} b\\\",\\\"gone\\\":\\\"{optional}\\\",\\\"fixed\\\":[1,true,null]}\","
  "\"parameters\":[{\"name\":\"seg\",\"required\":true},{\"name\":\"part\",\"required\":true},{\"name\":\"query\"},{\"name\":\"list\",\"type\":\"array\"},"
  "{\"name\":\"header\"},{\"name\":\"body\"},{\"name\":\"number\",\"type\":\"integer\"},{\"name\":\"optional\"}]}";

static VigTool *
describe (const char *definition, GError **error)
{
  g_autoptr (JsonObject) object = vig_json_parse_object (definition, -1, 0, NULL);

  g_assert_nonnull (object);

  return vig_test_tools_describe (object, error);
}

static char *
call (const char *tool, JsonObject *arguments)
{
  g_autoptr (JsonObject) owned = arguments;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_test_tools_call (tool, NULL, arguments, &error);

  g_assert_true ((node != NULL) != (error != NULL));

  return node != NULL ? vig_json_to_string (node) : g_strdup_printf ("error: %s", error->message);
}

static JsonObject *
same_everywhere (const char *value)
{
  return vig_json_pack_object ("{s:s, s:s, s:s, s:[s,s], s:s, s:s, s:i}", "seg", value, "part", value, "query", value, "list", value, "x", "header", value, "body", value,
                               "number", 7);
}

/* A table of hostile values: each arrives as exactly that, where it was meant to stand. */
static void
test_injection (void)
{
  static const char *const values[] = {
    "plain", "a/b", "../../etc", "..", ".", "a?b=c", "a#b", "a&q=evil", "a=b", "100%", "%2e%2e%2f", "a b", "a+b", "ümläut", "\"},{\"x\":1", "\\\"", "{seg}", "{nope}", "}{",
    "'; DROP TABLE x; --", "$(id)", "`id`", "<script>", "a\tb", "//evil.example/", "@evil.example", ":80", "\xe2\x80\xae" "rtl", "-x", "--help", "http://evil.example/",
  };

  g_assert_nonnull (describe (full, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *answer = NULL;
      g_autofree char *escaped = g_uri_escape_string (values[i], NULL, FALSE);
      g_autofree char *path = g_strdup_printf ("/a/%s/b-%s", escaped, escaped);
      g_autofree char *query = g_strdup_printf ("q=%s&l=%s&l=x", escaped, escaped);
      g_autofree char *header = g_strconcat ("is ", values[i], NULL);
      g_autofree char *mixed = g_strdup_printf ("a %s b", values[i]);
      g_autoptr (JsonObject) body = NULL;

      vig_test_serve (200, "application/json", "{\"ok\":true}", -1);
      answer = call ("http.full", same_everywhere (values[i]));
      g_test_message ("%s: %s", values[i], answer);
      if (g_str_equal (values[i], ".") || g_str_equal (values[i], ".."))
        {
          g_assert_true (g_str_has_prefix (answer, "error: what stands for {seg}"));
          g_assert_cmpuint (vig_test_served_n (), ==, 0);
          continue;
        }
      g_assert_nonnull (strstr (answer, "\"body\":{\"ok\":true}"));
      g_assert_cmpstr (vig_test_served_method (), ==, "POST");
      g_assert_cmpstr (vig_test_served_path (), ==, path);
      g_assert_cmpstr (vig_test_served_query (), ==, query);
      g_assert_cmpstr (vig_test_served_header ("X-One"), ==, header);
      g_assert_null (vig_test_served_header ("X-Two"));
      g_assert_cmpstr (vig_test_served_header ("Content-Type"), ==, "application/json");
      body = vig_json_parse_object (vig_test_served_body (), -1, 0, NULL);
      g_assert_nonnull (body);
      g_assert_cmpuint (json_object_get_size (body), ==, 4);
      g_assert_cmpstr (vig_json_get_string (body, "text", NULL), ==, values[i]);
      g_assert_cmpstr (vig_json_get_string (body, "mixed", NULL), ==, mixed);
      g_assert_cmpint (vig_json_get_int (body, "n", 0), ==, 7);
    }
}

static void
test_header_injection (void)
{
  static const char *const values[] = { "a\r\nX-Evil: 1", "a\nb", "a\rb", "\x01", "a\x7f" };

  g_assert_nonnull (describe ("{\"name\":\"head\",\"description\":\"d\",\"url\":\"http://127.0.0.1/\",\"headers\":[{\"name\":\"X-One\",\"value\":\"{v}\"}],"
                              "\"parameters\":[{\"name\":\"v\"}]}", NULL));
  vig_test_serve (200, "text/plain", "", -1);
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *answer = call ("http.head", vig_json_pack_object ("{s:s}", "v", values[i]));

      g_assert_cmpstr (answer, ==, "error: v: a header has no line breaks and control characters");
    }
  g_assert_cmpuint (vig_test_served_n (), ==, 0);
}

static void
test_forms (void)
{
  g_autofree char *form = NULL;
  g_autofree char *text = NULL;

  g_assert_nonnull (describe ("{\"name\":\"form\",\"description\":\"d\",\"method\":\"POST\",\"url\":\"http://127.0.0.1/\",\"body_type\":\"form\",\"body\":\"a={a}&fixed=1&b={b}\","
                              "\"parameters\":[{\"name\":\"a\"},{\"name\":\"b\"}]}", NULL));
  g_assert_nonnull (describe ("{\"name\":\"text\",\"description\":\"d\",\"method\":\"PUT\",\"url\":\"http://127.0.0.1/\",\"body_type\":\"text\",\"body\":\"on {a} {}\","
                              "\"headers\":[{\"name\":\"Content-Type\",\"value\":\"text/markdown\"}],\"parameters\":[{\"name\":\"a\"}]}", NULL));
  vig_test_serve (200, "text/plain", "", -1);
  form = call ("http.form", vig_json_pack_object ("{s:s}", "a", "x&fixed=2"));
  g_assert_cmpstr (vig_test_served_body (), ==, "a=x%26fixed%3D2&fixed=1");
  g_assert_cmpstr (vig_test_served_header ("Content-Type"), ==, "application/x-www-form-urlencoded");
  text = call ("http.text", vig_json_pack_object ("{s:s}", "a", "off"));
  g_assert_cmpstr (vig_test_served_body (), ==, "on off {}");
  g_assert_cmpstr (vig_test_served_header ("Content-Type"), ==, "text/markdown");
}

static const struct { const char *auth; const char *header; const char *value; const char *query; } ways[] = {
  { "\"auth\":\"bearer\"", "Authorization", "Bearer s3cr&t=1", NULL },
  { "\"auth\":\"basic\",\"auth_user\":\"admin\"", "Authorization", "Basic YWRtaW46czNjciZ0PTE=", NULL },
  { "\"auth\":\"header\",\"auth_name\":\"X-Api-Key\"", "X-Api-Key", "s3cr&t=1", NULL },
  { "\"auth\":\"query\",\"auth_name\":\"api_key\"", NULL, NULL, "x=1&api_key=s3cr%26t%3D1" },
};

/* It is sent, and comes back nowhere: not in the answer of a server that echoes it, not in the preview, not in errors. */
static void
test_secrets (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *definition = g_strdup_printf ("{\"name\":\"auth\",\"description\":\"d\",\"url\":\"http://127.0.0.1/?x=1\",%s}", ways[i].auth);
      g_autoptr (JsonObject) none = json_object_new ();
      g_autofree char *answer = NULL;
      g_autofree char *preview = NULL;
      g_autofree char *refused = NULL;
      g_autofree char *without = NULL;

      g_assert_nonnull (describe (definition, NULL));
      vig_test_tools_set_secret ("s3cr&t=1");
      vig_test_serve (200, "text/plain", "you sent s3cr&t=1, YWRtaW46czNjciZ0PTE= and s3cr%26t%3D1", -1);
      answer = call ("http.auth", json_object_new ());
      g_test_message ("%s", answer);
      if (ways[i].header != NULL)
        g_assert_cmpstr (vig_test_served_header (ways[i].header), ==, ways[i].value);
      else
        g_assert_cmpstr (vig_test_served_query (), ==, ways[i].query);
      g_assert_null (strstr (answer, "s3cr"));
      if (i == 1)
        g_assert_null (strstr (answer, "YWRtaW46"));
      preview = vig_test_tools_preview ("http.auth", none);
      g_assert_null (strstr (preview, "s3cr"));
      g_assert_nonnull (strstr (preview, "GET http://127.0.0.1/?x=1\n(signs in with its credential: "));
      vig_test_tools_set_secret ("bad\r\nX: 1");
      refused = call ("http.auth", json_object_new ());
      g_assert_nonnull (strstr (refused, "has line breaks in it"));
      g_assert_null (strstr (refused, "bad"));
      vig_test_tools_set_secret (NULL);
      without = call ("http.auth", json_object_new ());
      g_assert_nonnull (strstr (without, "there is no credential"));
    }
}

static void
test_answers (void)
{
  g_autoptr (GString) large = g_string_new ("[0");
  g_autofree char *error = NULL;
  g_autofree char *redirect = NULL;
  g_autofree char *binary = NULL;
  g_autofree char *cut = NULL;
  g_autofree char *broken = NULL;

  g_assert_nonnull (describe ("{\"name\":\"get\",\"description\":\"d\",\"url\":\"http://127.0.0.1/\"}", NULL));
  vig_test_serve (404, "application/problem+json", "{\"title\":\"gone\"}", -1);
  error = call ("http.get", json_object_new ());
  g_assert_nonnull (strstr (error, "\"status\":404"));
  g_assert_nonnull (strstr (error, "\"body\":{\"title\":\"gone\"},\"is_error\":true"));
  vig_test_serve (302, "text/plain", "", -1);
  redirect = call ("http.get", json_object_new ());
  g_assert_nonnull (strstr (redirect, "\"status\":302"));
  g_assert_nonnull (strstr (redirect, "\"Location\":\"http://elsewhere.example/\""));
  vig_test_serve (200, "image/png", "\x89PNG\0\1", 6);
  binary = call ("http.get", json_object_new ());
  g_assert_nonnull (strstr (binary, "the answer is no text: 6 bytes"));
  for (guint i = 1; i < 20000; i++)
    g_string_append_printf (large, ",%u", i);
  vig_test_serve (200, "application/json", large->str, (gssize) large->len);
  cut = call ("http.get", json_object_new ());
  g_assert_cmpuint (strlen (cut), <, 10000);
  g_assert_nonnull (strstr (cut, "bytes long and was cut"));
  vig_test_serve (200, "application/json", "{not json", -1);
  broken = call ("http.get", json_object_new ());
  g_assert_nonnull (strstr (broken, "\"body\":\"{not json\""));
}

static void
test_resource (void)
{
  g_autoptr (JsonObject) arguments = same_everywhere ("x y");
  g_autofree char *resource = NULL;

  g_assert_nonnull (describe (full, NULL));
  g_assert_cmpint (vig_test_tools_classify ("http.full", NULL, arguments, &resource), ==, VIG_LEVEL_WRITE);
  g_assert_cmpstr (resource, ==, "http:POST 127.0.0.1/a/x%20y/b-x%20y");
}

/* What is wrong is named with its member. */
static void
test_definitions (void)
{
  static const struct { const char *members; const char *words; } rows[] = {
    { "\"url\":\"ftp://x/\"", "/url: must begin with" },
    { "\"url\":\"http://{host}/\",\"parameters\":[{\"name\":\"host\",\"required\":true}]", "/url: the host is fixed" },
    { "\"url\":\"http://x:{p}/\",\"parameters\":[{\"name\":\"p\",\"required\":true}]", "/url: the host is fixed" },
    { "\"url\":\"http://a@b/\"", "/url: the host is fixed" },
    { "\"url\":\"http:///x\"", "/url: must begin with" },
    { "\"url\":\"http://x:0/\"", "/url: must begin with" },
    { "\"url\":\"http://x/a b\"", "/url: no blanks" },
    { "\"url\":\"http://x/#a\"", "/url: no blanks" },
    { "\"url\":\"http://x/{id}\"", "/url: {id} is none of the parameters" },
    { "\"url\":\"http://x/{id}\",\"parameters\":[{\"name\":\"id\"}]", "/parameters: id stands in the path" },
    { "\"url\":\"http://x/\",\"parameters\":[{\"name\":\"id\"}]", "/parameters: {id} stands nowhere" },
    { "\"url\":\"http://x/?a={a}\",\"parameters\":[{\"name\":\"a\"},{\"name\":\"a\"}]", "/parameters/1/name: there is another a" },
    { "\"url\":\"http://x/\",\"parameters\":[{\"name\":\"a-b\"}]", "/parameters/0/name" },
    { "\"url\":\"http://x/?a={a}\",\"parameters\":[{\"name\":\"a\",\"type\":\"date\"}]", "/parameters/0/type" },
    { "\"url\":\"http://x/?a={a}\",\"parameters\":[{\"name\":\"a\",\"schema\":{\"type\":\"nonsense\"}}]", "/parameters: " },
    { "\"url\":\"http://x/\",\"headers\":[{\"name\":\"Host\",\"value\":\"y\"}]", "/headers/0/name: host cannot be set" },
    { "\"url\":\"http://x/\",\"headers\":[{\"name\":\"Content-Length\",\"value\":\"1\"}]", "cannot be set" },
    { "\"url\":\"http://x/\",\"headers\":[{\"name\":\"Transfer-Encoding\",\"value\":\"chunked\"}]", "cannot be set" },
    { "\"url\":\"http://x/\",\"headers\":[{\"name\":\"Authorization\",\"value\":\"Bearer x\"}]", "so that the secret is sealed" },
    { "\"url\":\"http://x/\",\"headers\":[{\"name\":\"X-Api-Key\",\"value\":\"0123456789abcdef\"}]", "so that the secret is sealed" },
    { "\"url\":\"http://x/\",\"headers\":[{\"name\":\"COOKIE\",\"value\":\"session=1\"}]", "so that the secret is sealed" },
    { "\"url\":\"http://x/\",\"headers\":[{\"name\":\"a b\",\"value\":\"\"}]", "is no name of a header" },
    { "\"url\":\"http://x/\",\"headers\":[{\"name\":\"a\",\"value\":\"b\\r\\nc: d\"}]", "/headers/0/value: no line breaks" },
    { "\"url\":\"http://x/\",\"body_type\":\"json\",\"body\":\"{}\"", "/body_type: GET carries no body" },
    { "\"url\":\"http://x/\",\"method\":\"POST\",\"body_type\":\"json\",\"body\":\"{x}\"", "/body: must be JSON" },
    { "\"url\":\"http://x/\",\"method\":\"POST\",\"body_type\":\"text\",\"body\":\"{x}\"", "/body: {x} is none" },
    { "\"url\":\"http://x/\",\"auth\":\"header\"", "/auth_name" },
    { "\"url\":\"http://x/\",\"auth\":\"header\",\"auth_name\":\"Host\"", "/auth_name" },
    { "\"url\":\"http://x/\",\"auth\":\"query\"", "/auth_name" },
    { "\"url\":\"http://x/\",\"auth\":\"basic\",\"auth_user\":\"a:b\"", "/auth_user" },
    { "\"url\":\"http://x/\",\"ca\":\"nonsense\"", "/ca" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *definition = g_strdup_printf ("{\"name\":\"x\",\"description\":\"d\",\"level\":\"read\",%s}", rows[i].members);
      g_autoptr (GError) error = NULL;

      g_assert_null (describe (definition, &error));
      g_test_message ("%s", error->message);
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, rows[i].words));
    }
}

/* What a call fills in leaves the house where the host may be out in the world. */
static void
test_outward (void)
{
  static const struct
  {
    const char *url;
    gboolean    outward;
  } rows[] = {
    { "https://api.example.com/x?q={q}", TRUE },    { "http://198.51.100.7/x?q={q}", FALSE }, { "http://9.9.9.9/x?q={q}", TRUE },
    { "https://[2620:fe::fe]/x?q={q}", TRUE },      { "http://192.168.1.2:8080/x?q={q}", FALSE }, { "http://[fd00::1]/x?q={q}", FALSE },
    { "http://nas/x?q={q}", FALSE },                { "http://NAS.Home.Arpa/x?q={q}", FALSE }, { "http://nas.lan/x?q={q}", FALSE },
    { "http://lan.example.com/x?q={q}", TRUE },     { "http://127.0.0.1/x?q={q}", FALSE }, { "http://nas.lan.:80/x?q={q}", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *definition = g_strdup_printf ("{\"name\":\"out\",\"description\":\"d\",\"level\":\"read\",\"url\":\"%s\","
                                                     "\"parameters\":[{\"name\":\"q\"}]}", rows[i].url);
      g_autoptr (GError) error = NULL;
      VigTool *tool = describe (definition, &error);

      g_test_message ("%s", rows[i].url);
      g_assert_no_error (error);
      g_assert_cmpint ((vig_tool_get_info (tool)->flags & VIG_TOOL_OUTWARD) != 0, ==, rows[i].outward);
    }
  /* Nothing is filled in. */
  g_assert_cmpint (vig_tool_get_info (describe ("{\"name\":\"out\",\"description\":\"d\",\"level\":\"read\",\"url\":\"https://api.example.com/x\"}", NULL))->flags
                     & VIG_TOOL_OUTWARD, ==, 0);
}

int
main (int argc, char **argv)
{
  static const char *const addresses[] = { "127.0.0.1", NULL };
  gboolean own_net = vig_test_net_enter (addresses);
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!own_net)
    {
      g_print ("1..0 # SKIP no network namespace can be made here\n");
      return 0;
    }

  vig_test_serve_begin ();
  vig_test_tools_load ("http");
  g_test_add_func ("/http-tools/injection", test_injection);
  g_test_add_func ("/http-tools/header-injection", test_header_injection);
  g_test_add_func ("/http-tools/forms", test_forms);
  g_test_add_func ("/http-tools/secrets", test_secrets);
  g_test_add_func ("/http-tools/answers", test_answers);
  g_test_add_func ("/http-tools/resource", test_resource);
  g_test_add_func ("/http-tools/outward", test_outward);
  g_test_add_func ("/http-tools/definitions", test_definitions);
  status = g_test_run ();
  vig_test_serve_end ();

  return status;
}
