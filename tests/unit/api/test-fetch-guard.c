/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"
#include "vig-test-resolver.h"

#include <vigilus/vig-fetch-private.h>

/* PITFALLS 20: no address that a model or a page chose leads to this machine, its link, metadata or private networks. No sockets here. */

static gboolean
is_blocked (const char *url, const char * const *networks, char **why)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GUri) uri = vig_fetch_parse_uri (url, NULL, &error);
  g_autoptr (VigFetchTarget) target = uri != NULL ? vig_fetch_target_new (uri, VIG_FETCH_PUBLIC, networks, NULL, &error) : NULL;

  g_assert_true ((target != NULL) != (error != NULL));
  *why = g_strdup (error != NULL ? error->message : "reached");

  return target == NULL;
}

/* Every row, with names as the row says that they resolve, and else as inet_aton () reads them. */
static void
test_urls (void)
{
  g_autoptr (JsonNode) suite = vig_test_load_json ("ssrf/urls.json");
  JsonArray *rows = json_node_get_array (suite);
  guint n_wrong = 0;

  g_assert_cmpuint (json_array_get_length (rows), >=, 415);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *url = vig_json_get_string (row, "url", "");
      gboolean expected = vig_json_get_boolean (row, "must_block", TRUE);
      g_autofree char *why = NULL;
      gboolean blocked;

      vig_test_resolver_set (vig_json_get_object (row, "dns"), vig_json_get_string (row, "glibc_inet_aton", NULL));
      blocked = is_blocked (url, NULL, &why);
      if (blocked != expected && !vig_json_get_boolean (row, "policy", FALSE))
        {
          n_wrong++;
          g_test_message ("%s (%s): %s", url, vig_json_get_string (row, "why", ""), why);
        }
    }

  g_assert_cmpuint (n_wrong, ==, 0);
}

/* The second policy: private networks that the owner names, and never this machine or metadata. */
static void
test_networks (void)
{
  static const char *const networks[] = { "192.168.1.0/24", "100.64.0.0/10", "fd12::/16", "127.0.0.0/8", "169.254.0.0/16", "::1/128", NULL };
  static const struct { const char *url; gboolean blocked; } rows[] = {
    { "http://192.168.1.5/", FALSE },
    { "http://192.168.2.5/", TRUE },
    { "http://100.64.3.4/", FALSE },
    { "http://100.100.100.200/", TRUE },
    { "http://[fd12::5]/", FALSE },
    { "http://[fd13::5]/", TRUE },
    { "http://[::ffff:192.168.1.5]/", TRUE },
    { "http://127.0.0.1/", TRUE },
    { "http://[::1]/", TRUE },
    { "http://169.254.169.254/", TRUE },
    { "http://8.8.8.8/", FALSE },
  };

  vig_test_resolver_set (NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *why = NULL;
      gboolean blocked = is_blocked (rows[i].url, networks, &why);

      g_test_message ("%s: %s", rows[i].url, why);
      g_assert_cmpint (blocked, ==, rows[i].blocked);
    }
}

/* The edges of every range. */
static void
test_classes (void)
{
  static const struct { const char *text; VigAddressKind kind; } rows[] = {
    { "0.255.255.255", VIG_ADDRESS_NEVER }, { "1.0.0.0", VIG_ADDRESS_PUBLIC }, { "9.255.255.255", VIG_ADDRESS_PUBLIC },
    { "10.0.0.0", VIG_ADDRESS_PRIVATE }, { "10.255.255.255", VIG_ADDRESS_PRIVATE }, { "11.0.0.0", VIG_ADDRESS_PUBLIC },
    { "100.63.255.255", VIG_ADDRESS_PUBLIC }, { "100.127.255.255", VIG_ADDRESS_PRIVATE }, { "100.128.0.0", VIG_ADDRESS_PUBLIC },
    { "172.15.255.255", VIG_ADDRESS_PUBLIC }, { "172.31.255.255", VIG_ADDRESS_PRIVATE }, { "172.32.0.0", VIG_ADDRESS_PUBLIC },
    { "192.0.0.255", VIG_ADDRESS_NEVER }, { "192.0.1.0", VIG_ADDRESS_PUBLIC }, { "192.88.99.1", VIG_ADDRESS_NEVER },
    { "198.17.255.255", VIG_ADDRESS_PUBLIC }, { "198.19.255.255", VIG_ADDRESS_NEVER }, { "198.20.0.0", VIG_ADDRESS_PUBLIC },
    { "223.255.255.255", VIG_ADDRESS_PUBLIC }, { "224.0.0.0", VIG_ADDRESS_NEVER }, { "255.255.255.255", VIG_ADDRESS_NEVER },
    { "::", VIG_ADDRESS_NEVER }, { "::2", VIG_ADDRESS_NEVER }, { "1fff::", VIG_ADDRESS_NEVER }, { "2000::", VIG_ADDRESS_PUBLIC },
    { "2001:1ff::", VIG_ADDRESS_NEVER }, { "2001:200::", VIG_ADDRESS_PUBLIC }, { "3ffe::", VIG_ADDRESS_PUBLIC }, { "3fff:fff::", VIG_ADDRESS_NEVER },
    { "3fff:1000::", VIG_ADDRESS_PUBLIC }, { "4000::", VIG_ADDRESS_NEVER }, { "5f00::1", VIG_ADDRESS_NEVER }, { "fbff::", VIG_ADDRESS_NEVER },
    { "fd00:ec2::254", VIG_ADDRESS_NEVER }, { "fd00:ec3::1", VIG_ADDRESS_PRIVATE }, { "fe80::1", VIG_ADDRESS_NEVER }, { "fec0::1", VIG_ADDRESS_NEVER },
    { "ff02::1", VIG_ADDRESS_NEVER }, { "::ffff:8.8.8.8", VIG_ADDRESS_PUBLIC }, { "::ffff:0:8.8.8.8", VIG_ADDRESS_NEVER },
    { "64:ff9b::8.8.8.8", VIG_ADDRESS_PUBLIC }, { "64:ff9b::10.0.0.1", VIG_ADDRESS_PRIVATE }, { "64:ff9b:1::8.8.8.8", VIG_ADDRESS_NEVER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GInetAddress) address = g_inet_address_new_from_string (rows[i].text);

      g_test_message ("%s", rows[i].text);
      g_assert_cmpint (vig_address_classify (address), ==, rows[i].kind);
    }
}

static void
test_redirect_forms (void)
{
  static const char *const refused[] = { "//127.0.0.1%2f/", "//a@b/", "\\\\127.0.0.1/", "http:\\\\127.0.0.1", "file:///etc/passwd", "http://", "//",
                                        "gopher://x/", " /a", "/a b", NULL };
  static const char *const taken[] = { "/ok", "ok?x=a@b", "?q=50%25", "//example.com/x", "https://example.com", "#top", NULL };
  g_autoptr (GUri) base = vig_fetch_parse_uri ("http://example.com/a/b", NULL, NULL);

  for (guint i = 0; refused[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = vig_fetch_parse_uri (refused[i], base, &error);

      g_test_message ("%s: %s", refused[i], error != NULL ? error->message : "taken");
      g_assert_null (uri);
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
    }
  for (guint i = 0; taken[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = vig_fetch_parse_uri (taken[i], base, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (g_uri_get_host (uri), ==, "example.com");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  vig_test_resolver_install ();

  g_test_add_func ("/fetch-guard/urls", test_urls);
  g_test_add_func ("/fetch-guard/networks", test_networks);
  g_test_add_func ("/fetch-guard/classes", test_classes);
  g_test_add_func ("/fetch-guard/redirect-forms", test_redirect_forms);

  return g_test_run ();
}
