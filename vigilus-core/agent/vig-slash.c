/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-slash.h"

#include <string.h>

static gsize
name_length (const char *text)
{
  gsize length = 0;

  while (g_ascii_isalpha (text[1 + length]) || (length > 0 && text[1 + length] == '-'))
    length++;

  return length;
}

gboolean
vig_slash_match (const char *text)
{
  gsize length = *text == '/' ? name_length (text) : 0;

  return length > 0 && length <= 32 && (text[1 + length] == '\0' || g_ascii_isspace (text[1 + length]));
}

static gboolean
may_use (const VigSlashCommand *command, const char *role)
{
  return command->kind == VIG_SLASH_READ || g_strcmp0 (role, "viewer") != 0;
}

JsonArray *
vig_slash_list (const char *role)
{
  JsonArray *list = json_array_new ();

  for (const VigSlashCommand *command = VIG_SLASH_COMMANDS; command->name != NULL; command++)
    if (may_use (command, role))
      json_array_add_object_element (list, vig_json_pack_object ("{s:s, s:s, s:b, s:b, s:s}",
                                                                 "name", command->name, "argument", command->argument,
                                                                 "argument_required", command->argument_required,
                                                                 "needs_session", command->needs_session,
                                                                 "description", command->description));

  return list;
}

static void
call_free (gpointer data)
{
  VigSlashCall *self = data;

  g_free (self->argument);
  g_free (self->session_id);
  g_free (self->user_id);
  g_free (self->role);
  g_free (self);
}

static const VigSlashCommand *
find_command (const char *text, GError **error)
{
  g_autofree char *name = vig_slash_match (text) ? g_ascii_strdown (text + 1, (gssize) name_length (text)) : NULL;

  for (const VigSlashCommand *command = VIG_SLASH_COMMANDS; name != NULL && command->name != NULL; command++)
    if (g_str_equal (command->name, name))
      return command;
  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no command /%.40s; /help lists them. To say it to an Operator, begin with a space",
               name != NULL ? name : "");

  return NULL;
}

VigSlashKind
vig_slash_get_kind (const char *text)
{
  const VigSlashCommand *command = find_command (text, NULL);

  return command != NULL ? command->kind : VIG_SLASH_ASK;
}

static gboolean
check_call (VigSlashCall *self, GError **error)
{
  const VigSlashCommand *command = self->command;

  if (!may_use (command, self->role))
    g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "/%s changes something: that is for approvers and administrators", command->name);
  else if (command->needs_session && self->session_id == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s is about a conversation: use it in one", command->name);
  else if (command->argument_required && *self->argument == '\0')
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s needs something after it: /%s %s", command->name, command->name, command->argument);
  else if (command->argument == NULL && *self->argument != '\0')
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s takes nothing after it", command->name);
  else
    return TRUE;

  return FALSE;
}

static gpointer
run_on_store (VigDbConnection *db, gpointer data, GError **error)
{
  VigSlashCall *self = data;

  return self->command->run (db, self, error);
}

static void
finish (GTask *task, JsonObject *answer)
{
  JsonObject *session = vig_json_get_object (answer, "session");
  VigRunner *runner = g_task_get_source_object (task);

  if (session != NULL)
    vig_parts_publish (vig_runner_get_parts (runner), "sessions", "session.changed", session);
  json_object_remove_member (answer, "session");
  g_task_return_pointer (task, json_object_ref (answer), (GDestroyNotify) json_object_unref);
}

/* A run that was started or stopped is part of the answer. */
static void
take_run (GTask *task, JsonObject *run, GError *error)
{
  JsonObject *answer = g_object_get_data (G_OBJECT (task), "answer");

  if (run == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  json_object_set_string_member (answer, "session_id", vig_json_get_string (run, "session_id", NULL));
  json_object_set_object_member (answer, "run", run);
  finish (task, answer);
}

static void
started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  JsonObject *run = vig_runner_start_finish (VIG_RUNNER (source), result, &error);

  take_run (task, run, error);
}

static void
stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  JsonObject *run = vig_runner_stop_finish (VIG_RUNNER (source), result, &error);

  take_run (task, run, error);
}

typedef struct
{
  char    *user_id;
  char    *user_name;
  char    *role;
  gboolean unattended;
} Asker;

static void
asker_free (gpointer data)
{
  Asker *self = data;

  g_free (self->user_id);
  g_free (self->user_name);
  g_free (self->role);
  g_free (self);
}

/* What the store's part asked the runner for: "start" (text), "again" (message id) or "stop" (run id). */
static gboolean
go_on (GTask *task, JsonObject *answer)
{
  VigRunner *runner = g_task_get_source_object (task);
  Asker *asker = g_task_get_task_data (task);
  VigCaller caller = { asker->user_id, asker->user_name, asker->role, NULL, asker->unattended };
  g_autofree char *text = g_strdup (vig_json_get_string (answer, "start", NULL));
  g_autofree char *message_id = g_strdup (vig_json_get_string (answer, "again", NULL));
  g_autofree char *run_id = g_strdup (vig_json_get_string (answer, "stop", NULL));

  json_object_remove_member (answer, "start");
  json_object_remove_member (answer, "again");
  json_object_remove_member (answer, "stop");
  g_object_set_data_full (G_OBJECT (task), "answer", json_object_ref (answer), (GDestroyNotify) json_object_unref);
  if (text != NULL)
    vig_runner_start_async (runner, &caller, NULL, text, NULL, started, g_object_ref (task));
  else if (message_id != NULL)
    vig_runner_begin_async (runner, vig_run_start_again (&caller, message_id), NULL, started, g_object_ref (task));
  else if (run_id != NULL)
    vig_runner_stop_async (runner, &caller, run_id, NULL, stopped, g_object_ref (task));
  else
    return FALSE;

  return TRUE;
}

static void
run_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (JsonObject) answer = vig_db_finish (VIG_DB (source), result, &error);

  if (answer == NULL)
    g_task_return_error (task, error);
  else if (!go_on (task, answer))
    finish (task, answer);
}

void
vig_slash_run_async (VigRunner *runner, const VigCaller *caller, const char *session_id, const char *text, GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (runner, NULL, callback, user_data);
  const VigAgentContext *context = &vig_runner_get_parts (runner)->context;
  VigSlashCall *call = g_new0 (VigSlashCall, 1);
  Asker *asker = g_new0 (Asker, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, vig_slash_run_async);
  asker->user_id = g_strdup (caller->user_id);
  asker->user_name = g_strdup (caller->user_name);
  asker->role = g_strdup (caller->role);
  asker->unattended = caller->unattended;
  g_task_set_task_data (task, asker, asker_free);
  call->session_id = g_strdup (session_id);
  call->user_id = g_strdup (caller->user_id);
  call->role = g_strdup (caller->role);
  call->redactor = context->redactor;
  call->command = find_command (text, &error);
  call->argument = g_strstrip (g_strdup (call->command != NULL ? text + 1 + name_length (text) : ""));
  if (call->command == NULL || !check_call (call, &error))
    {
      call_free (call);
      g_task_return_error (task, error);
      return;
    }

  if (call->command->kind != VIG_SLASH_READ)
    vig_db_write_async (context->db, run_on_store, call, call_free, (GDestroyNotify) json_object_unref, NULL, run_done, g_steal_pointer (&task));
  else
    vig_db_read_async (context->db, run_on_store, call, call_free, (GDestroyNotify) json_object_unref, NULL, run_done, g_steal_pointer (&task));
}

JsonObject *
vig_slash_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
