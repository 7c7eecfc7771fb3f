/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-server-access.h"
#include "vig-store-credentials.h"
#include "vig-web.h"

#include <string.h>

static const char *const secret_members[] = { "private_key", "passphrase", "password", "secret", "generate", NULL };

/* What a write needs that the body does not say in clear: the sealed secret, and what a key tells of itself. */
typedef struct
{
  VigServerAccess *access;
  VigStoreHandler  handler;
  const char      *member;      /* of the body that has it; NULL: it stays */
  char            *private_key; /* from the body, or made here */
  char            *sealed;
  JsonNode        *facts;       /* public_key, fingerprint */
} Secret;

static void
secret_free (gpointer data)
{
  Secret *self = data;

  if (self->private_key != NULL)
    explicit_bzero (self->private_key, strlen (self->private_key));
  g_free (self->private_key);
  g_free (self->sealed);
  g_clear_pointer (&self->facts, json_node_unref);
  g_clear_object (&self->access);
  g_free (self);
}

/* The member of the body that a credential of this kind has its secret in. */
static const char *
get_secret_member (const char *kind)
{
  if (g_strcmp0 (kind, "ssh_key") == 0)
    return "private_key";

  return g_strcmp0 (kind, "password") == 0 ? "password" : "secret";
}

static gboolean
fill_readable (VigDbConnection *db, VigRequest *request, JsonObject *credential, GError **error)
{
  g_autofree char *sealed = NULL;
  g_autoptr (JsonObject) again = vig_store_credentials_get (db, vig_json_get_string (credential, "id", ""), &sealed, error);

  if (again == NULL)
    return FALSE;

  json_object_set_boolean_member (credential, "readable", vig_vault_can_open (vig_request_get_web (request)->context.agent->vault, sealed));

  return TRUE;
}

static JsonNode *
list_credentials (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  g_autoptr (JsonObject) list = vig_store_credentials_list (db, &page, error);
  JsonArray *items = vig_json_get_array (list, "items");

  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    if (!fill_readable (db, request, json_array_get_object_element (items, i), error))
      return NULL;

  return vig_node_take_object (g_steal_pointer (&list));
}

static JsonNode *
get_credential (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) credential = vig_store_credentials_get (db, vig_request_get_id (request), NULL, error);

  if (credential == NULL || !fill_readable (db, request, credential, error))
    return NULL;

  return vig_node_take_object (g_steal_pointer (&credential));
}

/* What is stored in clear. */
static JsonObject *
without_secrets (VigRequest *request)
{
  Secret *secret = vig_request_get_data (request);
  JsonObject *body = vig_request_get_body (request);
  g_autoptr (GList) names = json_object_get_members (body);
  JsonObject *copy = json_object_new ();

  for (GList *name = names; name != NULL; name = name->next)
    if (!g_strv_contains (secret_members, name->data))
      json_object_set_member (copy, name->data, json_node_ref (json_object_get_member (body, name->data)));
  if (secret != NULL && secret->facts != NULL)
    {
      JsonObject *facts = json_node_get_object (secret->facts);

      json_object_set_string_member (copy, "public_key", vig_json_get_string (facts, "public_key", ""));
      json_object_set_string_member (copy, "fingerprint", vig_json_get_string (facts, "fingerprint", ""));
    }

  return copy;
}

static JsonNode *
record (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *credential, GError **error)
{
  g_autoptr (JsonObject) owned = credential;
  Secret *secret = vig_request_get_data (request);
  JsonObject *detail;

  if (credential == NULL)
    return NULL;

  detail = vig_json_pack_object ("{s:s,s:s,s:b}", "id", vig_json_get_string (credential, "id", ""), "name", vig_json_get_string (credential, "name", ""),
                                 "secret_changed", secret != NULL && secret->sealed != NULL);
  if (!vig_web_audit (db, request, event, detail, error))
    return NULL;

  vig_web_publish (db, request, "credentials", event, vig_json_pack ("{s:s}", "id", vig_json_get_string (credential, "id", "")));

  return vig_node_take_object (json_object_ref (credential));
}

static JsonNode *
create_credential (VigDbConnection *db, VigRequest *request, GError **error)
{
  Secret *secret = vig_request_get_data (request);
  g_autoptr (JsonObject) values = without_secrets (request);
  JsonObject *credential = vig_store_credentials_create (db, values, secret->sealed, error);

  if (credential != NULL)
    json_object_set_boolean_member (credential, "readable", TRUE);

  return record (db, request, "credential.created", credential, error);
}

static JsonNode *
update_credential (VigDbConnection *db, VigRequest *request, GError **error)
{
  Secret *secret = vig_request_get_data (request);
  const char *id = vig_request_get_id (request);
  g_autoptr (JsonObject) old = vig_store_credentials_get (db, id, NULL, error);
  g_autoptr (JsonObject) changes = without_secrets (request);
  g_autoptr (JsonObject) credential = NULL;
  const char *kind = vig_json_get_string (old, "kind", NULL);

  if (old == NULL)
    return NULL;
  if (secret->member != NULL && !g_str_equal (secret->member, get_secret_member (kind)))
    {
      vig_request_blame (request, secret->member, error, "%s is of the kind %s, whose secret is sent as %s: make another credential for this one",
                         vig_json_get_string (old, "name", ""), kind, get_secret_member (kind));
      return NULL;
    }

  credential = vig_store_credentials_update (db, id, changes, secret->sealed, error);
  if (credential == NULL || !fill_readable (db, request, credential, error))
    return NULL;

  return record (db, request, "credential.updated", g_steal_pointer (&credential), error);
}

static JsonNode *
delete_credential (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) credential = vig_store_credentials_get (db, vig_request_get_id (request), NULL, error);
  g_autoptr (JsonNode) answer = NULL;

  if (credential != NULL && vig_store_credentials_delete (db, vig_request_get_id (request), error))
    answer = record (db, request, "credential.deleted", json_object_ref (credential), error);

  return NULL;
}

static void
fail_about (VigRequest *request, const GError *error)
{
  const char *slash = *error->message == '/' ? strchr (error->message, ':') : NULL;

  if (slash != NULL)
    {
      g_autofree char *field = g_strndup (error->message + 1, slash - error->message - 1);

      vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), field));
    }
  vig_request_fail (request, error);
}

static void
seal (VigRequest *request, JsonNode *secrets, GError **error)
{
  Secret *self = vig_request_get_data (request);
  g_autofree char *text = vig_json_to_string (secrets);

  self->sealed = vig_vault_seal (vig_request_get_web (request)->context.agent->vault, text, error);
  explicit_bzero (text, strlen (text));
}

static void
key_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  Secret *self = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) secrets = NULL;

  self->facts = g_task_propagate_pointer (G_TASK (result), &error);
  if (self->facts != NULL)
    {
      secrets = vig_json_pack ("{s:s, s:s}", "private_key", self->private_key,
                               "passphrase", vig_json_get_string (vig_request_get_body (request), "passphrase", NULL));
      seal (request, secrets, &error);
    }
  if (error != NULL)
    fail_about (request, error);
  else
    vig_web_run_write (request, self->handler);
}

static void
read_key (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  VigRequest *request = data;
  Secret *self = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;
  JsonNode *facts = NULL;

  if (self->private_key == NULL)
    self->private_key = vig_server_access_make_key (self->access, &error);
  if (self->private_key != NULL)
    facts = vig_server_access_read_key (self->access, self->private_key, vig_json_get_string (vig_request_get_body (request), "passphrase", NULL), &error);

  if (facts != NULL)
    g_task_return_pointer (task, facts, (GDestroyNotify) json_node_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* Keys are read on a worker thread: opening one with a passphrase is slow on purpose. */
static void
begin_key (VigRequest *request)
{
  const VigAgentContext *agent = vig_request_get_web (request)->context.agent;
  VigServerAccess *access = vig_server_access_find (agent->registry);
  Secret *self = vig_request_get_data (request);
  g_autoptr (GTask) task = NULL;

  if (access == NULL)
    {
      vig_request_fail_with (request, VIG_ERROR_UNAVAILABLE, "the plugin ssh is not loaded: look under Settings, Plugins");
      return;
    }

  self->access = g_object_ref (access);
  self->private_key = g_strdup (vig_json_get_string (vig_request_get_body (request), "private_key", NULL));
  task = g_task_new (NULL, NULL, key_read, vig_request_ref (request));
  g_task_set_source_tag (task, begin_key);
  g_task_set_task_data (task, request, NULL);
  vig_worker_run_task (agent->worker, task, read_key);
}

/* What is pasted with a line break or half of something else would only fail later, and far from here. */
static gboolean
check_text (VigRequest *request, const char *member, const char *text)
{
  const char *p = text;

  while (*p != '\0' && !g_ascii_iscntrl (*p))
    p++;
  if (*p == '\0' || g_str_equal (member, "password"))
    return TRUE;

  vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), member));
  vig_request_fail_with (request, VIG_ERROR_INVALID, "/secret: has a line break or another control character in it: paste the key or token alone");

  return FALSE;
}

static void
begin_text (VigRequest *request)
{
  Secret *self = vig_request_get_data (request);
  const char *text = vig_json_get_string (vig_request_get_body (request), self->member, "");
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) secrets = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  if (!check_text (request, self->member, text))
    return;

  json_object_set_string_member (secrets, self->member, text);
  json_node_set_object (node, secrets);
  seal (request, node, &error);
  if (error != NULL)
    vig_request_fail (request, error);
  else
    vig_web_run_write (request, self->handler);
}

/* FALSE: the body has several secrets. *member: the one that it has, or NULL. */
static gboolean
find_member (JsonObject *body, const char **member)
{
  gboolean generate = vig_json_get_boolean (body, "generate", FALSE);
  static const char *const members[] = { "private_key", "password", "secret" };
  guint n = generate ? 1 : 0;

  *member = generate ? "private_key" : NULL;
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    if (json_object_has_member (body, members[i]))
      {
        *member = members[i];
        n++;
      }

  return n <= 1;
}

static void
begin (VigRequest *request, VigStoreHandler handler, const char *kind)
{
  const char *needed = kind != NULL ? get_secret_member (kind) : NULL;
  Secret *self = g_new0 (Secret, 1);
  gboolean is_clear = find_member (vig_request_get_body (request), &self->member);

  self->handler = handler;
  vig_request_set_data (request, self, secret_free);
  if (!is_clear)
    vig_request_fail_with (request, VIG_ERROR_INVALID, "send one of private_key, password, secret and generate, not several");
  else if (needed != NULL && g_strcmp0 (needed, self->member) != 0)
    vig_request_fail_with (request, VIG_ERROR_INVALID,
                           g_str_equal (needed, "private_key") ? "/private_key: paste a private key, or let Vigilus generate one"
                           : g_str_equal (needed, "password") ? "/password: enter the password" : "/secret: enter the key or token");
  else if (self->member == NULL)
    vig_web_run_write (request, handler);
  else if (g_str_equal (self->member, "private_key"))
    begin_key (request);
  else
    begin_text (request);
}

static void
begin_create (VigRequest *request)
{
  begin (request, create_credential, vig_json_get_string (vig_request_get_body (request), "kind", ""));
}

static void
begin_update (VigRequest *request)
{
  begin (request, update_credential, NULL);
}

const VigRoute VIG_ROUTES_CREDENTIALS[] = {
  { "listCredentials", .read = list_credentials },
  { "createCredential", .handle = begin_create },
  { "getCredential", .read = get_credential },
  { "updateCredential", .handle = begin_update },
  { "deleteCredential", .write = delete_credential },
  { NULL },
};
