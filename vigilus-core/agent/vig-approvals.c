/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-approvals.h"

#include <string.h>

#include "vig-approval-decision.h"
#include "vig-approval-edit.h"
#include "vig-approvals-private.h"
#include "vig-grants.h"
#include "vig-id.h"
#include "vig-store-approvals.h"

#define LONGEST_TIMER 3600 /* seconds: clocks are set, so it looks again now and then */

typedef struct
{
  VigApprovalFunc func;
  gpointer        user_data;
} Waiter;

struct _VigApprovals
{
  GObject parent_instance;

  VigAgentContext context;
  VigParts       *parts;       /* borrowed */
  gint64        (*clock) (void);
  GHashTable     *waiters;     /* id of a request or a grant → GPtrArray of Waiter */
  char           *next_expiry; /* ISO 8601, NULL: nobody waits */
  guint           timer;
  gboolean        sweeping;
  VigApprovalPreviewFunc preview_func; /* or NULL */
};

enum
{
  DECIDED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (VigApprovals, vig_approvals, G_TYPE_OBJECT)

gint64
vig_approvals_now (VigApprovals *self)
{
  return self->clock ();
}

void
vig_approvals_set_clock (VigApprovals *self, gint64 (*clock) (void))
{
  self->clock = clock;
}

static gboolean
timer_fired (gpointer user_data)
{
  VigApprovals *self = user_data;

  self->timer = 0;
  vig_approvals_sweep (self);

  return G_SOURCE_REMOVE;
}

static void
arm_timer (VigApprovals *self)
{
  g_autoptr (GDateTime) expiry = NULL;
  gint64 seconds;

  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->next_expiry == NULL)
    return;

  expiry = g_date_time_new_from_iso8601 (self->next_expiry, NULL);
  seconds = expiry != NULL ? g_date_time_to_unix (expiry) - self->clock () / G_USEC_PER_SEC + 1 : 1;
  self->timer = g_timeout_add_seconds (CLAMP (seconds, 1, LONGEST_TIMER), timer_fired, self);
}

static void
note_expiry (VigApprovals *self, const char *expires_at)
{
  if (self->next_expiry != NULL && strcmp (self->next_expiry, expires_at) <= 0)
    return;

  g_free (self->next_expiry);
  self->next_expiry = g_strdup (expires_at);
  arm_timer (self);
}

void
vig_approvals_set_parts (VigApprovals *self, VigParts *parts)
{
  self->parts = parts;
}

void
vig_approvals_set_preview_func (VigApprovals *self, VigApprovalPreviewFunc func)
{
  self->preview_func = func;
}

static void
add_waiter (VigApprovals *self, const char *id, VigApprovalFunc func, gpointer user_data)
{
  GPtrArray *list = g_hash_table_lookup (self->waiters, id);
  Waiter *waiter = g_new0 (Waiter, 1);

  if (list == NULL)
    {
      list = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (self->waiters, g_strdup (id), list);
    }

  waiter->func = func;
  waiter->user_data = user_data;
  g_ptr_array_add (list, waiter);
}

void
vig_approvals_wait (VigApprovals *self, const char *id, const char *expires_at, VigApprovalFunc func, gpointer user_data)
{
  add_waiter (self, id, func, user_data);
  note_expiry (self, expires_at);
}

void
vig_approvals_watch_grant (VigApprovals *self, const char *grant_id, VigApprovalFunc func, gpointer user_data)
{
  add_waiter (self, grant_id, func, user_data);
}

void
vig_approvals_forget (VigApprovals *self, const char *id, gpointer user_data)
{
  GPtrArray *list = g_hash_table_lookup (self->waiters, id);

  for (guint i = 0; list != NULL && i < list->len; i++)
    if (((Waiter *) g_ptr_array_index (list, i))->user_data == user_data)
      {
        g_ptr_array_remove_index (list, i);
        break;
      }
  if (list != NULL && list->len == 0)
    g_hash_table_remove (self->waiters, id);
}

static void
wake (VigApprovals *self, const char *id, JsonObject *approval)
{
  g_autoptr (GPtrArray) list = NULL;
  g_autofree char *key = NULL;

  if (!g_hash_table_steal_extended (self->waiters, id, (gpointer *) &key, (gpointer *) &list))
    return;

  for (guint i = 0; i < list->len; i++)
    {
      Waiter *waiter = g_ptr_array_index (list, i);

      waiter->func (approval, waiter->user_data);
    }
}

static void
publish (VigApprovals *self, const char *event, JsonObject *data)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), data);

  vig_events_publish (self->context.events, "approvals", event, vig_redactor_apply_json (self->context.redactor, node));
}

void
vig_approvals_announce (VigApprovals *self, JsonObject *approval)
{
  const char *id = vig_json_get_string (approval, "id", "");

  if (g_str_equal (vig_json_get_string (approval, "status", ""), "pending"))
    {
      publish (self, "approval.changed", approval);
      return;
    }

  publish (self, "approval.decided", approval);
  g_signal_emit (self, signals[DECIDED], 0, id, approval);
  wake (self, id, approval);
}

static void
sweep_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigApprovals) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) swept = vig_db_finish (VIG_DB (source), result, &error);
  JsonArray *expired;
  const char *next;

  self->sweeping = FALSE;
  if (swept == NULL)
    {
      g_warning ("failed to end expired approvals: %s", error->message);
      arm_timer (self);
      return;
    }

  expired = vig_json_get_array (swept, "expired");
  next = vig_json_get_string (swept, "next", NULL);
  g_clear_pointer (&self->next_expiry, g_free);
  if (next != NULL)
    note_expiry (self, next);
  for (guint i = 0; i < json_array_get_length (expired); i++)
    vig_approvals_announce (self, json_array_get_object_element (expired, i));
}

void
vig_approvals_sweep (VigApprovals *self)
{
  if (self->sweeping)
    return;

  self->sweeping = TRUE;
  vig_db_write_async (self->context.db, vig_approval_decision_sweep, vig_approval_sweep_new (self->context.redactor, self->clock ()),
                      vig_approval_sweep_free, (GDestroyNotify) json_object_unref, NULL, sweep_done, g_object_ref (self));
}

static void
decide_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigApprovals *self = g_task_get_source_object (task);
  GError *error = NULL;
  JsonObject *approval = vig_db_finish (VIG_DB (source), result, &error);

  if (approval == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  vig_approvals_announce (self, approval);
  g_task_return_pointer (task, approval, (GDestroyNotify) json_object_unref);
}

static gboolean
may_decide (const VigCaller *caller)
{
  static const char * const roles[] = { "owner", "administrator", "approver", NULL };

  return caller->role != NULL && g_strv_contains (roles, caller->role);
}

typedef struct
{
  char       *user_id;
  char       *user_name;
  char       *login_id;
  char       *address;
  char       *approval_id;
  JsonObject *decision;
  JsonObject *edit;    /* or NULL */
  JsonObject *preview; /* made anew, or NULL */
} Wish;

static void
wish_free (gpointer data)
{
  Wish *self = data;

  g_free (self->user_id);
  g_free (self->user_name);
  g_free (self->login_id);
  g_free (self->address);
  g_free (self->approval_id);
  json_object_unref (self->decision);
  g_clear_pointer (&self->edit, json_object_unref);
  g_clear_pointer (&self->preview, json_object_unref);
  g_free (self);
}

static void
write_decision (GTask *owned)
{
  g_autoptr (GTask) task = owned;
  VigApprovals *self = g_task_get_source_object (task);
  Wish *wish = g_task_get_task_data (task);
  VigCaller caller = { .user_id = wish->user_id, .user_name = wish->user_name, .login_id = wish->login_id, .address = wish->address };
  GError *error = NULL;
  g_autoptr (GBytes) key = vig_vault_dup_grant_key (self->context.vault, &error);
  VigApprovalDecision *data;

  if (key == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  data = vig_approval_decision_new (self->context.redactor, key, &caller, wish->approval_id, wish->decision, wish->edit, self->clock ());
  vig_db_write_async (self->context.db, vig_approval_decision_write, data, vig_approval_decision_free,
                      (GDestroyNotify) json_object_unref, NULL, decide_done, g_steal_pointer (&task));
}

static gpointer
store_preview (VigDbConnection *db, gpointer data, GError **error)
{
  Wish *wish = data;

  return vig_store_approvals_renew_preview (db, wish->approval_id, wish->preview, error);
}

/* Whoever approves knows what they approve: where the file is not what it was when they were shown the change, they are shown it again. */
static void
preview_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigApprovals *self = g_task_get_source_object (task);
  Wish *wish = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (JsonObject) approval = vig_db_finish (VIG_DB (source), result, &error);

  if (approval != NULL)
    vig_approvals_announce (self, approval);
  if (error != NULL)
    g_task_return_error (task, error);
  else if (approval != NULL && wish->edit == NULL)
    g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_CONFLICT,
                             "what this call would change is no longer what you were shown: look at it again, then decide");
  else
    write_decision (g_steal_pointer (&task));
}

static void
previewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigApprovals *self = g_task_get_source_object (task);
  Wish *wish = g_task_get_task_data (task);

  wish->preview = g_task_propagate_pointer (G_TASK (result), NULL);
  if (wish->preview == NULL || !g_str_equal (vig_json_get_string (wish->preview, "kind", ""), "diff"))
    write_decision (g_steal_pointer (&task));
  else
    vig_db_write_async (self->context.db, store_preview, wish, NULL, (GDestroyNotify) json_object_unref, NULL, preview_stored, g_steal_pointer (&task));
}

/* A call that waits here can say what it would change now. */
static void
approve (GTask *owned)
{
  g_autoptr (GTask) task = owned;
  VigApprovals *self = g_task_get_source_object (task);
  Wish *wish = g_task_get_task_data (task);
  GPtrArray *list = g_hash_table_lookup (self->waiters, wish->approval_id);
  Waiter *waiter = list != NULL && list->len > 0 ? g_ptr_array_index (list, 0) : NULL;

  if (waiter == NULL || self->preview_func == NULL)
    write_decision (g_steal_pointer (&task));
  else
    self->preview_func (waiter->user_data, wish->edit != NULL ? vig_json_get_object (wish->edit, "arguments") : NULL, previewed,
                        g_steal_pointer (&task));
}

static void
edited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;
  Wish *wish = g_task_get_task_data (task);

  wish->edit = vig_approval_edit_finish (result, &error);
  if (wish->edit != NULL)
    {
      approve (task);
      return;
    }

  g_task_return_error (task, error);
  g_object_unref (task);
}

void
vig_approvals_decide_async (VigApprovals        *self,
                            const VigCaller     *caller,
                            const char          *approval_id,
                            JsonObject          *decision,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  JsonObject *arguments = vig_json_get_object (decision, "arguments");
  Wish *wish = g_new0 (Wish, 1);

  wish->user_id = g_strdup (caller->user_id);
  wish->user_name = g_strdup (caller->user_name);
  wish->login_id = g_strdup (caller->login_id);
  wish->address = g_strdup (caller->address);
  wish->approval_id = g_strdup (approval_id);
  wish->decision = json_object_ref (decision);
  g_task_set_task_data (task, wish, wish_free);
  g_task_set_source_tag (task, vig_approvals_decide_async);
  if (!may_decide (caller))
    g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_DENIED, "a %s may not approve or deny", caller->role);
  else if (!g_str_equal (vig_json_get_string (decision, "decision", ""), "approve"))
    write_decision (g_steal_pointer (&task));
  else if (arguments == NULL)
    approve (g_steal_pointer (&task));
  else if (self->parts == NULL)
    g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the daemon is about to end: try again when it runs");
  else
    vig_approval_edit_async (self->parts, approval_id, arguments, edited, g_steal_pointer (&task));
}

JsonObject *
vig_approvals_decide_finish (VigApprovals *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

typedef struct
{
  VigRedactor *redactor;
  char        *grant_id;
  char        *by;
  char        *address;
} Revocation;

static void
revocation_free (gpointer data)
{
  Revocation *self = data;

  g_object_unref (self->redactor);
  g_free (self->grant_id);
  g_free (self->by);
  g_free (self->address);
  g_free (self);
}

static gpointer
write_revocation (VigDbConnection *db, gpointer data, GError **error)
{
  Revocation *self = data;
  g_autoptr (JsonObject) grant = vig_store_grants_revoke (db, self->grant_id, error);
  g_autoptr (JsonObject) detail = NULL;
  g_autoptr (JsonObject) record = NULL;

  if (grant == NULL)
    return NULL;

  detail = vig_json_pack_object ("{s:s?, s:J}", "address", self->address, "grant", grant);
  record = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:J}",
                                 "event", "grant.revoked",
                                 "user_name", self->by,
                                 "operator_name", vig_json_get_string (grant, "operator_name", NULL),
                                 "approval_id", vig_json_get_string (grant, "approval_id", NULL),
                                 "tool", vig_json_get_string (grant, "tool", NULL),
                                 "level", vig_json_get_string (grant, "level", NULL),
                                 "resource", vig_json_get_string (grant, "resource", NULL),
                                 "detail", detail);

  return vig_audit_append (db, self->redactor, record, error) ? g_steal_pointer (&grant) : NULL;
}

static void
revoked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigApprovals *self = g_task_get_source_object (task);
  GError *error = NULL;
  JsonObject *grant = vig_db_finish (VIG_DB (source), result, &error);

  if (grant == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  publish (self, "grant.revoked", grant);
  wake (self, vig_json_get_string (grant, "id", ""), grant);
  g_task_return_pointer (task, grant, (GDestroyNotify) json_object_unref);
}

void
vig_approvals_revoke_async (VigApprovals        *self,
                            const VigCaller     *caller,
                            const char          *grant_id,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Revocation *data;

  g_task_set_source_tag (task, vig_approvals_revoke_async);
  if (!may_decide (caller))
    {
      g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_DENIED, "a %s may not revoke a grant", caller->role);
      return;
    }

  data = g_new0 (Revocation, 1);
  data->redactor = g_object_ref (self->context.redactor);
  data->grant_id = g_strdup (grant_id);
  data->by = g_strdup (caller->user_name);
  data->address = g_strdup (caller->address);
  vig_db_write_async (self->context.db, write_revocation, data, revocation_free, (GDestroyNotify) json_object_unref, NULL, revoked,
                      g_steal_pointer (&task));
}

JsonObject *
vig_approvals_revoke_finish (VigApprovals *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Ended by what somebody changed or deleted: what runs under it ends with it. */
static void
grant_ended (JsonObject *grant, gpointer user_data)
{
  g_autoptr (VigApprovals) self = g_object_ref (user_data);

  publish (self, "grant.revoked", grant);
  wake (self, vig_json_get_string (grant, "id", ""), grant);
}

static void
vig_approvals_finalize (GObject *object)
{
  VigApprovals *self = VIG_APPROVALS (object);

  vig_db_hear (self->context.db, NULL, NULL);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_free (self->next_expiry);
  g_hash_table_unref (self->waiters);

  G_OBJECT_CLASS (vig_approvals_parent_class)->finalize (object);
}

static void
vig_approvals_class_init (VigApprovalsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_approvals_finalize;

  /* decided (id, approval): it is approved, denied, expired or cancelled, and that is on disk. */
  signals[DECIDED] = g_signal_new ("decided", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 2, G_TYPE_STRING, JSON_TYPE_OBJECT);
}

static void
vig_approvals_init (VigApprovals *self)
{
  self->clock = vig_time_now;
  self->waiters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
}

VigApprovals *
vig_approvals_new (const VigAgentContext *context)
{
  VigApprovals *self = g_object_new (VIG_TYPE_APPROVALS, NULL);

  self->context = *context;
  vig_db_hear (self->context.db, grant_ended, self);

  return self;
}
