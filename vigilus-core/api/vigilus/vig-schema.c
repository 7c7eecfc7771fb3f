/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-schema.h"

#include "vig-schema-compile.h"

/* What a document without `$id` is called, so that relative references have something to stand on. */
#define DEFAULT_BASE "vigilus:///schema"

struct _VigSchema
{
  gatomicrefcount   ref_count;
  VigSchemaCompiler compiled; /* only read once it is made */
  VigSubschema     *root;
};

G_DEFINE_BOXED_TYPE (VigSchema, vig_schema, vig_schema_ref, vig_schema_unref)

static gboolean
compile (VigSchema *self, JsonNode *document, const char *pointer, GError **error)
{
  JsonNode *node = vig_schema_follow_pointer (document, pointer);

  if (node == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the document has no schema at %s", pointer);
      return FALSE;
    }

  g_hash_table_insert (self->compiled.resources, g_strdup (DEFAULT_BASE), document);
  self->root = vig_schema_compile (&self->compiled, node, DEFAULT_BASE, FALSE, error);

  return self->root != NULL && vig_schema_resolve_all (&self->compiled, error);
}

VigSchema *
vig_schema_new (JsonNode *document, const char *pointer, GError **error)
{
  g_autoptr (VigSchema) self = NULL;

  g_return_val_if_fail (document != NULL, NULL);

  self = g_new0 (VigSchema, 1);
  g_atomic_ref_count_init (&self->ref_count);
  vig_schema_compiler_init (&self->compiled, document);
  if (!compile (self, document, pointer != NULL ? pointer : "", error))
    return NULL;

  return g_steal_pointer (&self);
}

VigSchema *
vig_schema_ref (VigSchema *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
vig_schema_unref (VigSchema *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  vig_schema_compiler_clear (&self->compiled);
  g_free (self);
}

gboolean
vig_schema_validate (VigSchema *self, JsonNode *value, GError **error)
{
  g_autoptr (GString) path = g_string_new (NULL);
  VigSchemaEval eval = { .path = path };
  g_autoptr (GPtrArray) scope = g_ptr_array_new ();
  g_autofree char *message = NULL;
  gboolean valid;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  eval.scope = scope;
  eval.dynamics = self->compiled.dynamics;
  eval.tracks = self->compiled.tracks;
  valid = vig_schema_check (&eval, self->root, value, NULL);
  message = eval.message;
  if (eval.aborted)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "value: too complex for its schema");
  else if (!valid)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, message != NULL ? message : "value: not as the schema says");

  return valid && !eval.aborted;
}
