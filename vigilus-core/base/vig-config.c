/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-config.h"

#include "vig-config-check.h"
#include "vig-crypto.h"
#include "vig-paths.h"
#include "vig-secret.h"

#include <stdlib.h>
#include <string.h>

typedef enum
{
  HOST,
  PORT,
  CORS_ORIGINS,
  TRUSTED_PROXIES,
  TLS_CERTIFICATE,
  TLS_KEY,
  DATA_DIR,
  DATABASE_URL,
  AUDIT_FILE,
  AUDIT_WEBHOOK,
  AUDIT_KEEP_DAYS,
  PLUGIN_PATH,
  DASHBOARD_DIR,
  DBUS,
  HELPER_SOCKET,
  N_SETTINGS,
} Setting;

/* One row a setting: everything about where it may come from. */
static const struct
{
  const char *variable;
  const char *group;
  const char *key;
  const char *fallback;
} settings[N_SETTINGS] = {
  [HOST] = { "VIGILUS_HOST", "Server", "Host", "0.0.0.0" },
  [PORT] = { "VIGILUS_PORT", "Server", "Port", "3000" },
  [CORS_ORIGINS] = { "VIGILUS_CORS_ORIGINS", "Server", "CorsOrigins", "" },
  [TRUSTED_PROXIES] = { "VIGILUS_TRUSTED_PROXIES", "Server", "TrustedProxies", "" },
  [TLS_CERTIFICATE] = { "VIGILUS_TLS_CERTIFICATE", "Server", "TlsCertificate", NULL },
  [TLS_KEY] = { "VIGILUS_TLS_KEY", "Server", "TlsKey", NULL },
  [DATA_DIR] = { "VIGILUS_DATA_DIR", "Storage", "DataDir", "~/.vigilus" },
  [DATABASE_URL] = { "VIGILUS_DATABASE_URL", "Storage", "DatabaseUrl", "sqlite:///vigilus.db" },
  [AUDIT_FILE] = { "VIGILUS_AUDIT_CHECKPOINT_FILE", "Audit", "CheckpointFile", NULL },
  [AUDIT_WEBHOOK] = { "VIGILUS_AUDIT_CHECKPOINT_WEBHOOK", "Audit", "CheckpointWebhook", NULL },
  [AUDIT_KEEP_DAYS] = { "VIGILUS_AUDIT_KEEP_DAYS", "Audit", "KeepDays", "0" },
  [PLUGIN_PATH] = { "VIGILUS_PLUGIN_PATH", "Plugins", "Path", "" },
  [DASHBOARD_DIR] = { NULL, "Dashboard", "Directory", VIG_DATA_DIR "/dashboard" },
  [DBUS] = { NULL, "DBus", "Bus", "auto" },
  [HELPER_SOCKET] = { "VIGILUS_HELPER_SOCKET", "Helper", "Socket", "/run/vigilus-helper.socket" },
};

struct _VigConfig
{
  GObject  parent_instance;
  gboolean check_only;
  gboolean show_version;
  gboolean verbose;
  char    *values[N_SETTINGS];
  char    *origins[N_SETTINGS]; /* for error messages: who said so */
  char   **option_plugin_dirs;
  guint16  port;
  guint    audit_keep_days;
  char    *secret; /* secure memory */
  char    *database_path;
  char   **cors_origins;
  char   **trusted_proxies;
  char   **plugin_dirs;
};

G_DEFINE_FINAL_TYPE (VigConfig, vig_config, G_TYPE_OBJECT)

static const char description[] =
  "Environment, over the keyfile and under the options:\n"
  "  VIGILUS_SECRET            passphrase that all stored credentials are encrypted under\n"
  "  VIGILUS_DATA_DIR          data directory (~/.vigilus)\n"
  "  VIGILUS_HOST              address to listen on (0.0.0.0)\n"
  "  VIGILUS_PORT              port to listen on (3000)\n"
  "  VIGILUS_DATABASE_URL      sqlite:///FILE in the data directory, or sqlite:////ABSOLUTE/FILE\n"
  "  VIGILUS_CORS_ORIGINS      origins of other sites that may use the API, comma-separated (none)\n"
  "  VIGILUS_TRUSTED_PROXIES   addresses and ranges of reverse proxies, comma-separated (none)\n"
  "  VIGILUS_TLS_CERTIFICATE   certificate chain to serve HTTPS with, PEM\n"
  "  VIGILUS_TLS_KEY           its private key, PEM\n"
  "  VIGILUS_AUDIT_CHECKPOINT_FILE     file that signed checkpoints of the audit log are added to\n"
  "  VIGILUS_AUDIT_CHECKPOINT_WEBHOOK  http(s) address that they are posted to\n"
  "  VIGILUS_AUDIT_KEEP_DAYS   days after which records are sealed into files of the data directory (0: never)\n"
  "  VIGILUS_HELPER_SOCKET     socket of the privileged helper, where one is installed (/run/vigilus-helper.socket)\n"
  "  VIGILUS_PLUGIN_PATH       more directories with plugins, colon-separated\n"
  "\n"
  "Keyfile: " VIG_SYSCONF_DIR "/vigilus/vigilus.conf, then conf.d/*.conf beside it, later ones over earlier ones.\n"
  "Without VIGILUS_SECRET the secret comes from systemd's credentials (vigilus-secret), the keyring, or\n"
  "the file \"secret\" in the data directory; without any of them the first visitor of the dashboard is asked.\n";

static void
take (VigConfig *self, Setting setting, char *value, char *origin)
{
  g_free (self->values[setting]);
  g_free (self->origins[setting]);
  self->values[setting] = value;
  self->origins[setting] = origin;
}

static gboolean
take_key (VigConfig *self, GKeyFile *file, const char *path, const char *group, const char *key, GError **error)
{
  char *value;

  for (guint i = 0; i < N_SETTINGS; i++)
    {
      if (strcmp (settings[i].group, group) != 0 || strcmp (settings[i].key, key) != 0)
        continue;

      value = g_key_file_get_string (file, group, key, error);
      if (value == NULL)
        {
          g_prefix_error (error, "%s: ", path);
          return FALSE;
        }
      take (self, i, value, g_strdup_printf ("%s: [%s] %s", path, group, key));
      return TRUE;
    }

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s: unknown key %s in [%s]", path, key, group);

  return FALSE;
}

static gboolean
load_keyfile (VigConfig *self, const char *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_auto (GStrv) groups = NULL;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, error))
    {
      g_prefix_error (error, "failed to load %s: ", path);
      return FALSE;
    }

  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (file, groups[i], NULL, NULL);

      for (guint j = 0; keys != NULL && keys[j] != NULL; j++)
        if (!take_key (self, file, path, groups[i], keys[j], error))
          return FALSE;
    }

  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static gboolean
load_drop_ins (VigConfig *self, const char *directory, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".conf"))
      g_ptr_array_add (names, g_strdup (name));

  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *path = g_build_filename (directory, g_ptr_array_index (names, i), NULL);

      if (!load_keyfile (self, path, error))
        return FALSE;
    }

  return TRUE;
}

/* A file that was asked for must be there; the system's may be missing. */
static gboolean
load_keyfiles (VigConfig *self, const char *asked_for, GError **error)
{
  const char *path = asked_for != NULL ? asked_for : VIG_SYSCONF_DIR "/vigilus/vigilus.conf";
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *drop_ins = g_build_filename (parent, "conf.d", NULL);

  if ((asked_for != NULL || g_file_test (path, G_FILE_TEST_EXISTS)) && !load_keyfile (self, path, error))
    return FALSE;

  return load_drop_ins (self, drop_ins, error);
}

/* Out of the environment before anything is started that could inherit it, and out of /proc/self/environ. */
static void
take_secret (VigConfig *self)
{
  char *value = getenv ("VIGILUS_SECRET");

  if (value == NULL)
    return;

  if (*value != '\0')
    self->secret = vig_crypto_dup (value);
  explicit_bzero (value, strlen (value));
  g_unsetenv ("VIGILUS_SECRET");
}

static void
load_environment (VigConfig *self)
{
  for (guint i = 0; i < N_SETTINGS; i++)
    {
      const char *value = settings[i].variable != NULL ? g_getenv (settings[i].variable) : NULL;

      if (value != NULL && *value != '\0')
        take (self, i, g_strdup (value), g_strdup (settings[i].variable));
    }

  take_secret (self);
}

static gboolean
parse_options (VigConfig *self, int *argc, char ***argv, char **config_file, char *values[N_SETTINGS], GError **error)
{
  const GOptionEntry entries[] = {
    { "host", 0, 0, G_OPTION_ARG_STRING, &values[HOST], "Address to listen on", "ADDRESS" },
    { "port", 'p', 0, G_OPTION_ARG_STRING, &values[PORT], "Port to listen on; 0: any free one", "PORT" },
    { "data-dir", 'd', 0, G_OPTION_ARG_FILENAME, &values[DATA_DIR], "Where everything is kept", "DIR" },
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, config_file, "Keyfile to read instead of the system's", "FILE" },
    { "plugin-dir", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->option_plugin_dirs, "Another place to look for plugins; may be repeated", "DIR" },
    { "dashboard-dir", 0, 0, G_OPTION_ARG_FILENAME, &values[DASHBOARD_DIR], "Where the built dashboard is", "DIR" },
    { "dbus", 0, 0, G_OPTION_ARG_STRING, &values[DBUS], "Bus to offer org.vigilus.Vigilus1 on", "session|system|none|auto" },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &self->verbose, "Log more", NULL },
    { "check-config", 0, 0, G_OPTION_ARG_NONE, &self->check_only, "Read the configuration, say what is wrong, and exit", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->show_version, "Say the version and exit", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "AI-powered operations for a homelab: one daemon with dashboard, API and D-Bus interface.");
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;

  if (*argc > 1)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "unexpected argument %s", (*argv)[1]);
      return FALSE;
    }

  return TRUE;
}

static void
take_options (VigConfig *self, char *values[N_SETTINGS])
{
  static const char *const names[N_SETTINGS] = {
    [HOST] = "--host", [PORT] = "--port", [DATA_DIR] = "--data-dir", [DASHBOARD_DIR] = "--dashboard-dir", [DBUS] = "--dbus",
  };

  for (guint i = 0; i < N_SETTINGS; i++)
    if (values[i] != NULL)
      take (self, i, g_steal_pointer (&values[i]), g_strdup (names[i]));
}

static void
make_absolute (VigConfig *self, Setting setting)
{
  if (self->values[setting] != NULL)
    {
      g_autofree char *path = g_steal_pointer (&self->values[setting]);

      self->values[setting] = vig_config_expand_path (path);
    }
}

/* Our own come first: what is named otherwise cannot take their place, and the loader trusts the first folder alone. */
static void
collect_plugin_dirs (VigConfig *self)
{
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  g_auto (GStrv) path = g_strsplit (self->values[PLUGIN_PATH], ":", -1);

  g_ptr_array_add (dirs, g_strdup (VIG_PLUGIN_DIR));
  g_ptr_array_add (dirs, g_strdup (VIG_SYSCONF_DIR "/vigilus/plugins"));
  g_ptr_array_add (dirs, g_build_filename (self->values[DATA_DIR], "plugins", NULL));
  for (guint i = 0; self->option_plugin_dirs != NULL && self->option_plugin_dirs[i] != NULL; i++)
    g_ptr_array_add (dirs, vig_config_expand_path (self->option_plugin_dirs[i]));
  for (guint i = 0; path[i] != NULL; i++)
    if (*path[i] != '\0')
      g_ptr_array_add (dirs, vig_config_expand_path (path[i]));
  g_ptr_array_add (dirs, NULL);

  self->plugin_dirs = (char **) g_ptr_array_free (g_steal_pointer (&dirs), FALSE);
}

static gboolean
check_tls (VigConfig *self, GError **error)
{
  if ((self->values[TLS_CERTIFICATE] == NULL) == (self->values[TLS_KEY] == NULL))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is set, but %s is not",
               settings[self->values[TLS_KEY] == NULL ? TLS_CERTIFICATE : TLS_KEY].variable,
               settings[self->values[TLS_KEY] == NULL ? TLS_KEY : TLS_CERTIFICATE].variable);

  return FALSE;
}

/* Says whose value is wrong, whichever check found it. */
static gboolean
named (VigConfig *self, Setting setting, gboolean good, GError **error)
{
  if (!good)
    g_prefix_error (error, "%s: ", self->origins[setting]);

  return good;
}

static gboolean
resolve (VigConfig *self, GError **error)
{
  make_absolute (self, DATA_DIR);
  make_absolute (self, TLS_CERTIFICATE);
  make_absolute (self, TLS_KEY);
  make_absolute (self, DASHBOARD_DIR);
  make_absolute (self, AUDIT_FILE);
  collect_plugin_dirs (self);
  self->cors_origins = vig_config_split_list (self->values[CORS_ORIGINS]);
  self->trusted_proxies = vig_config_split_list (self->values[TRUSTED_PROXIES]);

  return named (self, HOST, vig_config_check_host (&self->values[HOST], error), error)
         && named (self, PORT, vig_config_check_port (self->values[PORT], &self->port, error), error)
         && named (self, CORS_ORIGINS, vig_config_check_origins (self->cors_origins, error), error)
         && named (self, TRUSTED_PROXIES, vig_config_check_ranges (self->trusted_proxies, error), error)
         && named (self, AUDIT_WEBHOOK, vig_config_check_webhook (self->values[AUDIT_WEBHOOK], error), error)
         && named (self, AUDIT_KEEP_DAYS, vig_config_check_days (self->values[AUDIT_KEEP_DAYS], &self->audit_keep_days, error), error)
         && named (self, DBUS, vig_config_check_dbus (self->values[DBUS], error), error)
         && named (self, DATABASE_URL,
                   vig_config_check_database (self->values[DATABASE_URL], self->values[DATA_DIR], &self->database_path, error), error)
         && check_tls (self, error);
}

gboolean
vig_config_get_check_only (VigConfig *self)
{
  return self->check_only;
}

gboolean
vig_config_get_show_version (VigConfig *self)
{
  return self->show_version;
}

gboolean
vig_config_get_verbose (VigConfig *self)
{
  return self->verbose;
}

const char *
vig_config_get_data_dir (VigConfig *self)
{
  return self->values[DATA_DIR];
}

const char *
vig_config_get_host (VigConfig *self)
{
  return self->values[HOST];
}

guint16
vig_config_get_port (VigConfig *self)
{
  return self->port;
}

const char *
vig_config_get_database_path (VigConfig *self)
{
  return self->database_path;
}

const char *
vig_config_get_secret (VigConfig *self)
{
  return self->secret;
}

const char *const *
vig_config_get_cors_origins (VigConfig *self)
{
  return (const char *const *) self->cors_origins;
}

const char *const *
vig_config_get_trusted_proxies (VigConfig *self)
{
  return (const char *const *) self->trusted_proxies;
}

const char *
vig_config_get_tls_certificate (VigConfig *self)
{
  return self->values[TLS_CERTIFICATE];
}

const char *
vig_config_get_tls_key (VigConfig *self)
{
  return self->values[TLS_KEY];
}

const char *
vig_config_get_audit_file (VigConfig *self)
{
  return self->values[AUDIT_FILE];
}

const char *
vig_config_get_helper_socket (VigConfig *self)
{
  return self->values[HELPER_SOCKET];
}

const char *
vig_config_get_audit_webhook (VigConfig *self)
{
  return self->values[AUDIT_WEBHOOK];
}

guint
vig_config_get_audit_keep_days (VigConfig *self)
{
  return self->audit_keep_days;
}

const char *const *
vig_config_get_plugin_dirs (VigConfig *self)
{
  return (const char *const *) self->plugin_dirs;
}

const char *
vig_config_get_dashboard_dir (VigConfig *self)
{
  return self->values[DASHBOARD_DIR];
}

const char *
vig_config_get_dbus (VigConfig *self)
{
  return self->values[DBUS];
}

static void
vig_config_finalize (GObject *object)
{
  VigConfig *self = VIG_CONFIG (object);

  for (guint i = 0; i < N_SETTINGS; i++)
    {
      g_free (self->values[i]);
      g_free (self->origins[i]);
    }
  g_strfreev (self->option_plugin_dirs);
  g_clear_pointer (&self->secret, vig_crypto_free);
  g_free (self->database_path);
  g_strfreev (self->cors_origins);
  g_strfreev (self->trusted_proxies);
  g_strfreev (self->plugin_dirs);

  G_OBJECT_CLASS (vig_config_parent_class)->finalize (object);
}

static void
vig_config_class_init (VigConfigClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_config_finalize;
}

static void
vig_config_init (VigConfig *self)
{
  for (guint i = 0; i < N_SETTINGS; i++)
    take (self, i, g_strdup (settings[i].fallback), g_strdup ("default"));
}

static gboolean
check_secret (VigConfig *self, GError **error)
{
  if (self->secret == NULL || vig_secret_check_passphrase (self->secret, error))
    return TRUE;

  g_prefix_error (error, "VIGILUS_SECRET: ");

  return FALSE;
}

VigConfig *
vig_config_new (int *argc, char ***argv, GError **error)
{
  g_autoptr (VigConfig) self = g_object_new (VIG_TYPE_CONFIG, NULL);
  g_autofree char *config_file = NULL;
  char *values[N_SETTINGS] = { NULL };

  if (!parse_options (self, argc, argv, &config_file, values, error))
    return NULL;

  if (load_keyfiles (self, config_file, error))
    {
      load_environment (self);
      take_options (self, values);
      if (resolve (self, error) && check_secret (self, error))
        return g_steal_pointer (&self);
    }

  for (guint i = 0; i < N_SETTINGS; i++)
    g_free (values[i]);

  return NULL;
}
