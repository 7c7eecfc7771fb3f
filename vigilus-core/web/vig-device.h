/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-vault.h"

G_BEGIN_DECLS

/* The cookie of a browser that has signed in to an account before: a random id, authenticated together with the account's name. It proves
 * nothing but that; it only keeps strangers' wrong guesses from holding this browser up. */
char *vig_device_make  (VigVault *vault, const char *account);                     /* NULL: there is no secret yet */
/* The id in @cookie, if it was made for this account; else NULL. */
char *vig_device_check (VigVault *vault, const char *account, const char *cookie);

G_END_DECLS
