/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"
#include "vig-test-net.h"
#include "vig-test-resolver.h"
#include "vig-test-serve.h"
#include "vig-test-tools.h"

#include <string.h>
#include <time.h>

#define PUBLIC "93.184.216.34"
#define HOME   "192.168.7.7"

/* The answer as text, or "error: ...". */
static char *
call (const char *tool, JsonObject *arguments)
{
  g_autoptr (JsonObject) owned = arguments;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_test_tools_call (tool, NULL, arguments, &error);

  g_assert_true ((node != NULL) != (error != NULL));

  return node != NULL ? vig_json_to_string (node) : g_strdup_printf ("error: %s", error->message);
}

static char *
fetch (const char *url)
{
  vig_test_resolver_set (vig_json_pack_object ("{s:[s], s:[s]}", "example.com", PUBLIC, "nas.home", HOME), NULL);

  return call ("web.fetch", vig_json_pack_object ("{s:s}", "url", url));
}

static char *
get_text (const char *answer)
{
  g_autoptr (JsonObject) object = vig_json_parse_object (answer, -1, 0, NULL);

  g_test_message ("%s", answer);
  g_assert_nonnull (object);

  return g_strdup (vig_json_get_string (object, "text", NULL));
}

static const struct { const char *html; const char *text; } pages[] = {
  { "<title> A\n page </title><h1>Top</h1><p>One  two<br>three", "# Top\n\nOne two\nthree" },
  { "<p>See <a href='/docs?a=1&amp;b=2'>the <b>docs</b></a>, or <a href='javascript:x()'>this</a>.", "See [the docs](http://example.com/docs?a=1&b=2), or this." },
  { "<ul><li>a<li>b<ul><li>c</ul></ul><p>end", "- a\n- b\n  - c\n\nend" },
  { "<table><tr><th>Name<th>Size<tr><td>a<td>1</table>", "Name | Size\na | 1" },
  { "<pre>  keep\n   this</pre>after", "  keep\n   this\n\nafter" },
  { "a<script>alert('x')</script><style>p{}</style><!-- now run rm --><template>t</template><noscript>n</noscript>b", "ab" },
  { "seen<div style='display: none'>hidden</div><span hidden>hidden</span><p aria-hidden=true>hidden<p style='font-size:0px'>hidden<p>end", "seen\n\nend" },
  { "<img src=x alt='a cat'><img src=y>", "[image: a cat]" },
  { "caf&eacute; &lt;b&gt; &amp;amp; &#x1F600;", "café <b> &amp; 😀" },
  { "<h2></h2><p></p>", "##" },
  { "<a href=x><a href=y>in</a></a><b><p>un<i>closed", "[in](http://example.com/y)\n\nunclosed" },
  { "", "" },
};

static void
test_pages (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      g_autofree char *answer = NULL;
      g_autofree char *text = NULL;

      vig_test_serve (200, "text/html; charset=utf-8", pages[i].html, -1);
      answer = fetch ("http://example.com/");
      text = get_text (answer);
      g_assert_nonnull (text);
      g_assert_cmpstr (text, ==, pages[i].text);
    }
}

/* Deep, long and broken pages end, and take little of the processor: what else the machine does does not count. */
static void
test_hostile_pages (void)
{
  static const struct { const char *piece; guint n; } rows[] = {
    { "<div>", 200000 }, { "<b><i>", 100000 }, { "<table><tr><td>", 50000 }, { "<a href='", 50000 }, { "<ul><li>", 100000 }, { "&", 500000 }, { "<!--", 200000 },
    { "<p>x", 200000 },
  };
  clock_t began = clock ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GString) page = g_string_new ("<html><body>begin ");
      g_autofree char *answer = NULL;

      for (guint j = 0; j < rows[i].n; j++)
        g_string_append (page, rows[i].piece);
      vig_test_serve (200, "text/html", page->str, (gssize) page->len);
      answer = fetch ("http://example.com/");
      g_assert_true (g_str_has_prefix (answer, "{"));
    }
  g_test_message ("%.1f s", (double) (clock () - began) / CLOCKS_PER_SEC);
  g_assert_cmpint (clock () - began, <, 60 * CLOCKS_PER_SEC);
}

static void
test_encodings (void)
{
  static const struct { const char *type; const char *bytes; const char *text; } rows[] = {
    { "text/plain; charset=ISO-8859-1", "caf\xe9", "café" },
    { "text/plain", "caf\xe9", "café" },
    { "text/html", "<meta charset=iso-8859-1><p>caf\xe9", "café" },
    { "text/plain; charset=nonsense", "plain", "plain" },
    { "application/json", "{\"a\":1}", "{\"a\":1}" },
    { "text/plain; charset=utf-8", "\xff" "a", "\xef\xbf\xbd" "a" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *answer = NULL;
      g_autofree char *text = NULL;

      vig_test_serve (200, rows[i].type, rows[i].bytes, -1);
      answer = fetch ("http://example.com/");
      text = get_text (answer);
      g_assert_cmpstr (text, ==, rows[i].text);
    }
}

static void
test_parts (void)
{
  g_autoptr (GString) page = g_string_new (NULL);
  g_autoptr (GString) whole = g_string_new (NULL);
  gint64 offset = 0;

  for (guint i = 0; i < 5000; i++)
    g_string_append_printf (page, "lïne %u\n", i);
  vig_test_serve (200, "text/plain", page->str, (gssize) page->len);
  vig_test_resolver_set (vig_json_pack_object ("{s:[s]}", "example.com", PUBLIC), NULL);
  do
    {
      g_autofree char *answer = call ("web.fetch", vig_json_pack_object ("{s:s, s:I}", "url", "http://example.com/", "offset", offset));
      g_autoptr (JsonObject) object = vig_json_parse_object (answer, -1, 0, NULL);

      g_assert_cmpuint (strlen (answer), <=, 10000);
      g_string_append (whole, vig_json_get_string (object, "text", ""));
      offset = vig_json_get_int (object, "next_offset", -1);
    }
  while (offset >= 0);
  g_assert_cmpstr (whole->str, ==, page->str);
}

/* A table of hostile arguments: none leads anywhere. */
static void
test_hostile_urls (void)
{
  static const char *const urls[] = {
    "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0/", "http://169.254.169.254/latest/", "http://" HOME "/", "http://nas.home/",
    "http://example.com@127.0.0.1/", "http://127.0.0.1#@example.com/", "http://example.com\r\nHost: x/", "http://example.com/ HTTP/1.1\r\nX: y", "file:///etc/passwd",
    "ftp://example.com/", "javascript:alert(1)", "data:text/html,x", "//example.com/", "example.com", "", " ", "http://", "http:///x", "http://[", "http://a b/",
    "http://example.com:0/", "http://example.com:99999/", "unix:/run/docker.sock", "http://exa%6dple.com/", "$(id)", "`id`", "; id", "-o/tmp/x", "--help",
    "http://%00/", "http://\xff/",
  };

  vig_test_serve (200, "text/plain", "reached", -1);
  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autofree char *answer = fetch (urls[i]);

      g_test_message ("%u: %s", i, answer);
      g_assert_true (g_str_has_prefix (answer, "error: "));
    }
  g_assert_cmpuint (vig_test_served_n (), ==, 0);
}

static void
test_networks (void)
{
  g_autofree char *refused = NULL;
  g_autofree char *answer = NULL;

  vig_test_serve (200, "text/plain", "at home", -1);
  refused = fetch ("http://nas.home/");
  g_assert_nonnull (strstr (refused, "in a private network"));
  vig_test_tools_set_settings (vig_json_pack_object ("{s:[s]}", "web_networks", "192.168.7.0/24"));
  answer = fetch ("http://nas.home/");
  g_assert_nonnull (strstr (answer, "at home"));
  vig_test_tools_set_settings (NULL);
}

static void
test_statuses (void)
{
  static const struct { guint status; const char *words; } rows[] = { { 404, "answers 404" }, { 500, "answers 500" }, { 403, "answers 403" } };
  g_autofree char *image = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *answer = NULL;

      vig_test_serve (rows[i].status, "text/html", "<p>no", -1);
      answer = fetch ("http://example.com/");
      g_assert_nonnull (strstr (answer, rows[i].words));
    }
  vig_test_serve (200, "image/png", "\x89PNG", 4);
  image = fetch ("http://example.com/");
  g_assert_nonnull (strstr (image, "image/png, which is no text"));
}

static void
test_resource (void)
{
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s}", "url", "https://Example.com:8443/a?b");
  g_autofree char *resource = NULL;

  g_assert_cmpint (vig_test_tools_classify ("web.fetch", NULL, arguments, &resource), ==, VIG_LEVEL_READ);
  g_assert_cmpstr (resource, ==, "web:example.com");
}

/* Whatever is searched for is the query and nothing else. */
static void
test_search (void)
{
  static const char *const queries[] = {
    "zfs scrub", "a&format=html&q=b", "x#y", "100%", "line\nbreak", "\"quoted\"", "a=b;c", "ümläut", "../../admin", "$(id)", "\\", "+",
  };
  static const char answer[] = "{\"query\":\"x\",\"results\":[{\"title\":\"One\",\"url\":\"https://one.example/\",\"content\":\"first\\nline\"},7,"
                               "{\"title\":\"Two\",\"url\":\"https://two.example/\",\"content\":null,\"publishedDate\":\"2026-01-01\"}],"
                               "\"unresponsive_engines\":[[\"google\",\"timeout\"]]}";

  vig_test_tools_set_settings (vig_json_pack_object ("{s:s}", "web_search_url", "http://127.0.0.1/searx/"));
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autofree char *found = NULL;
      g_autoptr (GHashTable) form = NULL;

      vig_test_serve (200, "application/json", answer, -1);
      found = call ("web.search", vig_json_pack_object ("{s:s, s:s, s:i}", "query", queries[i], "time", "month", "page", 2));
      g_assert_nonnull (strstr (found, "https://two.example/"));
      g_assert_nonnull (strstr (found, "\"engines_without_answer\":[\"google\"]"));
      g_assert_cmpstr (vig_test_served_path (), ==, "/searx/search");
      form = g_uri_parse_params (vig_test_served_query (), -1, "&", G_URI_PARAMS_NONE, NULL);
      g_assert_cmpuint (g_hash_table_size (form), ==, 4);
      g_assert_cmpstr (g_hash_table_lookup (form, "q"), ==, queries[i]);
      g_assert_cmpstr (g_hash_table_lookup (form, "format"), ==, "json");
    }
}

static void
test_search_errors (void)
{
  static const struct { guint status; const char *type; const char *body; const char *words; } rows[] = {
    { 403, "text/html", "Forbidden", "settings.yml" },
    { 429, "text/html", "Too many", "429" },
    { 200, "text/html", "<html>", "is it SearXNG?" },
    { 200, "application/json", "{\"a\":1}", "has no results" },
    { 200, "application/json", "", "answers 200" },
    { 302, "text/html", "", "answers 302" },
  };
  g_autofree char *unset = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *answer = NULL;

      vig_test_serve (rows[i].status, rows[i].type, rows[i].body, -1);
      answer = call ("web.search", vig_json_pack_object ("{s:s}", "query", "x"));
      g_test_message ("%s", answer);
      g_assert_nonnull (strstr (answer, rows[i].words));
    }
  vig_test_tools_set_settings (NULL);
  unset = call ("web.search", vig_json_pack_object ("{s:s}", "query", "x"));
  g_assert_nonnull (strstr (unset, "Settings, Web"));
}

int
main (int argc, char **argv)
{
  static const char *const addresses[] = { "127.0.0.1", PUBLIC, HOME, NULL };
  gboolean own_net = vig_test_net_enter (addresses);
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!own_net)
    {
      g_print ("1..0 # SKIP no network namespace can be made here\n");
      return 0;
    }

  vig_test_serve_begin ();
  vig_test_resolver_install ();
  vig_test_tools_load ("web");
  g_test_add_func ("/web/pages", test_pages);
  g_test_add_func ("/web/hostile-pages", test_hostile_pages);
  g_test_add_func ("/web/encodings", test_encodings);
  g_test_add_func ("/web/parts", test_parts);
  g_test_add_func ("/web/hostile-urls", test_hostile_urls);
  g_test_add_func ("/web/networks", test_networks);
  g_test_add_func ("/web/statuses", test_statuses);
  g_test_add_func ("/web/resource", test_resource);
  g_test_add_func ("/web/search", test_search);
  g_test_add_func ("/web/search-errors", test_search_errors);
  status = g_test_run ();
  vig_test_serve_end ();

  return status;
}
