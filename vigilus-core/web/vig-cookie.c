/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-session.h"

#include <string.h>

/* What our own cookies consist of: base64url, dots, and nothing that needs quoting. */
static gboolean
is_value (const char *value)
{
  gsize length = strlen (value);

  if (length == 0 || length > 256)
    return FALSE;

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (value[i]) && strchr ("-_.", value[i]) == NULL)
      return FALSE;

  return TRUE;
}

/* The first of that name counts (RFC 6265, 5.4: longer paths come first). */
char *
vig_cookie_find (const char *header, const char *name)
{
  g_auto (GStrv) pairs = g_strsplit (header != NULL ? header : "", ";", 100);
  gsize length = strlen (name);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      const char *pair = g_strstrip (pairs[i]);

      if (strncmp (pair, name, length) == 0 && pair[length] == '=')
        return is_value (pair + length + 1) ? g_strdup (pair + length + 1) : NULL;
    }

  return NULL;
}

char *
vig_cookie_make (const char *name, const char *value, const char *path, gint64 max_age, gboolean secure)
{
  return g_strdup_printf ("%s=%s; Path=%s; Max-Age=%" G_GINT64_FORMAT "; HttpOnly; SameSite=Strict%s", name, value, path, max_age,
                          secure ? "; Secure" : "");
}
