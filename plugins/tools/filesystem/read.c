/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define PIECE     65536
#define MAX_TAIL  100000 /* lines */
#define NO_LIMIT  (1024 * 1024)

/* What of a file is asked for: lines from @first on, @n of them; or the last @tail. */
typedef struct
{
  gint64   first;
  gint64   n;
  gint64   tail;
  gsize    limit;   /* bytes that may be shown */
  GString *text;
  gint64   line;    /* that comes next, from 1 */
  gboolean full;    /* there is more than may be shown */
} Range;

static void
range_init (Range *self, VigInvocation *invocation)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  gsize limit = vig_invocation_get_output_limit (invocation);

  self->first = vig_json_get_int (arguments, "offset", 1);
  self->n = vig_json_get_int (arguments, "limit", G_MAXINT64);
  self->tail = MIN (vig_json_get_int (arguments, "tail", 0), MAX_TAIL);
  self->limit = limit > 0 ? limit : NO_LIMIT;
  self->text = g_string_new (NULL);
  self->line = 1;
  self->full = FALSE;
}

static gboolean
is_done (Range *self)
{
  return self->full || (self->n < G_MAXINT64 - self->first && self->line >= self->first + self->n);
}

/* Takes from @data what is asked for, and counts the lines. */
static void
range_take (Range *self, const char *data, gsize length)
{
  const char *end = data + length;

  while (data < end && !is_done (self))
    {
      const char *newline = memchr (data, '\n', (gsize) (end - data));
      const char *next = newline != NULL ? newline + 1 : end;
      gsize room = self->limit - MIN (self->limit, self->text->len);

      if (self->line >= self->first)
        {
          self->full = (gsize) (next - data) > room;
          g_string_append_len (self->text, data, MIN (next - data, (gssize) room));
        }
      self->line += newline != NULL;
      data = next;
    }
}

static gssize
read_piece (int fd, char *buffer, gsize size, GCancellable *cancellable, GError **error)
{
  gssize n;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  do
    n = read (fd, buffer, size);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to read: %s", g_strerror (errno));

  return n;
}

/* The place where the last @tail lines begin, found from the end. */
static gint64
find_tail (int fd, gint64 size, gint64 tail, GCancellable *cancellable, GError **error)
{
  g_autofree char *buffer = g_malloc (PIECE);
  gint64 at = size;
  gint64 lines = 0;

  while (at > 0)
    {
      gsize piece = (gsize) MIN (at, PIECE);
      gssize n;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return -1;
      n = pread (fd, buffer, piece, at - (gint64) piece);
      if (n <= 0)
        return at;
      for (gssize i = n; i-- > 0;)
        if (buffer[i] == '\n' && at - (gint64) piece + i + 1 < size && ++lines == tail)
          return at - (gint64) piece + i + 1;
      at -= (gint64) piece;
    }

  return 0;
}

static gboolean
stream (Range *self, int fd, gint64 size, gsize mark, GCancellable *cancellable, GError **error)
{
  g_autofree char *buffer = g_malloc (PIECE);
  gint64 start = self->tail > 0 ? find_tail (fd, size, self->tail, cancellable, error) : (gint64) mark;
  gssize n = 1;

  if (start < 0 || lseek (fd, start, SEEK_SET) < 0)
    return start >= 0 ? filesystem_fail (error, "read", "the file") : FALSE;
  while (n > 0 && !is_done (self))
    {
      n = read_piece (fd, buffer, PIECE, cancellable, error);
      if (n < 0)
        return FALSE;
      range_take (self, buffer, (gsize) n);
    }

  return TRUE;
}

/* In other encodings than those where a line feed is a byte of its own, the whole is converted first. */
static gboolean
convert (Range *self, int fd, const char *encoding, gsize mark, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) bytes = lseek (fd, (off_t) mark, SEEK_SET) >= 0 ? filesystem_read_all (fd, FILESYSTEM_MAX_SIZE, cancellable, error) : NULL;
  g_autofree char *text = NULL;
  const char *data;
  gsize length;

  if (bytes == NULL)
    return FALSE;

  data = g_bytes_get_data (bytes, &length);
  text = g_convert_with_fallback (data != NULL ? data : "", (gssize) length, "UTF-8", encoding, "\xef\xbf\xbd", NULL, &length, error);
  if (text == NULL)
    return FALSE;

  if (self->tail > 0)
    {
      const char *at = text + length;

      for (gint64 lines = 0; at > text && !(at[-1] == '\n' && at < text + length && ++lines == self->tail); at--)
        ;
      range_take (self, at, (gsize) (text + length - at));
    }
  else
    range_take (self, text, length);

  return TRUE;
}

static char *
decode (Range *self, const char *encoding)
{
  char *text = NULL;

  if (g_str_equal (encoding, "WINDOWS-1252"))
    text = g_convert_with_fallback (self->text->str, (gssize) self->text->len, "UTF-8", encoding, "\xef\xbf\xbd", NULL, NULL, NULL);

  /* What does not fit may be cut within a character, of four bytes at most. */
  for (guint i = 0; i < 3 && self->full && self->text->len > 0 && !g_utf8_validate (self->text->str, (gssize) self->text->len, NULL); i++)
    g_string_truncate (self->text, self->text->len - 1);

  return text != NULL ? text : g_utf8_make_valid (self->text->str, (gssize) self->text->len);
}

static JsonNode *
make_answer (Range *self, const char *encoding, gint64 size)
{
  g_autofree char *text = decode (self, encoding);
  g_autoptr (GString) answer = g_string_new (text);

  if (self->full)
    g_string_append_printf (answer, "%s[cut: %" G_GSIZE_FORMAT " of %" G_GINT64_FORMAT " bytes are shown; use offset and limit (lines), or tail, for the rest]",
                            g_str_has_suffix (text, "\n") ? "" : "\n", self->text->len, size);
  if (!g_str_equal (encoding, "UTF-8"))
    g_string_append_printf (answer, "%s[encoding: %s]", g_str_has_suffix (answer->str, "\n") ? "" : "\n", encoding);

  return vig_json_pack ("s", answer->str);
}

static JsonNode *
read_text (VigInvocation *invocation, int fd, gint64 size, GCancellable *cancellable, GError **error)
{
  char sample[FILESYSTEM_SAMPLE];
  gssize n = read_piece (fd, sample, sizeof sample, cancellable, error);
  const char *encoding;
  gsize mark;
  Range range;
  JsonNode *answer = NULL;
  gboolean done;

  if (n < 0)
    return NULL;
  encoding = filesystem_find_encoding (sample, (gsize) n, &mark);
  if (encoding == NULL)
    {
      g_autofree char *type = g_content_type_guess (filesystem_get_path (invocation), (const guchar *) sample, (gsize) n, NULL);

      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "it is a binary file of %" G_GINT64_FORMAT " bytes (%s)", size, type);
      return NULL;
    }

  range_init (&range, invocation);
  if (g_str_equal (encoding, "UTF-8") || g_str_equal (encoding, "WINDOWS-1252"))
    done = stream (&range, fd, size, mark, cancellable, error);
  else
    done = convert (&range, fd, encoding, mark, cancellable, error);
  if (done)
    answer = make_answer (&range, encoding, size);
  g_string_free (range.text, TRUE);

  return answer;
}

JsonNode *
filesystem_read (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *path = filesystem_get_path (invocation);
  gint64 size;
  int fd = filesystem_open_regular (invocation, path, &size, error);
  JsonNode *answer;

  if (fd < 0)
    return NULL;

  answer = read_text (invocation, fd, size, cancellable, error);
  g_close (fd, NULL);
  if (answer == NULL)
    g_prefix_error (error, "%s: ", path);

  return answer;
}
