/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-names.h"

#include <math.h>
#include <string.h>

#define LONGEST_NAME 64 /* bytes at its end that are looked at */

static const char *const password_names[] = { "password", "passwd", "passphrase", "passwort", "passcode", "kennwort", "passwordin", "loginpas", "authtok",
                                              "remotepass", "dbpass", "userpass", "adminpass", "rootpass", "mailpass", "imappass", "smtppass", "ftppass",
                                              "mqttpass", "keystorepass" };

static const char *const secret_names[] = {
  "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "encryptionkey", "accountkey", "authkey", "masterkey", "presharedkey",
  "fernetkey", "signingkey", "sharedkey", "storagekey", "sharedaccesskey", "licensekey", "recoverykey", "deploykey", "appkey", "authcode",
  "applicationkey", "consumerkey", "routingkey", "userkey", "localkey", "networkkey", "subscriptionkey", "functionskey", "hmackey", "keydata", "secretkeybase",
  "erlangcookie", "bwsession", "tokenvalue", "passwordsalt", "noncesalt", "authsalt", "loggedinsalt", "loggedinkey", "noncekey", "samlresponse",
  "passwordpbkdf", "securestring", "claim", "authenticationkey", "keymaterial", "tlspsk", "s2unauthenticated", "s2authenticated", "s2accesscontrol", "s0legacy", /* of Z-Wave */
};

/* Keys of which it is known what they are, so that nobody has to guess by the value. */
static const char *const open_keys[] = {
  "publickey", "pubkey", "hostkey", "peerkey", "cachekey", "primarykey", "foreignkey", "sortkey", "partitionkey", "idempotencykey", "objectkey", "sshkey",
  "signedkey", "trustedkey", "dnskey", "sitekey",
};

/* Too short to be looked for inside of a word: compass, bypass, risk. */
static const char *const short_names[] = { "pass", "pwd", "psk", "pin", "pw" };

static gboolean
ends_with (const char *text, gsize length, const char *suffix)
{
  gsize n = strlen (suffix);

  return length >= n && memcmp (text + length - n, suffix, n) == 0;
}

/* "DB_Password2" -> "dbpassword" */
static gsize
simplify (const char *name, gsize length, char simple[LONGEST_NAME])
{
  gsize n = 0;

  while (length > 0 && !g_ascii_isalpha (name[length - 1]))
    length--;
  for (gsize i = 0; i < length; i++)
    if (g_ascii_isalnum (name[i]))
      simple[n++] = g_ascii_tolower (name[i]);

  return n;
}

static gboolean
is_short_password (const char *name, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (short_names); i++)
    {
      gsize n = strlen (short_names[i]);

      if (length < n || g_ascii_strncasecmp (name + length - n, short_names[i], n) != 0)
        continue;
      /* PWD alone is where a shell stands, a PIN that of a chip. */
      if (length == n)
        return strncmp (short_names[i], "ps", 2) == 0 || strncmp (short_names[i], "pa", 2) == 0;
      if (!g_ascii_isalnum (name[length - n - 1])
          || (g_ascii_isupper (name[length - n]) && g_ascii_islower (name[length - n - 1])))
        return n == 4 || g_ascii_strncasecmp (name + length - n, "pin", 3) != 0;
    }

  return FALSE;
}

/* BUNDLE_GEMS__CONTRIBSYS__COM: who Ruby's bundler is at a server of packages, by its name. Other settings of it have no such end. */
static gboolean
is_bundle_server (const char *name, gsize length)
{
  static const char *const ends[] = { "__COM", "__ORG", "__NET", "__IO", "__DEV", "__EU", "__DE" };

  for (guint i = 0; length > 8 && memcmp (name, "BUNDLE_", 7) == 0 && i < G_N_ELEMENTS (ends); i++)
    if (ends_with (name, length, ends[i]))
      return TRUE;

  return FALSE;
}

/* "key", "CF_Key", "apiKey", but not "monkey" and not a public key. */
static gboolean
is_key (const char *name, gsize length, const char *simple, gsize n)
{
  if (!ends_with (simple, n, "key") || length < 3 || g_ascii_strncasecmp (name + length - 3, "key", 3) != 0)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (open_keys); i++)
    if (ends_with (simple, n, open_keys[i]))
      return FALSE;

  return length == 3 || !g_ascii_isalnum (name[length - 4]) || (name[length - 3] == 'K' && !g_ascii_isupper (name[length - 4]));
}

VigNameKind
vig_redact_classify_name (const char *name, gsize length)
{
  char simple[LONGEST_NAME];
  gsize n;

  if (length > LONGEST_NAME)
    {
      name += length - LONGEST_NAME;
      length = LONGEST_NAME;
    }
  n = simplify (name, length, simple);

  /* A page's own, worth nothing without its cookie. */
  if (n >= 9 && (ends_with (simple, n, "csrftoken") || ends_with (simple, n, "xsrftoken")))
    return VIG_NAME_PLAIN;
  for (guint i = 0; i < G_N_ELEMENTS (password_names); i++)
    if (ends_with (simple, n, password_names[i]))
      return VIG_NAME_PASSWORD;
  for (guint i = 0; i < G_N_ELEMENTS (secret_names); i++)
    if (ends_with (simple, n, secret_names[i]))
      return VIG_NAME_SECRET;

  if (is_bundle_server (name, length) || (length > 4 && memcmp (name + length - 4, "_PAT", 4) == 0))
    return VIG_NAME_SECRET;

  if (is_short_password (name, length))
    return VIG_NAME_PASSWORD;

  if (n == 2 && length == 2 && memcmp (simple, "pw", 2) == 0)
    return VIG_NAME_SECRET;

  return is_key (name, length, simple, n) || ends_with (simple, n, "credentials") ? VIG_NAME_KEY : VIG_NAME_PLAIN;
}

static gboolean
contains (const char *value, gsize length, const char *part)
{
  gsize n = strlen (part);

  for (gsize i = 0; i + n <= length; i++)
    if (g_ascii_strncasecmp (value + i, part, n) == 0)
      return TRUE;

  return FALSE;
}

/* Shannon's entropy over its bytes: 2.5 bits lies between a run of few letters and a short hex string, 3 between what was typed to
 * fill a long field and a random one. */
gboolean
vig_redact_is_random (const char *value, gsize length)
{
  guint counts[256] = { 0 };
  double bits = 0;

  length = MIN (length, 256);
  for (gsize i = 0; i < length; i++)
    counts[(guint8) value[i]]++;
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    if (counts[i] > 0)
      bits -= counts[i] * log2 ((double) counts[i] / (double) length);

  return length > 0 && bits / (double) length >= MIN (length >= 32 ? 3.0 : 2.5, 0.7 * log2 ((double) length));
}

static gboolean
is_reference (const char *value, gsize length)
{
  static const char *const starts[] = { "${", "$(", "<", "%s", "[0-9", "[a-z", "^[", "%(", "[redacted", "ENC[", "(", "..." };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    if (length >= strlen (starts[i]) && g_ascii_strncasecmp (value, starts[i], strlen (starts[i])) == 0)
      return TRUE;

  if (value[0] == '{' && !(length > 32 && g_ascii_isxdigit (value[1]) && memchr (value, '}', MIN (length, 256)) == NULL))
    return TRUE;

  return length >= 2 && value[0] == '$' && (g_ascii_isalpha (value[1]) || value[1] == '_') && memchr (value + 1, '$', length - 1) == NULL;
}

static gboolean
is_placeholder (const char *value, gsize length)
{
  static const char *const words[] = {
    "null", "none", "nil", "true", "false", "yes", "no", "str", "string", "bytes", "text", "await", "required", "optional", "undefined", "changeme",
    "changeme?", "strong", "weak", "include", "token", "password", "secret", "bearer", "basic", "hidden", "masked", "enabled", "disabled", "empty",
    "default", "unset", "missing", "invalid", "expired", "wrong", "incorrect", "files", "compat", "!secret", "!vault", "!include", "!env_var",
  };
  static const char *const parts[] = { "xxxx", "****", "your_", "your-", "_here", "redacted" };

  length = MIN (length, 256);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (length == strlen (words[i]) && g_ascii_strncasecmp (value, words[i], length) == 0)
      return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (contains (value, length, parts[i]))
      return TRUE;

  return FALSE;
}

/* 1:4.13+dfsg1-1: dpkg speaks of the package passwd. */
static gboolean
is_package_version (const char *value, gsize length)
{
  return length > 4 && g_ascii_isdigit (value[0]) && value[1] == ':' && g_ascii_isdigit (value[2]) && memchr (value + 3, '.', length - 3) != NULL;
}

/* getToken(), process.env.KEY, os.environ[...], stored_password: */
static gboolean
is_code (const char *value, gsize length)
{
  gboolean has_dot = FALSE;
  gboolean has_other = FALSE;

  length = MIN (length, 256);
  if (memchr (value, '(', length) != NULL || memchr (value, '[', length) != NULL || contains (value, length, "environ") || contains (value, length, "process.env"))
    return TRUE;

  for (gsize i = 0; i < length; i++)
    {
      has_dot = has_dot || value[i] == '.';
      has_other = has_other || !(g_ascii_isalpha (value[i]) || value[i] == '.' || value[i] == '_');
    }

  return has_dot && !has_other;
}

static gboolean
has_digit (const char *value, gsize length)
{
  length = MIN (length, 256);
  for (gsize i = 0; i < length; i++)
    if (g_ascii_isdigit (value[i]))
      return TRUE;

  return FALSE;
}

/* As long as a key, with nothing in it that paths, versions and words have. */
gboolean
vig_redact_is_key (const char *value, gsize length)
{
  guint n_digits = 0;
  guint n_letters = 0;
  guint n_padding = 0;

  if (length < 20 || length > 512 || !vig_redact_is_random (value, length))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (value[i] == '=' || value[i] == '/' || value[i] == '+')
      n_padding++;
    else if (!g_ascii_isalnum (value[i]))
      return FALSE;
    else if (g_ascii_isdigit (value[i]))
      n_digits++;
    else
      n_letters++;

  return n_digits >= 2 && n_letters >= 3 && (n_padding == 0 || (length >= 40 && value[0] != '/'));
}

gboolean
vig_redact_is_secret (VigNameKind kind, const char *value, gsize length, gboolean quoted)
{
  if (length < (kind == VIG_NAME_PASSWORD ? 4 : 6) || is_reference (value, length) || is_placeholder (value, length)
      || (!quoted && (is_code (value, length) || is_package_version (value, length))) || !vig_redact_is_random (value, length))
    return FALSE;
  if (kind == VIG_NAME_KEY)
    return vig_redact_is_key (value, length);

  return kind == VIG_NAME_PASSWORD || has_digit (value, length) || length >= (quoted ? 8 : 20);
}

gboolean
vig_redact_names_pair (const char *name, gsize length)
{
  return (length == 4 && g_ascii_strncasecmp (name, "auth", 4) == 0) || (length == 5 && g_ascii_strncasecmp (name, "_auth", 5) == 0);
}

gboolean
vig_redact_is_encoded_pair (const char *value, gsize length)
{
  g_autofree char *text = NULL;
  gsize n = 0;

  if (length < 8 || length > 1024 || length % 4 != 0)
    return FALSE;

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (value[i]) && strchr ("+/=", value[i]) == NULL)
      return FALSE;

  text = g_strndup (value, length);
  g_base64_decode_inplace (text, &n);

  return n > 2 && memchr (text + 1, ':', n - 2) != NULL && g_utf8_validate (text, (gssize) n, NULL);
}
