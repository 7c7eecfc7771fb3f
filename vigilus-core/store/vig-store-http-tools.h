/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

#define VIG_STORE_MAX_HTTP_TOOLS 500

/* Endpoints that people have described as tools (schema HttpTool). Values are shaped as the API's; whether a tool can be made of them is its plugin's to say. */
JsonObject *vig_store_http_tools_list   (VigDbConnection *db, const VigPage *page, GError **error);
JsonObject *vig_store_http_tools_get    (VigDbConnection *db, const char *id, GError **error);
JsonArray  *vig_store_http_tools_all    (VigDbConnection *db, GError **error); /* the enabled ones */
/* EXISTS: the name is taken; TOO_LARGE: there are VIG_STORE_MAX_HTTP_TOOLS. */
JsonObject *vig_store_http_tools_create (VigDbConnection *db, JsonObject *values, GError **error);
JsonObject *vig_store_http_tools_update (VigDbConnection *db, const char *id, JsonObject *changes, GError **error);
gboolean    vig_store_http_tools_delete (VigDbConnection *db, const char *id, GError **error);
/* What the tool of that name signs in with, sealed; NULL without error: nothing. */
char       *vig_store_http_tools_sealed (VigDbConnection *db, const char *name, GError **error);
/* A definition as it stands with @changes made, checked; nothing is written. */
JsonObject *vig_store_http_tools_merge  (JsonObject *definition, JsonObject *changes, GError **error);

G_END_DECLS
