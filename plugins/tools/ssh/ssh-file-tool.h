/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-sftp.h"

G_BEGIN_DECLS

/* "ssh.read" and "ssh.write": files of servers, beneath the folders that their entries name. */
VigTool    *vig_ssh_read_tool_new  (VigSshPool *pool);
VigTool    *vig_ssh_write_tool_new (VigSshPool *pool);

/* What they do once the server's files are open. */
JsonNode   *vig_ssh_read_run       (VigSshFiles *files, VigInvocation *invocation, GError **error);
JsonNode   *vig_ssh_write_run      (VigSshFiles *files, VigInvocation *invocation, GError **error);
VigPreview *vig_ssh_write_preview  (VigSshFiles *files, VigInvocation *invocation, GError **error);

const char *vig_ssh_get_path       (VigInvocation *invocation);

G_END_DECLS
