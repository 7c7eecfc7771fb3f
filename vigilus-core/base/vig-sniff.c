/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sniff.h"

#include <string.h>

/* The signatures of https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern. */
static const struct
{
  const char *media_type;
  const char *begin;
  gsize       length;
  const char *at_8; /* or NULL */
} images[] = {
  { "image/png", "\x89PNG\r\n\x1a\n", 8, NULL },
  { "image/jpeg", "\xff\xd8\xff", 3, NULL },
  { "image/gif", "GIF87a", 6, NULL },
  { "image/gif", "GIF89a", 6, NULL },
  { "image/webp", "RIFF", 4, "WEBPVP" },
};

static gboolean
is_text (const guint8 *data, gsize length)
{
  if (length == 0 || !g_utf8_validate ((const char *) data, (gssize) length, NULL))
    return FALSE;

  for (gsize i = 0; i < length; i++)
    if ((data[i] < 0x20 && data[i] != '\t' && data[i] != '\n' && data[i] != '\r' && data[i] != '\f') || data[i] == 0x7f)
      return FALSE;

  return TRUE;
}

const char *
vig_sniff_media_type (const guint8 *data, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (images); i++)
    {
      if (length < 16 || memcmp (data, images[i].begin, images[i].length) != 0)
        continue;
      if (images[i].at_8 == NULL || memcmp (data + 8, images[i].at_8, strlen (images[i].at_8)) == 0)
        return images[i].media_type;
    }

  return is_text (data, length) ? "text/plain" : NULL;
}
