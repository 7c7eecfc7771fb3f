/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-rpc.h"

#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>

#define READ_SIZE (64 * 1024)

struct _VigRpc
{
  GObject        parent_instance;

  GInputStream  *input;
  GOutputStream *output;
  GCancellable  *cancellable; /* of our reads and writes */
  VigRpcHandler  handler;
  gpointer       handler_data;
  GHashTable    *waiters;     /* id of a request of ours to its GTask */
  gint64         last_id;
  GByteArray    *received;    /* the line that is not complete yet */
  gsize          scanned;     /* bytes of it that hold no line end */
  GQueue         queue;       /* of GBytes: whole lines to write */
  gsize          queued;      /* bytes in it */
  gboolean       writing;
  gboolean       closed;
  GError        *error;
};

G_DEFINE_FINAL_TYPE (VigRpc, vig_rpc, G_TYPE_OBJECT)

enum
{
  CLOSED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

/* The streams ended or broke; @error is taken. */
static void
streams_ended (VigRpc *self, GError *error)
{
  if (self->closed)
    {
      g_clear_error (&error);
      return;
    }

  self->closed = TRUE;
  self->error = error;
  g_cancellable_cancel (self->cancellable);
  g_signal_emit (self, signals[CLOSED], 0);
}

static void write_next (VigRpc *self);

static void
written (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (VigRpc) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) line = g_queue_pop_head (&self->queue);

  self->writing = FALSE;
  self->queued -= g_bytes_get_size (line);

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error))
    streams_ended (self, g_steal_pointer (&error));
  else
    write_next (self);
}

static void
write_next (VigRpc *self)
{
  GBytes *line = g_queue_peek_head (&self->queue);

  if (line == NULL || self->writing || self->closed)
    return;

  self->writing = TRUE;
  g_output_stream_write_all_async (self->output, g_bytes_get_data (line, NULL), g_bytes_get_size (line), G_PRIORITY_DEFAULT,
                                   self->cancellable, written, g_object_ref (self));
}

static void
send_message (VigRpc *self, JsonObject *message)
{
  g_autofree char *text = NULL;
  gsize length = 0;

  if (self->closed)
    return;

  json_object_set_string_member (message, "jsonrpc", "2.0");
  text = vig_json_object_to_string (message);
  length = strlen (text);

  if (self->queued + length > VIG_RPC_MAX_LINE)
    {
      streams_ended (self, g_error_new (VIG_ERROR, VIG_ERROR_TOO_LARGE, "the other side does not read, or a message is over %d bytes", VIG_RPC_MAX_LINE));
      return;
    }

  text[length] = '\n'; /* in place of the final zero */
  self->queued += length + 1;
  g_queue_push_tail (&self->queue, g_bytes_new_take (g_steal_pointer (&text), length + 1));
  write_next (self);
}

static GError *
parse_error (JsonObject *object)
{
  JsonObject *data = vig_json_get_object (object, "data");
  const char *name = data != NULL ? vig_json_get_string (data, "code", "") : "";
  const char *message = vig_json_get_string (object, "message", "the other side gave no reason");

  for (int code = VIG_ERROR_FAILED; code <= VIG_ERROR_NOT_SUPPORTED; code++)
    {
      g_autoptr (GError) error = g_error_new_literal (VIG_ERROR, code, message);

      if (g_str_equal (vig_error_get_code_name (error), name))
        return g_steal_pointer (&error);
    }

  return g_error_new_literal (VIG_ERROR, VIG_ERROR_REMOTE, message);
}

static GTask *
take_waiter (VigRpc *self, gint64 id)
{
  g_autofree gpointer key = NULL;
  GTask *task = NULL;

  g_hash_table_steal_extended (self->waiters, &id, &key, (gpointer *) &task);

  return task;
}

static gboolean
handle_answer (VigRpc *self, JsonObject *message, JsonNode *id)
{
  JsonObject *failure = vig_json_get_object (message, "error");
  JsonObject *result = vig_json_get_object (message, "result");
  g_autoptr (GTask) task = NULL;

  if (failure == NULL && result == NULL)
    return FALSE;

  /* An error without an id is about something that could not be read: nobody waits for it. */
  if (id == NULL || json_node_get_value_type (id) != G_TYPE_INT64)
    return failure != NULL;

  task = take_waiter (self, json_node_get_int (id));
  if (task == NULL)
    return TRUE;

  if (failure != NULL)
    g_task_return_error (task, parse_error (failure));
  else
    g_task_return_pointer (task, json_object_ref (result), (GDestroyNotify) json_object_unref);

  return TRUE;
}

static gboolean
is_id (JsonNode *id)
{
  return id == NULL || json_node_get_value_type (id) == G_TYPE_INT64 || json_node_get_value_type (id) == G_TYPE_STRING;
}

/* FALSE: this is no JSON-RPC. */
static gboolean
handle_message (VigRpc *self, JsonObject *message)
{
  const char *method = vig_json_get_string (message, "method", NULL);
  JsonNode *id = json_object_get_member (message, "id");
  JsonObject *params = vig_json_get_object (message, "params");
  g_autoptr (JsonObject) none = NULL;

  if (id != NULL && JSON_NODE_HOLDS_NULL (id))
    id = NULL;

  if (g_strcmp0 (vig_json_get_string (message, "jsonrpc", NULL), "2.0") != 0 || !is_id (id))
    return FALSE;

  if (method == NULL)
    return handle_answer (self, message, id);

  if (params == NULL)
    params = none = json_object_new ();

  self->handler (self, method, params, id, self->handler_data);

  return TRUE;
}

static gboolean
handle_line (VigRpc *self, const char *line, gsize length, GError **error)
{
  g_autoptr (JsonObject) message = NULL;

  if (length > 0 && line[length - 1] == '\r')
    length--;
  if (length == 0)
    return TRUE;

  message = vig_json_parse_object (line, length, VIG_RPC_MAX_LINE, error);
  if (message == NULL)
    {
      g_prefix_error (error, "the other side sent no valid message: ");
      return FALSE;
    }

  if (handle_message (self, message))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the other side sent JSON that is no JSON-RPC 2.0");

  return FALSE;
}

/* Takes whole lines off the front of what was received. */
static gboolean
handle_lines (VigRpc *self, GError **error)
{
  gsize start = 0;

  while (!self->closed)
    {
      gsize from = MAX (start, self->scanned);
      const char *text = (const char *) self->received->data;
      const char *end = from < self->received->len ? memchr (text + from, '\n', self->received->len - from) : NULL;

      if (end == NULL)
        break;

      if (!handle_line (self, text + start, end - text - start, error))
        return FALSE;
      start = end - text + 1;
    }

  if (start > 0)
    g_byte_array_remove_range (self->received, 0, start);
  self->scanned = self->received->len;

  if (self->received->len <= VIG_RPC_MAX_LINE)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the other side sent a message over %d bytes", VIG_RPC_MAX_LINE);

  return FALSE;
}

static void
read_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (VigRpc) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);

  if (self->closed)
    return;

  if (bytes == NULL || g_bytes_get_size (bytes) == 0)
    {
      streams_ended (self, g_steal_pointer (&error));
      return;
    }

  g_byte_array_append (self->received, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  if (!handle_lines (self, &error))
    {
      streams_ended (self, g_steal_pointer (&error));
      return;
    }

  if (!self->closed)
    g_input_stream_read_bytes_async (self->input, READ_SIZE, G_PRIORITY_DEFAULT, self->cancellable, read_done, g_object_ref (self));
}

gint64
vig_rpc_call_async (VigRpc *self, const char *method, JsonObject *params, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (JsonObject) its_params = params;
  g_autoptr (JsonObject) message = NULL;
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  gint64 id = ++self->last_id;

  g_task_set_source_tag (task, vig_rpc_call_async);

  if (self->closed)
    {
      g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the conversation has ended");
      return id;
    }

  g_hash_table_insert (self->waiters, g_memdup2 (&id, sizeof id), g_steal_pointer (&task));
  message = vig_json_pack_object ("{s:I, s:s, s:J}", "id", id, "method", method, "params", its_params);
  send_message (self, message);

  return id;
}

JsonObject *
vig_rpc_call_finish (VigRpc *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
vig_rpc_notify (VigRpc *self, const char *method, JsonObject *params)
{
  g_autoptr (JsonObject) its_params = params;
  g_autoptr (JsonObject) message = vig_json_pack_object ("{s:s, s:J}", "method", method, "params", its_params);

  send_message (self, message);
}

void
vig_rpc_reply (VigRpc *self, JsonNode *id, JsonObject *result)
{
  g_autoptr (JsonObject) its_result = result;
  g_autoptr (JsonObject) message = vig_json_pack_object ("{s:O, s:J}", "id", id, "result", its_result);

  send_message (self, message);
}

void
vig_rpc_reply_error (VigRpc *self, JsonNode *id, int code, const char *text)
{
  g_autoptr (JsonObject) message = vig_json_pack_object ("{s:O, s:{s:i, s:s}}", "id", id, "error", "code", code, "message", text);

  send_message (self, message);
}

gboolean
vig_rpc_is_closed (VigRpc *self)
{
  return self->closed;
}

const GError *
vig_rpc_get_error (VigRpc *self)
{
  return self->error;
}

void
vig_rpc_close (VigRpc *self, const GError *error)
{
  g_autoptr (GHashTable) waiters = g_steal_pointer (&self->waiters);
  GHashTableIter iter;
  gpointer task = NULL;

  self->waiters = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  self->closed = TRUE;
  g_cancellable_cancel (self->cancellable);

  g_hash_table_iter_init (&iter, waiters);
  while (g_hash_table_iter_next (&iter, NULL, &task))
    g_task_return_error (task, g_error_copy (error));
}

static void
vig_rpc_finalize (GObject *object)
{
  VigRpc *self = VIG_RPC (object);

  g_queue_clear_full (&self->queue, (GDestroyNotify) g_bytes_unref);
  g_clear_pointer (&self->waiters, g_hash_table_unref);
  g_clear_pointer (&self->received, g_byte_array_unref);
  g_clear_error (&self->error);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->input);
  g_clear_object (&self->output);

  G_OBJECT_CLASS (vig_rpc_parent_class)->finalize (object);
}

static void
vig_rpc_class_init (VigRpcClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_rpc_finalize;

  signals[CLOSED] = g_signal_new ("closed", VIG_TYPE_RPC, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
vig_rpc_init (VigRpc *self)
{
  self->cancellable = g_cancellable_new ();
  self->received = g_byte_array_new ();
  self->waiters = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  g_queue_init (&self->queue);
}

VigRpc *
vig_rpc_new (GInputStream *input, GOutputStream *output, VigRpcHandler handler, gpointer user_data)
{
  VigRpc *self = g_object_new (VIG_TYPE_RPC, NULL);

  /* GIO's asynchronous write to a pipe blocks the main loop where a line is longer than the room in it. */
  if (G_IS_UNIX_OUTPUT_STREAM (output))
    g_unix_set_fd_nonblocking (g_unix_output_stream_get_fd (G_UNIX_OUTPUT_STREAM (output)), TRUE, NULL);
  if (G_IS_UNIX_INPUT_STREAM (input))
    g_unix_set_fd_nonblocking (g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (input)), TRUE, NULL);

  g_set_object (&self->input, input);
  g_set_object (&self->output, output);
  self->handler = handler;
  self->handler_data = user_data;
  g_input_stream_read_bytes_async (self->input, READ_SIZE, G_PRIORITY_DEFAULT, self->cancellable, read_done, g_object_ref (self));

  return self;
}
