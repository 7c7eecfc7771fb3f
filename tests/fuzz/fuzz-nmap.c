/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "fuzz.h"
#include "nmap-xml.h"

/* The same hosts come out however the bytes are cut; the first byte of the input says how. */

static char *
read_xml (const char *bytes, gsize length, gsize step)
{
  g_autoptr (NmapXml) xml = nmap_xml_new (NULL, NULL);
  g_autoptr (JsonNode) hosts = NULL;
  gboolean is_good = TRUE;

  for (gsize i = 0; i < length && is_good; i += step)
    is_good = nmap_xml_feed (xml, bytes + i, MIN (step, length - i), NULL);
  if (!is_good || !nmap_xml_end (xml, NULL))
    return NULL;

  hosts = json_node_init_array (json_node_alloc (), nmap_xml_get_hosts (xml));

  return vig_json_to_string (hosts);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *whole = NULL;
  g_autofree char *parts = NULL;

  if (size < 2)
    return 0;

  whole = read_xml ((const char *) data + 1, size - 1, size);
  parts = read_xml ((const char *) data + 1, size - 1, 1 + data[0] % 64);
  fuzz_must (whole == NULL || parts == NULL || g_str_equal (whole, parts));

  return 0;
}
