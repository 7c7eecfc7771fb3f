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
#define SSH_KEEPALIVE       15 /* seconds of silence until the kernel asks whether the server is there; twice that: it is not */

const char  *vig_ssh_step_to_string (VigSshStep step); /* NULL: all went well */

/* A TCP connection straight from here, as a descriptor; -1: *step says whether the name was it. Blocks. */
int          vig_ssh_dial    (VigServer *server, VigSshStep *step, GCancellable *cancellable, GError **error);
/* Checks or pins the host key of who is at the other end of @fd, and signs in; blocks. Takes @fd. *step says where it failed. (transfer full) */
ssh_session  vig_ssh_connect (VigServer *server, int fd, VigSshStep *step, GCancellable *cancellable, GError **error);
void         vig_ssh_close  (ssh_session session);
/* Asks the server whether it is there, without waiting for the answer: that comes as a packet. */
void         vig_ssh_keep_alive (ssh_session session);

/* What the server says before anybody signs in, without control characters; NULL: nothing. */
char        *vig_ssh_dup_banner (ssh_session session);

/* "ssh-ed25519 AAAA..." and "SHA256:..." of a key; NULL: libssh could not. */
char        *vig_ssh_key_to_line        (ssh_key key);
char        *vig_ssh_key_to_fingerprint (ssh_key key);

G_END_DECLS
