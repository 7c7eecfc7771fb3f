/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include "vig-audit.h"
#include "vig-id.h"
#include "vig-store-approvals.h"
#include "vig-store-http-tools.h"
#include "vig-store-servers.h"

#define N_THREADS 64

#define HASH "0000000000000000000000000000000000000000000000000000000000000000"

static char *
make_call (VigDbConnection *db, const char *run, GError **error)
{
  g_autoptr (JsonObject) call = vig_json_pack_object ("{s:s, s:s, s:{}}", "run_id", run, "tool", "shell.exec", "arguments");

  return take_id (vig_store_calls_create (db, call, error));
}

/* An approval request of a call of its own, which expires in @seconds. */
static JsonObject *
make_request (VigDbConnection *db, Chat *chat, gint64 seconds, GError **error)
{
  g_autofree char *call = make_call (db, chat->run, error);
  g_autofree char *expires = vig_time_to_iso (vig_time_now () + seconds * G_USEC_PER_SEC);

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:s, s:s, s:s}",
                               "call_id", call, "run_id", chat->run, "session_id", chat->session, "user_id", chat->user,
                               "operator_id", "operator-1", "operator_name", "Infrastructure", "tool", "shell.exec", "level", "exec",
                               "arguments", "command", "reboot", "arguments_sha256", HASH, "reason", "to apply updates",
                               "expires_at", expires);
}

static gpointer
use_approvals (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  g_autoptr (JsonObject) request = NULL;
  g_autoptr (JsonObject) approval = NULL;
  g_autoptr (JsonObject) denial = parse ("{\"decided_by\": \"Ada\", \"deny_reason\": \"not now\"}");
  g_autoptr (JsonObject) denied = NULL;
  g_autoptr (JsonObject) pending = NULL;
  g_autoptr (JsonObject) all = NULL;
  g_autoptr (GError) refused = NULL;
  const char *id;

  chat_init (&chat, db, error);
  request = make_request (db, &chat, 60, error);
  approval = vig_store_approvals_create (db, request, error);
  g_assert_no_error (*error);
  id = vig_json_get_string (approval, "id", NULL);
  assert_string (approval, "status", "pending");
  assert_string (vig_json_get_object (approval, "arguments"), "command", "reboot");
  assert_string (approval, "expires_at", vig_json_get_string (request, "expires_at", NULL));
  g_assert_cmpint (vig_store_approvals_pending (db, error), ==, 1);

  g_assert_null (vig_store_approvals_create (db, request, &refused));
  assert_refused (refused, VIG_ERROR_EXISTS, "this call waits for an approval already");

  denied = vig_store_approvals_decide (db, id, "denied", denial, error);
  assert_string (denied, "deny_reason", "not now");
  g_assert_nonnull (vig_json_get_string (denied, "decided_at", NULL));
  g_assert_null (vig_store_approvals_decide (db, id, "approved", NULL, &refused));
  assert_refused (refused, VIG_ERROR_CONFLICT, "the request is no longer pending: it is denied");

  pending = vig_store_approvals_list (db, "pending", NULL, error);
  g_assert_cmpuint (count_items (pending), ==, 0);
  all = vig_store_approvals_list (db, NULL, NULL, error);
  g_assert_cmpuint (count_items (all), ==, 1);
  chat_clear (&chat);

  return NULL;
}

static gpointer
expire_approval (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  g_autoptr (JsonObject) request = NULL;
  g_autoptr (JsonObject) expired = NULL;
  g_autofree char *id = NULL;
  g_autoptr (GError) refused = NULL;

  chat_init (&chat, db, error);
  request = make_request (db, &chat, -1, error);
  id = take_id (vig_store_approvals_create (db, request, error));
  g_assert_null (vig_store_approvals_decide (db, id, "approved", NULL, &refused));
  assert_refused (refused, VIG_ERROR_CONFLICT, "the request is no longer pending: it is expired");
  expired = vig_store_approvals_decide (db, id, "expired", NULL, error);
  assert_string (expired, "status", "expired");
  chat_clear (&chat);

  return NULL;
}

static void
test_approvals (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_approvals, NULL);
}

static void
test_expired (Fixture *self, gconstpointer data)
{
  fixture_write (self, expire_approval, NULL);
}

typedef struct
{
  VigDb *db;
  char  *id;
  gint   winners;
  gint   losers;
} Contest;

static gpointer
decide (VigDbConnection *db, gpointer data, GError **error)
{
  Contest *contest = data;
  g_autoptr (JsonObject) changes = parse ("{\"mode\": \"once\", \"decided_by\": \"Ada\"}");
  JsonObject *decided = vig_store_approvals_decide (db, contest->id, "approved", changes, error);

  return decided;
}

static gpointer
use_once (VigDbConnection *db, gpointer data, GError **error)
{
  Contest *contest = data;

  return vig_store_grants_use (db, contest->id, error) ? json_object_new () : NULL;
}

static gpointer
compete (Contest *contest, VigDbFunc func)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) won = vig_db_write (contest->db, func, contest, &error);

  if (won != NULL)
    {
      g_atomic_int_inc (&contest->winners);
      return NULL;
    }

  g_assert_error (error, VIG_ERROR, VIG_ERROR_CONFLICT);
  g_atomic_int_inc (&contest->losers);

  return NULL;
}

static gpointer
compete_to_decide (gpointer data)
{
  return compete (data, decide);
}

static gpointer
compete_to_use (gpointer data)
{
  return compete (data, use_once);
}

static void
run_contest (Contest *contest, GThreadFunc func)
{
  GThread *threads[N_THREADS];

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("compete", func, contest);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (contest->winners, ==, 1);
  g_assert_cmpint (contest->losers, ==, N_THREADS - 1);
  g_free (contest->id);
}

static gpointer
make_approval (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  g_autoptr (JsonObject) request = NULL;
  char *id;

  chat_init (&chat, db, error);
  request = make_request (db, &chat, 60, error);
  id = take_id (vig_store_approvals_create (db, request, error));
  chat_clear (&chat);

  return id;
}

/* A grant on @resource for the same Operator and tool, which ends in @seconds. */
static char *
make_grant (VigDbConnection *db, const char *mode, const char *resource, gint64 seconds, GError **error)
{
  g_autofree char *created = vig_time_to_iso (vig_time_now () - G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC);
  g_autofree char *expires = vig_time_to_iso (vig_time_now () + seconds * G_USEC_PER_SEC);
  g_autoptr (JsonObject) grant = NULL;

  grant = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "operator_id", "operator-1", "operator_name",
                                "Infrastructure", "tool", "shell.exec", "level", "exec", "resource", resource, "mode", mode,
                                "arguments_sha256", g_str_equal (mode, "once") ? HASH : NULL, "granted_by", "Ada",
                                "created_at", created, "expires_at", expires);

  return take_id (vig_store_grants_create (db, grant, "signature", error));
}

static gpointer
make_once_grant (VigDbConnection *db, gpointer data, GError **error)
{
  return make_grant (db, "once", NULL, 60, error);
}

static void
test_contest (Fixture *self, gconstpointer data)
{
  Contest deciding = { self->db, fixture_write (self, make_approval, NULL) };
  Contest using = { self->db, fixture_write (self, make_once_grant, NULL) };

  run_contest (&deciding, compete_to_decide);
  run_contest (&using, compete_to_use);
}

static gpointer
use_grants (VigDbConnection *db, gpointer data, GError **error)
{
  g_autofree char *wide = make_grant (db, "timed", NULL, 60, error);
  g_autofree char *narrow = make_grant (db, "timed", "file:/srv/a/b", 60, error);
  g_autofree char *middle = make_grant (db, "timed", "file:/srv", 60, error);
  g_autofree char *old = make_grant (db, "timed", NULL, -60, error);
  g_autoptr (JsonArray) live = vig_store_grants_live (db, "operator-1", "shell.exec", HASH, error);
  g_autoptr (JsonArray) other = vig_store_grants_live (db, "operator-2", "shell.exec", HASH, error);
  g_autoptr (JsonObject) revoked = NULL;
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (JsonObject) all = NULL;
  g_autoptr (GError) refused = NULL;

  g_assert_cmpuint (json_array_get_length (live), ==, 3);
  assert_string (json_array_get_object_element (live, 0), "id", narrow);
  assert_string (json_array_get_object_element (live, 1), "id", middle);
  assert_string (json_array_get_object_element (live, 2), "id", wide);
  assert_string (json_array_get_object_element (live, 0), "signature", "signature");
  g_assert_cmpuint (json_array_get_length (other), ==, 0);

  g_assert_true (vig_store_grants_use (db, narrow, error));
  g_assert_true (vig_store_grants_use (db, narrow, error));
  g_assert_false (vig_store_grants_use (db, old, &refused));
  assert_refused (refused, VIG_ERROR_CONFLICT, "the grant can't be used: it is expired");

  revoked = vig_store_grants_revoke (db, narrow, error);
  g_assert_nonnull (vig_json_get_string (revoked, "revoked_at", NULL));
  g_assert_false (vig_store_grants_use (db, narrow, &refused));
  assert_refused (refused, VIG_ERROR_CONFLICT, "the grant can't be used: it is revoked");
  g_assert_null (vig_store_grants_revoke (db, "nothing", &refused));
  assert_refused (refused, VIG_ERROR_NOT_FOUND, "no grant has the id nothing");

  list = vig_store_grants_list (db, TRUE, NULL, error);
  g_assert_cmpuint (count_items (list), ==, 2);
  g_assert_false (json_object_has_member (item (list, 0), "signature"));
  all = vig_store_grants_list (db, FALSE, NULL, error);
  g_assert_cmpuint (count_items (all), ==, 4);

  return NULL;
}

/* However many were approved for other arguments and not used: a thousand runs that wait. */
static gpointer
find_among_many (VigDbConnection *db, gpointer data, GError **error)
{
  g_autofree char *wanted = make_grant (db, "once", "file:/a", 60, error);
  g_autoptr (JsonArray) live = NULL;

  for (guint i = 0; i < 1100; i++)
    {
      g_autofree char *other = make_grant (db, "once", "file:/srv/longer", 60, error);

      g_assert_true (vig_db_exec (db, error, "UPDATE grants SET arguments_sha256 = ?2 WHERE id = ?1", "ss", other, other));
    }
  live = vig_store_grants_live (db, "operator-1", "shell.exec", HASH, error);
  g_assert_cmpuint (json_array_get_length (live), ==, 1);
  assert_string (json_array_get_object_element (live, 0), "id", wanted);

  return NULL;
}

static void
test_grants (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_grants, NULL);
}

static void
test_many_grants (Fixture *self, gconstpointer data)
{
  fixture_write (self, find_among_many, NULL);
}

/* What is signed comes back to the microsecond. */
static gpointer
keep_times (VigDbConnection *db, gpointer data, GError **error)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *expires = g_strdup_printf ("2099-12-31T23:59:59.%06uZ", i * 4999 + 1);
      g_autoptr (JsonObject) grant = NULL;
      g_autoptr (JsonObject) stored = NULL;

      grant = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "operator_id", "o", "operator_name", "O", "tool", "t",
                                    "level", "write", "mode", "timed", "granted_by", "Ada", "expires_at", expires);
      stored = vig_store_grants_create (db, grant, "signature", error);
      assert_string (stored, "expires_at", expires);
    }

  return NULL;
}

static void
test_times (Fixture *self, gconstpointer data)
{
  fixture_write (self, keep_times, NULL);
}

typedef struct
{
  char *server;
  char *tool;
  char *operator;
  Chat  chat;
} Targets;

/* Changes one thing; NULL of it: deletes it. */
static gboolean
change_target (VigDbConnection *db, const Targets *targets, const char *what, const char *changes, GError **error)
{
  g_autoptr (JsonObject) object = changes != NULL ? parse (changes) : NULL;
  g_autoptr (JsonObject) changed = NULL;

  if (g_str_equal (what, "server") && object == NULL)
    return vig_store_servers_delete (db, targets->server, error);
  if (g_str_equal (what, "tool") && object == NULL)
    return vig_store_http_tools_delete (db, targets->tool, error);
  if (g_str_equal (what, "key"))
    changed = vig_store_servers_forget_key (db, targets->server, error);
  else if (g_str_equal (what, "server"))
    changed = vig_store_servers_update (db, targets->server, object, error);
  else if (g_str_equal (what, "tool"))
    changed = vig_store_http_tools_update (db, targets->tool, object, error);
  else
    changed = vig_store_operators_update (db, targets->operator, object, error);

  return changed != NULL;
}

/* A live grant and a first approval, as if of two, for @tool on @resource. */
static void
grant_target (VigDbConnection *db, Targets *targets, const char *tool, const char *resource, GError **error)
{
  g_autofree char *grant = make_grant (db, "timed", resource, 60, error);
  g_autoptr (JsonObject) request = make_request (db, &targets->chat, 60, error);
  g_autofree char *approval = take_id (vig_store_approvals_create (db, request, error));

  g_assert_true (vig_db_exec (db, error, "UPDATE grants SET tool = ?1, operator_id = ?2 WHERE id = ?3", "sss", tool, targets->operator, grant));
  g_assert_true (vig_db_exec (db, error, "UPDATE approvals SET tool = ?1, operator_id = ?2, resource = ?3, first_by = 'Ada', first_by_id = 'a',"
                                         " first_at = 1, first_terms = '{}' WHERE id = ?4",
                              "ssss", tool, targets->operator, resource, approval));
}

static gint64
count (VigDbConnection *db, const char *sql, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, sql, NULL);

  return rows != NULL && vig_db_rows_next (rows, error) ? vig_db_rows_int (rows, 0) : -1;
}

/* Grants that ended with what they were for are on record behind the change, each once and with the reason. */
static void
check_record (VigDbConnection *db, gint64 ended, GError **error)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  g_autoptr (JsonObject) change = parse ("{\"event\": \"something.changed\"}");
  gint64 before = count (db, "SELECT count(*) FROM audit WHERE event = 'grant.revoked'", error);

  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (vig_audit_append (db, redactor, change, error));
      g_assert_cmpint (count (db, "SELECT count(*) FROM audit WHERE event = 'grant.revoked' AND reason GLOB 'the *' AND tool IS NOT NULL", error), ==, before + ended);
    }
  g_assert_cmpint (count (db, "SELECT count(DISTINCT detail) FROM audit WHERE event = 'grant.revoked'", error), ==, before + ended);
}

/* What was granted for a server, an HTTP tool or a directory ends when that is another one; what else is said of them ends nothing. */
static gpointer
change_targets (VigDbConnection *db, gpointer data, GError **error)
{
  static const struct
  {
    const char *what;
    const char *changes;
    gint64      left; /* of five */
  } rows[] = {
    { "server", "{\"notes\": \"in the cellar\"}", 5 }, { "tool", "{\"title\": \"Lamp\"}", 5 }, { "operator", "{\"description\": \"new\"}", 5 },
    { "server", "{\"host\": \"10.0.0.2\"}", 2 }, { "server", "{\"user_name\": \"root\"}", 2 }, { "key", "{}", 2 },
    { "tool", "{\"body\": \"{\\\"on\\\": false}\"}", 4 }, { "operator", "{\"working_directory\": \"/srv/b\"}", 0 },
    { "server", "{\"name\": \"other\"}", 2 }, { "server", "{\"name\": \"NAS\"}", 5 /* nothing was granted for "other" */ }, { "server", NULL, 2 }, { "tool", NULL, 4 },
  };
  g_autoptr (JsonObject) server = parse ("{\"name\": \"NAS\", \"host\": \"10.0.0.1\", \"user_name\": \"ada\"}");
  g_autoptr (JsonObject) tool = parse ("{\"name\": \"lamp\", \"description\": \"d\", \"method\": \"POST\", \"url\": \"http://10.0.0.3/\", \"body_type\": \"json\","
                                       " \"body\": \"{\\\"on\\\": true}\"}");
  g_autoptr (JsonObject) operator = parse ("{\"name\": \"Keeper\", \"working_directory\": \"/srv/a\"}");
  Targets targets = { take_id (vig_store_servers_create (db, server, error)), take_id (vig_store_http_tools_create (db, tool, error)),
                      take_id (vig_store_operators_create (db, operator, error)), { NULL } };

  g_assert_no_error (*error);
  chat_init (&targets.chat, db, error);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_assert_true (vig_db_exec (db, error, "DELETE FROM grants", NULL) && vig_db_exec (db, error, "DELETE FROM approvals", NULL) &&
                     vig_db_exec (db, error, "UPDATE servers SET host_key = 'ssh-ed25519 AAAA'", NULL));
      grant_target (db, &targets, "ssh.exec", "server:nas", error);
      grant_target (db, &targets, "ssh.exec", "servers:nas,web", error);
      grant_target (db, &targets, "docker.restart", "docker:nas/web", error);
      grant_target (db, &targets, "http.lamp", "http:POST 10.0.0.3/", error);
      grant_target (db, &targets, "ssh.exec", "server:web", error);
      g_assert_true (change_target (db, &targets, rows[i].what, rows[i].changes, error));
      g_test_message ("%s %s", rows[i].what, rows[i].changes);
      g_assert_cmpint (count (db, "SELECT count(*) FROM grants WHERE revoked_at IS NULL", error), ==, rows[i].left);
      g_assert_cmpint (count (db, "SELECT count(*) FROM approvals WHERE first_by_id IS NOT NULL", error), ==, rows[i].left);
      check_record (db, 5 - rows[i].left, error);
    }
  chat_clear (&targets.chat);
  g_free (targets.server);
  g_free (targets.tool);
  g_free (targets.operator);

  return NULL;
}

static void
test_changed_targets (Fixture *self, gconstpointer data)
{
  fixture_write (self, change_targets, NULL);
}

#define add(path, func) g_test_add ("/guard/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("approvals", test_approvals);
  add ("expired", test_expired);
  add ("contest", test_contest);
  add ("grants", test_grants);
  add ("many-grants", test_many_grants);
  add ("times", test_times);
  add ("changed-targets", test_changed_targets);

  return g_test_run ();
}
