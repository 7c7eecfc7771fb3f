/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-live.h"

#include "vig-redact-scan.h"

#include <string.h>

#define BEHIND    2    /* bytes before a word that say whether it begins there */
#define KEPT_HEAD 512  /* bytes of a secret's beginning, by which it is known */
#define MAX_CONTEXT 8192 /* bytes of the beginning of a Secret of Kubernetes, by which its other values are known */
#define KEPT_TAIL 4096 /* bytes at the end of what is too long, in which another secret may have begun */

struct _VigRedactLive
{
  VigRedactor *redactor;
  GString     *text;    /* the first bytes were handed out already */
  gsize        behind;  /* so many */
  gsize        looked;  /* the length at the last look */
};

VigRedactLive *
vig_redact_live_new (VigRedactor *redactor)
{
  VigRedactLive *self = g_new0 (VigRedactLive, 1);

  self->redactor = g_object_ref (redactor);
  self->text = g_string_new (NULL);

  return self;
}

void
vig_redact_live_free (VigRedactLive *self)
{
  if (self == NULL)
    return;

  g_object_unref (self->redactor);
  g_string_free (self->text, TRUE);
  g_free (self);
}

void
vig_redact_live_clear (VigRedactLive *self)
{
  g_string_truncate (self->text, 0);
  self->behind = 0;
  self->looked = 0;
}

/* NULs end a string for the scanners, and other bytes may be anything: a piece may end inside of a character. */
static void
append (VigRedactLive *self, const char *text, gsize length)
{
  gsize start = self->text->len;

  g_string_append_len (self->text, text, (gssize) length);
  for (gsize i = start; i < self->text->len; i++)
    if (self->text->str[i] == '\0')
      self->text->str[i] = '?';
}

/* After a blank, or after a character of the scripts that are written without them. */
static gboolean
is_boundary (VigRedactLive *self, gsize at)
{
  const char *text = self->text->str;

  if (at == self->behind || g_ascii_isspace (text[at - 1]))
    return TRUE;

  return at >= self->behind + 3 && (guint8) text[at - 3] >= 0xe3 && (guint8) text[at - 3] <= 0xed
         && ((guint8) text[at - 2] & 0xc0) == 0x80 && ((guint8) text[at - 1] & 0xc0) == 0x80;
}

static gsize
leave_spans (GArray *spans, gsize at)
{
  gsize start = at;

  for (guint i = 0; i < spans->len; i++)
    {
      VigSpan *span = &g_array_index (spans, VigSpan, i);

      if (span->known_by < at && span->end > at)
        start = MIN (start, span->known_by);
    }

  return start;
}

/* The last place up to which nothing changes any more. */
static gsize
find_ready (VigRedactLive *self, GArray *spans, gsize open)
{
  gsize ready = MIN (open, self->text->len);
  gsize before;

  do
    {
      before = ready;
      while (ready > self->behind && !is_boundary (self, ready))
        ready--;
      ready = MAX (leave_spans (spans, ready), self->behind);
    }
  while (ready != before);

  return ready;
}

static char *
hand_out (VigRedactLive *self, GArray *spans, gsize ready)
{
  char *clean;
  gsize behind = MIN (ready, BEHIND);

  if (ready <= self->behind)
    return NULL;

  clean = vig_redact_mask (self->text->str, self->behind, ready, spans);
  g_string_erase (self->text, 0, (gssize) (ready - behind));
  self->behind = behind;

  return clean;
}

/* Of the object that begins at @object: how much tells what goes on in it, up to its first value, and where its last whole value ends. */
static gsize
find_context (VigRedactLive *self, GArray *spans, gsize object, gsize *end)
{
  gsize first = G_MAXSIZE;

  *end = 0;
  for (guint i = 0; i < spans->len; i++)
    {
      VigSpan *span = &g_array_index (spans, VigSpan, i);

      if (span->known_by != object || span->start < object || span->end <= span->start)
        continue;
      first = MIN (first, span->start + 1);
      if (span->end < self->text->len)
        *end = MAX (*end, span->end);
    }

  return first != G_MAXSIZE ? first : MIN (object + KEPT_HEAD, self->text->len);
}

/* Too much is held, of an object that may be a Secret: what is whole of it is handed out, and its beginning stays before what comes. */
static char *
leave_object (VigRedactLive *self, GArray *spans, gsize object)
{
  gsize end;
  gsize context = find_context (self, spans, object, &end);
  g_autofree char *kept = NULL;
  char *clean;

  if (end <= MAX (self->behind, context) || context - object > MAX_CONTEXT)
    return NULL;

  kept = g_strndup (self->text->str + object, context - object);
  clean = vig_redact_mask (self->text->str, self->behind, end, spans);
  g_string_erase (self->text, 0, (gssize) end);
  g_string_prepend (self->text, kept);
  self->behind = context - object;

  return clean;
}

/* Too much is held. Where it is one secret, its middle is not needed to know it by; anything else can go. */
static char *
make_room (VigRedactLive *self)
{
  gsize object;
  g_autoptr (GArray) spans = vig_redactor_settle (self->redactor, self->text->str, self->text->len, &object);
  gsize cut = self->text->len - KEPT_TAIL;
  gsize start;
  char *clean = object != G_MAXSIZE ? leave_object (self, spans, object) : NULL;

  if (clean != NULL)
    return clean;

  while (cut > self->behind && ((guint8) self->text->str[cut] & 0xc0) == 0x80)
    cut--;
  start = MAX (leave_spans (spans, cut), self->behind);
  if (start == cut)
    return hand_out (self, spans, cut);

  clean = hand_out (self, spans, start);
  start = self->behind + KEPT_HEAD;
  if (self->text->len > start + KEPT_TAIL)
    g_string_erase (self->text, (gssize) start, (gssize) (self->text->len - KEPT_TAIL - start));

  return clean;
}

char *
vig_redact_live_push (VigRedactLive *self, const char *text, gsize length)
{
  g_autoptr (GArray) spans = NULL;
  char *clean;
  gsize open;

  append (self, text, length);
  /* Looked through again only where a sixteenth came, or what is held for a secret would be read over and over. */
  if (self->text->len - MIN (self->looked, self->text->len) < self->looked / 16)
    return NULL;

  spans = vig_redactor_find (self->redactor, self->text->str, self->text->len, &open);
  clean = hand_out (self, spans, find_ready (self, spans, open));
  if (clean == NULL && self->text->len > VIG_REDACT_LIVE_MAX)
    clean = make_room (self);
  self->looked = self->text->len;

  return clean;
}

char *
vig_redact_live_flush (VigRedactLive *self)
{
  gsize open;
  g_autoptr (GArray) spans = vig_redactor_find (self->redactor, self->text->str, self->text->len, &open);
  char *clean = hand_out (self, spans, self->text->len);

  vig_redact_live_clear (self);

  return clean;
}
