/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-reply.h"

G_BEGIN_DECLS

typedef enum
{
  VIG_TURN_USER,      /* a person's text */
  VIG_TURN_ASSISTANT, /* a model's reply */
  VIG_TURN_TOOLS,     /* the results of that reply's calls */
} VigTurnKind;

typedef struct
{
  char    *call_id;  /* as in VigReplyCall */
  char    *name;     /* Vigilus's name of the tool */
  char    *text;     /* what the model is told */
  gboolean is_error;
} VigToolResult;

/* A picture that a person shows: what image/png and the like are sent as. */
typedef struct
{
  char *media_type;
  char *base64;
} VigImage;

/* What was said and done, in order: all that a model is shown but the system prompt. */
typedef struct _VigTranscript VigTranscript;

#define VIG_TYPE_TRANSCRIPT (vig_transcript_get_type ())

VIG_API GType                vig_transcript_get_type      (void);
VIG_API VigTranscript       *vig_transcript_new           (void);
VIG_API VigTranscript       *vig_transcript_ref           (VigTranscript *self);
VIG_API void                 vig_transcript_unref         (VigTranscript *self);

VIG_API void                 vig_transcript_add_user      (VigTranscript *self, const char *text);
/* Joins the USER turn at the end, of which there must be one. */
VIG_API void                 vig_transcript_add_image     (VigTranscript *self, const char *media_type, const char *base64);
VIG_API void                 vig_transcript_add_reply     (VigTranscript *self, VigReply *reply);
/* Joins the TOOLS turn at the end, or begins one. */
VIG_API void                 vig_transcript_add_result    (VigTranscript *self, const char *call_id, const char *name, const char *text, gboolean is_error);

VIG_API guint                vig_transcript_get_n_turns   (VigTranscript *self);
VIG_API VigTurnKind          vig_transcript_get_kind      (VigTranscript *self, guint turn);
VIG_API const char          *vig_transcript_get_text      (VigTranscript *self, guint turn); /* USER and ASSISTANT */
VIG_API guint                vig_transcript_get_n_images  (VigTranscript *self, guint turn); /* USER */
VIG_API const VigImage      *vig_transcript_get_image     (VigTranscript *self, guint turn, guint index);
VIG_API VigReply            *vig_transcript_get_reply     (VigTranscript *self, guint turn); /* ASSISTANT */
VIG_API guint                vig_transcript_get_n_results (VigTranscript *self, guint turn); /* TOOLS */
VIG_API const VigToolResult *vig_transcript_get_result    (VigTranscript *self, guint turn, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigTranscript, vig_transcript_unref)

G_END_DECLS
