/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <fcntl.h>
#include <unistd.h>

#include <glib/gstdio.h>

static void
confine_child (gpointer data)
{
  int listener;

  if (vig_confinement_apply (data, &listener) != VIG_STAGE_EXEC)
    _exit (126);
}

/* Confinement closes all but the standard streams at exec. */
static void
confine_child_with_descriptor (gpointer data)
{
  confine_child (data);
  if (fcntl (VIG_SANDBOX_DESCRIPTOR, F_SETFD, 0) != 0)
    _exit (126);
}

GSubprocess *
vig_sandbox_spawn (const char * const *argv, const char * const *read_paths, const char * const *write_paths,
                   int descriptor, GError **error)
{
  VigSandboxSpec spec = { .argv = argv, .read_paths = read_paths };
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  GSubprocess *child = NULL;
  VigConfinement confinement;

  g_return_val_if_fail (argv != NULL && argv[0] != NULL, NULL);

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  if (vig_confinement_init (&confinement, &spec, write_paths, error))
    {
      g_subprocess_launcher_set_environ (launcher, confinement.environment);
      g_subprocess_launcher_set_child_setup (launcher, descriptor >= 0 ? confine_child_with_descriptor : confine_child, &confinement, NULL);
      if (descriptor >= 0)
        g_subprocess_launcher_take_fd (launcher, g_steal_fd (&descriptor), VIG_SANDBOX_DESCRIPTOR);
      child = g_subprocess_launcher_spawnv (launcher, argv, error);
    }
  vig_confinement_clear (&confinement);
  if (descriptor >= 0)
    g_close (descriptor, NULL);

  return child;
}

/* What newer kernels would confine and this one leaves to the user id and the filter of system calls. */
static JsonArray *
list_missing (int abi, gboolean seccomp)
{
  static const struct { int abi; const char *what; } parts[] = {
    { 1, "landlock" }, { 3, "landlock-truncate" }, { 4, "landlock-tcp" }, { 5, "landlock-ioctl" }, { 6, "landlock-signals" },
  };
  JsonArray *missing = json_array_new ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (parts); i++)
    if (abi < parts[i].abi)
      json_array_add_string_element (missing, parts[i].what);
  if (!seccomp)
    json_array_add_string_element (missing, "seccomp");

  return missing;
}

JsonObject *
vig_sandbox_describe (void)
{
  struct sock_fprog filter;
  int abi = vig_landlock_get_abi ();
  gboolean seccomp = vig_seccomp_get_filter (0, &filter, NULL);
  gboolean root = geteuid () == 0;

  return vig_json_pack_object ("{s:i, s:b, s:b, s:b, s:s, s:b, s:A}",
                               "landlock_abi", abi,
                               "seccomp", seccomp,
                               "no_new_privs", TRUE,
                               "unprivileged_user", TRUE,
                               "identity", root ? "the owner of the working directory; root without capabilities where root owns it"
                                                : "the user that runs the daemon",
                               "usable", abi >= 1 && seccomp,
                               "missing", list_missing (abi, seccomp));
}
