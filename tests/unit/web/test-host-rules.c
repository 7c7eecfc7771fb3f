/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-host-rules.h"
#include "vig-peer.h"
#include "vig-test.h"

static void
test_parse (void)
{
  static const struct
  {
    const char *header;
    const char *name;
  } ROWS[] = {
    { "nas", "nas" },
    { "NAS:3000", "nas" },
    { "192.168.1.5:3000", "192.168.1.5" },
    { "[::1]:3000", "::1" },
    { "[FE80::1]", "fe80::1" },
    { "vigilus.example.org.", "vigilus.example.org" },
    { "", NULL },
    { NULL, NULL },
    { "a b", NULL },
    { "a@b", NULL },
    { "a/b", NULL },
    { "a:", NULL },
    { "a:x", NULL },
    { "a:99999", NULL },
    { "a,b", NULL },
    { "[::1", NULL },
    { "[nas]", NULL },
    { "[::1]x", NULL },
    { "a..b", NULL },
    { ".a", NULL },
    { "b\xc3\xa4", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ROWS); i++)
    {
      g_autofree char *name = vig_host_parse (ROWS[i].header);

      g_assert_cmpstr (name, ==, ROWS[i].name);
    }
}

static void
test_allow (void)
{
  const char *origins[] = { "https://vigilus.example.org", "http://panel.example.net:8080/", NULL };
  g_autoptr (VigHostRules) rules = vig_host_rules_new (origins, "Box.Example.COM");
  static const char *const GOOD[] = { "localhost", "127.0.0.1", "192.168.1.5", "::1", "nas", "nas.local", "vigilus.home.arpa", "x.internal", "nas.lan",
                                      "box.example.com", "vigilus.example.org", "panel.example.net" };
  static const char *const BAD[] = { "evil.example", "local.evil.example", "127.0.0.1.nip.io", "example.org", "xlocal.com", "evilhome.arpa" };

  for (guint i = 0; i < G_N_ELEMENTS (GOOD); i++)
    g_assert_true (vig_host_rules_allow_host (rules, GOOD[i]));
  for (guint i = 0; i < G_N_ELEMENTS (BAD); i++)
    g_assert_false (vig_host_rules_allow_host (rules, BAD[i]));
  g_assert_false (vig_host_rules_allow_host (rules, NULL));
}

static void
test_origin (void)
{
  const char *origins[] = { "https://vigilus.example.org", NULL };
  g_autoptr (VigHostRules) rules = vig_host_rules_new (origins, NULL);

  g_assert_true (vig_host_rules_allow_origin (rules, "http://nas:3000", "nas:3000", FALSE));
  g_assert_true (vig_host_rules_allow_origin (rules, "https://nas", "nas", TRUE));
  g_assert_true (vig_host_rules_allow_origin (rules, "https://vigilus.example.org", "nas:3000", FALSE));
  g_assert_false (vig_host_rules_allow_origin (rules, "http://nas", "nas:3000", FALSE));
  g_assert_false (vig_host_rules_allow_origin (rules, "http://nas:3000", "nas:3000", TRUE));
  g_assert_false (vig_host_rules_allow_origin (rules, "null", "nas:3000", FALSE));
  g_assert_false (vig_host_rules_allow_origin (rules, "http://evil.example", "nas:3000", FALSE));
  g_assert_true (vig_host_rules_is_cors_origin (rules, "https://VIGILUS.example.org"));
  g_assert_false (vig_host_rules_is_cors_origin (rules, "https://vigilus.example.org.evil.example"));
  g_assert_true (vig_host_is_loopback ("127.3.2.1") && vig_host_is_loopback ("::1") && vig_host_is_loopback ("localhost"));
  g_assert_false (vig_host_is_loopback ("127.0.0.1.nip.io") || vig_host_is_loopback ("nas") || vig_host_is_loopback (NULL));
}

static void
check_peer (VigProxies *proxies, const char *peer, const char *forwarded_for, const char *proto, const char *client, gboolean https)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (peer);
  g_autoptr (VigPeer) found = vig_proxies_examine (proxies, address, FALSE, forwarded_for, proto, forwarded_for != NULL);

  g_assert_cmpstr (found->address, ==, client);
  g_assert_cmpint (found->https, ==, https);
}

static void
test_proxies (void)
{
  const char *ranges[] = { "10.0.0.0/8", "fd00::1", NULL };
  const char *wrong[] = { "10.0.0.0/40", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (VigProxies) proxies = vig_proxies_new (ranges, &error);

  g_assert_no_error (error);
  check_peer (proxies, "192.168.1.9", NULL, NULL, "192.168.1.9", FALSE);
  check_peer (proxies, "192.168.1.9", "1.2.3.4", "https", "192.168.1.9", FALSE);
  check_peer (proxies, "10.1.1.1", "1.2.3.4", "https", "1.2.3.4", TRUE);
  check_peer (proxies, "::ffff:10.1.1.1", "1.2.3.4", NULL, "1.2.3.4", FALSE);
  check_peer (proxies, "10.1.1.1", "6.6.6.6, 1.2.3.4, 10.2.2.2", NULL, "1.2.3.4", FALSE);
  check_peer (proxies, "10.1.1.1", "6.6.6.6, nonsense", NULL, "10.1.1.1", FALSE);
  check_peer (proxies, "fd00::1", "[2001:db8::7]:4711", "http", "2001:db8::7", FALSE);
  check_peer (proxies, "10.1.1.1", "1.2.3.4:55", NULL, "1.2.3.4", FALSE);
  g_assert_null (vig_proxies_new (wrong, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/host-rules/parse", test_parse);
  g_test_add_func ("/host-rules/allow", test_allow);
  g_test_add_func ("/host-rules/origin", test_origin);
  g_test_add_func ("/host-rules/proxies", test_proxies);

  return g_test_run ();
}
