/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "sandbox-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Work on files inside this process: what code with a broken check of its paths would do is tried here without any check, and the kernel says no. */

typedef struct
{
  Fixture *fixture;
  int      root;    /* descriptor of the working directory */
  int      outside; /* O_PATH, of the folder around it */
} Place;

static void
place_init (Place *self, Fixture *fixture)
{
  g_autofree char *secret = g_build_filename (fixture->outside, "secret", NULL);
  g_autofree char *inside = g_build_filename (fixture->root, "inside", NULL);
  g_autofree char *folder = g_build_filename (fixture->root, "folder", NULL);
  g_autofree char *link = g_build_filename (fixture->root, "link", NULL);

  g_assert_true (g_file_set_contents (secret, "secret", -1, NULL));
  g_assert_true (g_file_set_contents (inside, "inside", -1, NULL));
  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  g_assert_cmpint (symlink ("../secret", link), ==, 0);
  self->fixture = fixture;
  self->root = open (fixture->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  self->outside = open (fixture->outside, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void
place_clear (Place *self)
{
  close (self->root);
  close (self->outside);
}

static int
try_open (int folder, const char *path, int flags)
{
  int fd = openat (folder, path, flags | O_CLOEXEC, 0600);

  if (fd < 0)
    return errno;
  close (fd);

  return 0;
}

static int
code_of (long result)
{
  return result < 0 ? errno : 0;
}

static void
run (Place *self, gboolean writes, VigOutsideFunc func)
{
  VigFilesPlace place = { self->root, writes };
  g_autoptr (GError) error = NULL;

  vig_files_run (&place, 1, func, self, &error);
  g_assert_no_error (error);
}

/* By name, through a link, and beneath a descriptor of the folder itself. */
static void
read_outside (gpointer data)
{
  Place *self = data;
  g_autofree char *path = g_build_filename (self->fixture->outside, "secret", NULL);

  g_assert_cmpint (try_open (AT_FDCWD, path, O_RDONLY), ==, EACCES);
  g_assert_cmpint (try_open (self->root, "../secret", O_RDONLY), ==, EACCES);
  g_assert_cmpint (try_open (self->root, "link", O_RDONLY), ==, EACCES);
  g_assert_cmpint (try_open (self->outside, "secret", O_RDONLY), ==, EACCES);
  g_assert_cmpint (try_open (self->outside, ".", O_RDONLY | O_DIRECTORY), ==, EACCES);
  g_assert_cmpint (try_open (AT_FDCWD, "/etc/shadow", O_RDONLY), ==, EACCES);
  g_assert_cmpint (try_open (AT_FDCWD, "/proc/self/environ", O_RDONLY), ==, EACCES);
  g_assert_cmpint (try_open (AT_FDCWD, "/proc/self/mem", O_RDONLY), ==, EACCES);
}

static void
only_read (gpointer data)
{
  Place *self = data;

  read_outside (self);
  g_assert_cmpint (try_open (self->root, "inside", O_RDONLY), ==, 0);
  g_assert_cmpint (try_open (self->root, ".", O_RDONLY | O_DIRECTORY), ==, 0);
  g_assert_cmpint (try_open (self->root, "inside", O_WRONLY), ==, EACCES);
  g_assert_cmpint (try_open (self->root, "new", O_WRONLY | O_CREAT), ==, EACCES);
  g_assert_cmpint (code_of (unlinkat (self->root, "inside", 0)), ==, EACCES);
  g_assert_cmpint (code_of (mkdirat (self->root, "made", 0700)), ==, EACCES);
  g_assert_cmpint (code_of (renameat (self->root, "inside", self->root, "moved")), !=, 0);
}

static void
test_read (Fixture *fixture, gconstpointer data)
{
  Place place;

  place_init (&place, fixture);
  run (&place, FALSE, only_read);

  /* Nobody else is held to anything. */
  g_assert_cmpint (try_open (place.root, "../secret", O_RDWR), ==, 0);
  g_assert_cmpint (try_open (place.root, "inside", O_RDWR), ==, 0);
  g_assert_cmpint (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), ==, 0);
  place_clear (&place);
}

static void
write_inside (gpointer data)
{
  Place *self = data;

  g_assert_cmpint (try_open (self->root, "inside", O_RDWR | O_TRUNC), ==, 0);
  g_assert_cmpint (try_open (self->root, "new", O_WRONLY | O_CREAT | O_EXCL), ==, 0);
  g_assert_cmpint (code_of (renameat (self->root, "new", self->root, "folder/moved")), ==, 0);
  g_assert_cmpint (code_of (mkdirat (self->root, "made", 0700)), ==, 0);
  g_assert_cmpint (code_of (symlinkat ("inside", self->root, "linked")), ==, 0);
  g_assert_cmpint (code_of (unlinkat (self->root, "made", AT_REMOVEDIR)), ==, 0);
}

static void
write_outside (gpointer data)
{
  Place *self = data;
  g_autofree char *path = g_build_filename (self->fixture->outside, "secret", NULL);

  g_assert_cmpint (try_open (self->root, "link", O_WRONLY), ==, EACCES);
  g_assert_cmpint (try_open (self->outside, "secret", O_WRONLY | O_TRUNC), ==, EACCES);
  g_assert_cmpint (try_open (self->outside, "new", O_WRONLY | O_CREAT), ==, EACCES);
  g_assert_cmpint (code_of (unlinkat (self->outside, "secret", 0)), ==, EACCES);
  g_assert_cmpint (code_of (mkdirat (self->outside, "made", 0700)), ==, EACCES);
  g_assert_cmpint (code_of (renameat (self->root, "inside", self->outside, "stolen")), !=, 0);
  g_assert_cmpint (code_of (renameat (self->outside, "secret", self->root, "stolen")), !=, 0);
  g_assert_cmpint (code_of (linkat (self->outside, "secret", self->root, "stolen", 0)), !=, 0);
  g_assert_cmpint (code_of (truncate (path, 0)), !=, 0);
  g_assert_cmpint (code_of (chmod (path, 0777)), ==, EPERM);
  g_assert_cmpint (code_of (mkfifoat (self->root, "pipe", 0600)), ==, EPERM);
}

static void
read_and_write (gpointer data)
{
  read_outside (data);
  write_inside (data);
  write_outside (data);
}

static void
test_write (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->outside, "secret", NULL);
  g_autofree char *text = NULL;
  struct stat info;
  Place place;

  place_init (&place, fixture);
  run (&place, TRUE, read_and_write);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "secret");
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0111, ==, 0);
  place_clear (&place);
}

/* What the oldest kernels have that can hold what writes, too. */
static void
test_abi_2 (Fixture *fixture, gconstpointer data)
{
  vig_landlock_set_abi_max (2);
  test_write (fixture, data);
  vig_landlock_set_abi_max (G_MAXINT);
}

static void
only_check_paths (gpointer data)
{
  Place *self = data;

  g_assert_cmpint (try_open (self->root, "../secret", O_RDONLY), ==, 0);
  write_inside (self);
  g_assert_cmpint (socket (AF_INET, SOCK_STREAM, 0), ==, -1);
}

/* Without Landlock, or by its first version, which could not move between folders, work that writes goes on as it always did. */
static void
test_older (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->root, "inside", NULL);
  Place place;

  place_init (&place, fixture);
  vig_landlock_set_abi_max (1);
  g_assert_cmpint (vig_files_get_hold (), ==, VIG_FILES_HOLD_READING);
  g_assert_cmpint (vig_files_probe (fixture->outside), ==, VIG_FILES_HOLD_READING);
  run (&place, FALSE, only_read);
  run (&place, TRUE, only_check_paths);

  vig_landlock_set_abi_max (0);
  g_assert_cmpint (vig_files_get_hold (), ==, VIG_FILES_HOLD_NONE);
  g_assert_cmpint (vig_files_probe (fixture->outside), ==, VIG_FILES_HOLD_NONE);
  vig_landlock_set_abi_max (G_MAXINT);
  g_assert_cmpint (vig_files_probe (fixture->outside), ==, VIG_FILES_HOLD_ALL);
  place_clear (&place);
}

static gpointer
do_nothing (gpointer data)
{
  return NULL;
}

static void
start_something (gpointer data)
{
  const char * const argv[] = { "true", NULL };
  g_autoptr (GError) no_thread = NULL;
  g_autoptr (GError) no_child = NULL;

  g_assert_null (g_thread_try_new ("other", do_nothing, NULL, &no_thread));
  g_assert_error (no_thread, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN);
  g_assert_cmpint (fork (), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
  g_assert_false (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, &no_child));
  g_assert_cmpint (execl ("/bin/true", "true", NULL), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (socket (AF_INET, SOCK_STREAM, 0), ==, -1);
  g_assert_cmpint (socket (AF_UNIX, SOCK_STREAM, 0), ==, -1);
  g_assert_cmpint (kill (getppid (), 0), ==, -1);
  g_assert_cmpint (syscall (SYS_tgkill, getppid (), getppid (), 0), ==, -1);
  g_assert_cmpint (syscall (SYS_tgkill, getpid (), syscall (SYS_gettid), 0), ==, 0);
  g_assert_cmpint (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), ==, 1);
}

static void
test_starts_nothing (Fixture *fixture, gconstpointer data)
{
  Place place;

  place_init (&place, fixture);
  run (&place, TRUE, start_something);
  vig_landlock_set_abi_max (2);
  run (&place, TRUE, start_something);
  vig_landlock_set_abi_max (G_MAXINT);
  place_clear (&place);
}

static guint64
get_capabilities (void)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct now[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

  g_assert_cmpint (syscall (SYS_capget, &header, now), ==, 0);

  return now[0].permitted | now[0].effective | now[0].inheritable | (guint64) now[1].permitted << 32;
}

static void
have_those_to_read (gpointer data)
{
  g_assert_cmpint (get_capabilities () & ~((guint64) 1 << CAP_DAC_READ_SEARCH), ==, 0);
}

static void
have_those_to_write (gpointer data)
{
  g_assert_cmpuint (get_capabilities () >> 32, ==, 0);
  g_assert_cmpint (get_capabilities () & ((1u << CAP_SYS_ADMIN) | (1u << CAP_SYS_PTRACE) | (1u << CAP_MKNOD) | (1u << CAP_NET_ADMIN) | (1u << CAP_SETUID)), ==, 0);
  g_assert_cmpint ((get_capabilities () & (1u << CAP_CHOWN)) != 0, ==, geteuid () == 0);
}

static void
test_privileges (Fixture *fixture, gconstpointer data)
{
  guint64 before = get_capabilities ();
  Place place;

  place_init (&place, fixture);
  run (&place, FALSE, have_those_to_read);
  run (&place, TRUE, have_those_to_write);
  g_assert_cmpuint (get_capabilities (), ==, before);
  place_clear (&place);
}

typedef struct
{
  Place   *place;
  GThread *asked_from;
  guint    n;
} Ask;

static void
read_for_it (gpointer data)
{
  Ask *ask = data;

  g_assert_true (g_thread_self () == ask->asked_from);
  g_assert_cmpint (try_open (ask->place->root, "../secret", O_RDONLY), ==, 0);
  ask->n++;
}

static void
ask_outside (gpointer data)
{
  g_assert_true (g_thread_self () != ((Ask *) data)->asked_from);
  vig_outside_call (read_for_it, data);
  vig_outside_call (read_for_it, data);
  read_outside (((Ask *) data)->place);
}

/* What is asked for runs on the thread that waits, as that may. */
static void
test_outside (Fixture *fixture, gconstpointer data)
{
  Place place;
  Ask ask = { &place, g_thread_self (), 0 };
  VigFilesPlace held;

  place_init (&place, fixture);
  held = (VigFilesPlace) { place.root, FALSE };
  g_assert_true (vig_files_run (&held, 1, ask_outside, &ask, NULL));
  vig_outside_call (read_for_it, &ask);
  g_assert_cmpuint (ask.n, ==, 3);
  place_clear (&place);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static void
test_no_leftovers (Fixture *fixture, gconstpointer data)
{
  Place place;
  guint before = count_descriptors ();

  place_init (&place, fixture);
  for (guint i = 0; i < 200; i++)
    run (&place, i % 2 == 0, read_outside);
  place_clear (&place);
  g_assert_cmpuint (count_descriptors (), ==, before);
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return first < second ? -1 : first > second;
}

static void
only_return (gpointer data)
{
}

/* What it adds to a call: "-m perf". */
static void
test_cost (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  Place place;

  place_init (&place, fixture);
  for (guint i = 0; i < 2000; i++)
    {
      gint64 began = g_get_monotonic_time ();

      run (&place, FALSE, only_return);
      began = g_get_monotonic_time () - began;
      g_array_append_val (times, began);
    }
  g_array_sort (times, compare_times);
  g_test_message ("half of the calls within %d microseconds", (int) g_array_index (times, gint64, times->len / 2));
  g_test_message ("95 of 100 within %d microseconds", (int) g_array_index (times, gint64, times->len * 95 / 100));
  place_clear (&place);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  if (vig_landlock_get_abi () < 2)
    {
      g_print ("1..0 # SKIP this kernel's Landlock holds nothing that writes\n");
      return 0;
    }

  g_test_add ("/sandbox-files/read", Fixture, NULL, set_up, test_read, tear_down);
  g_test_add ("/sandbox-files/write", Fixture, NULL, set_up, test_write, tear_down);
  g_test_add ("/sandbox-files/abi-2", Fixture, NULL, set_up, test_abi_2, tear_down);
  g_test_add ("/sandbox-files/older", Fixture, NULL, set_up, test_older, tear_down);
  g_test_add ("/sandbox-files/starts-nothing", Fixture, NULL, set_up, test_starts_nothing, tear_down);
  g_test_add ("/sandbox-files/privileges", Fixture, NULL, set_up, test_privileges, tear_down);
  g_test_add ("/sandbox-files/outside", Fixture, NULL, set_up, test_outside, tear_down);
  g_test_add ("/sandbox-files/no-leftovers", Fixture, NULL, set_up, test_no_leftovers, tear_down);
  if (g_test_perf ())
    g_test_add ("/sandbox-files/cost", Fixture, NULL, set_up, test_cost, tear_down);

  return g_test_run ();
}
