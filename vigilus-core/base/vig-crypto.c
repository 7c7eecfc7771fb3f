/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-crypto.h"

#include <gcrypt.h>
#include <string.h>

#define SECURE_BYTES 65536

static gpointer
start (gpointer data)
{
  gcry_check_version (NULL);

  if (!gcry_control (GCRYCTL_INITIALIZATION_FINISHED_P))
    {
      /* Without the right to lock memory the pool still zeroes, so its warning says nothing that helps. */
      gcry_control (GCRYCTL_DISABLE_SECMEM_WARN);
      gcry_control (GCRYCTL_INIT_SECMEM, SECURE_BYTES, 0);
      gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
    }

  return NULL;
}

void
vig_crypto_ensure (void)
{
  static GOnce once = G_ONCE_INIT;

  g_once (&once, start, NULL);
}

gpointer
vig_crypto_alloc (gsize length)
{
  gpointer memory;

  vig_crypto_ensure ();
  memory = gcry_xmalloc_secure (length);
  memset (memory, 0, length);

  return memory;
}

void
vig_crypto_free (gpointer memory)
{
  gcry_free (memory);
}

char *
vig_crypto_dup (const char *text)
{
  gsize length = strlen (text) + 1;

  return memcpy (vig_crypto_alloc (length), text, length);
}

gboolean
vig_crypto_argon2id (const char *passphrase, GBytes *salt, guint memory_kib, guint passes, guint lanes,
                     guint8 *tag, gsize tag_length, GError **error)
{
  const unsigned long parameters[4] = { tag_length, passes, memory_kib, lanes };
  gcry_kdf_hd_t handle = NULL;
  gcry_error_t code;

  vig_crypto_ensure ();
  code = gcry_kdf_open (&handle, GCRY_KDF_ARGON2, GCRY_KDF_ARGON2ID, parameters, G_N_ELEMENTS (parameters),
                        passphrase, strlen (passphrase), g_bytes_get_data (salt, NULL), g_bytes_get_size (salt), NULL, 0, NULL, 0);
  if (code == 0)
    code = gcry_kdf_compute (handle, NULL);
  if (code == 0)
    code = gcry_kdf_final (handle, tag_length, tag);
  if (handle != NULL)
    gcry_kdf_close (handle);

  if (code != 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to compute argon2id with %u KiB: %s", memory_kib, gcry_strerror (code));

  return code == 0;
}

GBytes *
vig_crypto_base64_url (const char *text)
{
  gsize length = strlen (text);
  g_autofree char *standard = g_strdup (text);
  g_autofree char *again = NULL;
  g_autofree guint8 *bytes = NULL;
  gsize n_bytes = 0;

  if (length == 0 || length % 4 != 0 || strpbrk (text, "+/") != NULL)
    return NULL;

  g_strdelimit (standard, "-", '+');
  g_strdelimit (standard, "_", '/');
  bytes = g_base64_decode (standard, &n_bytes);
  again = g_base64_encode (bytes, n_bytes);

  /* GLib decodes leniently; only what it would have written itself is the strict form. */
  if (strcmp (again, standard) != 0)
    return NULL;

  return g_bytes_new_take (g_steal_pointer (&bytes), n_bytes);
}
