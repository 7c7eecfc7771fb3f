/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vig-macros.h>

G_BEGIN_DECLS

/* Opens @path beneath @directory, whoever renames and links there meanwhile; -1 and errno: EXDEV where it leads out, ELOOP for a link that is
 * not followed. By openat2, and where that is not to be had (before Linux 5.6, under RestrictSUIDSGID= of systemd) step by step. */
VIG_API int vig_beneath_open (int directory, const char *path, int flags, guint mode, gboolean follow_links);
VIG_API int vig_beneath_walk (int directory, const char *path, int flags, guint mode, gboolean follow_links); /* always step by step */

G_END_DECLS
