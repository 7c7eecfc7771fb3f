/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-stream.h"

#include <string.h>

#define MAX_HELD 4096 /* bytes without a blank: no secret that one types is longer */

struct _VigStream
{
  VigRedactor *redactor;
  gsize        limit;
  GString     *held;
  GString     *shown;
};

VigStream *
vig_stream_new (VigRedactor *redactor, gsize limit)
{
  VigStream *self = g_new0 (VigStream, 1);

  self->redactor = g_object_ref (redactor);
  self->limit = limit;
  self->held = g_string_new (NULL);
  self->shown = g_string_new (NULL);

  return self;
}

void
vig_stream_free (VigStream *self)
{
  if (self == NULL)
    return;

  g_object_unref (self->redactor);
  g_string_free (self->held, TRUE);
  g_string_free (self->shown, TRUE);
  g_free (self);
}

static char *
show (VigStream *self, gsize length)
{
  g_autofree char *ready = NULL;
  g_autofree char *valid = NULL;
  char *redacted;

  if (length == 0)
    return NULL;

  ready = g_strndup (self->held->str, length);
  g_string_erase (self->held, 0, length);
  valid = g_utf8_make_valid (ready, -1);
  redacted = vig_redactor_apply (self->redactor, valid);
  if (self->shown->len < self->limit)
    g_string_append (self->shown, redacted);

  return redacted;
}

char *
vig_stream_push (VigStream *self, const char *text, gsize length)
{
  gsize ready;

  g_string_append_len (self->held, text, length);
  ready = self->held->len;
  while (ready > 0 && !g_ascii_isspace (self->held->str[ready - 1]))
    ready--;
  if (ready == 0 && self->held->len > MAX_HELD)
    ready = self->held->len;

  return show (self, ready);
}

char *
vig_stream_flush (VigStream *self)
{
  return show (self, self->held->len);
}

void
vig_stream_clear (VigStream *self)
{
  g_string_truncate (self->held, 0);
  g_string_truncate (self->shown, 0);
}

const char *
vig_stream_get_text (VigStream *self)
{
  return self->shown->str;
}
