/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A web server on port 80 of every address of the test's network namespace, in a thread of its own. It answers everything alike, and keeps what it was asked last. */
void        vig_test_serve_begin   (void);
void        vig_test_serve_end     (void);
void        vig_test_serve         (guint status, const char *type, const char *body, gssize length); /* from now on; forgets what it was asked */

guint       vig_test_served_n      (void);
const char *vig_test_served_method (void);
const char *vig_test_served_path   (void); /* as it was sent, encoded */
const char *vig_test_served_query  (void); /* encoded; NULL: none */
const char *vig_test_served_body   (void);
const char *vig_test_served_header (const char *name);

G_END_DECLS
