/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"

#include <string.h>

/* RFC 8259 lets names repeat; Vigilus refuses that, because readers disagree on which one counts. */
static gboolean
is_expected (const char *name, const char *expect, gboolean accepted)
{
  if (strstr (name, "object_duplicated_key") != NULL)
    return !accepted;

  return g_str_equal (expect, "either") || accepted == g_str_equal (expect, "accept");
}

/* One row repeats a unit to a length instead of standing there in full. */
static guchar *
make_text (JsonObject *row, gsize *length)
{
  const char *unit_text = vig_json_get_string (row, "unit_b64", NULL);
  g_autofree guchar *unit = NULL;
  guchar *text;
  gsize unit_length;
  gsize i;

  if (unit_text == NULL)
    return g_base64_decode (json_object_get_string_member (row, "b64"), length);

  unit = g_base64_decode (unit_text, &unit_length);
  *length = (gsize) json_object_get_int_member (row, "len");
  text = g_malloc (*length);
  for (i = 0; i < *length; i++)
    text[i] = unit[i % unit_length];

  return text;
}

static void
test_suite (void)
{
  g_autoptr (JsonNode) suite = vig_test_load_json ("json/parsing.json");
  JsonArray *rows = json_node_get_array (suite);
  guint i;

  g_assert_cmpuint (json_array_get_length (rows), ==, 191);
  for (i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *name = json_object_get_string_member (row, "name");
      gsize length;
      g_autofree guchar *text = make_text (row, &length);
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = vig_json_parse ((const char *) text, (gssize) length, 0, &error);

      g_test_message ("%s: %s", name, error != NULL ? error->message : "accepted");
      g_assert_true ((node == NULL) == (error != NULL));
      g_assert_true (is_expected (name, json_object_get_string_member (row, "expect"), node != NULL));
    }
}

static void
assert_refused (const char *text, VigError code, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_json_parse (text, -1, 100, &error);

  g_assert_null (node);
  g_assert_error (error, VIG_ERROR, (int) code);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_errors (void)
{
  assert_refused ("{\"a\": 1,\n \"b\": x}", VIG_ERROR_INVALID, "invalid JSON at line 2, column 7: a value is missing");
  assert_refused ("{\"a\": 1, \"\\u0061\": 2}", VIG_ERROR_INVALID, "invalid JSON at line 1, column 10: a member name is repeated");
  assert_refused ("[1e999]", VIG_ERROR_INVALID, "invalid JSON at line 1, column 2: number out of range");
  assert_refused ("[\"\xff\"]", VIG_ERROR_INVALID, "invalid JSON at line 1, column 3: not valid UTF-8");
  assert_refused ("[1] 2", VIG_ERROR_INVALID, "invalid JSON at line 1, column 5: more text after the value");
  assert_refused ("", VIG_ERROR_INVALID, "invalid JSON at line 1, column 1: the text ends where a value should be");
}

static void
test_depth_and_size (void)
{
  g_autofree char *brackets = g_strnfill (100000, '[');
  g_autofree char *braces = g_strdup ("{\"a\":{\"a\":{\"a\":[[[{\"a\":");
  g_autoptr (GString) fits = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;
  guint i;

  g_assert_null (vig_json_parse (brackets, -1, 0, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
  g_clear_error (&error);

  g_assert_null (vig_json_parse (braces, -1, 0, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
  g_clear_error (&error);

  for (i = 0; i < VIG_JSON_MAX_DEPTH; i++)
    g_string_append_c (fits, '[');
  for (i = 0; i < VIG_JSON_MAX_DEPTH; i++)
    g_string_append_c (fits, ']');
  node = vig_json_parse (fits->str, -1, 0, &error);
  g_assert_no_error (error);
  g_assert_nonnull (node);

  g_assert_null (vig_json_parse (fits->str, -1, 10, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE);
  g_clear_error (&error);

  g_assert_null (vig_json_parse_object ("[]", -1, 0, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
}

static void
assert_canonical (const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_json_parse (text, -1, 0, &error);
  g_autofree char *canonical = NULL;

  g_assert_no_error (error);
  canonical = vig_json_to_canonical (node);
  g_assert_cmpstr (canonical, ==, expected);
}

/* Numbers from appendix B of RFC 8785, names from its section 3.2.3. */
static void
test_canonical (void)
{
  assert_canonical ("[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]",
                    "[333333333.3333333,1e+30,4.5,0.002,1e-27]");
  assert_canonical ("[5e-324, -5e-324, 1.7976931348623157e308, 9007199254740992.0, 295147905179352830000]",
                    "[5e-324,-5e-324,1.7976931348623157e+308,9007199254740992,295147905179352830000]");
  assert_canonical ("[999999999999999900000, 1e21, 9.999999999999997e22, 1e23, 9.999999999999997e-7, 0.000001]",
                    "[999999999999999900000,1e+21,9.999999999999997e+22,1e+23,9.999999999999997e-7,0.000001]");
  assert_canonical ("[-0, 0.0, 1.0, 100, 333333333.3333332, -0.0000033333333333333333, 1424953923781206.2]",
                    "[0,0,1,100,333333333.3333332,-0.0000033333333333333333,1424953923781206.2]");
  assert_canonical ("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}",
                    "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
  assert_canonical ("\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"",
                    "\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
  assert_canonical ("[56, {\"d\": true, \"10\": null, \"1\": []}]", "[56,{\"1\":[],\"10\":null,\"d\":true}]");
}

static void
test_hash (void)
{
  g_autoptr (JsonObject) a = vig_json_parse_object ("{\"b\": 1, \"a\": [true, 2.0]}", -1, 0, NULL);
  g_autoptr (JsonObject) b = vig_json_parse_object ("{\"a\":[true,2],\"b\":1}", -1, 0, NULL);
  g_autoptr (JsonObject) c = vig_json_parse_object ("{\"n\":9007199254740993}", -1, 0, NULL);
  g_autoptr (JsonObject) d = vig_json_parse_object ("{\"n\":9007199254740992}", -1, 0, NULL);
  g_autofree char *hash_a = vig_json_object_sha256 (a);
  g_autofree char *hash_b = vig_json_object_sha256 (b);
  g_autofree char *hash_c = vig_json_object_sha256 (c);
  g_autofree char *hash_d = vig_json_object_sha256 (d);
  g_autofree char *expected = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "{\"a\":[true,2],\"b\":1}", -1);

  g_assert_cmpstr (hash_a, ==, expected);
  g_assert_cmpstr (hash_b, ==, expected);
  g_assert_cmpstr (hash_c, !=, hash_d);
}

static void
test_strings (void)
{
  g_autoptr (JsonObject) object = vig_json_parse_object ("{\"cut\":\"a\\ud800\\n\",\"nul\":\"a\\u0000b\",\"pair\":\"\\ud834\\udd1e\"}", -1, 0, NULL);
  g_autoptr (JsonNode) broken = vig_json_pack ("[s]", "a\xff");
  g_autofree char *text = vig_json_to_string (broken);

  g_assert_cmpstr (vig_json_get_string (object, "cut", NULL), ==, "a\xef\xbf\xbd\n");
  g_assert_cmpstr (vig_json_get_string (object, "nul", NULL), ==, "a\xef\xbf\xbd" "b");
  g_assert_cmpstr (vig_json_get_string (object, "pair", NULL), ==, "\xf0\x9d\x84\x9e");
  g_assert_cmpstr (text, ==, "[\"a\xef\xbf\xbd\"]");
}

static void
test_getters (void)
{
  g_autoptr (JsonObject) object = vig_json_parse_object ("{\"s\":\"x\",\"i\":7,\"whole\":5.0,\"d\":1.5,\"b\":true,\"n\":null,\"o\":{},\"a\":[1]}", -1, 0, NULL);

  g_assert_cmpstr (vig_json_get_string (object, "s", NULL), ==, "x");
  g_assert_cmpstr (vig_json_get_string (object, "i", "none"), ==, "none");
  g_assert_cmpstr (vig_json_get_string (object, "n", "none"), ==, "none");
  g_assert_cmpint (vig_json_get_int (object, "i", 0), ==, 7);
  g_assert_cmpint (vig_json_get_int (object, "whole", 0), ==, 5);
  g_assert_cmpint (vig_json_get_int (object, "d", -1), ==, -1);
  g_assert_cmpfloat (vig_json_get_double (object, "i", 0), ==, 7.0);
  g_assert_cmpfloat (vig_json_get_double (object, "s", 2.5), ==, 2.5);
  g_assert_true (vig_json_get_boolean (object, "b", FALSE));
  g_assert_true (vig_json_get_boolean (object, "missing", TRUE));
  g_assert_nonnull (vig_json_get_object (object, "o"));
  g_assert_null (vig_json_get_object (object, "a"));
  g_assert_cmpuint (json_array_get_length (vig_json_get_array (object, "a")), ==, 1);
  g_assert_null (vig_json_get_array (object, "missing"));
}

static void
test_pack (void)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), "kept");
  g_autoptr (JsonObject) object = vig_json_pack_object ("{s:i}", "x", 1);
  JsonArray *array = json_array_new ();
  g_autoptr (JsonNode) packed = NULL;
  g_autofree char *text = NULL;

  json_array_add_int_element (array, 9);
  packed = vig_json_pack ("{s:s, s:s, s:s?, s:[i,I,f,b,n], s:o?, s:O, s:J, s:A, s:{s:[]}, s:o}",
                          "a", "text", "b", NULL, "c", NULL,
                          "d", -1, G_GINT64_CONSTANT (9007199254740993), 0.5, TRUE,
                          "e", NULL, "f", node, "g", object, "h", array, "i", "j",
                          "k", json_node_init_boolean (json_node_alloc (), FALSE));
  text = vig_json_to_string (packed);
  g_assert_cmpstr (text, ==, "{\"a\":\"text\",\"b\":null,\"d\":[-1,9007199254740993,0.5,true,null],\"f\":\"kept\","
                             "\"g\":{\"x\":1},\"h\":[9],\"i\":{\"j\":[]},\"k\":false}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json/suite", test_suite);
  g_test_add_func ("/json/errors", test_errors);
  g_test_add_func ("/json/depth-and-size", test_depth_and_size);
  g_test_add_func ("/json/canonical", test_canonical);
  g_test_add_func ("/json/hash", test_hash);
  g_test_add_func ("/json/strings", test_strings);
  g_test_add_func ("/json/getters", test_getters);
  g_test_add_func ("/json/pack", test_pack);

  return g_test_run ();
}
