/* SPDX-License-Identifier: MIT */
#pragma once

#include <libssh/libssh.h>
#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* How far a connection came before it failed. */
typedef enum
{
  SSH_STEP_NAME,           /* the host's name */
  SSH_STEP_TCP,
  SSH_STEP_HOST_KEY,       /* also the key exchange */
  SSH_STEP_AUTHENTICATION,
  SSH_STEP_COMMAND,
  SSH_STEP_NONE,           /* all went well */
} VigSshStep;

#define SSH_CONNECT_TIMEOUT 15 /* seconds, for each step */

const char  *vig_ssh_step_to_string (VigSshStep step); /* NULL: all went well */

/* Connects, checks or pins the host key, and signs in; blocks. *step says where it failed. (transfer full) */
ssh_session  vig_ssh_connect (VigServer *server, VigSshStep *step, GCancellable *cancellable, GError **error);
void         vig_ssh_close  (ssh_session session);

/* "ssh-ed25519 AAAA..." and "SHA256:..." of a key; NULL: libssh could not. */
char        *vig_ssh_key_to_line        (ssh_key key);
char        *vig_ssh_key_to_fingerprint (ssh_key key);

G_END_DECLS
