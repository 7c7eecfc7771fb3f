/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "record.h"

#include <gcrypt.h>
#include <string.h>

/* OWASP's Password Storage Cheat Sheet; libgcrypt takes 40 to 80 ms for it. */
#define MEMORY_KIB  19456
#define PASSES      2
#define LANES       1
#define SALT_LENGTH 16
#define TAG_LENGTH  32

/* A record comes from the database, and may come from a backup or an import: what it may cost is bounded. */
#define MAX_MEMORY_KIB (1024 * 1024)
#define MAX_PASSES     10
#define MAX_LANES      16
#define MIN_SALT       8
#define MIN_TAG        16

static gboolean
refuse (const char *what, GError **error)
{
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the stored password record is not usable: %s", what);

  return FALSE;
}

/* "m=65536": no sign, no leading zero, nothing after it. */
static gboolean
parse_number (const char *field, const char *name, guint max, guint *number)
{
  gsize length = strlen (name);
  guint64 value = 0;

  if (!g_str_has_prefix (field, name) || field[length] == '0'
      || !g_ascii_string_to_unsigned (field + length, 10, 1, max, &value, NULL))
    return FALSE;

  *number = (guint) value;

  return TRUE;
}

static gboolean
parse_costs (const char *text, Record *record, GError **error)
{
  g_auto (GStrv) fields = g_strsplit (text, ",", -1);

  if (g_strv_length (fields) != 3)
    return refuse ("it must name m, t and p", error);

  if (!parse_number (fields[0], "m=", MAX_MEMORY_KIB, &record->memory_kib)
      || !parse_number (fields[1], "t=", MAX_PASSES, &record->passes)
      || !parse_number (fields[2], "p=", MAX_LANES, &record->lanes))
    return refuse ("m, t or p is out of bounds", error);

  /* RFC 9106, section 3.1 */
  return record->memory_kib >= 8 * record->lanes || refuse ("m is less than 8 p", error);
}

static char *
encode (const guint8 *bytes, gsize length)
{
  char *text = g_base64_encode (bytes, length);

  g_strdelimit (text, "=", '\0');

  return text;
}

static gboolean
parse_bytes (const char *text, gsize min, guint8 bytes[RECORD_MAX_BYTES], gsize *length)
{
  static const char *const paddings[] = { "", NULL, "==", "=" };
  g_autofree char *padded = NULL;
  g_autofree guchar *decoded = NULL;
  g_autofree char *again = NULL;

  if (paddings[strlen (text) % 4] == NULL || strchr (text, '=') != NULL)
    return FALSE;

  padded = g_strconcat (text, paddings[strlen (text) % 4], NULL);
  decoded = g_base64_decode (padded, length);
  again = encode (decoded, *length);
  if (strcmp (text, again) != 0 || *length < min || *length > RECORD_MAX_BYTES)
    return FALSE;

  memcpy (bytes, decoded, *length);

  return TRUE;
}

gboolean
record_parse (const char *text, Record *record, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "$", 8);

  memset (record, 0, sizeof *record);
  if (g_strv_length (parts) != 6 || *parts[0] != '\0')
    return refuse ("it is not in the PHC string format", error);

  if (strcmp (parts[1], "argon2id") == 0)
    record->variant = GCRY_KDF_ARGON2ID;
  else if (strcmp (parts[1], "argon2i") == 0)
    record->variant = GCRY_KDF_ARGON2I;
  else
    return refuse ("its algorithm is neither argon2id nor argon2i", error);

  if (strcmp (parts[2], "v=19") != 0)
    return refuse ("its version is not 19", error);

  if (!parse_costs (parts[3], record, error))
    return FALSE;

  return (parse_bytes (parts[4], MIN_SALT, record->salt, &record->salt_length)
          && parse_bytes (parts[5], MIN_TAG, record->tag, &record->tag_length))
         || refuse ("its salt or tag is not base64 of the right length", error);
}

char *
record_to_string (const Record *record)
{
  g_autofree char *salt = encode (record->salt, record->salt_length);
  g_autofree char *tag = encode (record->tag, record->tag_length);

  return g_strdup_printf ("$argon2%s$v=19$m=%u,t=%u,p=%u$%s$%s", record->variant == GCRY_KDF_ARGON2ID ? "id" : "i",
                          record->memory_kib, record->passes, record->lanes, salt, tag);
}

void
record_init (Record *record)
{
  memset (record, 0, sizeof *record);
  record->variant = GCRY_KDF_ARGON2ID;
  record->memory_kib = MEMORY_KIB;
  record->passes = PASSES;
  record->lanes = LANES;
  record->salt_length = SALT_LENGTH;
  record->tag_length = TAG_LENGTH;
  gcry_randomize (record->salt, SALT_LENGTH, GCRY_STRONG_RANDOM);
}

gboolean
record_is_weaker (const Record *record)
{
  return record->variant != GCRY_KDF_ARGON2ID || record->memory_kib < MEMORY_KIB
         || (guint64) record->memory_kib * record->passes < (guint64) MEMORY_KIB * PASSES
         || record->salt_length < SALT_LENGTH || record->tag_length < TAG_LENGTH;
}

gboolean
record_compute (const Record *record, const char *secret, guint8 tag[RECORD_MAX_BYTES], GError **error)
{
  const unsigned long parameters[4] = { record->tag_length, record->passes, record->memory_kib, record->lanes };
  gcry_kdf_hd_t handle = NULL;
  gcry_error_t code = gcry_kdf_open (&handle, GCRY_KDF_ARGON2, record->variant, parameters, G_N_ELEMENTS (parameters),
                                     secret, strlen (secret), record->salt, record->salt_length, NULL, 0, NULL, 0);

  if (code == 0)
    code = gcry_kdf_compute (handle, NULL);
  if (code == 0)
    code = gcry_kdf_final (handle, record->tag_length, tag);
  if (handle != NULL)
    gcry_kdf_close (handle);

  if (code != 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to compute argon2 with %u KiB: %s", record->memory_kib, gcry_strerror (code));

  return code == 0;
}
