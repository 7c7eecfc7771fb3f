/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-stream.h"

#include "vig-redact-live.h"

struct _VigStream
{
  VigRedactLive *live;
  gsize          limit;
  GString       *shown;
};

VigStream *
vig_stream_new (VigRedactor *redactor, gsize limit)
{
  VigStream *self = g_new0 (VigStream, 1);

  self->live = vig_redact_live_new (redactor);
  self->limit = limit;
  self->shown = g_string_new (NULL);

  return self;
}

void
vig_stream_free (VigStream *self)
{
  if (self == NULL)
    return;

  vig_redact_live_free (self->live);
  g_string_free (self->shown, TRUE);
  g_free (self);
}

static char *
show (VigStream *self, char *text)
{
  g_autofree char *ready = text;
  char *valid;

  if (ready == NULL)
    return NULL;

  valid = g_utf8_make_valid (ready, -1);
  if (self->shown->len < self->limit)
    g_string_append (self->shown, valid);

  return valid;
}

char *
vig_stream_push (VigStream *self, const char *text, gsize length)
{
  return show (self, vig_redact_live_push (self->live, text, length));
}

char *
vig_stream_flush (VigStream *self)
{
  return show (self, vig_redact_live_flush (self->live));
}

static void
clear (VigStream *self)
{
  vig_redact_live_clear (self->live);
  g_string_truncate (self->shown, 0);
}

void
vig_stream_move (VigStream *self, VigStream *to)
{
  if (to->shown->len < to->limit)
    g_string_append (to->shown, self->shown->str);
  clear (self);
}

const char *
vig_stream_get_text (VigStream *self)
{
  return self->shown->str;
}
