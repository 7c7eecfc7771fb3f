/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-openapi-import.h"
#include "vig-store-http-tools.h"
#include "vig-test.h"
#include "vig-test-tools.h"
#include "vig-yaml.h"

#include <string.h>

/* Is it a tool, as it was read? Then it is one that the plugin makes. */
static gboolean
can_be_made (JsonObject *item, char **why)
{
  g_autofree char *text = vig_json_object_to_string (item);
  g_autoptr (JsonObject) copy = vig_json_parse_object (text, -1, 0, NULL);
  g_autoptr (JsonObject) merged = NULL;
  g_autoptr (GError) error = NULL;

  json_object_remove_member (copy, "problem");
  json_object_remove_member (copy, "operation");
  if (g_str_equal (vig_json_get_string (copy, "auth", ""), "basic"))
    json_object_set_string_member (copy, "auth_user", "user");
  merged = vig_store_http_tools_merge (NULL, copy, &error);
  if (merged != NULL)
    vig_test_tools_describe (merged, &error);
  *why = error != NULL ? g_strdup (error->message) : NULL;

  return error == NULL;
}

static JsonObject *
import_text (const char *text, const char *base_url)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) document = vig_json_parse_object (text, -1, 0, &error);
  JsonObject *found;

  g_assert_no_error (error);
  found = vig_openapi_import (document, base_url, NULL, NULL, &error);
  g_assert_no_error (error);

  return found;
}

static JsonObject *
get_item (JsonObject *found, guint i)
{
  return json_array_get_object_element (vig_json_get_array (found, "items"), i);
}

static guint
check_all (JsonObject *found, const char *name)
{
  JsonArray *items = vig_json_get_array (found, "items");
  guint n_made = 0;

  for (guint i = 0; i < json_array_get_length (items); i++)
    {
      JsonObject *item = json_array_get_object_element (items, i);
      g_autofree char *why = NULL;
      gboolean made = can_be_made (item, &why);

      if (!made)
        g_test_message ("%s: %s: %s (%s)", name, vig_json_get_string (item, "operation", ""), why, vig_json_get_string (item, "problem", "no problem told"));
      n_made += made ? 1 : 0;
    }

  return n_made;
}

/* All official documents of 3.1, good and bad, and those that linters complain about: read, or refused with a reason. */
static void
test_official (void)
{
  static const char *const files[] = { "openapi/oas31-pass-fail.json", "openapi/lint-cases.json" };
  guint n_documents = 0;
  guint n_items = 0;
  guint n_made = 0;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr (JsonNode) suite = vig_test_load_json (files[i]);
      JsonArray *rows = json_node_get_array (suite);

      for (guint j = 0; j < json_array_get_length (rows); j++)
        {
          JsonObject *row = json_array_get_object_element (rows, j);
          const char *name = vig_json_get_string (row, "name", vig_json_get_string (row, "case", ""));
          g_autoptr (GError) error = NULL;
          g_autoptr (JsonObject) found = vig_openapi_import (vig_json_get_object (row, "document"), "http://nas.home/api", NULL, "x", &error);

          g_assert_no_error (error);
          n_documents++;
          n_items += json_array_get_length (vig_json_get_array (found, "items"));
          n_made += check_all (found, name);
        }
    }

  g_test_message ("%u of %u operations of %u documents are tools", n_made, n_items, n_documents);
  g_assert_cmpuint (n_documents, ==, 45);
  g_assert_cmpuint (n_items, >, 30);
  g_assert_cmpuint (n_made, >=, n_items - 3);
}

/* A large one of the real world: our own. */
static void
test_own (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_BUILD"), "data", "api", "openapi.json", NULL);
  g_autofree char *text = NULL;
  g_autoptr (JsonObject) found = NULL;
  JsonArray *items;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  found = import_text (text, "http://vigilus.home:3000");
  items = vig_json_get_array (found, "items");
  g_assert_cmpuint (json_array_get_length (items), >, 80);
  g_assert_cmpuint (check_all (found, "ours"), ==, json_array_get_length (items));
}

static const char pets[] =
  "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"Pets\",\"version\":\"1\"},\"servers\":[{\"url\":\"http://pets.home:{port}/v1/\",\"variables\":{\"port\":{\"default\":\"8080\"}}}],"
  "\"components\":{\"securitySchemes\":{\"key\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-Key\"}},"
  "\"parameters\":{\"limit\":{\"name\":\"limit\",\"in\":\"query\",\"schema\":{\"type\":\"integer\",\"minimum\":0,\"exclusiveMinimum\":true,\"nullable\":true}}},"
  "\"schemas\":{\"Pet\":{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\"},\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
  "\"parent\":{\"$ref\":\"#/components/schemas/Pet\"}}}}},\"security\":[{\"key\":[]}],"
  "\"paths\":{\"/pets/{pet-id}\":{\"parameters\":[{\"name\":\"pet-id\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}],"
  "\"get\":{\"operationId\":\"getPetById\",\"summary\":\"Get a pet\",\"description\":\"By its id.\",\"parameters\":[{\"$ref\":\"#/components/parameters/limit\"},"
  "{\"name\":\"X-Trace\",\"in\":\"header\",\"schema\":{\"type\":\"string\"}},{\"name\":\"Accept\",\"in\":\"header\",\"schema\":{\"type\":\"string\"}}]},"
  "\"put\":{\"security\":[],\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Pet\"}}}}}},"
  "\"/upload\":{\"post\":{\"requestBody\":{\"required\":true,\"content\":{\"image/png\":{}}}}}}}";

static void
test_pets (void)
{
  g_autoptr (JsonObject) found = import_text (pets, NULL);
  JsonObject *get = get_item (found, 0);
  JsonObject *put = get_item (found, 1);
  g_autofree char *parameters = vig_json_to_string (json_object_get_member (get, "parameters"));

  g_assert_cmpuint (check_all (found, "pets"), ==, 3);
  g_assert_cmpstr (vig_json_get_string (found, "base_url", ""), ==, "http://pets.home:8080/v1");
  g_assert_cmpstr (vig_json_get_string (get, "name", ""), ==, "get_pet_by_id");
  g_assert_cmpstr (vig_json_get_string (get, "description", ""), ==, "Get a pet. By its id.");
  g_assert_cmpstr (vig_json_get_string (get, "url", ""), ==, "http://pets.home:8080/v1/pets/{pet_id}?limit={limit}");
  g_assert_cmpstr (vig_json_get_string (get, "level", ""), ==, "read");
  g_assert_cmpstr (vig_json_get_string (get, "auth", ""), ==, "header");
  g_assert_cmpstr (vig_json_get_string (get, "auth_name", ""), ==, "X-Key");
  g_assert_nonnull (strstr (parameters, "\"schema\":{\"type\":[\"integer\",\"null\"],\"exclusiveMinimum\":0}"));
  g_assert_cmpuint (json_array_get_length (vig_json_get_array (get, "headers")), ==, 1);
  g_assert_cmpstr (vig_json_get_string (put, "name", ""), ==, "put_pets_pet_id");
  g_assert_cmpstr (vig_json_get_string (put, "level", ""), ==, "write");
  g_assert_cmpstr (vig_json_get_string (put, "auth", ""), ==, "none");
  g_assert_cmpstr (vig_json_get_string (put, "body", ""), ==, "{\"name\":\"{name}\",\"tags\":\"{tags}\",\"parent\":\"{parent}\"}");
  g_assert_nonnull (strstr (vig_json_get_string (get_item (found, 2), "problem", ""), "image/png"));
}

static void
test_swagger (void)
{
  static const char text[] =
    "{\"swagger\":\"2.0\",\"host\":\"gitea.home\",\"basePath\":\"/api/v1\",\"schemes\":[\"http\"],\"securityDefinitions\":{\"b\":{\"type\":\"basic\"}},\"security\":[{\"b\":[]}],"
    "\"definitions\":{\"Issue\":{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\"}}}},\"paths\":{\"/repos/{owner}/issues\":{"
    "\"post\":{\"parameters\":[{\"name\":\"owner\",\"in\":\"path\",\"required\":true,\"type\":\"string\"},"
    "{\"name\":\"body\",\"in\":\"body\",\"schema\":{\"$ref\":\"#/definitions/Issue\"}}]},"
    "\"get\":{\"parameters\":[{\"name\":\"owner\",\"in\":\"path\",\"required\":true,\"type\":\"string\"},"
    "{\"name\":\"state\",\"in\":\"query\",\"type\":\"string\",\"enum\":[\"open\",\"closed\"]}]},"
    "\"delete\":{\"parameters\":[{\"name\":\"owner\",\"in\":\"path\",\"required\":true,\"type\":\"string\"},{\"name\":\"why\",\"in\":\"formData\",\"type\":\"string\"}]}}}}";
  g_autoptr (JsonObject) found = import_text (text, NULL);

  g_assert_cmpuint (check_all (found, "swagger"), ==, 3);
  g_assert_cmpstr (vig_json_get_string (get_item (found, 0), "url", ""), ==, "http://gitea.home/api/v1/repos/{owner}/issues?state={state}");
  g_assert_cmpstr (vig_json_get_string (get_item (found, 0), "auth", ""), ==, "basic");
  g_assert_cmpstr (vig_json_get_string (get_item (found, 1), "body", ""), ==, "{\"title\":\"{title}\"}");
  g_assert_cmpstr (vig_json_get_string (get_item (found, 2), "body", ""), ==, "why={why}");
}

static void
test_refused (void)
{
  static const struct { const char *text; const char *words; } rows[] = {
    { "{}", "/document: is no OpenAPI document" },
    { "{\"openapi\":\"4.0\"}", "/document: is no OpenAPI document" },
    { "{\"swagger\":\"1.2\"}", "/document: is no OpenAPI document" },
    { "{\"openapi\":\"3.1.0\",\"paths\":{}}", "/base_url: the document does not say" },
    { "{\"openapi\":\"3.1.0\",\"servers\":[{\"url\":\"ftp://x\"}],\"paths\":{}}", "/base_url" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) document = vig_json_parse_object (rows[i].text, -1, 0, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_null (vig_openapi_import (document, NULL, NULL, NULL, &error));
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, rows[i].words));
    }
}

/* References in circles and to nowhere, members of any kind where another is expected, many operations: no hang, no crash, a bound. */
static void
test_hostile (void)
{
  static const char *const odd[] = {
    "{\"openapi\":\"3.1.0\",\"paths\":7}",
    "{\"openapi\":\"3.1.0\",\"paths\":{\"/a\":7,\"b\":{},\"/c\":{\"get\":[]},\"/d\":{\"get\":{\"parameters\":7,\"requestBody\":7,\"operationId\":7,\"security\":7}}}}",
    "{\"openapi\":\"3.1.0\",\"paths\":{\"/a\":{\"$ref\":\"#/paths/~1a\"},\"/b\":{\"get\":{\"parameters\":[7,null,{\"$ref\":\"#/x\"},{\"name\":\"\",\"in\":\"query\"},"
    "{\"name\":7,\"in\":7}]}}}}",
    "{\"openapi\":\"3.1.0\",\"paths\":{\"/{a}/{a}\":{\"get\":{\"parameters\":[{\"name\":\"a\",\"in\":\"path\",\"schema\":{\"$ref\":\"http://evil.example/x\"}}]}}}}",
    "{\"openapi\":\"3.1.0\",\"components\":{\"schemas\":{\"A\":{\"allOf\":[{\"$ref\":\"#/components/schemas/A\"},{\"$ref\":\"#/components/schemas/A\"},"
    "{\"$ref\":\"#/components/schemas/A\"}]}}},"
    "\"paths\":{\"/x\":{\"post\":{\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/A\"}}}}}}}}",
    "{\"openapi\":\"3.1.0\",\"servers\":7,\"info\":7,\"security\":[7],\"components\":7,\"paths\":{\"/x\":{\"get\":{\"security\":[{\"a\":[]}],\"summary\":7,\"description\":[]}}}}",
  };
  g_autoptr (GString) many = g_string_new ("{\"openapi\":\"3.1.0\",\"paths\":{\"/first\":{}");
  g_autoptr (JsonObject) found = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    {
      g_autoptr (JsonObject) read = import_text (odd[i], "http://x/");

      check_all (read, odd[i]);
    }
  for (guint i = 0; i < 600; i++)
    g_string_append_printf (many, ",\"/p%u\":{\"get\":{\"operationId\":\"same\"}}", i);
  g_string_append (many, "}}");
  found = import_text (many->str, "http://x");
  g_assert_cmpuint (json_array_get_length (vig_json_get_array (found, "items")), ==, VIG_OPENAPI_MAX_OPERATIONS);
  g_assert_cmpint (vig_json_get_int (found, "left_out", 0), ==, 100);
  g_assert_cmpstr (vig_json_get_string (get_item (found, 499), "name", ""), ==, "same_500");
}

static void
test_yaml (void)
{
  static const struct { const char *yaml; const char *json; } rows[] = {
    { "a: 1\nb: [x, 'y', \"z\\n\"]\nc:\n  - d: true\n    e: null\n  - ~\n", "{\"a\":1,\"b\":[\"x\",\"y\",\"z\\n\"],\"c\":[{\"d\":true,\"e\":null},null]}" },
    { "200: ok\nno: yes\nv: 1.0.0\nw: '1'\nx: 1.5\ny: -2\nz: 0x10\no: 010\nt: +3\n",
      "{\"200\":\"ok\",\"no\":\"yes\",\"v\":\"1.0.0\",\"w\":\"1\",\"x\":1.5,\"y\":-2,\"z\":\"0x10\",\"o\":\"010\",\"t\":3}" },
    { "text: |\n  one\n  two\nfolded: >\n  a\n  b\n", "{\"text\":\"one\\ntwo\\n\",\"folded\":\"a b\\n\"}" },
    { "# only\n--- \na: b # c\n...\n", "{\"a\":\"b\"}" },
    { "", NULL }, { "a: &x 1\nb: *x\n", NULL }, { "a: 1\na: 2\n", NULL }, { "a: [1\n", NULL }, { "? [a]\n: b\n", NULL }, { "---\na: 1\n---\nb: 2\n", NULL }, { "\ta: b\n", NULL },
    { "a: \"\\0\"\n", NULL },
  };
  g_autofree char *deep = g_strnfill (100000, '[');

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = vig_yaml_parse (rows[i].yaml, strlen (rows[i].yaml), &error);
      g_autofree char *json = node != NULL ? vig_json_to_string (node) : NULL;

      g_test_message ("%u: %s", i, error != NULL ? error->message : json);
      g_assert_true ((node != NULL) != (error != NULL));
      g_assert_cmpstr (json, ==, rows[i].json);
    }
  g_assert_null (vig_yaml_parse (deep, strlen (deep), NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  vig_test_tools_load ("http");
  g_test_add_func ("/openapi-import/official", test_official);
  g_test_add_func ("/openapi-import/own", test_own);
  g_test_add_func ("/openapi-import/pets", test_pets);
  g_test_add_func ("/openapi-import/swagger", test_swagger);
  g_test_add_func ("/openapi-import/refused", test_refused);
  g_test_add_func ("/openapi-import/hostile", test_hostile);
  g_test_add_func ("/openapi-import/yaml", test_yaml);

  return g_test_run ();
}
