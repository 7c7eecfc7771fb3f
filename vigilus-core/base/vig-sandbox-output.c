/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

void
vig_sandbox_output_init (VigSandboxOutput *self, const VigSandboxSpec *spec, VigOutput stream, int fd)
{
  memset (self, 0, sizeof *self);
  self->spec = spec;
  self->stream = stream;
  self->fd = fd;
  self->pending = g_string_new (NULL);
  self->kept = g_string_new (NULL);
}

/* Without the beginning of a character at the end that may still become whole. */
static gsize
get_complete_length (GString *text)
{
  gsize back;

  for (back = 1; back <= 3 && back <= text->len; back++)
    {
      guchar c = (guchar) text->str[text->len - back];
      gsize need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

      if ((c & 0xc0) != 0x80)
        return need > back ? text->len - back : text->len;
    }

  return text->len;
}

/* The longest beginning of @text that fits and ends with a whole character. */
static gsize
fit (const char *text, gsize length, gsize room)
{
  if (length <= room)
    return length;
  while (room > 0 && ((guchar) text[room] & 0xc0) == 0x80)
    room--;

  return room;
}

/* What fits is kept, and told. */
static void
keep (VigSandboxOutput *self, const char *text)
{
  gsize size = strlen (text);
  gsize kept = fit (text, size, self->spec->output_limit - self->kept->len);

  self->full = kept < size;
  g_string_append_len (self->kept, text, (gssize) kept);
  if (self->spec->on_output != NULL && kept > 0)
    self->spec->on_output (self->stream, text, kept, self->spec->user_data);
}

static void
flush (VigSandboxOutput *self, gsize length)
{
  if (length > 0 && !self->full)
    {
      g_autofree char *text = g_utf8_make_valid (self->pending->str, (gssize) length);

      if (self->spec->keep_nothing)
        self->spec->on_output (self->stream, text, strlen (text), self->spec->user_data);
      else
        keep (self, text);
    }
  g_string_erase (self->pending, 0, (gssize) length);
}

void
vig_sandbox_output_read (VigSandboxOutput *self)
{
  char buffer[16384];
  gssize n;

  if (self->fd < 0)
    return;

  n = read (self->fd, buffer, sizeof buffer);
  if (n > 0)
    {
      self->bytes += (guint64) n;
      g_string_append_len (self->pending, buffer, n);
      flush (self, get_complete_length (self->pending));
    }
  else if (n == 0 || (errno != EAGAIN && errno != EINTR))
    vig_sandbox_output_end (self);
}

void
vig_sandbox_output_end (VigSandboxOutput *self)
{
  if (self->fd < 0)
    return;

  flush (self, self->pending->len);
  g_close (self->fd, NULL);
  self->fd = -1;
}

void
vig_sandbox_output_clear (VigSandboxOutput *self)
{
  if (self->fd >= 0)
    g_close (self->fd, NULL);
  if (self->pending != NULL)
    g_string_free (self->pending, TRUE);
  if (self->kept != NULL)
    g_string_free (self->kept, TRUE);
}
