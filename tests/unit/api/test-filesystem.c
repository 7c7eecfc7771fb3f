/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem-fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* What the tool answers, or NULL. */
static char *
call (Fixture *self, const char *name, const char *path, const char *content, const char *mode, GError **error)
{
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s?, s:s?}", "path", path, "content", content, "mode", mode);
  g_autoptr (VigInvocation) invocation = make_invocation (self, name, arguments);
  VigTool *tool = g_hash_table_lookup (host->tools, name);
  g_autoptr (JsonNode) result = vig_tool_runner_call (tool, invocation, FALSE, NULL, error);

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
  preview = vig_tool_runner_call (tool, invocation, TRUE, NULL, NULL);
  g_assert_cmpstr (preview->kind, ==, "diff");
  g_assert_cmpstr (preview->text, ==, "--- f\n+++ f\n@@ -2,8 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n-9\n+9\n\\ No newline at end of file\n");
  g_assert_cmpint (VIG_TOOL_GET_IFACE (tool)->classify (tool, invocation, &resource), ==, VIG_LEVEL_WRITE);
  expected = g_strconcat ("file:", path, NULL);
  g_assert_cmpstr (resource, ==, expected);
}

/* An archive with one entry, or with a link and a file through it; as a program would make it that means harm. */
static void
build_archive (const char *path, const char *kind, const char *what)
{
  const char *script = g_str_equal (kind, "zip")
                         ? "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as z: z.writestr(sys.argv[2], 'evil')"
                         : "import io, sys, tarfile\n"
                           "with tarfile.open(sys.argv[1], 'w') as t:\n"
                           "    name, rest = sys.argv[2].split(' -> ')\n"
                           "    target, through = rest.split(' ; ')\n"
                           "    link = tarfile.TarInfo(name); link.type = tarfile.SYMTYPE; link.linkname = target; t.addfile(link)\n"
                           "    file = tarfile.TarInfo(through); file.size = 4; t.addfile(file, io.BytesIO(b'evil'))";
  const char *argv[] = { "python3", "-c", script, path, what, NULL };
  int status = -1;

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
}

static void
build_socket (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  close (fd);
}

static void
build_many (const char *path, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s/f%05u", path, i);
      int fd = g_creat (name, 0600);

      g_assert_cmpint (fd, >=, 0);
      close (fd);
    }
}

/* A directory and a link to elsewhere that change places all the time. */
typedef struct
{
  char *path;
  char *other;
  gint  stop;
} Swap;

static Swap swap;
static GThread *swapper;

static gpointer
swap_on (gpointer user_data)
{
  while (g_atomic_int_get (&swap.stop) == 0)
    renameat2 (AT_FDCWD, swap.path, AT_FDCWD, swap.other, RENAME_EXCHANGE);

  return NULL;
}

static void
begin_swap (const char *path, const char *target)
{
  swap.path = g_strdup (path);
  swap.other = g_strconcat (path, "-other", NULL);
  swap.stop = 0;
  g_assert_cmpint (symlink (target, swap.other), ==, 0);
  swapper = g_thread_new ("swap", swap_on, NULL);
}

static void
end_swap (void)
{
  if (swapper == NULL)
    return;

  g_atomic_int_set (&swap.stop, 1);
  g_thread_join (g_steal_pointer (&swapper));
  g_clear_pointer (&swap.path, g_free);
  g_clear_pointer (&swap.other, g_free);
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
  else if (g_str_equal (kind, "socket"))
    build_socket (path);
  else if (g_str_equal (kind, "many"))
    build_many (path, (guint) g_ascii_strtoull (text, NULL, 10));
  else if (g_str_equal (kind, "zip") || g_str_equal (kind, "tar"))
    build_archive (path, kind, text);
  else if (g_str_equal (kind, "swap"))
    begin_swap (path, target);
  else if (g_str_equal (kind, "late-remove"))
    vig_test_remove_dir (path);
  else
    g_assert_cmpstr (kind, ==, "a kind that is known");
}

/* "move a b": the words after the first are its arguments. */
static char *
call_words (Fixture *self, const char *what, const char *path, GError **error)
{
  g_auto (GStrv) words = g_strsplit (what, " ", 3);
  g_autofree char *tool = g_strconcat ("filesystem.", g_str_equal (words[0], "tree") ? "search" : words[0], NULL);
  g_autoptr (JsonObject) arguments = json_object_new ();
  g_autoptr (VigInvocation) invocation = NULL;
  g_autoptr (JsonNode) result = NULL;
  VigTool *found = g_hash_table_lookup (host->tools, tool);

  g_assert_nonnull (found);
  json_object_set_string_member (arguments, "path", words[1] != NULL && !g_str_has_prefix (words[1], "**") ? words[1] : path);
  if (words[1] != NULL && words[2] != NULL)
    json_object_set_string_member (arguments, "to", words[2]);
  if (g_str_equal (words[0], "extract"))
    json_object_set_string_member (arguments, "to", "unpacked");
  if (g_str_equal (tool, "filesystem.search"))
    json_object_set_string_member (arguments, "name", words[1] != NULL ? strrchr (words[1], '/') + 1 : "*");
  invocation = make_invocation (self, tool, arguments);
  result = vig_tool_runner_call (found, invocation, FALSE, NULL, error);

  return result != NULL ? vig_json_to_string (result) : NULL;
}

static char *
run_check (Fixture *self, const char *what, const char *path, GError **error)
{
  g_autofree char *tool = g_strconcat ("filesystem.", what, NULL);

  if (g_str_equal (what, "create") || g_str_equal (what, "write"))
    return call (self, "filesystem.write", path, "x", NULL, error);
  if (g_str_equal (what, "read in a loop"))
    return NULL;

  return strchr (what, ' ') == NULL && g_hash_table_contains (host->tools, tool) ? call (self, tool, path, NULL, NULL, error) : call_words (self, what, path, error);
}

/* In every moment of the swapping it is the file inside, or nothing. */
static void
read_in_a_loop (Fixture *self, const char *path)
{
  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *text = call (self, "filesystem.read", path, NULL, NULL, NULL);

      g_assert_null (text);
    }
}

static void
check (Fixture *self, JsonArray *row)
{
  const char *what = json_array_get_string_element (row, 0);
  const char *path = json_array_get_string_element (row, 1);
  const char *expect = json_array_get_string_element (row, 2);
  g_autofree char *evil = g_build_filename (self->outside, "evil.txt", NULL);
  g_autofree char *through = g_build_filename (self->outside, "out", "p.txt", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (g_str_equal (expect, "deny_always"))
    {
      read_in_a_loop (self, path);
      return;
    }

  text = run_check (self, what, path, &error);
  g_test_message ("%s %s: %s", what, path, error != NULL ? error->message : "done");
  if (g_str_equal (expect, "deny_or_link_itself") || g_str_equal (expect, "allow_link_only") || g_str_has_prefix (expect, "allow"))
    {
      if (!g_str_equal (expect, "allow_or_deny"))
        g_assert_no_error (error);
    }
  else
    {
      g_assert_true (g_str_has_prefix (expect, "deny"));
      g_assert_null (text);
    }
  if (g_str_has_prefix (expect, "allow_without:"))
    g_assert_null (strstr (text, expect + strlen ("allow_without:")));
  if (g_str_equal (expect, "allow_limited"))
    g_assert_cmpuint (strlen (text), <, 100000);
  g_assert_false (g_file_test (evil, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (through, G_FILE_TEST_EXISTS));
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
      end_swap ();
      tear_down (&fixture, NULL);
    }
}

static guint
count_entries (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

/* FALSE: it was refused. */
static gboolean
call_to (Fixture *self, const char *name, const char *from, const char *to)
{
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s}", "path", from, "to", to);
  g_autoptr (VigInvocation) invocation = make_invocation (self, name, arguments);
  VigTool *tool = g_hash_table_lookup (host->tools, name);
  g_autoptr (JsonNode) result = vig_tool_runner_call (tool, invocation, FALSE, NULL, NULL);

  return result != NULL;
}

/* An archive of one file, @text. */
static void
make_archive (const char *path, const char *text)
{
  g_autofree char *folder = vig_test_make_dir ();
  g_autofree char *file = g_build_filename (folder, "packed.txt", NULL);
  const char *const words[] = { "tar", "-cf", path, "-C", folder, "packed.txt", NULL };
  int status = -1;

  g_assert_true (g_file_set_contents (file, text, -1, NULL));
  g_assert_true (g_spawn_sync (NULL, (char **) words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  vig_test_remove_dir (folder);
}

static const char *const taking_two[] = { "filesystem.copy", "filesystem.move", "filesystem.extract" };

/* What each path string reaches as a source: what is outside never comes in. */
static void
test_sources (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonNode) suite = vig_test_load_json ("paths/strings.json");
  JsonArray *rows = json_node_get_array (suite);
  g_autofree char *sub = g_build_filename (self->root, "sub", NULL);
  g_autofree char *secret = g_build_filename (self->outside, "secret.txt", NULL);
  g_autofree char *packed = g_build_filename (self->root, "a.tar", NULL);
  g_autofree char *got = g_build_filename (self->root, "got", NULL);

  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  make_archive (secret, "the secret");
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *path = vig_json_get_string (row, "path", "");

      g_test_message ("%u: %s", i, path);
      for (guint j = 0; j < G_N_ELEMENTS (taking_two) && g_str_has_prefix (vig_json_get_string (row, "expect", ""), "deny"); j++)
        g_assert_false (call_to (self, taking_two[j], path, "got") || g_file_test (got, G_FILE_TEST_EXISTS));
    }
  make_archive (packed, "a");
  for (guint j = 0; j < G_N_ELEMENTS (taking_two); j++)
    g_assert_true (call_to (self, taking_two[j], j == 2 ? "copy1" : j == 1 ? "copy0" : "./a.tar", (const char *[]) { "copy0", "copy1", "got" }[j]));
  g_assert_true (g_file_test (got, G_FILE_TEST_IS_DIR));
}

/* Each path string as what is searched for: a text is found as it is written, and no pattern finds what is outside. */
static void
test_search (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonNode) suite = vig_test_load_json ("paths/strings.json");
  JsonArray *rows = json_node_get_array (suite);
  g_autofree char *lines = g_build_filename (self->root, "lines.conf", NULL);
  g_autofree char *secret = g_build_filename (self->outside, "secret.txt", NULL);
  g_autofree char *link = g_build_filename (self->root, "link", NULL);
  VigTool *tool = g_hash_table_lookup (host->tools, "filesystem.search");

  g_assert_true (g_file_set_contents (secret, "the secret", -1, NULL));
  g_assert_cmpint (symlink (self->outside, link), ==, 0);
  for (guint i = 0; i < json_array_get_length (rows) * 2; i++)
    {
      const char *path = vig_json_get_string (json_array_get_object_element (rows, i / 2), "path", "");
      g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s}", "path", ".", i % 2 == 0 ? "text" : "name", path);
      g_autoptr (VigInvocation) invocation = make_invocation (self, "filesystem.search", arguments);
      g_autofree char *content = g_strdup_printf ("before\n[%s]\nafter\nthe secret", path);
      g_autoptr (JsonNode) result = NULL;
      JsonArray *found;

      if (*path == '\0' || strlen (path) > 255)
        continue;
      g_assert_true (g_file_set_contents (lines, content, -1, NULL));
      result = vig_tool_runner_call (tool, invocation, FALSE, NULL, NULL);
      g_test_message ("%u: %s", i, path);
      g_assert_nonnull (result);
      found = vig_json_get_array (json_node_get_object (result), "found");
      for (guint j = 0; j < json_array_get_length (found); j++)
        g_assert_cmpstr (vig_json_get_string (json_array_get_object_element (found, j), "path", ""), ==, "lines.conf");
      if (i % 2 == 0)
        g_assert_cmpint (vig_json_get_int (json_array_get_object_element (found, 0), "line", 0), ==, 2);
    }
}

/* Every path string, by every tool that takes one: what is denied tells nothing, and whatever is written stays inside. */
static void
test_strings (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonNode) suite = vig_test_load_json ("paths/strings.json");
  static const char *const changing[] = { "filesystem.write", "filesystem.delete", "filesystem.mkdir" };
  JsonArray *rows = json_node_get_array (suite);
  g_autofree char *sub = g_build_filename (self->root, "sub", NULL);
  g_autofree char *inside = g_build_filename (self->root, "a.txt", NULL);
  g_autofree char *secret = g_build_filename (self->outside, "secret.txt", NULL);
  g_autofree char *packed = g_build_filename (self->root, "a.tar", NULL);
  g_autofree char *beneath = g_strconcat (self->root, "/", NULL);
  g_autofree char *still = NULL;
  guint n_made[G_N_ELEMENTS (taking_two)] = { 0 };

  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  make_archive (packed, "a");
  g_assert_true (g_file_set_contents (inside, "a", -1, NULL));
  g_assert_true (g_file_set_contents (secret, "the secret", -1, NULL));
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *path = vig_json_get_string (row, "path", "");
      const char *expect = vig_json_get_string (row, "expect", "");
      g_autoptr (GError) error = NULL;
      g_autofree char *text = call (self, "filesystem.read", path, NULL, NULL, &error);
      g_autofree char *stat = call (self, "filesystem.stat", path, NULL, NULL, NULL);
      g_autofree char *listed = call (self, "filesystem.list", path, NULL, NULL, NULL);

      g_test_message ("%u: %s", i, error != NULL ? "refused" : "read");
      if (g_str_equal (expect, "allow"))
        g_assert_true (text != NULL || listed != NULL);
      else if (!g_str_equal (expect, "allow_or_deny"))
        g_assert_null (text);
      g_assert_true (stat == NULL || strstr (stat, "\"size\":10") == NULL);
      g_assert_true (listed == NULL || strstr (listed, "secret.txt") == NULL);
    }
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      const char *path = vig_json_get_string (json_array_get_object_element (rows, i), "path", "");
      g_autofree char *whole = g_canonicalize_filename (path, self->root);
      g_autofree char *found = NULL;

      g_file_set_contents (inside, "a", -1, NULL);
      for (guint j = 0; j < G_N_ELEMENTS (taking_two); j++)
        if (call_to (self, taking_two[j], j == 2 ? "a.tar" : "a.txt", path))
          {
            g_assert_true (g_str_has_prefix (whole, beneath));
            n_made[j]++;
            g_free (call (self, "filesystem.delete", path, NULL, NULL, NULL));
            g_file_set_contents (inside, "a", -1, NULL);
          }
      for (guint j = 0; j < G_N_ELEMENTS (changing); j++)
        g_free (call (self, changing[j], path, "x", "replace", NULL));
      found = call (self, "filesystem.search", path, NULL, NULL, NULL);
      g_assert_true (found == NULL || strstr (found, "secret.txt") == NULL);
    }
  for (guint j = 0; j < G_N_ELEMENTS (taking_two); j++)
    g_assert_cmpuint (n_made[j], >, 0);
  g_assert_cmpuint (count_entries (self->outside), ==, 2);
  g_assert_true (g_file_get_contents (secret, &still, NULL, NULL));
  g_assert_cmpstr (still, ==, "the secret");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  host = vig_test_host_new ();
  load ("filesystem");
  load ("shell");
  g_assert_cmpuint (g_hash_table_size (host->tools), ==, 11);

  g_test_add ("/filesystem/write", Fixture, NULL, set_up, test_write, tear_down);
  g_test_add ("/filesystem/binary", Fixture, NULL, set_up, test_binary, tear_down);
  g_test_add ("/filesystem/preview", Fixture, NULL, set_up, test_preview, tear_down);
  g_test_add ("/filesystem/sources", Fixture, NULL, set_up, test_sources, tear_down);
  g_test_add ("/filesystem/search", Fixture, NULL, set_up, test_search, tear_down);
  g_test_add ("/filesystem/strings", Fixture, NULL, set_up, test_strings, tear_down);
  g_test_add_func ("/filesystem/layouts", test_layouts);

  return g_test_run ();
}
