/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* {"public_key", "fingerprint"} of a private key as people paste it. INVALID says what is wrong: no key at all, a public key, a
 * missing or wrong passphrase, a broken text. */
JsonNode *vig_ssh_read_key (const char *private_key, const char *passphrase, GError **error);
/* A new ed25519 key in OpenSSH's form. */
char     *vig_ssh_make_key (GError **error);

G_END_DECLS
