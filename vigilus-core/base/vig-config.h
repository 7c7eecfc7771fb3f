/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What the daemon needs to start: command line over VIGILUS_* over keyfile over defaults. Read-only once loaded. */
#define VIG_TYPE_CONFIG (vig_config_get_type ())
G_DECLARE_FINAL_TYPE (VigConfig, vig_config, VIG, CONFIG, GObject)

/* Reads command line (argv is changed: options are taken out), environment and keyfiles. Errors name the
 * option, the variable or the file and line. */
VigConfig          *vig_config_new                 (int *argc, char ***argv, GError **error);

gboolean            vig_config_get_check_only      (VigConfig *self); /* --check-config */
gboolean            vig_config_get_show_version    (VigConfig *self); /* --version */
gboolean            vig_config_get_verbose         (VigConfig *self);
const char         *vig_config_get_data_dir        (VigConfig *self); /* absolute, ~ expanded */
const char         *vig_config_get_host            (VigConfig *self);
guint16             vig_config_get_port            (VigConfig *self); /* 0: any free one */
const char         *vig_config_get_database_path   (VigConfig *self); /* absolute path of the SQLite file */
const char         *vig_config_get_secret          (VigConfig *self); /* VIGILUS_SECRET, or NULL; also unset from the environment */
const char * const *vig_config_get_cors_origins    (VigConfig *self); /* empty: same origin */
const char * const *vig_config_get_trusted_proxies (VigConfig *self); /* addresses and CIDR ranges */
const char         *vig_config_get_tls_certificate (VigConfig *self); /* or NULL */
const char         *vig_config_get_tls_key         (VigConfig *self); /* or NULL */
const char         *vig_config_get_audit_file      (VigConfig *self); /* that checkpoints are added to, absolute, or NULL */
const char         *vig_config_get_audit_webhook   (VigConfig *self); /* that they are posted to, or NULL */
guint               vig_config_get_audit_keep_days (VigConfig *self); /* after which records are sealed; 0: never */
const char         *vig_config_get_helper_socket   (VigConfig *self); /* of the privileged helper, which may not be there */
const char * const *vig_config_get_plugin_dirs     (VigConfig *self); /* in search order; the first is our own */
const char         *vig_config_get_dashboard_dir   (VigConfig *self); /* built files */
const char         *vig_config_get_dbus            (VigConfig *self); /* "session", "system", "none" or "auto" */

G_END_DECLS
