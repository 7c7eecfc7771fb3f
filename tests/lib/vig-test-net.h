/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Before any thread: a network namespace of the test's own, with these IPv4 addresses on its loopback. FALSE: it can't be had. */
gboolean         vig_test_net_enter            (const char * const *addresses);
/* A fresh self-signed one, by openssl. */
GTlsCertificate *vig_test_net_make_certificate (const char *name, char **pem);

G_END_DECLS
