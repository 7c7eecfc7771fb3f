/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-compaction.h"

G_BEGIN_DECLS

/* Asks a model for a summary of what gives way, piece by piece. A model that fails, answers nothing or takes too long does not stop it: then the
 * beginnings of the lines stand in. Main thread. */
typedef struct _VigCompactor VigCompactor;

/* Each reply, to be counted. @user_data: as given to run_async (). */
typedef void (*VigCompactorFunc) (VigReply *reply, gpointer user_data);

/* @provider: NULL where none can write a summary. (transfer full) compaction */
VigCompactor *vig_compactor_new        (VigRedactor *redactor, VigProvider *provider, const char *model, const char *summary, VigCompaction *compaction);
void          vig_compactor_unref      (VigCompactor *self);
/* @on_reply is not called once @cancellable has fired. */
void          vig_compactor_run_async  (VigCompactor *self, VigCompactorFunc on_reply, GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data);
/* The text, and the model that wrote it, or NULL where it took one that did not. NULL: it was cancelled. */
char         *vig_compactor_run_finish (VigCompactor *self, GAsyncResult *result, char **model, GError **error);
VigCompaction *vig_compactor_get_compaction (VigCompactor *self);

G_END_DECLS
