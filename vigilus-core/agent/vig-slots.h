/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many calls of one tool may run at once; and, while something that happened can't be written to the audit log, that none may. */
typedef struct _VigSlots VigSlots;

typedef void (*VigSlotFunc) (gpointer user_data);

VigSlots *vig_slots_new     (guint limit);
void      vig_slots_free    (VigSlots *self);

/* Calls @func once a slot of @key is free, in order of asking; maybe from inside. Give it back with release (). */
void      vig_slots_acquire (VigSlots *self, const char *key, VigSlotFunc func, gpointer user_data);
void      vig_slots_release (VigSlots *self, const char *key);
/* TRUE: it was still waiting, and will not be called. */
gboolean  vig_slots_forget  (VigSlots *self, const char *key, gpointer user_data);

void      vig_slots_hold    (VigSlots *self);
void      vig_slots_unhold  (VigSlots *self);

G_END_DECLS
