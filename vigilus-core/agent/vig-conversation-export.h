/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* A conversation as a file, made piece by piece; all that is in it is redacted. JSON: {"format": "vigilus-conversation", "version": 1,
 * "session": Session, "messages": [Message of every branch, oldest first], "runs": [Run], "calls": [Call]}, without what providers want
 * back unchanged. Markdown: the branch that is shown. */
gpointer vig_conversation_export_new   (JsonObject *session, gboolean as_json, VigRedactor *redactor);
void     vig_conversation_export_free  (gpointer export);
/* On the store's threads: the next piece. *done: it was the last. */
gboolean vig_conversation_export_piece (VigDbConnection *db, gpointer export, GString *piece, gboolean *done, GError **error);

G_END_DECLS
