/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-sandbox-private.h"
#include "vig-test.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* A place outside ("outside") with a working directory in it ("root"). */
typedef struct
{
  char *outside;
  char *root;
} Fixture;

static G_GNUC_UNUSED void
set_up (Fixture *self, gconstpointer data)
{
  self->outside = vig_test_make_dir ();
  self->root = g_build_filename (self->outside, "root", NULL);
  g_assert_cmpint (g_chmod (self->outside, 0777), ==, 0);
  g_assert_cmpint (g_mkdir (self->root, 0755), ==, 0);
}

static G_GNUC_UNUSED void
set_up_owned (Fixture *self, gconstpointer data)
{
  set_up (self, data);
  if (geteuid () == 0)
    g_assert_cmpint (chown (self->root, 65534, 65534), ==, 0);
}

static G_GNUC_UNUSED void
tear_down (Fixture *self, gconstpointer data)
{
  vig_test_remove_dir (self->outside);
  g_free (self->outside);
  g_free (self->root);
}

/* The rest of @spec is the caller's. */
static G_GNUC_UNUSED VigCommandResult *
run_spec (Fixture *self, VigSandboxSpec *spec, const char *script)
{
  const char * const argv[] = { "sh", "-c", script, NULL };
  g_autoptr (GError) error = NULL;
  VigCommandResult *result;

  spec->argv = argv;
  spec->working_directory = self->root;
  spec->output_limit = 100000;
  if (spec->deadline == 0)
    spec->deadline = vig_test_deadline ();
  result = vig_sandbox_run (spec, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s: exit %d, signal %d\n%s%s", script, result->exit_status, result->term_signal, result->output, result->error_output);

  return result;
}

static G_GNUC_UNUSED VigCommandResult *
run_for (Fixture *self, const char *script, gint64 milliseconds, const char *input)
{
  VigSandboxSpec spec = { .input = input, .deadline = g_get_monotonic_time () + milliseconds * 1000 };

  return run_spec (self, &spec, script);
}

static G_GNUC_UNUSED void
assert_works (Fixture *self, const char *script, const char *output)
{
  g_autoptr (VigCommandResult) result = run_for (self, script, VIG_TEST_SECONDS * 1000, NULL);

  g_assert_cmpint (result->exit_status, ==, 0);
  if (output != NULL)
    g_assert_cmpstr (result->output, ==, output);
}

static G_GNUC_UNUSED void
assert_fails (Fixture *self, const char *script)
{
  g_autoptr (VigCommandResult) result = run_for (self, script, VIG_TEST_SECONDS * 1000, NULL);

  g_assert_cmpint (result->exit_status, >, 0);
}

static G_GNUC_UNUSED gboolean
is_running (const char *marker)
{
  g_autofree char *output = NULL;
  const char *argv[] = { "pgrep", "-f", marker, NULL };
  int status = -1;

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL, &status, NULL));

  return status == 0;
}

static G_GNUC_UNUSED void
kill_supervisor (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  g_autofree char *line = g_strndup (text, length);

  g_assert_cmpint (kill ((pid_t) g_ascii_strtoll (line, NULL, 10), SIGKILL), ==, 0);
}
