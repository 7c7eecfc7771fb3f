/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-host-rules.h"

#include <vigilus/vigilus.h>
#include <string.h>

struct _VigHostRules
{
  GHashTable *names;   /* of the machine and of the configured origins */
  GHashTable *origins; /* as a browser writes them */
};

static gboolean
is_name (const char *name)
{
  gsize length = strlen (name);

  if (length == 0 || length > 253 || name[0] == '.' || name[0] == '-')
    return FALSE;

  for (const char *at = name; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && strchr (".-_", *at) == NULL)
      return FALSE;

  return strstr (name, "..") == NULL;
}

static gboolean
is_port (const char *text)
{
  return *text != '\0' && strlen (text) <= 5 && strspn (text, "0123456789") == strlen (text) && g_ascii_strtoull (text, NULL, 10) <= 65535;
}

static char *
parse_bracketed (const char *header)
{
  const char *end = strchr (header, ']');
  g_autofree char *literal = NULL;

  if (end == NULL || (end[1] != '\0' && (end[1] != ':' || !is_port (end + 2))))
    return NULL;

  literal = g_strndup (header + 1, end - header - 1);

  return strchr (literal, ':') != NULL && g_hostname_is_ip_address (literal) ? g_ascii_strdown (literal, -1) : NULL;
}

char *
vig_host_parse (const char *header)
{
  const char *colon;
  g_autofree char *name = NULL;
  gsize length;

  if (header == NULL || *header == '\0')
    return NULL;
  if (*header == '[')
    return parse_bracketed (header);

  colon = strchr (header, ':');
  if (colon != NULL && !is_port (colon + 1))
    return NULL;

  name = colon != NULL ? g_strndup (header, colon - header) : g_strdup (header);
  length = strlen (name);
  if (length > 1 && name[length - 1] == '.')
    name[length - 1] = '\0';

  return is_name (name) ? g_ascii_strdown (name, -1) : NULL;
}

static const char *
skip_scheme (const char *origin)
{
  if (g_str_has_prefix (origin, "http://"))
    return origin + strlen ("http://");
  if (g_str_has_prefix (origin, "https://"))
    return origin + strlen ("https://");

  return NULL;
}

char *
vig_origin_parse_host (const char *origin)
{
  const char *authority = origin != NULL ? skip_scheme (origin) : NULL;

  return authority != NULL ? vig_host_parse (authority) : NULL;
}

gboolean
vig_host_is_loopback (const char *name)
{
  g_autoptr (GInetAddress) address = NULL;

  if (name == NULL)
    return FALSE;
  if (g_str_equal (name, "localhost") || g_str_has_suffix (name, ".localhost"))
    return TRUE;

  address = g_inet_address_new_from_string (name);

  return address != NULL && g_inet_address_get_is_loopback (address);
}

gboolean
vig_host_rules_allow_host (VigHostRules *self, const char *name)
{
  if (name == NULL)
    return FALSE;
  if (g_hostname_is_ip_address (name) || vig_host_name_is_private (name))
    return TRUE;

  return g_hash_table_contains (self->names, name);
}

gboolean
vig_host_rules_is_cors_origin (VigHostRules *self, const char *origin)
{
  g_autofree char *lower = origin != NULL ? g_ascii_strdown (origin, -1) : NULL;

  return lower != NULL && g_hash_table_contains (self->origins, lower);
}

gboolean
vig_host_rules_allow_origin (VigHostRules *self, const char *origin, const char *host, gboolean https)
{
  g_autofree char *own = g_strconcat (https ? "https://" : "http://", host, NULL);

  return g_ascii_strcasecmp (origin, own) == 0 || vig_host_rules_is_cors_origin (self, origin);
}

static void
add_origin (VigHostRules *self, const char *origin)
{
  g_autofree char *lower = g_ascii_strdown (origin, -1);
  char *host;

  if (g_str_has_suffix (lower, "/"))
    lower[strlen (lower) - 1] = '\0';
  host = vig_origin_parse_host (lower);
  if (host == NULL)
    {
      g_warning ("VIGILUS_CORS_ORIGINS: \"%s\" is not an origin like https://name:port, and is left out", origin);
      return;
    }

  g_hash_table_add (self->names, host);
  g_hash_table_add (self->origins, g_steal_pointer (&lower));
}

void
vig_host_rules_free (VigHostRules *self)
{
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->origins);
  g_free (self);
}

VigHostRules *
vig_host_rules_new (const char * const *origins, const char *machine_name)
{
  VigHostRules *self = g_new0 (VigHostRules, 1);

  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->origins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (machine_name != NULL)
    g_hash_table_add (self->names, g_ascii_strdown (machine_name, -1));
  for (guint i = 0; origins != NULL && origins[i] != NULL; i++)
    add_origin (self, origins[i]);

  return self;
}
