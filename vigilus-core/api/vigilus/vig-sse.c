/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sse.h"

#include "vig-json.h"

#include <string.h>

#define REPLACEMENT "\357\277\275" /* U+FFFD */
#define BOM "\357\273\277"

struct _VigSse
{
  VigSseFunc on_event;
  gpointer   user_data;
  GString   *line;       /* bytes since the last line end */
  GString   *data;       /* of the event being built, a LF after each line */
  GString   *event;
  GString   *id;         /* takes effect with the event's empty line */
  char      *last_id;
  gint64     retry;
  gboolean   first_line; /* a byte order mark is dropped there */
  gboolean   after_cr;   /* a LF now belongs to the line end before */
  gboolean   is_json;
};

VigSse *
vig_sse_new (VigSseFunc on_event, gpointer user_data)
{
  VigSse *self = g_new0 (VigSse, 1);

  self->on_event = on_event;
  self->user_data = user_data;
  self->line = g_string_new (NULL);
  self->data = g_string_new (NULL);
  self->event = g_string_new (NULL);
  self->id = g_string_new (NULL);
  self->last_id = g_strdup ("");
  self->retry = -1;
  self->first_line = TRUE;

  return self;
}

void
vig_sse_set_json (VigSse *self)
{
  g_return_if_fail (self != NULL);

  self->is_json = TRUE;
}

void
vig_sse_free (VigSse *self)
{
  if (self == NULL)
    return;

  g_string_free (self->line, TRUE);
  g_string_free (self->data, TRUE);
  g_string_free (self->event, TRUE);
  g_string_free (self->id, TRUE);
  g_free (self->last_id);
  g_free (self);
}

/* How many bytes the character at @p takes; or, negative, how many bytes its broken beginning has: the longest one that could
 * still have become a character, as the encoding standard counts replacements. */
static int
measure_character (const guchar *p, gsize left)
{
  guchar low = 0x80;
  guchar high = 0xbf;
  int length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

  if (length == 0)
    return -1;
  if (p[0] == 0xe0)
    low = 0xa0;
  else if (p[0] == 0xed)
    high = 0x9f;
  else if (p[0] == 0xf0)
    low = 0x90;
  else if (p[0] == 0xf4)
    high = 0x8f;

  for (int i = 1; i < length; i++)
    {
      if ((gsize) i >= left || p[i] < low || p[i] > high)
        return -i;
      low = 0x80;
      high = 0xbf;
    }

  return length;
}

static void
append_decoded (GString *out, const char *bytes, gsize length)
{
  gsize at = 0;

  while (at < length)
    {
      int n = measure_character ((const guchar *) bytes + at, length - at);

      if (n > 0)
        g_string_append_len (out, bytes + at, n);
      else
        g_string_append (out, REPLACEMENT);
      at += ABS (n);
    }
}

char *
vig_sse_decode (const char *bytes, gsize length)
{
  GString *out = g_string_sized_new (length);

  append_decoded (out, bytes, length);

  return g_string_free (out, FALSE);
}

static void
dispatch (VigSse *self)
{
  g_free (self->last_id);
  self->last_id = g_strdup (self->id->str);
  if (self->data->len > 0)
    {
      g_string_truncate (self->data, self->data->len - 1);
      self->on_event (self->event->len > 0 ? self->event->str : "message", self->data->str, self->data->len, self->user_data);
    }
  g_string_truncate (self->data, 0);
  g_string_truncate (self->event, 0);
}

static void
set_retry (VigSse *self, const char *value, gsize length)
{
  g_autofree char *text = g_strndup (value, length);
  guint64 retry;

  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &retry, NULL))
    self->retry = (gint64) retry;
}

static gboolean
name_is (const char *line, gsize length, const char *name)
{
  return strlen (name) == length && memcmp (line, name, length) == 0;
}

/* TRUE: the data so far are one line, which is an object. */
static gboolean
is_whole (VigSse *self)
{
  const char *end = memchr (self->data->str, '\n', self->data->len);
  g_autoptr (JsonObject) object = NULL;

  if (end == NULL || end != self->data->str + self->data->len - 1)
    return FALSE;
  object = vig_json_parse_object (self->data->str, (gssize) self->data->len, VIG_SSE_MAX_EVENT, NULL);

  return object != NULL;
}

static void
take_data (VigSse *self, const char *value, gsize length)
{
  gboolean is_end = self->is_json && g_str_has_prefix (value, "[DONE]");

  if (self->is_json && (is_end || *value == '{') && is_whole (self))
    dispatch (self);
  append_decoded (self->data, value, length);
  g_string_append_c (self->data, '\n');
  if (is_end)
    dispatch (self);
}

static void
take_field (VigSse *self, const char *line, gsize length)
{
  const char *colon = memchr (line, ':', length);
  gsize name_length = colon != NULL ? (gsize) (colon - line) : length;
  const char *value = colon != NULL ? colon + 1 : line + length;
  gsize value_length;

  if (value < line + length && *value == ' ')
    value++;
  value_length = line + length - value;

  if (name_is (line, name_length, "data"))
    take_data (self, value, value_length);
  else if (name_is (line, name_length, "event"))
    {
      g_string_truncate (self->event, 0);
      append_decoded (self->event, value, value_length);
    }
  else if (name_is (line, name_length, "id") && memchr (value, '\0', value_length) == NULL)
    {
      g_string_truncate (self->id, 0);
      append_decoded (self->id, value, value_length);
    }
  else if (name_is (line, name_length, "retry"))
    set_retry (self, value, value_length);
}

static void
take_line (VigSse *self)
{
  const char *line = self->line->str;
  gsize length = self->line->len;

  if (self->first_line && g_str_has_prefix (line, BOM))
    {
      line += strlen (BOM);
      length -= strlen (BOM);
    }
  self->first_line = FALSE;

  if (length == 0)
    dispatch (self);
  else if (*line != ':')
    take_field (self, line, length);
  g_string_truncate (self->line, 0);
}

gboolean
vig_sse_feed (VigSse *self, const char *bytes, gsize length, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);

  for (gsize at = 0; at < length;)
    {
      gsize end = at;

      if (self->after_cr && bytes[at] == '\n')
        at = ++end;
      self->after_cr = FALSE;
      while (end < length && bytes[end] != '\n' && bytes[end] != '\r')
        end++;
      if (self->line->len + self->data->len + (end - at) > VIG_SSE_MAX_EVENT)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "an event of the stream is over %d bytes", VIG_SSE_MAX_EVENT);
          return FALSE;
        }
      g_string_append_len (self->line, bytes + at, end - at);
      if (end == length)
        break;
      self->after_cr = bytes[end] == '\r';
      take_line (self);
      at = end + 1;
    }

  return TRUE;
}

void
vig_sse_end (VigSse *self, gboolean tolerant)
{
  g_return_if_fail (self != NULL);

  if (!tolerant)
    return;
  if (self->line->len > 0)
    take_line (self);
  dispatch (self);
}

const char *
vig_sse_get_last_event_id (VigSse *self)
{
  g_return_val_if_fail (self != NULL, "");

  return self->last_id;
}

gint64
vig_sse_get_retry (VigSse *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->retry;
}
