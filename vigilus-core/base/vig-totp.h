/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* One-time codes of authenticator apps: RFC 6238 over RFC 4226. Ours are SHA-1, 6 digits, 30 seconds: what every app knows. */
#define VIG_TOTP_PERIOD 30 /* seconds */
#define VIG_TOTP_DIGITS 6
#define VIG_TOTP_WINDOW 1  /* steps that a clock may be off, either way */

char    *vig_totp_code       (GBytes *secret, GChecksumType algorithm, guint64 counter, guint digits);
/* Whether @code is that of a step near @seconds (since 1970) and after *last_step, which it then becomes: no code counts twice. */
gboolean vig_totp_verify     (GBytes *secret, const char *code, gint64 seconds, gint64 *last_step);
char    *vig_totp_new_secret (void); /* 160 random bits in base32 */
char    *vig_totp_make_uri   (const char *issuer, const char *account, const char *secret);

/* RFC 4648, section 6; small letters and blanks are let be. NULL: not that. */
GBytes  *vig_base32_decode   (const char *text);

G_END_DECLS
