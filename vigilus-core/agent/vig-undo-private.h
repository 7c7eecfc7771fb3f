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
};

/* As one transaction: the change of @subject, and in it the file. */
gboolean    vig_undo_store_file (VigUndo *self, const VigUndoSubject *subject, JsonObject *file, char **change_id, GError **error);
/* What is at @name, kept for @subject; on a worker thread. @change_id may be NULL. */
gboolean    vig_undo_keep_state (VigUndo *self, const VigUndoSubject *subject, int directory, const char *name, const char *path, const char *after_kind,
                                 const char *after_sha256, char **change_id, GError **error);
/* On a worker thread: puts everything back. */
JsonObject *vig_undo_put_back   (VigUndo *self, const char *change_id, gboolean override, const char *user_name, const char *address, GError **error);

G_END_DECLS
