/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-sandbox-private.h"

G_BEGIN_DECLS

/* What the supervisor of a command consists of: forked, so async-signal-safe and without memory of its own. */
guint    vig_descendants_count      (void);
gboolean vig_descendants_have       (pid_t pid);
/* Takes up those that have ended: of @child, @status and @ended. TRUE: nobody is left. For a reaper of orphans (PR_SET_CHILD_SUBREAPER) only. */
gboolean vig_descendants_reap       (pid_t child, int *status, gboolean *ended);
#define VIG_KILL_ROUNDS 2000 /* of a millisecond and what looking at all processes takes */

/* Kills until nobody is left; FALSE: somebody still is, after some seconds. */
gboolean vig_descendants_end        (pid_t child, int *status, gboolean *ended);
void     vig_descendants_set_rounds (guint rounds); /* for tests: how often it kills at most */
gboolean vig_descendants_have_group (pid_t group); /* and nobody else in it */

/* What comes with an order: its input, ruleset and working directory, and its places. */
#define VIG_ORDER_FIXED 3
#define VIG_ORDER_MAX (VIG_ORDER_FIXED + VIG_SANDBOX_MAX_PLACES)

/* Runs a child, as soon as the order for it is there, and stays until all its descendants are gone; forked, async-signal-safe, does not
 * return. @descriptors: the channel that the order's descriptors come by, output, error output, report, lifeline. */
void     vig_supervise              (const VigConfinement *order, const VigCgroup *cgroup, int namespaces, const int *descriptors) G_GNUC_NORETURN;

gboolean vig_descriptors_send       (int channel, const int *descriptors, guint n); /* VIG_ORDER_MAX at most, and as few as none */
int      vig_descriptors_receive    (int channel, int *descriptors); /* how many; -1: nobody sends any more, or they can't be had */

/* Decides over the signals of a filter with VIG_SECCOMP_ASK_SIGNALS. */
void     vig_listener_answer        (int listener);

G_END_DECLS
