/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-session.h"
#include "vig-static.h"
#include "vig-test.h"
#include "vig-web.h"

#include <string.h>

static JsonNode *
load_description (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_BUILD"), "data", "api", "openapi.json", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  JsonNode *node;
  gsize length;

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  node = vig_json_parse (text, (gssize) length, 0, &error);
  g_assert_no_error (error);

  return node;
}

static VigRouter *
make_router (void)
{
  g_autoptr (JsonNode) document = load_description ();
  g_autoptr (GHashTable) routes = vig_web_collect_routes ();
  g_autoptr (GError) error = NULL;
  VigRouter *router = vig_router_new (document, routes, &error);

  g_assert_no_error (error);

  return router;
}

static void
test_every_operation_is_bound (void)
{
  g_autoptr (VigRouter) router = make_router ();

  g_assert_nonnull (router);
}

static void
test_missing_and_superfluous (void)
{
  g_autoptr (JsonNode) document = load_description ();
  g_autoptr (GHashTable) routes = vig_web_collect_routes ();
  g_autoptr (GError) error = NULL;

  g_hash_table_remove (routes, "login");
  g_hash_table_insert (routes, (gpointer) "inventedThing", routes);
  g_assert_null (vig_router_new (document, routes, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "login has no function"));
  g_assert_nonnull (strstr (error->message, "inventedThing is not described"));
}

static void
check_match (VigRouter *router, const char *method, const char *path, const char *id, const char *value)
{
  g_auto (VigMatch) match = { 0 };
  g_autofree char *allow = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (vig_router_match (router, method, path, &match, &allow, &error));
  g_assert_cmpstr (vig_operation_get_id (match.operation), ==, id);
  g_assert_cmpstr (match.values != NULL ? match.values[0] : NULL, ==, value);
}

static void
test_match (void)
{
  g_autoptr (VigRouter) router = make_router ();

  check_match (router, "GET", "/healthz", "getHealth", NULL);
  check_match (router, "HEAD", "/healthz", "getHealth", NULL);
  check_match (router, "GET", "/api/v1/operators/abc", "getOperator", "abc");
  check_match (router, "GET", "/api/v1/operators/a%2Fb%20c", "getOperator", "a/b c");
  check_match (router, "POST", "/api/v1/providers/test", "testProviderSettings", NULL);
  check_match (router, "POST", "/api/v1/providers/x/test", "testProvider", "x");
  check_match (router, "DELETE", "/api/v1/sessions/1", "deleteSession", "1");
}

static void
test_no_match (void)
{
  g_autoptr (VigRouter) router = make_router ();
  static const char *const PATHS[] = { "/", "/api", "/api/v1", "/api/v1/operators/", "/api/v1/operators//", "/api/v1//operators", "/API/v1/operators",
                                       "/api/v1/operators/%00", "/api/v1/operators/%ff", "/api/v1/operators/%", "/healthz/", "healthz" };
  g_auto (VigMatch) match = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (PATHS); i++)
    {
      g_autofree char *allow = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_false (vig_router_match (router, "GET", PATHS[i], &match, &allow, &error));
      g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND);
    }
}

static void
test_wrong_method (void)
{
  g_autoptr (VigRouter) router = make_router ();
  g_auto (VigMatch) match = { 0 };
  g_autofree char *allow = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (vig_router_match (router, "PUT", "/api/v1/operators/x", &match, &allow, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED);
  g_assert_cmpstr (allow, ==, "GET, HEAD, PATCH, DELETE");
}

static JsonObject *
check_query (VigRouter *router, const char *path, const char *query, char **field)
{
  g_auto (VigMatch) match = { 0 };
  g_autofree char *allow = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *parameters;

  g_assert_true (vig_router_match (router, "GET", path, &match, &allow, &error));
  parameters = vig_operation_check_parameters (match.operation, match.values, query, field, &error);
  g_assert_true ((parameters == NULL) == (error != NULL));

  return parameters;
}

static void
test_parameters (void)
{
  g_autoptr (VigRouter) router = make_router ();
  g_autoptr (JsonObject) good = check_query (router, "/api/v1/audit", "limit=7&text=a+b%26&tool=", NULL);
  static const char *const WRONG[][2] = {
    { "limit=0", "limit" },  { "limit=201", "limit" },       { "limit=x", "limit" }, { "limit=", "limit" },
    { "limit=7.5", "limit" }, { "limit=1&limit=2", "limit" }, { "bogus=1", "bogus" }, { "limit=99999999999999999999", "limit" },
  };

  g_assert_cmpint (vig_json_get_int (good, "limit", 0), ==, 7);
  g_assert_cmpstr (vig_json_get_string (good, "text", NULL), ==, "a b&");
  for (guint i = 0; i < G_N_ELEMENTS (WRONG); i++)
    {
      g_autofree char *field = NULL;

      g_assert_null (check_query (router, "/api/v1/audit", WRONG[i][0], &field));
      g_assert_cmpstr (field, ==, WRONG[i][1]);
    }
}

static void
test_body (void)
{
  g_autoptr (VigRouter) router = make_router ();
  g_auto (VigMatch) match = { 0 };
  g_autofree char *allow = NULL;
  static const char *const WRONG[][2] = {
    { "{\"name\":5}", "name" },
    { "{\"name\":\"a\",\"colour\":1}", "colour" },
    { "{\"name\":\"a\",\"tools\":[1]}", "tools" },
    { "{\"name\":\"a\",\"permission_level\":\"god\"}", "permission_level" },
    { "{}", "name" },
    { "[]", NULL },
    { "", NULL },
    { "{\"name\":\"a\"", NULL },
  };

  g_assert_true (vig_router_match (router, "POST", "/api/v1/operators", &match, &allow, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (WRONG); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *field = NULL;

      g_assert_null (vig_operation_check_body (match.operation, WRONG[i][0], strlen (WRONG[i][0]), &field, &error));
      g_test_message ("%s: %s", WRONG[i][0], error->message);
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
      g_assert_cmpstr (field, ==, WRONG[i][1]);
    }
}

static void
test_cookies (void)
{
  g_autofree char *made = vig_cookie_make ("vigilus_session", "abc-_", "/", 60, TRUE);
  g_autofree char *found = vig_cookie_find ("a=1; vigilus_session=abc-_;vigilus_session=other", "vigilus_session");
  g_autofree char *absent = vig_cookie_find ("xvigilus_session=1", "vigilus_session");
  g_autofree char *odd = vig_cookie_find ("vigilus_session=\"a\"", "vigilus_session");
  g_autofree char *empty = vig_cookie_find ("vigilus_session=", "vigilus_session");

  g_assert_cmpstr (made, ==, "vigilus_session=abc-_; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure");
  g_assert_cmpstr (found, ==, "abc-_");
  g_assert_true (absent == NULL && odd == NULL && empty == NULL);
}

static void
test_csrf (void)
{
  g_autoptr (JsonObject) user = vig_json_pack_object ("{s:s,s:{s:s,s:s,s:s}}", "id", "l1", "user", "id", "1", "name", "owner", "role", "owner");
  g_autoptr (VigLogin) login = vig_login_new (VIG_LOGIN_COOKIE, "token", user);
  g_autoptr (VigLogin) other = vig_login_new (VIG_LOGIN_COOKIE, "token2", user);
  g_autoptr (VigLogin) bearer = vig_login_new (VIG_LOGIN_TOKEN, "token", user);

  g_assert_true (vig_csrf_check (login, login->csrf));
  g_assert_false (vig_csrf_check (login, other->csrf) || vig_csrf_check (login, NULL) || vig_csrf_check (login, "") || vig_csrf_check (login, "token"));
  g_assert_null (bearer->csrf);
  g_assert_cmpint (login->role, ==, VIG_ROLE_OWNER);
}

static void
test_clean_path (void)
{
  static const char *const ROWS[][2] = {
    { "/assets/a.js", "assets/a.js" }, { "/chat", "chat" },         { "/a%20b", "a b" },      { "/../x", NULL },  { "/a/../b", NULL },
    { "/%2e%2e/x", NULL },             { "/a/%2e%2e%2fb", NULL },   { "/a%2fb", NULL },       { "//x", NULL },    { "/.git/config", NULL },
    { "/a\\b", NULL },                 { "/%00", NULL },            { "/a//b", NULL },        { "x", NULL },      { "/", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ROWS); i++)
    {
      g_autofree char *clean = vig_static_clean_path (ROWS[i][0]);

      g_assert_cmpstr (clean, ==, ROWS[i][1]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/router/every-operation-is-bound", test_every_operation_is_bound);
  g_test_add_func ("/router/missing-and-superfluous", test_missing_and_superfluous);
  g_test_add_func ("/router/match", test_match);
  g_test_add_func ("/router/no-match", test_no_match);
  g_test_add_func ("/router/wrong-method", test_wrong_method);
  g_test_add_func ("/router/parameters", test_parameters);
  g_test_add_func ("/router/body", test_body);
  g_test_add_func ("/router/cookies", test_cookies);
  g_test_add_func ("/router/csrf", test_csrf);
  g_test_add_func ("/router/clean-path", test_clean_path);

  return g_test_run ();
}
