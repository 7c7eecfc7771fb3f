/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "attack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* "net_" names run where TCP is allowed, the others without a network. */
#define SOCKET(name, family, type, protocol) \
  static int name (const AttackPlace *place) { return attack_result (socket (family, type, protocol)); }

SOCKET (inet_udp, AF_INET, SOCK_DGRAM, 0)
SOCKET (inet_raw, AF_INET, SOCK_RAW, IPPROTO_ICMP)
SOCKET (inet_ping, AF_INET, SOCK_DGRAM, IPPROTO_ICMP)
SOCKET (inet6_tcp, AF_INET6, SOCK_STREAM, 0)
SOCKET (inet_mptcp, AF_INET, SOCK_STREAM, 262)
SOCKET (netlink_route, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
SOCKET (netlink_audit, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)
SOCKET (netlink_events, AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT)
SOCKET (packet, AF_PACKET, SOCK_DGRAM, 0)
SOCKET (vsock, AF_VSOCK, SOCK_STREAM, 0)
SOCKET (alg, AF_ALG, SOCK_SEQPACKET, 0)
SOCKET (bluetooth, AF_BLUETOOTH, SOCK_RAW, 1)
SOCKET (can, AF_CAN, SOCK_RAW, 1)
SOCKET (tipc, AF_TIPC, SOCK_RDM, 0)
SOCKET (xdp, AF_XDP, SOCK_RAW, 0)

static int
inet_tcp (const AttackPlace *place)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons ((uint16_t) place->port), .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  return fd < 0 ? errno : attack_result (connect (fd, (struct sockaddr *) &address, sizeof address));
}

static int
connect_unix (const char *path, int abstract, int type)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, type, 0);

  snprintf (address.sun_path + abstract, sizeof address.sun_path - 1, "%s", path);

  return fd < 0 ? errno : attack_result (connect (fd, (struct sockaddr *) &address, (socklen_t) (offsetof (struct sockaddr_un, sun_path) + (size_t) abstract + strlen (path))));
}

static int
unix_path (const AttackPlace *place)
{
  return connect_unix (attack_path (place, "%s/stream.socket"), 0, SOCK_STREAM);
}

static int
unix_datagram (const AttackPlace *place)
{
  return connect_unix (attack_path (place, "%s/datagram.socket"), 0, SOCK_DGRAM);
}

static int
unix_abstract (const AttackPlace *place)
{
  return connect_unix (place->abstract_name, 1, SOCK_STREAM);
}

static int
send_from_pair (const AttackPlace *place, int type)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int ends[2];
  char byte;

  snprintf (address.sun_path, sizeof address.sun_path, "%.100s", attack_path (place, "%s/datagram.socket"));
  if (socketpair (AF_UNIX, type, 0, ends) != 0)
    return errno;

  if (sendto (ends[0], "x", 1, 0, (struct sockaddr *) &address, sizeof address) != 1)
    return errno;

  /* Some ignore the address. */
  return recv (ends[1], &byte, 1, MSG_DONTWAIT) == 1 ? EISCONN : 0;
}

static int
unix_pair_datagram (const AttackPlace *place)
{
  return send_from_pair (place, SOCK_DGRAM);
}

static int
unix_pair_raw (const AttackPlace *place)
{
  return send_from_pair (place, SOCK_RAW);
}

static int
unix_pair_stream (const AttackPlace *place)
{
  return send_from_pair (place, SOCK_STREAM);
}

static int
unix_pair_packets (const AttackPlace *place)
{
  return send_from_pair (place, SOCK_SEQPACKET);
}

static int
net_listen (const AttackPlace *place)
{
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  return fd < 0 ? errno : attack_result (listen (fd, 1));
}

static int
net_serve (const AttackPlace *place)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  return fd < 0 || bind (fd, (struct sockaddr *) &address, sizeof address) != 0 ? errno : attack_result (listen (fd, 1));
}

#define ROW(id) { #id, id }

const Attack attacks_on_sockets[] = {
  ROW (inet_tcp), ROW (inet_udp), ROW (inet_raw), ROW (inet_ping), ROW (inet6_tcp), ROW (inet_mptcp), ROW (netlink_route), ROW (netlink_audit),
  ROW (netlink_events), ROW (packet), ROW (vsock), ROW (alg), ROW (bluetooth), ROW (can), ROW (tipc), ROW (xdp), ROW (unix_path),
  ROW (unix_datagram), ROW (unix_abstract), ROW (unix_pair_datagram), ROW (unix_pair_raw), ROW (unix_pair_stream), ROW (unix_pair_packets),
  ROW (net_listen), ROW (net_serve),
  { "net_unix_path", unix_path }, { "net_unix_datagram", unix_datagram }, { "net_unix_abstract", unix_abstract },
  { "net_unix_pair_datagram", unix_pair_datagram }, { "net_netlink_audit", netlink_audit }, { "net_netlink_events", netlink_events },
  { "net_inet_raw", inet_raw }, { "net_packet", packet }, { "net_vsock", vsock }, { "net_alg", alg }, { "net_bluetooth", bluetooth },
  { "net_can", can }, { "net_tipc", tipc }, { "net_xdp", xdp },
  { NULL, NULL },
};
