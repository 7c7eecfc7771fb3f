/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A line of a known_hosts file, as sshd(8) describes it. */
typedef struct
{
  guint number;
  char *marker; /* "@revoked", "@cert-authority", or NULL */
  char *key;    /* "ssh-ed25519 AAAA..." */
} VigKnownHost;

/* The lines for a host: "nas.lan", or "[nas.lan]:2222" for another port than 22. Names may be patterns or hashed. */
GPtrArray *vig_known_hosts_find (const char *text, const char *host);
/* What can be pinned of them, the best kind of key first choice: "type base64", or NULL. *revoked: a line says that its key must not be used. */
char      *vig_known_hosts_choose (GPtrArray *lines, gboolean *revoked);

G_END_DECLS
