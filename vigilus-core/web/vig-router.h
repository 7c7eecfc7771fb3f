/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* The OpenAPI description, bound to functions: finds the operation of a request and checks parameters and body against it. Immutable
 * once made. Pure: knows nothing of sockets and the store. */
typedef struct _VigRouter VigRouter;

typedef enum
{
  VIG_ROLE_VIEWER,
  VIG_ROLE_APPROVER,
  VIG_ROLE_ADMINISTRATOR,
  VIG_ROLE_OWNER,
} VigRole;

typedef struct _VigOperation VigOperation;

typedef struct
{
  const VigOperation *operation;
  char              **values; /* of the path's parameters, in the order of the path */
} VigMatch;

/* @bindings: operationId to whatever the caller binds to it. Errors: VIG_ERROR_INVALID names every operation that has no binding, every
 * binding that has no operation, and what is wrong in the description. Takes the responses out of @document. */
VigRouter    *vig_router_new                   (JsonNode *document, GHashTable *bindings, GError **error);
void          vig_router_free                  (VigRouter *self);
/* @path: as sent, percent-encoded. VIG_ERROR_NOT_FOUND: no such path. VIG_ERROR_NOT_SUPPORTED: not with this method; *allow (transfer full)
 * then has the ones it knows, as for the Allow header. HEAD finds GET. */
gboolean      vig_router_match                 (VigRouter *self, const char *method, const char *path, VigMatch *match, char **allow, GError **error);
void          vig_match_clear                  (VigMatch *match);

gpointer      vig_operation_get_binding        (const VigOperation *self);
const char   *vig_operation_get_id             (const VigOperation *self);
gboolean      vig_operation_is_open            (const VigOperation *self);
gboolean      vig_operation_is_for_people      (const VigOperation *self); /* by cookie only: an API token does not do */
const char   *vig_operation_get_group          (const VigOperation *self); /* its first tag */
VigRole       vig_operation_get_role           (const VigOperation *self);
guint         vig_operation_get_status         (const VigOperation *self); /* of success */
/* NULL: it reaches out to nothing by itself; else {"event": of its record, "detail": members of the body that go into it}. */
JsonObject   *vig_operation_get_acts           (const VigOperation *self);
gsize         vig_operation_get_body_limit     (const VigOperation *self); /* bytes */
gboolean      vig_operation_takes_body         (const VigOperation *self);
const char   *vig_operation_get_path_name      (const VigOperation *self, guint index); /* NULL: no more */

/* Query and path parameters as one object, typed and checked. *field (transfer full, may be NULL) names the one that an error is about. */
JsonObject   *vig_operation_check_parameters   (const VigOperation *self, char **values, const char *query, char **field, GError **error);
JsonObject   *vig_operation_check_body         (const VigOperation *self, const char *text, gsize length, char **field, GError **error);

gboolean      vig_role_from_string             (const char *text, VigRole *role);
const char   *vig_role_to_string               (VigRole role);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigRouter, vig_router_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VigMatch, vig_match_clear)

G_END_DECLS
