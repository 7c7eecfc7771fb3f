/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-device.h"

#include "vig-id.h"

#include <string.h>

static char *
sign (VigVault *vault, const char *account, const char *id)
{
  g_autoptr (GBytes) key = vig_vault_derive (vault, "device cookies", 32, NULL);
  g_autofree char *lower = g_ascii_strdown (account, -1);
  g_autofree char *text = g_strdup_printf ("%s %s", id, lower);
  gsize length;
  const guchar *bytes;

  if (key == NULL)
    return NULL;
  bytes = g_bytes_get_data (key, &length);

  return g_compute_hmac_for_string (G_CHECKSUM_SHA256, bytes, length, text, -1);
}

char *
vig_device_make (VigVault *vault, const char *account)
{
  g_autofree char *id = vig_token_new ("");
  g_autofree char *signature = sign (vault, account, id);

  return signature != NULL ? g_strdup_printf ("%s.%s", id, signature) : NULL;
}

char *
vig_device_check (VigVault *vault, const char *account, const char *cookie)
{
  const char *dot = cookie != NULL ? strchr (cookie, '.') : NULL;
  g_autofree char *id = dot != NULL ? g_strndup (cookie, dot - cookie) : NULL;
  g_autofree char *signature = id != NULL ? sign (vault, account, id) : NULL;
  guint different = 0;

  if (signature == NULL || strlen (dot + 1) != strlen (signature))
    return NULL;

  for (guint i = 0; signature[i] != '\0'; i++)
    different |= (guint) (signature[i] ^ dot[1 + i]);

  return different == 0 ? g_steal_pointer (&id) : NULL;
}
