/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-keeper.h"

#include "vig-audit-checkpoint.h"
#include "vig-audit-place.h"
#include "vig-audit-seal.h"
#include "vig-id.h"

#define SEAL_TIME 3600 /* seconds between two looks for what is old enough */
#define ANNOUNCE_DELAY 100 /* milliseconds, within which records are announced together */

struct _VigAuditKeeper
{
  GObject parent_instance;

  const VigAgentContext *context;
  GPtrArray             *places;
  guint                  announce_timer;
  guint                  sign_timer;
  gint64                 size;   /* records, as far as was announced */
  gint64                 signed_size;
  gboolean               signing;
  gboolean               stopped;
  guint                  seal_timer;
  guint                  keep_days; /* 0: for ever */
  char                  *directory;
  gboolean               sealing;
  char                  *known;   /* the last note that was carried out of the database, or NULL */
  char                  *refused; /* why it is not signed any more, or NULL */
};

G_DEFINE_FINAL_TYPE (VigAuditKeeper, vig_audit_keeper, G_TYPE_OBJECT)

/* For the thread of the database. */
typedef struct
{
  const VigAgentContext *context;
  char                  *known;
} Signing;

static Signing *
signing_new (VigAuditKeeper *self)
{
  Signing *signing = g_new0 (Signing, 1);

  signing->context = self->context;
  signing->known = g_strdup (self->known);

  return signing;
}

static void
signing_free (gpointer data)
{
  Signing *self = data;

  g_free (self->known);
  g_free (self);
}

/* What somebody did to the database is not made ours by a signature. */
static gpointer
make_checkpoint (VigDbConnection *db, gpointer data, GError **error)
{
  Signing *self = data;

  if (self->known != NULL && !vig_audit_checkpoint_compare (db, self->context->vault, self->known, error))
    return NULL;

  return vig_audit_checkpoint_make (db, self->context->vault, self->context->redactor, error);
}

static void
take_refusal (VigAuditKeeper *self, GError *error)
{
  g_clear_pointer (&self->refused, g_free);
  if (!vig_error_is_denied (error))
    return;

  g_prefix_error_literal (&error, "the audit log is not signed any more, since somebody else changed it: ");
  self->refused = g_strdup_printf ("%s. Look into it with vigilus-verify and the checkpoints that were kept; if it was meant to be so, as with a backup "
                                   "that was put back, move the file of checkpoints away and restart Vigilus", error->message);
  g_free (error->message);
  error->message = g_strdup (self->refused);
}

/* Each line of the journal has a whole checkpoint, which vigilus-verify finds there. */
static void
carry_out (VigAuditKeeper *self, JsonObject *checkpoint)
{
  const char *note = vig_json_get_string (checkpoint, "note", "");
  g_autofree char *line = vig_checkpoint_to_line (note);

  self->signed_size = vig_json_get_int (checkpoint, "size", 0);
  g_clear_pointer (&self->refused, g_free);
  g_free (self->known);
  self->known = g_strdup (note);
  if (!vig_json_get_boolean (checkpoint, "is_new", FALSE))
    return;
  g_message ("audit checkpoint: %s", line);
  for (guint i = 0; i < self->places->len; i++)
    {
      VigAuditPlace *place = g_ptr_array_index (self->places, i);

      if (self->stopped)
        vig_audit_place_finish (place, note);
      else
        vig_audit_place_carry (place, note);
    }
}

static void
made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigAuditKeeper *self = g_task_get_source_object (task);
  GError *error = NULL;
  JsonObject *checkpoint = vig_db_finish (VIG_DB (source), result, &error);

  self->signing = FALSE;
  if (checkpoint == NULL)
    {
      take_refusal (self, error);
      g_task_return_error (task, error);
      return;
    }
  carry_out (self, checkpoint);
  g_task_return_pointer (task, checkpoint, (GDestroyNotify) json_object_unref);
}

void
vig_audit_keeper_sign_async (VigAuditKeeper *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, vig_audit_keeper_sign_async);
  self->signing = TRUE;
  vig_db_write_async (self->context->db, make_checkpoint, signing_new (self), signing_free, (GDestroyNotify) json_object_unref, NULL, made, task);
}

JsonObject *
vig_audit_keeper_sign_finish (VigAuditKeeper *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
signed_by_itself (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) checkpoint = vig_audit_keeper_sign_finish (VIG_AUDIT_KEEPER (source), result, &error);

  if (checkpoint == NULL)
    g_warning ("the audit log was not signed: %s", error->message);
}

static void
sign (VigAuditKeeper *self)
{
  if (!self->signing && self->size > self->signed_size && vig_vault_is_open (self->context->vault))
    vig_audit_keeper_sign_async (self, signed_by_itself, NULL);
}

static gboolean
sign_in_time (gpointer user_data)
{
  sign (user_data);

  return G_SOURCE_CONTINUE;
}

static gpointer
read_sizes (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT size, (SELECT coalesce (max (size), 0) FROM audit_checkpoints) FROM audit_tree", NULL);
  gint64 *sizes;

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return NULL;
  sizes = g_new (gint64, 2);
  sizes[0] = vig_db_rows_int (rows, 0);
  sizes[1] = vig_db_rows_int (rows, 1);

  return sizes;
}

static void
sizes_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigAuditKeeper) self = user_data;
  g_autofree gint64 *sizes = vig_db_finish (VIG_DB (source), result, NULL);

  if (sizes == NULL || sizes[0] <= self->size)
    return;

  self->size = sizes[0];
  self->signed_size = sizes[1];
  vig_events_publish (self->context->events, "audit", "audit.appended", vig_json_pack ("{s:I}", "seq", self->size));
  if (self->size - self->signed_size >= VIG_AUDIT_CHECKPOINT_RECORDS)
    sign (self);
}

static gboolean
announce (gpointer user_data)
{
  VigAuditKeeper *self = user_data;

  self->announce_timer = 0;
  vig_db_read_async (self->context->db, read_sizes, NULL, NULL, g_free, NULL, sizes_read, g_object_ref (self));

  return G_SOURCE_REMOVE;
}

static void
on_committed (gpointer user_data)
{
  VigAuditKeeper *self = user_data;

  if (self->announce_timer == 0)
    self->announce_timer = g_timeout_add (ANNOUNCE_DELAY, announce, self);
}

static void
seal_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  VigAuditKeeper *self = source;
  VigAuditSeal seal = { self->context->db, self->context->vault, self->context->redactor, self->directory,
                        vig_time_now () - self->keep_days * G_TIME_SPAN_DAY, VIG_AUDIT_SEGMENT };
  g_autofree char *file = NULL;
  GError *error = NULL;

  if (vig_audit_seal (&seal, &file, &error))
    g_task_return_pointer (task, g_steal_pointer (&file), g_free);
  else
    g_task_return_error (task, error);
}

static void seal_old (VigAuditKeeper *self);

static void
sealed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  VigAuditKeeper *self = VIG_AUDIT_KEEPER (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *file = g_task_propagate_pointer (G_TASK (result), &error);

  self->sealing = FALSE;
  if (error != NULL)
    g_warning ("old records of the audit log were not sealed: %s", error->message);
  if (file == NULL)
    return;
  g_message ("old records of the audit log were sealed into %s", file);
  seal_old (self);
}

static void
seal_old (VigAuditKeeper *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->sealing || self->stopped || !vig_vault_is_open (self->context->vault))
    return;
  self->sealing = TRUE;
  task = g_task_new (self, NULL, sealed, NULL);
  vig_worker_run_task (self->context->worker, task, seal_on_worker);
}

static gboolean
seal_in_time (gpointer user_data)
{
  seal_old (user_data);

  return G_SOURCE_CONTINUE;
}

void
vig_audit_keeper_set_keep (VigAuditKeeper *self, guint days, const char *directory)
{
  g_return_if_fail (VIG_IS_AUDIT_KEEPER (self));

  self->keep_days = days;
  g_free (self->directory);
  self->directory = g_strdup (directory);
}

void
vig_audit_keeper_start (VigAuditKeeper *self)
{
  g_return_if_fail (VIG_IS_AUDIT_KEEPER (self));

  for (guint i = 0; i < self->places->len && self->known == NULL; i++)
    self->known = vig_audit_place_read_last (g_ptr_array_index (self->places, i));
  vig_db_watch (self->context->db, on_committed, self);
  self->sign_timer = g_timeout_add_seconds (VIG_AUDIT_CHECKPOINT_TIME, sign_in_time, self);
  if (self->keep_days > 0)
    self->seal_timer = g_timeout_add_seconds (SEAL_TIME, seal_in_time, self);
  on_committed (self);
}

void
vig_audit_keeper_stop (VigAuditKeeper *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) checkpoint = NULL;
  Signing signing = { self->context, self->known };

  g_return_if_fail (VIG_IS_AUDIT_KEEPER (self));

  self->stopped = TRUE;
  vig_db_watch (self->context->db, NULL, NULL);
  g_clear_handle_id (&self->announce_timer, g_source_remove);
  g_clear_handle_id (&self->sign_timer, g_source_remove);
  g_clear_handle_id (&self->seal_timer, g_source_remove);
  if (!vig_vault_is_open (self->context->vault))
    return;
  checkpoint = vig_db_write (self->context->db, make_checkpoint, &signing, &error);
  if (checkpoint != NULL)
    carry_out (self, checkpoint);
  else
    g_message ("the audit log was not signed at the end: %s", error->message);
}

JsonArray *
vig_audit_keeper_describe (VigAuditKeeper *self)
{
  JsonArray *places = json_array_new ();

  for (guint i = 0; i < self->places->len; i++)
    {
      JsonObject *place = vig_audit_place_describe (g_ptr_array_index (self->places, i));

      if (self->refused != NULL)
        json_object_set_string_member (place, "error", self->refused);
      json_array_add_object_element (places, place);
    }

  return places;
}

static void
vig_audit_keeper_finalize (GObject *object)
{
  VigAuditKeeper *self = VIG_AUDIT_KEEPER (object);

  g_clear_handle_id (&self->announce_timer, g_source_remove);
  g_clear_handle_id (&self->sign_timer, g_source_remove);
  g_clear_handle_id (&self->seal_timer, g_source_remove);
  g_free (self->directory);
  g_free (self->known);
  g_free (self->refused);
  g_clear_pointer (&self->places, g_ptr_array_unref);

  G_OBJECT_CLASS (vig_audit_keeper_parent_class)->finalize (object);
}

static void
vig_audit_keeper_class_init (VigAuditKeeperClass *class)
{
  G_OBJECT_CLASS (class)->finalize = vig_audit_keeper_finalize;
}

static void
vig_audit_keeper_init (VigAuditKeeper *self)
{
  self->places = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_audit_place_free);
}

VigAuditKeeper *
vig_audit_keeper_new (const VigAgentContext *context, const char *file, const char *webhook)
{
  VigAuditKeeper *self = g_object_new (VIG_TYPE_AUDIT_KEEPER, NULL);

  self->context = context;
  if (file != NULL)
    g_ptr_array_add (self->places, vig_audit_place_new_file (context->worker, file));
  if (webhook != NULL)
    g_ptr_array_add (self->places, vig_audit_place_new_webhook (webhook));

  return self;
}
