/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define WAZUH_PLACE_NAME "Settings, Tools, Wazuh"

/* One of the two servers of a Wazuh installation; strings are borrowed from the settings. */
typedef struct
{
  const char *what;        /* "server API" or "indexer", for errors */
  const char *url;         /* NULL: it is not set */
  const char *user;
  const char *password;
  const char *ca;          /* PEM: then only what these have signed is trusted; NULL: what this host trusts */
  const char *fingerprint; /* hex SHA-256 of the one certificate that is trusted beside; NULL: none */
} WazuhPlace;

typedef struct
{
  const char *method;
  const char *path;          /* with its query, encoded */
  const char *authorization; /* the header's value */
  JsonObject *body;          /* NULL: none */
} WazuhRequest;

/* UNAVAILABLE says where to set it. */
gboolean  wazuh_place_check     (const WazuhPlace *place, GError **error);
/* INVALID begins with the member: an https URL (http for this host alone), PEM, hexadecimal. */
gboolean  wazuh_place_validate  (const char *url_member, const WazuhPlace *place, GError **error);
char     *wazuh_place_basic     (const WazuhPlace *place); /* for Authorization */

/* Blocks; 30 s, 16 MiB. Any answer that is JSON comes back, whatever its status is. */
JsonNode *wazuh_http_send       (const WazuhPlace *place, const WazuhRequest *request, guint *status, GCancellable *cancellable, GError **error);

/* "&name=value", encoded. @value NULL: nothing. */
void      wazuh_query_add       (GString *query, const char *name, const char *value);

G_END_DECLS
