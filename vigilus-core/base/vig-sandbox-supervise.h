/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-sandbox-private.h"

G_BEGIN_DECLS

/* What the supervisor of a command consists of: forked, so async-signal-safe and without memory of its own. */
guint    vig_descendants_count      (void);
void     vig_descendants_kill       (void); /* those counted last */
gboolean vig_descendants_have       (pid_t pid);
gboolean vig_descendants_have_group (pid_t group); /* and nobody else in it */

/* Decides over the signals of a filter with VIG_SECCOMP_ASK_SIGNALS. */
gboolean vig_listener_send          (int channel, int listener);
int      vig_listener_receive       (int channel); /* -1: none came */
void     vig_listener_answer        (int listener);

G_END_DECLS
