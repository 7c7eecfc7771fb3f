/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-unlock.h"

#include "vig-store-settings.h"

struct _VigUnlock
{
  GObject parent_instance;

  VigConfig      *config;
  VigDb          *db;
  VigVault       *vault;
  VigWorker      *worker;
  VigUnlockState  state;
};

/* What one load or set works on: filled on the worker, used on the main thread. */
typedef struct
{
  VigConfig *config;
  VigDb     *db;
  char      *passphrase; /* given or found */
  char      *keep;       /* or NULL */
  VigSecret *secret;
} Job;

G_DEFINE_FINAL_TYPE (VigUnlock, vig_unlock, G_TYPE_OBJECT)

static void
wipe (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
job_free (Job *job)
{
  g_clear_object (&job->config);
  g_clear_object (&job->db);
  g_clear_object (&job->secret);
  g_clear_pointer (&job->passphrase, wipe);
  g_free (job->keep);
  g_free (job);
}

static gboolean
stretch (Job *job, GError **error)
{
  g_autoptr (GBytes) salt = vig_secret_ensure_salt (job->config, error);

  if (salt == NULL)
    return FALSE;
  job->secret = vig_secret_new (job->passphrase, salt, error);

  return job->secret != NULL;
}

static void
load_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;
  VigSecretSource from;
  GError *error = NULL;

  job->passphrase = vig_secret_find (job->config, &from, &error);
  if (job->passphrase != NULL && stretch (job, &error))
    g_info ("the secret comes from %s", vig_secret_source_to_string (from));

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static gpointer
check_secret (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (VigVault) vault = vig_vault_new (redactor);
  g_autofree char *known = vig_store_value_dup (db, VIG_VAULT_CHECK_NAME, error);

  vig_vault_set_secret (vault, data);
  if (known != NULL && !vig_vault_can_open (vault, known))
    g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "this is not the secret that stored credentials were sealed with; "
                 "to go on with a new one, start Vigilus with it in VIGILUS_SECRET and enter the credentials again");

  return NULL;
}

static gboolean
keep (Job *job, GError **error)
{
  if (g_str_equal (job->keep, "keyring"))
    return vig_secret_keep (job->config, job->passphrase, VIG_SECRET_KEYRING, error);
  if (g_str_equal (job->keep, "file"))
    return vig_secret_keep (job->config, job->passphrase, VIG_SECRET_FILE, error);

  return TRUE;
}

static void
set_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;
  GError *error = NULL;

  if (vig_secret_check_passphrase (job->passphrase, &error) && stretch (job, &error))
    vig_db_read (job->db, check_secret, job->secret, &error);
  if (error == NULL)
    keep (job, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static gpointer
check_vault (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_vault_check (data, db, error) ? GINT_TO_POINTER (TRUE) : NULL;
}

/* The check is on disk: the outer task ends. */
static void
checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) outer = user_data;
  VigUnlock *self = g_task_get_source_object (outer);
  GError *error = NULL;
  gboolean same = vig_db_finish (VIG_DB (source), result, &error) != NULL;

  if (error != NULL)
    {
      self->state = VIG_UNLOCK_MISSING;
      g_task_return_error (outer, error);
      return;
    }

  self->state = same ? VIG_UNLOCK_OK : VIG_UNLOCK_CHANGED;
  if (!same)
    g_message ("VIGILUS_SECRET is not the one that stored credentials were sealed with: they can't be decrypted until it is back, "
               "or they are entered again");
  g_task_return_boolean (outer, TRUE);
}

static void
worked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) outer = user_data;
  VigUnlock *self = VIG_UNLOCK (source);
  Job *job = g_task_get_task_data (outer);
  GError *error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error) || job->secret == NULL)
    {
      self->state = VIG_UNLOCK_MISSING;
      if (error != NULL)
        g_task_return_error (outer, error);
      else
        g_task_return_boolean (outer, FALSE);
      return;
    }

  vig_vault_set_secret (self->vault, job->secret);
  vig_db_write_async (self->db, check_vault, g_object_ref (self->vault), g_object_unref, NULL, NULL, checked, g_steal_pointer (&outer));
}

static void
begin (VigUnlock *self, Job *job, GTaskThreadFunc func, gpointer tag, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *outer = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GTask) inner = g_task_new (self, NULL, worked, outer);

  job->config = g_object_ref (self->config);
  job->db = g_object_ref (self->db);
  g_task_set_source_tag (outer, tag);
  g_task_set_task_data (outer, job, (GDestroyNotify) job_free);
  g_task_set_task_data (inner, job, NULL);
  self->state = VIG_UNLOCK_LOADING;
  vig_worker_run_task (self->worker, inner, func);
}

void
vig_unlock_load_async (VigUnlock *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (VIG_IS_UNLOCK (self));

  begin (self, g_new0 (Job, 1), load_on_worker, vig_unlock_load_async, callback, user_data);
}

gboolean
vig_unlock_load_finish (VigUnlock *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
vig_unlock_set_async (VigUnlock *self, const char *passphrase, const char *where, GAsyncReadyCallback callback, gpointer user_data)
{
  Job *job;

  g_return_if_fail (VIG_IS_UNLOCK (self));

  if (self->state != VIG_UNLOCK_MISSING)
    {
      g_task_report_new_error (self, callback, user_data, vig_unlock_set_async, VIG_ERROR, VIG_ERROR_CONFLICT, "a secret is set already");
      return;
    }

  job = g_new0 (Job, 1);
  job->passphrase = g_strdup (passphrase);
  job->keep = g_strdup (where);
  begin (self, job, set_on_worker, vig_unlock_set_async, callback, user_data);
}

gboolean
vig_unlock_set_finish (VigUnlock *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

VigUnlockState
vig_unlock_get_state (VigUnlock *self)
{
  g_return_val_if_fail (VIG_IS_UNLOCK (self), VIG_UNLOCK_MISSING);

  return self->state;
}

static void
vig_unlock_finalize (GObject *object)
{
  VigUnlock *self = VIG_UNLOCK (object);

  g_clear_object (&self->config);
  g_clear_object (&self->db);
  g_clear_object (&self->vault);
  g_clear_object (&self->worker);

  G_OBJECT_CLASS (vig_unlock_parent_class)->finalize (object);
}

static void
vig_unlock_class_init (VigUnlockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_unlock_finalize;
}

static void
vig_unlock_init (VigUnlock *self)
{
  self->state = VIG_UNLOCK_LOADING;
}

VigUnlock *
vig_unlock_new (VigConfig *config, VigDb *db, VigVault *vault, VigWorker *worker)
{
  VigUnlock *self = g_object_new (VIG_TYPE_UNLOCK, NULL);

  self->config = g_object_ref (config);
  self->db = g_object_ref (db);
  self->vault = g_object_ref (vault);
  self->worker = g_object_ref (worker);

  return self;
}
