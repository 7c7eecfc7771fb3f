/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-scope-resource.h"
#include "vig-store-scope-private.h"

#include <string.h>

#define TABLE "/org/vigilus/scope/exposures.json"

static const char *const severities[] = { "none", "low", "medium", "high", "critical" };

gint64
vig_exposure_severity_from_text (const char *text)
{
  for (gsize i = 1; i < G_N_ELEMENTS (severities); i++)
    if (g_strcmp0 (text, severities[i]) == 0)
      return (gint64) i;

  return 0;
}

/* The table is part of the program: it is read once, and stays. */
static GArray *
read_table (void)
{
  GArray *table = g_array_new (FALSE, TRUE, sizeof (VigExposure));
  g_autoptr (GBytes) bytes = g_resource_lookup_data (vig_scope_get_resource (), TABLE, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  JsonNode *node = vig_json_parse (text, (gssize) length, 0, NULL);
  JsonArray *rows = json_node_get_array (node);

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      VigExposure exposure = { 0 };

      exposure.id = vig_json_get_string (row, "id", "");
      exposure.title = vig_json_get_string (row, "title", "");
      exposure.advice = vig_json_get_string (row, "advice", "");
      exposure.severity = vig_exposure_severity_from_text (vig_json_get_string (row, "severity", ""));
      exposure.services = vig_json_get_array (row, "services");
      exposure.products = vig_json_get_array (row, "products");
      exposure.plain = vig_json_get_boolean (row, "plain", FALSE);
      g_array_append_val (table, exposure);
    }

  return table;
}

static GArray *
get_table (void)
{
  static gsize once;
  static GArray *table;

  if (g_once_init_enter (&once))
    {
      table = read_table ();
      g_once_init_leave (&once, 1);
    }

  return table;
}

const VigExposure *
vig_exposure_find (const char *id)
{
  GArray *table = get_table ();

  for (guint i = 0; i < table->len; i++)
    if (g_strcmp0 (g_array_index (table, VigExposure, i).id, id) == 0)
      return &g_array_index (table, VigExposure, i);

  return NULL;
}

static gboolean
fits (const VigExposure *exposure, const char *name, const char *product)
{
  for (guint i = 0; name != NULL && i < json_array_get_length (exposure->services); i++)
    if (g_str_equal (json_array_get_string_element (exposure->services, i), name))
      return TRUE;

  for (guint i = 0; product != NULL && i < json_array_get_length (exposure->products); i++)
    if (strstr (product, json_array_get_string_element (exposure->products, i)) != NULL)
      return TRUE;

  return FALSE;
}

const VigExposure *
vig_exposure_match (const char *name, const char *product, const char *tunnel)
{
  GArray *table = get_table ();

  for (guint i = 0; i < table->len; i++)
    {
      const VigExposure *exposure = &g_array_index (table, VigExposure, i);

      if (exposure->plain && g_strcmp0 (tunnel, "ssl") == 0)
        continue;
      if (fits (exposure, name, product))
        return exposure;
    }

  return NULL;
}

gboolean
vig_scope_keys_init (VigScopeKeys *keys, const char *address)
{
  g_autoptr (GInetAddress) parsed = address != NULL ? g_inet_address_new_from_string (address) : NULL;
  g_autoptr (GInetAddress) network = NULL;
  g_autofree char *text = NULL;
  guint8 bytes[16] = { 0 };
  gsize size, kept;

  if (parsed == NULL)
    return FALSE;

  size = g_inet_address_get_native_size (parsed);
  kept = size == 4 ? 3 : 8;
  keys->address_key[0] = keys->subnet_key[0] = size == 4 ? '4' : '6';
  memcpy (bytes, g_inet_address_to_bytes (parsed), size);
  for (gsize i = 0; i < size; i++)
    g_snprintf (keys->address_key + 1 + 2 * i, 3, "%02x", bytes[i]);
  memset (bytes + kept, 0, sizeof bytes - kept);
  for (gsize i = 0; i < size; i++)
    g_snprintf (keys->subnet_key + 1 + 2 * i, 3, "%02x", bytes[i]);
  network = g_inet_address_new_from_bytes (bytes, g_inet_address_get_family (parsed));
  text = g_inet_address_to_string (network);
  g_snprintf (keys->subnet, sizeof keys->subnet, "%s/%d", text, size == 4 ? 24 : 64);

  return TRUE;
}
