/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-sandbox-cgroup.h"
#include "vig-sandbox-files.h"
#include "vig-sandbox.h"

#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/types.h>

G_BEGIN_DECLS

#define VIG_SANDBOX_MAX_PLACES 12
#define VIG_LANDLOCK_ABI_SCOPES 6 /* the first that confines signals */

typedef struct
{
  uid_t uid;
  gid_t gid;
} VigIdentity;

/* What root owns and an unprivileged child is to have: a mount in which root's files are the child's. */
typedef struct
{
  char    *path;      /* canonical */
  char    *cover;     /* the topmost folder above it that is shut to others, or NULL */
  gboolean is_folder;
  int      tree;      /* the mount, which is nowhere yet */
} VigPlace;

/* All that a child needs between fork and exec, where nothing may be allocated. */
typedef struct
{
  char            *program;    /* absolute */
  char           **argv;
  char           **environment;
  int              directory;  /* descriptor of the working directory */
  int              ruleset;    /* Landlock */
  struct sock_fprog filter;    /* borrowed, lives for ever */
  gboolean         ask_signals; /* the supervisor decides who may be signalled */
  gboolean         keep_raw;    /* CAP_NET_RAW stays, where it is there */
  gboolean         is_root;
  uid_t            uid;
  gid_t            gid;
  rlim_t           max_processes;
  int              namespaces; /* vig_namespaces_choose (); besides, where there are places, that of mounts */
  VigPlace         places[VIG_SANDBOX_MAX_PLACES]; /* the first is the working directory, where that is one of them */
  guint            n_places;
  gboolean         has_home;   /* a working directory of its own */
} VigConfinement;

typedef enum
{
  VIG_SECCOMP_NETWORK = 1 << 0,     /* IPv4 and IPv6 */
  VIG_SECCOMP_ATTRIBUTES = 1 << 1,  /* modes and times through descriptors */
  VIG_SECCOMP_ASK_SIGNALS = 1 << 2, /* system calls that send signals go to the filter's listener */
  VIG_SECCOMP_UNIX = 1 << 3,        /* sockets in the file system, as the user may connect to them */
  VIG_SECCOMP_PACKET = 1 << 4,      /* with the network: packets of every protocol */
  VIG_SECCOMP_FILES = 1 << 5,       /* of a thread that works on files, whatever else is set */
  VIG_SECCOMP_ALL = (1 << 6) - 1,
} VigSeccompFlags;

typedef enum
{
  VIG_STAGE_NONE,
  VIG_STAGE_ENDED, /* code: wait status */
  VIG_STAGE_CROWDED,
  VIG_STAGE_LEFT, /* not all could be ended */
  VIG_STAGE_START,
  VIG_STAGE_LIMITS,
  VIG_STAGE_NAMESPACES,
  VIG_STAGE_USER,
  VIG_STAGE_LANDLOCK,
  VIG_STAGE_SECCOMP,
  VIG_STAGE_EXEC,
} VigStage;

typedef struct
{
  int stage;
  int code;
} VigStageReport;

gboolean vig_confinement_init      (VigConfinement *self, const VigSandboxSpec *spec, const char * const *write_paths, GError **error);
void     vig_confinement_clear     (VigConfinement *self);
/* In the child of @parent: first what is the same for all commands, then the rest. VIG_STAGE_EXEC: all is done. */
VigStage vig_confinement_prepare   (pid_t parent, const VigCgroup *cgroup, gboolean in_group, int namespaces);
VigStage vig_confinement_apply     (const VigConfinement *self, int *listener);
/* Of this thread alone: all but @kept, of the first 32, which tells those that were there afterwards; with @inherit they are in effect and inheritable.
 * Where nothing is to be changed capset () is not called: a tight systemd unit does not allow it. */
gboolean vig_capabilities_keep     (guint32 *kept, gboolean inherit);

int      vig_landlock_get_abi      (void); /* 0: none */
int      vig_landlock_make_ruleset (const VigSandboxSpec *spec, const char * const *write_paths, GError **error);
int      vig_landlock_make_files_ruleset (const VigFilesPlace *places, guint n_places, GError **error);
void     vig_landlock_set_abi_max  (int abi_max); /* for tests: what an older kernel has */

gboolean vig_seccomp_get_filter    (VigSeccompFlags flags, struct sock_fprog *filter, GError **error);

const VigIdentity *vig_identity_get_dedicated (void);

gboolean vig_place_init            (VigPlace *self, const char *path); /* FALSE: it can't be had; clear it all the same */
void     vig_place_clear           (VigPlace *self);
void     vig_idmap_set_disabled    (gboolean value); /* for tests: as on a file system that has no such mounts */

gboolean vig_namespaces_are_available (void);
void     vig_namespaces_set_disabled  (gboolean value);
int      vig_namespaces_choose     (gboolean network); /* flags of unshare(2) */
gboolean vig_namespaces_mount      (const VigConfinement *self); /* in the child: the places, in a namespace of its own */

/* {"ran", "passed", "uid", "id_mapped", "tests":[{"name","held"}]}: in a place below @folder that is gone afterwards. */
JsonObject *vig_sandbox_probe      (const char *folder);

/* After a self-test in which something got through: nothing is started any more. */
void     vig_confinement_set_refused (gboolean refused);

/* The same for a child that is about to be executed: returns in the child only; 126 is its exit status where it could not be confined.
 * SIGTERM to who calls this, or the end of its parent, kills all. */
void     vig_supervise_around      (const VigConfinement *confinement, const VigCgroup *cgroup);

G_END_DECLS
