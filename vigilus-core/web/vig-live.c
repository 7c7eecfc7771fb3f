/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-live.h"

#include "vig-live-socket.h"
#include "vig-store-sessions.h"
#include "vig-web.h"

#include <string.h>

#define CHECK_INTERVAL 30 /* seconds between two looks whether the login still lives */

struct _VigLive
{
  VigWeb    *web;
  GPtrArray *sockets;
  guint      listen_id;
  guint      check_id;
};

/* What a topic tells of is read under these too: the group of operations, for API tokens that are for some groups only, and the role. */
static const struct
{
  const char *topic;
  const char *group;
  VigRole     role;
} TOPICS[] = {
  { "runs", "chat", VIG_ROLE_VIEWER }, { "sessions", "chat", VIG_ROLE_VIEWER }, { "approvals", "approvals", VIG_ROLE_VIEWER },
  { "changes", "changes", VIG_ROLE_VIEWER }, { "operators", "operators", VIG_ROLE_VIEWER }, { "providers", "providers", VIG_ROLE_VIEWER },
  { "plugins", "plugins", VIG_ROLE_VIEWER }, { "settings", "settings", VIG_ROLE_VIEWER }, { "audit", "audit", VIG_ROLE_VIEWER },
  { "memories", "memories", VIG_ROLE_VIEWER }, { "servers", "servers", VIG_ROLE_VIEWER }, { "credentials", "servers", VIG_ROLE_ADMINISTRATOR },
  { "http-tools", "http-tools", VIG_ROLE_VIEWER }, { "scope", "scope", VIG_ROLE_VIEWER },
};

static gboolean
is_of (JsonNode *data, VigLiveSocket *socket)
{
  JsonObject *object = data != NULL && JSON_NODE_HOLDS_OBJECT (data) ? json_node_get_object (data) : NULL;

  return g_strcmp0 (vig_json_get_string (object, "user_id", NULL), socket->login->caller.user_id) == 0;
}

/* Chats are their owner's alone, and so is what the common topics tell of them; a request is also for those who may decide it. */
static gboolean
may_see (VigLiveSocket *socket, const char *topic, JsonNode *data)
{
  if (g_str_equal (topic, "runs") || g_str_equal (topic, "sessions"))
    return is_of (data, socket);
  if (g_str_equal (topic, "approvals"))
    return socket->login->role >= VIG_ROLE_APPROVER || is_of (data, socket);

  return TRUE;
}

static void
on_event (const char *topic, const char *event, JsonNode *data, gpointer user_data)
{
  VigLive *self = user_data;
  gboolean is_delta = (g_str_equal (event, "text.delta") || g_str_equal (event, "call.output")) && data != NULL && JSON_NODE_HOLDS_OBJECT (data);

  for (guint i = 0; i < self->sockets->len; i++)
    {
      VigLiveSocket *socket = g_ptr_array_index (self->sockets, i);

      if (!g_hash_table_contains (socket->topics, topic))
        continue;
      if (!may_see (socket, topic, data))
        {
          /* What each Operator does and what waits are lists that everybody sees: that they changed is no secret. */
          if (!g_str_equal (topic, "sessions"))
            vig_live_socket_send (socket, topic, "elsewhere", NULL);
        }
      else if (is_delta)
        vig_live_socket_send_delta (socket, topic, event, data);
      else
        vig_live_socket_send (socket, topic, event, data);
    }
}

static gboolean
is_wanted (const char *topic, gpointer user_data)
{
  VigLive *self = user_data;

  for (guint i = 0; i < self->sockets->len; i++)
    if (g_hash_table_contains (((VigLiveSocket *) g_ptr_array_index (self->sockets, i))->topics, topic))
      return TRUE;

  return FALSE;
}

static void
on_closed (SoupWebsocketConnection *connection, gpointer user_data)
{
  VigLiveSocket *socket = user_data;

  g_ptr_array_remove (socket->live->sockets, socket);
}

static void
refuse (VigLiveSocket *socket, const char *topic, const char *code, const char *message)
{
  g_autoptr (JsonNode) data = vig_json_pack ("{s:s,s:s}", "code", code, "message", message);

  vig_live_socket_send (socket, topic, "refused", data);
}

static VigLiveSocket *
find_socket (VigLive *self, SoupWebsocketConnection *connection)
{
  for (guint i = 0; i < self->sockets->len; i++)
    {
      VigLiveSocket *socket = g_ptr_array_index (self->sockets, i);

      if (socket->connection == connection)
        return socket;
    }

  return NULL;
}

typedef struct
{
  GObject                 *owner; /* keeps the web front, and so the sockets' list, alive */
  VigLive                 *live;
  SoupWebsocketConnection *connection;
  VigLogin                *login;
  char                    *topic;
} Subscription;

static void
free_subscription (gpointer data)
{
  Subscription *subscription = data;

  g_object_unref (subscription->connection);
  vig_login_unref (subscription->login);
  g_free (subscription->topic);
  g_object_unref (subscription->owner);
  g_free (subscription);
}

static gpointer
find_chat (VigDbConnection *db, gpointer data, GError **error)
{
  Subscription *subscription = data;

  return vig_store_sessions_get (db, subscription->login->caller.user_id, subscription->topic + strlen ("session:"), error);
}

static void
accept_topic (VigLiveSocket *socket, const char *topic)
{
  g_hash_table_add (socket->topics, g_strdup (topic));
  vig_live_socket_send (socket, topic, "subscribed", NULL);
}

static void
chat_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Subscription *subscription = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) chat = vig_db_finish (VIG_DB (source), result, &error);
  VigLiveSocket *socket = find_socket (subscription->live, subscription->connection);

  if (socket != NULL && chat != NULL)
    accept_topic (socket, subscription->topic);
  else if (socket != NULL)
    refuse (socket, subscription->topic, "not_found", "you have no such session");
  free_subscription (subscription);
}

static gboolean
check_access (VigLiveSocket *socket, const char *topic, const char *group, VigRole role)
{
  if (!vig_login_has_group (socket->login, group))
    refuse (socket, topic, "denied", "this API token is not for that");
  else if (socket->login->role < role)
    refuse (socket, topic, "denied", "your role may not see that");
  else
    return TRUE;

  return FALSE;
}

static void
subscribe (VigLiveSocket *socket, const char *topic)
{
  VigLive *self = socket->live;
  Subscription *subscription;

  if (g_hash_table_size (socket->topics) >= VIG_LIVE_TOPICS)
    {
      refuse (socket, topic, "too_large", "a socket listens to 100 topics at most");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (TOPICS); i++)
    if (g_str_equal (TOPICS[i].topic, topic))
      {
        if (check_access (socket, topic, TOPICS[i].group, TOPICS[i].role))
          accept_topic (socket, topic);
        return;
      }
  if (!g_str_has_prefix (topic, "session:") || strlen (topic) > 64)
    {
      refuse (socket, topic, "not_found", "there is no such topic");
      return;
    }
  if (!check_access (socket, topic, "chat", VIG_ROLE_VIEWER))
    return;

  subscription = g_new0 (Subscription, 1);
  subscription->owner = g_object_ref (self->web->owner);
  subscription->live = self;
  subscription->connection = g_object_ref (socket->connection);
  subscription->login = vig_login_ref (socket->login);
  subscription->topic = g_strdup (topic);
  vig_db_read_async (self->web->context.agent->db, find_chat, subscription, NULL, (GDestroyNotify) json_object_unref, NULL, chat_found, subscription);
}

static void
for_each_topic (VigLiveSocket *socket, JsonObject *message, const char *name, gboolean joining)
{
  JsonArray *topics = vig_json_get_array (message, name);

  for (guint i = 0; topics != NULL && i < json_array_get_length (topics) && i < VIG_LIVE_TOPICS; i++)
    {
      JsonNode *node = json_array_get_element (topics, i);

      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
        continue;
      if (joining)
        subscribe (socket, json_node_get_string (node));
      else
        g_hash_table_remove (socket->topics, json_node_get_string (node));
    }
}

static void
on_message (SoupWebsocketConnection *connection, gint type, GBytes *message, gpointer user_data)
{
  VigLiveSocket *socket = user_data;
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  const char *text = g_bytes_get_data (message, &length);

  if (type == SOUP_WEBSOCKET_DATA_TEXT)
    object = vig_json_parse_object (text, (gssize) length, VIG_LIVE_INCOMING, &error);
  if (object == NULL)
    {
      vig_live_socket_end (socket, SOUP_WEBSOCKET_CLOSE_UNSUPPORTED_DATA, "messages are JSON objects");
      return;
    }

  for_each_topic (socket, object, "unsubscribe", FALSE);
  for_each_topic (socket, object, "subscribe", TRUE);
}

static void
tell_no_session (SoupWebsocketConnection *connection)
{
  soup_websocket_connection_send_text (connection, "{\"event\":\"no-session\"}");
  soup_websocket_connection_close (connection, VIG_LIVE_NO_SESSION, "no session");
}

static void
end_login (VigLiveSocket *socket)
{
  if (!socket->ended && soup_websocket_connection_get_state (socket->connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text (socket->connection, "{\"event\":\"no-session\"}");
  vig_live_socket_end (socket, VIG_LIVE_NO_SESSION, "no session");
}

static void
on_login_ended (const char *token, const char *user_id, const char *but_token, gpointer user_data)
{
  VigLive *self = user_data;

  for (guint i = self->sockets->len; i > 0; i--)
    {
      VigLiveSocket *socket = g_ptr_array_index (self->sockets, i - 1);
      VigLogin *login = socket->login;

      if (token != NULL ? g_str_equal (login->token, token) : g_str_equal (login->caller.user_id, user_id) && g_strcmp0 (login->token, but_token) != 0)
        end_login (socket);
    }
}

typedef struct
{
  SoupWebsocketConnection *connection;
  VigLive                 *live;
  GObject                 *owner;
} Check;

static void
checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Check *check = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigLogin) login = vig_sessions_find_finish (result, &error);
  VigLiveSocket *socket = find_socket (check->live, check->connection);

  if (socket != NULL && login == NULL && error == NULL)
    end_login (socket);
  g_object_unref (check->connection);
  g_object_unref (check->owner);
  g_free (check);
}

/* Logins also end by expiring, and by what other processes do. */
static gboolean
check_logins (gpointer user_data)
{
  VigLive *self = user_data;

  for (guint i = 0; i < self->sockets->len; i++)
    {
      VigLiveSocket *socket = g_ptr_array_index (self->sockets, i);
      Check *check;

      if (socket->ended)
        continue;
      check = g_new0 (Check, 1);
      check->connection = g_object_ref (socket->connection);
      check->live = self;
      check->owner = g_object_ref (self->web->owner);
      vig_sessions_find_async (self->web->sessions, socket->login->kind, socket->login->token, checked, check);
    }

  return G_SOURCE_CONTINUE;
}

typedef struct
{
  VigLive  *live;
  VigLogin *login; /* NULL: nobody */
  GList    *extensions;
  GObject  *owner;
} Upgrade;

static void
free_upgrade (gpointer data, GClosure *closure)
{
  Upgrade *upgrade = data;

  g_clear_pointer (&upgrade->login, vig_login_unref);
  g_list_free_full (upgrade->extensions, g_object_unref);
  g_object_unref (upgrade->owner);
  g_free (upgrade);
}

static void
add_socket (VigLive *self, SoupWebsocketConnection *connection, GSocket *kernel_socket, VigLogin *login)
{
  VigLiveSocket *socket = g_new0 (VigLiveSocket, 1);

  socket->live = self;
  socket->connection = g_object_ref (connection);
  socket->socket = kernel_socket != NULL ? g_object_ref (kernel_socket) : NULL;
  socket->login = vig_login_ref (login);
  socket->topics = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&socket->deltas);
  g_queue_init (&socket->queue);
  g_ptr_array_add (self->sockets, socket);
  soup_websocket_connection_set_max_incoming_payload_size (connection, VIG_LIVE_INCOMING);
  soup_websocket_connection_set_keepalive_interval (connection, VIG_LIVE_PING);
  g_signal_connect (connection, "message", G_CALLBACK (on_message), socket);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), socket);
}

/* The 101 is on its way: the connection is a socket from here on. */
static void
upgraded (SoupServerMessage *message, Upgrade *upgrade)
{
  GSocket *kernel_socket = soup_server_message_get_socket (message);
  g_autoptr (GSocket) kept = kernel_socket != NULL ? g_object_ref (kernel_socket) : NULL;
  g_autoptr (GUri) uri = g_uri_ref (soup_server_message_get_uri (message));
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (message);
  SoupWebsocketConnection *connection;

  if (stream == NULL)
    return;

  connection = soup_websocket_connection_new (stream, uri, SOUP_WEBSOCKET_CONNECTION_SERVER, NULL, NULL, NULL);
  if (upgrade->login != NULL)
    {
      add_socket (upgrade->live, connection, kept, upgrade->login);
      g_object_unref (connection);
      return;
    }
  g_signal_connect (connection, "closed", G_CALLBACK (g_object_unref), NULL);
  tell_no_session (connection);
}

static GHashTable *
count_by_person (VigLive *self, guint *n_open)
{
  GHashTable *counts = g_hash_table_new (g_str_hash, g_str_equal);

  *n_open = 0;
  for (guint i = 0; i < self->sockets->len; i++)
    {
      VigLiveSocket *socket = g_ptr_array_index (self->sockets, i);
      gpointer person = (gpointer) socket->login->caller.user_id;

      if (socket->ended)
        continue;
      g_hash_table_insert (counts, person, GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, person)) + 1));
      (*n_open)++;
    }

  return counts;
}

/* No person takes them all: where none is left, the oldest of who has the most ends for who would still have no more than they. */
static gboolean
make_room (VigLive *self, VigLogin *login)
{
  guint n_open;
  g_autoptr (GHashTable) counts = count_by_person (self, &n_open);
  guint most = login != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (counts, login->caller.user_id)) + 1 : G_MAXUINT;
  VigLiveSocket *oldest = NULL;

  if (n_open < VIG_LIVE_SOCKETS)
    return TRUE;

  for (guint i = 0; i < self->sockets->len; i++)
    {
      VigLiveSocket *socket = g_ptr_array_index (self->sockets, i);
      guint count = socket->ended ? 0 : GPOINTER_TO_UINT (g_hash_table_lookup (counts, socket->login->caller.user_id));

      if (count > most)
        {
          most = count;
          oldest = socket;
        }
    }
  if (oldest == NULL)
    return FALSE;

  vig_live_socket_end (oldest, VIG_LIVE_CROWDED, "too many live sockets of one person");

  return TRUE;
}

void
vig_live_open (VigLive *self, VigRequest *request, VigLogin *login)
{
  SoupServerMessage *message = vig_request_get_message (request);
  Upgrade *upgrade;

  if (!make_room (self, login))
    {
      vig_request_fail_with (request, VIG_ERROR_UNAVAILABLE, "%u live sockets are open already", VIG_LIVE_SOCKETS);
      return;
    }
  if (!soup_websocket_server_check_handshake (message, NULL, NULL, NULL, NULL))
    {
      vig_request_fail_with (request, VIG_ERROR_INVALID, "this path is a WebSocket, and the request is no WebSocket handshake");
      return;
    }

  soup_websocket_server_process_handshake (message, NULL, NULL, NULL, NULL);
  upgrade = g_new0 (Upgrade, 1);
  upgrade->live = self;
  upgrade->owner = g_object_ref (self->web->owner);
  upgrade->login = login != NULL ? vig_login_ref (login) : NULL;
  g_signal_connect_data (message, "wrote-informational", G_CALLBACK (upgraded), upgrade, free_upgrade, 0);
  vig_listener_body_read (self->web->listener, message);
  vig_request_release (request);
}

void
vig_live_check_now (VigLive *self)
{
  check_logins (self);
}

void
vig_live_stop (VigLive *self)
{
  for (guint i = self->sockets->len; i > 0; i--)
    vig_live_socket_end (g_ptr_array_index (self->sockets, i - 1), SOUP_WEBSOCKET_CLOSE_GOING_AWAY, "Vigilus stops");
}

static void
free_socket (gpointer data)
{
  VigLiveSocket *socket = data;

  g_signal_handlers_disconnect_by_data (socket->connection, socket);
  vig_live_socket_free (socket);
}

void
vig_live_free (VigLive *self)
{
  g_clear_handle_id (&self->check_id, g_source_remove);
  vig_events_forget (self->web->context.agent->events, self->listen_id);
  vig_sessions_set_ended_func (self->web->sessions, NULL, NULL);
  g_ptr_array_unref (self->sockets);
  g_free (self);
}

VigLive *
vig_live_new (VigWeb *web)
{
  VigLive *self = g_new0 (VigLive, 1);

  self->web = web;
  self->sockets = g_ptr_array_new_with_free_func (free_socket);
  self->listen_id = vig_events_listen (web->context.agent->events, on_event, is_wanted, self);
  self->check_id = g_timeout_add_seconds (CHECK_INTERVAL, check_logins, self);
  vig_sessions_set_ended_func (web->sessions, on_login_ended, self);

  return self;
}
