/* SPDX-License-Identifier: MIT */
#pragma once

#include <string.h>

#include "vig-audit-checkpoint.h"
#include "vig-audit-export.h"
#include "vig-audit.h"
#include "vig-test.h"
#include "vig-verify.h"

/* A signed log, and what it exports. */

#define RECORDS 540 /* two full tiles and an open one */
#define STEP 90     /* records between two checkpoints */

typedef struct
{
  char        *directory;
  VigDb       *db;
  VigRedactor *redactor;
  VigVault    *vault;
  VigSecret   *secret;
  char        *key;
  char        *early; /* an export that was made when there were fewer records */
  char        *jsonl;
  char        *csv;
} Log;

gpointer   append_some (VigDbConnection *db, gpointer data, GError **error);
gpointer   sign (VigDbConnection *db, gpointer data, GError **error);
void       write_db (Log *log, VigDbFunc func, gpointer data);
char      *make_export (Log *log, VigExportFormat format);
void       set_secret (Log *log, const char *passphrase);
void       set_up (Log *log, gconstpointer data);
void       tear_down (Log *log, gconstpointer data);
/* NULL: right; else what was found. @from: the first record that is expected. */
char      *verify_many (const char *key, const char *checkpoints, guint64 from, const char * const *exports);
char      *verify_excerpt (const char *key, const char *checkpoints, const char *text);
char      *verify (const char *key, const char *checkpoints, const char *text);
/* Lines, the head among them, without the empty one behind the last. */
GPtrArray *split (const char *text);
char      *join (GPtrArray *lines);
