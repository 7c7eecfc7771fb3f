/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store-row.h"
#include "vig-store-scope.h"

G_BEGIN_DECLS

#define SCOPE_SEVERITY(column) "CASE " column " WHEN 1 THEN 'low' WHEN 2 THEN 'medium' WHEN 3 THEN 'high' WHEN 4 THEN 'critical' END"

/* A kind of service that should not be open to a network, from data/scope/exposures.json. */
typedef struct
{
  const char *id;
  const char *title;
  const char *advice;
  gint64      severity; /* 1 low to 4 critical */
  JsonArray  *services; /* nmap's names */
  JsonArray  *products; /* words in a product */
  gboolean    plain;    /* only where it is not inside TLS */
} VigExposure;

/* Both live for ever. */
const VigExposure *vig_exposure_find  (const char *id);            /* NULL: not known any more */
/* The rule that a service falls under, or NULL. */
const VigExposure *vig_exposure_match (const char *name, const char *product, const char *tunnel);
gint64             vig_exposure_severity_from_text (const char *text); /* 0: unknown */

/* Keys that sort as addresses do, and the /24 or /64 that an address is in. FALSE: no address. */
typedef struct
{
  char address_key[40];
  char subnet_key[40];
  char subnet[64];
} VigScopeKeys;

gboolean           vig_scope_keys_init (VigScopeKeys *keys, const char *address);

/* Writes on the host how many ports and findings are open there. */
gboolean           vig_scope_count     (VigDbConnection *db, const char *host_id, GError **error);

G_END_DECLS
