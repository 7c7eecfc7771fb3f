/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What the tools do; their names, schemas and levels are in docker.c. */
JsonNode   *docker_list            (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *docker_inspect         (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *docker_logs            (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *docker_images          (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *docker_stats           (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *docker_events          (VigInvocation *invocation, GCancellable *cancellable, GError **error);

JsonNode   *docker_start           (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *docker_stop            (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *docker_restart         (VigInvocation *invocation, GCancellable *cancellable, GError **error);
VigPreview *docker_control_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error);

JsonNode   *docker_compose         (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *docker_compose_ps      (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *docker_compose_config  (VigInvocation *invocation, GCancellable *cancellable, GError **error);
VigPreview *docker_compose_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error);

G_END_DECLS
