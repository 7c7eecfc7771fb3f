/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-think.h"

#include <string.h>

#define OPEN  "<think>"
#define CLOSE "</think>"
#define BLANK " \t\r\n"

typedef enum
{
  AT_BEGIN,
  AT_THOUGHT, /* the tag was opened, and nothing but white space came */
  IN_THOUGHT,
  AT_ANSWER,  /* the tag was closed, likewise */
  IN_ANSWER,
  IN_EITHER,  /* no tag was opened: an answer, unless a tag is closed */
} State;

struct _VigThink
{
  State        state;
  GString     *held;
  gsize        at;       /* what is before it in there is done with */
  gboolean     is_apart; /* reasoning came as such */
  gboolean     in_code;  /* between fences, in the state IN_EITHER */
  guint        n_ticks;  /* in a row, likewise */
  VigChunkFunc on_chunk;
  gpointer     user_data;
};

VigThink *
vig_think_new (VigChunkFunc on_chunk, gpointer user_data)
{
  VigThink *self = g_new0 (VigThink, 1);

  self->held = g_string_new (NULL);
  self->on_chunk = on_chunk;
  self->user_data = user_data;

  return self;
}

void
vig_think_free (VigThink *self)
{
  if (self == NULL)
    return;

  g_string_free (self->held, TRUE);
  g_free (self);
}

static const char *
rest (VigThink *self)
{
  return self->held->str + self->at;
}

static gsize
count_rest (VigThink *self)
{
  return self->held->len - self->at;
}

/* The first @length bytes of what is held. */
static void
give (VigThink *self, VigChunkKind kind, gsize length)
{
  g_autofree char *text = g_strndup (rest (self), length);

  self->at += length;
  if (*text != '\0')
    self->on_chunk (kind, text, self->user_data);
}

static gboolean
skip_blank (VigThink *self)
{
  self->at += strspn (rest (self), BLANK);

  return count_rest (self) > 0;
}

/* TRUE: it goes on in another state. */
static gboolean
begin (VigThink *self)
{
  gsize blank = strspn (rest (self), BLANK);
  const char *text = rest (self) + blank;

  if (g_str_has_prefix (text, OPEN))
    {
      self->at += blank + strlen (OPEN);
      self->state = AT_THOUGHT;
      return TRUE;
    }
  if (g_str_has_prefix (OPEN, text))
    return FALSE;
  self->state = self->is_apart ? IN_ANSWER : IN_EITHER;

  return TRUE;
}

/* How many bytes at its end could be the beginning of the tag. */
static gsize
measure_cut_tag (VigThink *self, const char *tag)
{
  gsize most = MIN (count_rest (self), strlen (tag) - 1);

  for (gsize length = most; length > 0; length--)
    if (strncmp (tag, self->held->str + self->held->len - length, length) == 0)
      return length;

  return 0;
}

/* Not strstr (): a sanitizer's measures all that follows, each time. */
static const char *
find_close (VigThink *self)
{
  return g_strstr_len (rest (self), (gssize) count_rest (self), CLOSE);
}

static gboolean
think (VigThink *self)
{
  const char *end = find_close (self);

  if (end == NULL)
    {
      give (self, VIG_CHUNK_REASONING, count_rest (self) - measure_cut_tag (self, CLOSE));
      return FALSE;
    }

  give (self, VIG_CHUNK_REASONING, (gsize) (end - rest (self)));
  self->at += strlen (CLOSE);
  self->state = AT_ANSWER;

  return TRUE;
}

/* Text that no tag is in; fences of code are counted. */
static void
give_either (VigThink *self, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      self->n_ticks = rest (self)[i] == '`' ? self->n_ticks + 1 : 0;
      if (self->n_ticks == 3)
        self->in_code = !self->in_code;
    }
  give (self, VIG_CHUNK_TEXT, length);
}

/* Once it is clear what follows it. */
static gboolean
ends_line (const char *text)
{
  return *text == '\n' || *text == '\r';
}

static gboolean
close_either (VigThink *self, gsize length)
{
  give_either (self, length);
  if (count_rest (self) == strlen (CLOSE))
    return FALSE;
  if (self->in_code || self->n_ticks > 0 || !ends_line (rest (self) + strlen (CLOSE)))
    {
      give_either (self, strlen (CLOSE));
      return TRUE;
    }

  self->on_chunk (VIG_CHUNK_RECLASSIFY, "", self->user_data);
  self->at += strlen (CLOSE);
  self->state = AT_ANSWER;

  return TRUE;
}

static gboolean
look_for_end (VigThink *self)
{
  const char *end = find_close (self);
  const char *open = g_strstr_len (rest (self), end != NULL ? end - rest (self) : -1, OPEN);

  if (open != NULL)
    {
      self->state = IN_ANSWER;
      return TRUE;
    }
  if (end != NULL)
    return close_either (self, (gsize) (end - rest (self)));

  give_either (self, count_rest (self) - MAX (measure_cut_tag (self, CLOSE), measure_cut_tag (self, OPEN)));

  return FALSE;
}

static gboolean
step (VigThink *self)
{
  switch (self->state)
    {
    case AT_BEGIN:
      return begin (self);
    case AT_THOUGHT:
    case AT_ANSWER:
      if (!skip_blank (self))
        return FALSE;
      self->state++;
      return TRUE;
    case IN_THOUGHT:
      return think (self);
    case IN_EITHER:
      return look_for_end (self);
    case IN_ANSWER:
    default:
      give (self, VIG_CHUNK_TEXT, count_rest (self));
      return FALSE;
    }
}

void
vig_think_push (VigThink *self, VigChunkKind kind, const char *text)
{
  g_return_if_fail (self != NULL && text != NULL);

  if (kind != VIG_CHUNK_TEXT)
    {
      self->is_apart = TRUE;
      if (self->state == IN_EITHER)
        self->state = IN_ANSWER;
      self->on_chunk (kind, text, self->user_data);
      return;
    }
  g_string_append (self->held, text);
  while (step (self))
    continue;
  g_string_erase (self->held, 0, (gssize) self->at);
  self->at = 0;
}

void
vig_think_end (VigThink *self)
{
  g_return_if_fail (self != NULL);

  if (self->state == IN_EITHER && !self->in_code && self->n_ticks == 0 && g_str_equal (rest (self), CLOSE))
    {
      self->on_chunk (VIG_CHUNK_RECLASSIFY, "", self->user_data);
      g_string_truncate (self->held, 0);
    }
  give (self, self->state == IN_THOUGHT ? VIG_CHUNK_REASONING : VIG_CHUNK_TEXT, count_rest (self));
}

typedef struct
{
  GString *text;
  GString *thought;
} Parts;

static void
collect (VigChunkKind kind, const char *text, gpointer user_data)
{
  Parts *parts = user_data;

  if (kind == VIG_CHUNK_RECLASSIFY)
    {
      g_string_append (parts->thought, parts->text->str);
      g_string_truncate (parts->text, 0);
      return;
    }
  g_string_append (kind == VIG_CHUNK_TEXT ? parts->text : parts->thought, text);
}

VigReply *
vig_think_split_reply (VigReply *reply)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) thought = g_string_new (vig_reply_get_reasoning (reply));
  g_autoptr (VigThink) self = vig_think_new (collect, &(Parts) { text, thought });
  g_autoptr (JsonObject) object = NULL;

  self->is_apart = thought->len > 0;
  vig_think_push (self, VIG_CHUNK_TEXT, vig_reply_get_text (reply));
  vig_think_end (self);
  if (g_str_equal (text->str, vig_reply_get_text (reply)))
    return vig_reply_ref (reply);

  object = vig_reply_to_json (reply);
  json_object_set_string_member (object, "text", text->str);
  json_object_set_string_member (object, "reasoning", thought->str);

  return vig_reply_from_json (object, NULL);
}
