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

typedef gboolean (*VigEventFilter) (const char *topic, gpointer user_data);

VigEvents *vig_events_new       (void);
void       vig_events_publish   (VigEvents *self, const char *topic, const char *event, JsonNode *data); /* (transfer full) data */
/* @wants: whether it listens to a topic now; NULL: to all. What nobody wants need not be made. Both on the main loop. */
guint      vig_events_listen    (VigEvents *self, VigEventFunc func, VigEventFilter wants, gpointer user_data);
gboolean   vig_events_is_wanted (VigEvents *self, const char *topic);
void       vig_events_forget    (VigEvents *self, guint id);

G_END_DECLS
