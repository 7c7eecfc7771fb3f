/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

#define VIG_ATTACHMENTS_UNSENT 32 /* of a person at once; they go after a day */

/* What people show to models (schema Attachment: id, name, media_type, size, created_at; inside also sha256, session_id|null). */
JsonObject *vig_store_attachments_add    (VigDbConnection *db, const char *user_id, JsonObject *attachment, GError **error); /* CONFLICT: too many unsent */
JsonObject *vig_store_attachments_get    (VigDbConnection *db, const char *user_id, const char *id, GError **error);
gboolean    vig_store_attachments_delete (VigDbConnection *db, const char *user_id, const char *id, GError **error); /* CONFLICT: it was sent */
/* Those of @ids, which become the session's; each must be the person's and in no other session. */
JsonArray  *vig_store_attachments_send   (VigDbConnection *db, const char *user_id, const char *session_id, JsonArray *ids, GError **error);
/* Forgets what was not sent since @before. */
gboolean    vig_store_attachments_expire (VigDbConnection *db, gint64 before, GError **error);
/* Whether content is still somebody's. */
gboolean    vig_store_attachments_uses   (VigDbConnection *db, const char *sha256, GError **error);

G_END_DECLS
