/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-key-check.h"
#include "vig-store-providers.h"
#include "vig-store-users.h"
#include "vig-web-routes.h"

#include <string.h>

/* This very machine, and nothing between: peer, Host and Origin are loopback, and no proxy has touched it. A page elsewhere that has
 * rebound its name to us still sends its own name as Host. */
static gboolean
is_local (VigRequest *request)
{
  const VigPeer *peer = vig_request_get_peer (request);
  g_autofree char *host = vig_host_parse (vig_request_get_header (request, "Host"));
  const char *origin = vig_request_get_header (request, "Origin");
  g_autofree char *origin_host = vig_origin_parse_host (origin);

  return peer->loopback && !peer->forwarded && vig_host_is_loopback (host) && (origin == NULL || vig_host_is_loopback (origin_host));
}

static gboolean
is_same (const char *expected, const char *sent)
{
  guint different = 0;

  if (expected == NULL || sent == NULL || strlen (expected) != strlen (sent))
    return FALSE;

  for (guint i = 0; expected[i] != '\0'; i++)
    different |= (guint) (expected[i] ^ sent[i]);

  return different == 0;
}

/* FALSE: answered already. */
static gboolean
check_setup_token (VigRequest *request)
{
  const char *sent = vig_json_get_string (vig_request_get_body (request), "setup_token", NULL);

  if (is_local (request) || is_same (vig_request_get_web (request)->context.setup_token, sent))
    return TRUE;

  vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), "setup_token"));
  vig_request_fail_with (request, VIG_ERROR_DENIED, "setting up from another machine needs the set-up token, which vigilusd printed when it started");

  return FALSE;
}

static JsonNode *
finish_setup (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *setup = vig_request_get_data (request);
  VigPage page = { 1, NULL };
  g_autoptr (JsonObject) providers = vig_store_providers_list (db, &page, error);
  gint64 users = providers != NULL ? vig_store_users_count (db, error) : -1;

  if (users < 0)
    return NULL;
  json_object_set_boolean_member (setup, "needs_owner", users == 0);
  json_object_set_boolean_member (setup, "needs_provider", json_array_get_length (vig_json_get_array (providers, "items")) == 0);

  return vig_node_take_object (json_object_ref (setup));
}

static gboolean
is_secret (VigWeb *web, const char *state)
{
  const VigWebSecretFuncs *funcs = web->context.secret;

  return funcs != NULL ? g_str_equal (funcs->get_state (funcs->data), state)
                       : g_str_equal (state, "missing") && !vig_vault_is_open (web->context.agent->vault);
}

static void
get_setup (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);
  const VigWebSecretFuncs *funcs = web->context.secret;
  JsonObject *setup = vig_json_pack_object ("{s:b,s:b,s:b,s:b}", "needs_secret", is_secret (web, "missing"), "needs_token", !is_local (request), "keyring_available",
                                            funcs != NULL && funcs->has_keyring (funcs->data), "secret_changed",
                                            is_secret (web, "changed"));

  vig_request_set_data (request, setup, (GDestroyNotify) json_object_unref);
  vig_web_run_read (request, finish_setup);
}

typedef struct
{
  char *secret;
  char *generated; /* the same, where we made it; else NULL */
} NewSecret;

static void
free_new_secret (gpointer data)
{
  NewSecret *new_secret = data;

  explicit_bzero (new_secret->secret, strlen (new_secret->secret));
  g_free (new_secret->secret);
  g_free (new_secret->generated);
  g_free (new_secret);
}

static gpointer
store_secret_set (VigDbConnection *db, gpointer data, GError **error)
{
  JsonObject *detail = vig_json_pack_object ("{s:s}", "keep", vig_json_get_string (vig_request_get_body (data), "keep", ""));

  return GINT_TO_POINTER (vig_web_audit (db, data, "secret.set", detail, error));
}

static void
secret_recorded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  NewSecret *new_secret = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    vig_request_fail (request, error);
  else
    vig_request_respond (request, vig_json_pack ("{s:s}", "generated", new_secret->generated));
}

static void
secret_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  g_autoptr (GError) error = NULL;

  if (!web->context.secret->set_finish (result, &error, web->context.secret->data))
    vig_request_fail (request, error);
  else
    vig_db_write_async (web->context.agent->db, store_secret_set, request, NULL, NULL, NULL, secret_recorded, vig_request_ref (request));
}

static void
set_secret_now (VigRequest *request)
{
  const VigWebSecretFuncs *funcs = vig_request_get_web (request)->context.secret;
  JsonObject *body = vig_request_get_body (request);
  const char *typed = vig_json_get_string (body, "secret", NULL);
  NewSecret *new_secret = g_new0 (NewSecret, 1);

  new_secret->generated = typed == NULL ? vig_secret_generate () : NULL;
  new_secret->secret = g_strdup (typed != NULL ? typed : new_secret->generated);
  vig_request_set_data (request, new_secret, free_new_secret);
  funcs->set_async (new_secret->secret, vig_json_get_string (body, "keep", "nowhere"), NULL, secret_set, vig_request_ref (request), funcs->data);
}

static gpointer
count_users (VigDbConnection *db, gpointer data, GError **error)
{
  gint64 count = vig_store_users_count (db, error);

  /* One more, so that none is not NULL. */
  return count >= 0 ? GINT_TO_POINTER ((int) MIN (count, 1000) + 1) : NULL;
}

static void
users_counted_for_secret (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  int users = GPOINTER_TO_INT (vig_db_finish (VIG_DB (source), result, &error)) - 1;

  if (users < 0)
    vig_request_fail (request, error);
  else if (users > 0)
    vig_web_require (request, VIG_ROLE_ADMINISTRATOR, set_secret_now);
  else if (check_setup_token (request))
    set_secret_now (request);
}

static void
set_secret (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);
  const char *typed = vig_json_get_string (vig_request_get_body (request), "secret", NULL);
  g_autoptr (GError) error = NULL;

  if (vig_vault_is_open (web->context.agent->vault))
    vig_request_fail_with (request, VIG_ERROR_CONFLICT, "a secret is set already");
  else if (web->context.secret == NULL)
    vig_request_fail_with (request, VIG_ERROR_NOT_SUPPORTED, "this daemon takes its secret from VIGILUS_SECRET only");
  else if (typed != NULL && !vig_secret_check_passphrase (typed, &error))
    {
      vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), "secret"));
      vig_request_fail (request, error);
    }
  else
    vig_db_read_async (web->context.agent->db, count_users, request, NULL, NULL, NULL, users_counted_for_secret, vig_request_ref (request));
}

/* The first account. */
typedef struct
{
  VigKeyCheck *check;
  char        *token;
} NewOwner;

static void
free_new_owner (gpointer data)
{
  NewOwner *owner = data;

  g_clear_pointer (&owner->check, vig_key_check_free);
  g_free (owner->token);
  g_free (owner);
}

/* One transaction: of many at once the first makes the owner, and the store refuses the others. */
static gpointer
store_owner (VigDbConnection *db, gpointer data, GError **error)
{
  NewOwner *owner = vig_request_get_data (data);
  g_autoptr (JsonObject) user = vig_store_users_create_owner (db, owner->check->name, owner->check->new_record, error);
  g_autoptr (JsonObject) record = NULL;

  if (user == NULL)
    return NULL;
  record = vig_json_pack_object ("{s:s,s:s,s:{s:s}}", "event", "user.created", "user_name", owner->check->name, "detail", "address",
                                 vig_request_get_peer (data)->address);
  if (!vig_audit_append (db, vig_request_get_web (data)->context.agent->redactor, record, error))
    return NULL;

  return vig_sign_in_store (db, data, user, &owner->token, error);
}

static void
owner_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  NewOwner *owner = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;
  JsonNode *answer = vig_db_finish (VIG_DB (source), result, &error);

  if (answer == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  vig_sign_in_set_cookies (request, owner->token, owner->check->name);
  vig_request_respond (request, answer);
}

static void
record_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  g_autoptr (GError) error = NULL;

  if (vig_key_check_finish (web, result, &error))
    vig_db_write_async (web->context.agent->db, store_owner, request, NULL, (GDestroyNotify) json_node_unref, NULL, owner_stored, vig_request_ref (request));
  else
    {
      vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), "password"));
      vig_request_fail (request, error);
    }
}

static void
users_counted_for_owner (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  JsonObject *body = vig_request_get_body (request);
  NewOwner *owner = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;
  int users = GPOINTER_TO_INT (vig_db_finish (VIG_DB (source), result, &error)) - 1;

  if (users > 0)
    {
      vig_request_fail_with (request, VIG_ERROR_CONFLICT, "there is an account already; sign in with it");
      return;
    }
  if (users == 0)
    owner->check = vig_key_check_new (web, vig_json_get_string (body, "name", ""), NULL, NULL, vig_json_get_string (body, "password", ""), &error);
  if (owner->check != NULL)
    vig_key_check_async (web, owner->check, record_made, vig_request_ref (request));
  else
    vig_request_fail (request, error);
}

static void
create_owner (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);

  if (!check_setup_token (request))
    return;
  if (!vig_vault_is_open (web->context.agent->vault))
    {
      if (is_secret (web, "loading"))
        vig_request_fail_with (request, VIG_ERROR_UNAVAILABLE, "Vigilus is starting and reads its secret; try again in a second");
      else
        vig_request_fail_with (request, VIG_ERROR_CONFLICT, "set the secret first");
      return;
    }

  vig_request_set_data (request, g_new0 (NewOwner, 1), free_new_owner);
  vig_db_read_async (web->context.agent->db, count_users, request, NULL, NULL, NULL, users_counted_for_owner, vig_request_ref (request));
}

const VigRoute VIG_ROUTES_SETUP[] = {
  { "getSetup", .handle = get_setup },
  { "setSecret", .handle = set_secret },
  { "createOwner", .handle = create_owner },
  { NULL },
};
