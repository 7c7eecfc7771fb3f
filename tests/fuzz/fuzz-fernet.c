/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "vig-fernet.h"

/* The input is a key of 32 bytes, then a token. No token opens but one that seals to itself again, and what is sealed opens to
 * itself, but not with one bit turned. */

#define NOW 1700000000

static const guint8 iv[VIG_FERNET_IV_LENGTH] = "0123456789abcde";

static void
check_open (const guint8 *key, const char *token)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) plain = vig_fernet_open (key, token, NOW, VIG_FERNET_NO_LIMIT, &error);

  fuzz_must ((plain != NULL) != (error != NULL));
  fuzz_must (error == NULL || error->domain == VIG_ERROR);
}

static void
check_seal (const guint8 *key, const guint8 *plain, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *token = vig_fernet_seal (key, plain, length, NOW, iv, &error);
  g_autoptr (GBytes) opened = NULL;
  g_autoptr (GBytes) turned = NULL;
  g_autoptr (GBytes) given = g_bytes_new (plain, length);

  fuzz_must (token != NULL);
  opened = vig_fernet_open (key, token, NOW, 60, &error);
  fuzz_must (opened != NULL && g_bytes_equal (opened, given));

  /* Any letter but the last four, which may hold padding. */
  token[length % (strlen (token) - 4)] ^= 1;
  turned = vig_fernet_open (key, token, NOW, 60, NULL);
  fuzz_must (turned == NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *token = NULL;

  if (size < VIG_FERNET_KEY_LENGTH)
    return 0;

  token = g_strndup ((const char *) data + VIG_FERNET_KEY_LENGTH, size - VIG_FERNET_KEY_LENGTH);
  check_open (data, token);
  check_seal (data, data + VIG_FERNET_KEY_LENGTH, size - VIG_FERNET_KEY_LENGTH);

  return 0;
}
