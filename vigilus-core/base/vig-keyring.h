/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define VIG_KEYRING_TIMEOUT 2 /* seconds that a keyring may take; a locked one would wait for its owner */

/* The desktop's keyring (freedesktop.org Secret Service), by libsecret. An installation is known by its data directory.
 * Both block. Where there is no session bus, or the build is without libsecret, nothing is asked. */
char    *vig_keyring_lookup (const char *data_dir, GError **error); /* NULL without error: not there */
gboolean vig_keyring_store  (const char *data_dir, const char *passphrase, GError **error);

G_END_DECLS
