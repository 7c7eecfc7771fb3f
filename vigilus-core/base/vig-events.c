/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-events.h"

struct _VigEvents
{
  GObject       parent_instance;
  GMainContext *context; /* the one in which it was made */
  GMutex        lock;
  GQueue        queue;     /* of Event; under the lock */
  gboolean      scheduled; /* under the lock */
  GPtrArray    *listeners; /* of Listener; only touched on the main loop */
  guint         last_id;
};

G_DEFINE_FINAL_TYPE (VigEvents, vig_events, G_TYPE_OBJECT)

typedef struct
{
  char     *topic;
  char     *event;
  JsonNode *data;
} Event;

typedef struct
{
  grefcount    ref_count;
  guint        id; /* 0: forgotten */
  VigEventFunc func;
  VigEventFilter wants; /* or NULL */
  gpointer     user_data;
} Listener;

static void
event_free (Event *event)
{
  g_free (event->topic);
  g_free (event->event);
  json_node_unref (event->data);
  g_free (event);
}

static void
listener_unref (Listener *listener)
{
  if (g_ref_count_dec (&listener->ref_count))
    g_free (listener);
}

static Listener *
listener_ref (Listener *listener)
{
  g_ref_count_inc (&listener->ref_count);

  return listener;
}

/* Listeners come and go while they are called, so a copy is walked: who was forgotten since is skipped, who
 * came since hears from the next event on. */
static void
tell_listeners (VigEvents *self, const Event *event)
{
  g_autoptr (GPtrArray) listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) listener_unref);

  for (guint i = 0; i < self->listeners->len; i++)
    g_ptr_array_add (listeners, listener_ref (g_ptr_array_index (self->listeners, i)));

  for (guint i = 0; i < listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (listeners, i);

      if (listener->id != 0)
        listener->func (event->topic, event->event, event->data, listener->user_data);
    }
}

static gboolean
deliver (gpointer user_data)
{
  VigEvents *self = user_data;
  GQueue events = G_QUEUE_INIT;
  Event *event;

  g_mutex_lock (&self->lock);
  events = self->queue;
  g_queue_init (&self->queue);
  self->scheduled = FALSE;
  g_mutex_unlock (&self->lock);

  while ((event = g_queue_pop_head (&events)) != NULL)
    {
      tell_listeners (self, event);
      event_free (event);
    }

  return G_SOURCE_REMOVE;
}

static void
schedule (VigEvents *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, deliver, g_object_ref (self), g_object_unref);
  g_source_set_static_name (source, "vig-events");
  g_source_attach (source, self->context);
}

void
vig_events_publish (VigEvents *self, const char *topic, const char *event, JsonNode *data)
{
  Event *queued;
  gboolean idle;

  g_return_if_fail (VIG_IS_EVENTS (self));
  g_return_if_fail (topic != NULL && event != NULL);

  queued = g_new0 (Event, 1);
  queued->topic = g_strdup (topic);
  queued->event = g_strdup (event);
  queued->data = data != NULL ? data : json_node_new (JSON_NODE_NULL);
  json_node_seal (queued->data);

  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->queue, queued);
  idle = !self->scheduled;
  self->scheduled = TRUE;
  g_mutex_unlock (&self->lock);

  if (idle)
    schedule (self);
}

guint
vig_events_listen (VigEvents *self, VigEventFunc func, VigEventFilter wants, gpointer user_data)
{
  Listener *listener;

  g_return_val_if_fail (VIG_IS_EVENTS (self), 0);
  g_return_val_if_fail (func != NULL, 0);

  listener = g_new0 (Listener, 1);
  g_ref_count_init (&listener->ref_count);
  listener->id = ++self->last_id;
  listener->func = func;
  listener->wants = wants;
  listener->user_data = user_data;
  g_ptr_array_add (self->listeners, listener);

  return listener->id;
}

gboolean
vig_events_is_wanted (VigEvents *self, const char *topic)
{
  g_return_val_if_fail (VIG_IS_EVENTS (self), FALSE);

  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);

      if (listener->wants == NULL || listener->wants (topic, listener->user_data))
        return TRUE;
    }

  return FALSE;
}

void
vig_events_forget (VigEvents *self, guint id)
{
  g_return_if_fail (VIG_IS_EVENTS (self));
  g_return_if_fail (id != 0);

  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);

      if (listener->id == id)
        {
          listener->id = 0;
          g_ptr_array_remove_index (self->listeners, i);
          return;
        }
    }
}

static void
vig_events_finalize (GObject *object)
{
  VigEvents *self = VIG_EVENTS (object);

  g_queue_clear_full (&self->queue, (GDestroyNotify) event_free);
  g_ptr_array_unref (self->listeners);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (vig_events_parent_class)->finalize (object);
}

static void
vig_events_class_init (VigEventsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_events_finalize;
}

static void
vig_events_init (VigEvents *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) listener_unref);
  g_mutex_init (&self->lock);
  g_queue_init (&self->queue);
}

VigEvents *
vig_events_new (void)
{
  return g_object_new (VIG_TYPE_EVENTS, NULL);
}
