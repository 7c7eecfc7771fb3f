/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"
#include "vig-worker.h"

G_BEGIN_DECLS

#define VIG_ATTACHMENTS_MAX_IMAGE  (4 * 1024 * 1024) /* bytes: what every provider takes, base64 and all */
#define VIG_ATTACHMENTS_MAX_TEXT   (256 * 1024)
#define VIG_ATTACHMENTS_OF_MESSAGE 8
#define VIG_ATTACHMENTS_OF_RUN     (16 * 1024 * 1024) /* bytes of a conversation's newest ones that a model is shown */

/* The content of attachments, in a directory of its own. Thread-safe. */
typedef struct _VigAttachments VigAttachments;

VigAttachments *vig_attachments_new  (const char *directory, GError **error);
void            vig_attachments_free (VigAttachments *self);

/* What @bytes are, and whether they may be attached: the media type. Errors: INVALID (what it is not), TOO_LARGE (with the limit). */
const char     *vig_attachments_check (GBytes *bytes, GError **error);
/* Blocks: the hex SHA-256 once it is on disk. */
char           *vig_attachments_put   (VigAttachments *self, GBytes *bytes, GError **error);
gboolean        vig_attachments_has   (VigAttachments *self, const char *sha256);
GBytes         *vig_attachments_read  (VigAttachments *self, const char *sha256, GError **error);
/* VigDbFunc on a write connection, @data: VigAttachments. Forgets what was never sent, then the content that is nobody's. */
gpointer        vig_attachments_sweep (VigDbConnection *db, gpointer data, GError **error);
/* On the store's threads: gives each of @messages a member "shown", for its attachments: [{name, media_type, base64 (pictures) | text | missing
 * (why not)}], the newest first while @left bytes last. */
void            vig_attachments_load  (VigAttachments *self, VigDbConnection *db, const char *user_id, JsonArray *messages, gint64 *left);

/* For a transcript: what was loaded. Texts join the person's own, names of pictures too; then the pictures. */
void            vig_attachments_append_text (GString *text, JsonObject *message);
void            vig_attachments_add_images  (VigTranscript *transcript, JsonObject *message);

G_END_DECLS
