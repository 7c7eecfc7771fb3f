/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <string.h>

static const struct
{
  const char *name;
  const char *bytes;
  gsize       length;
} marks[] = {
  /* The longer ones first: the mark of UTF-32LE begins like that of UTF-16LE. */
  { "UTF-8", "\xef\xbb\xbf", 3 },
  { "UTF-32LE", "\xff\xfe\0\0", 4 },
  { "UTF-32BE", "\0\0\xfe\xff", 4 },
  { "UTF-16LE", "\xff\xfe", 2 },
  { "UTF-16BE", "\xfe\xff", 2 },
};

/* Text as it is mostly written has a zero in every other byte, and on that side only. */
static const char *
guess_utf16 (const char *data, gsize length)
{
  gsize zeros[2] = { 0, 0 };
  gsize pairs = length / 2;

  for (gsize i = 0; i < pairs * 2; i++)
    zeros[i % 2] += data[i] == '\0';

  if (pairs >= 4 && zeros[0] == 0 && zeros[1] * 10 >= pairs * 9)
    return "UTF-16LE";

  return pairs >= 4 && zeros[1] == 0 && zeros[0] * 10 >= pairs * 9 ? "UTF-16BE" : NULL;
}

/* Where there is more than was read, a character may be cut at the end. */
static gboolean
is_utf8 (const char *data, gsize length)
{
  const char *end;

  return g_utf8_validate (data, (gssize) length, &end) || (length >= FILESYSTEM_SAMPLE && (gsize) (data + length - end) < 4);
}

/* Control characters that no text has; escape and form feed are in logs. */
static gboolean
has_controls (const char *data, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if ((guchar) data[i] < 0x20 && strchr ("\t\n\r\f\b\a\033\v", data[i]) == NULL)
      return TRUE;

  return FALSE;
}

const char *
filesystem_find_encoding (const char *data, gsize length, gsize *mark)
{
  *mark = 0;
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (length >= marks[i].length && memcmp (data, marks[i].bytes, marks[i].length) == 0)
      {
        *mark = marks[i].length;
        return marks[i].name;
      }

  if (length == 0)
    return "UTF-8";
  if (memchr (data, '\0', length) != NULL)
    return guess_utf16 (data, length);
  if (is_utf8 (data, length))
    return "UTF-8";

  return has_controls (data, length) ? NULL : "WINDOWS-1252";
}
