/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"

#include <vigilus/vig-invocation-private.h>

#include <dlfcn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* A host that keeps the tools that the plugin adds. */
#define TEST_TYPE_HOST (test_host_get_type ())
G_DECLARE_FINAL_TYPE (TestHost, test_host, TEST, HOST, GObject)

struct _TestHost
{
  GObject     parent_instance;
  GHashTable *tools;
};

static void
test_host_add_tool (VigHost *host, VigTool *tool)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (vig_tool_info_check (vig_tool_get_info (tool), &error));
  g_assert_no_error (error);
  g_hash_table_insert (TEST_HOST (host)->tools, (gpointer) vig_tool_get_info (tool)->name, tool);
}

static void
host_init (VigHostInterface *iface)
{
  iface->add_tool = test_host_add_tool;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestHost, test_host, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_HOST, host_init))

static void
test_host_class_init (TestHostClass *klass)
{
}

static void
test_host_init (TestHost *self)
{
  self->tools = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
}

static TestHost *host;

static void
load (const char *name)
{
  g_autofree char *path = g_strdup_printf ("%s/plugins/tools/%s/%s.so", g_getenv ("VIG_TEST_BUILD"), name, name);
  void *module = dlopen (path, RTLD_NOW);
  const VigPlugin *plugin;

  g_assert_cmpstr (module == NULL ? dlerror () : NULL, ==, NULL);
  plugin = dlsym (module, VIG_PLUGIN_SYMBOL);
  g_assert_nonnull (plugin);
  g_assert_cmpstr (plugin->id, ==, name);
  g_assert_true (plugin->activate (VIG_HOST (host), NULL));
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

/* What the tool answers, or NULL. */
static char *
call (Fixture *self, const char *name, const char *path, const char *content, const char *mode, GError **error)
{
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s?, s:s?}", "path", path, "content", content, "mode", mode);
  g_autoptr (VigInvocation) invocation = make_invocation (self, name, arguments);
  VigTool *tool = g_hash_table_lookup (host->tools, name);
  g_autoptr (JsonNode) result = VIG_TOOL_GET_IFACE (tool)->run (tool, invocation, NULL, error);

  if (result != NULL && JSON_NODE_HOLDS_OBJECT (result))
    return vig_json_to_string (result);

  return result != NULL ? g_strdup (json_node_get_string (result)) : NULL;
}

static char *
read_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);

  return text;
}

static void
test_write (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->root, "notes.txt", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *a = call (self, "filesystem.write", "notes.txt", "one\n", "create", &error);
  g_autofree char *b = call (self, "filesystem.write", path, "two\n", "append", &error);
  g_autofree char *text = read_file (self->root, "notes.txt");
  g_autofree char *shown = call (self, "filesystem.read", "notes.txt", NULL, NULL, &error);
  g_autofree char *replaced = NULL;
  struct stat info;

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "one\ntwo\n");
  g_assert_cmpstr (shown, ==, text);

  g_assert_null (call (self, "filesystem.write", "notes.txt", "x", "create", &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_EXISTS);
  g_clear_error (&error);

  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  g_free (call (self, "filesystem.write", "notes.txt", "new", NULL, &error));
  g_assert_no_error (error);
  replaced = read_file (self->root, "notes.txt");
  g_assert_cmpstr (replaced, ==, "new");
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0640);

  g_assert_null (call (self, "filesystem.write", "none/x", "x", NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (call (self, "filesystem.write", "../x", "x", NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
}

static void
test_binary (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->root, "b", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "\x7f" "ELF\0\1", 6, NULL));
  g_assert_null (call (self, "filesystem.read", "b", NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "binary"));
}

static void
test_preview (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->root, "f", NULL);
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s}", "path", "f", "content", "1\n2\n3\n4\nfive\n6\n7\n8\n9");
  g_autoptr (VigInvocation) invocation = make_invocation (self, "filesystem.write", arguments);
  VigTool *tool = g_hash_table_lookup (host->tools, "filesystem.write");
  g_autofree char *resource = NULL;
  g_autofree char *expected = NULL;
  g_autoptr (VigPreview) preview = NULL;

  g_assert_true (g_file_set_contents (path, "1\n2\n3\n4\n5\n6\n7\n8\n9\n", -1, NULL));
  preview = VIG_TOOL_GET_IFACE (tool)->preview (tool, invocation, NULL, NULL);
  g_assert_cmpstr (preview->kind, ==, "diff");
  g_assert_cmpstr (preview->text, ==, "--- f\n+++ f\n@@ -2,8 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n-9\n+9\n\\ No newline at end of file\n");
  g_assert_cmpint (VIG_TOOL_GET_IFACE (tool)->classify (tool, invocation, &resource), ==, VIG_LEVEL_WRITE);
  expected = g_strconcat ("file:", path, NULL);
  g_assert_cmpstr (resource, ==, expected);
}

static void
build (Fixture *self, JsonArray *step)
{
  const char *kind = json_array_get_string_element (step, 0);
  g_autofree char *path = g_build_filename (self->outside, json_array_get_string_element (step, 1), NULL);
  const char *text = json_array_get_length (step) > 2 ? json_array_get_string_element (step, 2) : "";
  g_auto (GStrv) parts = g_strsplit (text, "{W}", -1);
  g_autofree char *target = g_strjoinv (self->outside, parts);

  if (g_str_equal (kind, "dir"))
    g_mkdir (path, 0700);
  else if (g_str_equal (kind, "file"))
    g_assert_true (g_file_set_contents (path, text, -1, NULL));
  else if (g_str_equal (kind, "symlink"))
    g_assert_cmpint (symlink (target, path), ==, 0);
  else if (g_str_equal (kind, "fifo"))
    g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  else if (g_str_equal (kind, "late-remove"))
    vig_test_remove_dir (path);
}

static void
check (Fixture *self, JsonArray *row)
{
  const char *what = json_array_get_string_element (row, 0);
  const char *expect = json_array_get_string_element (row, 2);
  g_autofree char *other = g_strconcat ("filesystem.", what, NULL);
  gboolean writes = g_str_equal (what, "write") || g_str_equal (what, "create");
  const char *tool = g_str_equal (what, "read") ? "filesystem.read"
                     : g_str_equal (what, "list") || g_str_equal (what, "stat") || g_str_equal (what, "delete") ? other
                     : writes ? "filesystem.write" : NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (tool == NULL)
    return;

  if (g_str_equal (expect, "deny_or_link_itself") || g_str_equal (expect, "allow_link_only"))
    expect = "allow";
  text = call (self, tool, json_array_get_string_element (row, 1), writes ? "x" : NULL, NULL, &error);
  g_test_message ("%s %s: %s", what, json_array_get_string_element (row, 1), error != NULL ? error->message : "done");
  if (g_str_has_prefix (expect, "deny"))
    g_assert_null (text);
  else if (!g_str_equal (expect, "allow_or_deny"))
    g_assert_no_error (error);
}

static void
test_layouts (void)
{
  g_autoptr (JsonNode) suite = vig_test_load_json ("paths/layouts.json");
  JsonArray *rows = json_node_get_array (suite);
  guint i;
  guint j;

  for (i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      JsonArray *steps = json_object_get_array_member (row, "setup");
      JsonArray *checks = json_object_get_array_member (row, "checks");
      Fixture fixture;

      g_test_message ("%s", json_object_get_string_member (row, "name"));
      set_up (&fixture, NULL);
      for (j = 0; j < json_array_get_length (steps); j++)
        build (&fixture, json_array_get_array_element (steps, j));
      for (j = 0; j < json_array_get_length (checks); j++)
        check (&fixture, json_array_get_array_element (checks, j));
      tear_down (&fixture, NULL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  host = g_object_new (TEST_TYPE_HOST, NULL);
  load ("filesystem");
  load ("shell");
  g_assert_cmpuint (g_hash_table_size (host->tools), ==, 9);

  g_test_add ("/filesystem/write", Fixture, NULL, set_up, test_write, tear_down);
  g_test_add ("/filesystem/binary", Fixture, NULL, set_up, test_binary, tear_down);
  g_test_add ("/filesystem/preview", Fixture, NULL, set_up, test_preview, tear_down);
  g_test_add_func ("/filesystem/layouts", test_layouts);

  return g_test_run ();
}
