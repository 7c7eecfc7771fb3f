/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-sandbox-private.h"

G_BEGIN_DECLS

/* A process in its own control group and namespaces, and a supervisor over it, that wait for what to run: once, as which user and confined
 * to what is said with it. They end with this process. Blocking; on a worker thread. */
typedef struct
{
  VigConfinement    *order;      /* shared with them, and behind it all that it points to */
  pid_t              supervisor; /* 0: waited for */
  int                channel;    /* to the process: the order's descriptors, or its end; or -1, as all of these */
  int                outputs[2]; /* to read, for whoever takes them */
  int                report;
  int                lifeline;
  VigCgroup          cgroup;
  VigCgroupAbilities abilities;
  int                namespaces;
  gint64             until;
} VigStandby;

/* By one that is ready, where there is one. What comes of it, a failure as well, is in its report. */
VigStandby *vig_standby_run          (const VigConfinement *confinement, int input, GError **error);

/* All that is left of it goes, and then one for a command without the network is made ready and kept for a while, or as many as lately ran at
 * once, four at most; on a thread of its own. */
void        vig_standby_finish       (VigStandby *self);

gboolean    vig_standby_is_ready     (void); /* all that do not run */
void        vig_standby_set_lifetime (gint64 microseconds); /* for tests */

G_END_DECLS
