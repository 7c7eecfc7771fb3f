/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-events.h"
#include "vig-registry.h"
#include "vig-vault.h"

G_BEGIN_DECLS

/* One instance per configured provider, made anew when its row changes: connections are kept between requests. One that was deleted is let go of,
 * and its key with it. */
typedef struct _VigProviderCache VigProviderCache;

VigProviderCache *vig_provider_cache_new    (VigRegistry *registry, VigVault *vault, VigEvents *events);
void              vig_provider_cache_free   (VigProviderCache *self);

/* @row: schema Provider; @sealed_key: NULL where it has none. Errors say what to do. */
VigProvider      *vig_provider_cache_ensure (VigProviderCache *self, JsonObject *row, const char *sealed_key, GError **error); /* (transfer full) */
/* @wanted, else the row's default, else the kind's own; an error says where to choose one. */
char             *vig_provider_cache_choose_model (VigProviderCache *self, JsonObject *row, const char *wanted, GError **error);

G_END_DECLS
