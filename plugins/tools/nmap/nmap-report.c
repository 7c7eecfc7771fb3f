/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "nmap-report.h"

#include <string.h>

static JsonArray *
copy_texts (GPtrArray *texts)
{
  JsonArray *copy = json_array_new ();

  for (guint i = 0; i < texts->len; i++)
    json_array_add_string_element (copy, g_ptr_array_index (texts, i));

  return copy;
}

static JsonArray *
list_ranges (const NmapTargets *targets)
{
  JsonArray *ranges = json_array_new ();

  for (guint i = 0; i < targets->ranges->len; i++)
    {
      const NmapRange *range = &g_array_index (targets->ranges, NmapRange, i);
      g_autofree char *first = nmap_address_to_text (range->is_ipv6, range->first);
      g_autofree char *last = nmap_address_to_text (range->is_ipv6, range->last);
      JsonArray *pair = json_array_new ();

      json_array_add_string_element (pair, first);
      json_array_add_string_element (pair, last);
      json_array_add_array_element (ranges, pair);
    }

  return ranges;
}

/* The address of a host of that kind ("ipv4", "ipv6", "mac"), or NULL. */
static JsonObject *
find_address (JsonObject *host, const char *type)
{
  JsonArray *addresses = vig_json_get_array (host, "addresses");

  for (guint i = 0; i < json_array_get_length (addresses); i++)
    {
      JsonObject *address = json_array_get_object_element (addresses, i);

      if (g_strcmp0 (vig_json_get_string (address, "type", NULL), type) == 0)
        return address;
    }

  return NULL;
}

static const char *
get_address (JsonObject *host)
{
  JsonObject *address = find_address (host, "ipv4");

  if (address == NULL)
    address = find_address (host, "ipv6");

  return address != NULL ? vig_json_get_string (address, "address", NULL) : NULL;
}

/* What the address was called in the targets, before what the name service says. */
static JsonArray *
list_names (JsonObject *host, const NmapTargets *targets)
{
  const char *address = get_address (host);
  g_autofree char *start = g_strconcat (address, "=", NULL);
  JsonArray *found = vig_json_get_array (host, "names");
  JsonArray *names = json_array_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < targets->names->len; i++)
    {
      const char *pair = g_ptr_array_index (targets->names, i);

      if (g_str_has_prefix (pair, start) && g_hash_table_add (seen, (gpointer) (pair + strlen (start))))
        json_array_add_string_element (names, pair + strlen (start));
    }
  for (guint i = 0; i < json_array_get_length (found); i++)
    if (g_hash_table_add (seen, (gpointer) json_array_get_string_element (found, i)))
      json_array_add_string_element (names, json_array_get_string_element (found, i));

  return names;
}

/* Only machines that answered; nmap also tells of silent ones where it was asked for few. */
static gboolean
is_up (JsonObject *host)
{
  return g_strcmp0 (vig_json_get_string (host, "state", NULL), "up") == 0 && get_address (host) != NULL;
}

static JsonObject *
record_host (JsonObject *host, const NmapTargets *targets)
{
  JsonObject *mac = find_address (host, "mac");

  return vig_json_pack_object ("{s:s, s:s, s:s, s:A, s:s, s:b, s:O, s:O, s:J}",
                               "address", get_address (host),
                               "mac", mac != NULL ? vig_json_get_string (mac, "address", NULL) : NULL,
                               "vendor", mac != NULL ? vig_json_get_string (mac, "vendor", NULL) : NULL,
                               "names", list_names (host, targets),
                               "reason", vig_json_get_string (host, "reason", NULL),
                               "timed_out", vig_json_get_boolean (host, "timed_out", FALSE),
                               "ports", json_object_get_member (host, "ports"),
                               "extra_ports", json_object_get_member (host, "extra_ports"),
                               "os", vig_json_get_object (host, "os"));
}

JsonArray *
nmap_report_hosts (NmapXml *xml, const NmapTargets *targets)
{
  JsonArray *found = nmap_xml_get_hosts (xml);
  JsonArray *hosts = json_array_new ();

  for (guint i = 0; i < json_array_get_length (found); i++)
    if (is_up (json_array_get_object_element (found, i)))
      json_array_add_object_element (hosts, record_host (json_array_get_object_element (found, i), targets));

  return hosts;
}

JsonObject *
nmap_report_record (const NmapOptions *options, const NmapTargets *targets, const NmapRun *run, double seconds)
{
  JsonObject *facts = nmap_xml_get_facts (run->xml);
  const char *ports = vig_json_get_string (vig_json_get_object (facts, "ports"), options->protocol, NULL);

  return vig_json_pack_object ("{s:s, s:s, s:s, s:A, s:A, s:b, s:b, s:s, s:f, s:s, s:I, s:A}",
                               "profile", options->profile,
                               "protocol", options->protocol,
                               "ports", g_str_equal (options->profile, "discovery") ? NULL : ports,
                               "targets", copy_texts (targets->texts),
                               "ranges", list_ranges (targets),
                               "assumed_up", options->assume_up,
                               "complete", run->problem == NULL,
                               "problem", run->problem,
                               "seconds", seconds,
                               "scanner_version", vig_json_get_string (facts, "version", NULL),
                               "n_addresses", (gint64) targets->n_addresses,
                               "hosts", nmap_report_hosts (run->xml, targets));
}

static char *
join (const char *const *texts)
{
  GString *joined = g_string_new (NULL);

  for (guint i = 0; i < 3; i++)
    if (texts[i] != NULL && *texts[i] != '\0')
      g_string_append_printf (joined, "%s%s", joined->len > 0 ? " " : "", texts[i]);

  return g_string_free (joined, FALSE);
}

static gboolean
is_open (JsonObject *port)
{
  return g_str_has_prefix (vig_json_get_string (port, "state", ""), "open");
}

static JsonObject *
tell_port (JsonObject *port)
{
  const char *const words[] = { vig_json_get_string (port, "product", NULL), vig_json_get_string (port, "version", NULL), vig_json_get_string (port, "extra", NULL) };
  g_autofree char *product = join (words);
  g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT "/%s", vig_json_get_int (port, "port", 0), vig_json_get_string (port, "protocol", ""));
  const char *state = vig_json_get_string (port, "state", "");

  return vig_json_pack_object ("{s:s, s:s?, s:s?, s:s?}",
                               "port", name,
                               "service", vig_json_get_string (port, "name", NULL),
                               "product", *product != '\0' ? product : NULL,
                               "state", g_str_equal (state, "open") ? NULL : state);
}

static char *
tell_others (JsonObject *host)
{
  JsonArray *extra = vig_json_get_array (host, "extra_ports");
  JsonArray *ports = vig_json_get_array (host, "ports");
  GString *text = g_string_new (NULL);
  guint closed = 0;

  for (guint i = 0; i < json_array_get_length (ports); i++)
    closed += is_open (json_array_get_object_element (ports, i)) ? 0 : 1;
  for (guint i = 0; i < json_array_get_length (extra); i++)
    {
      JsonObject *item = json_array_get_object_element (extra, i);

      g_string_append_printf (text, "%s%" G_GINT64_FORMAT " %s", text->len > 0 ? ", " : "", vig_json_get_int (item, "count", 0), vig_json_get_string (item, "state", ""));
    }
  if (closed > 0)
    g_string_append_printf (text, "%s%u not open", text->len > 0 ? ", " : "", closed);

  return g_string_free (text, FALSE);
}

static JsonObject *
tell_host (JsonObject *host, const NmapTargets *targets, guint *n_open)
{
  JsonArray *ports = vig_json_get_array (host, "ports");
  JsonArray *open = json_array_new ();
  JsonObject *mac = find_address (host, "mac");
  JsonObject *os = vig_json_get_object (host, "os");
  g_autofree char *others = tell_others (host);

  for (guint i = 0; i < json_array_get_length (ports); i++)
    if (is_open (json_array_get_object_element (ports, i)))
      json_array_add_object_element (open, tell_port (json_array_get_object_element (ports, i)));
  *n_open += json_array_get_length (open);

  return vig_json_pack_object ("{s:s, s:A, s:s?, s:s?, s:s?, s:A, s:s?, s:s?}",
                               "address", get_address (host),
                               "names", list_names (host, targets),
                               "mac", mac != NULL ? vig_json_get_string (mac, "address", NULL) : NULL,
                               "vendor", mac != NULL ? vig_json_get_string (mac, "vendor", NULL) : NULL,
                               "os", os != NULL ? vig_json_get_string (os, "name", NULL) : NULL,
                               "open_ports", open,
                               "other_ports", *others != '\0' ? others : NULL,
                               "warning", vig_json_get_boolean (host, "timed_out", FALSE) ? "nmap gave this host up: its ports are not known" : NULL);
}

typedef struct
{
  JsonArray *hosts;
  guint      n_up;
  guint      n_open;
  guint      n_left_out;
} Told;

static void
tell_hosts (Told *told, JsonArray *found, const NmapTargets *targets, gsize limit)
{
  gsize used = 0;

  for (guint i = 0; i < json_array_get_length (found); i++)
    {
      JsonObject *host = json_array_get_object_element (found, i);
      g_autoptr (JsonObject) shown = NULL;
      g_autofree char *text = NULL;

      if (!is_up (host))
        continue;
      shown = tell_host (host, targets, &told->n_open);
      text = vig_json_object_to_string (shown);
      used += strlen (text) + 1;
      told->n_up++;
      if (used > limit)
        told->n_left_out++;
      else
        json_array_add_object_element (told->hosts, g_steal_pointer (&shown));
    }
}

static char *
summarize (const NmapOptions *options, const NmapTargets *targets, const NmapRun *run, const Told *told)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (run->problem != NULL)
    g_string_append_printf (text, "The scan is NOT COMPLETE: %s. What is listed was found; a host or port that is not listed may be there all the same. So far: ",
                            run->problem);
  g_string_append_printf (text, "%u of %" G_GUINT64_FORMAT " addresses %s", told->n_up, targets->n_addresses,
                          options->assume_up ? "were scanned" : "answered");
  if (!g_str_equal (options->profile, "discovery"))
    g_string_append_printf (text, ", with %u open ports", told->n_open);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

JsonNode *
nmap_report_result (const NmapOptions *options, const NmapTargets *targets, const NmapRun *run, double seconds, const char *kept, gsize limit)
{
  Told told = { json_array_new (), 0, 0, 0 };
  g_autofree char *summary = NULL;
  g_autofree char *left_out = NULL;

  tell_hosts (&told, nmap_xml_get_hosts (run->xml), targets, limit / 4 * 3);
  summary = summarize (options, targets, run, &told);
  if (told.n_left_out > 0)
    left_out = g_strdup_printf ("%u more hosts are not shown here: over the limit; all are in Scope (scope.query)", told.n_left_out);

  return vig_json_pack ("{s:b, s:b, s:s, s:s, s:s, s:A, s:s, s:A, s:s?, s:s, s:f}",
                        "is_error", run->problem != NULL,
                        "complete", run->problem == NULL,
                        "summary", summary,
                        "profile", options->profile,
                        "protocol", options->protocol,
                        "targets", copy_texts (targets->texts),
                        "ports", g_str_equal (options->profile, "discovery") ? "none" : options->ports != NULL ? options->ports : "the 1,000 most common",
                        "hosts", told.hosts,
                        "left_out", left_out,
                        "scope", kept,
                        "seconds", seconds);
}
