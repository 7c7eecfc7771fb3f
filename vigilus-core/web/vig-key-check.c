/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-key-check.h"

#include <string.h>

static void
free_secret (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

VigKeyCheck *
vig_key_check_new (VigWeb *web, const char *name, const char *record, const char *password, const char *new_password, GError **error)
{
  VigAuthenticator *authenticator = vig_registry_find_authenticator (web->context.agent->registry, "local");
  VigKeyCheck *check;

  if (authenticator == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the plugin for local accounts is not loaded; the log says why");
      return NULL;
    }
  if (web->n_key_checks >= VIG_KEY_CHECK_MAX)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_RATE_LIMITED, "too many people sign in at once; try again in a few seconds");
      return NULL;
    }

  check = g_new0 (VigKeyCheck, 1);
  check->authenticator = g_object_ref (authenticator);
  check->name = g_strdup (name);
  check->record = g_strdup (record);
  check->password = g_strdup (password);
  check->new_password = g_strdup (new_password);

  return check;
}

void
vig_key_check_free (VigKeyCheck *check)
{
  g_object_unref (check->authenticator);
  g_free (check->name);
  g_free (check->record);
  free_secret (check->password);
  free_secret (check->new_password);
  g_free (check->renewed);
  g_free (check->new_record);
  g_free (check);
}

static void
run (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  VigKeyCheck *check = task_data;
  GError *error = NULL;

  check->is_right = TRUE;
  if (check->password != NULL)
    check->is_right = vig_authenticator_verify (check->authenticator, check->name, check->record, check->password, &check->renewed, &error);
  if (error == NULL && check->is_right && check->new_password != NULL)
    check->new_record = vig_authenticator_make_record (check->authenticator, check->name, check->new_password, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
vig_key_check_async (VigWeb *web, VigKeyCheck *check, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  web->n_key_checks++;
  g_task_set_source_tag (task, vig_key_check_async);
  g_task_set_task_data (task, check, NULL);
  vig_worker_run_task (web->keys, task, run);
}

gboolean
vig_key_check_finish (VigWeb *web, GAsyncResult *result, GError **error)
{
  web->n_key_checks--;

  return g_task_propagate_boolean (G_TASK (result), error);
}
