/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-fetch-private.h"

#include <string.h>

typedef struct
{
  const char     *network;
  VigAddressKind  kind;
} Network;

/* https://www.iana.org/assignments/iana-ipv4-special-registry and what clouds answer on. The first that matches counts. */
static const Network networks4[] = {
  { "100.100.100.200/32", VIG_ADDRESS_NEVER }, /* metadata of Alibaba */
  { "168.63.129.16/32", VIG_ADDRESS_NEVER },   /* Azure's wire server */
  { "0.0.0.0/8", VIG_ADDRESS_NEVER },
  { "10.0.0.0/8", VIG_ADDRESS_PRIVATE },
  { "100.64.0.0/10", VIG_ADDRESS_PRIVATE },
  { "127.0.0.0/8", VIG_ADDRESS_NEVER },
  { "169.254.0.0/16", VIG_ADDRESS_NEVER },
  { "172.16.0.0/12", VIG_ADDRESS_PRIVATE },
  { "192.0.0.0/24", VIG_ADDRESS_NEVER },
  { "192.0.2.0/24", VIG_ADDRESS_NEVER },
  { "192.88.99.0/24", VIG_ADDRESS_NEVER },
  { "192.168.0.0/16", VIG_ADDRESS_PRIVATE },
  { "198.18.0.0/15", VIG_ADDRESS_NEVER },
  { "198.51.100.0/24", VIG_ADDRESS_NEVER },
  { "203.0.113.0/24", VIG_ADDRESS_NEVER },
  { "224.0.0.0/3", VIG_ADDRESS_NEVER },
  { NULL },
};

/* https://www.iana.org/assignments/iana-ipv6-special-registry; only 2000::/3 is global unicast. */
static const Network networks6[] = {
  { "fd00:ec2::/32", VIG_ADDRESS_NEVER }, /* metadata of Amazon */
  { "fc00::/7", VIG_ADDRESS_PRIVATE },
  { "2001::/23", VIG_ADDRESS_NEVER },
  { "2001:db8::/32", VIG_ADDRESS_NEVER },
  { "2002::/16", VIG_ADDRESS_NEVER },
  { "3fff::/20", VIG_ADDRESS_NEVER },
  { "2000::/3", VIG_ADDRESS_PUBLIC },
  { NULL },
};

static gboolean
is_in (GInetAddress *address, const char *network)
{
  g_autoptr (GInetAddressMask) mask = g_inet_address_mask_new_from_string (network, NULL);

  return mask != NULL && g_inet_address_mask_matches (mask, address);
}

static VigAddressKind
look_up (GInetAddress *address, const Network *networks, VigAddressKind fallback)
{
  for (guint i = 0; networks[i].network != NULL; i++)
    if (is_in (address, networks[i].network))
      return networks[i].kind;

  return fallback;
}

/* An IPv4 address in the last four bytes: mapped (RFC 4291) or by the well-known prefix of NAT64 (RFC 6052). */
static GInetAddress *
dup_embedded (GInetAddress *address)
{
  if (!is_in (address, "::ffff:0:0/96") && !is_in (address, "64:ff9b::/96"))
    return NULL;

  return g_inet_address_new_from_bytes (g_inet_address_to_bytes (address) + 12, G_SOCKET_FAMILY_IPV4);
}

/* Special-use and private suffixes: nobody gets a name under them from public DNS (RFC 6761, 6762, 8375, ICANN's "internal" and
 * the ones it holds back because home networks use them). */
static const char * const private_suffixes[] = { ".localhost", ".local", ".home.arpa", ".internal", ".lan", ".home", ".localdomain", NULL };

gboolean
vig_host_name_is_private (const char *name)
{
  g_return_val_if_fail (name != NULL, FALSE);

  if (strchr (name, '.') == NULL)
    return TRUE;
  for (guint i = 0; private_suffixes[i] != NULL; i++)
    if (g_str_has_suffix (name, private_suffixes[i]))
      return TRUE;

  return FALSE;
}

VigAddressKind
vig_address_classify (GInetAddress *address)
{
  g_autoptr (GInetAddress) embedded = NULL;

  g_return_val_if_fail (G_IS_INET_ADDRESS (address), VIG_ADDRESS_NEVER);

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4)
    return look_up (address, networks4, VIG_ADDRESS_PUBLIC);

  embedded = dup_embedded (address);

  return embedded != NULL ? look_up (embedded, networks4, VIG_ADDRESS_PUBLIC) : look_up (address, networks6, VIG_ADDRESS_NEVER);
}
