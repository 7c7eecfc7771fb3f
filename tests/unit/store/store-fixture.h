/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"
#include "vig-store-operators.h"
#include "vig-store-runs.h"
#include "vig-store-sessions.h"
#include "vig-store-users.h"
#include "vig-test.h"

/* A database in a directory of its own. */
typedef struct
{
  char  *directory;
  char  *path;
  VigDb *db;
} Fixture;

static inline void
fixture_open (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  self->db = vig_db_open (self->path, &error);
  g_assert_no_error (error);
}

static inline void
fixture_close (Fixture *self)
{
  vig_db_close (self->db);
  g_clear_object (&self->db);
}

static inline void
fixture_set_up (Fixture *self, gconstpointer data)
{
  self->directory = vig_test_make_dir ();
  self->path = g_build_filename (self->directory, "data", "vigilus.db", NULL);
  fixture_open (self);
}

static inline void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  if (self->db != NULL)
    fixture_close (self);
  vig_test_remove_dir (self->directory);
  g_free (self->directory);
  g_free (self->path);
}

/* Runs @func in a write of its own, which must work. */
static inline gpointer
fixture_write (Fixture *self, VigDbFunc func, gpointer data)
{
  g_autoptr (GError) error = NULL;
  gpointer result = vig_db_write (self->db, func, data, &error);

  g_assert_no_error (error);

  return result;
}

#define assert_string(object, name, value) g_assert_cmpstr (vig_json_get_string (object, name, NULL), ==, value)
#define assert_null(object, name) g_assert_true (json_object_get_null_member (object, name))
#define count_items(list) json_array_get_length (vig_json_get_array (list, "items"))
#define item(list, i) json_array_get_object_element (vig_json_get_array (list, "items"), i)

/* @error must be of @code and say @text; cleared. */
#define assert_refused(error, code_, text) \
  G_STMT_START { \
    g_assert_error (error, VIG_ERROR, code_); \
    g_assert_cmpstr (error->message, ==, text); \
    g_clear_error (&error); \
  } G_STMT_END

static inline JsonObject *
parse (const char *json)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object = vig_json_parse_object (json, -1, 0, &error);

  g_assert_no_error (error);

  return object;
}

/* A user, a session and a run in it, by their ids. */
typedef struct
{
  char *user;
  char *session;
  char *run;
} Chat;

static inline char *
take_id (JsonObject *object)
{
  g_assert_nonnull (object);
  char *id = g_strdup (vig_json_get_string (object, "id", NULL));

  g_assert_nonnull (id);
  json_object_unref (object);

  return id;
}

static inline void
chat_init (Chat *self, VigDbConnection *db, GError **error)
{
  self->user = take_id (vig_store_users_create_owner (db, "Ada", "record", error));
  self->session = take_id (vig_store_sessions_create (db, self->user, "Disks", error));
  self->run = take_id (vig_store_runs_create (db, self->session, self->user, error));
}

static inline void
chat_clear (Chat *self)
{
  g_free (self->user);
  g_free (self->session);
  g_free (self->run);
}
