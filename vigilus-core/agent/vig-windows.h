/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define VIG_WINDOWS_DEFAULT      32768 /* tokens, of a model whose provider does not tell, as long as nobody set it */
#define VIG_WINDOWS_FULL_PERCENT 75    /* of a window: the rest is for the answer, and for what the estimate is off by */

/* How many tokens models hold, and how many tokens bytes are: as their providers tell, and as experience corrects it. Main thread. */
typedef struct _VigWindows VigWindows;

VigWindows *vig_windows_new         (void);
void        vig_windows_free        (VigWindows *self);

/* @provider: the row of a provider. 0: not known. */
gint64      vig_windows_get         (VigWindows *self, JsonObject *provider, const char *model);
/* Asks the provider for its list of models, at most every ten minutes. Finishes with what is known then; it never fails. */
void        vig_windows_read_async  (VigWindows *self, JsonObject *row, VigProvider *provider, const char *model, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
gint64      vig_windows_read_finish (VigWindows *self, GAsyncResult *result);
/* So many tokens were too much for it. */
void        vig_windows_learn       (VigWindows *self, JsonObject *provider, const char *model, gint64 too_many);

gint64      vig_windows_estimate    (VigWindows *self, JsonObject *provider, const char *model, gsize bytes); /* tokens */
gsize       vig_windows_to_bytes    (VigWindows *self, JsonObject *provider, const char *model, gint64 tokens);
/* What a request of so many bytes turned out to be. */
void        vig_windows_correct     (VigWindows *self, JsonObject *provider, const char *model, gsize bytes, gint64 tokens);

/* Bytes of what a model is shown; a picture counts as what it usually costs. */
gsize       vig_windows_measure     (VigTranscript *transcript);
gsize       vig_windows_measure_reply (VigReply *reply);

G_END_DECLS
