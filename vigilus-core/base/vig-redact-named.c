/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-names.h"
#include "vig-redact-scan.h"

#include <string.h>

#define NAME         G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.-"
#define BLANKS       " \t"
#define QUOTES       "\"'`"
#define VALUE_ENDS   " \t\r\n,;&)]}<>\"'`\\"
#define LONGEST_QUOTE 4096 /* bytes that are looked through for a closing quote */
#define LONGEST_LOOK  512  /* bytes of a value by which it is judged; what is taken goes on to its end */
#define LONGEST_PROSE 96   /* bytes between "passphrase for ..." and its colon */

typedef struct
{
  gsize    start;
  gsize    end;
  gboolean quoted;
} Value;

static gboolean
is_word (VigScan *self, gsize start, gsize end, const char *word)
{
  return end - start == strlen (word) && g_ascii_strncasecmp (self->text + start, word, end - start) == 0;
}

/* Backslashes before a quote: a value in JSON in JSON opens with \\\". */
static guint
count_backslashes (VigScan *self, gsize at, gsize floor)
{
  guint n = 0;

  while (at > floor && self->text[at - 1] == '\\')
    {
      n++;
      at--;
    }

  return n;
}

static gsize
find_closing (VigScan *self, gsize from, char quote, guint depth)
{
  gsize limit = MIN (self->length, from + LONGEST_QUOTE);

  for (gsize i = from; i < limit; i++)
    if (self->text[i] == quote && count_backslashes (self, i, from) <= depth)
      return i;
  if (limit == self->length)
    vig_scan_note_end (self);

  return G_MAXSIZE;
}

static gsize
find_end (VigScan *self, gsize at, const char *set)
{
  gsize limit = MIN (self->length, at + LONGEST_LOOK);
  gboolean is_end[256] = { TRUE };

  while (*set != '\0')
    is_end[(guint8) *set++] = TRUE;
  while (at < limit && !is_end[(guint8) self->text[at]])
    at++;
  if (at == self->length)
    vig_scan_note_end (self);

  return at;
}

static gboolean
read_value (VigScan *self, gsize at, Value *value)
{
  gsize quote = vig_scan_skip (self, at, "\\");
  gsize close;

  value->quoted = quote < self->length && strchr (QUOTES, self->text[quote]) != NULL;
  if (value->quoted)
    {
      guint depth = (guint) (quote - at);

      value->start = quote + 1;
      close = find_closing (self, value->start, self->text[quote], depth);
      if (close != G_MAXSIZE)
        {
          value->end = close - count_backslashes (self, close, value->start);
          return value->end > value->start;
        }
      value->quoted = FALSE;
    }
  else
    value->start = at;

  value->end = find_end (self, value->start, VALUE_ENDS);

  return value->end > value->start;
}

/* Past = : := => %3D and blanks, over a closing quote of the name; G_MAXSIZE: none stands there. */
static gsize
skip_separator (VigScan *self, gsize at)
{
  gsize after = vig_scan_skip (self, at, "\\");

  if (after < self->length && strchr (QUOTES, self->text[after]) != NULL)
    at = after + 1;
  at = vig_scan_skip (self, at, BLANKS);

  if (vig_scan_is (self, at, "value="))
    return at + strlen ("value=");
  if (vig_scan_is (self, at, "%3D"))
    return at + strlen ("%3D");
  /* ${NAME:?what to say} and ${NAME:+something else} hold none; ${NAME:-X} may. */
  if (vig_scan_is (self, at, "==") || vig_scan_is (self, at, ":?") || vig_scan_is (self, at, ":+") || at >= self->length
      || strchr ("=:", self->text[at]) == NULL)
    return G_MAXSIZE;

  at = vig_scan_skip (self, at + 1, "=>");
  at = vig_scan_skip (self, at, BLANKS);
  /* {"value": "..."}, as Terraform's state has it. */
  if (vig_scan_is (self, at, "{"))
    {
      gsize inner = vig_scan_find (self, at, 24, "\"value");
      gsize close = inner != G_MAXSIZE ? vig_scan_skip (self, inner + strlen ("\"value"), "\\") : G_MAXSIZE;

      at = inner != G_MAXSIZE && vig_scan_is (self, close, "\":") ? vig_scan_skip (self, close + 2, BLANKS) : at;
    }

  return at;
}

/* "the password is X", "token here: X", "passphrase for key '...': X" */
static gsize
skip_prose (VigScan *self, gsize at)
{
  static const char *const links[] = { " is ", " IS ", " is: ", " here: ", " was " };
  gsize colon;

  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    if (vig_scan_is (self, at, links[i]))
      return at + strlen (links[i]);

  if (!vig_scan_is (self, at, " for "))
    return G_MAXSIZE;

  colon = vig_scan_find (self, at, LONGEST_PROSE, ": ");

  return colon != G_MAXSIZE && vig_scan_until (self, at, "\n") > colon ? colon + 2 : G_MAXSIZE;
}

/* Answers with where to go on: behind a value that was taken, so that no byte is taken twice. */
static gsize
add_if_secret (VigScan *self, VigNameKind kind, gsize at)
{
  Value value;

  if (at == G_MAXSIZE || !read_value (self, at, &value)
      || !vig_redact_is_secret (kind, self->text + value.start, value.end - value.start, value.quoted))
    return 0;

  if (!value.quoted)
    value.end = vig_scan_until (self, value.end, VALUE_ENDS);
  vig_scan_add (self, value.start, value.end);

  return value.end;
}

/* "auth": "base64 of user:password" (docker's config.json), _auth=... (npmrc). */
static gsize
scan_encoded_pair (VigScan *self, gsize at)
{
  Value value;

  if (at == G_MAXSIZE || !read_value (self, at, &value) || !vig_redact_is_encoded_pair (self->text + value.start, value.end - value.start))
    return 0;

  vig_scan_add (self, value.start, value.end);

  return value.end;
}

/* hostapd.conf has passphrases of several words, to the end of the line. */
static gboolean
goes_to_line_end (VigScan *self, gsize start, gsize end)
{
  return is_word (self, start, end, "wpa_passphrase") || is_word (self, start, end, "sae_password");
}

static gsize
scan_name (VigScan *self, gsize start, gsize end)
{
  VigNameKind kind = vig_redact_classify_name (self->text + start, end - start);
  gsize at;

  /* Signed addresses give access to who has them; signatures elsewhere do not. */
  if (kind == VIG_NAME_PLAIN && start > 0 && strchr ("?&", self->text[start - 1]) != NULL && end - start >= 9
      && g_ascii_strncasecmp (self->text + end - 9, "signature", 9) == 0)
    kind = VIG_NAME_SECRET;
  if (vig_redact_names_pair (self->text + start, end - start))
    return scan_encoded_pair (self, skip_separator (self, end));
  if (kind == VIG_NAME_PLAIN)
    return 0;

  at = skip_separator (self, end);
  if (at != G_MAXSIZE && goes_to_line_end (self, start, end))
    {
      vig_scan_add (self, at, vig_scan_until (self, at, "\r\n"));
      return vig_scan_until (self, at, "\r\n");
    }
  if (at != G_MAXSIZE)
    return add_if_secret (self, kind, at);
  if (start > 0 && self->text[start - 1] == '<' && vig_scan_is (self, end, ">"))
    return add_if_secret (self, kind, end + 1);
  if (self->text[start] == '-' && vig_scan_is (self, end, " ") && !vig_scan_is (self, end, " -"))
    return add_if_secret (self, kind, end + 1);
  if (vig_scan_is (self, end, " \""))
    return add_if_secret (self, kind, end + 1);

  /* Prose has to look like a key to be taken for one. */
  return add_if_secret (self, VIG_NAME_SECRET, skip_prose (self, end));
}

/* A header's value goes to the end of the line, or to the quote that it stands in. */
static gsize
find_header_end (VigScan *self, gsize start, gsize at, gboolean whole)
{
  char quote = start > 0 && strchr (QUOTES, self->text[start - 1]) != NULL ? self->text[start - 1] : '\0';
  const char ends[] = { '\r', '\n', quote, '\0' };

  return whole ? vig_scan_until (self, at, ends) : find_end (self, at, ends);
}

static gsize
scan_header (VigScan *self, gsize start, gsize end, gboolean has_scheme)
{
  gsize at = skip_separator (self, end);
  gboolean is_json = FALSE;
  gsize stop;
  Value value;

  if (at == G_MAXSIZE)
    return 0;

  /* "Authorization": "Bearer ..." */
  if (vig_scan_skip (self, end, "\\" QUOTES) != end && read_value (self, at, &value) && value.quoted)
    {
      at = value.start;
      stop = value.end;
      is_json = TRUE;
    }
  else
    stop = find_header_end (self, start, at, FALSE);

  if (has_scheme)
    {
      gsize scheme = vig_scan_skip (self, at, G_CSET_A_2_Z G_CSET_a_2_z);

      at = vig_scan_is (self, scheme, " ") || vig_scan_is (self, scheme, "=") ? scheme + 1 : at;
    }
  if (stop <= at || !vig_redact_is_secret (VIG_NAME_SECRET, self->text + at, stop - at, FALSE))
    return 0;

  if (!is_json)
    stop = find_header_end (self, start, stop, TRUE);
  vig_scan_add (self, at, stop);

  return stop;
}

/* "Bearer X" without its header, where X is long: bearers of bad news stay. */
static gsize
scan_bearer (VigScan *self, gsize end)
{
  Value value;

  if (!vig_scan_is (self, end, " ") || !read_value (self, end + 1, &value) || value.end - value.start < 16)
    return 0;

  return add_if_secret (self, VIG_NAME_SECRET, end + 1);
}

static gsize
scan_word (VigScan *self, gsize start, gsize end)
{
  if (is_word (self, start, end, "authorization") || is_word (self, start, end, "proxy-authorization"))
    return scan_header (self, start, end, TRUE);
  if (is_word (self, start, end, "cookie") || is_word (self, start, end, "set-cookie"))
    return scan_header (self, start, end, FALSE);
  if (is_word (self, start, end, "bearer"))
    return scan_bearer (self, end);

  return scan_name (self, start, end);
}

void
vig_scan_named (VigScan *self)
{
  gsize at = 0;

  while (at < self->length)
    {
      gsize start;
      gsize end;
      gsize next = 0;

      vig_scan_set_mark (self, G_MAXSIZE);
      start = vig_scan_until (self, at, NAME);
      end = vig_scan_skip (self, start, NAME);

      /* "\nTOKEN" written out: the n is not part of the name. */
      if (start > 0 && self->text[start - 1] == '\\' && end - start > 1 && strchr ("nrt", self->text[start]) != NULL)
        start++;
      vig_scan_set_mark (self, start);
      if (end > start)
        next = scan_word (self, start, end);
      at = MAX (end, next);
    }
}
