/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What happened, by topic: the live socket and D-Bus listen. May be called from any thread; listeners are called on the
 * main loop, in order. Topics: "session:<id>" (runs, calls, messages and streamed text of a chat), "runs", "approvals", "changes",
 * "operators", "providers", "plugins", "settings", "audit", "sessions", "scope". */
#define VIG_TYPE_EVENTS (vig_events_get_type ())
G_DECLARE_FINAL_TYPE (VigEvents, vig_events, VIG, EVENTS, GObject)

typedef void (*VigEventFunc) (const char *topic, const char *event, JsonNode *data, gpointer user_data);

VigEvents *vig_events_new       (void);
void       vig_events_publish   (VigEvents *self, const char *topic, const char *event, JsonNode *data); /* (transfer full) data */
guint      vig_events_listen    (VigEvents *self, VigEventFunc func, gpointer user_data);
void       vig_events_forget    (VigEvents *self, guint id);

G_END_DECLS
