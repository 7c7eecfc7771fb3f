/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-secret.h"

#include "vig-crypto.h"
#include "vig-fernet.h"
#include "vig-hkdf.h"
#include "vig-id.h"

#include <gcrypt.h>
#include <string.h>

#define MASTER_LENGTH 32
#define SALT_LENGTH   16

/* RFC 9106, section 4, asks for as much as one can afford. libgcrypt computes this in 50 to 100 ms on a small server;
 * most secrets are made by us and hold 256 bits anyway. Stored data depends on these: they never change. */
#define ARGON2_MEMORY_KIB 19456
#define ARGON2_PASSES     2
#define ARGON2_LANES      1

#define PURPOSE_PREFIX "vigilus/1/"

struct _VigSecret
{
  GObject parent_instance;
  guint8 *master; /* secure memory; never changes */
};

G_DEFINE_FINAL_TYPE (VigSecret, vig_secret, G_TYPE_OBJECT)

/* Long enough for the length rule, and the first that anyone tries. Compared without case, blanks and punctuation. */
static const char *const banned[] = {
  "12345678", "123456789", "1234567890", "0123456789", "87654321", "11223344", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "abc12345",
  "abcd1234", "abcdefgh", "admin123", "admin1234", "administrator", "asdfghjk", "asdfghjkl", "baseball", "changeit", "changeme",
  "changeme1", "changeme123", "changethis", "correcthorsebatterystaple", "default1", "defaultpassword", "football", "homelab1", "homelab123",
  "iloveyou", "letmein1", "letmein123", "mysecret", "mysecretkey", "mysecretpassword", "p4ssw0rd", "p4ssword", "pa55word", "passphrase", "passw0rd",
  "password", "password1", "password12", "password123", "password1234", "princess", "qwerty12", "qwerty123", "qwertyui", "qwertyuiop",
  "replaceme", "secret12", "secret123", "secretkey", "secretpassword", "sunshine", "supersecret", "superman", "test1234", "testtest",
  "trustno1", "vigilus1", "vigilus123", "vigilussecret", "welcome1", "welcome123", "yourpassphrase", "yourpassword", "yoursecret",
  "yoursecrethere", "yoursecretkey", "yoursecretkeyhere",
};

static char *
simplify (const char *passphrase)
{
  g_autofree char *folded = g_utf8_casefold (passphrase, -1);
  GString *simple = g_string_new (NULL);

  for (const char *at = folded; *at != '\0'; at = g_utf8_next_char (at))
    if (g_unichar_isalnum (g_utf8_get_char (at)))
      g_string_append_unichar (simple, g_utf8_get_char (at));

  return g_string_free (simple, FALSE);
}

/* "aaaaaaaa" and "abababab" */
static gboolean
repeats (const char *passphrase)
{
  gsize length = strlen (passphrase);

  for (gsize period = 1; period <= 2; period++)
    if (length > period && memcmp (passphrase, passphrase + period, length - period) == 0)
      return TRUE;

  return FALSE;
}

gboolean
vig_secret_check_passphrase (const char *passphrase, GError **error)
{
  g_autofree char *simple = NULL;

  g_return_val_if_fail (passphrase != NULL, FALSE);

  if (!g_utf8_validate (passphrase, -1, NULL))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the passphrase is not UTF-8 text");
      return FALSE;
    }

  if (g_utf8_strlen (passphrase, -1) < VIG_SECRET_MIN_LENGTH)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the passphrase must have %d characters or more", VIG_SECRET_MIN_LENGTH);
      return FALSE;
    }

  simple = simplify (passphrase);
  for (guint i = 0; i < G_N_ELEMENTS (banned); i++)
    if (strcmp (simple, banned[i]) == 0)
      {
        g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the passphrase is one that everybody tries first");
        return FALSE;
      }

  if (repeats (passphrase))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the passphrase only repeats one or two characters");
      return FALSE;
    }

  return TRUE;
}

char *
vig_secret_generate (void)
{
  return vig_token_new (NULL);
}

GBytes *
vig_secret_derive (VigSecret *self, const char *purpose, gsize length)
{
  g_autofree char *info = NULL;
  guint8 *output;

  g_return_val_if_fail (VIG_IS_SECRET (self), NULL);
  g_return_val_if_fail (purpose != NULL && *purpose != '\0', NULL);
  g_return_val_if_fail (length > 0 && length <= VIG_HKDF_MAX_LENGTH, NULL);

  info = g_strconcat (PURPOSE_PREFIX, purpose, NULL);
  output = vig_crypto_alloc (length);
  vig_hkdf_sha256 (self->master, MASTER_LENGTH, NULL, 0, (const guint8 *) info, strlen (info), output, length);

  return g_bytes_new_with_free_func (output, length, vig_crypto_free, output);
}

char *
vig_secret_seal (VigSecret *self, const char *text)
{
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GError) error = NULL;
  guint8 iv[VIG_FERNET_IV_LENGTH];
  char *token;

  g_return_val_if_fail (VIG_IS_SECRET (self), NULL);
  g_return_val_if_fail (text != NULL, NULL);

  key = vig_secret_derive (self, "vault", VIG_FERNET_KEY_LENGTH);
  gcry_randomize (iv, sizeof iv, GCRY_STRONG_RANDOM);
  token = vig_fernet_seal (g_bytes_get_data (key, NULL), (const guint8 *) text, strlen (text),
                           vig_time_now () / G_USEC_PER_SEC, iv, &error);
  if (token == NULL)
    g_critical ("%s", error->message);

  return token;
}

char *
vig_secret_open (VigSecret *self, const char *token, GError **error)
{
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GBytes) plain = NULL;
  const char *data;
  gsize length;

  g_return_val_if_fail (VIG_IS_SECRET (self), NULL);
  g_return_val_if_fail (token != NULL, NULL);

  key = vig_secret_derive (self, "vault", VIG_FERNET_KEY_LENGTH);
  plain = vig_fernet_open (g_bytes_get_data (key, NULL), token, 0, VIG_FERNET_NO_LIMIT, error);
  if (plain == NULL)
    return NULL;

  data = g_bytes_get_data (plain, &length);

  return g_strndup (data != NULL ? data : "", length);
}

char *
vig_secret_dup_fernet_key (VigSecret *self)
{
  g_autoptr (GBytes) key = NULL;
  char *text;

  g_return_val_if_fail (VIG_IS_SECRET (self), NULL);

  key = vig_secret_derive (self, "vault", VIG_FERNET_KEY_LENGTH);
  text = g_base64_encode (g_bytes_get_data (key, NULL), VIG_FERNET_KEY_LENGTH);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');

  return text;
}

static void
vig_secret_finalize (GObject *object)
{
  VigSecret *self = VIG_SECRET (object);

  g_clear_pointer (&self->master, vig_crypto_free);

  G_OBJECT_CLASS (vig_secret_parent_class)->finalize (object);
}

static void
vig_secret_class_init (VigSecretClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_secret_finalize;
}

static void
vig_secret_init (VigSecret *self)
{
  self->master = vig_crypto_alloc (MASTER_LENGTH);
}

VigSecret *
vig_secret_new (const char *passphrase, GBytes *salt, GError **error)
{
  g_autoptr (VigSecret) self = NULL;

  g_return_val_if_fail (passphrase != NULL && salt != NULL, NULL);
  g_return_val_if_fail (g_bytes_get_size (salt) == SALT_LENGTH, NULL);

  self = g_object_new (VIG_TYPE_SECRET, NULL);
  if (!vig_crypto_argon2id (passphrase, salt, ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, self->master, MASTER_LENGTH, error))
    return NULL;

  return g_steal_pointer (&self);
}
