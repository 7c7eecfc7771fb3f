/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-schema-private.h"

static JsonArray *
get_array (JsonNode *value)
{
  return JSON_NODE_HOLDS_ARRAY (value) ? json_node_get_array (value) : NULL;
}

/* The list forms: each element has a schema of its own. */
static gboolean
check_prefix (VigSchemaEval *eval, const VigSchemaRule *rule, JsonArray *array, VigSchemaSeen *seen)
{
  guint i;

  for (i = 0; i < rule->subs->len && i < json_array_get_length (array); i++)
    {
      if (!vig_schema_check_at (eval, g_ptr_array_index (rule->subs, i), json_array_get_element (array, i), NULL, i))
        return FALSE;
      vig_schema_see_item (seen, i);
    }

  return TRUE;
}

static gboolean
check_from (VigSchemaEval *eval, const VigSchemaRule *rule, JsonArray *array, guint start, VigSchemaSeen *seen)
{
  guint i;

  for (i = start; i < json_array_get_length (array); i++)
    {
      if (!vig_schema_check_at (eval, rule->sub, json_array_get_element (array, i), NULL, i))
        return FALSE;
      vig_schema_see_item (seen, i);
    }

  return TRUE;
}

static gboolean
check_items (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  const VigSchemaRule *prefix = rule->owner->draft7 ? NULL : vig_schema_find_rule (rule->owner, "prefixItems");
  JsonArray *array = get_array (value);

  if (array == NULL)
    return TRUE;
  if (rule->subs != NULL)
    return check_prefix (eval, rule, array, seen);

  return check_from (eval, rule, array, prefix != NULL ? prefix->subs->len : 0, seen);
}

static gboolean
check_additional_items (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  const VigSchemaRule *items = vig_schema_find_rule (rule->owner, "items");
  JsonArray *array = get_array (value);

  if (array == NULL || items == NULL || items->subs == NULL)
    return TRUE;

  return check_from (eval, rule, array, items->subs->len, seen);
}

static double
get_count (const VigSubschema *owner, const char *keyword, double fallback)
{
  const VigSchemaRule *rule = vig_schema_find_rule (owner, keyword);

  return rule != NULL ? json_node_get_double (rule->value) : fallback;
}

static gboolean
check_contains (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonArray *array = get_array (value);
  double n = 0;
  guint i;

  if (array == NULL)
    return TRUE;

  eval->quiet++;
  for (i = 0; i < json_array_get_length (array); i++)
    if (vig_schema_check (eval, rule->sub, json_array_get_element (array, i), NULL))
      {
        vig_schema_see_item (seen, i);
        n++;
      }
  eval->quiet--;

  if (n < (rule->owner->draft7 ? 1 : get_count (rule->owner, "minContains", 1)))
    return vig_schema_complain (eval, "has too few elements of the form that is asked for");
  if (!rule->owner->draft7 && n > get_count (rule->owner, "maxContains", G_MAXDOUBLE))
    return vig_schema_complain (eval, "has too many elements of the form that is limited");

  return TRUE;
}

static gboolean
check_min_items (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonArray *array = get_array (value);
  double limit = json_node_get_double (rule->value);

  return array == NULL || json_array_get_length (array) >= limit
         || vig_schema_complain (eval, "must have at least %.0f elements", limit);
}

static gboolean
check_max_items (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonArray *array = get_array (value);
  double limit = json_node_get_double (rule->value);

  return array == NULL || json_array_get_length (array) <= limit
         || vig_schema_complain (eval, "must have at most %.0f elements", limit);
}

static gboolean
check_unique (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  g_autoptr (GHashTable) texts = NULL;
  JsonArray *array = get_array (value);
  guint i;

  if (array == NULL || !json_node_get_boolean (rule->value))
    return TRUE;

  texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (i = 0; i < json_array_get_length (array); i++)
    if (!g_hash_table_add (texts, vig_json_to_canonical (json_array_get_element (array, i))))
      return vig_schema_complain (eval, "element %u is there twice", i);

  return TRUE;
}

static gboolean
check_unevaluated (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  JsonArray *array = get_array (value);
  guint i;

  if (array == NULL)
    return TRUE;

  for (i = 0; i < json_array_get_length (array); i++)
    {
      if (seen->items != NULL && g_hash_table_contains (seen->items, GUINT_TO_POINTER (i)))
        continue;
      if (!vig_schema_check_at (eval, rule->sub, json_array_get_element (array, i), NULL, i))
        return FALSE;
      vig_schema_see_item (seen, i);
    }

  return TRUE;
}

const VigSchemaKeyword vig_schema_array_keywords[] = {
  { "prefixItems", 'L', '2', check_items },
  { "items", 'I', 0, check_items },
  { "additionalItems", 'S', '7', check_additional_items },
  { "contains", 'S', 0, check_contains },
  { "minContains", 'c', '2', NULL },
  { "maxContains", 'c', '2', NULL },
  { "minItems", 'c', 0, check_min_items },
  { "maxItems", 'c', 0, check_max_items },
  { "uniqueItems", 'b', 0, check_unique },
  { "unevaluatedItems", 'S', '2', check_unevaluated },
  { NULL },
};
