/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

typedef enum
{
  VIG_TRUST_INHERIT,
  VIG_TRUST_STRICT,
  VIG_TRUST_LENIENT,
} VigTrust;

/* A sub-agent as a person set it up: read once from the store, then only read. */
typedef struct
{
  char     *id;
  char     *name;
  char     *description;
  char     *system_prompt;
  char     *soul;
  char     *provider_id; /* NULL: the default one */
  char     *model;       /* NULL: the provider's */
  VigLevel  ceiling;
  VigTrust  trust;
  char     *working_directory; /* absolute, or NULL */
  gboolean  enabled;
  char    **tools;
  char     *updated_at;
} VigOperator;

#define VIG_TYPE_OPERATOR (vig_operator_get_type ())

GType        vig_operator_get_type (void);
VigOperator *vig_operator_new      (JsonObject *object); /* schema Operator */
GPtrArray   *vig_operator_new_all  (JsonArray *objects); /* of VigOperator, owned */
VigOperator *vig_operator_ref      (VigOperator *self);
void         vig_operator_unref    (VigOperator *self);
/* Before it is shared: at most what @run (schema Run) says that its asker lends. */
void         vig_operator_cap      (VigOperator *self, JsonObject *run);
/* Assigned; `tools.search` comes by itself with many. */
gboolean     vig_operator_has_tool (VigOperator *self, const char *name);
gboolean     vig_operator_is_lenient (VigOperator *self, gboolean global);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigOperator, vig_operator_unref)

G_END_DECLS
