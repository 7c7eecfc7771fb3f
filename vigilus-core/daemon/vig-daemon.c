/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-daemon.h"

#include "vig-audit-keeper.h"
#include "vig-audit.h"
#include "vig-audit-tree.h"
#include "vig-dbus-service.h"
#include "vig-helper-tool.h"
#include "vig-http-tools.h"
#include "vig-id.h"
#include "vig-paths.h"
#include "vig-sandbox.h"
#include "vig-server-access.h"
#include "vig-store-plugins.h"
#include "vig-store-starters.h"
#include "vig-store-users.h"
#include "vig-unlock.h"
#include "vig-web-server.h"

#include <errno.h>
#include <stdio.h>

#define WORKER_THREADS 64 /* tools that may run at once, and key derivations */

struct _VigDaemon
{
  GObject parent_instance;

  VigConfig         *config;
  VigRedactor       *redactor;
  VigWorker         *worker;
  VigEvents         *events;
  VigDb             *db;
  VigVault          *vault;
  VigRegistry       *registry;
  VigPluginLoader   *plugins;
  VigApprovals      *approvals;
  VigRunner         *runner;
  VigHttpTools      *http_tools;
  VigTool           *helper;      /* or NULL */
  VigAuditKeeper    *audit;
  VigUndo           *undo;
  VigAttachments    *attachments;
  VigPanic          *panic;
  VigServerChecks   *checks;
  VigUnlock         *unlock;
  VigWebServer      *web;
  VigDbusService    *dbus;
  VigAgentContext    agent;
  VigWebSecretFuncs  secret_funcs;
  char              *setup_token;
  char              *workspace;
  JsonObject        *confinement;
};

G_DEFINE_FINAL_TYPE (VigDaemon, vig_daemon, G_TYPE_OBJECT)

static gboolean
make_directory (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0700) == 0)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to make the directory %s: %s; choose another with --data-dir or VIGILUS_DATA_DIR",
               path, g_strerror (errno));

  return FALSE;
}

static gpointer
ensure_starters (VigDbConnection *db, gpointer data, GError **error)
{
  return GINT_TO_POINTER (vig_store_starters_ensure (db, data, error));
}

static gpointer
read_allowed (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_plugins_allowed (db, error);
}

static gpointer
count_users (VigDbConnection *db, gpointer data, GError **error)
{
  gint64 *count = data;

  *count = vig_store_users_count (db, error);

  return NULL;
}

static gboolean
open_database (VigDaemon *self, GError **error)
{
  const char *data_dir = vig_config_get_data_dir (self->config);
  g_autoptr (GError) local_error = NULL;
  gint64 users = 0;

  self->workspace = g_build_filename (data_dir, "workspace", NULL);
  if (!make_directory (data_dir, error) || !make_directory (self->workspace, error))
    return FALSE;
  self->db = vig_db_open (vig_config_get_database_path (self->config), error);
  if (self->db == NULL)
    return FALSE;

  /* Records of a version that had no tree yet are taken into it. */
  vig_db_write (self->db, vig_audit_tree_grow, NULL, &local_error);
  if (local_error == NULL)
    vig_db_write (self->db, ensure_starters, self->workspace, &local_error);
  if (local_error == NULL)
    vig_db_read (self->db, count_users, &users, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (users == 0)
    self->setup_token = vig_token_new ("setup-");

  return TRUE;
}

static gboolean
open_undo (VigDaemon *self, GError **error)
{
  g_autofree char *directory = g_build_filename (vig_config_get_data_dir (self->config), "undo", NULL);

  self->undo = vig_undo_new (self->db, self->worker, self->events, self->redactor, directory, error);
  if (self->undo == NULL)
    return FALSE;
  vig_undo_sweep (self->undo);

  return TRUE;
}

static gboolean
open_attachments (VigDaemon *self, GError **error)
{
  g_autofree char *directory = g_build_filename (vig_config_get_data_dir (self->config), "attachments", NULL);

  self->attachments = vig_attachments_new (directory, error);
  if (self->attachments == NULL)
    return FALSE;
  vig_db_write_async (self->db, vig_attachments_sweep, self->attachments, NULL, NULL, NULL, NULL, NULL);

  return TRUE;
}

/* Our own plugins are the first of the directories. */
static gboolean
load_plugins (VigDaemon *self, GError **error)
{
  g_autofree char *host = g_build_filename (VIG_LIBEXEC_DIR, "vigilus-plugin-host", NULL);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) allowed = vig_db_read (self->db, read_allowed, NULL, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  self->plugins = vig_plugin_loader_new (self->registry, vig_config_get_plugin_dirs (self->config), 1, host);
  vig_plugin_loader_set_allowed (self->plugins, allowed);
  vig_panic_set_plugins (self->panic, self->plugins);
  vig_plugin_loader_scan (self->plugins);
  self->http_tools = vig_http_tools_new (&self->agent);

  return vig_http_tools_load (self->http_tools, error);
}

static void
set_secret_async (const char *secret, const char *keep, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data, gpointer data)
{
  vig_unlock_set_async (VIG_DAEMON (data)->unlock, secret, keep, callback, user_data);
}

static gboolean
set_secret_finish (GAsyncResult *result, GError **error, gpointer data)
{
  return vig_unlock_set_finish (VIG_DAEMON (data)->unlock, result, error);
}

static gboolean
has_keyring (gpointer data)
{
#ifdef VIG_HAVE_KEYRING
  return g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL;
#else
  return FALSE;
#endif
}

static const char *
get_secret_state (gpointer data)
{
  static const char *const states[] = { [VIG_UNLOCK_LOADING] = "loading", [VIG_UNLOCK_MISSING] = "missing", [VIG_UNLOCK_OK] = "ok", [VIG_UNLOCK_CHANGED] = "changed" };

  return states[vig_unlock_get_state (VIG_DAEMON (data)->unlock)];
}

/* Only where there is one: the owner of the machine enabled its socket. */
static void
offer_helper (VigDaemon *self)
{
  const char *socket = vig_config_get_helper_socket (self->config);
  g_autoptr (GError) error = NULL;

  if (!g_file_test (socket, G_FILE_TEST_EXISTS))
    return;
  self->helper = vig_helper_tool_new (self->vault, socket);
  if (!vig_registry_add_tool (self->registry, "core", self->helper, &error))
    g_warning ("failed to offer the privileged helper: %s", error->message);
}

/* Before anything can be asked for: what commands will be confined with is known, shown and in the log. */
static void
test_confinement (VigDaemon *self)
{
  g_autofree char *summary = NULL;

  self->confinement = vig_sandbox_describe (vig_config_get_data_dir (self->config));
  summary = vig_sandbox_summarize (self->confinement);
  if (vig_json_get_boolean (self->confinement, "usable", FALSE))
    g_message ("%s", summary);
  else
    g_warning ("%s", summary);
}

static gboolean
make_web (VigDaemon *self, GError **error)
{
  VigWebContext context = {
    .agent = &self->agent,
    .config = self->config,
    .runner = self->runner,
    .approvals = self->approvals,
    .audit = self->audit,
    .plugins = self->plugins,
    .panic = self->panic,
    .http_tools = self->http_tools,
    .checks = self->checks,
    .secret = &self->secret_funcs,
    .confinement = self->confinement,
    .setup_token = self->setup_token,
  };

  self->web = vig_web_server_new (&context, error);

  return self->web != NULL && vig_web_server_listen (self->web, error);
}

typedef struct
{
  VigRedactor *redactor;
  JsonObject  *record;
} StartRecord;

static void
start_record_free (gpointer data)
{
  StartRecord *self = data;

  g_object_unref (self->redactor);
  json_object_unref (self->record);
  g_free (self);
}

static gpointer
append_record (VigDbConnection *db, gpointer data, GError **error)
{
  StartRecord *self = data;

  return GINT_TO_POINTER (vig_audit_append (db, self->redactor, self->record, error));
}

static void
recorded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    g_warning ("which plugins were loaded can't be recorded: %s", error->message);
}

/* After the start, which so does not wait for it. */
static void
record_plugins (VigDaemon *self)
{
  StartRecord *start = g_new0 (StartRecord, 1);
  g_autoptr (JsonObject) detail = vig_plugin_loader_sum_up (self->plugins);

  start->redactor = g_object_ref (self->redactor);
  start->record = vig_json_pack_object ("{s:s, s:J}", "event", "plugins.loaded", "detail", detail);
  vig_db_write_async (self->db, append_record, start, start_record_free, NULL, NULL, recorded, NULL);
}

static void
print_ready (VigDaemon *self)
{
  g_print ("Ready\n");
  fflush (stdout);
}

static void
runs_resumed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDaemon) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error) && error != NULL)
    g_message ("unfinished runs wait for the next start: %s", error->message);
  print_ready (self);
  record_plugins (self);
}

static void
secret_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDaemon) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!vig_unlock_load_finish (self->unlock, result, &error) && error != NULL)
    g_message ("the secret cannot be used: %s", error->message);
  vig_runner_resume_all (self->runner, runs_resumed, g_object_ref (self));
}

static void
print_address (VigDaemon *self)
{
  g_autofree char *url = vig_web_server_dup_url (self->web);

  g_print ("Vigilus %s\nOpen %s in a browser.\n", VIG_VERSION, url);
  if (self->setup_token != NULL)
    g_print ("Set-up token: %s\nThe first visit from another machine asks for it.\n", self->setup_token);
  fflush (stdout);
}

gboolean
vig_daemon_start (VigDaemon *self, VigLog *log, GError **error)
{
  g_autofree char *audit_directory = NULL;

  g_return_val_if_fail (VIG_IS_DAEMON (self), FALSE);

  if (!open_database (self, error) || !vig_log_open_file (log, vig_config_get_data_dir (self->config), error))
    return FALSE;

  test_confinement (self);
  self->worker = vig_worker_new ("vigilus-tool", WORKER_THREADS);
  self->events = vig_events_new ();
  self->vault = vig_vault_new (self->redactor);
  self->registry = vig_registry_new (self->worker);
  if (!open_undo (self, error) || !open_attachments (self, error))
    return FALSE;
  self->unlock = vig_unlock_new (self->config, self->db, self->vault, self->worker);
  vig_unlock_load_async (self->unlock, secret_loaded, g_object_ref (self));
  self->agent = (VigAgentContext) { self->db, self->registry, self->events, self->redactor, self->vault, self->worker, self->undo, .attachments = self->attachments };
  vig_server_access_set_undo (&self->agent);
  self->audit = vig_audit_keeper_new (&self->agent, vig_config_get_audit_file (self->config), vig_config_get_audit_webhook (self->config));
  audit_directory = g_build_filename (vig_config_get_data_dir (self->config), "audit", NULL);
  vig_audit_keeper_set_keep (self->audit, vig_config_get_audit_keep_days (self->config), audit_directory);
  vig_audit_keeper_start (self->audit);
  self->approvals = vig_approvals_new (&self->agent);
  self->runner = vig_runner_new (&self->agent, self->approvals);
  offer_helper (self);
  self->panic = vig_panic_new (&self->agent, self->runner, self->approvals);
  self->checks = vig_server_checks_new (&self->agent, self->panic);
  if (!vig_panic_load (self->panic, error) || !load_plugins (self, error) || !make_web (self, error))
    return FALSE;
  self->dbus = vig_dbus_service_new (&self->agent, self->runner, self->approvals, self->plugins, self->panic);
  vig_dbus_service_start (self->dbus, vig_config_get_dbus (self->config));
  vig_server_checks_start (self->checks);
  print_address (self);

  return TRUE;
}

void
vig_daemon_stop (VigDaemon *self)
{
  g_return_if_fail (VIG_IS_DAEMON (self));

  if (self->web != NULL)
    vig_web_server_stop (self->web);
  if (self->dbus != NULL)
    vig_dbus_service_stop (self->dbus);
  if (self->checks != NULL)
    vig_server_checks_stop (self->checks);
  if (self->helper != NULL)
    vig_helper_tool_let_go (self->helper);
  if (self->runner != NULL)
    vig_runner_shut_down (self->runner);
  vig_sandbox_set_ready (FALSE);
  if (self->plugins != NULL)
    vig_plugin_loader_stop (self->plugins);
  if (self->audit != NULL)
    vig_audit_keeper_stop (self->audit);
  if (self->db != NULL)
    vig_db_close (self->db);
  vig_sandbox_settle ();
}

static void
vig_daemon_finalize (GObject *object)
{
  VigDaemon *self = VIG_DAEMON (object);

  g_clear_object (&self->dbus);
  g_clear_object (&self->web);
  g_clear_object (&self->checks);
  g_clear_object (&self->panic);
  g_clear_object (&self->runner);
  g_clear_object (&self->approvals);
  g_clear_object (&self->audit);
  g_clear_object (&self->http_tools);
  g_clear_object (&self->helper);
  g_clear_object (&self->plugins);
  g_clear_object (&self->registry);
  g_clear_object (&self->undo);
  g_clear_object (&self->unlock);
  g_clear_object (&self->vault);
  g_clear_object (&self->db);
  g_clear_pointer (&self->attachments, vig_attachments_free);
  g_clear_object (&self->events);
  g_clear_object (&self->worker);
  g_clear_object (&self->redactor);
  g_clear_object (&self->config);
  g_free (self->setup_token);
  g_free (self->workspace);
  g_clear_pointer (&self->confinement, json_object_unref);

  G_OBJECT_CLASS (vig_daemon_parent_class)->finalize (object);
}

static void
vig_daemon_class_init (VigDaemonClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_daemon_finalize;
}

static void
vig_daemon_init (VigDaemon *self)
{
}

VigDaemon *
vig_daemon_new (VigConfig *config, VigRedactor *redactor)
{
  VigDaemon *self = g_object_new (VIG_TYPE_DAEMON, NULL);

  self->config = g_object_ref (config);
  self->redactor = g_object_ref (redactor);
  self->secret_funcs = (VigWebSecretFuncs) {
    .set_async = set_secret_async,
    .set_finish = set_secret_finish,
    .has_keyring = has_keyring,
    .get_state = get_secret_state,
    .data = self,
  };

  return self;
}
