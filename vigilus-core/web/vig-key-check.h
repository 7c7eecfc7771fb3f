/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-web.h"

G_BEGIN_DECLS

/* Passwords are proved and turned into records by the authenticator "local", on threads of their own, and few at once: each costs 64 MiB
 * and a tenth of a second. */
typedef struct
{
  VigAuthenticator *authenticator;
  char             *name;
  char             *record;     /* NULL: no such account, which takes as long */
  char             *password;   /* to be proved; NULL: nothing to prove */
  char             *new_password; /* to be made a record of; NULL: none */
  gboolean          is_right;
  char             *renewed;    /* a better record of the same password, or NULL */
  char             *new_record;
} VigKeyCheck;

#define VIG_KEY_CHECK_MAX 16 /* running and queued */

/* RATE_LIMITED: too many at once. UNAVAILABLE: no authenticator. Strings are copied. */
VigKeyCheck *vig_key_check_new    (VigWeb *web, const char *name, const char *record, const char *password, const char *new_password, GError **error);
void         vig_key_check_free   (VigKeyCheck *check);
void         vig_key_check_async  (VigWeb *web, VigKeyCheck *check, GAsyncReadyCallback callback, gpointer user_data); /* check lives on */
gboolean     vig_key_check_finish (VigWeb *web, GAsyncResult *result, GError **error);

G_END_DECLS
