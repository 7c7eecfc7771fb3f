/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-server-checks.h"

#include "vig-id.h"
#include "vig-server-access.h"
#include "vig-store-samples.h"
#include "vig-store-servers.h"
#include "vig-store-settings.h"

#include <sys/resource.h>
#include <unistd.h>

#define LOOK_TIME      10   /* seconds between two looks for what is due */
#define PRUNE_LOOKS    30   /* looks between two removals of old samples */
#define ANNOUNCE_DELAY 1000 /* milliseconds, within which results are announced together */
#define MAX_DUE        1000
#define NICENESS       5

struct _VigServerChecks
{
  GObject                parent_instance;

  const VigAgentContext *context;
  VigPanic              *panic;
  VigWorker             *worker;
  GCancellable          *cancellable;
  GHashTable            *running;     /* id to its Check */
  guint                  timer;
  guint                  announce_timer;
  guint                  n_looks;
  gboolean               looking;
  gboolean               all;         /* the look that comes takes every server */
};

G_DEFINE_FINAL_TYPE (VigServerChecks, vig_server_checks, G_TYPE_OBJECT)

/* One server, from the worker to the store. */
typedef struct
{
  VigServerChecks *checks;
  VigServerAccess *access;
  VigServerService *service; /* or NULL */
  VigServerEntry  *entry;
  VigServerEntry  *next;     /* as it was edited while this check ran, or NULL */
  JsonNode        *report;
} Check;

static void begin (VigServerChecks *self, VigServerAccess *access, VigServerEntry *entry);

static const char *
get_id (Check *self)
{
  return vig_json_get_string (self->entry->server, "id", "");
}

static void
check_end (Check *self)
{
  g_hash_table_remove (self->checks->running, get_id (self));
  if (self->next != NULL && self->checks->timer != 0 && vig_panic_get_frozen (self->checks->panic) == NULL)
    begin (self->checks, self->access, g_steal_pointer (&self->next));
  g_clear_pointer (&self->next, vig_server_entry_free);
  vig_server_entry_free (self->entry);
  g_clear_pointer (&self->report, json_node_unref);
  g_object_unref (self->access);
  g_clear_object (&self->service);
  g_object_unref (self->checks);
  g_free (self);
}

static gboolean
announce (gpointer user_data)
{
  VigServerChecks *self = user_data;

  self->announce_timer = 0;
  vig_events_publish (self->context->events, "servers", "server.checked", vig_json_pack ("{}"));

  return G_SOURCE_REMOVE;
}

static void
stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Check *check = user_data;
  VigServerChecks *self = check->checks;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) server = vig_db_finish (VIG_DB (source), result, &error);
  const char *was = vig_json_get_string (check->entry->server, "status", "");
  const char *is = server != NULL ? vig_json_get_string (server, "status", "") : was;

  if (server == NULL && !vig_error_is_not_found (error))
    g_warning ("the check of server %s was not stored: %s", vig_json_get_string (check->entry->server, "name", ""), error->message);
  if (!g_str_equal (was, is))
    g_message ("server %s is %s: %s", vig_json_get_string (server, "name", ""), is, vig_json_get_string (server, "status_message", ""));
  if (self->announce_timer == 0 && self->timer != 0)
    self->announce_timer = g_timeout_add (ANNOUNCE_DELAY, announce, self);
  check_end (check);
}

/* What a check finds each time are samples; that a server went down or came back is on record. */
static gboolean
record_change (Check *self, VigDbConnection *db, JsonObject *server, GError **error)
{
  const char *was = vig_json_get_string (self->entry->server, "status", "");
  const char *is = vig_json_get_string (server, "status", "");
  g_autoptr (JsonObject) record = NULL;

  if (g_str_equal (was, is))
    return TRUE;

  record = vig_json_pack_object ("{s:s, s:{s:s, s:s, s:s, s:s, s:s}}", "event", "server.state_changed", "detail", "id", get_id (self),
                                 "name", vig_json_get_string (server, "name", ""), "was", was, "is", is,
                                 "message", vig_json_get_string (server, "status_message", ""));

  return vig_audit_append (db, self->checks->context->redactor, record, error);
}

/* Whether a check of the one is a check of the other. */
static gboolean
is_reached_alike (JsonObject *one, JsonObject *other)
{
  static const char * const members[] = { "host", "port", "user_name", "credential_id", "jump_id", "docker_endpoint", "docker_ca",
                                         "docker_certificate", "docker_credential_id" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (members); i++)
    {
      JsonNode *a = json_object_get_member (one, members[i]);
      JsonNode *b = json_object_get_member (other, members[i]);

      if (a == NULL || b == NULL ? a != b : !json_node_equal (a, b))
        return FALSE;
    }

  return TRUE;
}

static gpointer
store (VigDbConnection *db, gpointer data, GError **error)
{
  Check *self = data;
  g_autoptr (JsonObject) now = vig_store_servers_get (db, get_id (self), error);
  g_autoptr (JsonObject) server = NULL;

  if (now == NULL)
    return NULL;

  if (!is_reached_alike (now, self->entry->server))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "it was edited meanwhile");
      return NULL;
    }

  server = vig_store_servers_set_report (db, get_id (self), json_node_get_object (self->report), error);

  return server != NULL && record_change (self, db, server, error) ? g_steal_pointer (&server) : NULL;
}

static void
checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Check *self = user_data;
  g_autoptr (GError) error = NULL;

  self->report = g_task_propagate_pointer (G_TASK (result), &error);
  if (self->report != NULL)
    {
      vig_db_write_async (self->checks->context->db, store, self, NULL, (GDestroyNotify) json_object_unref, NULL, stored, self);
      return;
    }

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_message ("server %s could not be checked: %s", vig_json_get_string (self->entry->server, "name", ""), error->message);
  check_end (self);
}

/* A thread's own niceness, as Linux has it. */
static void
step_back (void)
{
  if (getpriority (PRIO_PROCESS, (id_t) gettid ()) < NICENESS && setpriority (PRIO_PROCESS, (id_t) gettid (), NICENESS) != 0)
    g_debug ("checks go on at full priority");
}

static void
check_server (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Check *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigServer) server = NULL;
  JsonNode *report = NULL;

  step_back ();
  server = vig_server_open (self->checks->context, self->entry, &error);
  if (server != NULL)
    report = vig_server_test (server, self->access, self->service, cancellable, &error);

  if (report != NULL)
    g_task_return_pointer (task, report, (GDestroyNotify) json_node_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* Takes @entry. Where a check of it runs already, that one does, unless it looks elsewhere. */
static void
begin (VigServerChecks *self, VigServerAccess *access, VigServerEntry *entry)
{
  g_autoptr (GTask) task = NULL;
  Check *check = g_hash_table_lookup (self->running, vig_json_get_string (entry->server, "id", ""));

  if (check != NULL)
    {
      g_clear_pointer (&check->next, vig_server_entry_free);
      if (is_reached_alike (entry->server, check->entry->server))
        vig_server_entry_free (entry);
      else
        check->next = entry;
      return;
    }

  check = g_new0 (Check, 1);
  g_hash_table_insert (self->running, g_strdup (vig_json_get_string (entry->server, "id", "")), check);
  check->checks = g_object_ref (self);
  check->access = g_object_ref (access);
  g_set_object (&check->service, vig_server_service_find (self->context->registry));
  check->entry = entry;
  task = g_task_new (NULL, self->cancellable, checked, check);
  g_task_set_source_tag (task, begin);
  g_task_set_task_data (task, check, NULL);
  vig_worker_run_task (self->worker, task, check_server);
}

static gint64
find_limit (VigDbConnection *db, gboolean all, GError **error)
{
  g_autoptr (JsonObject) settings = vig_store_settings_get (db, error);
  gint64 minutes = settings != NULL ? vig_json_get_int (settings, "server_check_minutes", 0) : -1;

  if (minutes < 0)
    return -1;
  if (all)
    return vig_time_now ();

  return minutes > 0 ? vig_time_now () - minutes * G_TIME_SPAN_MINUTE : 0;
}

static gpointer
find_due (VigDbConnection *db, gpointer data, GError **error)
{
  gint64 limit = find_limit (db, GPOINTER_TO_INT (data), error);
  g_autoptr (JsonArray) due = limit > 0 ? vig_store_servers_due (db, limit, MAX_DUE, error) : NULL;
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_server_entry_free);

  if (limit < 0 || (limit > 0 && due == NULL))
    return NULL;

  for (guint i = 0; due != NULL && i < json_array_get_length (due); i++)
    {
      VigServerEntry *entry = vig_server_entry_load (db, vig_json_get_string (json_array_get_object_element (due, i), "id", ""), NULL);

      if (entry != NULL)
        g_ptr_array_add (entries, entry);
    }

  return g_steal_pointer (&entries);
}

static void
due_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigServerChecks) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entries = vig_db_finish (VIG_DB (source), result, &error);
  VigServerAccess *access = vig_server_access_find (self->context->registry);

  self->looking = FALSE;
  if (entries == NULL)
    g_warning ("the servers that are to be checked were not found: %s", error->message);
  if (entries == NULL || access == NULL || vig_panic_get_frozen (self->panic) != NULL || g_cancellable_is_cancelled (self->cancellable))
    return;

  for (guint i = 0; i < entries->len; i++)
    begin (self, access, g_ptr_array_index (entries, i));
  g_ptr_array_set_free_func (entries, NULL);
}

static gpointer
prune (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) settings = vig_store_settings_get (db, error);
  gint64 days = settings != NULL ? vig_json_get_int (settings, "server_sample_days", 7) : 0;

  return days > 0 && vig_store_samples_prune (db, vig_time_now () - days * G_TIME_SPAN_DAY, error) ? data : NULL;
}

static void
pruned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    g_warning ("old samples of servers were not removed: %s", error->message);
}

static void
look (VigServerChecks *self)
{
  if (self->looking || vig_panic_get_frozen (self->panic) != NULL || !vig_vault_is_open (self->context->vault))
    return;

  self->looking = TRUE;
  vig_db_read_async (self->context->db, find_due, GINT_TO_POINTER (self->all), NULL, (GDestroyNotify) g_ptr_array_unref, NULL, due_found, g_object_ref (self));
  self->all = FALSE;
}

static void
frozen (VigServerChecks *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
}

static gboolean
look_in_time (gpointer user_data)
{
  VigServerChecks *self = user_data;

  look (self);
  if (self->n_looks++ % PRUNE_LOOKS == 0)
    vig_db_write_async (self->context->db, prune, self, NULL, NULL, NULL, pruned, NULL);

  return G_SOURCE_CONTINUE;
}

void
vig_server_checks_start (VigServerChecks *self)
{
  g_return_if_fail (VIG_IS_SERVER_CHECKS (self));

  self->timer = g_timeout_add_seconds (LOOK_TIME, look_in_time, self);
}

void
vig_server_checks_stop (VigServerChecks *self)
{
  g_return_if_fail (VIG_IS_SERVER_CHECKS (self));

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->announce_timer, g_source_remove);
}

void
vig_server_checks_run_all (VigServerChecks *self)
{
  g_return_if_fail (VIG_IS_SERVER_CHECKS (self));

  self->all = TRUE;
  look (self);
}

static void
vig_server_checks_finalize (GObject *object)
{
  VigServerChecks *self = VIG_SERVER_CHECKS (object);

  vig_server_checks_stop (self);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->worker);
  g_clear_object (&self->panic);
  g_clear_pointer (&self->running, g_hash_table_unref);

  G_OBJECT_CLASS (vig_server_checks_parent_class)->finalize (object);
}

static void
vig_server_checks_class_init (VigServerChecksClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_server_checks_finalize;
}

static void
vig_server_checks_init (VigServerChecks *self)
{
  self->cancellable = g_cancellable_new ();
  self->running = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

VigServerChecks *
vig_server_checks_new (const VigAgentContext *context, VigPanic *panic)
{
  VigServerChecks *self = g_object_new (VIG_TYPE_SERVER_CHECKS, NULL);

  self->context = context;
  self->panic = g_object_ref (panic);
  g_signal_connect_object (panic, "frozen", G_CALLBACK (frozen), self, G_CONNECT_SWAPPED);
  self->worker = vig_worker_new ("vigilus-check", VIG_SERVER_CHECKS_AT_ONCE);

  return self;
}
