/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-transcript.h"

typedef struct
{
  VigTurnKind kind;
  char       *text;    /* USER */
  GPtrArray  *images;  /* USER: of VigImage, or NULL */
  VigReply   *reply;   /* ASSISTANT */
  GPtrArray  *results; /* TOOLS: of VigToolResult */
} Turn;

struct _VigTranscript
{
  gatomicrefcount refs;
  GPtrArray      *turns; /* of Turn */
};

G_DEFINE_BOXED_TYPE (VigTranscript, vig_transcript, vig_transcript_ref, vig_transcript_unref)

static void
result_free (VigToolResult *result)
{
  g_free (result->call_id);
  g_free (result->name);
  g_free (result->text);
  g_free (result);
}

static void
image_free (VigImage *image)
{
  g_free (image->media_type);
  g_free (image->base64);
  g_free (image);
}

static void
turn_free (Turn *turn)
{
  g_free (turn->text);
  g_clear_pointer (&turn->images, g_ptr_array_unref);
  g_clear_pointer (&turn->reply, vig_reply_unref);
  g_clear_pointer (&turn->results, g_ptr_array_unref);
  g_free (turn);
}

static Turn *
add_turn (VigTranscript *self, VigTurnKind kind)
{
  Turn *turn = g_new0 (Turn, 1);

  turn->kind = kind;
  g_ptr_array_add (self->turns, turn);

  return turn;
}

static Turn *
get_turn (VigTranscript *self, guint index)
{
  g_return_val_if_fail (self != NULL && index < self->turns->len, NULL);

  return g_ptr_array_index (self->turns, index);
}

VigTranscript *
vig_transcript_new (void)
{
  VigTranscript *self = g_new0 (VigTranscript, 1);

  g_atomic_ref_count_init (&self->refs);
  self->turns = g_ptr_array_new_with_free_func ((GDestroyNotify) turn_free);

  return self;
}

VigTranscript *
vig_transcript_ref (VigTranscript *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);

  return self;
}

void
vig_transcript_unref (VigTranscript *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_ptr_array_unref (self->turns);
  g_free (self);
}

void
vig_transcript_add_user (VigTranscript *self, const char *text)
{
  g_return_if_fail (self != NULL && text != NULL);

  add_turn (self, VIG_TURN_USER)->text = g_strdup (text);
}

void
vig_transcript_add_image (VigTranscript *self, const char *media_type, const char *base64)
{
  VigImage *image;
  Turn *turn;

  g_return_if_fail (self != NULL && media_type != NULL && base64 != NULL);
  g_return_if_fail (self->turns->len > 0);

  turn = g_ptr_array_index (self->turns, self->turns->len - 1);
  g_return_if_fail (turn->kind == VIG_TURN_USER);

  if (turn->images == NULL)
    turn->images = g_ptr_array_new_with_free_func ((GDestroyNotify) image_free);
  image = g_new0 (VigImage, 1);
  image->media_type = g_strdup (media_type);
  image->base64 = g_strdup (base64);
  g_ptr_array_add (turn->images, image);
}

void
vig_transcript_add_reply (VigTranscript *self, VigReply *reply)
{
  g_return_if_fail (self != NULL && reply != NULL);

  add_turn (self, VIG_TURN_ASSISTANT)->reply = vig_reply_ref (reply);
}

static Turn *
last_tools_turn (VigTranscript *self)
{
  Turn *turn = self->turns->len > 0 ? g_ptr_array_index (self->turns, self->turns->len - 1) : NULL;

  if (turn != NULL && turn->kind == VIG_TURN_TOOLS)
    return turn;

  turn = add_turn (self, VIG_TURN_TOOLS);
  turn->results = g_ptr_array_new_with_free_func ((GDestroyNotify) result_free);

  return turn;
}

void
vig_transcript_add_result (VigTranscript *self, const char *call_id, const char *name, const char *text, gboolean is_error)
{
  VigToolResult *result;

  g_return_if_fail (self != NULL && call_id != NULL && name != NULL && text != NULL);

  result = g_new0 (VigToolResult, 1);
  result->call_id = g_strdup (call_id);
  result->name = g_strdup (name);
  result->text = g_strdup (text);
  result->is_error = is_error;
  g_ptr_array_add (last_tools_turn (self)->results, result);
}

guint
vig_transcript_get_n_turns (VigTranscript *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->turns->len;
}

VigTurnKind
vig_transcript_get_kind (VigTranscript *self, guint turn)
{
  Turn *found = get_turn (self, turn);

  return found != NULL ? found->kind : VIG_TURN_USER;
}

const char *
vig_transcript_get_text (VigTranscript *self, guint turn)
{
  Turn *found = get_turn (self, turn);

  g_return_val_if_fail (found != NULL && found->kind != VIG_TURN_TOOLS, "");

  return found->kind == VIG_TURN_USER ? found->text : vig_reply_get_text (found->reply);
}

guint
vig_transcript_get_n_images (VigTranscript *self, guint turn)
{
  Turn *found = get_turn (self, turn);

  return found != NULL && found->images != NULL ? found->images->len : 0;
}

const VigImage *
vig_transcript_get_image (VigTranscript *self, guint turn, guint index)
{
  Turn *found = get_turn (self, turn);

  g_return_val_if_fail (found != NULL && found->images != NULL && index < found->images->len, NULL);

  return g_ptr_array_index (found->images, index);
}

VigReply *
vig_transcript_get_reply (VigTranscript *self, guint turn)
{
  Turn *found = get_turn (self, turn);

  g_return_val_if_fail (found != NULL && found->kind == VIG_TURN_ASSISTANT, NULL);

  return found->reply;
}

guint
vig_transcript_get_n_results (VigTranscript *self, guint turn)
{
  Turn *found = get_turn (self, turn);

  g_return_val_if_fail (found != NULL && found->kind == VIG_TURN_TOOLS, 0);

  return found->results->len;
}

const VigToolResult *
vig_transcript_get_result (VigTranscript *self, guint turn, guint index)
{
  Turn *found = get_turn (self, turn);

  g_return_val_if_fail (found != NULL && found->kind == VIG_TURN_TOOLS, NULL);
  g_return_val_if_fail (index < found->results->len, NULL);

  return g_ptr_array_index (found->results, index);
}
