/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"

G_BEGIN_DECLS

/* What the store's functions share. All vig_store_* functions are synchronous and run inside a VigDbFunc. Their currency is
 * JsonObject in the shapes of data/api (#/components/schemas/Operator and so on): ids are UUIDv7 text, times ISO 8601 UTC text. */

/* A page of a list. */
typedef struct
{
  guint       limit; /* 1 to 200; 0: 50 */
  const char *after; /* the cursor of the page before, or NULL */
} VigPage;

/* {"items": [...], "next": cursor or null}. */
JsonObject *vig_store_page_new (JsonArray *items, const char *next); /* (transfer full) items */

G_END_DECLS
