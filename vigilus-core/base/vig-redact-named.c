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
#define GOTIFY_TOKEN 15     /* characters */
#define SHORTEST_PHRASE 12  /* words */
#define LONGEST_PHRASE  24
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
    at = after + (vig_scan_is (self, after + 1, "]") ? 2 : 1);
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
  /* A block of YAML. */
  if (vig_scan_is (self, at, "|") || vig_scan_is (self, at, ">"))
    {
      gsize line = vig_scan_skip (self, at, "|>+-" G_CSET_DIGITS);

      at = vig_scan_skip_line_end (self, line) > line ? vig_scan_skip (self, vig_scan_skip_line_end (self, line), BLANKS "+") : at;
    }
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
skip_prose (VigScan *self, gsize at, VigNameKind *kind)
{
  static const char *const links[] = { " is ", " IS ", " is: ", " here: ", " was " };
  static const char *const quoted[] = { " is '", " is \"" };
  gboolean is_generated = vig_scan_is (self, at, " is generated for ");
  gsize colon;

  /* Prose has to look like a key to be taken for one. */
  if (!is_generated && !vig_scan_is (self, at, " is: "))
    *kind = MIN (*kind, vig_scan_is (self, at, " to ") ? VIG_NAME_KEY : VIG_NAME_SECRET);

  for (guint i = 0; i < G_N_ELEMENTS (links) && !is_generated; i++)
    if (vig_scan_is (self, at, links[i]))
      return at + strlen (links[i]);

  /* "the following password to proceed:", and then a line of its own. */
  if (vig_scan_is (self, at, " to "))
    {
      colon = vig_scan_find (self, at, LONGEST_PROSE, ":");
      return colon != G_MAXSIZE && vig_scan_skip_line_end (self, colon + 1) > colon + 1 ? vig_scan_skip_line_end (self, vig_scan_skip_line_end (self, colon + 1)) : G_MAXSIZE;
    }
  if (!vig_scan_is (self, at, " for ") && !is_generated)
    return G_MAXSIZE;

  colon = vig_scan_find (self, at, LONGEST_PROSE, ": ");
  if (colon != G_MAXSIZE && memchr (self->text + at, '\n', colon - at) == NULL)
    return colon + 2;
  /* "for user 'bob' is 'X'", and "for 'web':" with a line of its own behind it. */
  for (guint i = 0; i < G_N_ELEMENTS (quoted); i++)
    if ((colon = vig_scan_find (self, at, LONGEST_PROSE, quoted[i])) != G_MAXSIZE && memchr (self->text + at, '\n', colon - at) == NULL)
      return colon + strlen (quoted[i]) - 1;
  colon = vig_scan_find (self, at, LONGEST_PROSE, ":");
  if (colon == G_MAXSIZE || memchr (self->text + at, '\n', colon - at) != NULL || vig_scan_skip_line_end (self, colon + 1) == colon + 1)
    return G_MAXSIZE;

  return vig_scan_skip (self, vig_scan_skip_line_end (self, vig_scan_skip_line_end (self, colon + 1)), BLANKS);
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

/* appid=X of OpenWeather; elsewhere it is a name. */
static gboolean
is_application_key (VigScan *self, gsize start, gsize end)
{
  return is_word (self, start, end, "appid") && vig_scan_is (self, end, "=")
         && vig_redact_is_key (self->text + end + 1, vig_scan_run (self, end + 1, G_CSET_DIGITS "abcdef", LONGEST_LOOK));
}

/* Signed addresses give access to who has them; signatures, codes and names elsewhere do not. */
static gboolean
is_secret_parameter (VigScan *self, gsize start, gsize end)
{
  if (start == 0)
    return FALSE;
  if (self->text[start - 1] == ';')
    return is_word (self, start, end, "pwd");

  return strchr ("?&", self->text[start - 1]) != NULL
         && ((end - start >= 9 && g_ascii_strncasecmp (self->text + end - 9, "signature", 9) == 0) || is_word (self, start, end, "sig")
             || is_word (self, start, end, "auth") || is_application_key (self, start, end) || (is_word (self, start, end, "code") && self->length - end > 40));
}

/* network_key: [1, 3, 5, ...] */
static gsize
scan_bytes (VigScan *self, gsize at)
{
  gsize end = vig_scan_is (self, at, "[") ? vig_scan_skip (self, at + 1, G_CSET_DIGITS "abcdefABCDEFx, ") : at;

  if (end - at < 32 || !vig_scan_is (self, end, "]"))
    return 0;
  vig_scan_add (self, at + 1, end);

  return end;
}

/* DB_PASSWORD X, as ENV of a Dockerfile and setenv have it. */
static gboolean
is_variable (VigScan *self, gsize start, gsize end)
{
  gboolean has_line = FALSE;

  for (gsize i = start; i < MIN (end, start + LONGEST_LOOK); i++)
    {
      if (g_ascii_islower (self->text[i]) || self->text[i] == '.' || self->text[i] == '-')
        return FALSE;
      has_line = has_line || self->text[i] == '_';
    }

  return has_line;
}

/* A blank and a quote, with as many backslashes as the text is deep in JSON. */
static gboolean
stands_quoted (VigScan *self, gsize at, char quote)
{
  return vig_scan_is (self, at, " ") && vig_scan_is (self, vig_scan_skip (self, at + 1, "\\"), (char[]) { quote, '\0' });
}

/* "password X" and nothing else, as many a configuration file has it. */
static gboolean
fills_line (VigScan *self, gsize start, gsize at)
{
  gsize end = find_end (self, at, " \t\r\n\\");

  return vig_scan_begins_line (self, start) && (end == self->length || strchr ("\r\n\\", self->text[end]) != NULL);
}

/* Values that stand behind a name without a separator; 0: none does. */
static gsize
scan_beside (VigScan *self, VigNameKind kind, gsize start, gsize end)
{
  static const char *const sides[] = { " | ", " 7 " };
  gsize quote = vig_scan_skip (self, end, "\\");
  gsize line = vig_scan_skip_line_end (self, quote + 1);
  gboolean is_tag;

  /* <Pass encoding="base64">X, <AdministratorPassword><Value>X */
  if (start > 0 && self->text[start - 1] == '<' && vig_scan_is (self, end, " "))
    end = vig_scan_until (self, end, "<>\r\n");
  is_tag = start > 0 && self->text[start - 1] == '<' && vig_scan_is (self, end, ">");
  if (is_tag && vig_scan_is (self, end, "><Value>"))
    end += strlen ("><Value");
  if (is_tag && vig_scan_skip_line_end (self, end + 1) > end + 1)
    return add_if_secret (self, kind, vig_scan_skip_line_end (self, vig_scan_until (self, vig_scan_skip_line_end (self, end + 1), "\n\\")));
  if (is_tag)
    return add_if_secret (self, kind, end + 1);
  if (kind == VIG_NAME_KEY)
    return 0;
  if (self->text[start] == '-' && vig_scan_is (self, end, " ") && !vig_scan_is (self, end, " -"))
    return add_if_secret (self, kind, end + 1);
  if (stands_quoted (self, end, '"'))
    return add_if_secret (self, kind, end + 1);
  /* PASSWORD 'X' of SQL; prose puts names in such quotes. */
  if (vig_scan_is (self, end, " '") || (g_ascii_isupper (self->text[start]) && vig_scan_is (self, end, "('")))
    return add_if_secret (self, g_ascii_isupper (self->text[end - 1]) ? kind : VIG_NAME_KEY, end + 1);
  /* name="password" and an empty line, as forms are sent. */
  if (vig_scan_is (self, quote, "\"") && vig_scan_skip_line_end (self, line) > line && line > quote + 1)
    return add_if_secret (self, VIG_NAME_SECRET, vig_scan_skip_line_end (self, line));
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    if (vig_scan_is (self, end, sides[i]))
      return add_if_secret (self, VIG_NAME_SECRET, end + strlen (sides[i]));
  if (vig_scan_is (self, end, " ") && (is_variable (self, start, end) || fills_line (self, start, end + 1)))
    return add_if_secret (self, VIG_NAME_SECRET, vig_scan_skip (self, end, BLANKS));

  return 0;
}

/* "PASS tests/x.c" and "PASS: x/y.exp", as those say who run tests. */
static gboolean
is_verdict (VigScan *self, gsize start, gsize end)
{
  gsize at = vig_scan_skip (self, end, ": ");
  gsize stop = end - start == 4 && memcmp (self->text + start, "PASS", 4) == 0 && vig_scan_begins_line (self, start) ? find_end (self, at, " \t\r\n\\") : at;

  return memchr (self->text + at, '/', stop - at) != NULL && memchr (self->text + at, '.', stop - at) != NULL;
}

/* pwd: "X" of code; else PWD is where a shell stands. */
static gboolean
is_quoted_pwd (VigScan *self, gsize start, gsize end)
{
  gsize at = is_word (self, start, end, "pwd") && self->text[start] == 'p' ? skip_separator (self, end) : G_MAXSIZE;
  gsize quote = at != G_MAXSIZE ? vig_scan_skip (self, at, "\\") : G_MAXSIZE;

  return quote < self->length && strchr (QUOTES, self->text[quote]) != NULL && !vig_scan_is (self, quote + 1, "/") && !vig_scan_is (self, quote + 1, "~")
         && !vig_scan_is (self, quote + 1, ".");
}

static gsize
scan_name (VigScan *self, gsize start, gsize end)
{
  VigNameKind kind = vig_redact_classify_name (self->text + start, end - start);
  gsize next;
  gsize at;

  if (kind == VIG_NAME_PLAIN && is_quoted_pwd (self, start, end))
    kind = VIG_NAME_PASSWORD;
  if (kind <= VIG_NAME_KEY && is_secret_parameter (self, start, end))
    kind = VIG_NAME_SECRET;
  else if (vig_redact_names_pair (self->text + start, end - start))
    return scan_encoded_pair (self, skip_separator (self, end));
  if (kind == VIG_NAME_PLAIN || is_verdict (self, start, end))
    return 0;

  at = skip_separator (self, end);
  if (at != G_MAXSIZE && goes_to_line_end (self, start, end))
    {
      vig_scan_add (self, at, vig_scan_until (self, at, "\r\n"));
      return vig_scan_until (self, at, "\r\n");
    }
  if (at != G_MAXSIZE)
    {
      next = scan_bytes (self, at);
      return next > 0 ? next : add_if_secret (self, kind, at);
    }
  next = scan_beside (self, kind, start, end);
  if (next > 0)
    return next;
  at = skip_prose (self, end, &kind);

  return add_if_secret (self, kind, at);
}

/* A header's value goes to the end of the line, also of one that is written out, or to the quote that it stands in. */
static gsize
find_header_end (VigScan *self, gsize start, gsize at, gboolean whole)
{
  char quote = start > 0 && strchr (QUOTES, self->text[start - 1]) != NULL ? self->text[start - 1] : '\0';
  const char ends[] = { '\r', '\n', '\\', quote, '\0' };
  gsize limit = whole ? G_MAXSIZE : at + LONGEST_LOOK;
  gsize after = at;
  gsize end;

  do
    {
      end = whole ? vig_scan_until (self, after, ends) : find_end (self, after, ends);
      after = vig_scan_skip (self, end, "\\");
    }
  while (after > end && after < limit && !vig_scan_is (self, after, "n") && !vig_scan_is (self, after, "r"));

  return MIN (end, limit);
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

/* IDENTIFIED [WITH a_plugin] BY 'X', and EAP "X" of ipsec.secrets. */
static gsize
scan_quoted_after (VigScan *self, gsize end, const char *word)
{
  gsize at = *word != '\0' ? vig_scan_find (self, end, LONGEST_PROSE, word) : end;
  gsize quote = at != G_MAXSIZE ? at + strlen (word) : G_MAXSIZE;

  if (quote == G_MAXSIZE || (!stands_quoted (self, quote, '\'') && !stands_quoted (self, quote, '"')))
    return 0;

  return add_if_secret (self, VIG_NAME_PASSWORD, quote + 1);
}

/* define('DB_PASSWORD', 'X') */
static gsize
scan_define (VigScan *self, gsize end)
{
  gsize start = vig_scan_skip (self, end, "( \t\\'\"");
  gsize stop = vig_scan_skip (self, start, NAME);
  VigNameKind kind = vig_redact_classify_name (self->text + start, stop - start);
  gsize comma = vig_scan_skip (self, stop, "\\'\"");

  if (kind == VIG_NAME_PLAIN || !vig_scan_is (self, comma, ","))
    return 0;

  return add_if_secret (self, kind, vig_scan_skip (self, comma, ", \t"));
}

static gsize
skip_open_key (VigScan *self, gsize end)
{
  gsize at = skip_separator (self, end);

  return at != G_MAXSIZE ? vig_scan_until (self, at, " \t\r\n") : end;
}

/* Gotify's tokens are too short to be told by themselves, and may look like a word of code. */
static gsize
scan_gotify (VigScan *self, gsize end)
{
  gsize at = skip_separator (self, end);
  gsize start = at != G_MAXSIZE ? vig_scan_skip (self, at, "\\\"'") : 0;
  gsize n = start > 0 ? vig_scan_run (self, start, NAME, GOTIFY_TOKEN) : 0;

  if (n != GOTIFY_TOKEN)
    return 0;
  vig_scan_add (self, start, start + n);

  return start + n;
}

/* mnemonic = "...", seed phrase: ... */
static gsize
scan_phrase (VigScan *self, gsize end)
{
  gsize at = skip_separator (self, end);
  gsize start = at != G_MAXSIZE ? vig_scan_skip (self, at, "\\\"'") : at;
  guint n_words = 0;
  gsize stop = start != G_MAXSIZE ? vig_scan_skip_words (self, start, LONGEST_PHRASE, &n_words) : start;

  if (n_words < SHORTEST_PHRASE)
    return 0;
  vig_scan_add (self, start, stop);

  return stop;
}

static gsize
scan_word (VigScan *self, gsize start, gsize end)
{
  gsize key = end - start <= 2 && start > 0 && self->text[start - 1] == '"' ? vig_scan_jwk (self, start, end) : 0;

  /* "public key: ..." of wg show */
  if (is_word (self, start, end, "public") && vig_scan_is (self, end, " key"))
    return skip_open_key (self, end + strlen (" key"));
  if (is_word (self, start, end, "phrase") || is_word (self, start, end, "mnemonic") || is_word (self, start, end, "seed_phrase"))
    return scan_phrase (self, end);
  if (is_word (self, start, end, "x-gotify-key"))
    return scan_gotify (self, end);
  if (is_word (self, start, end, "localclient"))
    return vig_scan_deluge (self, end);
  if (is_word (self, start, end, "chpasswd") && vig_scan_is (self, end, ":"))
    return vig_scan_chpasswd (self, end);
  if (key > 0)
    return key;
  if (is_word (self, start, end, "define") && vig_scan_is (self, end, "("))
    return scan_define (self, end);
  if (end - start >= 3 && g_ascii_isdigit (self->text[start]) && vig_scan_skip (self, start, G_CSET_DIGITS) == end)
    return vig_scan_agent (self, start, end);
  if (is_word (self, start, end, "identified"))
    return scan_quoted_after (self, end, " BY");
  if (is_word (self, start, end, "EAP") || is_word (self, start, end, "XAUTH"))
    return scan_quoted_after (self, end, "");
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
