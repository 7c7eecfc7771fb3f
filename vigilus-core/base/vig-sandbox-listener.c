/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-supervise.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer kernels may write more than these headers know. */
typedef union
{
  struct seccomp_notif value;
  char                 room[1024];
} Request;

typedef union
{
  struct seccomp_notif_resp value;
  char                      room[1024];
} Response;

typedef union
{
  struct cmsghdr header;
  char           room[CMSG_SPACE (VIG_ORDER_MAX * sizeof (int))];
} Control;

gboolean
vig_descriptors_send (int channel, const int *descriptors, guint n)
{
  char byte = 0;
  struct iovec data = { &byte, 1 };
  Control control = { 0 };
  struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = n > 0 ? &control : NULL, .msg_controllen = n > 0 ? CMSG_SPACE (n * sizeof (int)) : 0 };

  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN (n * sizeof (int));
  memcpy (CMSG_DATA (&control.header), descriptors, n * sizeof (int));

  return sendmsg (channel, &message, MSG_NOSIGNAL) == 1;
}

int
vig_descriptors_receive (int channel, int *descriptors)
{
  char byte;
  struct iovec data = { &byte, 1 };
  Control control = { 0 };
  struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  gsize size;
  gssize n;

  do
    n = recvmsg (channel, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n != 1 || (message.msg_flags & MSG_CTRUNC) != 0)
    return -1;
  if (message.msg_controllen < CMSG_LEN (sizeof (int)) || control.header.cmsg_type != SCM_RIGHTS)
    return 0;

  size = control.header.cmsg_len - CMSG_LEN (0);
  memcpy (descriptors, CMSG_DATA (&control.header), size);

  return (int) (size / sizeof (int));
}

/* The arguments are numbers in registers, which nobody can change any more. */
static gboolean
may_signal (const struct seccomp_data *data)
{
  pid_t target = (pid_t) data->args[0];

  if (data->nr != SYS_kill)
    return target > 0 && vig_descendants_have (target);
  if (target == 0)
    return TRUE;

  return target > 0 ? vig_descendants_have (target) : target != -1 && vig_descendants_have_group (-target);
}

void
vig_listener_answer (int listener)
{
  Request request = { 0 };
  Response response = { 0 };

  if (ioctl (listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0)
    return;

  response.value.id = request.value.id;
  if (may_signal (&request.value.data))
    response.value.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  else
    response.value.error = -EPERM;
  ioctl (listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}
