/* SPDX-License-Identifier: MIT */
#pragma once

#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <glib.h>

G_BEGIN_DECLS

/* Puts @from in the place of @to at once, as rename () does: the request posix-rename@openssh.com (OpenSSH's PROTOCOL, 4.3), which libssh 0.10
 * does not know; SFTP's own rename refuses where @to exists. No other request may be under way. FALSE: sftp_get_error () says why. */
gboolean vig_ssh_rename (sftp_session sftp, const char *from, const char *to);

G_END_DECLS
