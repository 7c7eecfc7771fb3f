/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-schema-compile.h"

#include <string.h>

#define MAX_COMPILE_DEPTH 256

static const VigSchemaKeyword * const tables[] = {
  vig_schema_logic_keywords, vig_schema_scalar_keywords, vig_schema_object_keywords, vig_schema_array_keywords, vig_schema_rest_keywords,
};

static const char * const type_names[] = { "null", "boolean", "object", "array", "number", "integer", "string", NULL };

static gboolean
is_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

static gboolean
is_string_list (JsonNode *node, const char * const *allowed)
{
  JsonArray *array;
  JsonNode *element;
  guint i;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;

  array = json_node_get_array (node);
  for (i = 0; i < json_array_get_length (array); i++)
    {
      element = json_array_get_element (array, i);
      if (!is_string (element) || (allowed != NULL && !g_strv_contains (allowed, json_node_get_string (element))))
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_count (JsonNode *node)
{
  double value;

  if (!vig_schema_is_number (node))
    return FALSE;

  value = json_node_get_double (node);

  return value >= 0 && value < 9007199254740992.0 && value == (double) (gint64) value;
}

static gboolean
has_shape (const VigSchemaKeyword *keyword, JsonNode *node)
{
  switch (keyword->shape)
    {
    case 's':
    case 'r':
      return is_string (node);
    case 'n':
      return vig_schema_is_number (node) && (!g_str_equal (keyword->name, "multipleOf") || json_node_get_double (node) > 0);
    case 'c':
      return is_count (node);
    case 'b':
      return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN;
    case 't':
      return is_string_list (node, NULL);
    case '*':
      return is_string_list (node, type_names) || (is_string (node) && g_strv_contains (type_names, json_node_get_string (node)));
    case 'L':
      return JSON_NODE_HOLDS_ARRAY (node);
    case 'M':
    case 'P':
    case 'D':
      return JSON_NODE_HOLDS_OBJECT (node);
    case 'v':
      return JSON_NODE_HOLDS_ARRAY (node) || g_str_equal (keyword->name, "const");
    default:
      return TRUE;
    }
}

static gboolean
compile_list (VigSchemaCompiler *self, VigSchemaRule *rule, GError **error)
{
  JsonArray *array = json_node_get_array (rule->value);
  VigSubschema *sub;
  guint i;

  rule->subs = g_ptr_array_new ();
  for (i = 0; i < json_array_get_length (array); i++)
    {
      sub = vig_schema_compile (self, json_array_get_element (array, i), rule->owner->base, rule->owner->draft7, error);
      if (sub == NULL)
        return FALSE;
      g_ptr_array_add (rule->subs, sub);
    }

  return TRUE;
}

static gboolean
compile_map (VigSchemaCompiler *self, VigSchemaRule *rule, GError **error)
{
  gboolean names_allowed = rule->keyword->shape == 'D';
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  VigSubschema *sub;

  rule->map = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  json_object_iter_init (&iter, json_node_get_object (rule->value));
  while (json_object_iter_next (&iter, &name, &node))
    {
      if (names_allowed && is_string_list (node, NULL))
        continue;
      sub = vig_schema_compile (self, node, rule->owner->base, rule->owner->draft7, error);
      if (sub == NULL)
        return FALSE;
      g_hash_table_insert (rule->map, g_strdup (name), sub);
    }

  return TRUE;
}

static gboolean
add_pattern (VigSchemaRule *rule, const char *pattern, GError **error)
{
  GRegex *regex = vig_schema_regex_new (pattern, error);

  if (regex == NULL)
    return FALSE;
  if (rule->patterns == NULL)
    rule->patterns = g_ptr_array_new_with_free_func ((GDestroyNotify) g_regex_unref);
  g_ptr_array_add (rule->patterns, regex);

  return TRUE;
}

static gboolean
compile_patterns (VigSchemaCompiler *self, VigSchemaRule *rule, GError **error)
{
  JsonObjectIter iter;
  const char *pattern;
  JsonNode *node;
  VigSubschema *sub;

  rule->patterns = g_ptr_array_new_with_free_func ((GDestroyNotify) g_regex_unref);
  rule->subs = g_ptr_array_new ();
  json_object_iter_init (&iter, json_node_get_object (rule->value));
  while (json_object_iter_next (&iter, &pattern, &node))
    {
      sub = vig_schema_compile (self, node, rule->owner->base, rule->owner->draft7, error);
      if (sub == NULL || !add_pattern (rule, pattern, error))
        return FALSE;
      g_ptr_array_add (rule->subs, sub);
    }

  return TRUE;
}

static void
collect_values (VigSchemaRule *rule)
{
  JsonArray *array;
  guint i;

  rule->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (g_str_equal (rule->keyword->name, "const"))
    {
      g_hash_table_add (rule->values, vig_json_to_canonical (rule->value));
      return;
    }

  array = json_node_get_array (rule->value);
  for (i = 0; i < json_array_get_length (array); i++)
    g_hash_table_add (rule->values, vig_json_to_canonical (json_array_get_element (array, i)));
}

static gboolean
compile_rule (VigSchemaCompiler *self, VigSchemaRule *rule, GError **error)
{
  switch (rule->keyword->shape)
    {
    case 'r':
      g_ptr_array_add (self->refs, rule);
      return TRUE;
    case 'v':
      collect_values (rule);
      return TRUE;
    case 's':
      return add_pattern (rule, json_node_get_string (rule->value), error);
    case 'L':
      return compile_list (self, rule, error);
    case 'M':
    case 'D':
      return compile_map (self, rule, error);
    case 'P':
      return compile_patterns (self, rule, error);
    case 'I':
      if (JSON_NODE_HOLDS_ARRAY (rule->value))
        return compile_list (self, rule, error);
      G_GNUC_FALLTHROUGH;
    case 'S':
      rule->sub = vig_schema_compile (self, rule->value, rule->owner->base, rule->owner->draft7, error);
      return rule->sub != NULL;
    default:
      return TRUE;
    }
}

static void
rule_free (VigSchemaRule *rule)
{
  g_clear_pointer (&rule->dynamic, g_free);
  g_clear_pointer (&rule->subs, g_ptr_array_unref);
  g_clear_pointer (&rule->map, g_hash_table_unref);
  g_clear_pointer (&rule->patterns, g_ptr_array_unref);
  g_clear_pointer (&rule->values, g_hash_table_unref);
  g_free (rule);
}

static void
sub_free (VigSubschema *sub)
{
  g_ptr_array_unref (sub->rules);
  g_free (sub->base);
  g_free (sub);
}

static gboolean
applies (const VigSchemaKeyword *keyword, VigSubschema *sub, JsonObject *object)
{
  if (!json_object_has_member (object, keyword->name))
    return FALSE;
  if (sub->draft7 && json_object_has_member (object, "$ref"))
    return keyword->shape == 'r' || keyword->check == NULL;

  return keyword->drafts == 0 || keyword->drafts == (sub->draft7 ? '7' : '2');
}

static gboolean
add_rule (VigSchemaCompiler *self, VigSubschema *sub, const VigSchemaKeyword *keyword, JsonNode *value, GError **error)
{
  VigSchemaRule *rule;

  if (!has_shape (keyword, value))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the schema's \"%s\" has a value of the wrong kind", keyword->name);
      return FALSE;
    }

  rule = g_new0 (VigSchemaRule, 1);
  rule->keyword = keyword;
  rule->owner = sub;
  rule->value = value;
  g_ptr_array_add (sub->rules, rule);
  if (g_str_has_prefix (keyword->name, "unevaluated"))
    self->tracks = TRUE;

  return compile_rule (self, rule, error);
}

static gboolean
add_rules (VigSchemaCompiler *self, VigSubschema *sub, JsonObject *object, GError **error)
{
  const VigSchemaKeyword *keyword;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (tables); i++)
    for (keyword = tables[i]; keyword->name != NULL; keyword++)
      if (applies (keyword, sub, object)
          && !add_rule (self, sub, keyword, json_object_get_member (object, keyword->name), error))
        return FALSE;

  return TRUE;
}

static void
add_resource (VigSchemaCompiler *self, const char *base, const char *anchor, JsonNode *node)
{
  g_hash_table_insert (self->resources, anchor != NULL ? g_strconcat (base, "#", anchor, NULL) : g_strdup (base), node);
}

/* A draft-07 `$id` that stands beside a `$ref` does not count, and one that begins with # is an anchor. */
static void
take_names (VigSchemaCompiler *self, VigSubschema *sub, JsonObject *object)
{
  const char *dialect = vig_json_get_string (object, "$schema", NULL);
  const char *id = vig_json_get_string (object, "$id", NULL);
  const char *anchor = vig_json_get_string (object, "$anchor", NULL);
  const char *dynamic = vig_json_get_string (object, "$dynamicAnchor", NULL);
  char *base;

  if (dialect != NULL)
    sub->draft7 = strstr (dialect, "draft-07") != NULL || strstr (dialect, "draft-06") != NULL;

  if (id != NULL && sub->draft7 && (*id == '#' || json_object_has_member (object, "$ref")))
    {
      if (*id == '#')
        add_resource (self, sub->base, id + 1, sub->node);
    }
  else if (id != NULL)
    {
      base = vig_schema_resolve_uri (sub->base, id);
      base[strcspn (base, "#")] = '\0';
      g_free (sub->base);
      sub->base = base;
      add_resource (self, base, NULL, sub->node);
    }

  if (anchor != NULL && !sub->draft7)
    add_resource (self, sub->base, anchor, sub->node);
  if (dynamic != NULL && !sub->draft7)
    {
      add_resource (self, sub->base, dynamic, sub->node);
      g_hash_table_insert (self->dynamics, g_strconcat (sub->base, "#", dynamic, NULL), sub);
    }
}

static VigSubschema *
add_sub (VigSchemaCompiler *self, gpointer key, const char *base, gboolean draft7)
{
  VigSubschema *sub = g_new0 (VigSubschema, 1);

  sub->base = g_strdup (base);
  sub->draft7 = draft7;
  sub->rules = g_ptr_array_new_with_free_func ((GDestroyNotify) rule_free);
  g_hash_table_insert (self->subs, key != NULL ? key : sub, sub);

  return sub;
}

VigSubschema *
vig_schema_compile_meta (VigSchemaCompiler *self, gboolean draft7)
{
  VigSubschema *sub = add_sub (self, NULL, "", draft7);

  sub->meta = TRUE;

  return sub;
}

VigSubschema *
vig_schema_compile (VigSchemaCompiler *self, JsonNode *node, const char *base, gboolean draft7, GError **error)
{
  VigSubschema *sub = g_hash_table_lookup (self->subs, node);
  gboolean is_boolean = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN;
  gboolean done;

  if (sub != NULL)
    return sub;
  if ((!is_boolean && !JSON_NODE_HOLDS_OBJECT (node)) || self->depth >= MAX_COMPILE_DEPTH)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s", self->depth >= MAX_COMPILE_DEPTH ? "the schema is nested too deeply" : "a schema must be an object or a boolean");
      return NULL;
    }

  sub = add_sub (self, node, base, draft7);
  sub->node = node;
  if (is_boolean)
    {
      sub->never = !json_node_get_boolean (node);
      return sub;
    }

  take_names (self, sub, json_node_get_object (node));
  self->depth++;
  done = add_rules (self, sub, json_node_get_object (node), error);
  self->depth--;

  return done ? sub : NULL;
}

void
vig_schema_compiler_init (VigSchemaCompiler *self, JsonNode *document)
{
  memset (self, 0, sizeof *self);
  self->document = json_node_ref (document);
  self->subs = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) sub_free);
  self->resources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->dynamics = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->refs = g_ptr_array_new ();
}

void
vig_schema_compiler_clear (VigSchemaCompiler *self)
{
  g_clear_pointer (&self->refs, g_ptr_array_unref);
  g_clear_pointer (&self->dynamics, g_hash_table_unref);
  g_clear_pointer (&self->resources, g_hash_table_unref);
  g_clear_pointer (&self->subs, g_hash_table_unref);
  g_clear_pointer (&self->document, json_node_unref);
}

gboolean
vig_schema_is_schema (JsonNode *value, gboolean draft7)
{
  VigSchemaCompiler compiler;
  gboolean valid;

  vig_schema_compiler_init (&compiler, value);
  valid = vig_schema_compile (&compiler, value, "vigilus:///value", draft7, NULL) != NULL;
  vig_schema_compiler_clear (&compiler);

  return valid;
}
