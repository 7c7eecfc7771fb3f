/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* The same events come out however the bytes are cut; the first byte of the input says how. */

static void
collect (const char *event, const char *data, gsize length, gpointer user_data)
{
  GString *events = user_data;

  fuzz_must (data[length] == '\0');
  fuzz_must (g_utf8_validate_len (data, length, NULL) || memchr (data, '\0', length) != NULL);
  g_string_append_printf (events, "%s %" G_GSIZE_FORMAT " ", event, length);
  g_string_append_len (events, data, length);
  g_string_append_c (events, '\n');
}

static char *
decode (const char *bytes, gsize length, gsize step)
{
  GString *events = g_string_new (NULL);
  g_autoptr (VigSse) sse = vig_sse_new (collect, events);

  for (gsize i = 0; i < length; i += step)
    if (!vig_sse_feed (sse, bytes + i, MIN (step, length - i), NULL))
      break;
  vig_sse_end (sse, TRUE);
  g_string_append_printf (events, "%s %" G_GINT64_FORMAT, vig_sse_get_last_event_id (sse), vig_sse_get_retry (sse));

  return g_string_free (events, FALSE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *whole = NULL;
  g_autofree char *parts = NULL;

  if (size < 2)
    return 0;

  whole = decode ((const char *) data + 1, size - 1, size);
  parts = decode ((const char *) data + 1, size - 1, 1 + data[0] % 32);
  fuzz_must (g_str_equal (whole, parts));

  return 0;
}
