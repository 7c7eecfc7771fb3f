/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"

#include <vigilus/vig-beneath.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define N_RACES 20000

static const char * const folders[] = { "root", "root/sub", "root/sub/deep", "root-evil" };

static const char * const files[] = { "secret.txt", "root-evil/secret.txt", "root/a.txt", "root/sub/b.txt", "root/sub/deep/c.txt" };

static const char * const links[][2] = {
  { "root/link", "a.txt" },
  { "root/folder", "sub" },
  { "root/slashed", "sub/" },
  { "root/out", "../secret.txt" },
  { "root/evil", "../root-evil" },
  { "root/absolute", "/etc/passwd" },
  { "root/itself", "itself" },
  { "root/one", "two" },
  { "root/two", "folder/deep/c.txt" },
  { "root/dangling", "none" },
  { "root/sub/back", "../a.txt" },
  { "root/sub/far", "../../secret.txt" },
  { "root/sub/deep/up", "../.." },
};

static const char * const paths[] = {
  ".", "./", "a.txt", "./a.txt", "a.txt/", "a.txt/x", "a.txt/..", "none", "none/x", "none/", "sub", "sub/", "sub//b.txt", "sub/.", "sub/..", "sub/../a.txt",
  "..", "../", "../root/a.txt", "../secret.txt", "sub/../..", "sub/../../secret.txt", "sub/deep/../../a.txt", "sub/deep/../../../secret.txt", "/", "/etc/passwd",
  "link", "link/", "link/x", "folder", "folder/", "folder/b.txt", "folder/../a.txt", "folder/..", "folder/deep/up/a.txt", "folder/deep/up/..", "slashed", "slashed/b.txt",
  "out", "out/", "evil", "evil/secret.txt", "absolute", "absolute/", "itself", "itself/x", "one", "one/", "two", "dangling", "dangling/", "dangling/x", "sub/back",
  "sub/far", "sub/deep/up", "sub/deep/up/sub/b.txt", "sub/deep/up/../secret.txt", "new", "new/", "sub/new", "folder/new", "none/new", "evil/new", "",
};

static const int flags[] = {
  O_RDONLY, O_RDONLY | O_DIRECTORY, O_PATH, O_PATH | O_DIRECTORY, O_PATH | O_NOFOLLOW, O_PATH | O_NOFOLLOW | O_DIRECTORY, O_RDONLY | O_NOFOLLOW,
  O_WRONLY, O_WRONLY | O_CREAT, O_WRONLY | O_CREAT | O_EXCL, O_WRONLY | O_CREAT | O_NOFOLLOW,
};

typedef struct
{
  char *outside;
  int   root;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *root = NULL;

  self->outside = vig_test_make_dir ();
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_build_filename (self->outside, folders[i], NULL);

      g_assert_no_errno (g_mkdir (path, 0700));
    }
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (self->outside, files[i], NULL);

      g_assert_true (g_file_set_contents (path, files[i], -1, NULL));
    }
  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    {
      g_autofree char *path = g_build_filename (self->outside, links[i][0], NULL);

      g_assert_no_errno (symlink (links[i][1], path));
    }
  root = g_build_filename (self->outside, "root", NULL);
  self->root = open (root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (self->root, >=, 0);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  close (self->root);
  vig_test_remove_dir (self->outside);
  g_free (self->outside);
}

/* What was opened, by its number; or why not. What was made goes again. */
static char *
tell (Fixture *self, int fd)
{
  int code = errno;
  struct stat info;

  if (fd < 0)
    return g_strdup (g_strerror (code));
  g_assert_no_errno (fstat (fd, &info));
  close (fd);
  for (guint i = 0; i < 2; i++)
    unlinkat (self->root, i == 0 ? "new" : "sub/new", 0);
  unlinkat (self->root, "none", 0);

  return info.st_size == 0 ? g_strdup ("made") : g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) info.st_ino);
}

/* Step by step comes to what the kernel comes to at once, or to the same refusal. */
static void
test_as_the_kernel (Fixture *self, gconstpointer data)
{
  guint n_opened = 0;

  for (guint i = 0; i < G_N_ELEMENTS (paths) * G_N_ELEMENTS (flags) * 2; i++)
    {
      const char *path = paths[i / 2 / G_N_ELEMENTS (flags)];
      int how = flags[i / 2 % G_N_ELEMENTS (flags)];
      g_autofree char *kernel = tell (self, vig_beneath_open (self->root, path, how, 0600, i % 2 == 0));
      g_autofree char *steps = tell (self, vig_beneath_walk (self->root, path, how, 0600, i % 2 == 0));

      if (g_strcmp0 (kernel, steps) != 0)
        g_test_message ("\"%s\", flags %#o, %s links", path, (guint) how, i % 2 == 0 ? "following" : "not following");
      g_assert_cmpstr (steps, ==, kernel);
      n_opened += g_ascii_isdigit (*steps);
    }
  g_assert_cmpuint (n_opened, >, 200);
}

static gpointer
flip (gpointer data)
{
  Fixture *self = data;

  for (guint i = 0; g_atomic_int_get (&self->root) >= 0 && i < N_RACES * 100; i++)
    renameat2 (self->root, "sub", self->root, "evil", RENAME_EXCHANGE);

  return NULL;
}

/* PITFALLS 19: a link that comes and goes while it is looked at leads nowhere. */
static void
test_race (Fixture *self, gconstpointer data)
{
  Fixture other = { self->outside, fcntl (self->root, F_DUPFD_CLOEXEC, 0) };
  int kept = other.root;
  GThread *thread = g_thread_new ("flip", flip, &other);
  guint n_opened = 0;

  for (guint i = 0; i < N_RACES; i++)
    {
      int secret = vig_beneath_walk (self->root, i % 2 == 0 ? "sub/secret.txt" : "evil/secret.txt", O_RDONLY, 0, TRUE);
      int good = vig_beneath_walk (self->root, "sub/b.txt", O_RDONLY, 0, TRUE);

      g_assert_cmpint (secret, ==, -1);
      if (good >= 0)
        n_opened++;
      if (good >= 0)
        close (good);
    }
  g_atomic_int_set (&other.root, -1);
  g_thread_join (thread);
  close (kept);
  g_test_message ("%u of %d times it was the folder", n_opened, N_RACES);
}

static void
test_depth (Fixture *self, gconstpointer data)
{
  g_autoptr (GString) path = g_string_new ("a.txt");

  for (guint i = 0; i < 300; i++)
    g_string_prepend (path, "sub/../");
  g_assert_cmpint (close (vig_beneath_walk (self->root, path->str, O_RDONLY, 0, TRUE)), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/beneath/as-the-kernel", Fixture, NULL, set_up, test_as_the_kernel, tear_down);
  g_test_add ("/beneath/race", Fixture, NULL, set_up, test_race, tear_down);
  g_test_add ("/beneath/depth", Fixture, NULL, set_up, test_depth, tear_down);

  return g_test_run ();
}
