/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Who is at the other end, through the proxies that are trusted to say so. */
typedef struct
{
  char     *address;   /* of the client, as text: what throttling and audit speak of */
  gboolean  https;     /* between browser and us, or the trusted proxy before us */
  gboolean  proxied;   /* the peer is a trusted proxy */
  gboolean  forwarded; /* a forwarding header is there, whoever set it */
  gboolean  loopback;  /* the peer itself is this host */
} VigPeer;

/* The proxies that may speak for others. Immutable. */
typedef struct _VigProxies VigProxies;

/* @ranges: addresses and CIDR ranges. Errors: VIG_ERROR_INVALID names the range. */
VigProxies *vig_proxies_new     (const char * const *ranges, GError **error);
void        vig_proxies_free    (VigProxies *self);
/* @forwarded_for, @forwarded_proto: the headers, or NULL; honoured only where @peer is a trusted proxy. The client is the
 * last address of @forwarded_for that is not a trusted proxy itself. */
VigPeer    *vig_proxies_examine (VigProxies *self, GInetAddress *peer, gboolean tls, const char *forwarded_for, const char *forwarded_proto,
                                 gboolean forwarded);
void        vig_peer_free       (VigPeer *peer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigProxies, vig_proxies_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigPeer, vig_peer_free)

G_END_DECLS
