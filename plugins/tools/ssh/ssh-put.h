/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-sftp.h"

G_BEGIN_DECLS

#define SSH_KEEP_MAX (64 * 1024 * 1024) /* bytes of a file that is kept whole for undo */

/* Whole files of servers. @info: of what is there, or NULL: nothing. */
gboolean vig_ssh_files_get (VigSshFiles *self, const char *path, sftp_attributes info, VigServerFile *file, GError **error);
/* Beside the old file, then in its place: nobody sees half of it. The owner stays where the server's user may give it away. @replaces: one is there. */
gboolean vig_ssh_files_put (VigSshFiles *self, const char *path, const VigServerFile *file, gboolean replaces, GError **error);

/* What VigServerAccess offers: on a connection of their own. */
gboolean vig_ssh_read_file (VigSshPool *pool, VigServer *server, const char *path, VigServerFile *file, GCancellable *cancellable, GError **error);
gboolean vig_ssh_put_file  (VigSshPool *pool, VigServer *server, const char *path, const VigServerFile *file, GCancellable *cancellable, GError **error);

G_END_DECLS
