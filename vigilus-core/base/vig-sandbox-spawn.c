/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <glib/gstdio.h>

typedef struct
{
  VigConfinement confinement;
  VigCgroup     *cgroup;
} Child;

static void
confine_child (gpointer data)
{
  const Child *self = data;

  vig_supervise_around (&self->confinement, self->cgroup);
}

/* Confinement closes all but the standard streams at exec. */
static void
confine_child_with_descriptor (gpointer data)
{
  confine_child (data);
  if (fcntl (VIG_SANDBOX_DESCRIPTOR, F_SETFD, 0) != 0)
    _exit (126);
}

/* Takes its time, so it has a thread. */
static gpointer
end_cgroup (gpointer data)
{
  VigCgroup *cgroup = data;

  vig_cgroup_kill (cgroup);
  vig_cgroup_clear (cgroup);
  g_free (cgroup);

  return NULL;
}

static void
child_gone (gpointer data, GObject *child)
{
  g_thread_unref (g_thread_new ("cgroup", end_cgroup, data));
}

GSubprocess *
vig_sandbox_spawn (const char * const *argv, const char * const *read_paths, const char * const *write_paths,
                   int descriptor, GError **error)
{
  VigSandboxSpec spec = { .argv = argv, .read_paths = read_paths };
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  GSubprocess *child = NULL;
  Child self;

  g_return_val_if_fail (argv != NULL && argv[0] != NULL, NULL);

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  self.cgroup = g_new (VigCgroup, 1);
  vig_cgroup_init (self.cgroup);
  if (vig_confinement_init (&self.confinement, &spec, write_paths, error))
    {
      g_subprocess_launcher_set_environ (launcher, self.confinement.environment);
      g_subprocess_launcher_set_child_setup (launcher, descriptor >= 0 ? confine_child_with_descriptor : confine_child, &self, NULL);
      if (descriptor >= 0)
        g_subprocess_launcher_take_fd (launcher, g_steal_fd (&descriptor), VIG_SANDBOX_DESCRIPTOR);
      child = g_subprocess_launcher_spawnv (launcher, argv, error);
    }
  /* It lives as long as the child's object, and takes with it whatever is left. */
  if (child != NULL)
    g_object_weak_ref (G_OBJECT (child), child_gone, self.cgroup);
  else
    end_cgroup (self.cgroup);
  vig_confinement_clear (&self.confinement);
  if (descriptor >= 0)
    g_close (descriptor, NULL);

  return child;
}

uid_t
vig_sandbox_get_file_owner (void)
{
  return geteuid () == 0 ? vig_identity_get_dedicated ()->uid : geteuid ();
}

void
vig_sandbox_kill (GSubprocess *child)
{
  g_subprocess_send_signal (child, SIGTERM);
}
