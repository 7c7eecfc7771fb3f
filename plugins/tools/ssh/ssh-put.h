/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-sftp.h"

G_BEGIN_DECLS

#define SSH_KEEP_MAX (64 * 1024 * 1024) /* bytes of a file that is kept whole for undo */

/* Whole files of servers. @info: of what is there, or NULL: nothing. */
gboolean vig_ssh_files_get (VigSshFiles *self, const char *path, sftp_attributes info, VigServerFile *file, GError **error);
/* Beside the old file, then in its place: nobody sees half of it. @replaces: one is there. @has_owner: it is to be the owner's that @file names;
 * where the server's user may not give it away, it has no set-id bits either, which would give that user's rights. */
gboolean vig_ssh_files_put (VigSshFiles *self, const char *path, const VigServerFile *file, gboolean replaces, gboolean has_owner, GError **error);

/* What VigServerAccess offers: on a connection of their own. */
gboolean vig_ssh_read_file (VigSshPool *pool, VigServer *server, const char *path, VigServerFile *file, GCancellable *cancellable, GError **error);
gboolean vig_ssh_put_file  (VigSshPool *pool, VigServer *server, const char *path, const VigServerFile *file, GCancellable *cancellable, GError **error);

G_END_DECLS
