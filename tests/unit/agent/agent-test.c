/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "agent-test.h"

#include <string.h>

#include "agent-test-model.h"
#include "vig-store-approvals.h"
#include "vig-store-operators.h"
#include "vig-store-providers.h"
#include "vig-store-runs.h"
#include "vig-store-settings.h"
#include "vig-store-users.h"

static VigSecret *
get_secret (void)
{
  static VigSecret *secret;

  if (secret == NULL)
    {
      g_autoptr (GBytes) salt = g_bytes_new_static ("0123456789abcdef", 16);
      g_autoptr (GError) error = NULL;

      secret = vig_secret_new ("correct horse battery staple", salt, &error);
      g_assert_no_error (error);
    }

  return secret;
}

static void
heard (const char *topic, const char *event, JsonNode *data, gpointer user_data)
{
  AgentTest *self = user_data;
  g_autofree char *text = vig_json_to_string (data);

  g_ptr_array_add (self->events, g_strdup_printf ("%s %s %s", topic, event, text));
}

void
agent_test_open (AgentTest *self)
{
  g_autofree char *path = g_build_filename (self->dir, "vigilus.db", NULL);
  g_autoptr (GError) error = NULL;

  self->context.db = vig_db_open (path, &error);
  g_assert_no_error (error);
  self->context.worker = vig_worker_new ("test", 4);
  self->context.registry = vig_registry_new (self->context.worker);
  self->context.events = vig_events_new ();
  self->context.redactor = vig_redactor_new ();
  self->context.vault = vig_vault_new (self->context.redactor);
  vig_vault_set_secret (self->context.vault, get_secret ());
  vig_redactor_add_value (self->context.redactor, "hunter2-correct-horse");
  agent_test_add_tools (G_OBJECT (self->context.registry));
  vig_registry_add_provider_type (self->context.registry, "test", &agent_test_model_info, AGENT_TEST_TYPE_MODEL, &error);
  g_assert_no_error (error);
  self->listener = vig_events_listen (self->context.events, heard, NULL, self);
  self->approvals = vig_approvals_new (&self->context);
  self->runner = vig_runner_new (&self->context, self->approvals);
}

static void
settle (void)
{
  for (guint i = 0; i < 20; i++)
    vig_test_iterate ();
}

void
agent_test_close (AgentTest *self)
{
  vig_runner_shut_down (self->runner);
  settle ();
  vig_events_forget (self->context.events, self->listener);
  vig_db_close (self->context.db);
  settle ();
  g_clear_object (&self->runner);
  g_clear_object (&self->approvals);
  g_clear_object (&self->context.db);
  g_clear_object (&self->context.registry);
  g_clear_object (&self->context.events);
  g_clear_object (&self->context.vault);
  g_clear_object (&self->context.redactor);
  g_clear_object (&self->context.worker);
}

static gpointer
make_owner (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_users_create_owner (db, "ada", "record", error);
}

static gpointer
make_provider (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) provider = vig_json_pack_object ("{s:s, s:s}", "name", "Script", "type", "scripted");

  return vig_store_providers_create (db, provider, NULL, error);
}

static JsonObject *
store_write (AgentTest *self, VigDbFunc func, gpointer data)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object = vig_db_write (self->context.db, func, data, &error);

  g_assert_no_error (error);

  return object;
}

AgentTest *
agent_test_new (void)
{
  AgentTest *self = g_new0 (AgentTest, 1);
  g_autoptr (JsonObject) user = NULL;
  g_autoptr (JsonObject) provider = NULL;

  agent_test_model_reset ();
  g_atomic_int_set (&agent_test_n_runs, 0);
  self->dir = vig_test_make_dir ();
  self->events = g_ptr_array_new_with_free_func (g_free);
  agent_test_open (self);
  user = store_write (self, make_owner, NULL);
  provider = store_write (self, make_provider, NULL);
  self->user_id = g_strdup (vig_json_get_string (user, "id", NULL));
  self->provider_id = g_strdup (vig_json_get_string (provider, "id", NULL));
  self->caller = (VigCaller) { self->user_id, "ada", "owner" };

  /* A fresh installation may bring Operators of its own. */
  agent_test_exec (self, "DELETE FROM operators");

  return self;
}

void
agent_test_free (AgentTest *self)
{
  agent_test_close (self);
  vig_test_remove_dir (self->dir);
  g_ptr_array_unref (self->events);
  g_free (self->dir);
  g_free (self->user_id);
  g_free (self->provider_id);
  g_free (self);
}

static gpointer
create_operator (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_operators_create (db, data, error);
}

char *
agent_test_add_operator (AgentTest *self, const char *name, const char *level, const char *trust)
{
  static const char * const tools[] = { "test.read", "test.write", "test.own", "test.look", "test.exec", "test.raise", "test.line", "test.host", "test.slow", "test.slowread",
                                        "test.stubborn", "test.secret", "test.big", "test.fail", "vigilus.activity", NULL };
  JsonArray *array = json_array_new ();
  g_autoptr (JsonObject) values = NULL;
  g_autoptr (JsonObject) row = NULL;

  for (guint i = 0; tools[i] != NULL; i++)
    json_array_add_string_element (array, tools[i]);
  values = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:A}", "name", name, "description", "Does what tests do.",
                                 "system_prompt", "You are under test.", "permission_level", level, "trust_mode", trust, "tools", array);
  row = store_write (self, create_operator, values);

  return g_strdup (vig_json_get_string (row, "id", NULL));
}

typedef struct
{
  const char *id;
  const char *text;
} Update;

static gpointer
update_operator (VigDbConnection *db, gpointer data, GError **error)
{
  Update *update = data;
  g_autoptr (JsonObject) changes = vig_json_parse_object (update->text, -1, 0, error);

  return changes != NULL ? vig_store_operators_update (db, update->id, changes, error) : NULL;
}

void
agent_test_update_operator (AgentTest *self, const char *id, const char *changes)
{
  Update update = { id, changes };
  g_autoptr (JsonObject) row = store_write (self, update_operator, &update);
}

static gpointer
update_settings (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) changes = vig_json_parse_object (data, -1, 0, error);

  return changes != NULL ? vig_store_settings_update (db, changes, error) : NULL;
}

void
agent_test_set (AgentTest *self, const char *settings)
{
  g_autoptr (JsonObject) row = store_write (self, update_settings, (gpointer) settings);
}

static gpointer
exec (VigDbConnection *db, gpointer data, GError **error)
{
  return GINT_TO_POINTER (vig_db_exec (db, error, data, NULL));
}

void
agent_test_exec (AgentTest *self, const char *sql)
{
  store_write (self, exec, (gpointer) sql);
}

static gpointer
query (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, data, NULL);

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return g_strdup ("");

  return g_strdup (vig_db_rows_is_null (rows, 0) ? "null" : vig_db_rows_string (rows, 0));
}

char *
agent_test_query (AgentTest *self, const char *sql)
{
  g_autoptr (GError) error = NULL;
  char *text = vig_db_read (self->context.db, query, (gpointer) sql, &error);

  g_assert_no_error (error);

  return text;
}

gint64
agent_test_count (AgentTest *self, const char *sql)
{
  g_autofree char *text = agent_test_query (self, sql);

  return g_ascii_strtoll (text, NULL, 10);
}

static void
took (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

char *
agent_test_ask_in (AgentTest *self, const char *session_id, const char *text, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (JsonObject) run = NULL;

  vig_runner_start_async (self->runner, &self->caller, session_id, text, NULL, took, &result);
  vig_test_wait_for (result != NULL);
  run = vig_runner_start_finish (self->runner, result, error);

  return run != NULL ? g_strdup (vig_json_get_string (run, "id", NULL)) : NULL;
}

char *
agent_test_ask (AgentTest *self, const char *text)
{
  g_autoptr (GError) error = NULL;
  char *id = agent_test_ask_in (self, NULL, text, &error);

  g_assert_no_error (error);

  return id;
}

char *
agent_test_run_state (AgentTest *self, const char *run_id)
{
  g_autofree char *sql = g_strdup_printf ("SELECT state FROM runs WHERE id = '%s'", run_id);

  return agent_test_query (self, sql);
}

static gboolean
has_ended (AgentTest *self, const char *run_id)
{
  g_autofree char *state = agent_test_run_state (self, run_id);

  return g_str_equal (state, "done") || g_str_equal (state, "failed") || g_str_equal (state, "stopped");
}

void
agent_test_wait_end (AgentTest *self, const char *run_id)
{
  vig_test_wait_for (has_ended (self, run_id) && vig_runner_get_n_running (self->runner) == 0);
}

char *
agent_test_wait_approval (AgentTest *self)
{
  vig_test_wait_for (agent_test_count (self, "SELECT count(*) FROM approvals WHERE status = 'pending'") > 0);

  return agent_test_query (self, "SELECT id FROM approvals WHERE status = 'pending'");
}

JsonObject *
agent_test_decide (AgentTest *self, const char *approval_id, const char *decision, GError **error)
{
  g_autoptr (JsonObject) object = vig_json_parse_object (decision, -1, 0, NULL);
  g_autoptr (GAsyncResult) result = NULL;

  vig_approvals_decide_async (self->approvals, &self->caller, approval_id, object, NULL, took, &result);
  vig_test_wait_for (result != NULL);

  return vig_approvals_decide_finish (self->approvals, result, error);
}

void
agent_test_resume (AgentTest *self)
{
  g_autoptr (GAsyncResult) result = NULL;

  vig_runner_resume_all (self->runner, took, &result);
  vig_test_wait_for (result != NULL);
}

gboolean
agent_test_saw (AgentTest *self, const char *wanted)
{
  for (guint i = 0; i < self->events->len; i++)
    if (strstr (g_ptr_array_index (self->events, i), wanted) != NULL)
      return TRUE;

  return FALSE;
}
