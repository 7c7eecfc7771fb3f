/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-lines.h"

#include <string.h>

#define TIME_MAX 40 /* bytes */
#define CUT " [cut]"

struct _DockerLines
{
  GString       *partial[DOCKER_STREAM_RAW + 1];
  GQueue         lines;
  gsize          size;
  gsize          limit;
  guint          dropped;
  DockerLineFunc on_line;
  gpointer       user_data;
};

DockerLines *
docker_lines_new (gsize limit, DockerLineFunc on_line, gpointer user_data)
{
  DockerLines *self = g_new0 (DockerLines, 1);

  for (guint i = 0; i < G_N_ELEMENTS (self->partial); i++)
    self->partial[i] = g_string_new (NULL);
  g_queue_init (&self->lines);
  self->limit = limit;
  self->on_line = on_line;
  self->user_data = user_data;

  return self;
}

void
docker_lines_free (DockerLines *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->partial); i++)
    g_string_free (self->partial[i], TRUE);
  g_queue_clear_full (&self->lines, g_free);
  g_free (self);
}

static gsize
size_in_json (const char *text)
{
  gsize size = 2; /* the line end */

  for (; *text != '\0'; text++)
    size += (guchar) *text < 0x20 ? 6 : *text == '"' || *text == '\\' ? 2 : 1;

  return size;
}

static const char *
name_of (DockerStream stream)
{
  return stream == DOCKER_STREAM_STDERR ? "stderr" : stream == DOCKER_STREAM_SYSTEM ? "system" : "stdout";
}

/* The time that a line begins with, in our form, and where the text begins; NULL: it has none. */
static char *
take_time (const char *line, const char **text)
{
  const char *space = memchr (line, ' ', strnlen (line, TIME_MAX));
  g_autofree char *word = g_strndup (line, space != NULL ? (gsize) (space - line) : strnlen (line, TIME_MAX));
  g_autoptr (GDateTime) time = g_ascii_isdigit (*word) && strlen (word) > 18 ? g_date_time_new_from_iso8601 (word, NULL) : NULL;
  g_autoptr (GDateTime) utc = time != NULL ? g_date_time_to_utc (time) : NULL;
  g_autofree char *second = NULL;

  if (utc == NULL)
    return NULL;

  *text = space != NULL ? space + 1 : line + strlen (word);
  second = g_date_time_format (utc, "%Y-%m-%dT%H:%M:%S");

  return g_strdup_printf ("%s.%03dZ", second, g_date_time_get_microsecond (utc) / 1000);
}

static void
keep (DockerLines *self, char *line)
{
  self->size += size_in_json (line);
  g_queue_push_tail (&self->lines, line);
  while (self->size > self->limit && self->lines.length > 1)
    {
      g_autofree char *oldest = g_queue_pop_head (&self->lines);

      self->size -= size_in_json (oldest);
      self->dropped++;
    }
}

static void
end_line (DockerLines *self, DockerStream stream)
{
  GString *partial = self->partial[stream];
  g_autofree char *valid = NULL;
  g_autofree char *time = NULL;
  const char *text;
  char *line;

  if (partial->len > 0 && partial->str[partial->len - 1] == '\r')
    g_string_truncate (partial, partial->len - 1);
  valid = g_utf8_make_valid (partial->str, (gssize) partial->len);
  text = valid;
  time = take_time (valid, &text);
  line = g_strdup_printf ("%s%s%s %s", time != NULL ? time : "", time != NULL ? " " : "", name_of (stream), text);
  g_string_truncate (partial, 0);
  if (self->on_line != NULL)
    self->on_line (stream, line, self->user_data);
  keep (self, line);
}

static void
append (GString *partial, const guint8 *data, gsize length)
{
  gsize room = partial->len < DOCKER_LINE_MAX ? DOCKER_LINE_MAX - partial->len : 0;

  g_string_append_len (partial, (const char *) data, (gssize) MIN (length, room));
  if (length > room && room > 0)
    g_string_append (partial, CUT);
}

void
docker_lines_add (DockerLines *self, DockerStream stream, const guint8 *data, gsize length)
{
  while (length > 0)
    {
      const guint8 *end = memchr (data, '\n', length);
      gsize n = end != NULL ? (gsize) (end - data) : length;

      append (self->partial[stream], data, n);
      if (end == NULL)
        return;

      end_line (self, stream);
      data = end + 1;
      length -= n + 1;
    }
}

void
docker_lines_end (DockerLines *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->partial); i++)
    if (self->partial[i]->len > 0)
      end_line (self, i);
}

char *
docker_lines_dup_text (DockerLines *self)
{
  GString *text = g_string_new (NULL);

  for (GList *l = self->lines.head; l != NULL; l = l->next)
    g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", (const char *) l->data);

  return g_string_free (text, FALSE);
}

guint
docker_lines_get_kept (DockerLines *self, guint *dropped)
{
  *dropped = self->dropped;

  return self->lines.length;
}
