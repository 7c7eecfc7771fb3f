/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-session.h"

#include "vig-store-users.h"

#include <string.h>

struct _VigSessions
{
  VigDb                *db;
  GHashTable           *logins;     /* token to VigLogin */
  guint                 generation; /* counts what has ended, so that a slow look-up does not bring it back */
  VigSessionsEndedFunc  ended;
  gpointer              ended_data;
};

typedef struct
{
  VigSessions  *sessions;
  VigLoginKind  kind;
  char         *token;
  guint         generation;
} Search;

char *
vig_csrf_derive (const char *token)
{
  return g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) token, strlen (token), "vigilus csrf 1", -1);
}

gboolean
vig_csrf_check (VigLogin *login, const char *sent)
{
  guint different = 0;

  if (sent == NULL || login->csrf == NULL || strlen (sent) != strlen (login->csrf))
    return FALSE;

  for (guint i = 0; sent[i] != '\0'; i++)
    different |= (guint) (sent[i] ^ login->csrf[i]);

  return different == 0;
}

static char **
dup_strings (JsonArray *array)
{
  g_autoptr (GStrvBuilder) strings = g_strv_builder_new ();

  if (array == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_strv_builder_add (strings, json_array_get_string_element (array, i));

  return g_strv_builder_end (strings);
}

VigLogin *
vig_login_new (VigLoginKind kind, const char *token, JsonObject *found)
{
  VigLogin *self = g_new0 (VigLogin, 1);
  JsonObject *user = vig_json_get_object (found, "user");
  VigRole own = VIG_ROLE_VIEWER;

  g_atomic_ref_count_init (&self->ref_count);
  self->kind = kind;
  self->id = g_strdup (vig_json_get_string (found, "id", ""));
  self->token = g_strdup (token);
  self->csrf = kind == VIG_LOGIN_COOKIE ? vig_csrf_derive (token) : NULL;
  self->user = json_object_ref (user);
  self->read_only = vig_json_get_boolean (found, "read_only", FALSE);
  self->groups = dup_strings (vig_json_get_array (found, "groups"));
  self->fetched = g_get_monotonic_time ();
  vig_role_from_string (vig_json_get_string (user, "role", "viewer"), &self->role);
  if (kind == VIG_LOGIN_TOKEN && vig_role_from_string (vig_json_get_string (found, "role", "viewer"), &own))
    self->role = MIN (self->role, own);
  self->caller.user_id = vig_json_get_string (user, "id", "");
  self->caller.user_name = vig_json_get_string (user, "name", "");
  self->caller.role = vig_role_to_string (self->role);
  self->caller.login_id = kind == VIG_LOGIN_COOKIE ? self->id : NULL;
  self->caller.unattended = kind == VIG_LOGIN_TOKEN;

  return self;
}

gboolean
vig_login_has_group (VigLogin *login, const char *group)
{
  return login->groups == NULL || g_strv_contains ((const char *const *) login->groups, group);
}

VigLogin *
vig_login_ref (VigLogin *login)
{
  g_atomic_ref_count_inc (&login->ref_count);

  return login;
}

void
vig_login_unref (VigLogin *login)
{
  if (!g_atomic_ref_count_dec (&login->ref_count))
    return;

  g_free (login->id);
  g_free (login->token);
  g_free (login->csrf);
  g_strfreev (login->groups);
  json_object_unref (login->user);
  g_free (login);
}

VigLogin *
vig_sessions_peek (VigSessions *self, const char *token)
{
  VigLogin *login = g_hash_table_lookup (self->logins, token);

  if (login == NULL || g_get_monotonic_time () - login->fetched < VIG_SESSIONS_AGE)
    return login;

  g_hash_table_remove (self->logins, token);

  return NULL;
}

static gboolean
is_stale (gpointer key, gpointer value, gpointer user_data)
{
  return g_get_monotonic_time () - ((VigLogin *) value)->fetched >= VIG_SESSIONS_AGE;
}

static void
remember (VigSessions *self, VigLogin *login)
{
  if (g_hash_table_size (self->logins) >= VIG_SESSIONS_MAX)
    g_hash_table_foreach_remove (self->logins, is_stale, NULL);
  if (g_hash_table_size (self->logins) >= VIG_SESSIONS_MAX)
    g_hash_table_remove_all (self->logins);
  g_hash_table_replace (self->logins, login->token, vig_login_ref (login));
}

static void
free_search (gpointer data)
{
  Search *search = data;

  g_free (search->token);
  g_free (search);
}

static gpointer
find_login (VigDbConnection *db, gpointer data, GError **error)
{
  Search *search = data;

  if (search->kind == VIG_LOGIN_TOKEN)
    return vig_store_tokens_find (db, search->token, error);

  return vig_store_logins_find (db, search->token, error);
}

static gpointer
touch (VigDbConnection *db, gpointer data, GError **error)
{
  VigLogin *login = data;

  if (login->kind == VIG_LOGIN_TOKEN)
    vig_store_tokens_touch (db, login->token, error);
  else
    vig_store_logins_touch (db, login->token, error);

  return NULL;
}

static void
touched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  vig_db_finish (VIG_DB (source), result, &error);
  if (error != NULL)
    g_warning ("failed to note the use of a sign-in or an API token: %s", error->message);
}

static void
find_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) found = vig_db_finish (VIG_DB (source), result, &error);
  Search *search = g_task_get_task_data (task);
  VigSessions *self = search->sessions;
  VigLogin *login;

  if (error != NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (found == NULL)
    {
      g_task_return_pointer (task, NULL, NULL);
      return;
    }

  login = vig_login_new (search->kind, search->token, found);
  if (search->generation == self->generation)
    remember (self, login);
  if (vig_json_get_boolean (found, "untouched", FALSE))
    vig_db_write_async (self->db, touch, vig_login_ref (login), (GDestroyNotify) vig_login_unref, NULL, NULL, touched, NULL);
  g_task_return_pointer (task, login, (GDestroyNotify) vig_login_unref);
}

void
vig_sessions_find_async (VigSessions *self, VigLoginKind kind, const char *token, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Search *search = g_new0 (Search, 1);

  search->sessions = self;
  search->kind = kind;
  search->token = g_strdup (token);
  search->generation = self->generation;
  g_task_set_source_tag (task, vig_sessions_find_async);
  g_task_set_task_data (task, search, free_search);
  vig_db_read_async (self->db, find_login, search, NULL, (GDestroyNotify) json_object_unref, NULL, find_done, task);
}

VigLogin *
vig_sessions_find_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
vig_sessions_end (VigSessions *self, const char *token)
{
  self->generation++;
  g_hash_table_remove (self->logins, token);
  if (self->ended != NULL)
    self->ended (token, NULL, NULL, self->ended_data);
}

static void
forget (VigSessions *self, const char *user_id, const char *but_token)
{
  GHashTableIter iter;
  VigLogin *login;

  self->generation++;
  g_hash_table_iter_init (&iter, self->logins);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &login))
    if (g_str_equal (login->caller.user_id, user_id) && g_strcmp0 (login->token, but_token) != 0)
      g_hash_table_iter_remove (&iter);
}

void
vig_sessions_forget_user (VigSessions *self, const char *user_id)
{
  forget (self, user_id, NULL);
}

void
vig_sessions_end_all (VigSessions *self, const char *user_id, const char *but_token)
{
  forget (self, user_id, but_token);
  if (self->ended != NULL)
    self->ended (NULL, user_id, but_token, self->ended_data);
}

void
vig_sessions_set_ended_func (VigSessions *self, VigSessionsEndedFunc func, gpointer user_data)
{
  self->ended = func;
  self->ended_data = user_data;
}

void
vig_sessions_free (VigSessions *self)
{
  g_hash_table_unref (self->logins);
  g_object_unref (self->db);
  g_free (self);
}

VigSessions *
vig_sessions_new (VigDb *db)
{
  VigSessions *self = g_new0 (VigSessions, 1);

  self->db = g_object_ref (db);
  self->logins = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) vig_login_unref);

  return self;
}
