/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-panic.h"

#include "vig-approval-decision.h"
#include "vig-approvals-private.h"
#include "vig-audit.h"
#include "vig-durable.h"
#include "vig-id.h"
#include "vig-sandbox.h"
#include "vig-store-approvals.h"
#include "vig-store-frozen.h"

struct _VigPanic
{
  GObject          parent_instance;

  VigAgentContext  context;
  VigRunner       *runner;
  VigApprovals    *approvals;
  VigPluginLoader *plugins;
  JsonObject      *frozen; /* NULL: not */
};

G_DEFINE_FINAL_TYPE (VigPanic, vig_panic, G_TYPE_OBJECT)

static guint frozen_signal;

/* What is written, on the store's thread. */
typedef struct
{
  VigRedactor *redactor;
  char        *user_name;
  char        *address;
  char        *reason;
} Write;

static void
write_free (gpointer data)
{
  Write *write = data;

  g_object_unref (write->redactor);
  g_free (write->user_name);
  g_free (write->address);
  g_free (write->reason);
  g_free (write);
}

static Write *
write_new (VigPanic *self, const VigCaller *caller, const char *reason)
{
  Write *write = g_new0 (Write, 1);

  write->redactor = g_object_ref (self->context.redactor);
  write->user_name = g_strdup (caller->user_name);
  write->address = g_strdup (caller->address);
  write->reason = reason != NULL && *reason != '\0' ? vig_redactor_apply (self->context.redactor, reason) : NULL;

  return write;
}

static gboolean
has_role (const VigCaller *caller, const char * const *roles, const char *what, GError **error)
{
  if (caller->role != NULL && g_strv_contains (roles, caller->role))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "a %s may not %s", caller->role != NULL ? caller->role : "stranger", what);

  return FALSE;
}

/* All that are pending: a page is empty once they are cancelled. */
static JsonArray *
cancel_all (Write *write, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonArray) cancelled = json_array_new ();

  for (;;)
    {
      const VigPage page = { 200, NULL };
      g_autoptr (JsonObject) list = vig_store_approvals_list (db, "pending", &page, error);
      JsonArray *items = list != NULL ? vig_json_get_array (list, "items") : NULL;

      if (items == NULL)
        return NULL;
      if (json_array_get_length (items) == 0)
        return g_steal_pointer (&cancelled);

      for (guint i = 0; i < json_array_get_length (items); i++)
        {
          const char *id = vig_json_get_string (json_array_get_object_element (items, i), "id", "");
          JsonObject *ended = vig_approval_decision_cancel (db, write->redactor, id, error);

          if (ended == NULL)
            return NULL;
          json_array_add_object_element (cancelled, ended);
        }
    }
}

static gboolean
audit (Write *write, VigDbConnection *db, const char *event, JsonObject *detail, GError **error)
{
  g_autoptr (JsonObject) record = NULL;

  if (write->address != NULL)
    json_object_set_string_member (detail, "address", write->address);
  record = vig_json_pack_object ("{s:s, s:s, s:s?, s:J}", "event", event, "user_name", write->user_name, "reason", write->reason,
                                                        "detail", detail);

  return vig_audit_append (db, write->redactor, record, error);
}

/* Pressed again it does all again, and remains whose it was first. */
static gpointer
write_freeze (VigDbConnection *db, gpointer data, GError **error)
{
  Write *write = data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) frozen = vig_store_frozen_get (db, &local_error);
  g_autoptr (JsonArray) cancelled = NULL;
  g_autoptr (JsonObject) detail = NULL;
  gint64 revoked;
  gint64 stopped;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (frozen == NULL && (!vig_store_frozen_set (db, write->user_name, write->reason, error) || (frozen = vig_store_frozen_get (db, error)) == NULL))
    return NULL;

  revoked = vig_store_frozen_revoke (db, error);
  stopped = revoked >= 0 ? vig_store_frozen_stop_runs (db, error) : -1;
  cancelled = stopped >= 0 ? cancel_all (write, db, error) : NULL;
  if (cancelled == NULL)
    return NULL;

  detail = vig_json_pack_object ("{s:I, s:I, s:I}", "grants_revoked", revoked, "runs_stopped", stopped, "requests_cancelled",
                                 (gint64) json_array_get_length (cancelled));
  if (!audit (write, db, "panic.frozen", detail, error))
    return NULL;

  return vig_json_pack_object ("{s:J, s:A}", "frozen", frozen, "cancelled", g_steal_pointer (&cancelled));
}

static void
publish (VigPanic *self)
{
  JsonNode *node = json_node_alloc ();

  if (self->frozen != NULL)
    json_node_init_object (node, self->frozen);
  else
    json_node_init_null (node);
  vig_events_publish (self->context.events, "settings", "frozen.changed", node);
}

static void
take_frozen (VigPanic *self, JsonObject *frozen)
{
  if (frozen != NULL)
    json_object_ref (frozen);
  g_clear_pointer (&self->frozen, json_object_unref);
  self->frozen = frozen;
  vig_runner_set_frozen (self->runner, frozen);
  vig_sandbox_set_ready (frozen == NULL);
  if (self->plugins != NULL)
    vig_plugin_loader_set_frozen (self->plugins, frozen != NULL);
  if (frozen != NULL)
    g_signal_emit (self, frozen_signal, 0);
}

typedef struct
{
  VigPanic *self;
  GTask    *task; /* NULL once it is answered */
} Freeze;

static void
not_yet_frozen (const GError *error, gpointer user_data)
{
  Freeze *freeze = user_data;
  g_autoptr (GTask) task = g_steal_pointer (&freeze->task);

  g_warning ("everything is stopped, but that Vigilus is frozen can't be written yet: %s", error->message);
  if (task != NULL)
    g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_UNAVAILABLE,
                             "everything is stopped and stays so while Vigilus runs, but it can't be written to disk yet, which is tried again: %s", error->message);
}

static void
frozen_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Freeze *freeze = user_data;
  g_autoptr (VigPanic) self = freeze->self;
  g_autoptr (GTask) task = freeze->task;
  GError *error = NULL;
  g_autoptr (JsonObject) stored = vig_durable_write_finish (VIG_DB (source), result, &error);
  JsonArray *cancelled;

  if (stored == NULL)
    {
      if (task != NULL)
        g_task_return_error (task, g_steal_pointer (&error));
      g_clear_error (&error);
      return;
    }

  take_frozen (self, vig_json_get_object (stored, "frozen"));
  cancelled = vig_json_get_array (stored, "cancelled");
  for (guint i = 0; i < json_array_get_length (cancelled); i++)
    vig_approvals_announce (self->approvals, json_array_get_object_element (cancelled, i));
  publish (self);
  if (task != NULL)
    g_task_return_pointer (task, json_object_ref (self->frozen), (GDestroyNotify) json_object_unref);
}

void
vig_panic_freeze_async (VigPanic *self, const VigCaller *caller, const char *reason, GAsyncReadyCallback callback, gpointer user_data)
{
  static const char * const roles[] = { "owner", "administrator", "approver", NULL };
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autofree char *now = vig_time_to_iso (vig_time_now ());
  g_autoptr (JsonObject) at_once = NULL;
  GError *error = NULL;
  Freeze *freeze;
  Write *write;

  g_task_set_source_tag (task, vig_panic_freeze_async);
  if (!has_role (caller, roles, "press the panic switch", &error))
    {
      g_task_return_error (task, error);
      return;
    }

  write = write_new (self, caller, reason);
  at_once = vig_json_pack_object ("{s:s, s:s, s:s}", "at", now, "by", write->user_name, "reason", write->reason);
  take_frozen (self, self->frozen != NULL ? self->frozen : at_once);
  freeze = g_new0 (Freeze, 1);
  freeze->self = g_object_ref (self);
  freeze->task = g_steal_pointer (&task);
  vig_durable_write_async (self->context.db, write_freeze, write, write_free, (GDestroyNotify) json_object_unref, FALSE, not_yet_frozen, NULL,
                           frozen_stored, freeze);
}

JsonObject *
vig_panic_freeze_finish (VigPanic *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gpointer
write_unfreeze (VigDbConnection *db, gpointer data, GError **error)
{
  Write *write = data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) frozen = vig_store_frozen_get (db, &local_error);
  g_autoptr (JsonObject) detail = NULL;

  if (frozen == NULL)
    {
      if (local_error != NULL)
        g_propagate_error (error, g_steal_pointer (&local_error));
      else
        g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "Vigilus is not frozen");
      return NULL;
    }

  detail = vig_json_pack_object ("{s:J}", "frozen", frozen);
  if (!vig_store_frozen_clear (db, error) || !audit (write, db, "panic.unfrozen", detail, error))
    return NULL;

  return GINT_TO_POINTER (TRUE);
}

static void
unfrozen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigPanic *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  take_frozen (self, NULL);
  publish (self);
  g_task_return_boolean (task, TRUE);
}

void
vig_panic_unfreeze_async (VigPanic *self, const VigCaller *caller, GAsyncReadyCallback callback, gpointer user_data)
{
  static const char * const roles[] = { "owner", "administrator", NULL };
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, vig_panic_unfreeze_async);
  if (!has_role (caller, roles, "unfreeze: that needs an administrator", &error))
    {
      g_task_return_error (task, error);
      return;
    }

  vig_db_write_async (self->context.db, write_unfreeze, write_new (self, caller, NULL), write_free, NULL, NULL, unfrozen, g_steal_pointer (&task));
}

gboolean
vig_panic_unfreeze_finish (VigPanic *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

JsonObject *
vig_panic_get_frozen (VigPanic *self)
{
  return self->frozen;
}

void
vig_panic_set_plugins (VigPanic *self, VigPluginLoader *plugins)
{
  g_set_object (&self->plugins, plugins);
  if (plugins != NULL)
    vig_plugin_loader_set_frozen (plugins, self->frozen != NULL);
}

static gpointer
read_frozen (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_frozen_get (db, error);
}

gboolean
vig_panic_load (VigPanic *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) frozen = vig_db_read (self->context.db, read_frozen, NULL, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (frozen != NULL)
    {
      g_message ("Vigilus is frozen since %s, by %s: nothing runs until an administrator unfreezes it", vig_json_get_string (frozen, "at", ""),
                 vig_json_get_string (frozen, "by", ""));
      take_frozen (self, frozen);
    }

  return TRUE;
}

static void
vig_panic_finalize (GObject *object)
{
  VigPanic *self = VIG_PANIC (object);

  g_clear_pointer (&self->frozen, json_object_unref);
  g_clear_object (&self->plugins);
  g_clear_object (&self->runner);
  g_clear_object (&self->approvals);

  G_OBJECT_CLASS (vig_panic_parent_class)->finalize (object);
}

static void
vig_panic_class_init (VigPanicClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_panic_finalize;
  frozen_signal = g_signal_new ("frozen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
vig_panic_init (VigPanic *self)
{
}

VigPanic *
vig_panic_new (const VigAgentContext *context, VigRunner *runner, VigApprovals *approvals)
{
  VigPanic *self = g_object_new (VIG_TYPE_PANIC, NULL);

  self->context = *context;
  self->runner = g_object_ref (runner);
  self->approvals = g_object_ref (approvals);

  return self;
}
