/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-schema-private.h"

#include <math.h>
#include <string.h>

static gboolean
is_integer (JsonNode *value)
{
  double number;

  if (json_node_get_value_type (value) == G_TYPE_INT64)
    return TRUE;

  number = json_node_get_double (value);

  return number == floor (number);
}

static gboolean
has_type (JsonNode *value, const char *type)
{
  if (JSON_NODE_HOLDS_OBJECT (value))
    return g_str_equal (type, "object");
  if (JSON_NODE_HOLDS_ARRAY (value))
    return g_str_equal (type, "array");
  if (JSON_NODE_HOLDS_NULL (value))
    return g_str_equal (type, "null");
  if (json_node_get_value_type (value) == G_TYPE_STRING)
    return g_str_equal (type, "string");
  if (json_node_get_value_type (value) == G_TYPE_BOOLEAN)
    return g_str_equal (type, "boolean");

  return g_str_equal (type, "number") || (g_str_equal (type, "integer") && is_integer (value));
}

static gboolean
check_type (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  g_autoptr (GString) names = g_string_new (NULL);
  JsonArray *types;
  const char *name;
  guint i;

  if (!JSON_NODE_HOLDS_ARRAY (rule->value))
    return has_type (value, json_node_get_string (rule->value))
           || vig_schema_complain (eval, "must be of type %s", json_node_get_string (rule->value));

  types = json_node_get_array (rule->value);
  for (i = 0; i < json_array_get_length (types); i++)
    {
      name = json_array_get_string_element (types, i);
      if (has_type (value, name))
        return TRUE;
      g_string_append_printf (names, "%s%s", i > 0 ? " or " : "", name);
    }

  return vig_schema_complain (eval, "must be of type %s", names->str);
}

static gboolean
check_values (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  g_autofree char *text = vig_json_to_canonical (value);
  g_autofree char *allowed = NULL;

  if (g_hash_table_contains (rule->values, text))
    return TRUE;

  allowed = vig_json_to_string (rule->value);
  if (strlen (allowed) > 200)
    return vig_schema_complain (eval, "is none of the allowed values");

  return vig_schema_complain (eval, g_str_equal (rule->keyword->name, "const") ? "must be %s" : "must be one of %s", allowed);
}

/* Exact for 64-bit integers where long double has their 64 bits. */
static long double
get_number (JsonNode *node)
{
  return json_node_get_value_type (node) == G_TYPE_INT64 ? (long double) json_node_get_int (node)
                                                         : (long double) json_node_get_double (node);
}

static gboolean
check_bound (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  static const struct { const char *name; const char *words; } bounds[] = {
    { "minimum", "at least" }, { "maximum", "at most" }, { "exclusiveMinimum", "above" }, { "exclusiveMaximum", "below" },
  };
  g_autofree char *limit = NULL;
  long double number;
  long double bound;
  gboolean holds[4];
  guint i;

  if (!vig_schema_is_number (value))
    return TRUE;

  number = get_number (value);
  bound = get_number (rule->value);
  holds[0] = number >= bound;
  holds[1] = number <= bound;
  holds[2] = number > bound;
  holds[3] = number < bound;
  for (i = 0; i < 3 && !g_str_equal (bounds[i].name, rule->keyword->name); i++)
    ;
  if (holds[i])
    return TRUE;

  limit = vig_json_to_string (rule->value);

  return vig_schema_complain (eval, "must be %s %s", bounds[i].words, limit);
}

/* Decimal steps such as 0.01 have no exact double, so quotients may be off by a little. */
static gboolean
check_multiple_of (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  g_autofree char *step = NULL;
  double divisor;
  double quotient;
  gboolean holds;

  if (!vig_schema_is_number (value))
    return TRUE;

  divisor = json_node_get_double (rule->value);
  quotient = json_node_get_double (value) / divisor;
  if (json_node_get_value_type (value) == G_TYPE_INT64 && json_node_get_value_type (rule->value) == G_TYPE_INT64)
    holds = json_node_get_int (value) % json_node_get_int (rule->value) == 0;
  else if (!isfinite (quotient))
    holds = fmod (json_node_get_double (value), divisor) == 0;
  else
    holds = fabs (quotient - round (quotient)) <= 1e-12 * MAX (1.0, fabs (quotient));
  if (holds)
    return TRUE;

  step = vig_json_to_string (rule->value);

  return vig_schema_complain (eval, "must be a multiple of %s", step);
}

static const char *
get_text (JsonNode *value)
{
  if (!JSON_NODE_HOLDS_VALUE (value) || json_node_get_value_type (value) != G_TYPE_STRING)
    return NULL;

  return json_node_get_string (value);
}

static gboolean
check_min_length (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  const char *text = get_text (value);
  double limit = json_node_get_double (rule->value);

  return text == NULL || (double) g_utf8_strlen (text, -1) >= limit
         || vig_schema_complain (eval, "must have at least %.0f characters", limit);
}

static gboolean
check_max_length (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  const char *text = get_text (value);
  double limit = json_node_get_double (rule->value);

  return text == NULL || (double) g_utf8_strlen (text, -1) <= limit
         || vig_schema_complain (eval, "must have at most %.0f characters", limit);
}

static gboolean
check_pattern (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  const char *text = get_text (value);

  return text == NULL || g_regex_match (g_ptr_array_index (rule->patterns, 0), text, 0, NULL)
         || vig_schema_complain (eval, "must match the pattern %s", json_node_get_string (rule->value));
}

const VigSchemaKeyword vig_schema_scalar_keywords[] = {
  { "type", '*', 0, check_type },
  { "enum", 'v', 0, check_values },
  { "const", 'v', 0, check_values },
  { "minimum", 'n', 0, check_bound },
  { "maximum", 'n', 0, check_bound },
  { "exclusiveMinimum", 'n', 0, check_bound },
  { "exclusiveMaximum", 'n', 0, check_bound },
  { "multipleOf", 'n', 0, check_multiple_of },
  { "minLength", 'c', 0, check_min_length },
  { "maxLength", 'c', 0, check_max_length },
  { "pattern", 's', 0, check_pattern },
  { NULL },
};
