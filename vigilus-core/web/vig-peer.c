/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-peer.h"

#include <string.h>
#include <vigilus/vigilus.h>

struct _VigProxies
{
  GPtrArray *masks;
};

/* An IPv4 address that came in through an IPv6 socket is the IPv4 address. */
static GInetAddress *
unmap (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);
  static const guint8 prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

  if (g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6 || memcmp (bytes, prefix, sizeof prefix) != 0)
    return g_object_ref (address);

  return g_inet_address_new_from_bytes (bytes + sizeof prefix, G_SOCKET_FAMILY_IPV4);
}

static gboolean
is_trusted (VigProxies *self, GInetAddress *address)
{
  for (guint i = 0; i < self->masks->len; i++)
    if (g_inet_address_mask_matches (g_ptr_array_index (self->masks, i), address))
      return TRUE;

  return FALSE;
}

/* Some proxies add a port to the address. */
static GInetAddress *
parse_address (const char *text)
{
  g_autofree char *copy = g_strstrip (g_strdup (text));
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (copy);
  char *colon;

  if (address == NULL && copy[0] == '[' && strchr (copy, ']') != NULL)
    {
      *strchr (copy, ']') = '\0';
      address = g_inet_address_new_from_string (copy + 1);
    }
  else if (address == NULL && (colon = strrchr (copy, ':')) != NULL)
    {
      *colon = '\0';
      address = g_inet_address_new_from_string (copy);
    }

  return address != NULL ? unmap (address) : NULL;
}

static GInetAddress *
find_client (VigProxies *self, GInetAddress *peer, const char *forwarded_for)
{
  g_auto (GStrv) hops = g_strsplit (forwarded_for, ",", 64);
  g_autoptr (GInetAddress) client = g_object_ref (peer);

  for (int i = (int) g_strv_length (hops) - 1; i >= 0; i--)
    {
      g_autoptr (GInetAddress) hop = parse_address (hops[i]);

      if (hop == NULL)
        break;
      g_set_object (&client, hop);
      if (!is_trusted (self, hop))
        break;
    }

  return g_steal_pointer (&client);
}

VigPeer *
vig_proxies_examine (VigProxies *self, GInetAddress *peer, gboolean tls, const char *forwarded_for, const char *forwarded_proto, gboolean forwarded)
{
  g_autoptr (GInetAddress) address = unmap (peer);
  g_autoptr (GInetAddress) client = NULL;
  VigPeer *result = g_new0 (VigPeer, 1);

  result->loopback = g_inet_address_get_is_loopback (address);
  result->forwarded = forwarded;
  result->proxied = is_trusted (self, address);
  result->https = tls || (result->proxied && forwarded_proto != NULL && g_ascii_strcasecmp (forwarded_proto, "https") == 0);
  client = result->proxied && forwarded_for != NULL ? find_client (self, address, forwarded_for) : g_object_ref (address);
  result->address = g_inet_address_to_string (client);

  return result;
}

void
vig_peer_free (VigPeer *peer)
{
  g_free (peer->address);
  g_free (peer);
}

void
vig_proxies_free (VigProxies *self)
{
  g_ptr_array_unref (self->masks);
  g_free (self);
}

VigProxies *
vig_proxies_new (const char * const *ranges, GError **error)
{
  g_autoptr (VigProxies) self = g_new0 (VigProxies, 1);

  self->masks = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; ranges != NULL && ranges[i] != NULL; i++)
    {
      GInetAddressMask *mask = g_inet_address_mask_new_from_string (ranges[i], NULL);

      if (mask == NULL)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "trusted proxy \"%s\" is not an address or a range like 10.0.0.0/8", ranges[i]);
          return NULL;
        }
      g_ptr_array_add (self->masks, mask);
    }

  return g_steal_pointer (&self);
}
