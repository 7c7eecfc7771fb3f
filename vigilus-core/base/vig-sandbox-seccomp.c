/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define FIRST_UNKNOWN 457 /* statmount, Linux 6.8 */
#define FCHMODAT2     452 /* older libseccomp does not know it by name */
#define LAST_UNKNOWN  999 /* beyond: ARM's private calls, MIPS, x32 with its bit */

/* What no command needs that reads, computes and writes files: each is a way out, or reaches what Landlock does not
 * guard (modes, owners, times and attributes of files outside; sockets; rings that bypass this filter; memory and queues that
 * any process can open by a number; news of files outside). */
static const char * const denied[] = {
  "acct", "add_key", "adjtimex", "bpf", "chmod", "chown", "chroot", "clock_adjtime", "clock_settime", "delete_module",
  "fanotify_init", "fchmodat", "fchmodat2", "fchown", "fchownat", "finit_module", "fsconfig", "fsmount", "fsopen", "fspick",
  "fremovexattr", "fsetxattr", "init_module", "inotify_init", "inotify_init1", "io_uring_enter", "io_uring_register", "io_uring_setup",
  "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lchown", "listen", "lookup_dcookie", "lremovexattr", "lsetxattr",
  "migrate_pages", "modify_ldt", "mount", "mount_setattr", "move_mount", "move_pages", "mq_open", "mq_unlink", "msgctl", "msgget",
  "msgrcv", "msgsnd", "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open", "pidfd_getfd",
  "pidfd_send_signal", "pivot_root", "process_madvise", "process_mrelease", "process_vm_readv", "process_vm_writev", "ptrace", "quotactl",
  "quotactl_fd", "reboot", "removexattr", "request_key", "semctl", "semget", "semop", "semtimedop", "sethostname",
  "setdomainname", "setns", "settimeofday", "setxattr", "shmat", "shmctl", "shmget", "swapoff", "swapon", "syslog",
  "truncate", "umount", "umount2", "unshare", "userfaultfd", "utime", "utimes", "futimesat", "vhangup", "vmsplice", NULL,
};

/* What a thread that works on files does not do beside that: start anything, reach anything, be heard by another process. */
static const char * const denied_to_files[] = {
  "execve", "execveat", "kill", "mknod", "mknodat", "pidfd_open", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "socket", "socketpair", "tkill", "utimensat", NULL,
};
static const char * const starting[] = { "clone", "clone3", "fork", "vfork", NULL };

/* ... and what it does, for who owns a file stays who owns it. */
static const char * const allowed_to_files[] = { "fchown", "fchownat", NULL };

/* Attributes outside are told by their path alone. As on a file system without any, which programs know; by a descriptor they are read. */
static const char * const without_attributes[] = { "getxattr", "lgetxattr", "listxattr", "llistxattr", NULL };

/* To whom a signal goes: without Landlock's scopes (ABI 6) the supervisor decides. */
static const char * const signalling[] = { "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", NULL };

static const guint new_namespaces[] = {
  CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP,
};

/* Input into terminals, whom a descriptor's signals go to, and what file systems change of files that are open for reading only, or make in such
 * folders, unseen by Landlock. By type and number: sizes differ between 32 and 64 bits. */
static const guint denied_ioctls[] = {
  TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP,
  _IO ('f', 2), _IO ('X', 32), _IO ('v', 2), _IO ('f', 133),        /* FS_IOC_SETFLAGS, _FSSETXATTR, _SETVERSION, _ENABLE_VERITY */
  _IO ('f', 19), _IO ('f', 23), _IO ('f', 24), _IO ('f', 25),       /* fscrypt: policy, keys */
  _IO ('f', 4), _IO ('f', 9), _IO ('f', 12), _IO ('f', 40),         /* ext4: version, migration, allocation, cache */
  _IO (0x94, 1), _IO (0x94, 14), _IO (0x94, 23), _IO (0x94, 24),    /* btrfs: snapshots and subvolumes are made, */
  _IO (0x94, 15), _IO (0x94, 63), _IO (0x94, 26), _IO (0x94, 37),   /* removed and changed, */
  _IO (0x94, 2), _IO (0x94, 16),                                    /* files defragmented */
  _IO ('r', 0x11), _IO (0xf5, 13),                                  /* vfat: attributes; f2fs: pinning */
};

static const guint denied_fcntls[] = { F_SETOWN, F_SETOWN_EX, F_SETLEASE, F_NOTIFY };

/* What changes a process that is named: only oneself, which is named 0. */
static const struct { const char *name; guint argument; guint64 allowed; } on_oneself[] = {
  { "setpriority", 0, PRIO_PROCESS }, { "setpriority", 1, 0 }, { "ioprio_set", 0, 1 /* IOPRIO_WHO_PROCESS */ }, { "ioprio_set", 1, 0 },
  { "sched_setaffinity", 0, 0 }, { "sched_setattr", 0, 0 }, { "sched_setparam", 0, 0 }, { "sched_setscheduler", 0, 0 },
  { "prlimit64", 0, 0 }, { "personality", 0, 0xffffffff /* only asks */ },
};

/* A call that this architecture does not have needs no rule. */
static gboolean
add (scmp_filter_ctx filter, guint32 action, int number, guint n, const struct scmp_arg_cmp *cmps)
{
  int result = number != __NR_SCMP_ERROR ? seccomp_rule_add_array (filter, action, number, n, cmps) : 0;

  return result == 0 || result == -EDOM;
}

static gboolean
deny (scmp_filter_ctx filter, int code, const char *name)
{
  return add (filter, SCMP_ACT_ERRNO ((guint16) code), seccomp_syscall_resolve_name (name), 0, NULL);
}

/* The kernel looks at 32 bits of these arguments, so the filter must not be fooled by the other 32. */
static gboolean
deny_if (scmp_filter_ctx filter, int syscall_number, guint argument, guint64 mask, guint64 value)
{
  struct scmp_arg_cmp cmp = SCMP_CMP (argument, SCMP_CMP_MASKED_EQ, mask, value);

  return add (filter, SCMP_ACT_ERRNO (EPERM), syscall_number, 1, &cmp);
}

static gboolean
deny_if_both (scmp_filter_ctx filter, int syscall_number, guint first, guint64 first_bits, guint second, guint64 second_bits)
{
  struct scmp_arg_cmp cmps[] = { SCMP_CMP (first, SCMP_CMP_MASKED_EQ, first_bits, first_bits), SCMP_CMP (second, SCMP_CMP_MASKED_EQ, second_bits, second_bits) };

  return add (filter, SCMP_ACT_ERRNO (EPERM), syscall_number, 2, cmps);
}

static gboolean
deny_unless (scmp_filter_ctx filter, const char *name, guint argument, guint64 allowed)
{
  struct scmp_arg_cmp cmp = SCMP_CMP (argument, SCMP_CMP_NE, allowed);

  return add (filter, SCMP_ACT_ERRNO (EPERM), seccomp_syscall_resolve_name (name), 1, &cmp);
}

/* With the network: IPv4, IPv6 and the netlink that name resolution asks, and AF_PACKET where raw packets are granted; otherwise none. Unix sockets lead to other daemons: only
 * where the call is for one. A pair is fine where it stays one: datagram sockets of a pair can be sent elsewhere. */
static gboolean
deny_sockets (scmp_filter_ctx filter, gboolean allow_network, gboolean allow_unix, gboolean allow_packet)
{
  G_STATIC_ASSERT (AF_PACKET == AF_NETLINK + 1);
  static const guint stray[] = { SOCK_DGRAM, SOCK_RAW, SOCK_RDM };
  struct scmp_arg_cmp above = SCMP_CMP (0, SCMP_CMP_GT, allow_packet ? AF_PACKET : AF_NETLINK);
  struct scmp_arg_cmp netlink_or_above = SCMP_CMP (0, SCMP_CMP_GE, AF_NETLINK);
  struct scmp_arg_cmp other_netlink[] = { SCMP_CMP (0, SCMP_CMP_EQ, AF_NETLINK), SCMP_CMP (2, SCMP_CMP_NE, NETLINK_ROUTE) };
  gboolean done = TRUE;
  guint family;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (stray) && done; i++)
    done = deny_if (filter, SCMP_SYS (socketpair), 1, 0xf, stray[i]);
  if (!allow_network && !allow_unix)
    return done && deny (filter, EACCES, "socket");

  for (family = 0; family < AF_NETLINK && done; family++)
    if (!(allow_network && (family == AF_INET || family == AF_INET6)) && !(allow_unix && family == AF_UNIX))
      done = deny_if (filter, SCMP_SYS (socket), 0, G_MAXUINT32, family);
  if (!allow_network)
    return done && add (filter, SCMP_ACT_ERRNO (EACCES), SCMP_SYS (socket), 1, &netlink_or_above);

  return done
         && add (filter, SCMP_ACT_ERRNO (EACCES), SCMP_SYS (socket), 2, other_netlink)
         && add (filter, SCMP_ACT_ERRNO (EACCES), SCMP_SYS (socket), 1, &above);
}

/* Pipes with a name are made by mknod, too, as scripts do: where the call was granted to change things. Devices, sockets and what runs as
 * somebody else are for nobody. */
static gboolean
deny_nodes (scmp_filter_ctx filter, gboolean allow_pipes)
{
  static const guint others[] = { S_IFCHR, S_IFBLK, S_IFSOCK };
  gboolean done = TRUE;

  if (!allow_pipes)
    return deny (filter, EPERM, "mknod") && deny (filter, EPERM, "mknodat");

  for (guint bit = S_ISGID; bit <= S_ISUID && done; bit <<= 1)
    done = deny_if (filter, SCMP_SYS (mknod), 1, bit, bit) && deny_if (filter, SCMP_SYS (mknodat), 2, bit, bit);
  for (guint i = 0; i < G_N_ELEMENTS (others) && done; i++)
    done = deny_if (filter, SCMP_SYS (mknod), 1, S_IFMT, others[i]) && deny_if (filter, SCMP_SYS (mknodat), 2, S_IFMT, others[i]);

  return done;
}

/* Files that run as somebody else, and what empties a file that is open for reading (Landlock: ABI 3). */
static gboolean
deny_modes (scmp_filter_ctx filter)
{
  gboolean done = TRUE;
  guint bit;

  for (bit = S_ISGID; bit <= S_ISUID && done; bit <<= 1)
    done = deny_if (filter, SCMP_SYS (creat), 1, bit, bit)
           && deny_if_both (filter, SCMP_SYS (open), 1, O_CREAT, 2, bit)
           && deny_if_both (filter, SCMP_SYS (openat), 2, O_CREAT, 3, bit)
           && deny_if_both (filter, SCMP_SYS (open), 1, O_TMPFILE, 2, bit)
           && deny_if_both (filter, SCMP_SYS (openat), 2, O_TMPFILE, 3, bit);

  return done
         && deny_if (filter, SCMP_SYS (open), 1, O_ACCMODE | O_TRUNC, O_RDONLY | O_TRUNC)
         && deny_if (filter, SCMP_SYS (open), 1, O_ACCMODE, O_ACCMODE)
         && deny_if (filter, SCMP_SYS (openat), 2, O_ACCMODE | O_TRUNC, O_RDONLY | O_TRUNC)
         && deny_if (filter, SCMP_SYS (openat), 2, O_ACCMODE, O_ACCMODE);
}

/* Through descriptors, modes and times are changed where the call was granted it: of whatever is open, for reading too. */
static gboolean
deny_attributes (scmp_filter_ctx filter, gboolean allowed)
{
  struct scmp_arg_cmp by_path = SCMP_CMP (1, SCMP_CMP_NE, 0);

  if (!allowed)
    return deny (filter, EPERM, "fchmod") && deny (filter, EPERM, "utimensat");

  return add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (utimensat), 1, &by_path)
         && deny_if (filter, SCMP_SYS (fchmod), 1, S_ISUID, S_ISUID)
         && deny_if (filter, SCMP_SYS (fchmod), 1, S_ISGID, S_ISGID);
}

static gboolean
deny_signals (scmp_filter_ctx filter, gboolean ask_supervisor)
{
  gboolean done = TRUE;
  guint i;

  for (i = 0; ask_supervisor && signalling[i] != NULL && done; i++)
    done = add (filter, SCMP_ACT_NOTIFY, seccomp_syscall_resolve_name (signalling[i]), 0, NULL);

  return done
         && (ask_supervisor
             || (deny_if (filter, SCMP_SYS (kill), 0, G_MAXUINT32, (guint32) -1)
                 && deny_if (filter, SCMP_SYS (kill), 0, G_MAXUINT32, (guint32) getpid ())));
}

/* A device that a rename leaves; a listener that would be asked before ours. */
static gboolean
deny_flags (scmp_filter_ctx filter)
{
  return deny_if (filter, SCMP_SYS (renameat2), 4, RENAME_WHITEOUT, RENAME_WHITEOUT)
         && deny_if (filter, SCMP_SYS (seccomp), 1, SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

static gboolean
deny_some_forms (scmp_filter_ctx filter)
{
  gboolean done = TRUE;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (new_namespaces) && done; i++)
    done = deny_if (filter, SCMP_SYS (clone), 0, new_namespaces[i], new_namespaces[i]);
  for (i = 0; i < G_N_ELEMENTS (denied_ioctls) && done; i++)
    done = deny_if (filter, SCMP_SYS (ioctl), 1, 0xffff, denied_ioctls[i]);
  for (i = 0; i < G_N_ELEMENTS (denied_fcntls) && done; i++)
    done = deny_if (filter, SCMP_SYS (fcntl), 1, G_MAXUINT32, denied_fcntls[i]);
  for (i = 0; i < G_N_ELEMENTS (on_oneself) && done; i++)
    done = deny_unless (filter, on_oneself[i].name, on_oneself[i].argument, on_oneself[i].allowed);

  return done;
}

/* libseccomp makes no rule of a name that it does not know, and there will be more system calls than this list has. What is newer than Linux 6.7
 * is answered as by a kernel that does not have it, as programs have to expect: setxattrat, removexattrat and file_setattr reach by path what
 * Landlock does not guard. Most architectures count alike from 424 on; what has other numbers (ARM's
 * own, MIPS, x32) goes on to the rest, which denies x32. */
#define FROM_FIRST_UNKNOWN 2
static const struct sock_filter only_known[] = {
  BPF_STMT (BPF_LD | BPF_W | BPF_ABS, G_STRUCT_OFFSET (struct seccomp_data, nr)),
  BPF_JUMP (BPF_JMP | BPF_JGT | BPF_K, LAST_UNKNOWN, 2, 0),
  BPF_JUMP (BPF_JMP | BPF_JGE | BPF_K, FIRST_UNKNOWN, 0, 1),
  BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
};

static gboolean
export (scmp_filter_ctx filter, struct sock_fprog *program)
{
  g_autofree char *data = NULL;
  struct stat info;
  gboolean done = FALSE;
  int fd = memfd_create ("filter", MFD_CLOEXEC);

  if (fd < 0)
    return FALSE;

  if (seccomp_export_bpf (filter, fd) == 0 && fstat (fd, &info) == 0)
    {
      data = g_malloc (sizeof only_known + (gsize) info.st_size);
      memcpy (data, only_known, sizeof only_known);
      if (seccomp_syscall_resolve_name ("fchmodat2") == __NR_SCMP_ERROR)
        ((struct sock_filter *) (gpointer) data)[FROM_FIRST_UNKNOWN].k = FCHMODAT2;
      done = pread (fd, data + sizeof only_known, (gsize) info.st_size, 0) == info.st_size;
      program->len = (unsigned short) (G_N_ELEMENTS (only_known) + (gsize) info.st_size / sizeof (struct sock_filter));
      program->filter = (struct sock_filter *) (gpointer) g_steal_pointer (&data);
    }
  g_close (fd, NULL);

  return done;
}

static gboolean
deny_to_files (scmp_filter_ctx filter)
{
  gboolean done = TRUE;
  guint i;

  for (i = 0; denied[i] != NULL && done; i++)
    done = g_strv_contains (allowed_to_files, denied[i]) || deny (filter, EPERM, denied[i]);
  for (i = 0; denied_to_files[i] != NULL && done; i++)
    done = deny (filter, EPERM, denied_to_files[i]);
  done = done && deny_unless (filter, "tgkill", 0, (guint64) getpid ()); /* as abort () has it */
  for (i = 0; starting[i] != NULL && done; i++)
    done = deny (filter, EAGAIN, starting[i]); /* as where there are too many: of all else GLib makes an end of the process */

  return done;
}

/* clone3 and openat2 hide their flags behind a pointer: as if the kernel did not have them, so that clone and openat are used. */
static gboolean
deny_to_commands (scmp_filter_ctx filter, VigSeccompFlags flags)
{
  gboolean done = deny (filter, ENOSYS, "clone3") && deny (filter, ENOSYS, "openat2");
  guint i;

  for (i = 0; denied[i] != NULL && done; i++)
    done = deny (filter, EPERM, denied[i]);
  for (i = 0; without_attributes[i] != NULL && done; i++)
    done = deny (filter, EOPNOTSUPP, without_attributes[i]);

  return done
         && deny_sockets (filter, (flags & VIG_SECCOMP_NETWORK) != 0, (flags & VIG_SECCOMP_UNIX) != 0, (flags & VIG_SECCOMP_PACKET) != 0)
         && deny_attributes (filter, (flags & VIG_SECCOMP_ATTRIBUTES) != 0)
         && deny_signals (filter, (flags & VIG_SECCOMP_ASK_SIGNALS) != 0)
         && deny_nodes (filter, (flags & VIG_SECCOMP_ATTRIBUTES) != 0)
         && deny_modes (filter)
         && deny_flags (filter)
         && deny_some_forms (filter);
}

/* As a tree: whoever takes it has the kernel run it for each call that there is. */
static struct sock_fprog *
make_filter (VigSeccompFlags flags)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  struct sock_fprog *program = g_new0 (struct sock_fprog, 1);
  gboolean done = filter != NULL && seccomp_attr_set (filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0
                  && ((flags & VIG_SECCOMP_FILES) != 0 ? deny_to_files (filter) : deny_to_commands (filter, flags)) && export (filter, program);

  if (filter != NULL)
    seccomp_release (filter);
  if (!done)
    program->len = 0;

  return program;
}

gboolean
vig_seccomp_get_filter (VigSeccompFlags flags, struct sock_fprog *filter, GError **error)
{
  static gsize made[VIG_SECCOMP_ALL + 1];
  gsize *slot = &made[flags & VIG_SECCOMP_ALL];

  if (g_once_init_enter (slot))
    g_once_init_leave (slot, (gsize) make_filter (flags));
  *filter = *(struct sock_fprog *) *slot;
  if (filter->len > 0)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "this machine cannot confine commands: no seccomp filter could be made");

  return FALSE;
}
