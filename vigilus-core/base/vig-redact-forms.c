/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-names.h"
#include "vig-redact-scan.h"

#include <string.h>

/* Tokens that are told by what stands in their middle or at their end, or by their form as a whole. */

#define ALNUM       G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS
#define WORD        ALNUM "_-"
#define HEX         G_CSET_DIGITS "abcdefABCDEF"
#define SHORTEST    30
#define LONGEST     400
#define LONGEST_KEY 24  /* bytes of the name that a service puts before its tokens */
#define MIXED_MIN   32  /* bytes behind such a name */

/* A run of a set with a length of its own, and what comes then. */
typedef struct
{
  const char *set;
  guint       min;
  guint       max;
  const char *then; /* what follows, or NULL: the end */
} Part;

static const Part forms[][4] = {
  /* 123456789:AA... (Telegram) */
  { { G_CSET_DIGITS, 8, 10, ":AA" }, { WORD, 32, 34, NULL } },
  /* Azure's client secrets */
  { { ALNUM "_~.-", 3, 3, "8Q~" }, { ALNUM "_~.-", 31, 34, NULL } },
  { { ALNUM "_~.-", 3, 3, "7Q~" }, { ALNUM "_~.-", 31, 34, NULL } },
  /* Terraform */
  { { ALNUM, 14, 14, ".atlasv1." }, { WORD "=", 60, 70, NULL } },
  /* Discord's bots */
  { { ALNUM, 24, 28, "." }, { WORD, 6, 6, "." }, { WORD, 27, 45, NULL } },
  /* Mailchimp */
  { { HEX, 32, 32, "-us" }, { G_CSET_DIGITS, 1, 2, NULL } },
  /* New Relic */
  { { "0123456789abcdef", 36, 36, "FFFFNRAL" } },
  /* MaxMind */
  { { ALNUM, 6, 6, "_" }, { ALNUM, 29, 29, "_mmk" } },
  /* ngrok */
  { { ALNUM, 27, 27, "_" }, { ALNUM, 18, 24, NULL } },
  /* Airtable */
  { { ALNUM, 17, 17, "." }, { HEX, 64, 64, NULL } },
  /* Uptime Robot */
  { { "um0123456789", 7, 11, "-" }, { HEX, 24, 24, NULL } },
  /* TrueNAS */
  { { G_CSET_DIGITS, 1, 4, "-" }, { ALNUM, 64, 64, NULL } },
  /* Ghost's keys of administrators */
  { { "0123456789abcdef", 24, 24, ":" }, { "0123456789abcdef", 64, 64, NULL } },
  /* ZeroTier's identity.secret */
  { { HEX, 10, 10, ":0:" }, { HEX, 128, 128, ":" }, { HEX, 128, 128, NULL } },
  /* Samba's smbpasswd */
  { { G_CSET_DIGITS "ABCDEF", 32, 32, ":[U" } },
};

gsize
vig_scan_run (VigScan *self, gsize at, const char *set, gsize most)
{
  gsize end = at;

  while (end < self->length && end - at <= most && self->text[end] != '\0' && strchr (set, self->text[end]) != NULL)
    end++;
  if (end == self->length)
    vig_scan_note_end (self);

  return end - at;
}

/* BIP 39's words have three to eight small letters. */
gsize
vig_scan_skip_words (VigScan *self, gsize at, guint most, guint *n_words)
{
  gboolean goes_on = TRUE;

  for (*n_words = 0; *n_words < most && goes_on; (*n_words)++)
    {
      gsize n = vig_scan_run (self, at, G_CSET_a_2_z, 8);

      if (n < 3 || n > 8)
        break;
      at += n;
      goes_on = vig_scan_is (self, at, " ");
      at += goes_on ? 1 : 0;
    }

  return at;
}

static gboolean
ends_word (VigScan *self, gsize at)
{
  return at >= self->length || !vig_scan_is_word_char (self->text[at]) || (self->text[at] == '.' && (at + 1 == self->length || !g_ascii_isalnum (self->text[at + 1])));
}

static gsize
match_parts (VigScan *self, gsize at, const Part *parts)
{
  gsize end = at;

  for (guint i = 0; parts[i].set != NULL; i++)
    {
      /* "8Q~" is of the set, too: a part of one length is not read further. */
      gsize n = vig_scan_run (self, end, parts[i].set, parts[i].min == parts[i].max && parts[i].then != NULL ? parts[i].max - 1 : parts[i].max);

      if (n < parts[i].min || n > parts[i].max)
        return 0;
      end += n;
      if (parts[i].then == NULL)
        return ends_word (self, end) ? end - at : 0;
      if (!vig_scan_is (self, end, parts[i].then))
        return 0;
      end += strlen (parts[i].then);
    }

  return end - at;
}

/* Large and small letters and digits all over: no name is written so, and no hash. */
static gboolean
is_mixed (const char *text, gsize length)
{
  guint n_upper = 0;
  guint n_lower = 0;
  guint n_digits = 0;

  for (gsize i = 0; i < length; i++)
    {
      n_upper += g_ascii_isupper (text[i]) ? 1 : 0;
      n_lower += g_ascii_islower (text[i]) ? 1 : 0;
      n_digits += g_ascii_isdigit (text[i]) ? 1 : 0;
    }

  return n_upper >= 5 && n_lower >= 5 && n_digits >= 2 && vig_redact_is_random (text, length);
}

/* abc_ and a long run: how services make their tokens now, so that they can be found. */
static gsize
match_named_run (VigScan *self, gsize at)
{
  gsize name = vig_scan_run (self, at, G_CSET_a_2_z G_CSET_DIGITS "_", LONGEST_KEY);
  gsize start;
  gsize n;

  while (name > 0 && self->text[at + name - 1] != '_')
    name--;
  if (name < 3 || name > LONGEST_KEY || !g_ascii_islower (self->text[at]))
    return 0;

  start = at + name;
  n = vig_scan_run (self, start, ALNUM, LONGEST);

  return n >= MIXED_MIN && n <= LONGEST && ends_word (self, start + n) && is_mixed (self->text + start, n) ? name + n : 0;
}

/* 84 letters and digits of which the last but eight are AZDO (Azure DevOps). */
static gsize
match_azure_devops (VigScan *self, gsize at)
{
  return vig_scan_run (self, at, ALNUM, 84) == 84 && memcmp (self->text + at + 76, "AZDO", 4) == 0 ? 84 : 0;
}

static guint
count_digits (const char *text, gsize length)
{
  guint n = 0;

  for (gsize i = 0; i < length; i++)
    n += g_ascii_isdigit (text[i]) ? 1 : 0;

  return n;
}

/* abc123.0123456789abcdef, by which nodes join a cluster of Kubernetes: of all letters and digits, where the hashes in names of files are hexadecimal. */
static gsize
match_bootstrap (VigScan *self, gsize at)
{
  const char *text = self->text + at;
  guint n_letters = 0;

  if (vig_scan_run (self, at, G_CSET_a_2_z G_CSET_DIGITS, 6) != 6 || !vig_scan_is (self, at + 6, ".")
      || vig_scan_run (self, at + 7, G_CSET_a_2_z G_CSET_DIGITS, 16) != 16 || !ends_word (self, at + 23))
    return 0;
  for (guint i = 7; i < 23; i++)
    n_letters += text[i] > 'f' ? 1 : 0;

  return n_letters >= 3 && count_digits (text + 7, 16) >= 3 && vig_redact_is_random (text, 23) ? 23 : 0;
}

/* Most words are too short to be looked at. */
static gboolean
is_long (VigScan *self, gsize at)
{
  if (self->length - at < SHORTEST)
    return FALSE;
  for (gsize i = 0; i < SHORTEST; i++)
    if ((guchar) self->text[at + i] <= ' ' || strchr ("\"'/,()=\\", self->text[at + i]) != NULL)
      return FALSE;

  return TRUE;
}

gsize
vig_scan_match_form (VigScan *self, gsize at)
{
  gsize n = match_bootstrap (self, at);

  if (n > 0 || !is_long (self, at))
    return n;
  for (guint i = 0; n == 0 && i < G_N_ELEMENTS (forms); i++)
    {
      n = match_parts (self, at, forms[i]);
      /* Runs of one character are what documentation has, long words what code has. */
      if (n > 0 && (!vig_redact_is_random (self->text + at, n) || count_digits (self->text + at, n) < 3))
        n = 0;
    }
  if (n == 0)
    n = match_named_run (self, at);

  return n > 0 ? n : match_azure_devops (self, at);
}
