/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-schema-private.h"

static JsonObject *
get_object (JsonNode *value)
{
  return JSON_NODE_HOLDS_OBJECT (value) ? json_node_get_object (value) : NULL;
}

static gboolean
check_properties (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonObject *object = get_object (value);
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  const VigSubschema *sub;

  if (object == NULL)
    return TRUE;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &member))
    {
      sub = g_hash_table_lookup (rule->map, name);
      if (sub == NULL)
        continue;
      if (!vig_schema_check_at (eval, sub, member, name, 0))
        return FALSE;
      vig_schema_see_name (seen, name);
    }

  return TRUE;
}

static gboolean
check_pattern_properties (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonObject *object = get_object (value);
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  guint i;

  if (object == NULL)
    return TRUE;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &member))
    for (i = 0; i < rule->patterns->len; i++)
      {
        if (!g_regex_match (g_ptr_array_index (rule->patterns, i), name, 0, NULL))
          continue;
        if (!vig_schema_check_at (eval, g_ptr_array_index (rule->subs, i), member, name, 0))
          return FALSE;
        vig_schema_see_name (seen, name);
      }

  return TRUE;
}

static gboolean
is_additional (const VigSchemaRule *rule, const char *name)
{
  const VigSchemaRule *properties = vig_schema_find_rule (rule->owner, "properties");
  const VigSchemaRule *patterns = vig_schema_find_rule (rule->owner, "patternProperties");
  guint i;

  if (properties != NULL && g_hash_table_contains (properties->map, name))
    return FALSE;
  for (i = 0; patterns != NULL && i < patterns->patterns->len; i++)
    if (g_regex_match (g_ptr_array_index (patterns->patterns, i), name, 0, NULL))
      return FALSE;

  return TRUE;
}

static gboolean
check_rest (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  gboolean unevaluated = g_str_equal (rule->keyword->name, "unevaluatedProperties");
  JsonObject *object = get_object (value);
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (object == NULL)
    return TRUE;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &member))
    {
      if (unevaluated ? seen->names != NULL && g_hash_table_contains (seen->names, name) : !is_additional (rule, name))
        continue;
      if (rule->sub->never)
        return vig_schema_complain (eval, "member \"%s\" is not known here", name);
      if (!vig_schema_check_at (eval, rule->sub, member, name, 0))
        return FALSE;
      vig_schema_see_name (seen, name);
    }

  return TRUE;
}

static gboolean
check_property_names (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonObject *object = get_object (value);
  JsonObjectIter iter;
  const char *name;

  if (object == NULL)
    return TRUE;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, NULL))
    {
      g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), name);

      if (!vig_schema_check_at (eval, rule->sub, node, name, 0))
        return FALSE;
    }

  return TRUE;
}

static gboolean
require_all (VigSchemaEval *eval, JsonObject *object, JsonArray *names)
{
  const char *name;
  guint i;

  for (i = 0; i < json_array_get_length (names); i++)
    {
      name = json_array_get_string_element (names, i);
      if (!json_object_has_member (object, name))
        return vig_schema_complain (eval, "member \"%s\" is missing", name);
    }

  return TRUE;
}

static gboolean
check_required (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonObject *object = get_object (value);

  return object == NULL || require_all (eval, object, json_node_get_array (rule->value));
}

/* dependentRequired, dependentSchemas, and draft-07's mixture of the two. */
static gboolean
check_dependent (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonObject *object = get_object (value);
  const VigSubschema *sub;
  JsonObjectIter iter;
  const char *name;
  JsonNode *needs;

  if (object == NULL)
    return TRUE;

  json_object_iter_init (&iter, json_node_get_object (rule->value));
  while (json_object_iter_next (&iter, &name, &needs))
    {
      if (!json_object_has_member (object, name))
        continue;
      sub = g_hash_table_lookup (rule->map, name);
      if (sub != NULL ? !vig_schema_check (eval, sub, value, seen)
                      : !require_all (eval, object, json_node_get_array (needs)))
        return FALSE;
    }

  return TRUE;
}

static gboolean
check_min_properties (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonObject *object = get_object (value);
  double limit = json_node_get_double (rule->value);

  return object == NULL || json_object_get_size (object) >= limit
         || vig_schema_complain (eval, "must have at least %.0f members", limit);
}

static gboolean
check_max_properties (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonObject *object = get_object (value);
  double limit = json_node_get_double (rule->value);

  return object == NULL || json_object_get_size (object) <= limit
         || vig_schema_complain (eval, "must have at most %.0f members", limit);
}

const VigSchemaKeyword vig_schema_object_keywords[] = {
  { "required", 't', 0, check_required },
  { "properties", 'M', 0, check_properties },
  { "patternProperties", 'P', 0, check_pattern_properties },
  { "additionalProperties", 'S', 0, check_rest },
  { "propertyNames", 'S', 0, check_property_names },
  { "dependentRequired", 'D', '2', check_dependent },
  { "dependentSchemas", 'D', '2', check_dependent },
  { "dependencies", 'D', 0, check_dependent },
  { "minProperties", 'c', 0, check_min_properties },
  { "maxProperties", 'c', 0, check_max_properties },
  { NULL },
};

/* After all that may see members. */
const VigSchemaKeyword vig_schema_rest_keywords[] = {
  { "unevaluatedProperties", 'S', '2', check_rest },
  { NULL },
};
