/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-router.h"

G_BEGIN_DECLS

/* One operation of the description, compiled. */
typedef struct
{
  char      *name;
  char      *type; /* "string", "integer" or "boolean" */
  gboolean   in_path;
  gboolean   required;
  VigSchema *schema;
} VigParameter;

struct _VigOperation
{
  char      *id;
  char      *method;
  char      *path;
  char      *group;
  char     **segments; /* of the path; a parameter begins with { */
  GPtrArray *parameters;
  VigSchema *body; /* NULL: takes none */
  gboolean   body_required;
  gboolean   body_is_raw;   /* bytes, which its function takes as they are */
  gsize      body_limit;
  gboolean   open;
  gboolean   for_people; /* not with an API token */
  VigRole    role;
  guint      status;
  JsonObject *acts; /* NULL: does not */
  gpointer   binding;
};

#define VIG_BODY_LIMIT (1024 * 1024) /* bytes */

VigOperation *vig_operation_new  (JsonNode *document, const char *path, const char *method, JsonObject *description, GError **error);
void          vig_operation_free (VigOperation *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigOperation, vig_operation_free)

G_END_DECLS
