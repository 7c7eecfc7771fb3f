/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-pool.h"
#include "ssh-watch.h"

#include <libssh/sftp.h>

G_BEGIN_DECLS

#define SSH_SET_ID 06000 /* of a mode */

/* A server's files, for one call: confined to the folders that the server's entry names. All of it blocks. */
typedef struct
{
  VigSshPool   *pool;
  VigServer    *server;
  ssh_session   session;
  sftp_session  sftp;
  VigSshWatch  *watch;
  GCancellable *cancellable;
} VigSshFiles;

#define SSH_FILE_MAX (1024 * 1024) /* bytes that are written at once */

gboolean        vig_ssh_files_open    (VigSshFiles *self, VigSshPool *pool, VigServer *server, gint64 deadline, GCancellable *cancellable, GError **error);
void            vig_ssh_files_close   (VigSshFiles *self);
gboolean        vig_ssh_files_fail    (VigSshFiles *self, const char *doing, const char *path, GError **error); /* FALSE; the error says why */

/* The path as the server resolves it, links and all; DENIED where that is outside of the folders. What is not there yet has a name in a folder. */
char           *vig_ssh_files_resolve (VigSshFiles *self, const char *path, GError **error);
/* Attributes of what is there, links not followed; NULL without error: nothing is. */
sftp_attributes vig_ssh_files_look    (VigSshFiles *self, const char *path, GError **error);
/* Bytes from @offset, at most @limit. */
GBytes         *vig_ssh_files_read    (VigSshFiles *self, const char *path, guint64 offset, gsize limit, GError **error);

G_END_DECLS
