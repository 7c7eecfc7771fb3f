/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-slots.h"

typedef struct
{
  VigSlotFunc func;
  gpointer    user_data;
} Waiter;

typedef struct
{
  guint  n_used;
  GQueue waiters;
} Slot;

struct _VigSlots
{
  guint       limit;
  guint       n_holds;
  GHashTable *slots;
};

static void
slot_free (gpointer data)
{
  Slot *slot = data;

  g_queue_clear_full (&slot->waiters, g_free);
  g_free (slot);
}

VigSlots *
vig_slots_new (guint limit)
{
  VigSlots *self = g_new0 (VigSlots, 1);

  self->limit = limit;
  self->slots = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, slot_free);

  return self;
}

void
vig_slots_free (VigSlots *self)
{
  g_hash_table_unref (self->slots);
  g_free (self);
}

static Slot *
ensure_slot (VigSlots *self, const char *key)
{
  Slot *slot = g_hash_table_lookup (self->slots, key);

  if (slot == NULL)
    {
      slot = g_new0 (Slot, 1);
      g_queue_init (&slot->waiters);
      g_hash_table_insert (self->slots, g_strdup (key), slot);
    }

  return slot;
}

static void
grant_waiting (VigSlots *self, Slot *slot)
{
  while (self->n_holds == 0 && slot->n_used < self->limit && !g_queue_is_empty (&slot->waiters))
    {
      g_autofree Waiter *waiter = g_queue_pop_head (&slot->waiters);

      slot->n_used++;
      waiter->func (waiter->user_data);
    }
}

void
vig_slots_acquire (VigSlots *self, const char *key, VigSlotFunc func, gpointer user_data)
{
  Slot *slot = ensure_slot (self, key);
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->func = func;
  waiter->user_data = user_data;
  g_queue_push_tail (&slot->waiters, waiter);
  grant_waiting (self, slot);
}

void
vig_slots_release (VigSlots *self, const char *key)
{
  Slot *slot = g_hash_table_lookup (self->slots, key);

  g_return_if_fail (slot != NULL && slot->n_used > 0);

  slot->n_used--;
  grant_waiting (self, slot);
}

gboolean
vig_slots_forget (VigSlots *self, const char *key, gpointer user_data)
{
  Slot *slot = g_hash_table_lookup (self->slots, key);

  for (GList *l = slot != NULL ? slot->waiters.head : NULL; l != NULL; l = l->next)
    if (((Waiter *) l->data)->user_data == user_data)
      {
        g_free (l->data);
        g_queue_delete_link (&slot->waiters, l);
        return TRUE;
      }

  return FALSE;
}

void
vig_slots_hold (VigSlots *self)
{
  self->n_holds++;
}

void
vig_slots_unhold (VigSlots *self)
{
  g_autoptr (GList) slots = NULL;

  g_return_if_fail (self->n_holds > 0);

  if (--self->n_holds > 0)
    return;

  slots = g_hash_table_get_values (self->slots);
  for (GList *l = slots; l != NULL; l = l->next)
    grant_waiting (self, l->data);
}
