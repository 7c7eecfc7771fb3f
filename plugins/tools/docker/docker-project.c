/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-project.h"

#include "docker-proxy.h"

#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define MAX_OPEN 16        /* folders, while the scratch is removed */
#define MAX_COMPLAINT 2000 /* characters of what Compose says is wrong */

struct _DockerProject
{
  char        *allowed;   /* real path of the folder that the entry names */
  char        *folder;    /* real path of the project */
  GPtrArray   *files;     /* absolute */
  gboolean     is_plugin; /* "docker compose" */
  gboolean     is_v1;
  char        *scratch;
  DockerProxy *proxy;
};

static int
remove_one (const char *path, const struct stat *info, int type, struct FTW *place)
{
  return remove (path);
}

void
docker_project_free (DockerProject *self)
{
  g_clear_pointer (&self->proxy, docker_proxy_free);
  if (self->scratch != NULL)
    nftw (self->scratch, remove_one, MAX_OPEN, FTW_DEPTH | FTW_PHYS);
  g_clear_pointer (&self->files, g_ptr_array_unref);
  g_free (self->scratch);
  g_free (self->allowed);
  g_free (self->folder);
  g_free (self);
}

const char *
docker_project_get_folder (DockerProject *self)
{
  return self->folder;
}

const char *
docker_project_get_program (DockerProject *self)
{
  return self->is_plugin ? "docker compose" : "docker-compose";
}

gboolean
docker_project_speaks_json (DockerProject *self)
{
  return !self->is_v1;
}

static gboolean
is_beneath (const char *path, const char *folder)
{
  gsize length = strlen (folder);

  return strncmp (path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* Written the one way that there is, so that a grant for a folder is for no other: no links, no ".." and no slash at the end. */
static gboolean
check_spelling (const char *path, const char *real, GError **error)
{
  if (g_str_equal (path, real))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "project_dir: write it as %s", real);

  return FALSE;
}

/* Links are followed first: what counts is where the folder really is. */
static gboolean
find_folder (DockerProject *self, VigServer *server, const char *path, GError **error)
{
  char real[PATH_MAX];
  char allowed[PATH_MAX];

  if (server->compose_folders == NULL || server->compose_folders[0] == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "server %s allows no folder of Compose projects: name some in its entry in the dashboard under Servers", server->name);
      return FALSE;
    }
  for (guint i = 0; realpath (path, real) != NULL && server->compose_folders[i] != NULL; i++)
    if (realpath (server->compose_folders[i], allowed) != NULL && is_beneath (real, allowed))
      {
        self->folder = g_strdup (real);
        self->allowed = g_strdup (allowed);
        return check_spelling (path, real, error);
      }

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "project_dir: there is no folder %s in those that server %s allows", path, server->name);

  return FALSE;
}

static gboolean
add_first (DockerProject *self, const char * const *names)
{
  for (; *names != NULL; names++)
    {
      g_autofree char *path = g_build_filename (self->folder, *names, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        {
          g_ptr_array_add (self->files, g_steal_pointer (&path));
          return TRUE;
        }
    }

  return FALSE;
}

/* Named, not left to Compose to look for: it would also look in the folders above. */
static gboolean
find_files (DockerProject *self, GError **error)
{
  static const char * const names[] = { "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml", NULL };
  static const char * const overrides[] = { "compose.override.yaml", "compose.override.yml", "docker-compose.override.yml", "docker-compose.override.yaml", NULL };

  self->files = g_ptr_array_new_with_free_func (g_free);
  if (!add_first (self, names))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "project_dir: %s has no compose.yaml, compose.yml, docker-compose.yml or docker-compose.yaml", self->folder);
      return FALSE;
    }
  add_first (self, overrides);

  return TRUE;
}

static gboolean
find_program (DockerProject *self, GError **error)
{
  static const char * const folders[] = { "/usr/local/lib/docker", "/usr/local/libexec/docker", "/usr/lib/docker", "/usr/libexec/docker", NULL };
  g_autofree char *docker = g_find_program_in_path ("docker");
  g_autofree char *standalone = g_find_program_in_path ("docker-compose");

  for (guint i = 0; docker != NULL && folders[i] != NULL && !self->is_plugin; i++)
    {
      g_autofree char *path = g_build_filename (folders[i], "cli-plugins", "docker-compose", NULL);

      self->is_plugin = g_file_test (path, G_FILE_TEST_IS_EXECUTABLE);
    }
  if (self->is_plugin || standalone != NULL)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_FOUND,
                       "there is no Compose on the machine of Vigilus: install Docker's Compose plugin (docker-compose-plugin) or Debian's docker-compose");

  return FALSE;
}

/* Where vigilusd is root, the program runs as the owner of the project: it reads what that person can read. */
static gboolean
make_scratch (DockerProject *self, DockerEndpoint *endpoint, GError **error)
{
  struct stat info;
  uid_t owner = geteuid ();

  if (owner == 0 && stat (self->folder, &info) == 0)
    owner = info.st_uid;
  self->scratch = g_dir_make_tmp ("vigilus-compose-XXXXXX", error);
  if (self->scratch == NULL)
    return FALSE;
  if (owner != geteuid () && chown (self->scratch, owner, (gid_t) -1) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to give away %s", self->scratch);
      return FALSE;
    }
  self->proxy = docker_proxy_new ((DockerDialFunc) docker_endpoint_dial, endpoint, self->scratch, owner, error);

  return self->proxy != NULL;
}

GPtrArray *
docker_compose_argv (gboolean is_plugin, const char *socket, const char *folder, GPtrArray *files)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (argv, g_strdup (is_plugin ? "docker" : "docker-compose"));
  g_ptr_array_add (argv, g_strdup ("-H"));
  g_ptr_array_add (argv, g_strconcat ("unix://", socket, NULL));
  if (is_plugin)
    g_ptr_array_add (argv, g_strdup ("compose"));
  g_ptr_array_add (argv, g_strdup ("--ansi"));
  g_ptr_array_add (argv, g_strdup ("never"));
  g_ptr_array_add (argv, g_strdup ("--project-directory"));
  g_ptr_array_add (argv, g_strdup (folder));
  for (guint i = 0; i < files->len; i++)
    {
      g_ptr_array_add (argv, g_strdup ("-f"));
      g_ptr_array_add (argv, g_strdup (g_ptr_array_index (files, i)));
    }

  return argv;
}

static VigCommandResult *
run (DockerProject *self, VigInvocation *invocation, const char * const *argv, GCancellable *cancellable, GError **error)
{
  const char * const read_paths[] = { self->allowed, NULL };
  VigCommandPlace place = { .directory = self->scratch, .read_paths = read_paths, .unix_sockets = TRUE };

  return vig_invocation_run_command_in (invocation, &place, argv, cancellable, error);
}

VigCommandResult *
docker_project_run (DockerProject *self, VigInvocation *invocation, const char * const *arguments, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) argv = docker_compose_argv (self->is_plugin, docker_proxy_get_path (self->proxy), self->folder, self->files);

  for (; *arguments != NULL; arguments++)
    g_ptr_array_add (argv, g_strdup (*arguments));
  g_ptr_array_add (argv, NULL);

  return run (self, invocation, (const char * const *) argv->pdata, cancellable, error);
}

/* What a person can use of it: the last line of a Python traceback, else all, up to a limit. */
static char *
dup_complaint (const char *text)
{
  g_autofree char *words = g_strstrip (g_strdup (text));
  const char *last = strrchr (words, '\n');

  if (g_str_has_prefix (words, "Traceback ") && last != NULL)
    return g_strdup (last + 1);

  return g_utf8_substring (words, 0, MIN (g_utf8_strlen (words, -1), MAX_COMPLAINT));
}

char *
docker_project_ask (DockerProject *self, VigInvocation *invocation, const char * const *arguments, GCancellable *cancellable, GError **error)
{
  g_autoptr (VigCommandResult) result = docker_project_run (self, invocation, arguments, cancellable, error);
  g_autofree char *words = NULL;

  if (result == NULL)
    return NULL;
  if (result->exit_status == 0 && strlen (result->output) == result->output_bytes)
    return g_strdup (result->output);

  words = dup_complaint (result->error_output);
  if (result->timed_out)
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "%s did not end in time", docker_project_get_program (self));
  else if (result->exit_status == 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the project's configuration is longer than the limit of a tool's output");
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "%s says: %s", docker_project_get_program (self), words);

  return NULL;
}

/* Version 1 has no JSON; a docker-compose of its own may be of either. Asked again when the program changes. */
static gboolean
find_version (DockerProject *self, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  static GMutex mutex;
  static struct timespec asked;
  static gboolean is_v1;
  const char * const argv[] = { "docker-compose", "version", "--short", NULL };
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  g_autofree char *program = g_find_program_in_path ("docker-compose");
  g_autoptr (VigCommandResult) result = NULL;
  struct stat info = { 0 };

  if (self->is_plugin || program == NULL)
    return TRUE;

  if (stat (program, &info) != 0 || info.st_mtim.tv_sec != asked.tv_sec || info.st_mtim.tv_nsec != asked.tv_nsec)
    {
      result = run (self, invocation, argv, cancellable, error);
      if (result == NULL)
        return FALSE;
      is_v1 = g_str_has_prefix (result->output, "1.");
      asked = info.st_mtim;
    }
  self->is_v1 = is_v1;

  return TRUE;
}

DockerProject *
docker_project_open (VigInvocation *invocation, DockerEngine *engine, GCancellable *cancellable, GError **error)
{
  const char *path = vig_json_get_string (vig_invocation_get_arguments (invocation), "project_dir", "");
  g_autoptr (DockerProject) self = g_new0 (DockerProject, 1);

  if (!g_path_is_absolute (path))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "project_dir: must be an absolute path");
      return NULL;
    }
  if (!find_folder (self, docker_engine_get_server (engine), path, error) || !find_files (self, error) || !find_program (self, error)
      || !make_scratch (self, docker_engine_get_endpoint (engine), error) || !find_version (self, invocation, cancellable, error))
    return NULL;

  return g_steal_pointer (&self);
}
