/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-reply.h"

struct _VigReply
{
  gatomicrefcount refs;
  GString        *text;
  GString        *reasoning;
  GString        *refusal;     /* NULL: none */
  char           *stop_reason;
  gboolean        cut_short;
  GPtrArray      *calls;       /* of VigReplyCall */
  VigUsage        usage;
  JsonNode       *opaque;
};

/* The members of VigUsage, by their name in JSON. */
static const struct
{
  const char *name;
  gsize       offset;
} usage_fields[] = {
  { "input_tokens", G_STRUCT_OFFSET (VigUsage, input_tokens) },
  { "output_tokens", G_STRUCT_OFFSET (VigUsage, output_tokens) },
  { "cache_read_tokens", G_STRUCT_OFFSET (VigUsage, cache_read_tokens) },
  { "cache_write_tokens", G_STRUCT_OFFSET (VigUsage, cache_write_tokens) },
  { "reasoning_tokens", G_STRUCT_OFFSET (VigUsage, reasoning_tokens) },
  { "cost_micros", G_STRUCT_OFFSET (VigUsage, cost_micros) },
};

G_DEFINE_BOXED_TYPE (VigReply, vig_reply, vig_reply_ref, vig_reply_unref)

static void
call_free (VigReplyCall *call)
{
  g_free (call->id);
  g_free (call->name);
  g_clear_pointer (&call->arguments, json_object_unref);
  g_free (call->raw_arguments);
  g_free (call);
}

VigReply *
vig_reply_new (void)
{
  VigReply *self = g_new0 (VigReply, 1);

  g_atomic_ref_count_init (&self->refs);
  self->text = g_string_new (NULL);
  self->reasoning = g_string_new (NULL);
  self->calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);
  for (guint i = 0; i < G_N_ELEMENTS (usage_fields); i++)
    G_STRUCT_MEMBER (gint64, &self->usage, usage_fields[i].offset) = -1;

  return self;
}

VigReply *
vig_reply_ref (VigReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);

  return self;
}

void
vig_reply_unref (VigReply *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_string_free (self->text, TRUE);
  g_string_free (self->reasoning, TRUE);
  if (self->refusal != NULL)
    g_string_free (self->refusal, TRUE);
  g_free (self->stop_reason);
  g_ptr_array_unref (self->calls);
  g_clear_pointer (&self->opaque, json_node_unref);
  g_free (self);
}

const char *
vig_reply_get_text (VigReply *self)
{
  g_return_val_if_fail (self != NULL, "");

  return self->text->str;
}

const char *
vig_reply_get_reasoning (VigReply *self)
{
  g_return_val_if_fail (self != NULL, "");

  return self->reasoning->str;
}

const char *
vig_reply_get_refusal (VigReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->refusal != NULL ? self->refusal->str : NULL;
}

const char *
vig_reply_get_stop_reason (VigReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->stop_reason;
}

gboolean
vig_reply_is_cut_short (VigReply *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->cut_short;
}

guint
vig_reply_get_n_calls (VigReply *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->calls->len;
}

const VigReplyCall *
vig_reply_get_call (VigReply *self, guint index)
{
  g_return_val_if_fail (self != NULL && index < self->calls->len, NULL);

  return g_ptr_array_index (self->calls, index);
}

VigUsage *
vig_reply_get_usage (VigReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return &self->usage;
}

JsonNode *
vig_reply_get_opaque (VigReply *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->opaque;
}

void
vig_reply_append_text (VigReply *self, const char *text, gssize length)
{
  g_return_if_fail (self != NULL && text != NULL);

  g_string_append_len (self->text, text, length);
}

void
vig_reply_append_reasoning (VigReply *self, const char *text, gssize length)
{
  g_return_if_fail (self != NULL && text != NULL);

  g_string_append_len (self->reasoning, text, length);
}

void
vig_reply_append_refusal (VigReply *self, const char *text, gssize length)
{
  g_return_if_fail (self != NULL && text != NULL);

  if (self->refusal == NULL)
    self->refusal = g_string_new (NULL);
  g_string_append_len (self->refusal, text, length);
}

void
vig_reply_set_stop_reason (VigReply *self, const char *stop_reason, gboolean cut_short)
{
  g_autofree char *copy = g_strdup (stop_reason);

  g_return_if_fail (self != NULL);

  g_free (self->stop_reason);
  self->stop_reason = g_steal_pointer (&copy);
  self->cut_short = cut_short;
}

/* An id in the alphabet and below the length (40) that every provider accepts. */
static char *
make_up_id (void)
{
  g_autofree char *uuid = g_uuid_string_random ();
  g_auto (GStrv) parts = g_strsplit (uuid, "-", -1);
  g_autofree char *hex = g_strjoinv ("", parts);

  return g_strdup_printf ("call_%s", hex);
}

void
vig_reply_add_call (VigReply *self, const char *id, const char *name, const char *arguments_text)
{
  VigReplyCall *call = g_new0 (VigReplyCall, 1);

  g_return_if_fail (self != NULL);

  call->id = id != NULL && *id != '\0' ? g_strdup (id) : make_up_id ();
  call->name = g_strdup (name != NULL ? name : "");
  if (arguments_text == NULL || *arguments_text == '\0')
    call->arguments = json_object_new ();
  else
    call->arguments = vig_json_parse_object (arguments_text, -1, 0, NULL);
  if (call->arguments == NULL)
    call->raw_arguments = g_utf8_make_valid (arguments_text, -1);
  g_ptr_array_add (self->calls, call);
}

void
vig_reply_set_opaque (VigReply *self, JsonNode *opaque)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->opaque, json_node_unref);
  self->opaque = opaque;
}

static JsonArray *
calls_to_json (VigReply *self)
{
  JsonArray *array = json_array_sized_new (self->calls->len);

  for (guint i = 0; i < self->calls->len; i++)
    {
      VigReplyCall *call = g_ptr_array_index (self->calls, i);
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "id", call->id);
      json_object_set_string_member (object, "name", call->name);
      if (call->arguments != NULL)
        json_object_set_object_member (object, "arguments", json_object_ref (call->arguments));
      else
        json_object_set_string_member (object, "raw_arguments", call->raw_arguments);
      json_array_add_object_element (array, object);
    }

  return array;
}

static JsonObject *
usage_to_json (const VigUsage *usage)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < G_N_ELEMENTS (usage_fields); i++)
    {
      gint64 value = G_STRUCT_MEMBER (gint64, usage, usage_fields[i].offset);

      if (value >= 0)
        json_object_set_int_member (object, usage_fields[i].name, value);
    }

  return object;
}

JsonObject *
vig_reply_to_json (VigReply *self)
{
  JsonObject *object;

  g_return_val_if_fail (self != NULL, NULL);

  object = json_object_new ();
  json_object_set_string_member (object, "text", self->text->str);
  json_object_set_string_member (object, "reasoning", self->reasoning->str);
  if (self->refusal != NULL)
    json_object_set_string_member (object, "refusal", self->refusal->str);
  if (self->stop_reason != NULL)
    json_object_set_string_member (object, "stop_reason", self->stop_reason);
  json_object_set_boolean_member (object, "cut_short", self->cut_short);
  json_object_set_array_member (object, "calls", calls_to_json (self));
  json_object_set_object_member (object, "usage", usage_to_json (&self->usage));
  if (self->opaque != NULL)
    json_object_set_member (object, "opaque", json_node_copy (self->opaque));

  return object;
}

static gboolean
call_from_json (VigReply *self, JsonNode *node, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *id = object != NULL ? vig_json_get_string (object, "id", NULL) : NULL;
  const char *name = object != NULL ? vig_json_get_string (object, "name", NULL) : NULL;
  JsonObject *arguments = object != NULL ? vig_json_get_object (object, "arguments") : NULL;
  const char *raw = object != NULL ? vig_json_get_string (object, "raw_arguments", NULL) : NULL;
  VigReplyCall *call;

  if (id == NULL || name == NULL || (arguments == NULL) == (raw == NULL))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID,
                           "a stored reply has a call without id, name or arguments");
      return FALSE;
    }

  call = g_new0 (VigReplyCall, 1);
  call->id = g_strdup (id);
  call->name = g_strdup (name);
  call->arguments = arguments != NULL ? json_object_ref (arguments) : NULL;
  call->raw_arguments = g_strdup (raw);
  g_ptr_array_add (self->calls, call);

  return TRUE;
}

static void
usage_from_json (VigUsage *usage, JsonObject *object)
{
  for (guint i = 0; i < G_N_ELEMENTS (usage_fields); i++)
    G_STRUCT_MEMBER (gint64, usage, usage_fields[i].offset) = vig_json_get_int (object, usage_fields[i].name, -1);
}

VigReply *
vig_reply_from_json (JsonObject *object, GError **error)
{
  g_autoptr (VigReply) self = vig_reply_new ();
  const char *refusal;
  JsonArray *calls;
  JsonObject *usage;

  g_return_val_if_fail (object != NULL, NULL);

  refusal = vig_json_get_string (object, "refusal", NULL);
  calls = vig_json_get_array (object, "calls");
  usage = vig_json_get_object (object, "usage");
  g_string_append (self->text, vig_json_get_string (object, "text", ""));
  g_string_append (self->reasoning, vig_json_get_string (object, "reasoning", ""));
  if (refusal != NULL)
    vig_reply_append_refusal (self, refusal, -1);
  self->stop_reason = g_strdup (vig_json_get_string (object, "stop_reason", NULL));
  self->cut_short = vig_json_get_boolean (object, "cut_short", FALSE);
  for (guint i = 0; calls != NULL && i < json_array_get_length (calls); i++)
    if (!call_from_json (self, json_array_get_element (calls, i), error))
      return NULL;
  if (usage != NULL)
    usage_from_json (&self->usage, usage);
  if (json_object_has_member (object, "opaque"))
    self->opaque = json_node_copy (json_object_get_member (object, "opaque"));

  return g_steal_pointer (&self);
}
