/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "vig-resource.h"
#include "vig-test.h"

static void
test_covers (void)
{
  static const struct
  {
    const char *pattern;
    const char *resource;
    gboolean    covers;
  } rows[] = {
    { "file:/etc/nginx", "file:/etc/nginx", TRUE },
    { "file:/etc/nginx", "file:/etc/nginx/nginx.conf", TRUE },
    { "file:/etc/nginx", "file:/etc/nginx-evil", FALSE },
    { "file:/etc/nginx", "file:/etc/nginx-evil/x", FALSE },
    { "file:/etc/nginx", "file:/etc", FALSE },
    { "file:/etc/nginx", "file:/etc/shadow", FALSE },
    { "file:/etc/nginx/*", "file:/etc/nginx/a", TRUE },
    { "file:/etc/nginx/*", "file:/etc/nginx/a/b", FALSE },
    { "file:/etc/nginx/*", "file:/etc/nginx", FALSE },
    { "file:/srv/*/log", "file:/srv/web/log", TRUE },
    { "file:/srv/*/log", "file:/srv/a/b/log", FALSE },
    { "file:/srv/*.txt", "file:/srv/notes.txt", TRUE },
    { "file:/srv/*.txt", "file:/srv/notes.txt.sh", FALSE },
    { "file:/srv/a*b*c", "file:/srv/axxbyybzc", TRUE },
    { "file:/srv/a*b*c", "file:/srv/axxbyybz", FALSE },
    { "file:/srv/\\*", "file:/srv/*", TRUE },
    { "file:/srv/\\*", "file:/srv/anything", FALSE },
    { "file:/srv/\\*", "file:/srv/*/below", TRUE },
    { "file:/srv/?", "file:/srv/a", FALSE },
    { "file:/", "file:/etc/shadow", TRUE },
    { "file:/", "docker:/x", FALSE },
    { "*", "file:/etc/shadow", TRUE },
    { "*", NULL, TRUE },
    { "file:/srv", NULL, FALSE },
    { NULL, "file:/srv", FALSE },
    { NULL, NULL, FALSE },
    { "docker:web", "docker:web", TRUE },
    { "docker:web", "docker:web2", FALSE },
    { "docker:web", "docker:web/x", FALSE },
    { "docker:web-*", "docker:web-1", TRUE },
    { "docker:web", "ssh:web", FALSE },
    { "server:a", "server:A", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s over %s", rows[i].pattern, rows[i].resource);
      g_assert_cmpint (vig_resource_covers (rows[i].pattern, rows[i].resource), ==, rows[i].covers);
    }
}

static char *
in_dir (const char *dir, const char *rest)
{
  return g_strconcat ("file:", dir, rest, NULL);
}

static void
assert_canonical (const char *dir, const char *given, const char *wanted)
{
  g_autofree char *resource = in_dir (dir, given);
  g_autofree char *expected = wanted != NULL ? in_dir (dir, wanted) : NULL;
  g_autofree char *canonical = vig_resource_canonical (resource);

  g_assert_cmpstr (canonical, ==, expected);
}

static char *
make_tree (void)
{
  g_autofree char *made = vig_test_make_dir ();
  char *dir = realpath (made, NULL);
  g_autofree char *conf = g_build_filename (dir, "conf", NULL);
  g_autofree char *secret = g_build_filename (dir, "secret", NULL);
  g_autofree char *link = g_build_filename (dir, "conf", "link", NULL);
  g_autofree char *dangling = g_build_filename (dir, "conf", "dangling", NULL);
  g_autofree char *loop = g_build_filename (dir, "conf", "loop", NULL);

  g_assert_cmpint (g_mkdir (conf, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (secret, 0700), ==, 0);
  g_assert_cmpint (symlink (secret, link), ==, 0);
  g_assert_cmpint (symlink ("/nonexistent/x", dangling), ==, 0);
  g_assert_cmpint (symlink ("loop", loop), ==, 0);

  return dir;
}

static void
test_canonical (void)
{
  g_autofree char *dir = make_tree ();

  assert_canonical (dir, "/conf/a", "/conf/a");
  assert_canonical (dir, "/conf/", "/conf");
  assert_canonical (dir, "//conf///a/./b", "/conf/a/b");
  assert_canonical (dir, "/conf/../secret/x", "/secret/x");
  assert_canonical (dir, "/conf/new/../../secret", "/secret");
  assert_canonical (dir, "/conf/link/x", "/secret/x");
  assert_canonical (dir, "/conf/link/../conf/y", "/conf/y");
  assert_canonical (dir, "/conf/link/..", "");
  assert_canonical (dir, "/conf/dangling", NULL);
  assert_canonical (dir, "/conf/loop/x", NULL);
  vig_test_remove_dir (dir);
}

static void
test_canonical_odd (void)
{
  g_autofree char *above = vig_resource_canonical ("file:/../../etc");
  g_autofree char *root = vig_resource_canonical ("file:/");
  g_autofree char *relative = vig_resource_canonical ("file:etc");
  g_autofree char *other = vig_resource_canonical ("docker:../x");

  g_assert_cmpstr (above, ==, "file:/etc");
  g_assert_cmpstr (root, ==, "file:/");
  g_assert_null (relative);
  g_assert_cmpstr (other, ==, "docker:../x");
  g_assert_null (vig_resource_canonical (NULL));
}

static void
test_pattern (void)
{
  g_autofree char *dir = make_tree ();
  g_autofree char *linked = in_dir (dir, "/conf/link/*");
  g_autofree char *resolved = vig_resource_canonical_pattern (linked);
  g_autofree char *expected = in_dir (dir, "/secret/*");
  g_autofree char *climbing = in_dir (dir, "/*/../secret");

  g_assert_cmpstr (resolved, ==, expected);
  g_assert_null (vig_resource_canonical_pattern (climbing));
  vig_test_remove_dir (dir);
}

/* Whatever a file is called, the pattern made of it matches it alone. */
static void
test_escape (void)
{
  static const char * const names[] = { "file:/srv/*", "file:/srv/a\\b", "file:/srv/\\*", "file:/srv/plain", "docker:we*b" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *pattern = vig_resource_escape (names[i]);

      for (guint k = 0; k < G_N_ELEMENTS (names); k++)
        g_assert_cmpint (vig_resource_covers (pattern, names[k]), ==, i == k);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resource/covers", test_covers);
  g_test_add_func ("/resource/canonical", test_canonical);
  g_test_add_func ("/resource/canonical-odd", test_canonical_odd);
  g_test_add_func ("/resource/pattern", test_pattern);
  g_test_add_func ("/resource/escape", test_escape);

  return g_test_run ();
}
