/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-id.h"

#include "vig-crypto.h"

#include <gcrypt.h>
#include <string.h>
#include <time.h>

#define COUNTER_BITS 12
#define TOKEN_BYTES  32

static GMutex id_lock;
static gint64 last_tick; /* milliseconds << COUNTER_BITS | counter */

/* RFC 9562, section 6.2, method 3: rand_a holds the fraction of the millisecond, and a tick that would not
 * rise is the last one plus one. So ids of one process sort in the order in which they were made. */
static gint64
next_tick (void)
{
  gint64 now = g_get_real_time ();
  gint64 tick = ((now / 1000) << COUNTER_BITS) | (((now % 1000) << COUNTER_BITS) / 1000);

  g_mutex_lock (&id_lock);
  last_tick = MAX (tick, last_tick + 1);
  tick = last_tick;
  g_mutex_unlock (&id_lock);

  return tick;
}

char *
vig_id_new (void)
{
  guint64 tick = (guint64) next_tick ();
  guint64 milliseconds = tick >> COUNTER_BITS;
  guint64 fraction = tick & ((1 << COUNTER_BITS) - 1);
  guint8 noise[8];

  vig_crypto_ensure ();
  gcry_create_nonce (noise, sizeof noise);
  noise[0] = 0x80 | (noise[0] & 0x3f);

  return g_strdup_printf ("%08x-%04x-7%03x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                          (guint) (milliseconds >> 16), (guint) (milliseconds & 0xffff), (guint) fraction,
                          noise[0], noise[1], noise[2], noise[3], noise[4], noise[5], noise[6], noise[7]);
}

gboolean
vig_id_is_valid (const char *id)
{
  static const char shape[] = "xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx";

  if (id == NULL || strlen (id) != sizeof shape - 1)
    return FALSE;

  for (guint i = 0; shape[i] != '\0'; i++)
    {
      const char *allowed = shape[i] == 'x' ? "0123456789abcdef" : shape[i] == 'v' ? "89ab" : NULL;

      if (allowed != NULL ? strchr (allowed, id[i]) == NULL : id[i] != shape[i])
        return FALSE;
    }

  return TRUE;
}

gint64
vig_time_now (void)
{
  return g_get_real_time ();
}

static void
put_digits (char *last, int value, guint n)
{
  for (; n > 0; n--, value /= 10)
    *last-- = (char) ('0' + value % 10);
}

/* Every row has a few of these: printf() takes ten times as long. */
char *
vig_time_to_iso (gint64 microseconds)
{
  char text[] = "0000-00-00T00:00:00.000000Z";
  gint64 fraction = microseconds % G_USEC_PER_SEC;
  gint64 seconds = microseconds / G_USEC_PER_SEC;
  time_t time;
  struct tm parts;

  if (fraction < 0)
    {
      fraction += G_USEC_PER_SEC;
      seconds--;
    }

  time = (time_t) seconds;
  g_return_val_if_fail (gmtime_r (&time, &parts) != NULL && parts.tm_year >= 1 - 1900 && parts.tm_year <= 9999 - 1900, NULL);
  put_digits (text + 3, parts.tm_year + 1900, 4);
  put_digits (text + 6, parts.tm_mon + 1, 2);
  put_digits (text + 9, parts.tm_mday, 2);
  put_digits (text + 12, parts.tm_hour, 2);
  put_digits (text + 15, parts.tm_min, 2);
  put_digits (text + 18, parts.tm_sec, 2);
  put_digits (text + 25, (int) fraction, 6);

  return g_strdup (text);
}

char *
vig_token_new (const char *prefix)
{
  guint8 bytes[TOKEN_BYTES];
  g_autofree char *text = NULL;

  vig_crypto_ensure ();
  gcry_randomize (bytes, sizeof bytes, GCRY_STRONG_RANDOM);
  text = g_base64_encode (bytes, sizeof bytes);
  explicit_bzero (bytes, sizeof bytes);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  g_strdelimit (text, "=", '\0');

  return g_strconcat (prefix != NULL ? prefix : "", text, NULL);
}
