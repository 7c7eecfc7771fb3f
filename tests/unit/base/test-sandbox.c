/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "sandbox-fixture.h"
#include "vig-sandbox-supervise.h"

#include <sys/socket.h>

#include <gio/gunixsocketaddress.h>

static void
test_ordinary (Fixture *self, gconstpointer data)
{
  g_autoptr (VigCommandResult) result = NULL;

  assert_works (self, "df -h && uptime && ls && ls -l /usr/bin/env && id && cat /proc/meminfo /proc/loadavg /proc/mounts", NULL);
  assert_works (self, "ps ax", NULL);
  assert_works (self, "echo a > f && mkdir -p d/e && mv f d/e/g && ln -s e/g d/l && cat d/l && rm -r d && ls", "a\n");
  assert_works (self, "echo x > /dev/null; date > now && test -s now", NULL);
  result = run_for (self, "cat; echo oops >&2; exit 3", VIG_TEST_SECONDS * 1000, "typed");
  g_assert_cmpstr (result->output, ==, "typed");
  g_assert_cmpstr (result->error_output, ==, "oops\n");
  g_assert_cmpint (result->exit_status, ==, 3);
}

static void
test_files (Fixture *self, gconstpointer data)
{
  g_autofree char *secret = g_build_filename (self->outside, "secret", NULL);
  g_autofree char *read_secret = g_strdup_printf ("cat %s", secret);
  g_autofree char *write_out = g_strdup_printf ("echo x > %s/new", self->outside);
  g_autofree char *link_out = g_strdup_printf ("ln -s %s l && cat l", secret);
  g_autofree char *hard_link = g_strdup_printf ("ln %s h", secret);
  g_autofree char *change_mode = g_strdup_printf ("chmod 777 %s", secret);
  g_autofree char *touch = g_strdup_printf ("touch -d 2001-01-01 %s", secret);
  g_autofree char *move_in = g_strdup_printf ("mv %s here", secret);
  g_autofree char *new_file = g_build_filename (self->outside, "new", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_set_contents (secret, "s", -1, NULL));
  g_assert_cmpint (g_chmod (secret, 0666), ==, 0);

  assert_fails (self, "cat /etc/shadow");
  assert_fails (self, read_secret);
  assert_fails (self, "cat ../secret");
  assert_fails (self, write_out);
  assert_fails (self, link_out);
  assert_fails (self, hard_link);
  assert_fails (self, change_mode);
  assert_fails (self, touch);
  assert_fails (self, move_in);
  assert_fails (self, "cat /proc/self/root/etc/shadow");
  assert_fails (self, "echo x > /usr/x || echo x > /etc/x || echo x > /tmp/x || echo x > /dev/shm/x");
  assert_fails (self, "ls /root || ls /home || ls /tmp || ls /run");
  assert_fails (self, "mknod dev c 1 3");
  assert_fails (self, "mount -t tmpfs none . || unshare -r true || chroot . true");

  g_assert_false (g_file_test (new_file, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_get_contents (secret, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "s");
}

/* A call of level read: the directory is there to be read, whatever its command was taken for. */
static void
test_read_only (Fixture *self, gconstpointer data)
{
  static const char * const attempts[] = {
    "echo x > new", "echo x > kept", "echo x >> kept", ": > kept", "touch new", "mkdir d", "rm kept", "rm -r sub", "mv kept moved", "mv kept sub/", "ln kept hard",
    "ln -s kept soft", "mkfifo p", "truncate -s 0 kept", "dd if=/dev/zero of=kept count=1", "cp kept copy", "chmod 777 kept", "touch -d 2001-01-01 kept",
    "perl -e 'truncate(\"kept\", 0) or exit 1'", "perl -e 'open(my $f, \"+<\", \"kept\") or exit 1'",
    "perl -MSocket -e 'socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or exit 2; bind($a, pack_sockaddr_un(\"s\")) or exit 1'",
    "cd sub && echo x > new", "echo x > \"$TMPDIR/new\"", "echo x > /dev/shm/new || echo x > /tmp/new",
    "rmdir sub", "perl -e 'rename(\"kept\", \"other\") or exit 1'", "exec 3<> kept",
  };
  g_autofree char *kept = g_build_filename (self->root, "kept", NULL);
  g_autofree char *sub = g_build_filename (self->root, "sub", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GDir) folder = NULL;
  g_autoptr (VigCommandResult) reads = NULL;
  VigSandboxSpec spec = { .read_only = TRUE };
  guint n = 0;

  g_assert_true (g_file_set_contents (kept, "as it was", -1, NULL));
  g_assert_cmpint (g_mkdir (sub, 0777), ==, 0);
  g_assert_cmpint (g_chmod (kept, 0666), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (attempts); i++)
    {
      VigSandboxSpec own = { .read_only = TRUE };
      g_autoptr (VigCommandResult) result = run_spec (self, &own, attempts[i]);

      g_assert_cmpint (result->exit_status, >, 0);
    }

  reads = run_spec (self, &spec, "cat kept && cat kept | wc -c && ls > /dev/null && sort kept > /dev/null && sh -c pwd > /dev/null");
  g_assert_cmpint (reads->exit_status, ==, 0);
  g_assert_cmpstr (reads->output, ==, "as it was9\n");
  g_assert_true (g_file_get_contents (kept, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "as it was");
  folder = g_dir_open (self->root, 0, NULL);
  while (g_dir_read_name (folder) != NULL)
    n++;
  g_assert_cmpuint (n, ==, 2);
}

/* mknod makes pipes where that was granted, and nothing else. */
static void
test_nodes (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *script;
    gboolean    granted;
  } rows[] = {
    { "mkfifo p && (echo hi > p &) && cat p", TRUE },  { "mknod q p", TRUE },
    { "perl -e 'exit(syscall(133, \"s\", 0140666, 0) == 0 ? 0 : 1)'", FALSE }, { "perl -e 'exit(syscall(259, -100, \"s\", 0140666, 0) == 0 ? 0 : 1)'", FALSE },
    { "perl -e 'exit(syscall(133, \"f\", 0104755, 0) == 0 ? 0 : 1)'", FALSE }, { "perl -e 'exit(syscall(259, -100, \"f\", 0102755, 0) == 0 ? 0 : 1)'", FALSE },
    { "mknod c c 1 3", FALSE }, { "mknod b b 7 0", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      VigSandboxSpec granted = { .allow_attributes = TRUE };
      g_autoptr (VigCommandResult) result = run_spec (self, &granted, rows[i].script);

      assert_fails (self, rows[i].script);
      g_assert_cmpint (result->exit_status == 0, ==, rows[i].granted);
    }
}

static void
test_processes (Fixture *self, gconstpointer data)
{
  g_autofree char *kill_us = g_strdup_printf ("kill -9 %d", (int) getpid ());
  g_autofree char *environ = g_strdup_printf ("cat /proc/%d/environ", (int) getpid ());
  g_autofree char *proc = g_strdup_printf ("/proc/%d", (int) getpid ());
  g_autofree char *maps = g_strdup_printf ("cat %s/maps || readlink %s/fd/0 || ls %s/root/ || ls %s/cwd/", proc, proc, proc, proc);

  assert_fails (self, kill_us);
  assert_fails (self, "kill -9 $PPID");
  assert_fails (self, environ);
  assert_fails (self, maps);
  assert_fails (self, "cat /proc/1/environ");
  assert_fails (self, "kill -9 -1");
  assert_fails (self, "perl -e 'exit(syscall(101, 16, getppid(), 0, 0) == 0 ? 0 : 1)'");
}

static gboolean
can_connect (Fixture *self, const char *family, const char *address)
{
  g_autofree char *script = g_strdup_printf ("perl -MSocket -e 'socket(my $s, %s, SOCK_STREAM, 0) or exit 1; connect($s, %s) or exit 2; exit 0'", family, address);
  g_autoptr (VigCommandResult) result = run_for (self, script, VIG_TEST_SECONDS * 1000, NULL);

  return result->exit_status == 0;
}

static void
test_network (Fixture *self, gconstpointer data)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autofree char *path = g_build_filename (self->root, "docker.sock", NULL);
  g_autoptr (GSocketAddress) unix_address = g_unix_socket_address_new (path);
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *inet = g_strdup_printf ("pack_sockaddr_in(%u, inet_aton(\"127.0.0.1\"))", port);
  g_autofree char *local = g_strdup_printf ("pack_sockaddr_un(\"%s\")", path);

  g_assert_true (g_socket_listener_add_address (listener, unix_address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, NULL));
  g_assert_cmpint (g_chmod (path, 0777), ==, 0);
  g_assert_false (can_connect (self, "AF_INET", inet));
  g_assert_false (can_connect (self, "AF_UNIX", local));
}

static void
test_network_allowed (Fixture *self, gconstpointer data)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *script = g_strdup_printf ("socket(my $s, AF_INET, SOCK_STREAM, 0) or exit 1; connect($s, pack_sockaddr_in(%u, inet_aton(\"127.0.0.1\"))) or exit 2;"
                                             "exit 3 if socket(my $u, AF_UNIX, SOCK_STREAM, 0); exit 0", port);
  const char * const argv[] = { "perl", "-MSocket", "-e", script, NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .allow_network = TRUE, .output_limit = 1000 };
  g_autoptr (GError) error = NULL;
  g_autoptr (VigCommandResult) result = NULL;

  spec.deadline = vig_test_deadline ();
  result = vig_sandbox_run (&spec, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result->exit_status, ==, 0);
}

/* PITFALLS 17: none of the daemon's environment. */
static void
test_environment (Fixture *self, gconstpointer data)
{
  g_autofree char *expected = g_strdup_printf ("HOME=%s", self->root);
  g_autoptr (VigCommandResult) result = NULL;

  g_setenv ("VIGILUS_SECRET", "hush", TRUE);
  result = run_for (self, "env; ls /proc/self/fd | wc -l", VIG_TEST_SECONDS * 1000, NULL);
  g_unsetenv ("VIGILUS_SECRET");
  g_assert_null (strstr (result->output, "hush"));
  g_assert_null (strstr (result->output, "VIG_TEST"));
  g_assert_nonnull (strstr (result->output, expected));
  g_assert_nonnull (strstr (result->output, "\n4\n"));
}

/* Its time is over once all of it has begun. */
static void
be_over (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  ((VigSandboxSpec *) user_data)->deadline = g_get_monotonic_time ();
}

static void
test_timeout (Fixture *self, gconstpointer data)
{
  g_autofree char *marker = g_strdup_printf ("98765.%d", (int) getpid ());
  g_autofree char *script = g_strdup_printf ("trap '' TERM; setsid sh -c 'setsid sh -c \"echo begun; exec sleep %s >/dev/null 2>&1\" & sleep %s' & sleep %s",
                                             marker, marker, marker);
  VigSandboxSpec spec = { .on_output = be_over, .user_data = &spec };
  g_autoptr (VigCommandResult) result = run_spec (self, &spec, script);

  g_assert_true (result->timed_out);
  g_assert_cmpint (result->term_signal, ==, SIGKILL);
  g_assert_cmpint (result->exit_status, ==, -1);
  g_assert_cmpstr (result->output, ==, "begun\n");
  g_assert_false (is_running (marker));
}

static void
test_left_behind (Fixture *self, gconstpointer data)
{
  g_autofree char *marker = g_strdup_printf ("87654.%d", (int) getpid ());
  g_autofree char *script = g_strdup_printf ("setsid sleep %s & echo done", marker);
  g_autoptr (VigCommandResult) result = run_for (self, script, VIG_TEST_SECONDS * 1000, NULL);

  g_assert_cmpint (result->exit_status, ==, 0);
  g_assert_false (result->timed_out);
  g_assert_false (is_running (marker));
}

static gpointer
cancel_soon (gpointer data)
{
  g_usleep (200000);
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_stop (Fixture *self, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const char * const argv[] = { "sh", "-c", "sleep 1000 & sleep 1000", NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .output_limit = 1000 };
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_soon, cancellable);

  spec.deadline = vig_test_deadline ();
  g_assert_null (vig_sandbox_run (&spec, cancellable, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED);
  g_assert_cmpint (g_get_monotonic_time (), <, spec.deadline);
  g_thread_join (thread);
}

/* Whoever watched over the command is gone, so nobody knows how it ended: that is no success. PITFALLS 24. */
static void
test_supervisor_killed (Fixture *self, gconstpointer data)
{
  g_autofree char *marker = g_strdup_printf ("65432.%d", (int) getpid ());
  g_autofree char *script = g_strdup_printf ("echo $PPID; exec sleep %s", marker);
  const char * const argv[] = { "sh", "-c", script, NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .output_limit = 1000, .on_output = kill_supervisor };
  g_autoptr (GError) error = NULL;

  spec.deadline = vig_test_deadline ();
  g_assert_null (vig_sandbox_run (&spec, NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED);
  vig_test_wait_for (!is_running (marker));
}

static void
keep_pid (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  g_autofree char *line = g_strndup (text, length);

  *(pid_t *) user_data = (pid_t) g_ascii_strtoll (line, NULL, 10);
}

/* Where a process that it left can't be ended, nobody says that the command is over, be it that it succeeded. */
static void
test_not_ended (Fixture *self, gconstpointer data)
{
  const char * const argv[] = { "sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!", NULL };
  pid_t pid = 0;
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .output_limit = 1000, .on_output = keep_pid, .user_data = &pid };
  g_autoptr (GError) error = NULL;

  vig_sandbox_set_ready (FALSE);
  vig_sandbox_settle ();
  vig_descendants_set_rounds (0);
  spec.deadline = vig_test_deadline ();
  g_assert_null (vig_sandbox_run (&spec, NULL, &error));
  vig_descendants_set_rounds (VIG_KILL_ROUNDS);
  vig_sandbox_set_ready (TRUE);
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED);
  g_assert_nonnull (strstr (error->message, "not all of its processes could be ended"));
  g_assert_cmpint (pid, >, 1);
  kill (pid, SIGKILL); /* where no control group has ended it */
}

static void
test_fork_bomb (Fixture *self, gconstpointer data)
{
  g_autofree char *marker = g_strdup_printf ("76543.%d", (int) getpid ());
  g_autofree char *script = g_strdup_printf ("for i in $(seq 2000); do sleep %s & done; wait", marker);
  const char * const argv[] = { "sh", "-c", script, NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .output_limit = 100000 };
  g_autoptr (GError) error = NULL;
  g_autoptr (VigCommandResult) result = NULL;

  spec.deadline = vig_test_deadline ();
  result = vig_sandbox_run (&spec, NULL, &error);
  if (result == NULL)
    g_assert_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE);
  else
    g_assert_true (strstr (result->error_output, "fork") != NULL);
  g_assert_false (is_running (marker));
}

static void
on_output (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  g_assert_true (g_utf8_validate (text, (gssize) length, NULL));
  g_string_append_len (user_data, text, (gssize) length);
}

static void
test_output (Fixture *self, gconstpointer data)
{
  const char * const argv[] = { "sh", "-c", "printf '\\303'; sleep 0.1; printf '\\244\\377b'; yes | head -c 100000", NULL };
  g_autoptr (GString) streamed = g_string_new (NULL);
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .output_limit = 1000, .on_output = on_output, .user_data = streamed };
  g_autoptr (GError) error = NULL;
  g_autoptr (VigCommandResult) result = NULL;

  spec.deadline = vig_test_deadline ();
  result = vig_sandbox_run (&spec, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (result->output_bytes, ==, 100004);
  g_assert_cmpuint (strlen (result->output), ==, 1000);
  g_assert_true (g_str_has_prefix (result->output, "\xc3\xa4\xef\xbf\xbd" "by\ny\n"));
  g_assert_cmpstr (streamed->str, ==, result->output);
}

static void
test_errors (Fixture *self, gconstpointer data)
{
  const char * const missing[] = { "no-such-program", NULL };
  const char * const true_argv[] = { "true", NULL };
  VigSandboxSpec spec = { .argv = missing, .working_directory = self->root, .output_limit = 1000 };
  g_autoptr (GError) error = NULL;

  spec.deadline = vig_test_deadline ();
  g_assert_null (vig_sandbox_run (&spec, NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND);
  g_clear_error (&error);

  spec.argv = true_argv;
  spec.working_directory = "/no/such/directory";
  g_assert_null (vig_sandbox_run (&spec, NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND);
  g_clear_error (&error);

  spec.working_directory = self->root;
  vig_landlock_set_abi_max (0);
  g_assert_null (vig_sandbox_run (&spec, NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED);
  vig_landlock_set_abi_max (G_MAXINT);
}

/* Older kernels confine less by Landlock; files, sockets and programs stay shut. */
static void
test_old_kernels (Fixture *self, gconstpointer data)
{
  int abi;

  for (abi = 1; abi <= 7; abi++)
    {
      vig_landlock_set_abi_max (abi);
      assert_works (self, "echo a > f && cat f && rm f", "a\n");
      assert_fails (self, "cat /etc/shadow");
      assert_fails (self, "echo x > ../new");
      g_assert_false (can_connect (self, "AF_INET", "pack_sockaddr_in(1, inet_aton(\"127.0.0.1\"))"));
    }
  vig_landlock_set_abi_max (G_MAXINT);
}

int
main (int argc, char **argv)
{
  static const struct { const char *path; void (*test) (Fixture *, gconstpointer); } tests[] = {
    { "ordinary", test_ordinary }, { "files", test_files }, { "read-only", test_read_only }, { "nodes", test_nodes }, { "processes", test_processes }, { "network", test_network },
    { "network-allowed", test_network_allowed }, { "environment", test_environment }, { "timeout", test_timeout }, { "not-ended", test_not_ended },
    { "left-behind", test_left_behind }, { "stop", test_stop }, { "supervisor-killed", test_supervisor_killed }, { "fork-bomb", test_fork_bomb }, { "output", test_output },
    { "errors", test_errors }, { "old-kernels", test_old_kernels },
  };
  guint i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *own = g_strconcat ("/sandbox/own/", tests[i].path, NULL);
      g_autofree char *dropped = g_strconcat ("/sandbox/dropped/", tests[i].path, NULL);

      g_test_add (own, Fixture, NULL, set_up, tests[i].test, tear_down);
      g_test_add (dropped, Fixture, NULL, set_up_owned, tests[i].test, tear_down);
    }

  return g_test_run ();
}
