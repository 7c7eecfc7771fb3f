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
