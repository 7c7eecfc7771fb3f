/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-config.h"

G_BEGIN_DECLS

/* Where an installation's passphrase may stand, in the order in which they are asked. */
typedef enum
{
  VIG_SECRET_NOWHERE,
  VIG_SECRET_ENVIRONMENT, /* VIGILUS_SECRET */
  VIG_SECRET_CREDENTIALS, /* systemd: LoadCredential=vigilus-secret */
  VIG_SECRET_KEYRING,
  VIG_SECRET_FILE,        /* <data dir>/secret */
} VigSecretSource;

#define VIG_SECRET_SALT_LENGTH 16 /* bytes */

const char *vig_secret_source_to_string (VigSecretSource source); /* for people */

/* All of these block: on a worker thread. */

/* NULL without error: there is none yet. VIG_ERROR_DENIED: a file that others may read, or that is not ours. The keyring
 * is asked for at most two seconds. */
char       *vig_secret_find             (VigConfig *config, VigSecretSource *source, GError **error);

/* @where: VIG_SECRET_KEYRING or VIG_SECRET_FILE. VIG_ERROR_UNAVAILABLE: no keyring answers here. */
gboolean    vig_secret_keep             (VigConfig *config, const char *passphrase, VigSecretSource where, GError **error);

/* <data dir>/secret.salt, made once: whoever comes second reads what the first has written. */
GBytes     *vig_secret_ensure_salt      (VigConfig *config, GError **error);

G_END_DECLS
