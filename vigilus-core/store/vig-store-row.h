/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* What the vig-store-<noun>.c files share. */

/* One object of the row, members named as the columns are, by letter: s text, i integer, b boolean, t time, j JSON, - left out. */
JsonObject *vig_store_row_to_object (VigDbRows *rows, const char *types);
/* The first row, or NULL; without error: there is none. Takes @rows, which may be NULL. */
JsonObject *vig_store_row_one       (VigDbRows *rows, const char *types, GError **error);
/* The first row; NOT_FOUND, naming @noun and @id, where there is none. Takes @rows, which may be NULL. */
JsonObject *vig_store_row_required  (VigDbRows *rows, const char *types, const char *noun, const char *id, GError **error);
/* Every row. Takes @rows, which may be NULL. */
JsonArray  *vig_store_row_all       (VigDbRows *rows, const char *types, GError **error);
/* The number in the only row, or -1. Takes @rows. */
gint64      vig_store_row_count     (VigDbRows *rows, GError **error);
/* A copy for a sink: what the core itself fills in, such as ids, is taken as it is. */
JsonNode   *vig_store_row_redact    (VigRedactor *redactor, JsonObject *row);

/* The cursor of a page, checked to be one of @list: its key, or NULL without error at the first page. */
gboolean    vig_store_cursor_text   (const VigPage *page, const char *list, char **key, GError **error);
char       *vig_store_cursor_new    (const char *list, const char *key);
gboolean    vig_store_cursor_before (const VigPage *page, const char *list, gint64 *seq, GError **error); /* first page: G_MAXINT64 */
gint64      vig_store_page_limit    (const VigPage *page);
/* A page from a query with LIMIT one more than the page's; the cursor is made of @key_column. Takes @rows, which may be NULL. */
JsonObject *vig_store_page_collect  (VigDbRows *rows, const char *types, const VigPage *page, const char *list, int key_column, GError **error);

/* What a member may be. */
typedef struct
{
  const char *name;
  char        type;   /* s string, i integer, b boolean, o object, a array of strings */
  gboolean    nullable;
  gint64      min;    /* characters of a string, value of an integer, elements of an array */
  gint64      max;
  const char *values; /* "read|write", or NULL */
} VigStoreField;

/* Unknown members, wrong types, values out of range: INVALID, naming the member. @fields ends with a NULL name. */
gboolean    vig_store_check_fields  (const char *noun, const VigStoreField *fields, JsonObject *values, GError **error);
void        vig_store_merge         (JsonObject *target, JsonObject *changes);

/* A name for people: not empty, and no space at its ends. */
gboolean    vig_store_check_name    (const char *name, GError **error);
/* Where @error is EXISTS: "an Operator named "X" exists already". Returns FALSE. */
gboolean    vig_store_name_taken    (const char *noun, const char *name, GError **error);
gboolean    vig_store_not_found     (const char *noun, const char *id, GError **error); /* FALSE */
void        vig_store_set_time      (JsonObject *object, const char *name, gint64 time); /* 0: null */
/* The time in a member: 0 where it is null or missing; INVALID where it is no ISO 8601 time. */
gboolean    vig_store_get_time      (JsonObject *object, const char *name, gint64 *time, GError **error);
/* A member as JSON text, or NULL where it is null or missing. */
char       *vig_store_dup_json      (JsonObject *object, const char *name);

G_END_DECLS
