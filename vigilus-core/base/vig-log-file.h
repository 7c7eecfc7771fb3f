/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A file that lines are appended to by a thread of its own, and that starts anew when it is full: NAME, NAME.1, NAME.2 ... */
typedef struct _VigLogFile VigLogFile;

/* @max_bytes of each file, @n_files in all. The folder is made, for us alone. */
VigLogFile *vig_log_file_new   (const char *path, gsize max_bytes, guint n_files, GError **error);
void        vig_log_file_write (VigLogFile *self, char *line); /* (transfer full); any thread, never blocks; lines beyond a queue of 10000 are counted, not kept */
void        vig_log_file_free  (VigLogFile *self);             /* writes what is queued */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigLogFile, vig_log_file_free)

G_END_DECLS
