/* SPDX-License-Identifier: MIT */
#pragma once

#include "wazuh-http.h"

G_BEGIN_DECLS

/* The server API (port 55000), as of 4.0. Signs in for a token, which is kept and shared by all calls, and renewed when it has expired. Thread-safe. */
typedef struct _WazuhApi WazuhApi;

/* A page of a list. */
typedef struct
{
  JsonArray *items;
  gint64     total;
  char      *warning; /* NULL, or what of it failed */
} WazuhList;

void        wazuh_list_free    (WazuhList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WazuhList, wazuh_list_free)

WazuhApi   *wazuh_api_new      (void);
void        wazuh_api_free     (WazuhApi *self);

/* GET; the answer's object where it says that all went well. Errors say what the server says, and what to do. */
JsonObject *wazuh_api_get      (WazuhApi *self, const WazuhPlace *place, const char *path, GCancellable *cancellable, GError **error);
/* The same of a list. */
WazuhList  *wazuh_api_get_list (WazuhApi *self, const WazuhPlace *place, const char *path, GCancellable *cancellable, GError **error);
/* Major and minor version, as 4014 for 4.14. -1: it could not be asked. */
int         wazuh_api_get_version (WazuhApi *self, const WazuhPlace *place, GCancellable *cancellable, GError **error);

G_END_DECLS
