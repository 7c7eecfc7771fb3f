/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-http-exchange.h"

G_BEGIN_DECLS

/* Not installed: what a provider finds out about its models. */
void       vig_http_models_list_async   (VigHttpProvider *provider, const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *vig_http_models_list_finish  (GAsyncResult *result, GError **error); /* of VigModel */

/* Whether there is something to find out before @request is asked. */
gboolean   vig_http_models_needs        (VigHttpProvider *provider, const VigCompletionRequest *request);
/* Finds it out as far as the server tells. FALSE only where it cannot be reached at all. */
void       vig_http_models_learn_async  (VigHttpProvider *provider, const VigCompletionRequest *request, GCancellable *cancellable,
                                         GAsyncReadyCallback callback, gpointer user_data);
gboolean   vig_http_models_learn_finish (GAsyncResult *result, GError **error);

/* The turn of the last question, if it shows a picture. */
gboolean   vig_http_models_asks_about_picture (VigTranscript *transcript);
gboolean   vig_http_models_asks_with_tools (const VigCompletionRequest *request);

/* Of VigHttpProvider. */
VIG_API VigHttpLimits vig_http_provider_get_time_limits (VigHttpProvider *provider);
VIG_API void vig_http_provider_set_limits (VigHttpProvider *provider, const VigHttpLimits *limits);
/* By the address that was connected to: no public one; or by its kind, which is run at home (ollama). FALSE before the first connection. */
VIG_API gboolean vig_http_provider_is_at_home (VigHttpProvider *provider);
VIG_API void vig_http_provider_note_address (VigHttpProvider *provider, GSocketAddress *address); /* NULL: not known */
GHashTable *vig_http_provider_get_models  (VigHttpProvider *provider); /* id → VigModel */
gboolean    vig_http_provider_begin_list  (VigHttpProvider *provider); /* TRUE where it is due: after a failure soon again, else once a day */
void        vig_http_provider_end_list    (VigHttpProvider *provider); /* it was read */
char       *vig_http_provider_dup_list_path (VigHttpProvider *provider);
void        vig_http_provider_run_async   (VigHttpProvider *provider, const char *path, const VigHttpRequest *request, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);

G_END_DECLS
