/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A control group of its own for each command, where the daemon can make any. */
#define VIG_SANDBOX_MAX_PROCESSES 256
#define VIG_SANDBOX_MAX_MEMORY (G_GUINT64_CONSTANT (4) << 30) /* bytes, of all processes of a command together */
#define VIG_CGROUP_MAX 3

typedef struct
{
  char *folders[VIG_CGROUP_MAX]; /* or NULL */
  int   join[VIG_CGROUP_MAX];    /* cgroup.procs, in version 2 the folder; or -1 */
} VigCgroup;

typedef enum
{
  VIG_CGROUP_PIDS = 1 << 0,
  VIG_CGROUP_MEMORY = 1 << 1,
  VIG_CGROUP_KILL = 1 << 2,
  VIG_CGROUP_UNIFIED = 1 << 3,
} VigCgroupAbilities;

VigCgroupAbilities vig_cgroup_get_abilities (void);
void     vig_cgroup_set_disabled   (gboolean value);
void     vig_cgroup_init           (VigCgroup *self); /* without any where none can be made */
/* fork (); in version 2 the child is born in its group, if the kernel can: it has no move to wait for, which takes milliseconds. */
int      vig_cgroup_fork           (const VigCgroup *self, gboolean *born_inside);
void     vig_cgroup_join           (const VigCgroup *self, gboolean born_inside); /* in the child */
void     vig_cgroup_kill           (const VigCgroup *self);
guint64  vig_cgroup_count_oom_kills (const VigCgroup *self);
void     vig_cgroup_clear          (VigCgroup *self);
char    *vig_cgroup_find_folder    (const char *mounts, const char *membership, const char *controller); /* NULL: version 2 */

G_END_DECLS
