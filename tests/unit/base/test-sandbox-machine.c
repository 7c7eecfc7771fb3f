/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "sandbox-fixture.h"

/* What depends on the machine: who commands run as, namespaces, control groups, the self-test, and the end of whole trees. */

static void
assert_described (int abi, gboolean usable, const char *file_tools)
{
  g_autofree char *folder = vig_test_make_dir ();
  g_autoptr (JsonObject) description = NULL;
  g_autofree char *text = NULL;
  JsonObject *probe;

  vig_landlock_set_abi_max (abi);
  description = vig_sandbox_describe (folder);
  text = vig_sandbox_summarize (description);
  vig_landlock_set_abi_max (G_MAXINT);
  g_test_message ("%s", text);
  probe = vig_json_get_object (description, "self_test");
  g_assert_cmpint (vig_json_get_boolean (description, "usable", !usable), ==, usable);
  g_assert_cmpint (vig_json_get_boolean (probe, "passed", !usable), ==, usable);
  g_assert_cmpstr (vig_json_get_string (description, "file_tools", NULL), ==, file_tools);
  g_assert_cmpint (strstr (text, "without Landlock") != NULL, ==, g_str_equal (file_tools, "none"));
  g_assert_cmpint (strstr (text, "by Landlock where they only read") != NULL, ==, g_str_equal (file_tools, "reading"));
  g_assert_true (g_str_has_prefix (text, usable ? "commands are confined" : "commands are refused"));
  g_assert_cmpint (g_rmdir (folder), ==, 0); /* it leaves nothing behind */
}

static void
test_describe (void)
{
  assert_described (G_MAXINT, TRUE, "all");
  assert_described (2, TRUE, "all");
  assert_described (1, TRUE, "reading");
  assert_described (0, FALSE, "none");
}

/* A confinement that something gets through is none. */
static void
test_refused (Fixture *self, gconstpointer data)
{
  const char * const argv[] = { "true", NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .output_limit = 1000 };
  g_autoptr (GError) error = NULL;

  vig_confinement_set_refused (TRUE);
  g_assert_null (vig_sandbox_run (&spec, NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED);
  g_assert_null (vig_sandbox_spawn (argv, NULL, NULL, -1, NULL));
  vig_confinement_set_refused (FALSE);
  assert_works (self, "true", "");
}

static void
set_up_shut (Fixture *self, gconstpointer data)
{
  set_up (self, data);
  g_assert_cmpint (g_chmod (self->outside, 0700), ==, 0);
  g_assert_cmpint (g_chmod (self->root, 0700), ==, 0);
}

/* Where root's daemon works in root's directory, commands are nobody that anything else belongs to, and what they make is root's. */
static void
test_identity (Fixture *self, gconstpointer data)
{
  g_autofree char *kept = g_build_filename (self->root, "kept", NULL);
  g_autofree char *made = g_build_filename (self->root, "made", NULL);
  g_autofree char *sibling = g_build_filename (self->outside, "sibling", NULL);
  g_autofree char *absolute = g_strdup_printf ("cd / && cat %s && echo x > %s && pwd -P > %s && cd - > /dev/null && pwd", kept, made, made);
  g_autofree char *look = g_strdup_printf ("ls -a %s", self->outside);
  g_autofree char *expected = g_strdup_printf ("s%s\n", self->root);
  g_autoptr (VigCommandResult) who = NULL;
  struct stat info;

  if (!vig_namespaces_are_available ())
    {
      g_test_skip ("only root may mount");
      return;
    }
  g_assert_true (g_file_set_contents (kept, "s", 1, NULL));
  g_assert_true (g_file_set_contents (sibling, "s", 1, NULL));
  g_assert_cmpint (g_chmod (kept, 0600), ==, 0);
  who = run_for (self, "id -u; stat -c %u kept", VIG_TEST_SECONDS * 1000, NULL);
  g_assert_false (g_str_has_prefix (who->output, "0\n"));
  assert_works (self, "test $(id -u) = $(stat -c %u kept) && test $(id -g) = $(stat -c %g kept)", "");
  assert_works (self, absolute, expected);
  g_assert_cmpint (stat (made, &info), ==, 0);
  g_assert_cmpuint (info.st_uid, ==, 0);
  g_assert_cmpuint (info.st_gid, ==, 0);
  g_assert_true (g_file_test (sibling, G_FILE_TEST_EXISTS));
  assert_fails (self, look);
  assert_fails (self, "cat ../sibling");

  vig_idmap_set_disabled (TRUE);
  assert_works (self, "id -u; cat kept", "0\ns");
  vig_idmap_set_disabled (FALSE);
}

static void
test_namespaces (Fixture *self, gconstpointer data)
{
  g_autofree char *network = g_file_read_link ("/proc/self/ns/net", NULL);
  g_autofree char *ipc = g_file_read_link ("/proc/self/ns/ipc", NULL);
  g_autofree char *other = g_strdup_printf ("test $(readlink /proc/self/ns/net) != '%s' && test $(readlink /proc/self/ns/ipc) != '%s'", network, ipc);
  g_autofree char *same = g_strdup_printf ("test $(readlink /proc/self/ns/net) = '%s'", network);

  if (vig_namespaces_are_available ())
    assert_works (self, other, "");
  vig_namespaces_set_disabled (TRUE);
  assert_works (self, same, "");
  vig_namespaces_set_disabled (FALSE);
}

static void
collect (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  g_string_append_len (user_data, text, (gssize) length);
}

/* What a scanner gets: the network, raw packets where @raw, and no place to write. Prints whom it is, what it may, and what each socket said. */
static char *
run_scanner (Fixture *self, gboolean raw)
{
  static const char script[] =
    "grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp|Uid):' /proc/self/status | tr -s '\\t ' ' '; "
    "for f in 2 10 17 1 31 40; do perl -e 'print \"family $ARGV[0]: \", socket(S, $ARGV[0], 3, $ARGV[0] == 2 ? 1 : 0) ? \"made\" : $!+0, \"\\n\"' $f; done; "
    "head -c 800000 /dev/zero | tr '\\0' x; echo; cat \"$0/kept\"; echo > \"$0/made\"; echo > made; true";
  const char * const argv[] = { "sh", "-c", script, self->root, NULL };
  g_autoptr (GString) text = g_string_new (NULL);
  VigSandboxSpec spec = { .argv = argv, .allow_network = TRUE, .allow_raw = raw, .keep_nothing = TRUE, .on_output = collect, .user_data = text };
  g_autoptr (GError) error = NULL;
  g_autoptr (VigCommandResult) result = NULL;

  spec.deadline = vig_test_deadline ();
  result = vig_sandbox_run (&spec, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result->exit_status, ==, 0);
  g_assert_cmpstr (result->output, ==, "");
  g_assert_cmpuint (text->len, >, 800000);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
has_raw (void)
{
  g_autofree char *status = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));

  return (g_ascii_strtoull (strstr (status, "\nCapEff:") + strlen ("\nCapEff:"), NULL, 16) >> 13 & 1) != 0;
}

static void
assert_has (const char *text, const char *line)
{
  g_test_message ("%s", line);
  g_assert_nonnull (strstr (text, line));
}

static void
test_scanner (Fixture *self, gconstpointer data)
{
  g_autofree char *user = g_strdup_printf ("Uid: %d ", (int) (geteuid () == 0 ? vig_identity_get_dedicated ()->uid : geteuid ()));
  g_autofree char *kept = g_build_filename (self->root, "kept", NULL);
  g_autofree char *made = g_build_filename (self->root, "made", NULL);
  g_autofree char *plain = NULL;
  g_autofree char *raw = NULL;

  g_assert_true (g_file_set_contents (kept, "a secret", -1, NULL));
  g_assert_cmpint (g_chmod (self->root, 0777), ==, 0);
  plain = run_scanner (self, FALSE);
  assert_has (plain, "CapEff: 0000000000000000");
  assert_has (plain, "family 17: 13"); /* EACCES, of seccomp */
  assert_has (plain, geteuid () == 0 ? "CapBnd: 0000000000000000" : "CapBnd: ");
  raw = run_scanner (self, TRUE);
  assert_has (raw, "NoNewPrivs: 1");
  assert_has (raw, "Seccomp: 2");
  assert_has (raw, "family 1: 1");
  assert_has (raw, "family 31: 13");
  assert_has (raw, "family 40: 13");
  g_assert_null (strstr (raw, "a secret"));
  g_assert_false (g_file_test (made, G_FILE_TEST_EXISTS));
  assert_has (raw, user);
  if (!has_raw ())
    {
      assert_has (raw, "family 17: 1\n"); /* EPERM, of the kernel */
      return;
    }
  assert_has (raw, "CapInh: 0000000000002000");
  assert_has (raw, "CapPrm: 0000000000002000");
  assert_has (raw, "CapEff: 0000000000002000");
  assert_has (raw, "CapAmb: 0000000000002000");
  assert_has (raw, "family 17: made");
  assert_has (raw, "family 2: made");
}

/* Version 1, version 2, both, and a container that is shown a part of them only. */
static void
test_find_cgroup (void)
{
  static const struct { const char *mounts; const char *membership; const char *controller; const char *folder; } rows[] = {
    { "30 24 0:25 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids", "5:pids:/user/a\n0::/user", "pids", "/sys/fs/cgroup/pids/user/a" },
    { "30 24 0:25 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct", "5:cpu,cpuacct:/", "pids", NULL },
    { "30 24 0:25 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids", "5:pids:/", NULL, NULL },
    { "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate", "0::/system.slice/vigilus.service", NULL,
      "/sys/fs/cgroup/system.slice/vigilus.service" },
    { "35 24 0:30 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw", "0::/docker/x/y", NULL, "/sys/fs/cgroup/y" },
    { "35 24 0:30 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw", "0::/elsewhere", NULL, NULL },
    { "", "0::/", NULL, NULL },
    { "nonsense\n1 - \n", "0::/\n::\nx", NULL, NULL },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *folder = vig_cgroup_find_folder (rows[i].mounts, rows[i].membership, rows[i].controller);

      g_assert_cmpstr (folder, ==, rows[i].folder);
    }
}

static void
read_limit (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  g_autofree char *membership = g_strndup (text, length);
  g_autofree char *mounts = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/mountinfo", &mounts, NULL, NULL));
  folder = vig_cgroup_find_folder (mounts, membership, "pids");
  if (folder == NULL)
    folder = vig_cgroup_find_folder (mounts, membership, NULL);
  path = g_build_filename (folder, "pids.max", NULL);
  g_file_get_contents (path, user_data, NULL, NULL);
}

static void
test_cgroup (Fixture *self, gconstpointer data)
{
  const char * const argv[] = { "sh", "-c", "cat /proc/self/cgroup; sleep 0.3", NULL };
  g_autofree char *limit = NULL;
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .output_limit = 100000, .on_output = read_limit, .user_data = &limit };
  g_autofree char *mounts = NULL;
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigCommandResult) result = NULL;

  if ((vig_cgroup_get_abilities () & VIG_CGROUP_PIDS) == 0)
    {
      g_test_skip ("no control group with a limit on processes can be made here");
      return;
    }
  spec.deadline = vig_test_deadline ();
  result = vig_sandbox_run (&spec, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_strchomp (limit), ==, G_STRINGIFY (VIG_SANDBOX_MAX_PROCESSES));
  g_assert_true (g_file_get_contents ("/proc/self/mountinfo", &mounts, NULL, NULL));
  folder = vig_cgroup_find_folder (mounts, result->output, "pids");
  vig_test_wait_for (folder == NULL || !g_file_test (folder, G_FILE_TEST_EXISTS));
}

/* PITFALLS 35. Even where nobody watches any more: what left its session, and whose parent is gone. */
static void
test_survivors (Fixture *self, gconstpointer data)
{
  g_autofree char *marker = g_strdup_printf ("54321.%d", (int) getpid ());
  g_autofree char *script = g_strdup_printf ("(setsid sh -c 'setsid sleep %s & setsid sleep %s' >/dev/null 2>&1 &); sleep 0.2; echo $PPID; exec sleep 100", marker, marker);
  const char * const argv[] = { "sh", "-c", script, NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root, .output_limit = 1000, .on_output = kill_supervisor };
  g_autoptr (GError) error = NULL;

  if ((vig_cgroup_get_abilities () & VIG_CGROUP_KILL) == 0)
    {
      g_test_skip ("no control group can be made here");
      return;
    }
  spec.deadline = vig_test_deadline ();
  g_assert_null (vig_sandbox_run (&spec, NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED);
  vig_test_wait_for (!is_running (marker));
}

static void
spawn_and_kill (Fixture *self, const char *script, int killing, int ended_by)
{
  const char * const argv[] = { "sh", "-c", script, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child = vig_sandbox_spawn (argv, NULL, NULL, -1, &error);
  g_autoptr (GInputStream) output = NULL;
  char byte;

  g_assert_no_error (error);
  output = g_object_ref (g_subprocess_get_stdout_pipe (child));
  g_assert_cmpint (g_input_stream_read (output, &byte, 1, NULL, NULL), ==, 1);
  if (killing == 0)
    vig_sandbox_kill (child);
  else
    g_subprocess_send_signal (child, killing);
  g_subprocess_wait (child, NULL, NULL);
  g_assert_true (g_subprocess_get_if_signaled (child));
  g_assert_cmpint (g_subprocess_get_term_sig (child), ==, ended_by);
}

/* A plugin's process is ended with all that it started; its supervisor too may be killed where there are control groups. */
static void
test_spawn_survivors (Fixture *self, gconstpointer data)
{
  g_autofree char *marker = g_strdup_printf ("43210.%d", (int) getpid ());
  g_autofree char *script = g_strdup_printf ("(setsid sh -c 'setsid sleep %s & setsid sleep %s' >/dev/null 2>&1 &); sleep 0.3; echo; exec sleep 100", marker, marker);
  g_autofree char *leaving = g_strdup_printf ("(setsid sleep %s >/dev/null 2>&1 &); sleep 0.2; exit 7", marker);
  const char * const argv[] = { "sh", "-c", leaving, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child = NULL;

  spawn_and_kill (self, script, 0, SIGKILL);
  g_assert_false (is_running (marker));
  if ((vig_cgroup_get_abilities () & VIG_CGROUP_KILL) != 0)
    {
      spawn_and_kill (self, script, SIGKILL, SIGKILL);
      vig_test_wait_for (!is_running (marker));
    }
  child = vig_sandbox_spawn (argv, NULL, NULL, -1, &error);
  g_assert_no_error (error);
  g_subprocess_wait (child, NULL, NULL);
  g_assert_cmpint (g_subprocess_get_exit_status (child), ==, 7);
  g_assert_false (is_running (marker));
}

/* As the kernel tells of the process: real, effective, saved and file system's id, and no group beside. */
static void
assert_runs_as (const char *status, uid_t uid, gid_t gid)
{
  g_autofree char *user = g_strdup_printf ("\nUid:\t%u\t%u\t%u\t%u\n", uid, uid, uid, uid);
  g_autofree char *group = g_strdup_printf ("\nGid:\t%u\t%u\t%u\t%u\n", gid, gid, gid, gid);

  assert_has (status, user);
  assert_has (status, group);
  if (geteuid () == 0)
    assert_has (status, "\nGroups:\t \n");
}

static char *
read_status_of_spawned (const char * const *write_paths)
{
  const char * const argv[] = { "cat", "/proc/self/status", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child = vig_sandbox_spawn (argv, NULL, write_paths, -1, &error);
  char *status = NULL;

  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (child, NULL, NULL, &status, NULL, &error));
  g_assert_no_error (error);

  return status;
}

/* Landlock alone would keep a process of root's from what the other tests try: who it is has to be looked at. */
static void
test_runs_as (Fixture *self, gconstpointer data)
{
  const char * const write_paths[] = { self->root, NULL };
  const VigIdentity *dedicated = vig_identity_get_dedicated ();
  gboolean is_root = geteuid () == 0;
  g_autoptr (VigCommandResult) command = NULL;
  g_autofree char *reading = NULL;
  g_autofree char *writing = NULL;
  struct stat info;

  if (is_root && !vig_namespaces_are_available ())
    {
      g_test_skip ("this root may not mount");
      return;
    }
  g_assert_cmpint (stat (self->root, &info), ==, 0);
  if (info.st_uid == 0)
    {
      info.st_uid = dedicated->uid;
      info.st_gid = dedicated->gid;
    }
  command = run_for (self, "cat /proc/self/status", VIG_TEST_SECONDS * 1000, NULL);
  reading = read_status_of_spawned (NULL);
  writing = read_status_of_spawned (write_paths);
  assert_runs_as (command->output, info.st_uid, info.st_gid);
  assert_runs_as (writing, info.st_uid, info.st_gid);
  assert_runs_as (reading, is_root ? dedicated->uid : geteuid (), is_root ? dedicated->gid : getegid ());
  g_assert_null (strstr (reading, "\nUid:\t0\t"));
}

static void
test_spawn (Fixture *self, gconstpointer data)
{
  const char * const argv[] = { "sh", "-c", "read x; cat /etc/shadow; echo > /tmp/x; echo ok > \"$0/made\"; echo got $x; env | grep -c VIG", self->root, NULL };
  const char * const writable[] = { self->root, "/no/such/place", NULL };
  g_autofree char *made = g_build_filename (self->root, "made", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child = vig_sandbox_spawn (argv, NULL, writable, -1, &error);
  g_autofree char *output = NULL;

  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (child, "hello\n", NULL, &output, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "got hello\n0\n");
  g_assert_true (g_file_test (made, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  static const struct { const char *path; void (*test) (Fixture *, gconstpointer); } tests[] = {
    { "namespaces", test_namespaces }, { "cgroup", test_cgroup }, { "survivors", test_survivors }, { "spawn", test_spawn },
    { "spawn-survivors", test_spawn_survivors }, { "scanner", test_scanner }, { "runs-as", test_runs_as },
  };
  guint i;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sandbox-machine/describe", test_describe);
  g_test_add_func ("/sandbox-machine/find-cgroup", test_find_cgroup);
  g_test_add ("/sandbox-machine/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/sandbox-machine/identity/reachable", Fixture, NULL, set_up, test_identity, tear_down);
  g_test_add ("/sandbox-machine/identity/shut", Fixture, NULL, set_up_shut, test_identity, tear_down);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *own = g_strconcat ("/sandbox-machine/own/", tests[i].path, NULL);
      g_autofree char *dropped = g_strconcat ("/sandbox-machine/dropped/", tests[i].path, NULL);

      g_test_add (own, Fixture, NULL, set_up, tests[i].test, tear_down);
      g_test_add (dropped, Fixture, NULL, set_up_owned, tests[i].test, tear_down);
    }

  return g_test_run ();
}
