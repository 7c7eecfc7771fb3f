/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "nmap-report.h"
#include "vig-test.h"

#include <string.h>

static JsonArray *
parse_array (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_json_parse (text, -1, 0, &error);

  g_assert_no_error (error);

  return json_array_ref (json_node_get_array (node));
}

/* A document in pieces of @size bytes; NULL: refused. */
static NmapXml *
read_xml (const char *text, gsize size, GError **error)
{
  g_autoptr (NmapXml) xml = nmap_xml_new (NULL, NULL);
  gsize length = strlen (text);

  for (gsize at = 0; at < length; at += size)
    if (!nmap_xml_feed (xml, text + at, MIN (size, length - at), error))
      return NULL;

  return nmap_xml_end (xml, error) ? g_steal_pointer (&xml) : NULL;
}

static void
check_port (JsonObject *port, JsonArray *expected)
{
  static const char *const members[] = { "protocol", NULL, "state", "reason", "name", "product", "version" };

  g_assert_cmpint (vig_json_get_int (port, "port", -1), ==, json_array_get_int_element (expected, 1));
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    if (members[i] != NULL)
      {
        JsonNode *node = json_array_get_element (expected, i);

        g_assert_cmpstr (vig_json_get_string (port, members[i], NULL), ==, JSON_NODE_HOLDS_NULL (node) ? NULL : json_node_get_string (node));
      }
}

static void
check_host (JsonObject *host, JsonObject *expected)
{
  JsonArray *addresses = vig_json_get_array (host, "addresses");
  JsonArray *names = vig_json_get_array (host, "names");
  JsonArray *ports = vig_json_get_array (host, "ports");
  JsonArray *wanted = vig_json_get_array (expected, "addresses");

  g_assert_cmpstr (vig_json_get_string (host, "state", NULL), ==, vig_json_get_string (expected, "status", NULL));
  g_assert_cmpuint (json_array_get_length (addresses), ==, json_array_get_length (wanted));
  for (guint i = 0; i < json_array_get_length (addresses); i++)
    {
      JsonArray *pair = json_array_get_array_element (wanted, i);
      JsonObject *address = json_array_get_object_element (addresses, i);

      g_assert_cmpstr (vig_json_get_string (address, "type", NULL), ==, json_array_get_string_element (pair, 0));
      g_assert_cmpstr (vig_json_get_string (address, "address", NULL), ==, json_array_get_string_element (pair, 1));
    }
  wanted = vig_json_get_array (expected, "hostnames");
  g_assert_cmpuint (json_array_get_length (names), ==, json_array_get_length (wanted));
  for (guint i = 0; i < json_array_get_length (names); i++)
    g_assert_cmpstr (json_array_get_string_element (names, i), ==, json_array_get_string_element (wanted, i));
  wanted = vig_json_get_array (expected, "ports");
  g_assert_cmpuint (json_array_get_length (ports), ==, json_array_get_length (wanted));
  for (guint i = 0; i < json_array_get_length (ports); i++)
    check_port (json_array_get_object_element (ports, i), json_array_get_array_element (wanted, i));
}

static void
check_facts (JsonObject *facts, JsonObject *expected)
{
  static const char *const counts[] = { "up", "down", "total" };
  JsonArray *wanted = vig_json_get_array (expected, "counts");

  g_assert_cmpstr (vig_json_get_string (facts, "arguments", NULL), ==, vig_json_get_string (expected, "args", NULL));
  g_assert_cmpstr (vig_json_get_string (facts, "version", NULL), ==, vig_json_get_string (expected, "version", NULL));
  g_assert_cmpstr (vig_json_get_string (facts, "message", NULL), ==, vig_json_get_string (expected, "errormsg", NULL));
  for (guint i = 0; wanted != NULL && i < G_N_ELEMENTS (counts); i++)
    g_assert_cmpint (vig_json_get_int (facts, counts[i], -1), ==, json_array_get_int_element (wanted, i));
}

static void
check_document (JsonObject *row, gsize size)
{
  JsonObject *expected = vig_json_get_object (row, "expect");
  g_autoptr (GError) error = NULL;
  g_autoptr (NmapXml) xml = read_xml (vig_json_get_string (row, "xml", ""), size, &error);
  JsonArray *wanted = vig_json_get_array (expected, "hosts");
  JsonArray *hosts;

  if (json_object_has_member (expected, "parse_error") || g_strcmp0 (vig_json_get_string (expected, "root", NULL), "nmaprun") != 0
      || strstr (vig_json_get_string (row, "xml", ""), "<!ENTITY") != NULL)
    {
      g_assert_null (xml);
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
      return;
    }

  g_assert_no_error (error);
  hosts = nmap_xml_get_hosts (xml);
  g_assert_cmpuint (json_array_get_length (hosts), ==, json_array_get_length (wanted));
  for (guint i = 0; i < json_array_get_length (hosts); i++)
    check_host (json_array_get_object_element (hosts, i), json_array_get_object_element (wanted, i));
  check_facts (nmap_xml_get_facts (xml), expected);
}

static void
test_documents (void)
{
  g_autoptr (JsonNode) node = vig_test_load_json ("nmap/xml.json");
  JsonArray *rows = json_node_get_array (node);
  static const gsize sizes[] = { G_MAXINT, 7, 1 };

  g_assert_cmpuint (json_array_get_length (rows), >=, 94);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    for (guint j = 0; j < G_N_ELEMENTS (sizes); j++)
      {
        g_test_message ("%s in pieces of %" G_GSIZE_FORMAT, vig_json_get_string (json_array_get_object_element (rows, i), "name", ""), sizes[j]);
        check_document (json_array_get_object_element (rows, i), sizes[j]);
      }
}

/* What a scanned machine puts into a banner stays text, and what a killed nmap leaves has whole hosts only. */
static void
test_cut_document (void)
{
  const char *start = "<?xml version=\"1.0\"?><!DOCTYPE nmaprun><nmaprun version=\"7.93\" args=\"nmap\"><host><status state=\"up\" reason=\"x\"/>"
                      "<address addr=\"192.0.2.1\" addrtype=\"ipv4\"/><ports><port protocol=\"tcp\" portid=\"80\"><state state=\"open\" reason=\"x\"/>"
                      "<service name=\"http\" product=\"&lt;script&gt;alert(1)&lt;/script&gt; &amp;#10;\"/></port></ports></host><host><status state=\"up\"/>";
  g_autoptr (NmapXml) xml = nmap_xml_new (NULL, NULL);
  g_autoptr (GError) error = NULL;
  JsonArray *ports;

  g_assert_true (nmap_xml_feed (xml, start, strlen (start), &error));
  g_assert_false (nmap_xml_end (xml, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
  g_assert_cmpuint (json_array_get_length (nmap_xml_get_hosts (xml)), ==, 1);
  ports = vig_json_get_array (json_array_get_object_element (nmap_xml_get_hosts (xml), 0), "ports");
  g_assert_cmpstr (vig_json_get_string (json_array_get_object_element (ports, 0), "product", NULL), ==, "<script>alert(1)</script> &#10;");
  g_assert_null (vig_json_get_string (nmap_xml_get_facts (xml), "finished", NULL));
}

static gboolean
is_target (const char *text)
{
  g_autoptr (JsonArray) list = json_array_new ();
  g_autoptr (NmapTargets) targets = NULL;
  g_autoptr (GError) error = NULL;

  json_array_add_string_element (list, text);
  targets = nmap_targets_parse (list, &error);
  g_assert_true ((targets != NULL) == (error == NULL));

  return targets != NULL;
}

static gboolean
are_ports (const char *text)
{
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s}", "ports", text);
  NmapOptions options;

  return nmap_options_read (arguments, &options, NULL);
}

static void
test_arguments (void)
{
  g_autoptr (JsonNode) node = vig_test_load_json ("nmap/arguments.json");
  JsonArray *rows = json_node_get_array (node);
  guint n_wrong = 0;

  g_assert_cmpuint (json_array_get_length (rows), >=, 157);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *text = vig_json_get_string (row, "argument", "");
      const char *kind = vig_json_get_string (row, "kind", "");
      gboolean allowed = vig_json_get_boolean (row, "allow", FALSE);
      gboolean is_good = g_str_equal (kind, "ports") ? are_ports (text) : is_target (text);

      g_assert_nonnull (vig_json_get_string (row, "source", NULL));
      if (g_str_equal (kind, "option"))
        g_assert_false (are_ports (text));
      if (is_good != allowed)
        {
          n_wrong++;
          g_test_message ("%s %s: %s", is_good ? "taken" : "refused", kind, text);
        }
    }
  g_assert_cmpuint (n_wrong, ==, 0);
}

static void
test_odd_targets (void)
{
  static const char *const good[] = { "10.0.0.1", "10.0.0.0/16", "10.0.0-3.1,5-9", "10.0.0.*", "fd00::/112", "::1", "nas", "nas.lan.", "a_b.lan", "1.2.3.4.example" };
  static const char *const bad[] = { "", "010.0.0.1", "10.0.0.1/", "10.0.0.1/-1", "10.0.0.1/024", "10.*.*.*", "10.0.0.1*",
                                     "*", "10.0.0", "10.0.0.1-", "10.0.0.20-1", "127.1", "0x7f.1",
                                     "2130706433", "fe80::1%eth0", "::ffff:1.2.3.4/1", "-iL", "--script=x", "a..b", "-a.lan", "a-.lan", "a b", "a\nb", "\xc3\xa4.lan",
                                     "10.0.0.1,10.0.0.2", "fd00::/64", "10-11.0-255.0-255.0-255", "example.1" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (is_target (good[i]));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_test_message ("%s", bad[i]);
      g_assert_false (is_target (bad[i]));
    }
}

/* What nmap itself takes is refused with the way in which it is said here. */
static void
test_two_protocols (void)
{
  static const char *const lists[] = { "T:22,U:53", "22,U:53", "U:53" };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s}", "ports", lists[i]);
      g_autoptr (GError) error = NULL;
      NmapOptions options;

      g_assert_false (nmap_options_read (arguments, &options, &error));
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, "make two scans"));
    }
}

static gboolean
may_scan (const char *networks_text, const char *targets_text)
{
  g_autoptr (JsonArray) networks_list = parse_array (networks_text);
  g_autoptr (JsonArray) targets_list = parse_array (targets_text);
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) networks = nmap_networks_parse (networks_list, &error);
  g_autoptr (NmapTargets) targets = nmap_targets_parse (targets_list, &error);

  g_assert_no_error (error);
  if (nmap_networks_check (networks, targets, &error))
    return TRUE;
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
  g_assert_nonnull (strstr (error->message, "Settings, Tools, Network scans"));

  return FALSE;
}

static void
test_networks (void)
{
  g_autoptr (JsonArray) whole = parse_array ("[\"0.0.0.0/0\"]");
  g_autoptr (GError) error = NULL;

  g_assert_false (may_scan ("[]", "[\"127.0.0.1\"]"));
  g_assert_true (may_scan ("[\"192.168.1.0/24\"]", "[\"192.168.1.0/24\"]"));
  g_assert_true (may_scan ("[\"192.168.1.7/24\"]", "[\"192.168.1.255\", \"192.168.1.1,3,9-20\"]"));
  g_assert_false (may_scan ("[\"192.168.1.0/24\"]", "[\"192.168.1.0/23\"]"));
  g_assert_false (may_scan ("[\"192.168.1.0/24\"]", "[\"192.168.0-1.1\"]"));
  g_assert_false (may_scan ("[\"192.168.1.0/24\"]", "[\"192.168.1.1\", \"8.8.8.8\"]"));
  /* Two halves are a whole, in any order and overlapping. */
  g_assert_true (may_scan ("[\"10.0.0.128/25\", \"10.0.0.0/25\"]", "[\"10.0.0.0/24\"]"));
  g_assert_true (may_scan ("[\"10.0.0.0/24\", \"10.0.0.0/26\", \"10.0.1.0/24\"]", "[\"10.0.0.0/23\"]"));
  g_assert_false (may_scan ("[\"10.0.0.0/25\", \"10.0.0.192/26\"]", "[\"10.0.0.0/24\"]"));
  g_assert_true (may_scan ("[\"255.255.255.0/24\"]", "[\"255.255.255.255\"]"));
  g_assert_true (may_scan ("[\"fd00:1::/64\"]", "[\"fd00:1::5\", \"fd00:1::/120\"]"));
  g_assert_false (may_scan ("[\"fd00:1::/64\"]", "[\"fd00:2::5\"]"));
  /* An IPv4 address in IPv6's clothes is another address. */
  g_assert_false (may_scan ("[\"127.0.0.0/8\"]", "[\"::ffff:127.0.0.1\"]"));
  g_assert_null (nmap_networks_parse (whole, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
}

static void
test_argv (void)
{
  g_autoptr (JsonArray) list = parse_array ("[\"10.0.0.1\", \"10.0.0.16/28\"]");
  g_autoptr (NmapTargets) targets = nmap_targets_parse (list, NULL);
  NmapOptions options = { "services", "tcp", "-100", TRUE, FALSE, FALSE };
  g_autoptr (GPtrArray) argv = nmap_options_argv (&options, targets, "nmap");
  g_autofree char *line = g_strjoinv (" ", (char **) argv->pdata);

  g_assert_cmpstr (line, ==, "nmap --unprivileged -oX - --stats-every 2s -T4 -n -sT -sV -Pn -p-100 -- 10.0.0.1 10.0.0.16/28");
  g_assert_cmpuint (targets->n_addresses, ==, 17);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nmap/documents", test_documents);
  g_test_add_func ("/nmap/cut-document", test_cut_document);
  g_test_add_func ("/nmap/arguments", test_arguments);
  g_test_add_func ("/nmap/odd-targets", test_odd_targets);
  g_test_add_func ("/nmap/two-protocols", test_two_protocols);
  g_test_add_func ("/nmap/networks", test_networks);
  g_test_add_func ("/nmap/argv", test_argv);

  return g_test_run ();
}
