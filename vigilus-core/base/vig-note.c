/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-note.h"

#include <gcrypt.h>
#include <string.h>

#include "vig-crypto.h"

#define ALGORITHM 0x01 /* Ed25519, in the key and under its hash */
#define KEY_LENGTH 32
#define SIGNATURE_LENGTH 64
#define HASH_LENGTH 4
#define MARK "— " /* U+2014, before each signature */

struct _VigNoteKey
{
  char   *name;
  guint8  key[1 + KEY_LENGTH]; /* the algorithm first */
  guint8  hash[HASH_LENGTH];
};

static VigNoteKey *
make_key (const char *name, const guint8 *key)
{
  VigNoteKey *self = g_new0 (VigNoteKey, 1);
  guint8 digest[VIG_MERKLE_HASH];
  guint8 separator = '\n';
  gcry_buffer_t parts[] = {
    { .data = (gpointer) name, .len = strlen (name) },
    { .data = &separator, .len = 1 },
    { .data = self->key, .len = sizeof self->key },
  };

  vig_crypto_ensure ();
  self->name = g_strdup (name);
  self->key[0] = ALGORITHM;
  memcpy (self->key + 1, key, KEY_LENGTH);
  gcry_md_hash_buffers (GCRY_MD_SHA256, 0, digest, parts, G_N_ELEMENTS (parts));
  memcpy (self->hash, digest, sizeof self->hash);

  return self;
}

static gboolean
is_name (const char *name)
{
  if (*name == '\0' || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (; *name != '\0'; name = g_utf8_next_char (name))
    if (*name == '+' || g_unichar_isspace (g_utf8_get_char (name)))
      return FALSE;

  return TRUE;
}

static gboolean
fail (gcry_error_t code, const char *what, GError **error)
{
  if (code != 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to %s with Ed25519: %s", what, gcry_strerror (code));

  return code == 0;
}

VigNoteKey *
vig_note_key_new_from_seed (const char *name, const guint8 *seed, GError **error)
{
  gcry_ctx_t context = NULL;
  gcry_sexp_t private_key = NULL;
  gcry_mpi_t point = NULL;
  VigNoteKey *self = NULL;
  gcry_error_t code;
  const guint8 *bytes;
  unsigned int bits;

  g_return_val_if_fail (is_name (name), NULL);

  vig_crypto_ensure ();
  code = gcry_sexp_build (&private_key, NULL, "(private-key (ecc (curve Ed25519) (flags eddsa) (d %b)))", VIG_NOTE_SEED, seed);
  if (code == 0)
    code = gcry_mpi_ec_new (&context, private_key, NULL);
  if (code == 0)
    point = gcry_mpi_ec_get_mpi ("q@eddsa", context, 0);
  bytes = point != NULL ? gcry_mpi_get_opaque (point, &bits) : NULL;
  if (bytes != NULL && bits == KEY_LENGTH * 8)
    self = make_key (name, bytes);
  else
    fail (code != 0 ? code : gcry_error (GPG_ERR_BAD_SECKEY), "make a key", error);
  gcry_mpi_release (point);
  gcry_ctx_release (context);
  gcry_sexp_release (private_key);

  return self;
}

static VigNoteKey *
parse_parts (char **parts)
{
  g_autofree guint8 *key = NULL;
  g_autofree char *again = NULL;
  g_autofree char *given = NULL;
  g_autoptr (VigNoteKey) self = NULL;
  gsize length;

  if (g_strv_length (parts) != 3 || !is_name (parts[0]))
    return NULL;
  key = g_base64_decode (parts[2], &length);
  if (length != 1 + KEY_LENGTH || key[0] != ALGORITHM)
    return NULL;
  self = make_key (parts[0], key + 1);
  again = vig_note_key_to_string (self);
  given = g_strjoinv ("+", parts);

  return g_str_equal (again, given) ? g_steal_pointer (&self) : NULL;
}

VigNoteKey *
vig_note_key_parse (const char *text, GError **error)
{
  g_autofree char *given = g_strstrip (g_strdup (text));
  g_auto (GStrv) parts = g_strsplit (given, "+", 3);
  VigNoteKey *self = parse_parts (parts);

  if (self == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "this is no public key: it reads NAME+HASH+BASE64, in one line");

  return self;
}

char *
vig_note_key_to_string (const VigNoteKey *self)
{
  g_autofree char *key = g_base64_encode (self->key, sizeof self->key);

  return g_strdup_printf ("%s+%02x%02x%02x%02x+%s", self->name, self->hash[0], self->hash[1], self->hash[2], self->hash[3], key);
}

const char *
vig_note_key_get_name (const VigNoteKey *self)
{
  return self->name;
}

void
vig_note_key_free (VigNoteKey *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self);
}

static gboolean
copy_part (gcry_sexp_t signature, const char *name, guint8 *bytes)
{
  gcry_sexp_t part = gcry_sexp_find_token (signature, name, 0);
  size_t length = 0;
  const char *data = part != NULL ? gcry_sexp_nth_data (part, 1, &length) : NULL;

  if (length == SIGNATURE_LENGTH / 2)
    memcpy (bytes, data, length);
  gcry_sexp_release (part);

  return length == SIGNATURE_LENGTH / 2;
}

static gboolean
sign (const VigNoteKey *key, const guint8 *seed, const char *text, guint8 *bytes, GError **error)
{
  gcry_sexp_t private_key = NULL;
  gcry_sexp_t data = NULL;
  gcry_sexp_t signature = NULL;
  gcry_error_t code;

  vig_crypto_ensure ();
  code = gcry_sexp_build (&private_key, NULL, "(private-key (ecc (curve Ed25519) (flags eddsa) (q %b) (d %b)))", KEY_LENGTH, key->key + 1,
                          VIG_NOTE_SEED, seed);
  if (code == 0)
    code = gcry_sexp_build (&data, NULL, "(data (flags eddsa) (hash-algo sha512) (value %b))", (int) strlen (text), text);
  if (code == 0)
    code = gcry_pk_sign (&signature, data, private_key);
  if (code == 0 && (!copy_part (signature, "r", bytes) || !copy_part (signature, "s", bytes + SIGNATURE_LENGTH / 2)))
    code = gcry_error (GPG_ERR_BAD_SIGNATURE);
  gcry_sexp_release (signature);
  gcry_sexp_release (data);
  gcry_sexp_release (private_key);

  return fail (code, "sign", error);
}

static gboolean
is_signed (const VigNoteKey *key, const char *text, gsize length, const guint8 *bytes)
{
  gcry_sexp_t public_key = NULL;
  gcry_sexp_t data = NULL;
  gcry_sexp_t signature = NULL;
  gcry_error_t code;

  vig_crypto_ensure ();
  code = gcry_sexp_build (&public_key, NULL, "(public-key (ecc (curve Ed25519) (flags eddsa) (q %b)))", KEY_LENGTH, key->key + 1);
  if (code == 0)
    code = gcry_sexp_build (&data, NULL, "(data (flags eddsa) (hash-algo sha512) (value %b))", (int) length, text);
  if (code == 0)
    code = gcry_sexp_build (&signature, NULL, "(sig-val (eddsa (r %b) (s %b)))", SIGNATURE_LENGTH / 2, bytes, SIGNATURE_LENGTH / 2,
                            bytes + SIGNATURE_LENGTH / 2);
  if (code == 0)
    code = gcry_pk_verify (signature, data, public_key);
  gcry_sexp_release (signature);
  gcry_sexp_release (data);
  gcry_sexp_release (public_key);

  return code == 0;
}

char *
vig_note_sign (const VigNoteKey *key, const guint8 *seed, const char *text, GError **error)
{
  guint8 bytes[HASH_LENGTH + SIGNATURE_LENGTH];
  g_autofree char *encoded = NULL;

  g_return_val_if_fail (g_str_has_suffix (text, "\n"), NULL);

  memcpy (bytes, key->hash, HASH_LENGTH);
  if (!sign (key, seed, text, bytes + HASH_LENGTH, error))
    return NULL;
  encoded = g_base64_encode (bytes, sizeof bytes);

  return g_strdup_printf ("%s\n" MARK "%s %s\n", text, key->name, encoded);
}

/* The line of a signature: ours, and right? Lines of other keys are none of our business. */
static gboolean
check_line (const VigNoteKey *key, const char *line, const char *text, gsize length)
{
  g_autofree char *prefix = g_strdup_printf (MARK "%s ", key->name);
  g_autofree guint8 *bytes = NULL;
  g_autofree char *again = NULL;
  gsize n_bytes;

  if (!g_str_has_prefix (line, prefix))
    return FALSE;
  bytes = g_base64_decode (line + strlen (prefix), &n_bytes);
  again = g_base64_encode (bytes, n_bytes);

  return n_bytes == HASH_LENGTH + SIGNATURE_LENGTH && g_str_equal (again, line + strlen (prefix)) &&
         memcmp (bytes, key->hash, HASH_LENGTH) == 0 && is_signed (key, text, length, bytes + HASH_LENGTH);
}

char *
vig_note_open (const VigNoteKey *key, const char *note, GError **error)
{
  const char *end = g_utf8_validate (note, -1, NULL) ? g_strrstr (note, "\n\n" MARK) : NULL;
  g_auto (GStrv) lines = NULL;

  if (end == NULL || !g_str_has_suffix (note, "\n"))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, "this is no signed note");
      return NULL;
    }

  lines = g_strsplit (end + 2, "\n", 101);
  for (guint i = 0; lines[i] != NULL && i < 100; i++)
    if (check_line (key, lines[i], note, (gsize) (end - note) + 1))
      return g_strndup (note, (gsize) (end - note) + 1);

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "the signature is not of the key %s, or what it signed was changed", key->name);

  return NULL;
}

char *
vig_checkpoint_sign (const VigNoteKey *key, const guint8 *seed, const VigCheckpoint *checkpoint, GError **error)
{
  g_autofree char *root = g_base64_encode (checkpoint->root, sizeof checkpoint->root);
  g_autofree char *text = g_strdup_printf ("%s\n%" G_GUINT64_FORMAT "\n%s\n", key->name, checkpoint->size, root);

  return vig_note_sign (key, seed, text, error);
}

gboolean
vig_checkpoint_read (const char *text, const char *origin, VigCheckpoint *checkpoint)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree guint8 *root = NULL;
  g_autofree char *again = NULL;
  gsize length;

  if (g_strv_length (lines) < 4 || !g_str_equal (lines[0], origin) ||
      !g_ascii_string_to_unsigned (lines[1], 10, 0, G_MAXINT64, &checkpoint->size, NULL))
    return FALSE;

  root = g_base64_decode (lines[2], &length);
  again = g_base64_encode (root, length);
  if (length != sizeof checkpoint->root || !g_str_equal (again, lines[2]))
    return FALSE;
  memcpy (checkpoint->root, root, length);

  return TRUE;
}

gboolean
vig_checkpoint_open (const VigNoteKey *key, const char *note, VigCheckpoint *checkpoint, GError **error)
{
  g_autofree char *text = vig_note_open (key, note, error);

  if (text == NULL)
    return FALSE;
  if (vig_checkpoint_read (text, key->name, checkpoint))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "what %s signed is no checkpoint of it", key->name);

  return FALSE;
}

char *
vig_checkpoint_dup_last (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  /* Of the last line nothing shows that it is whole. */
  for (guint i = g_strv_length (lines); i >= 6; i--)
    if (g_str_has_prefix (lines[i - 2], MARK) && *lines[i - 3] == '\0')
      return g_strdup_printf ("%s\n%s\n%s\n\n%s\n", lines[i - 6], lines[i - 5], lines[i - 4], lines[i - 2]);

  return NULL;
}

char *
vig_checkpoint_to_line (const char *note)
{
  g_auto (GStrv) lines = g_strsplit (note, "\n", -1);

  if (g_strv_length (lines) < 5 || !g_str_has_prefix (lines[4], MARK))
    return NULL;

  return g_strdup_printf ("%s %s %s %s", lines[0], lines[1], lines[2], strrchr (lines[4], ' ') + 1);
}

char *
vig_checkpoint_from_line (const char *line)
{
  g_autofree char *given = g_strstrip (g_strdup (line));
  g_auto (GStrv) words = g_strsplit (given, " ", -1);

  if (g_strv_length (words) != 4)
    return NULL;

  return g_strdup_printf ("%s\n%s\n%s\n\n" MARK "%s %s\n", words[0], words[1], words[2], words[0], words[3]);
}
