/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* The self-test: a child is confined as a command is, tries what must not work (and one thing that must), and says what did. */
typedef struct
{
  guint32 uid;
  guint32 held;   /* bit per test: it went as it must */
} Answer;

static gboolean
works_inside (void)
{
  int fd = open ("inside", O_CREAT | O_RDWR, 0600);

  return fd >= 0 && write (fd, "x", 1) == 1;
}

static gboolean
cannot_read_outside (void)
{
  return open ("../outside", O_RDONLY) < 0;
}

static gboolean
cannot_write_outside (void)
{
  return open ("../outside", O_WRONLY) < 0 && open ("../new", O_CREAT | O_WRONLY, 0600) < 0;
}

static gboolean
cannot_change_outside (void)
{
  return syscall (SYS_fchmodat, AT_FDCWD, "../outside", 0777) != 0 && truncate ("../outside", 0) != 0;
}

static gboolean
has_no_network (void)
{
  return socket (AF_INET, SOCK_STREAM, 0) < 0 && socket (AF_INET6, SOCK_DGRAM, 0) < 0 && socket (AF_NETLINK, SOCK_RAW, 0) < 0;
}

static gboolean
has_no_local_sockets (void)
{
  return socket (AF_UNIX, SOCK_STREAM, 0) < 0;
}

static gboolean
cannot_signal (void)
{
  return kill (getppid (), 0) != 0;
}

static gboolean
cannot_gain_privileges (void)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct held[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

  return prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && syscall (SYS_capget, &header, held) == 0
         && (held[0].effective | held[0].permitted | held[1].effective | held[1].permitted) == 0;
}

static gboolean
cannot_make_namespaces (void)
{
  return unshare (CLONE_NEWUSER) != 0 && unshare (CLONE_NEWNS) != 0;
}

static gboolean
cannot_trace (void)
{
  return syscall (SYS_ptrace, 16 /* PTRACE_ATTACH */, getppid (), 0, 0) != 0;
}

static const struct { const char *name; gboolean (*holds) (void); } tests[] = {
  { "works-inside", works_inside }, { "read-outside", cannot_read_outside }, { "write-outside", cannot_write_outside },
  { "change-outside", cannot_change_outside }, { "network", has_no_network }, { "local-sockets", has_no_local_sockets },
  { "signals", cannot_signal }, { "privileges", cannot_gain_privileges }, { "namespaces", cannot_make_namespaces }, { "tracing", cannot_trace },
};

static void
run_tests (pid_t parent, const VigConfinement *confinement, int channel)
{
  VigCgroup none = { { NULL }, { -1, -1, -1 } };
  Answer answer = { 0, 0 };
  int listener;
  int said = fcntl (channel, F_DUPFD, 100);
  guint i;

  if (vig_confinement_prepare (parent, &none, TRUE, confinement->namespaces) != VIG_STAGE_NONE || vig_confinement_apply (confinement, &listener) != VIG_STAGE_EXEC)
    _exit (1);
  if (listener >= 0)
    close (listener); /* nobody decides: signals are refused */
  answer.uid = getuid ();
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    answer.held |= (guint32) (tests[i].holds () ? 1 : 0) << i;
  _exit (write (said, &answer, sizeof answer) == (gssize) sizeof answer ? 0 : 1);
}

static gboolean
ask_child (const VigConfinement *confinement, Answer *answer)
{
  gboolean done = FALSE;
  pid_t parent = getpid ();
  int ends[2];
  pid_t pid;

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return FALSE;
  pid = fork ();
  if (pid == 0)
    run_tests (parent, confinement, ends[1]);
  g_close (ends[1], NULL);
  done = pid > 0 && read (ends[0], answer, sizeof *answer) == (gssize) sizeof *answer;
  g_close (ends[0], NULL);
  while (pid > 0 && waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    ;

  return done;
}

static void
remove_place (const char *place, const char *work, const char *outside)
{
  g_autofree char *inside = g_build_filename (work, "inside", NULL);

  g_unlink (inside);
  g_unlink (outside);
  g_rmdir (work);
  g_rmdir (place);
}

static JsonArray *
list_tests (const Answer *answer, gboolean *held)
{
  JsonArray *list = json_array_new ();
  guint i;

  *held = TRUE;
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      gboolean one = (answer->held >> i & 1) != 0;

      *held = *held && one;
      json_array_add_object_element (list, vig_json_pack_object ("{s:s, s:b}", "name", tests[i].name, "held", one));
    }

  return list;
}

static gboolean
run (const char *work, const char *outside, Answer *answer, gboolean *id_mapped)
{
  const char * const argv[] = { "/bin/sh", NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = work };
  VigConfinement confinement;
  gboolean ran;

  if (g_mkdir (work, 0700) != 0 || !g_file_set_contents (outside, "x", 1, NULL))
    return FALSE;

  ran = vig_confinement_init (&confinement, &spec, NULL, NULL) && ask_child (&confinement, answer);
  *id_mapped = confinement.n_places > 0;
  vig_confinement_clear (&confinement);

  return ran;
}

JsonObject *
vig_sandbox_probe (const char *folder)
{
  g_autofree char *place = g_build_filename (folder, ".self-test-XXXXXX", NULL);
  g_autofree char *work = NULL;
  g_autofree char *outside = NULL;
  gboolean id_mapped = FALSE;
  gboolean held = FALSE;
  gboolean ran = FALSE;
  Answer answer = { 0, 0 };
  JsonArray *list;

  if (g_mkdtemp_full (place, 0755) != NULL)
    {
      work = g_build_filename (place, "work", NULL);
      outside = g_build_filename (place, "outside", NULL);
      ran = run (work, outside, &answer, &id_mapped);
      remove_place (place, work, outside);
    }
  list = list_tests (&answer, &held);

  return vig_json_pack_object ("{s:b, s:b, s:I, s:b, s:A}", "ran", ran, "passed", ran && held, "uid", (gint64) answer.uid,
                               "id_mapped", id_mapped, "tests", list);
}
