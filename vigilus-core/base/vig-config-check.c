/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-config-check.h"

#include <string.h>

char *
vig_config_expand_path (const char *path)
{
  g_autofree char *expanded = NULL;

  if (strcmp (path, "~") == 0 || g_str_has_prefix (path, "~/"))
    expanded = g_build_filename (g_get_home_dir (), path + 1, NULL);

  return g_canonicalize_filename (expanded != NULL ? expanded : path, NULL);
}

static char **
split_json (const char *text)
{
  g_autoptr (JsonNode) node = vig_json_parse (text, -1, 0, NULL);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array == NULL)
    return NULL;

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *item = json_array_get_element (array, i);

      g_ptr_array_add (items, JSON_NODE_HOLDS_VALUE (item) && json_node_get_value_type (item) == G_TYPE_STRING
                                ? json_node_dup_string (item) : vig_json_to_string (item));
    }
  g_ptr_array_add (items, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&items), FALSE);
}

char **
vig_config_split_list (const char *text)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  g_auto (GStrv) parts = split_json (text);

  if (parts == NULL)
    parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (*g_strstrip (parts[i]) != '\0')
      g_ptr_array_add (items, g_strdup (parts[i]));
  g_ptr_array_add (items, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&items), FALSE);
}

gboolean
vig_config_check_host (char **host, GError **error)
{
  g_autoptr (GInetAddress) address = NULL;

  if (strcmp (*host, "localhost") == 0)
    {
      g_free (*host);
      *host = g_strdup ("127.0.0.1");
      return TRUE;
    }

  address = g_inet_address_new_from_string (*host);
  if (address == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "\"%s\" is not an address to listen on (0.0.0.0: all of IPv4, ::: all)", *host);

  return address != NULL;
}

gboolean
vig_config_check_port (const char *text, guint16 *port, GError **error)
{
  guint64 number = 0;

  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT16, &number, NULL))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "\"%s\" is not a port (0 to 65535)", text);
      return FALSE;
    }

  *port = (guint16) number;

  return TRUE;
}

static gboolean
is_origin (const char *text)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  return uri != NULL && (strcmp (g_uri_get_scheme (uri), "http") == 0 || strcmp (g_uri_get_scheme (uri), "https") == 0)
         && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0' && strchr (g_uri_get_host (uri), '*') == NULL
         && g_uri_get_userinfo (uri) == NULL && *g_uri_get_path (uri) == '\0' && g_uri_get_query (uri) == NULL
         && g_uri_get_fragment (uri) == NULL;
}

gboolean
vig_config_check_origins (char **origins, GError **error)
{
  for (guint i = 0; origins[i] != NULL; i++)
    {
      if (g_str_has_suffix (origins[i], "/"))
        origins[i][strlen (origins[i]) - 1] = '\0';

      if (!is_origin (origins[i]))
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "entry %u is not an origin: scheme://host or scheme://host:port, no wildcards", i + 1);
          return FALSE;
        }
    }

  return TRUE;
}

gboolean
vig_config_check_ranges (char **ranges, GError **error)
{
  for (guint i = 0; ranges[i] != NULL; i++)
    {
      g_autoptr (GInetAddressMask) mask = g_inet_address_mask_new_from_string (ranges[i], NULL);

      if (mask == NULL)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "\"%s\" is neither an address nor a CIDR range (10.0.0.0/8)", ranges[i]);
          return FALSE;
        }
    }

  return TRUE;
}

gboolean
vig_config_check_webhook (const char *url, GError **error)
{
  g_autoptr (GUri) uri = url != NULL ? g_uri_parse (url, G_URI_FLAGS_NONE, NULL) : NULL;
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  if (url == NULL || ((g_str_equal (scheme, "https") || g_str_equal (scheme, "http")) && host != NULL && *host != '\0'))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "must be an address that begins with https:// or http:// and has a host");

  return FALSE;
}

gboolean
vig_config_check_days (const char *text, guint *days, GError **error)
{
  guint64 number;

  if (g_ascii_string_to_unsigned (text, 10, 0, 36500, &number, NULL))
    {
      *days = (guint) number;
      return TRUE;
    }

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "\"%s\" is no number of days from 0 to 36500", text);

  return FALSE;
}

gboolean
vig_config_check_dbus (const char *bus, GError **error)
{
  static const char *const buses[] = { "session", "system", "none", "auto", NULL };

  if (g_strv_contains (buses, bus))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "\"%s\" is not session, system, none or auto", bus);

  return FALSE;
}

/* The scheme and no more: what follows may hold a password. */
static char *
dup_scheme (const char *url)
{
  gsize length = strspn (url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

  return url[length] == ':' && length <= 40 ? g_strndup (url, length) : g_strdup ("something without a scheme");
}

static gboolean
refuse_database (const char *url, GError **error)
{
  g_autofree char *scheme = dup_scheme (url);

  if (g_str_has_prefix (scheme, "postgres"))
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED,
                         "PostgreSQL is not supported yet; unset VIGILUS_DATABASE_URL or use sqlite:///...");
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "a database URL must be sqlite:///FILE or sqlite:////ABSOLUTE/FILE, not %s", scheme);

  return FALSE;
}

gboolean
vig_config_check_database (const char *url, const char *data_dir, char **path, GError **error)
{
  static const char *const prefixes[] = { "sqlite:///", "sqlite+aiosqlite:///" };
  const char *rest = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (url, prefixes[i]))
      rest = url + strlen (prefixes[i]);

  if (rest == NULL)
    return refuse_database (url, error);

  if (*rest == '\0' || strpbrk (rest, "?#") != NULL || strcmp (rest, ":memory:") == 0 || g_str_has_suffix (rest, "/"))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the database URL must name a file, without parameters");
      return FALSE;
    }

  /* A relative path means the data directory: the working directory of a service is anywhere. */
  *path = g_canonicalize_filename (rest, data_dir);

  return TRUE;
}
