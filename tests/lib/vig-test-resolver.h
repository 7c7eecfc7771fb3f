/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* A resolver that knows what the test says and nothing else; addresses as such resolve to themselves. */
void  vig_test_resolver_install (void);
/* @names: name to a list of addresses, or to a list of such lists, one for each time it is asked; NULL: none. @other: what every other name is, NULL: unknown. */
void  vig_test_resolver_set     (JsonObject *names, const char *other);
guint vig_test_resolver_get_n   (void); /* how often it was asked since */

G_END_DECLS
