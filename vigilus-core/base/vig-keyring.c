/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-keyring.h"

#ifdef VIG_HAVE_KEYRING

#include <libsecret/secret.h>

#define GRACE_MS 300

static const SecretSchema schema = {
  "org.vigilus.Secret", SECRET_SCHEMA_NONE, { { "data-dir", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

/* Lives until the keyring has answered, which may be after its asker has gone. */
typedef struct
{
  grefcount     ref_count;
  GMainContext *context;
  GAsyncResult *result;
  gboolean      late;
} Wait;

static Wait *
wait_new (void)
{
  Wait *self = g_new0 (Wait, 1);

  g_ref_count_init (&self->ref_count);
  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);

  return self;
}

static void
wait_unref (Wait *self)
{
  if (!g_ref_count_dec (&self->ref_count))
    return;

  g_clear_object (&self->result);
  g_main_context_unref (self->context);
  g_free (self);
}

static void
answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Wait *self = user_data;

  self->result = g_object_ref (result);
  wait_unref (self);
}

static gboolean
mark_late (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_CONTINUE;
}

static void
iterate (Wait *self, guint milliseconds)
{
  GSource *timer = g_timeout_source_new (milliseconds);

  self->late = FALSE;
  g_source_set_callback (timer, mark_late, &self->late, NULL);
  g_source_attach (timer, self->context);
  while (self->result == NULL && !self->late)
    g_main_context_iteration (self->context, TRUE);
  g_source_destroy (timer);
  g_source_unref (timer);
}

/* FALSE: nothing came in time, even after it was cancelled. */
static gboolean
wait_for_answer (Wait *self, GCancellable *cancellable, GError **error)
{
  iterate (self, VIG_KEYRING_TIMEOUT * 1000);
  if (self->result == NULL)
    {
      g_cancellable_cancel (cancellable);
      iterate (self, GRACE_MS);
    }
  g_main_context_pop_thread_default (self->context);

  if (self->result == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TIMED_OUT, "the keyring did not answer within %d s", VIG_KEYRING_TIMEOUT);

  return self->result != NULL;
}

static gboolean
is_there (void)
{
  return g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL || g_strcmp0 (g_getenv ("SECRET_BACKEND"), "file") == 0;
}

char *
vig_keyring_lookup (const char *data_dir, GError **error)
{
  g_autoptr (GCancellable) cancellable = NULL;
  char *secret = NULL;
  char *text = NULL;
  Wait *wait;

  if (!is_there ())
    return NULL;

  wait = wait_new ();
  cancellable = g_cancellable_new ();
  g_ref_count_inc (&wait->ref_count);
  secret_password_lookup (&schema, cancellable, answered, wait, "data-dir", data_dir, NULL);
  if (wait_for_answer (wait, cancellable, error))
    secret = secret_password_lookup_finish (wait->result, error);
  wait_unref (wait);

  text = g_strdup (secret);
  secret_password_free (secret);

  return text;
}

gboolean
vig_keyring_store (const char *data_dir, const char *passphrase, GError **error)
{
  g_autoptr (GCancellable) cancellable = NULL;
  gboolean stored = FALSE;
  Wait *wait;

  if (!is_there ())
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "there is no keyring here: no session bus");
      return FALSE;
    }

  wait = wait_new ();
  cancellable = g_cancellable_new ();
  g_ref_count_inc (&wait->ref_count);
  secret_password_store (&schema, SECRET_COLLECTION_DEFAULT, "Vigilus", passphrase, cancellable, answered, wait, "data-dir", data_dir, NULL);
  if (wait_for_answer (wait, cancellable, error))
    stored = secret_password_store_finish (wait->result, error);
  wait_unref (wait);

  return stored;
}

#else

char *
vig_keyring_lookup (const char *data_dir, GError **error)
{
  return NULL;
}

gboolean
vig_keyring_store (const char *data_dir, const char *passphrase, GError **error)
{
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "this build cannot use a keyring");

  return FALSE;
}

#endif
