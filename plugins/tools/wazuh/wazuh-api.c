/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "wazuh-api.h"

#include <string.h>

#define TOKEN_TIME (14 * 60 * G_USEC_PER_SEC) /* the server's are good for 15 minutes, unless it was set otherwise */

struct _WazuhApi
{
  GMutex  mutex;
  char   *token;     /* NULL: none */
  char   *token_for; /* whose it is */
  gint64  token_until;
};

void
wazuh_list_free (WazuhList *list)
{
  if (list == NULL)
    return;

  json_array_unref (list->items);
  g_free (list->warning);
  g_free (list);
}

WazuhApi *
wazuh_api_new (void)
{
  WazuhApi *self = g_new0 (WazuhApi, 1);

  g_mutex_init (&self->mutex);

  return self;
}

static void
wipe (char **text)
{
  if (*text != NULL)
    explicit_bzero (*text, strlen (*text));
  g_clear_pointer (text, g_free);
}

void
wazuh_api_free (WazuhApi *self)
{
  wipe (&self->token);
  g_free (self->token_for);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

/* What the server says of an error, in one line. */
static char *
describe_error (JsonObject *answer)
{
  const char *title = vig_json_get_string (answer, "title", NULL);
  const char *detail = vig_json_get_string (answer, "detail", NULL);
  const char *remediation = vig_json_get_string (answer, "remediation", NULL);
  gint64 code = vig_json_get_int (answer, "error", vig_json_get_int (answer, "code", 0));
  g_autofree char *number = code != 0 ? g_strdup_printf (" (%" G_GINT64_FORMAT ")", code) : g_strdup ("");

  return g_strdup_printf ("%s%s%s%s%s%s", title != NULL ? title : "it does not say why", detail != NULL ? ": " : "", detail != NULL ? detail : "", number,
                          remediation != NULL ? ". " : "", remediation != NULL ? remediation : "");
}

static void
set_status_error (guint status, JsonObject *answer, GError **error)
{
  g_autofree char *text = describe_error (answer);

  if (status == 401)
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "Wazuh's server API refused the sign-in: %s. Check user and password under " WAZUH_PLACE_NAME, text);
  else if (status == 403)
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "the user of Wazuh's server API may not do this: %s", text);
  else if (status == 429)
    g_set_error (error, VIG_ERROR, VIG_ERROR_RATE_LIMITED, "Wazuh's server API is asked too often: %s", text);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "Wazuh's server API answered with status %u: %s", status, text);
}

static char *
sign_in (const WazuhPlace *place, GCancellable *cancellable, GError **error)
{
  g_autofree char *authorization = wazuh_place_basic (place);
  WazuhRequest request = { "POST", "/security/user/authenticate", authorization, NULL };
  guint status = 0;
  g_autoptr (JsonNode) node = wazuh_http_send (place, &request, &status, cancellable, error);
  const char *token;

  explicit_bzero (authorization, strlen (authorization));
  if (node == NULL)
    return NULL;
  if (status != 200)
    {
      set_status_error (status, json_node_get_object (node), error);
      return NULL;
    }

  token = vig_json_get_string (vig_json_get_object (json_node_get_object (node), "data"), "token", NULL);
  if (token == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE, "Wazuh's server API took the sign-in, but gave no token");

  return g_strdup (token);
}

/* Another password, user or server is another token. */
static char *
dup_owner (const WazuhPlace *place)
{
  g_autofree char *text = g_strjoin ("\n", place->url, place->user, place->password, NULL);
  char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  explicit_bzero (text, strlen (text));

  return sum;
}

/* Calls that come meanwhile wait for the one sign-in. */
static char *
dup_token (WazuhApi *self, const WazuhPlace *place, const char *expired, GCancellable *cancellable, GError **error)
{
  g_autofree char *owner = dup_owner (place);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (g_strcmp0 (self->token_for, owner) != 0 || g_get_monotonic_time () >= self->token_until || (expired != NULL && g_strcmp0 (self->token, expired) == 0))
    wipe (&self->token);
  if (self->token != NULL)
    return g_strdup (self->token);

  self->token = sign_in (place, cancellable, error);
  g_free (self->token_for);
  self->token_for = g_steal_pointer (&owner);
  self->token_until = g_get_monotonic_time () + TOKEN_TIME;

  return g_strdup (self->token);
}

static JsonNode *
send (const WazuhPlace *place, const char *path, const char *token, guint *status, GCancellable *cancellable, GError **error)
{
  g_autofree char *authorization = g_strconcat ("Bearer ", token, NULL);
  WazuhRequest request = { "GET", path, authorization, NULL };

  return wazuh_http_send (place, &request, status, cancellable, error);
}

/* A token that is refused is renewed once: it may have expired, or the server was restarted. */
static JsonNode *
send_signed (WazuhApi *self, const WazuhPlace *place, const char *path, guint *status, GCancellable *cancellable, GError **error)
{
  g_autofree char *token = dup_token (self, place, NULL, cancellable, error);
  g_autofree char *renewed = NULL;
  g_autoptr (JsonNode) node = token != NULL ? send (place, path, token, status, cancellable, error) : NULL;

  if (node == NULL || *status != 401)
    return g_steal_pointer (&node);

  renewed = dup_token (self, place, token, cancellable, error);

  return renewed != NULL ? send (place, path, renewed, status, cancellable, error) : NULL;
}

/* "Agent does not exist (1701) for 999". */
static char *
describe_failed (JsonObject *answer)
{
  JsonObject *data = vig_json_get_object (answer, "data");
  JsonArray *failed = data != NULL ? vig_json_get_array (data, "failed_items") : NULL;
  GString *text = g_string_new (vig_json_get_string (answer, "message", "some of it failed"));

  for (guint i = 0; failed != NULL && i < json_array_get_length (failed) && i < 5; i++)
    {
      JsonNode *node = json_array_get_element (failed, i);
      JsonObject *error = JSON_NODE_HOLDS_OBJECT (node) ? vig_json_get_object (json_node_get_object (node), "error") : NULL;
      g_autofree char *ids = error != NULL ? vig_json_to_string (json_object_get_member (json_node_get_object (node), "id")) : NULL;

      if (error != NULL)
        g_string_append_printf (text, "; %s (%" G_GINT64_FORMAT ") for %s", vig_json_get_string (error, "message", "error"), vig_json_get_int (error, "code", 0), ids);
    }

  return g_string_free (text, FALSE);
}

JsonObject *
wazuh_api_get (WazuhApi *self, const WazuhPlace *place, const char *path, GCancellable *cancellable, GError **error)
{
  guint status = 0;
  g_autoptr (JsonNode) node = wazuh_place_check (place, error) ? send_signed (self, place, path, &status, cancellable, error) : NULL;
  JsonObject *answer;

  if (node == NULL)
    return NULL;

  answer = json_node_get_object (node);
  if (status != 200)
    {
      set_status_error (status, answer, error);
      return NULL;
    }
  /* 1: all failed; 2: some of it. */
  if (vig_json_get_int (answer, "error", 0) == 1)
    {
      g_autofree char *text = describe_failed (answer);

      g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "Wazuh's server API: %s", text);
      return NULL;
    }

  return json_object_ref (answer);
}

WazuhList *
wazuh_api_get_list (WazuhApi *self, const WazuhPlace *place, const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonObject) answer = wazuh_api_get (self, place, path, cancellable, error);
  JsonObject *data = answer != NULL ? vig_json_get_object (answer, "data") : NULL;
  JsonArray *items = data != NULL ? vig_json_get_array (data, "affected_items") : NULL;
  WazuhList *list;

  if (answer == NULL)
    return NULL;
  if (items == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "Wazuh's server API answered without a list");
      return NULL;
    }

  list = g_new0 (WazuhList, 1);
  list->items = json_array_ref (items);
  list->total = vig_json_get_int (data, "total_affected_items", -1);
  if (vig_json_get_int (answer, "error", 0) != 0)
    list->warning = describe_failed (answer);

  return list;
}

int
wazuh_api_get_version (WazuhApi *self, const WazuhPlace *place, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonObject) answer = wazuh_api_get (self, place, "/", cancellable, error);
  JsonObject *data = answer != NULL ? vig_json_get_object (answer, "data") : NULL;
  const char *version = vig_json_get_string (data != NULL ? data : answer, "api_version", NULL);
  char *end;
  guint64 major, minor;

  if (answer == NULL)
    return -1;

  version += version != NULL && *version == 'v' ? 1 : 0;
  major = version != NULL ? g_ascii_strtoull (version, &end, 10) : 0;
  if (major == 0 || *end != '.')
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE, "Wazuh's server API does not say which version it is");
      return -1;
    }
  minor = g_ascii_strtoull (end + 1, NULL, 10);

  return (int) MIN (major, 1000) * 1000 + (int) MIN (minor, 999);
}
