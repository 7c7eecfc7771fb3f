/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-schema-private.h"

static gboolean
check_ref (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  return vig_schema_check (eval, rule->sub, value, seen);
}

/* The outermost schema that has an anchor of this name is the one that is meant. */
static gboolean
check_dynamic_ref (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  const VigSubschema *sub = NULL;
  guint i;

  for (i = 0; rule->dynamic != NULL && sub == NULL && i < eval->scope->len; i++)
    {
      g_autofree char *key = g_strconcat (g_ptr_array_index (eval->scope, i), "#", rule->dynamic, NULL);

      sub = g_hash_table_lookup (eval->dynamics, key);
    }

  return vig_schema_check (eval, sub != NULL ? sub : rule->sub, value, seen);
}

static gboolean
check_all_of (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  guint i;

  for (i = 0; i < rule->subs->len; i++)
    if (!vig_schema_check (eval, g_ptr_array_index (rule->subs, i), value, seen))
      return FALSE;

  return TRUE;
}

static gboolean
check_quietly (VigSchemaEval *eval, const VigSubschema *sub, JsonNode *value, VigSchemaSeen *seen)
{
  gboolean valid;

  eval->quiet++;
  valid = vig_schema_check (eval, sub, value, seen);
  eval->quiet--;

  return valid;
}

/* All branches are looked at where it matters what they have seen. */
static guint
count_matches (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen, guint enough)
{
  guint n = 0;
  guint i;

  for (i = 0; i < rule->subs->len && (n < enough || seen != NULL); i++)
    if (check_quietly (eval, g_ptr_array_index (rule->subs, i), value, seen))
      n++;

  return n;
}

static gboolean
check_any_of (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  return count_matches (eval, rule, value, seen, 1) > 0
         || vig_schema_complain (eval, "matches none of the %u allowed forms", rule->subs->len);
}

static gboolean
check_one_of (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  guint n = count_matches (eval, rule, value, seen, 2);

  if (n == 0)
    return vig_schema_complain (eval, "matches none of the %u allowed forms", rule->subs->len);

  return n == 1 || vig_schema_complain (eval, "matches several forms of which only one is allowed");
}

static gboolean
check_not (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  return !check_quietly (eval, rule->sub, value, NULL) || vig_schema_complain (eval, "has a form that is not allowed");
}

static gboolean
check_if (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen)
{
  gboolean holds = check_quietly (eval, rule->sub, value, seen);
  const VigSchemaRule *next = vig_schema_find_rule (rule->owner, holds ? "then" : "else");

  return next == NULL || vig_schema_check (eval, next->sub, value, seen);
}

const VigSchemaKeyword vig_schema_logic_keywords[] = {
  { "$ref", 'r', 0, check_ref },
  { "$dynamicRef", 'r', '2', check_dynamic_ref },
  { "allOf", 'L', 0, check_all_of },
  { "anyOf", 'L', 0, check_any_of },
  { "oneOf", 'L', 0, check_one_of },
  { "not", 'S', 0, check_not },
  { "if", 'S', 0, check_if },
  { "then", 'S', 0, NULL },
  { "else", 'S', 0, NULL },
  { "$defs", 'M', 0, NULL },
  { "definitions", 'M', 0, NULL },
  { NULL },
};
