/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-wait.h"

#include <string.h>

#define FIRST_UNIX_TIME    1e9  /* seconds: a number of this size is a time, a smaller one a duration */
#define FIRST_UNIX_TIME_MS 1e12

static guint
bound (double milliseconds)
{
  return milliseconds <= 0 ? 0 : (guint) CLAMP (milliseconds, 1, G_MAXINT32);
}

/* The whole of @text is one number. */
static gboolean
read_number (const char *text, double *number)
{
  char *end = NULL;

  if (text == NULL || !g_ascii_isdigit (*text))
    return FALSE;
  *number = g_ascii_strtod (text, &end);

  return *end == '\0';
}

static gboolean
read_unit (const char **text, double *factor)
{
  static const struct
  {
    const char *name;
    double      milliseconds;
  } units[] = { { "ms", 1 }, { "us", 1e-3 }, { "ns", 1e-6 }, { "d", 86400e3 }, { "h", 3600e3 }, { "m", 60e3 }, { "s", 1e3 } };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_str_has_prefix (*text, units[i].name))
      {
        *text += strlen (units[i].name);
        *factor = units[i].milliseconds;
        return TRUE;
      }

  return FALSE;
}

/* 1h2m3.5s, 120ms */
static double
read_duration (const char *text)
{
  double sum = 0;
  double factor = 0;

  while (g_ascii_isdigit (*text))
    {
      char *end = NULL;
      double number = g_ascii_strtod (text, &end);

      text = end;
      if (!read_unit (&text, &factor))
        return 0;
      sum += number * factor;
    }

  return *text == '\0' ? sum : 0;
}

static double
read_reset (const char *text, gint64 now)
{
  g_autoptr (GDateTime) date = NULL;
  double number;

  if (read_number (text, &number))
    return number >= FIRST_UNIX_TIME_MS ? number - (double) now : number >= FIRST_UNIX_TIME ? number * 1000 - (double) now : number * 1000;

  date = g_date_time_new_from_iso8601 (text, NULL);
  if (date != NULL)
    return (double) (g_date_time_to_unix (date) * 1000 + g_date_time_get_microsecond (date) / 1000 - now);

  return read_duration (text);
}

/* Of each limit there is what remains and when it is whole again; of those that still have something left the latter does not count. */
static gboolean
is_used_up (SoupMessageHeaders *headers, const char *name)
{
  const char *at = strstr (name, "reset");
  g_autofree char *lead = g_strndup (name, (gsize) (at - name));
  g_autofree char *other = g_strconcat (lead, "remaining", at + strlen ("reset"), NULL);
  const char *remaining = soup_message_headers_get_one (headers, other);
  double number;

  return remaining == NULL || !read_number (remaining, &number) || number < 1;
}

static guint
find_reset (SoupMessageHeaders *headers, gint64 now)
{
  SoupMessageHeadersIter iter;
  const char *name;
  const char *value;
  double longest = 0;

  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    {
      g_autofree char *lower = g_ascii_strdown (name, -1);
      gboolean is_reset = (g_str_has_prefix (lower, "anthropic-ratelimit-") && g_str_has_suffix (lower, "-reset"))
                          || g_str_equal (lower, "x-ratelimit-reset") || g_str_has_prefix (lower, "x-ratelimit-reset-");

      if (is_reset && is_used_up (headers, lower))
        longest = MAX (longest, read_reset (value, now));
    }

  return bound (longest);
}

guint
vig_http_retry_after_ms (guint status, SoupMessageHeaders *headers, gint64 now)
{
  const char *text;
  double number;
  g_autoptr (GDateTime) date = NULL;

  if (headers == NULL)
    return 0;
  if (read_number (soup_message_headers_get_one (headers, "retry-after-ms"), &number) && number > 0)
    return bound (number);

  text = soup_message_headers_get_one (headers, "retry-after");
  if (read_number (text, &number) && number > 0)
    return bound (number * 1000);
  date = text != NULL ? soup_date_time_new_from_http_string (text) : NULL;
  if (date != NULL && g_date_time_to_unix (date) * 1000 > now)
    return bound ((double) (g_date_time_to_unix (date) * 1000 - now));

  return status == 429 ? find_reset (headers, now) : 0;
}
