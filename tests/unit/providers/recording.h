/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-test-host.h"

G_BEGIN_DECLS

/* One exchange with a server and what is to be read from it, as in tests/data/recordings; tests/data/exchanges has what follows from it too. */
typedef void (*RecordingModelFunc) (const VigModel *model);

GHashTable *recording_new_providers (void); /* what recording_check () keeps: name → VigProvider */

/* Reads it whole and cut, and asserts. @on_model, or NULL, is told each model of a list. */
void recording_check        (JsonObject *root, GHashTable *providers, GRand *rand, RecordingModelFunc on_model);

/* As a reader of answers gets them: cut at @cuts. */
gboolean recording_feed     (VigHttpAnswer *answer, const char *body, gsize length, const gsize *cuts, guint n_cuts, GError **error);

G_END_DECLS
