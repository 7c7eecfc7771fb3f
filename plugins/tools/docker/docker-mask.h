/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define DOCKER_HIDDEN "[hidden]"

/* A container's environment, "NAME=value" each, as rows {"name", "value"}. What it is set to is where containers keep their passwords:
 * only values of names that are known to be harmless are shown, all others read DOCKER_HIDDEN. */
JsonArray *docker_mask_environment (JsonArray *environment);

G_END_DECLS
