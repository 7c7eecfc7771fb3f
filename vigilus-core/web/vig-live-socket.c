/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-live-socket.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

#define KERNEL_ROOM    (64 * 1024) /* bytes that may wait in the kernel before we hold back */
#define FLUSH_INTERVAL 20          /* ms between two tries */

typedef struct
{
  char       *topic;
  char       *event;
  JsonObject *data; /* but its text */
  GString    *text;
} Delta;

static void
free_delta (gpointer data)
{
  Delta *delta = data;

  g_free (delta->topic);
  g_free (delta->event);
  json_object_unref (delta->data);
  g_string_free (delta->text, TRUE);
  g_free (delta);
}

static gsize
count_unsent (VigLiveSocket *self)
{
  int waiting = 0;

  return self->socket != NULL && ioctl (g_socket_get_fd (self->socket), SIOCOUTQ, &waiting) == 0 ? (gsize) waiting : 0;
}

/* libsoup's own queue has no limit and cannot be looked at; so it is given only what the kernel takes at once. */
static gboolean
flush (gpointer user_data)
{
  VigLiveSocket *self = user_data;
  gsize given = count_unsent (self);

  while (given < KERNEL_ROOM && !g_queue_is_empty (&self->queue))
    {
      g_autofree char *text = g_queue_pop_head (&self->queue);
      gsize length = strlen (text);

      self->queued -= length;
      given += length;
      if (soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_send_text (self->connection, text);
    }

  if (!g_queue_is_empty (&self->queue))
    {
      if (self->flush_id == 0)
        self->flush_id = g_timeout_add (FLUSH_INTERVAL, flush, self);
      return G_SOURCE_CONTINUE;
    }
  self->flush_id = 0;

  return G_SOURCE_REMOVE;
}

static void
enqueue (VigLiveSocket *self, const char *topic, const char *event, JsonNode *data)
{
  g_autoptr (JsonNode) node = vig_json_pack ("{s:s,s:s,s:O}", "topic", topic, "event", event, "data", data);
  char *text = vig_json_to_string (node);

  self->queued += strlen (text);
  g_queue_push_tail (&self->queue, text);
  if (self->flush_id == 0)
    flush (self);
  if (self->queued > VIG_LIVE_QUEUE)
    vig_live_socket_end (self, VIG_LIVE_TOO_SLOW, "the reader did not keep up");
}

static void
send_joined (VigLiveSocket *self, Delta *delta)
{
  g_autoptr (JsonNode) data = json_node_alloc ();

  json_object_set_string_member (delta->data, "text", delta->text->str);
  json_node_init_object (data, delta->data);
  enqueue (self, delta->topic, delta->event, data);
  free_delta (delta);
}

static void
send_all_joined (VigLiveSocket *self)
{
  g_clear_handle_id (&self->join_id, g_source_remove);
  while (!self->ended && !g_queue_is_empty (&self->deltas))
    send_joined (self, g_queue_pop_head (&self->deltas));
}

static gboolean
join_time_over (gpointer user_data)
{
  VigLiveSocket *self = user_data;

  self->join_id = 0;
  if (g_queue_is_empty (&self->deltas))
    return G_SOURCE_REMOVE;

  send_all_joined (self);
  if (!self->ended)
    self->join_id = g_timeout_add (VIG_LIVE_COALESCE, join_time_over, self);

  return G_SOURCE_REMOVE;
}

void
vig_live_socket_send (VigLiveSocket *self, const char *topic, const char *event, JsonNode *data)
{
  if (self->ended)
    return;

  send_all_joined (self);
  if (!self->ended)
    enqueue (self, topic, event, data);
}

static gboolean
is_like (Delta *delta, const char *topic, const char *event, JsonObject *data)
{
  static const char *const NAMES[] = { "run_id", "call_id", "kind", "stream" };

  if (delta == NULL || !g_str_equal (delta->topic, topic) || !g_str_equal (delta->event, event))
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (NAMES); i++)
    if (g_strcmp0 (vig_json_get_string (delta->data, NAMES[i], NULL), vig_json_get_string (data, NAMES[i], NULL)) != 0)
      return FALSE;

  return TRUE;
}

static JsonObject *
copy_object (JsonObject *object)
{
  g_autoptr (GList) names = json_object_get_members (object);
  JsonObject *copy = json_object_new ();

  for (GList *name = names; name != NULL; name = name->next)
    json_object_set_member (copy, name->data, json_node_ref (json_object_get_member (object, name->data)));

  return copy;
}

void
vig_live_socket_send_delta (VigLiveSocket *self, const char *topic, const char *event, JsonNode *data)
{
  JsonObject *object = json_node_get_object (data);
  const char *text = vig_json_get_string (object, "text", "");
  Delta *last = g_queue_peek_tail (&self->deltas);

  if (self->ended)
    return;
  if (!is_like (last, topic, event, object))
    {
      last = g_new0 (Delta, 1);
      last->topic = g_strdup (topic);
      last->event = g_strdup (event);
      last->data = copy_object (object);
      last->text = g_string_new (NULL);
      g_queue_push_tail (&self->deltas, last);
    }

  g_string_append (last->text, text);
  if (self->join_id != 0 && last->text->len <= VIG_LIVE_QUEUE)
    return;

  /* The first is shown at once; what follows within the time is joined. */
  send_all_joined (self);
  if (!self->ended && self->join_id == 0)
    self->join_id = g_timeout_add (VIG_LIVE_COALESCE, join_time_over, self);
}

void
vig_live_socket_end (VigLiveSocket *self, gushort code, const char *reason)
{
  if (self->ended)
    return;

  self->ended = TRUE;
  if (soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (self->connection, code, reason);
  /* Nobody reads there: a close frame would wait for ever behind the rest. */
  if (code == VIG_LIVE_TOO_SLOW && self->socket != NULL)
    g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
}

void
vig_live_socket_free (VigLiveSocket *self)
{
  g_clear_handle_id (&self->join_id, g_source_remove);
  g_clear_handle_id (&self->flush_id, g_source_remove);
  g_queue_clear_full (&self->deltas, free_delta);
  g_queue_clear_full (&self->queue, g_free);
  g_hash_table_unref (self->topics);
  g_clear_pointer (&self->login, vig_login_unref);
  g_clear_object (&self->connection);
  g_clear_object (&self->socket);
  g_free (self);
}
