/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-names.h"
#include "vig-redact-scan.h"

#include <string.h>

#define BASE64       G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+/="
#define HASH         G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "./$=,+"
#define WORD         G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-"
#define USERINFO_MAX 1024
#define TOKEN_MIN    20 /* bytes of a token that stands alone before an @ */

static gsize
find_pem_end (VigScan *self, gsize at)
{
  gsize end;

  /* Looked for once: a text of many beginnings and no end is read through a single time. */
  if (at >= self->no_pem_end)
    return G_MAXSIZE;

  end = vig_scan_find (self, at, self->length, "-----END");
  if (end == G_MAXSIZE)
    self->no_pem_end = at;

  return end;
}

static gsize
scan_pem (VigScan *self, gsize at)
{
  gsize label = at + strlen ("-----BEGIN");
  gsize key = vig_scan_find (self, label, 48, "PRIVATE KEY");
  gsize start;
  gsize end;

  if (key == G_MAXSIZE || vig_scan_skip (self, label, G_CSET_A_2_Z " ") < key + strlen ("PRIVATE KEY"))
    return label;

  start = vig_scan_skip (self, vig_scan_skip (self, key, G_CSET_A_2_Z " "), "-");
  end = find_pem_end (self, start);
  if (end == G_MAXSIZE)
    end = vig_scan_skip (self, start, BASE64 "\\:,- \r\n\t");
  vig_scan_add (self, start, end);

  return end;
}

static gsize
scan_putty (VigScan *self, gsize at)
{
  gsize start = vig_scan_until (self, at, "\n\\");
  gsize end = vig_scan_skip (self, start, BASE64 "\r\n\\");
  gsize mac = end > start ? vig_scan_find (self, start, end - start + 16, "Private-MAC") : G_MAXSIZE;

  vig_scan_add (self, start, mac != G_MAXSIZE ? mac : end);

  return MAX (end, at + 1);
}

/* user:password@ and a long token@ */
static gsize
scan_userinfo (VigScan *self, gsize at)
{
  gsize start = at + strlen ("://");
  gsize stop = start;
  gsize sign = G_MAXSIZE;
  const char *colon;

  while (stop < self->length && stop - start < USERINFO_MAX && strchr (" \t\r\n/?#\"'`<>\\", self->text[stop]) == NULL)
    {
      if (self->text[stop] == '@')
        sign = stop;
      stop++;
    }
  if (stop == self->length)
    vig_scan_note_end (self);
  if (sign == G_MAXSIZE)
    return start;

  colon = memchr (self->text + start, ':', sign - start);
  if (colon != NULL)
    {
      gsize password = (gsize) (colon - self->text) + 1;

      if (sign > password && !vig_scan_is (self, password, "$") && !vig_scan_is (self, password, "<") && !vig_scan_is (self, password, "*"))
        vig_scan_add (self, password, sign);
    }
  else if (sign - start >= TOKEN_MIN && vig_redact_is_random (self->text + start, sign - start))
    vig_scan_add (self, start, sign);

  return sign;
}

/* $6$, $2b$, $y$, $apr1$, $argon2id$ (crypt(5)) */
static gsize
scan_hash (VigScan *self, gsize at)
{
  static const char *const kinds[] = { "$1$", "$5$", "$6$", "$7$", "$y$", "$gy$", "$2a$", "$2b$", "$2x$", "$2y$", "$apr1$", "$argon2", "$scrypt$", "$pbkdf2" };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (vig_scan_is (self, at, kinds[i]))
      {
        gsize end = vig_scan_skip (self, at, HASH "-");

        if (end - at >= 20)
          vig_scan_add (self, at, end);
        return end;
      }

  return at + 1;
}

/* Addresses whose path is the key. */
static gsize
scan_hook (VigScan *self, gsize at)
{
  static const char *const hooks[] = { "/api/webhooks/", "hooks.slack.com/services/", "/bot" };

  for (guint i = 0; i < G_N_ELEMENTS (hooks); i++)
    {
      gsize start = at + strlen (hooks[i]);
      gsize number = vig_scan_skip (self, start, G_CSET_DIGITS);
      gsize end;

      if (!vig_scan_is (self, at, hooks[i]) || (i != 1 && (number - start < 8 || number - start > 20)))
        continue;

      end = vig_scan_skip (self, number, WORD "/:");
      if (end - start < 24)
        continue;
      vig_scan_add (self, i == 1 ? start : number + 1, end);
      return end;
    }

  return at + 1;
}

void
vig_scan_marked (VigScan *self)
{
  gsize at = 0;

  while (vig_scan_set_mark (self, G_MAXSIZE), (at = vig_scan_until (self, at, "-:$/hP")) < self->length)
    {
      vig_scan_set_mark (self, at);
      if (self->text[at] == '-' && vig_scan_is (self, at, "-----BEGIN"))
        at = scan_pem (self, at);
      else if (self->text[at] == ':' && vig_scan_is (self, at, "://"))
        at = scan_userinfo (self, at);
      else if (self->text[at] == '$')
        at = scan_hash (self, at);
      else if (self->text[at] == 'P' && vig_scan_is (self, at, "Private-Lines:"))
        at = scan_putty (self, at);
      else if (self->text[at] == '/' || self->text[at] == 'h')
        at = scan_hook (self, at);
      else
        at++;
    }
}
