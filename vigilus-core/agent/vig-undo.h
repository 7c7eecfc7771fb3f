/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"
#include "vig-worker.h"

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Keeps what files were before calls changed them, and puts it back. Content is in the data directory, by its SHA-256; what belongs to which
 * call is in the database. Both are on disk before a tool changes anything. */
#define VIG_TYPE_UNDO (vig_undo_get_type ())
G_DECLARE_FINAL_TYPE (VigUndo, vig_undo, VIG, UNDO, GObject)

/* For whom something is kept; all may be NULL but tool. */
typedef struct
{
  const char *call_id;
  const char *undoes;        /* the change that this one undoes */
  const char *run_id;
  const char *session_id;
  const char *operator_name;
  const char *user_name;
  const char *tool;
} VigUndoSubject;

/* @directory: made where it is not there. */
VigUndo    *vig_undo_new        (VigDb *db, VigWorker *worker, VigEvents *events, VigRedactor *redactor, const char *directory, GError **error);

/* On a worker thread, which waits: what @name in @directory is now. @after: hex SHA-256 of what it will hold, "directory", "link", or NULL: nothing. */
gboolean    vig_undo_keep       (VigUndo *self, const VigUndoSubject *subject, int directory, const char *name, const char *after, GError **error);

/* The same for a file of a server: @file is what is there now, @after the hex SHA-256 of what it will hold. */
gboolean    vig_undo_keep_server_file (VigUndo *self, const VigUndoSubject *subject, VigServer *server, const char *path, const VigServerFile *file,
                                       const char *after, GError **error);

/* How a server's files are put back: opens the server with this id, and what reaches it (main thread). Without it they are not. */
typedef VigServer       *(*VigUndoServerFunc) (gpointer data, const char *server_id, GError **error);
typedef VigServerAccess *(*VigUndoAccessFunc) (gpointer data);
void        vig_undo_set_servers (VigUndo *self, VigUndoServerFunc open, VigUndoAccessFunc find_access, gpointer data);

/* Undoes a change, as @user_name. With @override also where somebody changed the files since; what they held then is kept in turn. Answers
 * the Change. CONFLICT: not kept any more, or changed since, by the names of the files. */
void        vig_undo_run_async  (VigUndo *self, const char *change_id, gboolean override, const char *user_name, const char *address,
                                 GAsyncReadyCallback callback, gpointer user_data);
JsonObject *vig_undo_run_finish (VigUndo *self, GAsyncResult *result, GError **error);

/* Lets go of what is over the limits (settings undo_days, undo_total_mb) and of leftovers; in the background, also once a day. */
void        vig_undo_sweep      (VigUndo *self);

G_END_DECLS
