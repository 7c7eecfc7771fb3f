/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-audit.h"

G_BEGIN_DECLS

#define VIG_AUDIT_MAX_WORDS  20 /* that are looked for at once */
#define VIG_AUDIT_MIN_PREFIX 3  /* characters before a * */

gboolean vig_audit_list_check (JsonObject *filter, GError **error); /* INVALID: as vig_audit_list () would say */

/* The statement of a page: with the index of words, or without. For what it does to be looked at. */
char *vig_audit_list_make_sql (JsonObject *filter, const char *part); /* of the index of words, or NULL */

G_END_DECLS
