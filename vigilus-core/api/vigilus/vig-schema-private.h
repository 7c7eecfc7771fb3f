/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-schema.h"

G_BEGIN_DECLS

typedef struct _VigSchemaRule VigSchemaRule;

/* One subschema. A boolean schema has no rules: TRUE admits everything, FALSE nothing. */
typedef struct
{
  JsonNode  *node;
  char      *base;     /* the URI that its references are relative to */
  gboolean   draft7;
  gboolean   never;
  gboolean   meta;     /* the dialect itself: what is valid is a schema */
  GPtrArray *rules;    /* of VigSchemaRule, unevaluated* last */
} VigSubschema;

/* What has been looked at by name or index, for unevaluatedProperties and unevaluatedItems. */
typedef struct
{
  GHashTable *names;
  GHashTable *items;
} VigSchemaSeen;

typedef struct
{
  GString  *path;      /* where the value stands, as a JSON pointer */
  char     *message;   /* the first complaint */
  guint     quiet;     /* above 0: complaints do not count, another branch may do */
  GPtrArray *scope;    /* base URIs of the subschemas that are being checked, outermost first */
  GHashTable *dynamics; /* "base#name" of each $dynamicAnchor to VigSubschema */
  guint     depth;
  guint     steps;
  gboolean  tracks;    /* the schema has unevaluated* somewhere */
  gboolean  aborted;   /* too deep or too long: invalid, whatever `not` makes of it */
} VigSchemaEval;

typedef gboolean (*VigSchemaCheck) (VigSchemaEval *eval, const VigSchemaRule *rule, JsonNode *value, VigSchemaSeen *seen);

/* Shape of a keyword's value: s string, n number, c count, b boolean, t strings, v any value, * type names; r reference,
 * S schema, L list of schemas, M map of schemas, P map of schemas by pattern, I schema or list, D map of schemas or name lists. */
typedef struct
{
  const char    *name;
  char           shape;
  char           drafts; /* '7', '2', or 0 for both */
  VigSchemaCheck check;
} VigSchemaKeyword;

struct _VigSchemaRule
{
  const VigSchemaKeyword *keyword;
  VigSubschema           *owner;
  JsonNode               *value;
  VigSubschema           *sub;      /* S, I, r */
  char                   *dynamic;  /* of a $dynamicRef: the anchor that the dynamic scope may know better, or NULL */
  GPtrArray              *subs;     /* L, I: of VigSubschema, borrowed */
  GHashTable             *map;      /* M, D: name to VigSubschema, borrowed */
  GPtrArray              *patterns; /* P, and of `pattern`: GRegex; subs are parallel */
  GHashTable             *values;   /* enum, const: canonical texts */
};

extern const VigSchemaKeyword vig_schema_logic_keywords[];
extern const VigSchemaKeyword vig_schema_scalar_keywords[];
extern const VigSchemaKeyword vig_schema_object_keywords[];
extern const VigSchemaKeyword vig_schema_array_keywords[];
extern const VigSchemaKeyword vig_schema_rest_keywords[];

gboolean             vig_schema_check     (VigSchemaEval *eval, const VigSubschema *sub, JsonNode *value, VigSchemaSeen *seen);
gboolean             vig_schema_check_at  (VigSchemaEval *eval, const VigSubschema *sub, JsonNode *value, const char *name, guint index);
gboolean             vig_schema_complain  (VigSchemaEval *eval, const char *format, ...) G_GNUC_PRINTF (2, 3);
const VigSchemaRule *vig_schema_find_rule (const VigSubschema *sub, const char *keyword);
gboolean             vig_schema_is_number (JsonNode *value);
void                 vig_schema_see_name  (VigSchemaSeen *seen, const char *name);
void                 vig_schema_see_item  (VigSchemaSeen *seen, guint index);
gboolean             vig_schema_is_schema (JsonNode *value, gboolean draft7);
GRegex              *vig_schema_regex_new (const char *pattern, GError **error);

G_END_DECLS
