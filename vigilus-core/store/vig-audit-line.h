/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"

G_BEGIN_DECLS

/* The one form of a record that is hashed, exported and verified: a JSON object in one line, members in this order, those that are null left out. */
#define VIG_AUDIT_COLUMNS \
  "seq, id, at, event, user_name, operator_name, session_id, run_id, call_id, approval_id, tool, level, resource, arguments," \
  " decision, rule, reason, outcome, error, duration_us, detail"
#define VIG_AUDIT_TYPES "istssssssssssjsssssij"
#define VIG_AUDIT_N_COLUMNS 21

typedef enum
{
  VIG_AUDIT_SEQ,
  VIG_AUDIT_ID,
  VIG_AUDIT_AT,
} VigAuditColumn;

/* @rows: a query of these columns. Appends the line, without a line break. */
void     vig_audit_line_append  (GString *line, VigDbRows *rows);

/* For the index of words: all of them in a record, in lower case, with a space before each, and one for each field that is filtered by. */
void     vig_audit_words_append (GString *words, VigDbRows *rows);
/* The words that somebody looks for, without repetitions; one that ended with * keeps it. */
char   **vig_audit_words_split  (const char *text);
/* Whether a record has them all. @words: as vig_audit_words_append () made it, and a space behind. */
gboolean vig_audit_words_match  (const char *words, const char * const *wanted);
/* The word that stands for the value of a filtered field; NULL: not one of those. */
char    *vig_audit_words_field  (const char *field, const char *value);

G_END_DECLS
