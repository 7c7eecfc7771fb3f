/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"
#include "vig-test-tools.h"

#include <vigilus/vig-invocation-private.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* PITFALLS 19: links, "..", special files and renames under way lead nowhere; 7: the resource is what is really touched. */

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
  vig_test_tools_reset ();
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  vig_test_remove_dir (self->outside);
  g_free (self->outside);
  g_free (self->root);
}

static void
put (Fixture *self, const char *name, const char *data, gssize length)
{
  g_autofree char *path = g_build_filename (self->root, name, NULL);

  g_assert_true (g_file_set_contents (path, data, length, NULL));
}

static char *
get (Fixture *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->root, name, NULL);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);

  return text;
}

/* The answer as text, or "error: ...". */
static char *
call (Fixture *self, const char *tool, const char *arguments)
{
  g_autoptr (JsonObject) object = vig_json_parse_object (arguments, -1, 0, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;

  g_assert_nonnull (object);
  node = vig_test_tools_call (tool, self->root, object, &error);
  g_assert_true ((node != NULL) != (error != NULL));
  if (node == NULL)
    return g_strdup_printf ("error: %s", error->message);

  return JSON_NODE_HOLDS_OBJECT (node) ? vig_json_to_string (node) : g_strdup (json_node_get_string (node));
}

#define assert_call(tool, arguments, expected) \
  G_STMT_START { \
    g_autofree char *answer_ = call (self, tool, arguments); \
    g_assert_cmpstr (answer_, ==, expected); \
  } G_STMT_END

#define assert_call_has(tool, arguments, part) \
  G_STMT_START { \
    g_autofree char *answer_ = call (self, tool, arguments); \
    g_test_message ("%s", answer_); \
    g_assert_nonnull (strstr (answer_, part)); \
  } G_STMT_END

static void
test_encodings (Fixture *self, gconstpointer data)
{
  put (self, "latin", "caf\xe9\nna\xefve\n", -1);
  put (self, "bom", "\xef\xbb\xbfgr\xc3\xbc\xc3\x9f\n", -1);
  put (self, "le", "\xff\xfeh\0i\0\n\0z\0", 10);
  put (self, "be", "\0h\0e\0l\0l\0o\0\n", 12);
  put (self, "binary", "\x7f" "ELF\0\1\2\3", 8);
  put (self, "controls", "a\1\2\3\xff", 5);
  put (self, "empty", "", 0);

  assert_call ("filesystem.read", "{\"path\":\"latin\"}", "café\nnaïve\n[encoding: WINDOWS-1252]");
  assert_call ("filesystem.read", "{\"path\":\"bom\"}", "grüß\n");
  assert_call ("filesystem.read", "{\"path\":\"le\"}", "hi\nz\n[encoding: UTF-16LE]");
  assert_call ("filesystem.read", "{\"path\":\"be\"}", "hello\n[encoding: UTF-16BE]");
  assert_call ("filesystem.read", "{\"path\":\"empty\"}", "");
  assert_call_has ("filesystem.read", "{\"path\":\"binary\"}", "error: binary: it is a binary file of 8 bytes");
  assert_call_has ("filesystem.read", "{\"path\":\"controls\"}", "error: controls: it is a binary file of 5 bytes");
}

static void
test_ranges (Fixture *self, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *path = g_build_filename (self->root, "sparse", NULL);

  for (guint i = 1; i <= 200000; i++)
    g_string_append_printf (text, "line %u\n", i);
  put (self, "long", text->str, (gssize) text->len);

  assert_call ("filesystem.read", "{\"path\":\"long\",\"offset\":150000,\"limit\":2}", "line 150000\nline 150001\n");
  assert_call ("filesystem.read", "{\"path\":\"long\",\"tail\":2}", "line 199999\nline 200000\n");
  assert_call ("filesystem.read", "{\"path\":\"long\",\"offset\":200001}", "");
  assert_call_has ("filesystem.read", "{\"path\":\"long\"}", "\n[cut: 10000 of ");

  /* 1 TiB of nothing takes no longer than its first bytes. */
  g_assert_true (g_file_set_contents (path, "first line\n", -1, NULL));
  if (truncate (path, (off_t) 1 << 40) == 0)
    assert_call ("filesystem.read", "{\"path\":\"sparse\",\"limit\":1}", "error: sparse: it is a binary file of 1099511627776 bytes (application/octet-stream)");
}

static void
test_special_files (Fixture *self, gconstpointer data)
{
  static const char * const tools[] = { "filesystem.read", "filesystem.write", "filesystem.delete", "filesystem.move" };
  g_autofree char *fifo = g_build_filename (self->root, "fifo", NULL);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_snprintf (address.sun_path, sizeof address.sun_path, "%s/socket", self->root);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (tools); i++)
    {
      assert_call_has (tools[i], "{\"path\":\"fifo\",\"content\":\"x\",\"to\":\"new\"}", "is a pipe");
      assert_call_has (tools[i], "{\"path\":\"socket\",\"content\":\"x\",\"to\":\"new\"}", "is a socket");
    }
  assert_call_has ("filesystem.stat", "{\"path\":\"fifo\"}", "\"kind\":\"pipe\"");
  assert_call_has ("filesystem.search", "{\"text\":\"x\"}", "\"found\":[],\"looked_at\":2");
  close (fd);
}

static void
test_search (Fixture *self, gconstpointer data)
{
  g_autofree char *sub = g_build_filename (self->root, "sub", NULL);
  g_autofree char *link = g_build_filename (self->root, "sub", "up", NULL);
  g_autofree char *leak = g_build_filename (self->outside, "secret.txt", NULL);
  g_autofree char *out = g_build_filename (self->root, "out", NULL);

  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  g_assert_cmpint (symlink ("..", link), ==, 0);
  g_assert_true (g_file_set_contents (leak, "the Fan is outside\n", -1, NULL));
  g_assert_cmpint (symlink (self->outside, out), ==, 0);
  put (self, "a.conf", "one\nthe fan is loud\n", -1);
  put (self, "sub/b.conf", "FAN=2\nno newline, fan", -1);
  put (self, "sub/c.bin", "fan\0fan", 7);

  assert_call ("filesystem.search", "{\"name\":\"*.conf\"}", "{\"found\":[{\"path\":\"a.conf\"},{\"path\":\"sub/b.conf\"}],\"looked_at\":6,\"unreadable\":0}");
  assert_call_has ("filesystem.search", "{\"text\":\"Fan\"}",
                   "\"found\":[{\"path\":\"a.conf\",\"line\":2,\"text\":\"the fan is loud\"},{\"path\":\"sub/b.conf\",\"line\":1,\"text\":\"FAN=2\"},"
                   "{\"path\":\"sub/b.conf\",\"line\":2,\"text\":\"no newline, fan\"}]");
  assert_call_has ("filesystem.search", "{\"text\":\"FAN\",\"case_sensitive\":true}", "\"found\":[{\"path\":\"sub/b.conf\",\"line\":1,\"text\":\"FAN=2\"}]");
  assert_call_has ("filesystem.search", "{\"text\":\"fan\",\"limit\":1}", "\"note\":\"there may be more");
  assert_call_has ("filesystem.search", "{}", "error: name what to search for");
  assert_call_has ("filesystem.search", "{\"path\":\"out\",\"name\":\"*\"}", "outside the working directory");
}

typedef struct
{
  const char *diff;
  const char *answer; /* what the file holds then, or a part of the error */
} PatchRow;

static const PatchRow patches[] = {
  { "@@ -2,1 +2,1 @@\n-two\n+TWO\n", "one\nTWO\nthree\nfour" },
  { "--- a/f\n+++ b/f\n@@ -1,3 +1,2 @@ context\n one\n-two\n three\n", "one\nthree\nfour" },
  { "@@ -0,0 +1 @@\n+zero\n", "zero\none\ntwo\nthree\nfour" },
  { "@@ -1 +1 @@\n-one\n+1\n@@ -4 +4 @@\n-four\n\\ No newline at end of file\n+4\n", "1\ntwo\nthree\n4\n" },
  { "@@ -4,1 +4,2 @@\n-four\n\\ No newline at end of file\n+four\n+five\n\\ No newline at end of file\n", "one\ntwo\nthree\nfour\nfive" },
  { "@@ -2 +2 @@\n-zwei\n+TWO\n", "hunk 1 of the patch (its line 2) does not apply: line 2 of the file is \"two\", not \"zwei\"" },
  { "@@ -1 +1 @@\n-one\n+1\n@@ -3 +3 @@\n-drei\n+3\n", "hunk 2 of the patch" },
  { "@@ -4 +4 @@\n-four\n+4\n", "line 4 of the file is \"four\"" },
  { "@@ -9 +9 @@\n-x\n+y\n", "the file has only 4 lines" },
  { "@@ -1,3 +1,3 @@\n one\n-two\n+2\n", "it ends too early: 1 old and 1 new lines are missing" },
  { "@@ -1,1 +1,1 @@\n-one\n-two\n+x\n", "it has more lines than its @@ line says" },
  { "@@ -3 +3 @@\n-three\n+3\n@@ -1 +1 @@\n-one\n+1\n", "it overlaps the one before it" },
  { "@@ bad @@\n", "its first line must be like" },
  { "nothing", "the patch has no hunk" },
  { "@@ -1 +1 @@\n-one\n+1\n\\ No newline at end of file\n", "no newline at its end where more lines follow" },
  { "@@ -1 +1 @@\n-one\n+1\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-x\n+y\n", "another file" },
  { "@@ -99999999999999999999 +1 @@\n-x\n+y\n", "its first line must be like" },
};

static void
test_patch (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (patches); i++)
    {
      g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s, s:s}", "path", "f", "mode", "patch", "content", patches[i].diff);
      g_autofree char *text = vig_json_object_to_string (arguments);
      g_autofree char *answer = NULL;
      g_autofree char *now = NULL;

      put (self, "f", "one\ntwo\nthree\nfour", -1);
      answer = call (self, "filesystem.write", text);
      now = get (self, "f");
      g_test_message ("%u: %s", i, answer);
      if (!g_str_has_prefix (answer, "error: "))
        g_assert_cmpstr (now, ==, patches[i].answer);
      else
        {
          g_assert_nonnull (strstr (answer, patches[i].answer));
          g_assert_cmpstr (now, ==, "one\ntwo\nthree\nfour");
        }
    }
}

static void
test_change (Fixture *self, gconstpointer data)
{
  g_autofree char *link = g_build_filename (self->root, "link", NULL);
  g_autofree char *outside = g_build_filename (self->outside, "precious", NULL);
  g_autofree char *moved = NULL;

  g_assert_true (g_file_set_contents (outside, "x", -1, NULL));
  g_assert_cmpint (symlink (outside, link), ==, 0);
  put (self, "a", "text", -1);

  assert_call ("filesystem.mkdir", "{\"path\":\"d\"}", "Made the directory d");
  assert_call_has ("filesystem.mkdir", "{\"path\":\"d\"}", "error: d exists already");
  assert_call ("filesystem.move", "{\"path\":\"a\",\"to\":\"d/b\"}", "Moved a to d/b");
  moved = get (self, "d/b");
  g_assert_cmpstr (moved, ==, "text");
  assert_call_has ("filesystem.delete", "{\"path\":\"d\"}", "the directory d is not empty");
  assert_call_has ("filesystem.move", "{\"path\":\"d/b\",\"to\":\"../b\"}", "outside the working directory");
  assert_call_has ("filesystem.move", "{\"path\":\"../precious\",\"to\":\"b\"}", "outside the working directory");
  assert_call_has ("filesystem.move", "{\"path\":\"d/b\",\"to\":\"link\"}", "link exists already");
  assert_call_has ("filesystem.move", "{\"path\":\"d\",\"to\":\"e\"}", "only files and links are moved");
  assert_call ("filesystem.delete", "{\"path\":\"d/b\"}", "Deleted the file d/b");
  assert_call ("filesystem.delete", "{\"path\":\"d\"}", "Deleted the directory d");
  assert_call ("filesystem.delete", "{\"path\":\"link\"}", "Deleted the link link");
  g_assert_true (g_file_test (outside, G_FILE_TEST_EXISTS));
  assert_call_has ("filesystem.delete", "{\"path\":\".\"}", "has to end with a name");
  assert_call_has ("filesystem.delete", "{\"path\":\"gone\"}", "there is no gone");
}

/* Rows, each whole: what does not fit is counted, and never cut in the middle. */
static void
test_list (Fixture *self, gconstpointer data)
{
  g_autofree char *sub = g_build_filename (self->root, "sub", NULL);
  g_autofree char *link = g_build_filename (self->root, "link", NULL);
  g_autofree char *text = NULL;
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *rows;

  assert_call ("filesystem.list", "{}", "{\"entries\":[],\"left_out\":0}");
  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  g_assert_cmpint (symlink ("nowhere", link), ==, 0);
  put (self, "b\xff", "four", -1);
  assert_call_has ("filesystem.list", "{}", "{\"entries\":[{\"name\":\"b\xef\xbf\xbd\",\"kind\":\"file\",\"modified\":\"20");
  assert_call_has ("filesystem.list", "{}", "{\"name\":\"link\",\"kind\":\"link\",");
  assert_call_has ("filesystem.list", "{}", "{\"name\":\"sub\",\"kind\":\"directory\",");

  for (guint i = 0; i < 1200; i++)
    {
      g_autofree char *name = g_strdup_printf ("sub/%0100u", i);

      put (self, name, "", 0);
    }
  text = call (self, "filesystem.list", "{\"path\":\"sub\"}");
  g_assert_cmpuint (strlen (text), <, 10000);
  answer = vig_json_parse_object (text, -1, 0, NULL);
  rows = vig_json_get_array (answer, "entries");
  g_assert_cmpuint (json_array_get_length (rows), >, 10);
  g_assert_cmpint (json_array_get_length (rows) + vig_json_get_int (answer, "left_out", 0), ==, 1200);
}

/* Nothing is changed that could not be kept, and each change is kept first. */
static void
test_keeps (Fixture *self, gconstpointer data)
{
  static const char * const calls[][2] = {
    { "filesystem.write", "{\"path\":\"a\",\"content\":\"new\"}" },   { "filesystem.write", "{\"path\":\"n\",\"content\":\"new\"}" },
    { "filesystem.delete", "{\"path\":\"a\"}" },                      { "filesystem.move", "{\"path\":\"a\",\"to\":\"b\"}" },
    { "filesystem.mkdir", "{\"path\":\"d\"}" },
  };
  g_autofree char *kept = NULL;

  put (self, "a", "old", -1);
  vig_test_tools_refuse_to_keep (TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    assert_call_has (calls[i][0], calls[i][1], "error: it is too large");
  kept = get (self, "a");
  g_assert_cmpstr (kept, ==, "old");
  assert_call_has ("filesystem.list", "{}", "\"size_bytes\":3}],\"left_out\":0}");

  vig_test_tools_refuse_to_keep (FALSE);
  assert_call ("filesystem.write", "{\"path\":\"a\",\"content\":\"new\"}", "Wrote a, 3 bytes");
  g_assert_cmpstr (vig_test_tools_get_after (), ==, "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437");
  assert_call ("filesystem.delete", "{\"path\":\"a\"}", "Deleted the file a");
  g_assert_null (vig_test_tools_get_after ());
}

/* The moment between being kept and being replaced: what somebody else wrote meanwhile is not lost. */
static void
write_meanwhile (gpointer path)
{
  g_assert_true (g_file_set_contents (path, "somebody else's\n", -1, NULL));
}

static void
test_race (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->root, "a", NULL);
  g_autofree char *now = NULL;

  put (self, "a", "old", -1);
  vig_test_tools_while_keeping (write_meanwhile, path);
  assert_call_has ("filesystem.write", "{\"path\":\"a\",\"content\":\"new\"}", "changed by somebody else meanwhile");
  now = get (self, "a");
  g_assert_cmpstr (now, ==, "somebody else's\n");

  vig_test_tools_while_keeping (write_meanwhile, path);
  g_assert_cmpint (g_unlink (path), ==, 0);
  assert_call_has ("filesystem.write", "{\"path\":\"a\",\"content\":\"new\"}", "changed by somebody else meanwhile");
  assert_call_has ("filesystem.list", "{}", "\"size_bytes\":16}],\"left_out\":0}");
}

typedef struct
{
  Fixture *fixture;
  gint     stop;
} Swapper;

/* A directory and a link to the outside change places all the time. */
static gpointer
swap (gpointer user_data)
{
  Swapper *self = user_data;
  g_autofree char *sub = g_build_filename (self->fixture->root, "sub", NULL);
  g_autofree char *link = g_build_filename (self->fixture->root, "link", NULL);

  while (g_atomic_int_get (&self->stop) == 0)
    if (renameat2 (AT_FDCWD, sub, AT_FDCWD, link, RENAME_EXCHANGE) != 0)
      return GINT_TO_POINTER (errno);

  return NULL;
}

static void
test_swapped_directory (Fixture *self, gconstpointer data)
{
  static const char * const names[] = { "sub", "link", "out" };
  g_autofree char *sub = g_build_filename (self->root, names[0], NULL);
  g_autofree char *link = g_build_filename (self->root, names[1], NULL);
  g_autofree char *out = g_build_filename (self->outside, names[2], NULL);
  g_autofree char *secret = g_build_filename (out, "f", NULL);
  g_autofree char *still = NULL;
  Swapper swapper = { self, 0 };
  GThread *thread;

  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (out, 0700), ==, 0);
  g_assert_cmpint (symlink ("../out", link), ==, 0);
  g_assert_true (g_file_set_contents (secret, "outside", -1, NULL));
  put (self, "sub/f", "inside", -1);
  thread = g_thread_new ("swap", swap, &swapper);
  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *read = call (self, "filesystem.read", "{\"path\":\"sub/f\"}");
      g_autofree char *written = i % 20 == 0 ? call (self, "filesystem.write", "{\"path\":\"sub/f\",\"content\":\"inside\"}") : NULL;

      g_assert_null (strstr (read, "outside\n"));
      g_assert_cmpstr (read, !=, "outside");
    }
  g_atomic_int_set (&swapper.stop, 1);
  g_assert_null (g_thread_join (thread));
  g_assert_true (g_file_get_contents (secret, &still, NULL, NULL));
  g_assert_cmpstr (still, ==, "outside");
}

static void
test_resources (Fixture *self, gconstpointer data)
{
  g_autofree char *link = g_build_filename (self->root, "link", NULL);
  g_autofree char *expected = g_strconcat ("link:", link, NULL);
  g_autofree char *moved = g_strdup_printf ("move:%s/a to %s/b", self->root, self->root);
  g_autoptr (JsonObject) one = vig_json_pack_object ("{s:s, s:s}", "path", "link", "to", "b");
  g_autoptr (JsonObject) two = vig_json_pack_object ("{s:s, s:s}", "path", "x/../a", "to", "./b");
  g_autofree char *resource = NULL;
  g_autofree char *other = NULL;
  g_autofree char *x = g_build_filename (self->root, "x", NULL);

  g_assert_cmpint (symlink ("/etc/passwd", link), ==, 0);
  g_assert_cmpint (g_mkdir (x, 0700), ==, 0);
  g_assert_cmpint (vig_test_tools_classify ("filesystem.delete", self->root, one, &resource), ==, VIG_LEVEL_WRITE);
  g_assert_cmpstr (resource, ==, expected);
  g_assert_cmpint (vig_test_tools_classify ("filesystem.move", self->root, two, &other), ==, VIG_LEVEL_WRITE);
  g_assert_cmpstr (other, ==, moved);

  g_clear_pointer (&other, g_free);
  json_object_set_string_member (two, "to", "letter to bank");
  vig_test_tools_classify ("filesystem.move", self->root, two, &other);
  g_assert_true (g_str_has_suffix (other, "/letter to bank"));
  g_clear_pointer (&other, g_free);
  g_free (x);
  x = g_build_filename (self->root, "bank to ", NULL);
  g_assert_cmpint (g_mkdir (x, 0700), ==, 0);
  json_object_set_string_member (two, "to", "bank to /b");
  vig_test_tools_classify ("filesystem.move", self->root, two, &other);
  g_assert_null (other);
}

/* What decides who may do what is more than a file, but for places that the owner has opened as a working directory. */
static void
test_elevating (Fixture *self, gconstpointer data)
{
  static const struct { const char *tool; const char *directory; const char *path; const char *to; VigLevel level; } rows[] = {
    { "filesystem.write", NULL, "notes.txt", "", VIG_LEVEL_WRITE },
    { "filesystem.write", NULL, "home/.ssh/authorized_keys", "", VIG_LEVEL_ELEVATE },
    { "filesystem.delete", NULL, "sudoers", "", VIG_LEVEL_ELEVATE },
    { "filesystem.move", NULL, "a", "authorized_keys", VIG_LEVEL_ELEVATE },
    { "filesystem.move", NULL, "sudoers", "b", VIG_LEVEL_ELEVATE },
    { "filesystem.copy", NULL, "notes.txt", "sudoers.d", VIG_LEVEL_ELEVATE },
    { "filesystem.write", "/etc", "hosts", "", VIG_LEVEL_WRITE },
    { "filesystem.write", "/etc", "systemd/system/x.service", "", VIG_LEVEL_ELEVATE },
    { "filesystem.write", "/etc", "/etc/passwd", "", VIG_LEVEL_ELEVATE },
    { "filesystem.write", "/etc/systemd", "note", "", VIG_LEVEL_WRITE },
    { "filesystem.write", "/etc/systemd", "shadow", "", VIG_LEVEL_ELEVATE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s}", "path", rows[i].path, "to", rows[i].to);
      g_autofree char *resource = NULL;

      g_test_message ("%s %s %s", rows[i].tool, rows[i].path, rows[i].to);
      g_assert_cmpint (vig_test_tools_classify (rows[i].tool, rows[i].directory != NULL ? rows[i].directory : self->root, arguments, &resource), ==, rows[i].level);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  vig_test_tools_load ("filesystem");

  g_test_add ("/filesystem/encodings", Fixture, NULL, set_up, test_encodings, tear_down);
  g_test_add ("/filesystem/ranges", Fixture, NULL, set_up, test_ranges, tear_down);
  g_test_add ("/filesystem/special-files", Fixture, NULL, set_up, test_special_files, tear_down);
  g_test_add ("/filesystem/list", Fixture, NULL, set_up, test_list, tear_down);
  g_test_add ("/filesystem/search", Fixture, NULL, set_up, test_search, tear_down);
  g_test_add ("/filesystem/patch", Fixture, NULL, set_up, test_patch, tear_down);
  g_test_add ("/filesystem/change", Fixture, NULL, set_up, test_change, tear_down);
  g_test_add ("/filesystem/keeps", Fixture, NULL, set_up, test_keeps, tear_down);
  g_test_add ("/filesystem/elevating", Fixture, NULL, set_up, test_elevating, tear_down);
  g_test_add ("/filesystem/race", Fixture, NULL, set_up, test_race, tear_down);
  g_test_add ("/filesystem/swapped-directory", Fixture, NULL, set_up, test_swapped_directory, tear_down);
  g_test_add ("/filesystem/resources", Fixture, NULL, set_up, test_resources, tear_down);

  return g_test_run ();
}
