/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Loads the provider module at @path (below the build directory) as the daemon would and makes an unconfigured provider of the type that it adds. */
VigProvider *vig_test_load_provider (const char *path);

G_END_DECLS
