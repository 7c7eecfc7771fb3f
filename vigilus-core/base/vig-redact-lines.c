/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-names.h"
#include "vig-redact-scan.h"

#include <string.h>

/* Secrets that are told by the line, or the object, that they stand in. */

#define NAME         G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.-"
#define WORD         G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-"
#define SHORTEST_JWK 40   /* characters: a key of 256 bits has 43 */
#define LONGEST_JWK  2048 /* bytes between a member and "kty", either way */

/* Past a line break, also one that is written out as \n; @at: none stands there. */
gsize
vig_scan_skip_line_end (VigScan *self, gsize at)
{
  gsize after = vig_scan_skip (self, at, "\\\r");

  if (after > at && vig_scan_is (self, after, "r"))
    after = vig_scan_skip (self, after + 1, "\\");
  if (vig_scan_is (self, after, "\n") || (after > at && vig_scan_is (self, after, "n")))
    return after + (vig_scan_is (self, after + 1, "+") ? 2 : 1); /* of a unified diff */

  return at;
}

gboolean
vig_scan_begins_line (VigScan *self, gsize at)
{
  if (at > 0 && self->text[at - 1] == '+')
    at--;

  return at == 0 || self->text[at - 1] == '\n' || (at > 1 && self->text[at - 1] == 'n' && self->text[at - 2] == '\\');
}

/* "001 web 10.0.0.1 KEY", a row of Wazuh's client.keys. */
gsize
vig_scan_agent (VigScan *self, gsize start, gsize end)
{
  gsize at = end;

  if (end - start > 8 || !vig_scan_begins_line (self, start))
    return 0;
  for (guint i = 0; i < 3; i++)
    {
      if (!vig_scan_is (self, at, " "))
        return 0;
      if (i < 2)
        at = vig_scan_skip (self, at + 1, NAME ":/");
    }
  end = vig_scan_skip (self, at + 1, G_CSET_DIGITS "abcdef");
  if (end - at != 65)
    return 0;
  vig_scan_add (self, at + 1, end);

  return end;
}

/* localclient:X:10, a line of Deluge's auth, and the lines that follow it. */
gsize
vig_scan_deluge (VigScan *self, gsize end)
{
  gsize done = 0;

  while (vig_scan_is (self, end, ":"))
    {
      gsize colon = vig_scan_until (self, end + 1, ": \t\r\n\\\"");
      gsize level = vig_scan_is (self, colon, ":") ? vig_scan_skip (self, colon + 1, G_CSET_DIGITS) : 0;

      if (level <= colon + 1 || level > colon + 3)
        break;
      vig_scan_add (self, end + 1, colon);
      done = level;
      end = vig_scan_skip_line_end (self, level) > level ? vig_scan_skip (self, vig_scan_skip_line_end (self, level), NAME) : level;
    }

  return done;
}

/* Lines "user:X" beneath "list: |", as cloud-init has them below chpasswd. */
gsize
vig_scan_chpasswd (VigScan *self, gsize end)
{
  gsize at = vig_scan_find (self, end, 64, "list: |");
  gsize line = at != G_MAXSIZE ? vig_scan_until (self, at, "\r\n\\") : end;
  gsize done = 0;

  while ((at = vig_scan_skip_line_end (self, line)) > line)
    {
      gsize name = vig_scan_skip (self, at, " \t");
      gsize colon = vig_scan_skip (self, name, NAME);

      line = vig_scan_until (self, colon, "\r\n\\\"");
      if (colon == name || !vig_scan_is (self, colon, ":") || vig_scan_is (self, colon + 1, " ") || line == colon + 1)
        break;
      if (vig_redact_is_secret (VIG_NAME_PASSWORD, self->text + colon + 1, line - colon - 1, TRUE))
        vig_scan_add (self, colon + 1, line);
      done = line;
    }

  return done;
}

static gboolean
is_near_kty (VigScan *self, gsize start, gsize end)
{
  gsize before = start - MIN (start, LONGEST_JWK);

  return memmem (self->text + before, start - before, "\"kty", 4) != NULL || vig_scan_find (self, end, LONGEST_JWK, "\"kty") != G_MAXSIZE;
}

/* {"kty": "EC", "d": "X"}: the members that make a JSON Web Key private (RFC 7518, 6). 0: it is none of them. */
gsize
vig_scan_jwk (VigScan *self, gsize start, gsize end)
{
  static const char *const members[] = { "d", "k", "p", "q", "dp", "dq", "qi" };
  gsize quote = vig_scan_skip (self, end, "\\");
  gsize value = vig_scan_is (self, quote, "\"") ? vig_scan_skip (self, quote + 1, " :\\\"") : end;
  gsize stop = vig_scan_skip (self, value, WORD);

  for (guint i = 0; i < G_N_ELEMENTS (members) && stop - value >= SHORTEST_JWK; i++)
    if (strlen (members[i]) == end - start && memcmp (self->text + start, members[i], end - start) == 0 && is_near_kty (self, start, stop))
      {
        vig_scan_add (self, value, stop);
        return stop;
      }

  return 0;
}
