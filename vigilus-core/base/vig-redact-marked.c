/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-names.h"
#include "vig-redact-scan.h"

#include <string.h>

#define BASE64       G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+/="
#define HASH         G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "./$=,+"
#define WORD         G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-"
#define LABEL        G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS " "
#define LONGEST_SSH2 16384 /* bytes of a key as ssh.com's programs write it */
#define LONGEST_HOOK 512   /* bytes of a path that is a key */
#define LONGEST_SCHEME  32   /* bytes of {NAME} */
#define LONGEST_HOST    255
#define SHORTEST_HASHED 20   /* bytes behind {NAME}: 16 of MD5 are 22 in base64 */
#define LENGTH_DES      13   /* of the oldest hash of crypt(5) */
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

  if (key == G_MAXSIZE)
    key = vig_scan_find (self, label, 48, "Static key");
  if (key == G_MAXSIZE || vig_scan_skip (self, label, LABEL) < key + strlen ("Static key"))
    return label;

  start = vig_scan_skip (self, vig_scan_skip (self, key, LABEL), "-");
  end = vig_scan_is (self, at, "-----") ? find_pem_end (self, start) : vig_scan_find (self, start, LONGEST_SSH2, "---- END");
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

/* tgram://TOKEN/CHAT: the addresses of Apprise and Shoutrrr are keys as a whole. */
static gboolean
is_notifier (VigScan *self, gsize at)
{
  static const char *const schemes[] = { "tgram", "telegram", "discord", "gotify", "gotifys", "pover", "pushover", "slack", "pbul", "msteams", "rocket", "mmost", "mmosts" };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize length = strlen (schemes[i]);

      if (at < length || memcmp (self->text + at - length, schemes[i], length) != 0)
        continue;
      if (at == length || !g_ascii_isalnum (self->text[at - length - 1]))
        return TRUE;
      /* "\ngotify://" written out */
      return at > length + 1 && self->text[at - length - 2] == '\\' && strchr ("nrt", self->text[at - length - 1]) != NULL;
    }

  return FALSE;
}

/* user:password@ and a long token@ */
static gsize
scan_userinfo (VigScan *self, gsize at)
{
  gsize start = at + strlen ("://");
  gsize stop = start;
  gsize sign = G_MAXSIZE;
  const char *colon;

  if (is_notifier (self, at))
    {
      stop = vig_scan_until (self, start, " \t\r\n\"'`<>,\\");
      if (vig_redact_is_random (self->text + start, stop - start) && stop - start >= TOKEN_MIN)
        vig_scan_add (self, start, stop);
      return MAX (stop, start);
    }
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

static gboolean
has_digits (VigScan *self, gsize start, gsize end)
{
  guint n = 0;

  for (gsize i = start; i < end && n < 2; i++)
    n += g_ascii_isdigit (self->text[i]) ? 1 : 0;

  return n == 2;
}

/* WIFI:T:WPA;S:name;P:X;; */
static gsize
scan_wifi (VigScan *self, gsize at)
{
  gsize end = vig_scan_until (self, at, " \r\n\"");
  gsize password = vig_scan_find (self, at, end - at, ";P:");

  if (password != G_MAXSIZE)
    vig_scan_add (self, password + strlen (";P:"), vig_scan_until (self, password + strlen (";P:"), ";\r\n\""));

  return MAX (end, at + 1);
}

/* :5432:database:user:X, a line of .pgpass */
static gsize
scan_pgpass (VigScan *self, gsize at)
{
  gsize database = at + strlen (":5432:");
  gsize user = vig_scan_until (self, database, ": \t\r\n\"/") + 1;
  gsize password = vig_scan_until (self, user, ": \t\r\n\"/") + 1;

  if (password < self->length && self->text[user - 1] == ':' && self->text[password - 1] == ':')
    {
      gsize end = vig_scan_until (self, password, "\r\n\"\\");

      vig_scan_add (self, password, end);
      return end;
    }

  return database;
}

/* $6$, $2b$, $y$, $apr1$, $argon2id$ (crypt(5)) */
static gsize
scan_hash (VigScan *self, gsize at)
{
  static const char *const kinds[] = { "$1$", "$5$", "$6$", "$7$", "$8$", "$9$",
                                       "$y$", "$gy$", "$2a$", "$2b$", "$2x$", "$2y$", "$apr1$", "$argon2", "$scrypt$", "$pbkdf2", "$BALLOON-" };

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

/* Addresses whose path is the key, or has it behind a number. */
static gsize
scan_hook (VigScan *self, gsize at)
{
  static const struct
  {
    const char *begin;
    gboolean    number;
  } hooks[] = {
    { "/api/webhooks/", TRUE }, { "/bot", TRUE }, { "hooks.slack.com/services/", FALSE }, { "hooks.slack.com/workflows/", FALSE },
    { "hooks.slack.com/triggers/", FALSE }, { "/webhookb2/", FALSE }, { "/api/push/", FALSE }, { "/with/key/", FALSE }, { "hc-ping.com/", FALSE },
    { "/hooks/", FALSE }, { "/dynamic/update.php?", FALSE }, { "/webhook/send?key=", FALSE }, { "/bot/v2/hook/", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (hooks); i++)
    {
      gsize start = at + strlen (hooks[i].begin);
      gsize number = vig_scan_skip (self, start, G_CSET_DIGITS);
      gsize end;

      if (!vig_scan_is (self, at, hooks[i].begin) || (hooks[i].number && (number - start < 8 || number - start > 20)))
        continue;

      end = number + vig_scan_run (self, number, WORD "/:@", LONGEST_HOOK);
      if (end - start < 24 || !vig_redact_is_random (self->text + start, end - start) || (hooks[i].begin[1] == 'h' && !has_digits (self, start, end)))
        continue;
      vig_scan_add (self, hooks[i].number ? number + 1 : start, end);
      return end;
    }

  return at + 1;
}

static gboolean
is_one_of (const char *name, gsize length, const char *const *names)
{
  for (guint i = 0; names[i] != NULL; i++)
    if (strlen (names[i]) == length && memcmp (names[i], name, length) == 0)
      return TRUE;

  return FALSE;
}

/* Base64, hexadecimal or with $ as crypt(5) has it; not a path or a word. */
static gboolean
is_hashed (const char *value, gsize length)
{
  gboolean upper = FALSE;
  gboolean lower = FALSE;
  gboolean other = FALSE;
  gsize n_hex = 0;

  if (length < SHORTEST_HASHED || !vig_redact_is_random (value, length))
    return FALSE;
  if (memchr (value, '$', length) != NULL)
    return TRUE;
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isalnum (value[i]) && strchr ("+/=\\", value[i]) == NULL)
        return FALSE;
      upper = upper || g_ascii_isupper (value[i]);
      lower = lower || g_ascii_islower (value[i]);
      other = other || (!g_ascii_isalpha (value[i]) && strchr ("/\\", value[i]) == NULL);
      n_hex += g_ascii_isxdigit (value[i]) ? 1 : 0;
    }

  return other && (n_hex == length || (upper && lower));
}

/* Also past "\\/", as some write a slash in JSON, of JSON in JSON, too. */
static gsize
skip_hashed (VigScan *self, gsize at)
{
  gsize end = vig_scan_skip (self, at, HASH "_-");
  gsize slash;

  while (slash = vig_scan_skip (self, end, "\\"), slash > end && vig_scan_is (self, slash, "/"))
    end = vig_scan_skip (self, slash + 1, HASH "_-");

  return end;
}

/* {SSHA}X of LDAP (RFC 2307) and Dovecot; ${SHA} is a variable, and what stands behind {SHA256} may be a path. */
static gsize
scan_scheme (VigScan *self, gsize at)
{
  static const char *const hashes[] = {
    "SHA", "SHA1", "SSHA", "SHA224", "SSHA224", "SHA256", "SSHA256", "SHA384", "SSHA384", "SHA512", "SSHA512", "MD5", "SMD5", "LDAP-MD5", "PLAIN-MD5",
    "CRYPT", "MD5-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT", "BLF-CRYPT", "SCRAM-SHA-1", "SCRAM-SHA-256", "PBKDF2", "PBKDF2-SHA1", "PBKDF2-SHA256",
    "PBKDF2-SHA512", "ARGON2", "ARGON2I", "ARGON2ID", NULL,
  };
  static const char *const words[] = { "PLAIN", "CLEAR", "CLEARTEXT", NULL };
  const char *name = self->text + at + 1;
  gsize close = at + 1 + vig_scan_run (self, at + 1, WORD, LONGEST_SCHEME);
  gsize start = close + 1;
  gsize length = close - at - 1;
  gsize end;

  if (!vig_scan_is (self, close, "}") || (at > 0 && self->text[at - 1] == '$'))
    return at + 1;

  if (is_one_of (name, length, hashes))
    {
      end = skip_hashed (self, start);
      if (!is_hashed (self->text + start, end - start) && !(end - start == LENGTH_DES && is_one_of (name, length, (const char *const[]) { "CRYPT", NULL })))
        return start;
      vig_scan_add (self, start, end);
      return end;
    }
  if (is_one_of (name, length, words))
    {
      end = vig_scan_until (self, start, " \t\r\n:\"'\\");
      if (end > start && strchr ("-/._", self->text[start]) == NULL && vig_redact_is_secret (VIG_NAME_PASSWORD, self->text + start, end - start, TRUE))
        vig_scan_add (self, start, end);
      return end;
    }

  return at + 1;
}

/* oracle:thin:user/X@host */
static gsize
scan_oracle (VigScan *self, gsize at)
{
  gsize start = at + strlen (":thin:");
  gsize slash = start + vig_scan_run (self, start, WORD ".$#", LONGEST_HOST);
  gsize end = vig_scan_is (self, slash, "/") ? vig_scan_until (self, slash + 1, "@:/ \t\r\n\"'") : slash;

  if (slash > start && end > slash + 1 && vig_scan_is (self, end, "@"))
    vig_scan_add (self, slash + 1, end);

  return MAX (end, start);
}

/* : RSA key.pem "X", a line of ipsec.secrets; G_MAXSIZE: it is none */
static gsize
scan_ipsec (VigScan *self, gsize at)
{
  static const char *const kinds[] = { ": RSA ", ": ECDSA ", ": PKCS8 ", ": PKCS12 ", ": P12 ", ": PIN " };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (vig_scan_is (self, at, kinds[i]))
      {
        gsize file = at + strlen (kinds[i]);
        gsize blank = vig_scan_until (self, file, " \t\r\n\"'");
        gsize open = vig_scan_skip (self, vig_scan_skip (self, blank, " \t"), "\\");
        gsize end = open > blank && vig_scan_is (self, open, "\"") ? vig_scan_until (self, open + 1, "\"\\\r\n") : blank;

        if (end > blank)
          vig_scan_add (self, open + 1, end);
        return MAX (end, file);
      }

  return G_MAXSIZE;
}

/* [smtp.example.org]:587 user:X, a line of Postfix' sasl_passwd */
static gsize
scan_relay (VigScan *self, gsize at)
{
  gsize close = at + 1 + vig_scan_run (self, at + 1, WORD ".", LONGEST_HOST);
  gsize port = vig_scan_is (self, close, "]:") ? vig_scan_skip (self, close + 2, G_CSET_DIGITS) : close + 1;
  gsize user = close > at + 1 && vig_scan_is (self, close, "]") ? vig_scan_skip (self, port, " \t") : 0;
  gsize colon = user > port ? vig_scan_until (self, user, ": \t\r\n") : 0;
  gsize end = colon > user && vig_scan_is (self, colon, ":") ? vig_scan_until (self, colon + 1, " \t\r\n\\\"") : 0;
  gsize after = end > 0 ? vig_scan_skip (self, end, " \t") : 0;
  gboolean is_account = end > 0 && (port > close + 2 || memchr (self->text + user, '@', colon - user) != NULL);

  if (!is_account || memchr (self->text + at, '.', close - at) == NULL || (after < self->length && strchr ("\r\n\\\"", self->text[after]) == NULL))
    return at + 1;
  if (vig_redact_is_secret (VIG_NAME_PASSWORD, self->text + colon + 1, end - colon - 1, TRUE))
    vig_scan_add (self, colon + 1, end);

  return end;
}

/* $USER3$=X of Nagios, where it is no path. */
static gsize
scan_macro (VigScan *self, gsize at)
{
  gsize sign = vig_scan_skip (self, at + strlen ("$USER"), G_CSET_DIGITS);
  gsize start = sign + strlen ("$=");
  gsize end = vig_scan_is (self, sign, "$=") ? vig_scan_until (self, start, " \t\r\n\"\\") : 0;

  if (end > start && self->text[start] != '/' && vig_redact_is_secret (VIG_NAME_PASSWORD, self->text + start, end - start, TRUE))
    vig_scan_add (self, start, end);

  return MAX (sign, end);
}

static gsize
scan_colon (VigScan *self, gsize at)
{
  gsize next;

  if (vig_scan_is (self, at, ":5432:"))
    return scan_pgpass (self, at);
  if (vig_scan_is (self, at, "://"))
    return scan_userinfo (self, at);
  if (vig_scan_is (self, at, ":thin:"))
    return scan_oracle (self, at);
  next = scan_ipsec (self, at);

  return next != G_MAXSIZE ? next : at + 1;
}

void
vig_scan_marked (VigScan *self)
{
  gsize at = 0;

  while (vig_scan_set_mark (self, G_MAXSIZE), (at = vig_scan_until (self, at, "-:$/hPW[{")) < self->length)
    {
      vig_scan_set_mark (self, at);
      if (self->text[at] == '-' && (vig_scan_is (self, at, "-----BEGIN") || vig_scan_is (self, at, "---- BEGIN")))
        at = scan_pem (self, at);
      else if (self->text[at] == ':')
        at = scan_colon (self, at);
      else if (self->text[at] == '[')
        at = scan_relay (self, at);
      else if (self->text[at] == '{')
        at = scan_scheme (self, at);
      else if (vig_scan_is (self, at, "$USER"))
        at = scan_macro (self, at);
      else if (self->text[at] == 'W' && vig_scan_is (self, at, "WIFI:"))
        at = scan_wifi (self, at);
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
