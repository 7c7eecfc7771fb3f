/* SPDX-License-Identifier: MIT */
#pragma once

#include "docker-engine.h"

G_BEGIN_DECLS

/* A Compose project: its folder, which lies in one that the server's entry allows, its files, and the Compose program that works on it. The program runs
 * confined: it reads the allowed folder and the system's programs, writes into a scratch folder only, and reaches the Engine by a socket of ours. */
typedef struct _DockerProject DockerProject;

/* The project of the call's argument "project_dir". VIG_ERROR_DENIED: it is outside; VIG_ERROR_NOT_FOUND: no such folder, file or program. */
DockerProject    *docker_project_open         (VigInvocation *invocation, DockerEngine *engine, GCancellable *cancellable, GError **error);
void              docker_project_free         (DockerProject *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DockerProject, docker_project_free)

const char       *docker_project_get_folder   (DockerProject *self); /* links resolved */
const char       *docker_project_get_program  (DockerProject *self); /* "docker compose" or "docker-compose" */
gboolean          docker_project_speaks_json  (DockerProject *self); /* version 2 and newer */

/* Runs "compose -f FILES... ARGUMENTS...". An exit status is a result. */
VigCommandResult *docker_project_run          (DockerProject *self, VigInvocation *invocation, const char * const *arguments, GCancellable *cancellable, GError **error);
/* The same, and VIG_ERROR_REMOTE with its words where it exits with an error. Its standard output. */
char             *docker_project_ask          (DockerProject *self, VigInvocation *invocation, const char * const *arguments, GCancellable *cancellable, GError **error);

/* The arguments before those, as argv begins. Pure, for tests. */
GPtrArray        *docker_compose_argv         (gboolean is_plugin, const char *socket, const char *folder, GPtrArray *files);

G_END_DECLS
