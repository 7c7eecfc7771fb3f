/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"

#include <vigilus/vig-invocation-private.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

typedef struct
{
  char          *outside;
  char          *root;
  VigInvocation *invocation;
} Fixture;

static void
write_file (const char *dir, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
make_dir (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  VigInvocationValues values = { "call", "test.tool", "Tester", NULL, NULL, 0, 1000 };

  self->outside = vig_test_make_dir ();
  make_dir (self->outside, "root");
  make_dir (self->outside, "root/sub");
  make_dir (self->outside, "root-evil");
  write_file (self->outside, "secret.txt", "s");
  write_file (self->outside, "root-evil/x", "x");
  write_file (self->outside, "root/a.txt", "a");
  self->root = g_build_filename (self->outside, "root", NULL);
  values.working_directory = self->root;
  self->invocation = vig_invocation_new (&values, NULL, NULL, NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_object (&self->invocation);
  vig_test_remove_dir (self->outside);
  g_free (self->outside);
  g_free (self->root);
}

static gboolean
can_open (Fixture *self, const char *path, GError **error)
{
  int fd = vig_invocation_open_beneath (self->invocation, path, O_RDONLY | O_NONBLOCK, 0, error);

  if (fd >= 0)
    g_assert_cmpint (close (fd), ==, 0);

  return fd >= 0;
}

static void
test_strings (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonNode) suite = vig_test_load_json ("paths/strings.json");
  JsonArray *rows = json_node_get_array (suite);
  guint i;

  for (i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *path = json_object_get_string_member (row, "path");
      const char *expect = json_object_get_string_member (row, "expect");
      g_autoptr (GError) error = NULL;
      gboolean opened = can_open (self, path, &error);

      g_test_message ("%s: %s", path, error != NULL ? error->message : "opened");
      if (g_str_equal (expect, "allow"))
        g_assert_no_error (error);
      else if (!g_str_equal (expect, "allow_or_deny"))
        g_assert_false (opened);
    }
}

static void
assert_code (Fixture *self, const char *path, VigError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (can_open (self, path, &error));
  g_assert_error (error, VIG_ERROR, (int) code);
}

static void
test_codes (Fixture *self, gconstpointer data)
{
  g_autofree char *inside = g_build_filename (self->root, "a.txt", NULL);
  g_autofree char *sideways = g_strconcat (self->root, "/../secret.txt", NULL);
  g_autofree char *sibling = g_strconcat (self->root, "-evil/x", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (can_open (self, inside, &error));
  g_assert_true (can_open (self, self->root, &error));
  g_assert_true (can_open (self, "sub/../a.txt", &error));
  assert_code (self, sideways, VIG_ERROR_DENIED);
  assert_code (self, sibling, VIG_ERROR_DENIED);
  assert_code (self, "../secret.txt", VIG_ERROR_DENIED);
  assert_code (self, "none", VIG_ERROR_NOT_FOUND);
  assert_code (self, "", VIG_ERROR_INVALID);

  g_assert_cmpint (vig_invocation_open_beneath (self->invocation, "a.txt", O_WRONLY | O_CREAT | O_EXCL, 0600, &error), ==, -1);
  g_assert_error (error, VIG_ERROR, VIG_ERROR_EXISTS);
}

static void
test_no_directory (void)
{
  VigInvocationValues values = { "call", "test.tool", "Tester", NULL, NULL, 0, 1000 };
  g_autoptr (VigInvocation) invocation = vig_invocation_new (&values, NULL, NULL, NULL);
  const char * const argv[] = { "true", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (vig_invocation_open_beneath (invocation, "a", O_RDONLY, 0, &error), ==, -1);
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
  g_assert_nonnull (strstr (error->message, "Tester"));
  g_clear_error (&error);

  g_assert_null (vig_invocation_run_command (invocation, argv, NULL, NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED);
}

static void
on_output (gpointer data, VigOutput stream, const char *text, gsize length)
{
  g_string_append_printf (data, "%d:%.*s;", stream, (int) length, text);
}

static void
on_progress (gpointer data, double fraction, const char *text)
{
  g_string_append_printf (data, "%g:%s;", fraction, text);
}

static void
test_reports (void)
{
  VigInvocationValues values = { "call", "test.tool", "Tester", NULL, NULL, 5, 1000 };
  VigInvocationServices services = { on_output, on_progress, NULL };
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (VigInvocation) invocation = vig_invocation_new (&values, &services, seen, NULL);

  vig_invocation_report_output (invocation, VIG_OUTPUT_STDERR, "text", -1);
  vig_invocation_report_output (invocation, VIG_OUTPUT_STDOUT, "text", 2);
  vig_invocation_report_progress (invocation, 7.0, "half");
  g_assert_cmpstr (seen->str, ==, "1:text;0:te;1:half;");
  g_assert_cmpint (vig_invocation_get_deadline (invocation), ==, 5);
  g_assert_cmpuint (json_object_get_size (vig_invocation_get_arguments (invocation)), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/invocation/strings", Fixture, NULL, set_up, test_strings, tear_down);
  g_test_add ("/invocation/codes", Fixture, NULL, set_up, test_codes, tear_down);
  g_test_add_func ("/invocation/no-directory", test_no_directory);
  g_test_add_func ("/invocation/reports", test_reports);

  return g_test_run ();
}
