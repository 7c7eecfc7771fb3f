/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include "vig-store-scope-private.h"
#include "vig-store-servers.h"

#include <string.h>

/* A scan of @first to @last; @hosts: JSON. */
static JsonObject *
scan (VigDbConnection *db, const char *first, const char *last, gboolean complete, const char *hosts, GError **error)
{
  g_autofree char *text = g_strdup_printf ("{\"profile\": \"services\", \"protocol\": \"tcp\", \"ports\": \"1-1024,6379\", \"targets\": [\"x\"], \"ranges\": [[\"%s\", \"%s\"]],"
                                           "\"assumed_up\": false, \"complete\": %s, \"problem\": null, \"seconds\": 1.5, \"n_addresses\": 256, \"hosts\": [%s]}",
                                           first, last, complete ? "true" : "false", hosts);
  g_autoptr (JsonObject) record = parse (text);
  g_autoptr (JsonObject) subject = parse ("{\"call_id\": null}");

  return vig_store_scope_merge (db, subject, record, error);
}

static char *
host_with (const char *address, const char *mac, const char *ports)
{
  return g_strdup_printf ("{\"address\": \"%s\", \"mac\": \"%s\", \"names\": [\"n-%s\"], \"timed_out\": false, \"os\": null, \"extra_ports\": [], \"ports\": [%s]}", address, mac,
                          address, ports);
}

#define REDIS "{\"protocol\": \"tcp\", \"port\": 6379, \"state\": \"open\", \"name\": \"redis\", \"product\": \"Redis key-value store\", \"version\": \"7.0\"}"
#define REDIS_NEWER "{\"protocol\": \"tcp\", \"port\": 6379, \"state\": \"open\", \"name\": \"redis\", \"product\": \"Redis key-value store\", \"version\": \"7.2\"}"
#define SSH "{\"protocol\": \"tcp\", \"port\": 22, \"state\": \"open\", \"name\": \"ssh\"}"
#define HIGH "{\"protocol\": \"tcp\", \"port\": 40000, \"state\": \"open\", \"name\": null}"

static guint
count (VigDbConnection *db, const char *kind, GError **error)
{
  VigPage page = { 200, NULL };
  g_autoptr (JsonObject) filters = vig_json_pack_object ("{s:s?}", "kind", kind);
  g_autoptr (JsonObject) list = vig_store_scope_list_changes (db, filters, &page, error);

  return count_items (list);
}

static JsonObject *
only_host (VigDbConnection *db, GError **error)
{
  VigPage page = { 200, NULL };
  g_autoptr (JsonObject) filters = json_object_new ();
  g_autoptr (JsonObject) list = vig_store_scope_list_hosts (db, filters, &page, error);

  g_assert_cmpuint (count_items (list), ==, 1);

  return json_object_ref (item (list, 0));
}

static gpointer
scan_again_and_again (VigDbConnection *db, gpointer data, GError **error)
{
  g_autofree char *both = host_with ("10.0.0.5", "02:00:00:00:00:01", SSH "," REDIS);
  g_autofree char *newer = host_with ("10.0.0.5", "02:00:00:00:00:01", SSH "," REDIS_NEWER);
  g_autofree char *one = host_with ("10.0.0.5", "02:00:00:00:00:02", SSH);
  g_autoptr (JsonObject) host = NULL;
  g_autoptr (JsonObject) accepted = NULL;
  g_autoptr (JsonObject) finding = NULL;
  VigPage page = { 0, NULL };
  g_autoptr (JsonObject) none = json_object_new ();

  json_object_unref (scan (db, "10.0.0.0", "10.0.0.255", TRUE, both, error));
  g_assert_cmpuint (count (db, NULL, error), ==, 3);
  for (guint i = 0; i < 3; i++)
    json_object_unref (scan (db, "10.0.0.0", "10.0.0.255", TRUE, both, error));
  g_assert_cmpuint (count (db, NULL, error), ==, 3);
  host = only_host (db, error);
  assert_string (host, "subnet", "10.0.0.0/24");
  assert_string (host, "severity", "high");
  g_assert_cmpint (vig_json_get_int (host, "n_open", 0), ==, 2);

  /* Accepted is accepted, also when it is seen again. */
  finding = vig_store_scope_list_findings (db, none, &page, error);
  accepted = parse ("{\"state\": \"accepted\"}");
  json_object_unref (vig_store_scope_decide_finding (db, vig_json_get_string (item (finding, 0), "id", ""), accepted, "ada", error));
  json_object_unref (scan (db, "10.0.0.0", "10.0.0.255", TRUE, newer, error));
  g_clear_pointer (&host, json_object_unref);
  host = only_host (db, error);
  assert_null (host, "severity");
  g_assert_cmpuint (count (db, "service_changed", error), ==, 1);

  json_object_unref (scan (db, "10.0.0.0", "10.0.0.255", TRUE, one, error));
  g_assert_cmpuint (count (db, "port_closed", error), ==, 1);
  g_assert_cmpuint (count (db, "mac_changed", error), ==, 1);

  return NULL;
}

static void
test_again_and_again (Fixture *self, gconstpointer data)
{
  fixture_write (self, scan_again_and_again, NULL);
}

static gpointer
scan_incompletely (VigDbConnection *db, gpointer data, GError **error)
{
  g_autofree char *five = host_with ("10.0.0.5", "02:00:00:00:00:01", SSH "," HIGH);
  g_autofree char *six = host_with ("10.0.0.6", "02:00:00:00:00:06", SSH);

  json_object_unref (scan (db, "10.0.0.0", "10.0.0.255", TRUE, five, error));
  /* Nothing of it may be missed for what was not seen. */
  json_object_unref (scan (db, "10.0.0.0", "10.0.0.255", FALSE, six, error));
  g_assert_cmpuint (count (db, "host_gone", error), ==, 0);
  /* Nor for what was not asked. */
  json_object_unref (scan (db, "10.0.0.6", "10.0.0.255", TRUE, six, error));
  json_object_unref (scan (db, "10.0.1.0", "10.0.1.255", TRUE, "", error));
  g_assert_cmpuint (count (db, "host_gone", error), ==, 0);
  g_assert_cmpuint (count (db, "port_closed", error), ==, 0);
  /* 40000 is among the ports of no scan. */
  g_free (five);
  five = host_with ("10.0.0.5", "02:00:00:00:00:01", SSH);
  json_object_unref (scan (db, "10.0.0.5", "10.0.0.5", TRUE, five, error));
  g_assert_cmpuint (count (db, "port_closed", error), ==, 0);
  json_object_unref (scan (db, "10.0.0.0", "10.0.0.255", TRUE, six, error));
  g_assert_cmpuint (count (db, "host_gone", error), ==, 1);
  json_object_unref (scan (db, "10.0.0.0", "10.0.0.255", TRUE, five, error));
  g_assert_cmpuint (count (db, "host_back", error), ==, 1);

  return NULL;
}

static void
test_incomplete (Fixture *self, gconstpointer data)
{
  fixture_write (self, scan_incompletely, NULL);
}

static gpointer
refuse_records (VigDbConnection *db, gpointer data, GError **error)
{
  static const char *const hosts[] = { "{\"address\": \"nas\", \"names\": [], \"ports\": []}", "{\"names\": [], \"ports\": []}", "5",
                                       "{\"address\": \"10.0.0.1\", \"names\": [], \"ports\": [{\"protocol\": \"tcp\", \"port\": 70000, \"state\": \"open\"}]}" };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autoptr (GError) refused = NULL;

      g_assert_null (scan (db, "10.0.0.0", "10.0.0.255", TRUE, hosts[i], &refused));
      g_assert_error (refused, VIG_ERROR, VIG_ERROR_INVALID);
    }

  return NULL;
}

static void
test_bad_records (Fixture *self, gconstpointer data)
{
  fixture_write (self, refuse_records, NULL);
}

static gpointer
page_through (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (GString) hosts = g_string_new (NULL);
  g_autoptr (JsonObject) none = json_object_new ();
  g_autofree char *after = NULL;
  guint seen = 0;
  guint last = 0;

  for (guint i = 0; i < 250; i++)
    {
      g_autofree char *address = g_strdup_printf ("10.0.0.%u", 250 - i);
      g_autofree char *host = host_with (address, "02:00:00:00:00:01", SSH);

      g_string_append_printf (hosts, "%s%s", i > 0 ? "," : "", host);
    }
  json_object_unref (scan (db, "10.0.0.0", "10.0.0.255", TRUE, hosts->str, error));
  do
    {
      VigPage page = { 40, after };
      g_autoptr (JsonObject) list = vig_store_scope_list_services (db, none, &page, error);

      for (guint i = 0; i < count_items (list); i++, seen++)
        {
          guint number = (guint) g_ascii_strtoull (strrchr (vig_json_get_string (item (list, i), "address", "."), '.') + 1, NULL, 10);

          g_assert_cmpuint (number, >, last);
          last = number;
        }
      g_free (after);
      after = g_strdup (vig_json_get_string (list, "next", NULL));
    }
  while (after != NULL);
  g_assert_cmpuint (seen, ==, 250);

  return NULL;
}

static void
test_pages (Fixture *self, gconstpointer data)
{
  fixture_write (self, page_through, NULL);
}

static void
test_keys (void)
{
  VigScopeKeys small, large, v6;

  g_assert_true (vig_scope_keys_init (&small, "9.0.0.1"));
  g_assert_true (vig_scope_keys_init (&large, "10.0.0.1"));
  g_assert_true (vig_scope_keys_init (&v6, "fd00:1::5"));
  g_assert_false (vig_scope_keys_init (&v6, "nas"));
  g_assert_cmpint (strcmp (small.address_key, large.address_key), <, 0);
  g_assert_cmpstr (large.subnet, ==, "10.0.0.0/24");
  g_assert_true (vig_scope_keys_init (&v6, "fd00:1::5"));
  g_assert_cmpstr (v6.subnet, ==, "fd00:1::/64");
}

static void
test_exposures (void)
{
  g_assert_cmpstr (vig_exposure_match ("telnet", NULL, NULL)->id, ==, "telnet");
  g_assert_null (vig_exposure_match ("telnet", NULL, "ssl"));
  g_assert_cmpstr (vig_exposure_match ("http", "Elasticsearch REST API", NULL)->id, ==, "elasticsearch");
  g_assert_null (vig_exposure_match ("ssh", "OpenSSH", NULL));
  g_assert_null (vig_exposure_match (NULL, NULL, NULL));
  g_assert_cmpint (vig_exposure_find ("docker-api")->severity, ==, 4);
  g_assert_null (vig_exposure_find ("nothing"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/store/scope/again-and-again", Fixture, NULL, fixture_set_up, test_again_and_again, fixture_tear_down);
  g_test_add ("/store/scope/incomplete", Fixture, NULL, fixture_set_up, test_incomplete, fixture_tear_down);
  g_test_add ("/store/scope/bad-records", Fixture, NULL, fixture_set_up, test_bad_records, fixture_tear_down);
  g_test_add ("/store/scope/pages", Fixture, NULL, fixture_set_up, test_pages, fixture_tear_down);
  g_test_add_func ("/store/scope/keys", test_keys);
  g_test_add_func ("/store/scope/exposures", test_exposures);

  return g_test_run ();
}
