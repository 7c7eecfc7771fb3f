/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-request.h"

G_BEGIN_DECLS

#define VIG_PROVIDER_TEST_TIME 20 /* seconds */
#define VIG_PROVIDER_KEY_ELSEWHERE "/api_key: enter the key again: the stored one belongs to the stored base URL"

/* Connects to a provider and lists its models; answers the request. The body's members win over what is stored for @provider_id, which
 * may be NULL. */
void     vig_provider_test  (VigRequest *request, const char *provider_id);

/* NULL is right: the kind's own. INVALID: not http or https, no host, credentials in it, a query or a fragment. */
gboolean vig_base_url_check (const char *base_url, GError **error);

G_END_DECLS
