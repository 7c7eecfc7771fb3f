/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-command.h"

#include <string.h>

#define AT_ONCE 16 /* servers of one call that work at the same time */

/* One server of a call. */
typedef struct
{
  VigInvocation *invocation;
  VigSshPool    *pool;
  VigServer     *server;
  gint64         deadline;
  gsize          limit;
  GCancellable  *cancellable;
  gboolean       is_one_of_many;
  GString       *lines[2];  /* what stands on a line that has not ended yet, by stream */
  JsonNode      *answer;
  GError        *error;
} Job;

static void
job_free (gpointer data)
{
  Job *self = data;

  g_clear_pointer (&self->server, vig_server_unref);
  g_clear_pointer (&self->answer, json_node_unref);
  g_clear_error (&self->error);
  g_string_free (self->lines[0], TRUE);
  g_string_free (self->lines[1], TRUE);
  g_free (self);
}

static void
report_line (Job *self, VigOutput stream, const char *line, gsize length)
{
  g_autofree char *text = g_strdup_printf ("%s: %.*s\n", self->server->name, (int) length, line);

  vig_invocation_report_output (self->invocation, stream, text, -1);
}

/* Whole lines, with the server's name before them where there are several. */
static void
report (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  Job *self = user_data;
  GString *held = self->lines[stream == VIG_OUTPUT_STDERR];
  const char *end;

  if (!self->is_one_of_many)
    {
      vig_invocation_report_output (self->invocation, stream, text, (gssize) length);
      return;
    }

  g_string_append_len (held, text, (gssize) length);
  while ((end = memchr (held->str, '\n', held->len)) != NULL)
    {
      report_line (self, stream, held->str, (gsize) (end - held->str));
      g_string_erase (held, 0, end - held->str + 1);
    }
  if (held->len > self->limit)
    g_string_truncate (held, 0);
}

static void
report_rest (Job *self)
{
  for (int i = 0; i < 2; i++)
    if (self->lines[i]->len > 0)
      report_line (self, i == 0 ? VIG_OUTPUT_STDOUT : VIG_OUTPUT_STDERR, self->lines[i]->str, self->lines[i]->len);
}

/* An idle connection may have died unseen: where it is certain that nothing started, a new one is made, once. */
VigSshResult *
vig_ssh_run_pooled (VigSshPool *pool, VigServer *server, const VigSshCommand *command, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  gboolean was_idle = TRUE;

  while (TRUE)
    {
      g_autoptr (GError) local_error = NULL;
      gboolean not_started = FALSE;
      ssh_session session = vig_ssh_pool_take (pool, server, &was_idle, step, cancellable, error);
      VigSshResult *result;

      if (session == NULL)
        return NULL;

      *step = SSH_STEP_COMMAND;
      result = vig_ssh_exec (session, command, &not_started, cancellable, &local_error);
      if (result != NULL && !result->timed_out && !result->left_behind)
        vig_ssh_pool_give (pool, server, session);
      else
        vig_ssh_close (session);
      if (result != NULL)
        return result;
      if (was_idle && not_started && !g_cancellable_is_cancelled (cancellable))
        continue;

      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
}

static JsonNode *
describe (VigServer *server, VigSshResult *result)
{
  g_autofree char *output = g_utf8_make_valid (result->output->str, (gssize) result->output->len);
  g_autofree char *error_output = g_utf8_make_valid (result->error_output->str, (gssize) result->error_output->len);

  return vig_json_pack ("{s:s, s:i, s:s, s:s, s:b, s:b, s:s?}",
                        "server", server->name,
                        "exit_status", result->exit_status,
                        "stdout", output,
                        "stderr", error_output,
                        "truncated", result->output->len < result->output_bytes || result->error_output->len < result->error_output_bytes,
                        "timed_out", result->timed_out,
                        "signal", result->exit_signal);
}

static void
run_job (gpointer data, gpointer user_data)
{
  Job *self = data;
  VigSshStep step = SSH_STEP_NAME;
  VigSshCommand command = { vig_json_get_string (vig_invocation_get_arguments (self->invocation), "command", ""), self->deadline, self->limit, report, self };
  g_autoptr (VigSshResult) result = vig_ssh_run_pooled (self->pool, self->server, &command, &step, self->cancellable, &self->error);

  report_rest (self);
  if (result != NULL)
    self->answer = describe (self->server, result);
}

static Job *
job_new (VigSshPool *pool, VigInvocation *invocation, VigServer *server, guint n, GCancellable *cancellable)
{
  gint64 time = vig_json_get_int (vig_invocation_get_arguments (invocation), "timeout", SSH_COMMAND_TIME) * G_USEC_PER_SEC;
  Job *self = g_new0 (Job, 1);

  self->invocation = invocation;
  self->pool = pool;
  self->server = server;
  self->deadline = MIN (g_get_monotonic_time () + time, vig_invocation_get_deadline (invocation));
  self->limit = vig_invocation_get_keep_limit (invocation) / n;
  self->cancellable = cancellable;
  self->is_one_of_many = n > 1;
  self->lines[0] = g_string_new (NULL);
  self->lines[1] = g_string_new (NULL);

  return self;
}

/* The names that the call asks for, each once. */
static GPtrArray *
get_names (VigInvocation *invocation)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  JsonArray *servers = vig_json_get_array (arguments, "servers");
  const char *server = vig_json_get_string (arguments, "server", NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GPtrArray *names = g_ptr_array_new ();

  if (server != NULL)
    g_ptr_array_add (names, (gpointer) server);
  for (guint i = 0; server == NULL && servers != NULL && i < json_array_get_length (servers); i++)
    if (g_hash_table_add (seen, g_ascii_strdown (json_array_get_string_element (servers, i), -1)))
      g_ptr_array_add (names, (gpointer) json_array_get_string_element (servers, i));

  return names;
}

/* All of them, or nothing runs at all. */
static GPtrArray *
make_jobs (VigSshPool *pool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  g_autoptr (GPtrArray) names = get_names (invocation);
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func (job_free);

  if (json_object_has_member (arguments, "server") == json_object_has_member (arguments, "servers"))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "name either server or servers");
      return NULL;
    }

  for (guint i = 0; i < names->len; i++)
    {
      VigServer *server = vig_invocation_dup_server (invocation, g_ptr_array_index (names, i), error);

      if (server == NULL)
        return NULL;
      g_ptr_array_add (jobs, job_new (pool, invocation, server, names->len, cancellable));
    }

  return g_steal_pointer (&jobs);
}

static JsonNode *
collect (GPtrArray *jobs)
{
  JsonArray *results = json_array_new ();
  gboolean has_failed = FALSE;

  for (guint i = 0; i < jobs->len; i++)
    {
      Job *job = g_ptr_array_index (jobs, i);

      if (job->answer == NULL)
        job->answer = vig_json_pack ("{s:s, s:s, s:b}", "server", job->server->name, "error", job->error->message,
                                     "may_have_happened", vig_error_is_interrupted (job->error) || vig_error_is_timed_out (job->error));
      has_failed = has_failed || job->error != NULL || vig_json_get_int (json_node_get_object (job->answer), "exit_status", 0) != 0;
      json_array_add_element (results, json_node_ref (job->answer));
    }

  return vig_json_pack ("{s:A, s:b}", "results", results, "is_error", has_failed);
}

static void
run_all (GPtrArray *jobs)
{
  GThreadPool *threads = g_thread_pool_new (run_job, NULL, AT_ONCE, FALSE, NULL);

  for (guint i = 0; i < jobs->len; i++)
    g_thread_pool_push (threads, g_ptr_array_index (jobs, i), NULL);
  g_thread_pool_free (threads, FALSE, TRUE);
}

JsonNode *
vig_ssh_command_run (VigSshPool *pool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) jobs = make_jobs (pool, invocation, cancellable, error);
  Job *only;

  if (jobs == NULL)
    return NULL;

  if (json_object_has_member (vig_invocation_get_arguments (invocation), "servers"))
    {
      run_all (jobs);
      return g_cancellable_set_error_if_cancelled (cancellable, error) ? NULL : collect (jobs);
    }

  only = g_ptr_array_index (jobs, 0);
  run_job (only, NULL);
  if (only->answer == NULL)
    g_propagate_error (error, g_steal_pointer (&only->error));

  return g_steal_pointer (&only->answer);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* A grant is for one server, or for just these together. */
static char *
make_resource (GPtrArray *names)
{
  g_autoptr (GPtrArray) folded = g_ptr_array_new_with_free_func (g_free);
  GString *resource = g_string_new (names->len == 1 ? "server:" : "servers:");

  for (guint i = 0; i < names->len; i++)
    g_ptr_array_add (folded, g_ascii_strdown (g_ptr_array_index (names, i), -1));
  g_ptr_array_sort (folded, compare);
  for (guint i = 0; i < folded->len; i++)
    {
      g_auto (GStrv) parts = g_strsplit (g_ptr_array_index (folded, i), ",", -1);
      g_autofree char *name = folded->len > 1 ? g_strjoinv ("\\,", parts) : g_strdup (g_ptr_array_index (folded, i));

      g_string_append_printf (resource, "%s%s", i > 0 ? "," : "", name);
    }

  return g_string_free (resource, FALSE);
}

/* Below EXEC it says what a lowered floor would count. */
VigLevel
vig_ssh_command_classify (VigInvocation *invocation, char **resource)
{
  g_autoptr (GPtrArray) names = get_names (invocation);

  *resource = make_resource (names);

  return vig_command_classify (invocation, vig_json_get_string (vig_invocation_get_arguments (invocation), "command", ""));
}

VigPreview *
vig_ssh_command_preview (VigInvocation *invocation)
{
  const char *line = vig_json_get_string (vig_invocation_get_arguments (invocation), "command", "");
  g_autoptr (GPtrArray) names = get_names (invocation);
  g_autoptr (VigCommand) command = vig_command_parse (line);
  g_autofree char *words = vig_command_explain (command);
  g_autofree char *text = NULL;

  if (names->len <= 1)
    text = g_strdup_printf ("$ %s\n\n%s", line, words);
  else
    {
      g_autofree char *joined = NULL;

      g_ptr_array_add (names, NULL);
      joined = g_strjoinv (", ", (char **) names->pdata);
      text = g_strdup_printf ("$ %s\n\n%s\n\non %u servers: %s", line, words, names->len - 1, joined);
    }

  return vig_preview_new ("command", text);
}
