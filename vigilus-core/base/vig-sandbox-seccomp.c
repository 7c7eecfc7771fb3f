/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* What no command needs that reads, computes and writes files: each is a way out, or reaches what Landlock does not
 * guard (modes, owners, times and attributes of files outside; sockets; rings that bypass this filter). Files are
 * changed through descriptors instead (fchmod, futimens), which Landlock has seen opened. */
static const char * const denied[] = {
  "acct", "add_key", "adjtimex", "bpf", "chmod", "chown", "chroot", "clock_adjtime", "clock_settime", "delete_module",
  "fanotify_init", "fchmodat", "fchmodat2", "fchownat", "finit_module", "fsconfig", "fsmount", "fsopen", "fspick",
  "fremovexattr", "fsetxattr", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp",
  "kexec_file_load", "kexec_load", "keyctl", "lchown", "lookup_dcookie", "lremovexattr", "lsetxattr", "modify_ldt", "mount",
  "mount_setattr", "move_mount", "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open",
  "pidfd_getfd", "pidfd_send_signal", "pivot_root", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace", "quotactl",
  "quotactl_fd", "reboot", "removexattr", "removexattrat", "request_key", "sethostname", "setdomainname", "setns", "settimeofday",
  "setxattr", "setxattrat", "swapoff", "swapon", "syslog", "truncate", "umount", "umount2", "unshare", "userfaultfd", "utime",
  "utimes", "futimesat", "vhangup", "vmsplice", NULL,
};

static const guint new_namespaces[] = {
  CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP,
};

static gboolean
deny (scmp_filter_ctx filter, int code, const char *name)
{
  int number = seccomp_syscall_resolve_name (name);
  int result;

  if (number == __NR_SCMP_ERROR)
    return TRUE;
  result = seccomp_rule_add_array (filter, SCMP_ACT_ERRNO ((guint16) code), number, 0, NULL);

  return result == 0 || result == -EDOM;
}

/* The kernel looks at 32 bits of these arguments, so the filter must not be fooled by the other 32. */
static gboolean
deny_if (scmp_filter_ctx filter, int syscall_number, guint argument, guint64 mask, guint64 value)
{
  struct scmp_arg_cmp cmp = SCMP_CMP (argument, SCMP_CMP_MASKED_EQ, mask, value);

  return seccomp_rule_add_array (filter, SCMP_ACT_ERRNO (EPERM), syscall_number, 1, &cmp) == 0;
}

/* With the network: IPv4, IPv6 and the netlink that name resolution asks; otherwise none. Unix sockets lead to other daemons. */
static gboolean
deny_sockets (scmp_filter_ctx filter, gboolean allow_network)
{
  struct scmp_arg_cmp above = SCMP_CMP (0, SCMP_CMP_GT, AF_NETLINK);
  gboolean done = TRUE;
  guint family;

  if (!allow_network)
    return deny (filter, EACCES, "socket");

  for (family = 0; family < AF_NETLINK && done; family++)
    if (family != AF_INET && family != AF_INET6)
      done = deny_if (filter, SCMP_SYS (socket), 0, G_MAXUINT32, family);

  return done && seccomp_rule_add_array (filter, SCMP_ACT_ERRNO (EACCES), SCMP_SYS (socket), 1, &above) == 0;
}

static gboolean
deny_some_forms (scmp_filter_ctx filter)
{
  struct scmp_arg_cmp by_path = SCMP_CMP (1, SCMP_CMP_NE, 0);
  gboolean done = TRUE;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (new_namespaces) && done; i++)
    done = deny_if (filter, SCMP_SYS (clone), 0, new_namespaces[i], new_namespaces[i]);

  return done
         && seccomp_rule_add_array (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (utimensat), 1, &by_path) == 0
         && deny_if (filter, SCMP_SYS (mknodat), 2, S_IFMT, S_IFCHR)
         && deny_if (filter, SCMP_SYS (mknodat), 2, S_IFMT, S_IFBLK)
         && deny_if (filter, SCMP_SYS (ioctl), 1, G_MAXUINT32, TIOCSTI)
         && deny_if (filter, SCMP_SYS (ioctl), 1, G_MAXUINT32, TIOCLINUX)
         && deny_if (filter, SCMP_SYS (kill), 0, G_MAXUINT32, (guint32) -1)
         && deny_if (filter, SCMP_SYS (kill), 0, G_MAXUINT32, (guint32) getpid ());
}

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
      data = g_malloc ((gsize) info.st_size);
      done = pread (fd, data, (gsize) info.st_size, 0) == info.st_size;
      program->len = (unsigned short) ((gsize) info.st_size / sizeof (struct sock_filter));
      program->filter = (struct sock_filter *) (gpointer) g_steal_pointer (&data);
    }
  g_close (fd, NULL);

  return done;
}

/* clone3 hides its flags behind a pointer: as if the kernel did not have it, so that the C library uses clone. */
static struct sock_fprog *
make_filter (gboolean allow_network)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  struct sock_fprog *program = g_new0 (struct sock_fprog, 1);
  gboolean done = filter != NULL && deny (filter, ENOSYS, "clone3");
  guint i;

  for (i = 0; denied[i] != NULL && done; i++)
    done = deny (filter, EPERM, denied[i]);
  done = done && deny_sockets (filter, allow_network) && deny_some_forms (filter) && export (filter, program);
  if (filter != NULL)
    seccomp_release (filter);
  if (!done)
    program->len = 0;

  return program;
}

gboolean
vig_seccomp_get_filter (gboolean allow_network, struct sock_fprog *filter, GError **error)
{
  static gsize made[2];
  gsize *slot = &made[allow_network ? 1 : 0];

  if (g_once_init_enter (slot))
    g_once_init_leave (slot, (gsize) make_filter (allow_network));
  *filter = *(struct sock_fprog *) *slot;
  if (filter->len > 0)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "this machine cannot confine commands: no seccomp filter could be made");

  return FALSE;
}
