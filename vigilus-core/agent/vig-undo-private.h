/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-file-state.h"
#include "vig-undo.h"

G_BEGIN_DECLS

/* What the files of VigUndo share. */
struct _VigUndo
{
  GObject      parent_instance;

  VigDb       *db;
  VigWorker   *worker;
  VigEvents   *events;
  VigRedactor *redactor;
  VigContent  *content;
  GRWLock      lock;    /* readers keep content and say that it is needed; the writer removes what nobody needs */
  GMutex       undoing; /* one at a time */
  guint        timer;

  VigUndoServerFunc open_server;
  VigUndoAccessFunc find_access;
  gpointer          servers_data;
};

/* The file of one server, while a change is undone. */
typedef struct
{
  VigUndo         *undo;
  VigServerAccess *access; /* or NULL */
  VigServer       *server;
  const char      *path;
  VigServerFile    now;
} VigUndoServerFile;

gboolean    vig_undo_server_file_open     (VigUndoServerFile *self, VigUndo *undo, VigServerAccess *access, JsonObject *file, GError **error);
void        vig_undo_server_file_clear    (VigUndoServerFile *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VigUndoServerFile, vig_undo_server_file_clear)
/* Whether what is there now is what the change left, and whether it is what was there before. Owners may be what the server's user could not set. */
gboolean    vig_undo_server_file_is_after  (VigUndoServerFile *self, JsonObject *file);
gboolean    vig_undo_server_file_is_before (VigUndoServerFile *self, JsonObject *file);
gboolean    vig_undo_server_file_put_back  (VigUndoServerFile *self, const VigUndoSubject *subject, JsonObject *file, char **change_id, GError **error);

/* What the settings let one file be, in bytes; -1: error. */
gint64      vig_undo_read_max_size (VigUndo *self, GError **error);
/* As one transaction: the change of @subject, and in it the file. */
gboolean    vig_undo_store_file (VigUndo *self, const VigUndoSubject *subject, JsonObject *file, char **change_id, GError **error);
/* What is at @name, kept for @subject; on a worker thread. @change_id may be NULL. */
gboolean    vig_undo_keep_state (VigUndo *self, const VigUndoSubject *subject, int directory, const char *name, const char *path, const char *after_kind,
                                 const char *after_sha256, char **change_id, GError **error);
/* On a worker thread: puts everything back. */
JsonObject *vig_undo_put_back   (VigUndo *self, VigServerAccess *access, const char *change_id, gboolean override, const char *user_name, const char *address,
                                 GError **error);

G_END_DECLS
