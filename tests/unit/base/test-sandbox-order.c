/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "sandbox-fixture.h"

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* In which order a child confines itself, as the kernel sees it. */

static int
confine (const VigConfinement *confinement)
{
  VigCgroup none = { { NULL }, { -1, -1, -1 } };
  int listener;

  if (ptrace (PTRACE_TRACEME, 0, NULL, NULL) != 0)
    return 77;
  raise (SIGSTOP);

  return vig_confinement_prepare (getppid (), &none, TRUE, confinement->namespaces) == VIG_STAGE_NONE && vig_confinement_apply (confinement, &listener) == VIG_STAGE_EXEC ? 0 : 1;
}

/* What a system call does for confinement; NULL: nothing. */
static const char *
get_step (const struct __ptrace_syscall_info *info)
{
  const __typeof__ (info->entry.args[0]) *args = info->entry.args;

  switch (info->entry.nr)
    {
    case SYS_setresuid:
      return "uid";
    case SYS_prctl:
      return args[0] == PR_SET_NO_NEW_PRIVS ? "no_new_privs" : args[0] == PR_SET_SECCOMP ? "seccomp" : NULL;
    case SYS_prlimit64:
      return args[2] != 0 ? "rlimits" : NULL;
    case SYS_landlock_restrict_self:
      return "landlock";
    case SYS_seccomp:
      return "seccomp";
    default:
      return NULL;
    }
}

static void
note (GString *steps, const char *step)
{
  if (step != NULL && !g_str_has_suffix (steps->str, step))
    g_string_append_printf (steps, " %s", step);
}

/* The exit status, and what it did on the way. */
static int
follow (pid_t child, GString *steps)
{
  int status;

  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  if (WIFSTOPPED (status))
    g_assert_cmpint (ptrace (PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), ==, 0);
  while (WIFSTOPPED (status))
    {
      struct __ptrace_syscall_info info = { 0 };

      if (WSTOPSIG (status) == (SIGTRAP | 0x80) && ptrace (PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0
          && info.op == PTRACE_SYSCALL_INFO_ENTRY)
        note (steps, get_step (&info));
      g_assert_cmpint (ptrace (PTRACE_SYSCALL, child, NULL, NULL), ==, 0);
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    }

  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

static void
test_order (Fixture *self, gconstpointer data)
{
  const char * const argv[] = { "true", NULL };
  VigSandboxSpec spec = { .argv = argv, .working_directory = self->root };
  g_autoptr (GString) steps = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  VigConfinement confinement;
  pid_t child;
  int result;

  g_assert_true (vig_confinement_init (&confinement, &spec, NULL, &error));
  g_assert_no_error (error);
  child = fork ();
  if (child == 0)
    _exit (confine (&confinement));
  result = follow (child, steps);
  vig_confinement_clear (&confinement);
  if (result == 77)
    {
      g_test_skip ("nobody may be traced here");
      return;
    }
  g_assert_cmpint (result, ==, 0);
  g_assert_cmpstr (steps->str, ==, geteuid () == 0 ? " uid no_new_privs rlimits landlock seccomp" : " no_new_privs rlimits landlock seccomp");
}

static void
test_order_old (Fixture *self, gconstpointer data)
{
  vig_landlock_set_abi_max (2);
  test_order (self, data);
  vig_landlock_set_abi_max (G_MAXINT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/sandbox-order/root", Fixture, NULL, set_up, test_order, tear_down);
  g_test_add ("/sandbox-order/owned", Fixture, NULL, set_up_owned, test_order, tear_down);
  g_test_add ("/sandbox-order/abi-2", Fixture, NULL, set_up_owned, test_order_old, tear_down);

  return g_test_run ();
}
