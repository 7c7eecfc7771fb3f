/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"

#include <string.h>

/* The rows of draft-07 do not say which draft they are of. */
static JsonNode *
get_schema (JsonObject *group)
{
  JsonNode *schema = json_object_get_member (group, "schema");

  if (g_str_equal (json_object_get_string_member (group, "draft"), "draft7") && JSON_NODE_HOLDS_OBJECT (schema)
      && !json_object_has_member (json_node_get_object (schema), "$schema"))
    json_object_set_string_member (json_node_get_object (schema), "$schema", "http://json-schema.org/draft-07/schema#");

  return schema;
}

static void
check_group (JsonObject *group, guint *n_wrong)
{
  const char *what = json_object_get_string_member (group, "description");
  JsonArray *tests = json_object_get_array_member (group, "tests");
  g_autoptr (GError) error = NULL;
  g_autoptr (VigSchema) schema = vig_schema_new (get_schema (group), NULL, &error);
  guint i;

  if (schema == NULL)
    {
      g_test_message ("%s: %s", what, error->message);
      (*n_wrong)++;
      return;
    }

  for (i = 0; i < json_array_get_length (tests); i++)
    {
      JsonObject *test = json_array_get_object_element (tests, i);
      g_autoptr (GError) refusal = NULL;
      gboolean valid = vig_schema_validate (schema, json_object_get_member (test, "data"), &refusal);

      g_assert_true (valid == (refusal == NULL));
      if (valid == json_object_get_boolean_member (test, "valid"))
        continue;
      g_test_message ("%s %s: %s / %s: %s", json_object_get_string_member (group, "draft"), json_object_get_string_member (group, "file"),
                      what, json_object_get_string_member (test, "description"), refusal != NULL ? refusal->message : "valid");
      (*n_wrong)++;
    }
}

/* json-glib misreads integers beyond 64 bits. */
static JsonNode *
load (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_DATA"), "json-schema", name, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  JsonNode *node;
  gsize length;

  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  node = vig_json_parse (text, (gssize) length, 0, &error);
  g_assert_no_error (error);

  return node;
}

static void
test_suite (void)
{
  g_autoptr (JsonNode) suite = load ("suite.json");
  JsonArray *groups = json_node_get_array (suite);
  guint n_groups = 0;
  guint n_wrong = 0;
  guint i;

  for (i = 0; i < json_array_get_length (groups); i++)
    {
      JsonObject *group = json_array_get_object_element (groups, i);

      if (!json_object_get_boolean_member (group, "tool_schemas"))
        continue;
      n_groups++;
      check_group (group, &n_wrong);
    }

  g_assert_cmpuint (n_groups, ==, 433);
  g_assert_cmpuint (n_wrong, ==, 0);
}

/* What the subset for tools does not cover: never a crash, and remote references are refused, not fetched. Some groups
 * that are listed as remote have all they need inside. */
static void
test_rest_of_suite (void)
{
  g_autoptr (JsonNode) suite = load ("suite.json");
  JsonArray *groups = json_node_get_array (suite);
  guint n_remote = 0;
  guint n_other = 0;
  guint n_wrong = 0;
  guint n_wrong_remote = 0;
  guint i;

  for (i = 0; i < json_array_get_length (groups); i++)
    {
      JsonObject *group = json_array_get_object_element (groups, i);
      g_autoptr (GError) error = NULL;
      g_autoptr (VigSchema) schema = NULL;

      if (json_object_get_boolean_member (group, "tool_schemas"))
        continue;
      if (!json_object_get_boolean_member (group, "needs_remotes"))
        {
          n_other++;
          check_group (group, &n_wrong);
          continue;
        }

      n_remote++;
      schema = vig_schema_new (get_schema (group), NULL, &error);
      g_test_message ("%s: %s", json_object_get_string_member (group, "description"), error != NULL ? error->message : "compiled");
      if (schema != NULL)
        check_group (group, &n_wrong_remote);
      else
        g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED);
    }

  g_test_message ("%u groups need remote documents; of %u others, %u verdicts differ", n_remote, n_other, n_wrong);
  g_assert_cmpuint (n_remote, >, 10);
  g_assert_cmpuint (n_wrong_remote, ==, 0);
}

static void
test_tool_arguments (void)
{
  g_autoptr (JsonNode) tools = load ("tools.json");
  g_autoptr (JsonNode) cases = load ("tool-arguments.json");
  JsonObject *schemas = json_node_get_object (tools);
  JsonArray *rows = json_node_get_array (cases);
  guint n_wrong = 0;
  guint i;

  for (i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *tool = json_object_get_string_member (row, "tool");
      g_autoptr (GError) error = NULL;
      g_autoptr (VigSchema) schema = vig_schema_new (json_object_get_member (schemas, tool), NULL, &error);
      gboolean valid;

      g_assert_no_error (error);
      valid = vig_schema_validate (schema, json_object_get_member (row, "arguments"), &error);
      if (valid == json_object_get_boolean_member (row, "valid"))
        continue;
      g_test_message ("%s: %s: %s", tool, json_object_get_string_member (row, "case"), error != NULL ? error->message : "valid");
      n_wrong++;
    }

  g_assert_cmpuint (json_array_get_length (rows), ==, 264);
  g_assert_cmpuint (n_wrong, ==, 0);
}

static void
assert_message (const char *schema_text, const char *value_text, const char *message)
{
  g_autoptr (JsonNode) document = vig_json_parse (schema_text, -1, 0, NULL);
  g_autoptr (JsonNode) value = vig_json_parse (value_text, -1, 0, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (VigSchema) schema = vig_schema_new (document, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (vig_schema_validate (schema, value, &error), ==, message == NULL);
  g_assert_cmpstr (error != NULL ? error->message : NULL, ==, message);
}

static void
test_messages (void)
{
  assert_message ("{\"properties\":{\"path\":{\"items\":{\"type\":\"string\"}}}}", "{\"path\":[1]}", "/path/0: must be of type string");
  assert_message ("{\"required\":[\"a\"]}", "{}", "value: member \"a\" is missing");
  assert_message ("{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"a\":1,\"b\":2}", "value: member \"b\" is not known here");
  assert_message ("{\"properties\":{\"a/b\":{\"enum\":[1,\"x\"]}}}", "{\"a/b\":2}", "/a~1b: must be one of [1,\"x\"]");
  assert_message ("{\"maximum\":5}", "6", "value: must be at most 5");
  assert_message ("{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "1", "value: matches none of the 2 allowed forms");
  assert_message ("{\"pattern\":\"^\\\\d+$\"}", "\"1\\n\"", "value: must match the pattern ^\\d+$");
  assert_message ("{\"pattern\":\"^\\\\d+$\"}", "\"12\"", NULL);
}

/* A schema that refers to itself without an end, one that branches without bound, and a pattern that backtracks. */
static void
test_bounds (void)
{
  g_autoptr (GString) many = g_string_new ("\"");
  guint i;

  assert_message ("{\"$ref\":\"#\"}", "1", "value: too complex for its schema");
  assert_message ("{\"not\":{\"$ref\":\"#\"}}", "1", "value: too complex for its schema");
  assert_message ("{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", "1", "value: too complex for its schema");
  for (i = 0; i < 5000; i++)
    g_string_append_c (many, 'a');
  g_string_append (many, "b\"");
  assert_message ("{\"pattern\":\"^(a+)+$\"}", many->str, "value: must match the pattern ^(a+)+$");
}

static void
assert_no_schema (const char *text, const char *pointer, VigError code)
{
  g_autoptr (JsonNode) document = vig_json_parse (text, -1, 0, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (vig_schema_new (document, pointer, &error));
  g_assert_error (error, VIG_ERROR, (int) code);
}

static void
test_refused (void)
{
  assert_no_schema ("[]", NULL, VIG_ERROR_INVALID);
  assert_no_schema ("{\"type\":\"strnig\"}", NULL, VIG_ERROR_INVALID);
  assert_no_schema ("{\"pattern\":\"(\"}", NULL, VIG_ERROR_INVALID);
  assert_no_schema ("{\"pattern\":\"(*UTF8)a\"}", NULL, VIG_ERROR_INVALID);
  assert_no_schema ("{\"minimum\":\"1\"}", NULL, VIG_ERROR_INVALID);
  assert_no_schema ("{\"multipleOf\":0}", NULL, VIG_ERROR_INVALID);
  assert_no_schema ("{\"$ref\":\"#/nowhere\"}", NULL, VIG_ERROR_INVALID);
  assert_no_schema ("{\"$ref\":\"http://127.0.0.1:1/x.json\"}", NULL, VIG_ERROR_NOT_SUPPORTED);
  assert_no_schema ("{\"$ref\":\"file:///etc/passwd\"}", NULL, VIG_ERROR_NOT_SUPPORTED);
  assert_no_schema ("{\"$ref\":\"other.json\"}", NULL, VIG_ERROR_NOT_SUPPORTED);
  assert_no_schema ("{\"$ref\":\"//;\"}", NULL, VIG_ERROR_NOT_SUPPORTED);
  assert_no_schema ("{}", "/nowhere", VIG_ERROR_INVALID);
}

static void
test_pointer (void)
{
  g_autoptr (JsonNode) document = vig_json_parse ("{\"components\":{\"schemas\":{\"A\":{\"$ref\":\"#/components/schemas/B\"},\"B\":{\"type\":\"string\"}}}}", -1, 0, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (VigSchema) schema = vig_schema_new (document, "/components/schemas/A", &error);
  g_autoptr (JsonNode) text = vig_json_pack ("s", "x");
  g_autoptr (JsonNode) number = vig_json_pack ("i", 1);

  g_assert_no_error (error);
  g_assert_true (vig_schema_validate (schema, text, NULL));
  g_assert_false (vig_schema_validate (schema, number, NULL));
}

/* An id that resolves to a path which GLib refuses to write without a host. */
static void
test_odd_id (void)
{
  g_autoptr (JsonNode) document = vig_json_parse ("{\"$id\":\"http:/..///localhost:12on\",\"$defs\":{\"a\":{\"$id\":\"/..//b\",\"type\":\"string\"}},\"type\":\"string\"}",
                                                  -1, 0, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (VigSchema) schema = vig_schema_new (document, NULL, &error);
  g_autoptr (JsonNode) text = vig_json_pack ("s", "x");

  g_assert_no_error (error);
  g_assert_true (vig_schema_validate (schema, text, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/schema/suite", test_suite);
  g_test_add_func ("/schema/rest-of-suite", test_rest_of_suite);
  g_test_add_func ("/schema/tool-arguments", test_tool_arguments);
  g_test_add_func ("/schema/messages", test_messages);
  g_test_add_func ("/schema/bounds", test_bounds);
  g_test_add_func ("/schema/refused", test_refused);
  g_test_add_func ("/schema/pointer", test_pointer);
  g_test_add_func ("/schema/odd-id", test_odd_id);

  return g_test_run ();
}
