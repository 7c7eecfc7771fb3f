/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-events.h"
#include "vig-redact.h"
#include "vig-secret.h"

G_BEGIN_DECLS

/* The database. Writes go through one worker, which commits what has queued up as one transaction (group commit) and answers
 * only after the commit; reads have connections of their own. What runs on a connection is plain synchronous code. */
#define VIG_TYPE_DB (vig_db_get_type ())
G_DECLARE_FINAL_TYPE (VigDb, vig_db, VIG, DB, GObject)

/* One connection, valid only inside a VigDbFunc, on its thread. */
typedef struct _VigDbConnection VigDbConnection;

/* Returns a result (freed by the GDestroyNotify given beside it if nobody takes it), or NULL; sets @error to fail:
 * then all that this function wrote is rolled back, and nothing of its neighbours. */
typedef gpointer (*VigDbFunc) (VigDbConnection *db, gpointer data, GError **error);

/* Opens, checks and migrates. Errors are for people: unwritable directory, full disk, corrupt file, newer schema. */
VigDb   *vig_db_open         (const char *path, GError **error);
/* Waits for what is queued. */
void     vig_db_close        (VigDb *self);

void     vig_db_write_async  (VigDb *self, VigDbFunc func, gpointer data, GDestroyNotify free_data, GDestroyNotify free_result,
                              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
void     vig_db_read_async   (VigDb *self, VigDbFunc func, gpointer data, GDestroyNotify free_data, GDestroyNotify free_result,
                              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gpointer vig_db_finish       (VigDb *self, GAsyncResult *result, GError **error);

/* For worker threads and start-up: the same, waiting. Never on the main loop once it runs. */
gpointer vig_db_write        (VigDb *self, VigDbFunc func, gpointer data, GError **error);
gpointer vig_db_read         (VigDb *self, VigDbFunc func, gpointer data, GError **error);

/* @func runs on the main loop after each transaction that ran a function of vig_db_before_commit (); once for several where it is late. */
void     vig_db_watch        (VigDb *self, GSourceOnceFunc func, gpointer data);

/* @func runs on the main loop with each thing that vig_db_tell () told, once the transaction that told it is on disk. */
typedef void (*VigDbHearFunc) (JsonObject *what, gpointer data);
void     vig_db_hear         (VigDb *self, VigDbHearFunc func, gpointer data);

/* Rises with every transaction of this process, before anyone is told of it: what was read while it stood still is still so. Wraps. */
guint    vig_db_count_commits (VigDb *self);

/* Statements. Parameters by letter: s string (NULL allowed), i gint64 (pass a gint64!), f double, b gboolean, o JsonObject* as
 * text (NULL allowed), y GBytes* (NULL allowed), t gint64 time (0: NULL). Placeholders are ?1, ?2 ... Constraint failures are VIG_ERROR_EXISTS (unique) and VIG_ERROR_CONFLICT
 * (foreign key); a full disk or an I/O error is VIG_ERROR_UNAVAILABLE. */
gboolean    vig_db_exec          (VigDbConnection *db, GError **error, const char *sql, const char *types, ...);
gint64      vig_db_get_changes   (VigDbConnection *db); /* rows of the last vig_db_exec () */

typedef struct _VigDbRows VigDbRows;
VigDbRows  *vig_db_query         (VigDbConnection *db, GError **error, const char *sql, const char *types, ...);
gboolean    vig_db_rows_next     (VigDbRows *rows, GError **error); /* FALSE without error: no more */
const char *vig_db_rows_string   (VigDbRows *rows, int column);     /* borrowed until next; NULL */
gint64      vig_db_rows_int      (VigDbRows *rows, int column);
gboolean    vig_db_rows_is_null  (VigDbRows *rows, int column);
JsonNode   *vig_db_rows_json     (VigDbRows *rows, int column);     /* (transfer full); null where it does not parse */
GBytes     *vig_db_rows_bytes    (VigDbRows *rows, int column);     /* (transfer full); never NULL */
void        vig_db_rows_free     (VigDbRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigDbRows, vig_db_rows_free)

/* Runs on the main loop after this transaction is on disk; dropped if it is rolled back. */
void        vig_db_after_commit  (VigDbConnection *db, GSourceOnceFunc func, gpointer data, GDestroyNotify free_data);

/* What this transaction ended that somebody has to know of at once: for vig_db_hear (); dropped if it is rolled back. (transfer full) @what */
void        vig_db_tell          (VigDbConnection *db, JsonObject *what);

/* Runs @func once at the end of this transaction, before it is on disk; its failure is that of the whole transaction. Of several only the first is kept. */
void        vig_db_before_commit (VigDbConnection *db, VigDbFunc func);

/* One thing that is kept with the connection, such as what would have to be read again: @data of vig_db_set_cache (), or NULL. */
gpointer    vig_db_get_cache     (VigDbConnection *db);
void        vig_db_set_cache     (VigDbConnection *db, gpointer data, GDestroyNotify free_data);

G_END_DECLS
