/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-scan.h"

#include <string.h>

/* Secrets of Kubernetes, as YAML or JSON, also written out inside of a JSON string: all that stands under "data" and "stringData" of an object
 * whose kind is Secret, whatever its name. kubectl writes data before kind. */
#define MAX_ESCAPES 8    /* backslashes of a line's end that is written out, in JSON in JSON */
#define LONGEST_GAP 1024 /* bytes from "data" to "kind", where no "apiVersion" says that both are of one object */

typedef struct
{
  VigScan *scan;
  GArray  *held;      /* VigSpan: of data whose kind is not known yet */
  gsize    begin;     /* where the object begins, or G_MAXSIZE */
  gsize    data;      /* where its last data begin */
  gsize    read;      /* data were read up to here */
  gboolean has_version;
  gboolean is_known;  /* its kind; where it is no secret */
  gboolean is_secret; /* until the document ends */
  gboolean is_cut;    /* the text ended before it was all said */
} Object;

static char
get (Object *self, gsize at)
{
  if (at < self->scan->length)
    return self->scan->text[at];

  self->is_cut = TRUE;

  return '\0';
}

static gsize
skip_blanks (Object *self, gsize at)
{
  while (get (self, at) == ' ' || get (self, at) == '\t')
    at++;

  return at;
}

/* A line's end, also one that is written out as \n; @at where none is there. */
static gsize
skip_break (Object *self, gsize at)
{
  gsize after = get (self, at) == '\r' ? at + 1 : at;

  if (get (self, after) == '\n')
    return after + 1;
  for (after = at; after < at + MAX_ESCAPES && get (self, after) == '\\'; after++)
    ;
  if (after > at && get (self, after) == 'r' && get (self, after + 1) == '\\')
    for (after++; after < at + 2 * MAX_ESCAPES && get (self, after) == '\\'; after++)
      ;

  return after > at && get (self, after) == 'n' ? after + 1 : at;
}

static gsize
find_break (Object *self, gsize at)
{
  while (at < self->scan->length && skip_break (self, at) == at)
    at++;

  return at;
}

/* Past a closing quote, blanks, a colon and blanks; G_MAXSIZE: this is no key. */
static gsize
skip_colon (Object *self, gsize at)
{
  while (get (self, at) == '\\')
    at++;
  if (get (self, at) == '"' || get (self, at) == '\'')
    at++;
  at = skip_blanks (self, at);

  return get (self, at) == ':' ? skip_blanks (self, at + 1) : G_MAXSIZE;
}

static void
forget (Object *self)
{
  g_array_set_size (self->held, 0);
  self->begin = G_MAXSIZE;
  self->has_version = self->is_known = self->is_secret = FALSE;
}

static void
take (Object *self, gsize start, gsize end)
{
  VigSpan span = { start, end, self->begin };

  if (end > start)
    g_array_append_val (self->is_secret ? self->scan->spans : self->held, span);
}

/* Of a value: behind its opening quote up to the same one, or as it stands up to where the line or the flow ends. Answers with its end. */
static gsize
take_value (Object *self, gsize at, const char *ends)
{
  gsize start = at;
  gsize end;
  char quote;

  while (get (self, start) == '\\' && skip_break (self, start) == start)
    start++;
  quote = get (self, start);
  if (quote == '"' || quote == '\'')
    {
      gsize depth = start - at;
      gsize back;

      end = ++start;
      do
        {
          const char *close = end < self->scan->length ? memchr (self->scan->text + end, quote, self->scan->length - end) : NULL;

          end = close != NULL ? (gsize) (close - self->scan->text) + 1 : self->scan->length + 1;
          for (back = 0; end >= 2 + back && end - 2 - back >= start && self->scan->text[end - 2 - back] == '\\'; back++)
            ;
        }
      while (end <= self->scan->length && back > depth);
      take (self, start, end - 1 - (end <= self->scan->length ? back : 0));
      return MIN (end, self->scan->length);
    }

  for (end = start; end < self->scan->length && skip_break (self, end) == end && strchr (ends, get (self, end)) == NULL;)
    end++;
  take (self, start, end);

  return end;
}

static gsize
skip_key (Object *self, gsize at)
{
  while (get (self, at) == '\\' && skip_break (self, at) == at)
    at++;
  if (get (self, at) == '"' || get (self, at) == '\'')
    at++;
  while (vig_scan_is_word_char (get (self, at)))
    at++;

  return skip_colon (self, at);
}

/* {"a": "...", "b": "..."} */
static gsize
read_flow (Object *self, gsize at)
{
  while (at < self->scan->length)
    {
      gsize value;
      gsize next;

      while ((next = skip_break (self, skip_blanks (self, at))) != at || get (self, at) == ',')
        at = next != at ? next : at + 1;
      value = get (self, at) != '}' ? skip_key (self, at) : G_MAXSIZE;
      if (value == G_MAXSIZE)
        return at;
      at = MAX (take_value (self, value, ",}"), at + 1);
    }

  return at;
}

static gsize
get_indent (Object *self, gsize line)
{
  return skip_blanks (self, line) - line;
}

/* How far in @at stands. */
static gsize
get_column (Object *self, gsize at)
{
  gsize column = 0;

  while (at > 0 && (strchr (" \t-\"'", self->scan->text[at - 1]) != NULL))
    {
      at--;
      column++;
    }

  return column;
}

/* Lines that are further in than @column: a key and its value each, or what goes on with the value before. */
static gsize
read_block (Object *self, gsize line, gsize column)
{
  gsize text = G_MAXSIZE; /* how far in the key of a text of several lines stands */

  while (line < self->scan->length)
    {
      gsize indent = get_indent (self, line);
      gsize start = line + indent;
      gsize value = skip_key (self, start);

      if (skip_break (self, start) == start)
        {
          if (indent <= column)
            return line;
          if (value == G_MAXSIZE || indent > text)
            take (self, start, find_break (self, start));
          else if (get (self, value) == '|' || get (self, value) == '>')
            text = indent;
          else
            {
              text = G_MAXSIZE;
              take_value (self, value, self->scan->text[line - 1] == '\n' ? "" : "\"");
            }
        }
      line = skip_break (self, find_break (self, start));
    }

  return line;
}

static void
read_data (Object *self, gsize start, gsize end)
{
  gsize at = skip_colon (self, end);
  gsize next;

  if (at == G_MAXSIZE || start < self->read)
    return;

  /* Data of something else, or of an object that has no version: only a kind that follows soon is theirs. */
  if (!self->is_secret && (self->is_known || !self->has_version))
    forget (self);
  self->begin = MIN (self->begin, start);
  self->data = start;
  next = skip_break (self, at);
  if (get (self, at) == '{')
    self->read = read_flow (self, at + 1);
  else if (next != at)
    self->read = read_block (self, next, get_column (self, start));
  else
    {
      gsize value = skip_key (self, at);

      self->read = value != G_MAXSIZE ? take_value (self, value, "") : at;
    }
}

static void
read_kind (Object *self, gsize start, gsize end)
{
  gsize at = skip_colon (self, end);
  gsize word;

  if (at == G_MAXSIZE)
    return;
  while (get (self, at) == '\\')
    at++;
  if (get (self, at) == '"' || get (self, at) == '\'')
    at++;
  for (word = at; vig_scan_is_word_char (get (self, word));)
    word++;
  if (word >= self->scan->length)
    return;

  self->is_known = TRUE;
  if (word - at == strlen ("secret") && g_ascii_strncasecmp (self->scan->text + at, "secret", word - at) == 0)
    {
      self->begin = MIN (self->begin, start);
      self->is_secret = TRUE;
      if (self->held->len > 0 && (self->has_version || start - self->data <= LONGEST_GAP))
        g_array_append_vals (self->scan->spans, self->held->data, self->held->len);
    }
  g_array_set_size (self->held, 0);
}

static gboolean
is_word (Object *self, gsize start, gsize end, const char *word)
{
  return end - start == strlen (word) && memcmp (self->scan->text + start, word, end - start) == 0;
}

static void
read_word (Object *self, gsize start, gsize end)
{
  self->is_cut = FALSE;
  if (is_word (self, start, end, "apiVersion") && !self->is_secret)
    {
      forget (self);
      self->begin = start;
      self->has_version = TRUE;
    }
  else if (is_word (self, start, end, "kind"))
    read_kind (self, start, end);
  else if (is_word (self, start, end, "data") || is_word (self, start, end, "stringData"))
    read_data (self, start, end);
  if (self->is_cut)
    {
      vig_scan_set_mark (self->scan, MIN (self->begin, start));
      vig_scan_note_end (self->scan);
    }
}

/* "---" at the beginning of a line ends a document. */
static gboolean
is_separator (Object *self, gsize at)
{
  const char *text = self->scan->text;

  return text[at] == '-' && get (self, at + 1) == '-' && get (self, at + 2) == '-'
         && at > 0 && (text[at - 1] == '\n' || (at > 1 && text[at - 1] == 'n' && text[at - 2] == '\\'));
}

static gsize
skip_to_word (Object *self, gsize at)
{
  while (at < self->scan->length && !g_ascii_isalpha (self->scan->text[at]))
    {
      if (is_separator (self, at))
        forget (self);
      at++;
    }
  /* "\nkind" written out: the n is not part of the word. */
  if (at > 0 && at + 1 < self->scan->length && self->scan->text[at - 1] == '\\' && strchr ("nrt", self->scan->text[at]) != NULL
      && g_ascii_isalpha (self->scan->text[at + 1]))
    at++;

  return at;
}

static gboolean
has_word (VigScan *scan, const char *word)
{
  return memmem (scan->text, scan->length, word, strlen (word)) != NULL;
}

void
vig_scan_kubernetes (VigScan *scan)
{
  g_autoptr (GArray) held = g_array_new (FALSE, FALSE, sizeof (VigSpan));
  Object self = { .scan = scan, .held = held, .begin = G_MAXSIZE };
  gsize at = 0;

  if (!has_word (scan, "kind") && !has_word (scan, "data") && !has_word (scan, "apiVersion"))
    return;

  while (at < scan->length)
    {
      gsize start = skip_to_word (&self, at);

      for (at = start; at < scan->length && g_ascii_isalnum (scan->text[at]);)
        at++;
      if (!vig_scan_is_word_char (start > 0 ? scan->text[start - 1] : ' ') || (start > 1 && scan->text[start - 2] == '\\'))
        read_word (&self, start, at);
    }

  if (self.is_secret || (self.begin != G_MAXSIZE && !self.is_known && (self.has_version || scan->length - self.data <= LONGEST_GAP)))
    {
      vig_scan_set_mark (scan, MIN (self.begin, scan->length));
      vig_scan_note_end (scan);
      if (scan->is_settled)
        {
          g_array_append_vals (scan->spans, held->data, held->len);
          scan->object = self.begin;
        }
    }
}
