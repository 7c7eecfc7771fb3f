/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-test-host.h"
#include "vig-test.h"

#include "vig-tool-runner.h"

#include <vigilus/vig-invocation-private.h>

#include <glib/gstdio.h>

/* What test-filesystem.c stands on. */

static VigTestHost *host;

static void
load (const char *name)
{
  g_autofree char *path = g_strdup_printf ("plugins/tools/%s/%s.so", name, name);

  vig_test_host_load (host, path);
}

typedef struct
{
  char *outside;
  char *root;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->outside = vig_test_make_dir ();
  self->root = g_build_filename (self->outside, "root", NULL);
  g_assert_cmpint (g_mkdir (self->root, 0700), ==, 0);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  vig_test_remove_dir (self->outside);
  g_free (self->outside);
  g_free (self->root);
}

/* Stands for the core: counts, and refuses where the test says so. */
static guint n_kept;
static gboolean refuse_to_keep;
static char *kept_after;

static gboolean
keep_file (gpointer data, int directory, const char *name, const char *after, GError **error)
{
  n_kept++;
  g_free (kept_after);
  kept_after = g_strdup (after);
  if (refuse_to_keep)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "it is too large");

  return !refuse_to_keep;
}

static VigInvocation *
make_invocation (Fixture *self, const char *name, JsonObject *arguments)
{
  static const VigInvocationServices services = { .keep_file = keep_file };
  VigInvocationValues values = { "call", name, "Tester", self->root, arguments, 0, 10000 };

  return vig_invocation_new (&values, &services, NULL, NULL);
}
