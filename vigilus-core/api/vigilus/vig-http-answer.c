/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-exchange.h"
#include "vig-http-fault.h"
#include "vig-http-provider.h"
#include "vig-json-lenient.h"
#include "vig-sse.h"

#include <string.h>

#define SNIFF 8 /* bytes that tell an event stream from a body */

typedef enum
{
  FORM_UNKNOWN,
  FORM_STREAM, /* server-sent events */
  FORM_LINES,  /* lines of JSON */
  FORM_BODY,
} Form;

struct _VigHttpAnswer
{
  VigHttpProvider    *provider;
  VigChunkFunc        on_chunk;
  gpointer            chunk_data;
  gboolean            raw;
  guint               status;
  SoupMessageHeaders *headers;
  Form                form;
  GString            *buffer;   /* the first bytes; then the whole of a body, an unfinished line, or JSON that stands bare in a stream */
  gsize               scanned;  /* bytes of the buffer that hold no end of a line */
  gboolean            at_line_start;
  gboolean            seen_line;
  gsize               received;
  VigSse             *sse;
  GError             *broken;   /* what on_event () found */
  VigReply           *reply;
  VigHttpFault       *fault;
  JsonObject         *body;
  gpointer            state;
  gboolean            done;
  gboolean            delivered;
};

static void on_event (const char *event, const char *data, gsize length, gpointer user_data);

VigHttpAnswer *
vig_http_answer_new (VigHttpProvider *provider, VigChunkFunc on_chunk, gpointer chunk_data)
{
  VigHttpAnswer *self = g_new0 (VigHttpAnswer, 1);
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (provider);

  self->provider = g_object_ref (provider);
  self->on_chunk = on_chunk;
  self->chunk_data = chunk_data;
  self->buffer = g_string_new (NULL);
  self->sse = vig_sse_new (on_event, self);
  vig_sse_set_json (self->sse);
  self->reply = vig_reply_new ();
  if (klass->new_state != NULL)
    self->state = klass->new_state (provider);

  return self;
}

VigHttpAnswer *
vig_http_answer_new_raw (VigHttpProvider *provider)
{
  VigHttpAnswer *self = vig_http_answer_new (provider, NULL, NULL);

  self->raw = TRUE;

  return self;
}

void
vig_http_answer_free (VigHttpAnswer *self)
{
  if (self == NULL)
    return;

  if (self->state != NULL)
    VIG_HTTP_PROVIDER_GET_CLASS (self->provider)->free_state (self->state);
  g_clear_pointer (&self->headers, soup_message_headers_unref);
  g_string_free (self->buffer, TRUE);
  vig_sse_free (self->sse);
  g_clear_error (&self->broken);
  vig_reply_unref (self->reply);
  vig_http_fault_free (self->fault);
  g_clear_pointer (&self->body, json_object_unref);
  g_object_unref (self->provider);
  g_free (self);
}

static gboolean
is_truthy (JsonNode *node)
{
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return FALSE;
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return *json_node_get_string (node) != '\0';
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return json_node_get_boolean (node);
  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_object_get_size (json_node_get_object (node)) > 0;
  if (JSON_NODE_HOLDS_ARRAY (node))
    return json_array_get_length (json_node_get_array (node)) > 0;

  return json_node_get_double (node) != 0;
}

static gboolean
says_error (JsonObject *object)
{
  return is_truthy (json_object_get_member (object, "error")) || g_str_equal (vig_json_get_string (object, "type", ""), "error");
}

/* Servers wrap the object of an error in an array, too. */
static void
set_fault_node (VigHttpAnswer *self, JsonNode *node)
{
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (self->provider);
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  JsonNode *first = array != NULL && json_array_get_length (array) > 0 ? json_array_get_element (array, 0) : node;

  self->fault = vig_http_fault_new_json (self->status, node);
  if (klass->refine_fault != NULL && JSON_NODE_HOLDS_OBJECT (first))
    klass->refine_fault (self->provider, self->fault, json_node_get_object (first));
}

static void
take_event (VigHttpAnswer *self, JsonObject *object)
{
  if (says_error (object))
    vig_http_answer_set_fault (self, object);
  VIG_HTTP_PROVIDER_GET_CLASS (self->provider)->parse_event (self->provider, self, object);
}

static void
on_event (const char *event, const char *data, gsize length, gpointer user_data)
{
  VigHttpAnswer *self = user_data;
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GError) wrong = NULL;

  while (length > 0 && g_ascii_isspace (*data))
    data++, length--;
  if (self->done || self->broken != NULL || length == 0)
    return;
  if (g_str_has_prefix (data, "[DONE]"))
    {
      self->done = TRUE;
      return;
    }
  if (*data != '{')
    {
      if (g_str_equal (event, "error") && self->fault == NULL)
        self->fault = vig_http_fault_new_text (self->status, NULL, data);
      return;
    }

  object = vig_json_parse_object_lenient (data, length, VIG_SSE_MAX_EVENT, &wrong);
  if (object != NULL)
    take_event (self, object);
  else
    self->broken = g_steal_pointer (&wrong);
}

void
vig_http_answer_begin (VigHttpAnswer *self, guint status, SoupMessageHeaders *headers)
{
  g_return_if_fail (self != NULL && self->headers == NULL);

  self->status = status;
  self->headers = headers != NULL ? soup_message_headers_ref (headers) : soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
}

/* Servers send streams under other types and bodies where a stream was asked for, so the first bytes decide. */
static void
sniff (VigHttpAnswer *self, gboolean at_end)
{
  static const char *starts[] = { "data:", "event:", ":", "id:", "retry:" };
  const char *text = self->buffer->str;

  if (g_str_has_prefix (text, "\357\273\277"))
    text += 3;
  while (g_ascii_isspace (*text))
    text++;
  if (!at_end && self->buffer->str + self->buffer->len - text < SNIFF)
    return;

  self->form = FORM_BODY;
  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    if (g_str_has_prefix (text, starts[i]))
      self->form = FORM_STREAM;
  if (self->form == FORM_BODY && *text == '{' && self->status < 300 && VIG_HTTP_PROVIDER_GET_CLASS (self->provider)->json_lines && !self->raw)
    self->form = FORM_LINES;
}

/* Gemini ends a stream that fails with the JSON of the error alone, without "data:". */
static void
keep_bare_json (VigHttpAnswer *self, const char *bytes, gsize length)
{
  for (gsize i = 0; i < length && self->buffer->len == 0; i++)
    {
      if (self->at_line_start && (bytes[i] == '{' || bytes[i] == '['))
        {
          bytes += i;
          length -= i;
          g_string_append_len (self->buffer, bytes, MIN (length, VIG_HTTP_MAX_ERROR_BODY));
          return;
        }
      self->at_line_start = bytes[i] == '\n' || bytes[i] == '\r';
    }
  if (self->buffer->len > 0)
    g_string_append_len (self->buffer, bytes, MIN (length, VIG_HTTP_MAX_ERROR_BODY - MIN (VIG_HTTP_MAX_ERROR_BODY, self->buffer->len)));
}

static gboolean
feed_stream (VigHttpAnswer *self, const char *bytes, gsize length, GError **error)
{
  keep_bare_json (self, bytes, length);
  if (!vig_sse_feed (self->sse, bytes, length, error))
    return FALSE;
  if (self->broken == NULL)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "the stream holds an event that cannot be read: %s", self->broken->message);

  return FALSE;
}

/* @length bytes at the beginning of the buffer. */
static gboolean
take_line (VigHttpAnswer *self, const char *line, gsize length, GError **error)
{
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GError) wrong = NULL;

  if (length >= 3 && memcmp (line, "\357\273\277", 3) == 0)
    line += 3, length -= 3;
  while (length > 0 && g_ascii_isspace (line[length - 1]))
    length--;
  if (length == 0 || self->done)
    return TRUE;

  object = vig_json_parse_object_lenient (line, length, VIG_SSE_MAX_EVENT, &wrong);
  if (object != NULL)
    {
      self->seen_line = TRUE;
      take_event (self, object);
      return TRUE;
    }
  if (!self->seen_line)
    self->form = FORM_BODY; /* one object over many lines, or no JSON at all */
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "the stream holds a line that cannot be read: %s", wrong->message);

  return !self->seen_line;
}

/* What is in the buffer, as far as its lines are whole. */
static gboolean
feed_lines (VigHttpAnswer *self, GError **error)
{
  gsize begin = 0;
  const char *end;

  while (self->form == FORM_LINES
         && (end = memchr (self->buffer->str + self->scanned, '\n', self->buffer->len - self->scanned)) != NULL)
    {
      gsize length = end - (self->buffer->str + begin);

      if (!take_line (self, self->buffer->str + begin, length, error))
        return FALSE;
      if (self->form == FORM_BODY)
        return TRUE;
      begin += length + 1;
      self->scanned = begin;
    }
  g_string_erase (self->buffer, 0, begin);
  self->scanned = self->buffer->len;
  if (self->scanned <= VIG_SSE_MAX_EVENT)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the answer has a line of over %d bytes", VIG_SSE_MAX_EVENT);

  return FALSE;
}

static gboolean
feed_body (VigHttpAnswer *self, const char *bytes, gsize length, GError **error)
{
  gsize limit = self->status >= 300 ? VIG_HTTP_MAX_ERROR_BODY : VIG_JSON_MAX_SIZE;

  if (self->buffer->len + length > limit && self->status < 300)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the answer is over %" G_GSIZE_FORMAT " bytes", limit);
      return FALSE;
    }
  g_string_append_len (self->buffer, bytes, MIN (length, limit - MIN (limit, self->buffer->len)));

  return TRUE;
}

/* The bytes that were held back are now fed for what they are. */
static gboolean
leave_unknown (VigHttpAnswer *self, gboolean at_end, GError **error)
{
  g_autofree char *held = NULL;
  gsize length = self->buffer->len;

  sniff (self, at_end);
  if (self->form == FORM_LINES)
    return feed_lines (self, error);
  if (self->form != FORM_STREAM)
    return TRUE;
  held = g_memdup2 (self->buffer->str, length);
  g_string_truncate (self->buffer, 0);

  return feed_stream (self, held, length, error);
}

gboolean
vig_http_answer_feed (VigHttpAnswer *self, const char *bytes, gsize length, GError **error)
{
  g_return_val_if_fail (self != NULL && self->headers != NULL, FALSE);

  self->received += length;
  if (self->received > VIG_HTTP_MAX_ANSWER)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the answer is over %d bytes", VIG_HTTP_MAX_ANSWER);
      return FALSE;
    }
  if (self->form == FORM_STREAM)
    return feed_stream (self, bytes, length, error);
  if (self->form == FORM_LINES)
    {
      g_string_append_len (self->buffer, bytes, length);
      return feed_lines (self, error);
    }
  if (!feed_body (self, bytes, length, error))
    return FALSE;

  return self->form == FORM_BODY || leave_unknown (self, FALSE, error);
}

static gboolean
is_array_of_objects (JsonNode *node)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    if (!JSON_NODE_HOLDS_OBJECT (json_array_get_element (array, i)))
      return FALSE;

  return array != NULL && json_array_get_length (array) > 0;
}

/* A list of models that stands alone, or a stream that came as one array. */
static gboolean
end_array (VigHttpAnswer *self, JsonArray *array)
{
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (self->provider);

  self->body = vig_json_pack_object ("{s:A}", "data", json_array_ref (array));
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *object = json_array_get_object_element (array, i);

      if (says_error (object))
        vig_http_answer_set_fault (self, object);
      if (!self->raw)
        klass->parse_body (self->provider, self, object);
    }
  self->done = TRUE;

  return self->fault == NULL;
}

static gboolean
end_body (VigHttpAnswer *self)
{
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (self->provider);
  const char *text = self->buffer->str;
  g_autoptr (JsonNode) node = NULL;

  if (g_str_has_prefix (text, "\357\273\277"))
    text += 3;
  node = vig_json_parse_lenient (text, -1, VIG_JSON_MAX_SIZE, NULL);
  if (node == NULL)
    self->fault = vig_http_fault_new_text (self->status, self->headers, self->buffer->str);
  else if (self->status < 300 && is_array_of_objects (node))
    return end_array (self, json_node_get_array (node));
  else if (!JSON_NODE_HOLDS_OBJECT (node) || self->status >= 300)
    set_fault_node (self, node);
  if (self->fault != NULL)
    return FALSE;

  self->body = json_node_dup_object (node);
  if (says_error (self->body))
    vig_http_answer_set_fault (self, self->body);
  if (!self->raw)
    klass->parse_body (self->provider, self, self->body);
  self->done = TRUE;

  return self->fault == NULL;
}

static void
end_bare_json (VigHttpAnswer *self)
{
  g_autoptr (JsonNode) node = self->buffer->len > 0 ? vig_json_parse_lenient (self->buffer->str, self->buffer->len, 0, NULL) : NULL;
  JsonNode *first = node != NULL && is_array_of_objects (node) ? json_array_get_element (json_node_get_array (node), 0) : node;

  if (first != NULL && JSON_NODE_HOLDS_OBJECT (first) && says_error (json_node_get_object (first)))
    vig_http_answer_set_fault (self, json_node_get_object (first));
}

static gboolean
end_stream (VigHttpAnswer *self, GError **error)
{
  if (self->form == FORM_STREAM)
    {
      vig_sse_end (self->sse, TRUE);
      end_bare_json (self);
    }
  if (self->fault == NULL && self->status >= 300)
    self->fault = vig_http_fault_new_text (self->status, self->headers, "");
  if (self->fault != NULL)
    return FALSE;
  if (self->done || vig_reply_get_stop_reason (self->reply) != NULL)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "the answer broke off after %" G_GSIZE_FORMAT " bytes; ask again",
               self->received);

  return FALSE;
}

gboolean
vig_http_answer_end (VigHttpAnswer *self, GError **error)
{
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (self->provider);
  gboolean ok;

  if (self->form == FORM_UNKNOWN && !leave_unknown (self, TRUE, error))
    return FALSE;

  /* The last line may lack its end. */
  if (self->form == FORM_LINES && !take_line (self, self->buffer->str, self->buffer->len, NULL))
    g_debug ("%s: the last line is cut", klass->info->title);
  ok = self->form == FORM_BODY ? end_body (self) : end_stream (self, error);
  if (!self->raw)
    klass->parse_end (self->provider, self);
  if (self->fault != NULL)
    {
      guint wait = vig_http_wait_ms (self->fault, self->headers);
      g_autoptr (GError) said = vig_http_fault_to_error (self->fault, klass->info->title, NULL, (wait + 999) / 1000);

      g_propagate_error (error, g_steal_pointer (&said));
      return FALSE;
    }

  return ok;
}

gboolean
vig_http_answer_is_done (VigHttpAnswer *self)
{
  return self->done || (self->form != FORM_BODY && self->fault != NULL);
}

gboolean
vig_http_answer_was_delivered (VigHttpAnswer *self)
{
  return self->delivered;
}

const VigHttpFault *
vig_http_answer_get_fault (VigHttpAnswer *self)
{
  return self->fault;
}

JsonObject *
vig_http_answer_get_body (VigHttpAnswer *self)
{
  return self->body;
}

VigReply *
vig_http_answer_get_reply (VigHttpAnswer *self)
{
  return self->reply;
}

static void
deliver (VigHttpAnswer *self, VigChunkKind kind, const char *text)
{
  self->delivered = TRUE;
  if (self->on_chunk != NULL)
    self->on_chunk (kind, text, self->chunk_data);
}

void
vig_http_answer_add_text (VigHttpAnswer *self, const char *text)
{
  if (text == NULL || *text == '\0')
    return;

  vig_reply_append_text (self->reply, text, -1);
  deliver (self, VIG_CHUNK_TEXT, text);
}

void
vig_http_answer_add_reasoning (VigHttpAnswer *self, const char *text)
{
  if (text == NULL || *text == '\0')
    return;

  vig_reply_append_reasoning (self->reply, text, -1);
  deliver (self, VIG_CHUNK_REASONING, text);
}

void
vig_http_answer_add_call (VigHttpAnswer *self, const char *id, const char *wire_name, const char *arguments)
{
  g_autofree char *name = vig_http_provider_name_from_wire (wire_name != NULL ? wire_name : "");

  vig_reply_add_call (self->reply, id, name, arguments);
}

void
vig_http_answer_set_done (VigHttpAnswer *self)
{
  self->done = TRUE;
}

void
vig_http_answer_set_fault (VigHttpAnswer *self, JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  if (self->fault == NULL)
    set_fault_node (self, node);
}

gpointer
vig_http_answer_get_state (VigHttpAnswer *self)
{
  return self->state;
}
