/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* docker.list, which can also say whether a server's Docker answers. */
VigTool *docker_service_new (const VigToolInfo *info);

G_END_DECLS
