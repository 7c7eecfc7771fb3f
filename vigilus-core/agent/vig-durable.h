/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"

G_BEGIN_DECLS

/* Called when a write failed and will be tried again, and never after the callback. */
typedef void (*VigDurableFunc) (const GError *error, gpointer user_data);

/* A write that must happen: tried again after 1 s, 2 s, ... 30 s until it is on disk, or @cancellable fires. @func may be called
 * more than once and leaves @data as it was. With @only_unavailable an error that time does not cure ends it. */
void     vig_durable_write_async  (VigDb *db, VigDbFunc func, gpointer data, GDestroyNotify free_data, GDestroyNotify free_result,
                                   gboolean only_unavailable, VigDurableFunc on_retry, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
gpointer vig_durable_write_finish (VigDb *db, GAsyncResult *result, GError **error);

G_END_DECLS
