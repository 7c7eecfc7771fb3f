/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What values of the configuration must look like. Pure; errors (VIG_ERROR_INVALID) quote the value, never a password. */
char    *vig_config_expand_path    (const char *path);                  /* ~ is home; relative to the working directory */
char   **vig_config_split_list     (const char *text);                  /* "a, b" or ["a", "b"]; blanks and empties dropped */

gboolean vig_config_check_host     (char **host, GError **error);       /* an address; "localhost" becomes 127.0.0.1 */
gboolean vig_config_check_port     (const char *text, guint16 *port, GError **error);
gboolean vig_config_check_origins  (char **origins, GError **error);    /* scheme://host[:port]; a final / is taken off */
gboolean vig_config_check_ranges   (char **ranges, GError **error);     /* addresses and CIDR ranges */
gboolean vig_config_check_webhook  (const char *url, GError **error);   /* NULL, or http or https with a host; may have a secret in it */
gboolean vig_config_check_days     (const char *text, guint *days, GError **error); /* 0 to 36500 */
gboolean vig_config_check_dbus     (const char *bus, GError **error);
gboolean vig_config_check_database (const char *url, const char *data_dir, char **path, GError **error);

G_END_DECLS
