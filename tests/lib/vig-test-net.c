/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test-net.h"

#include "vig-test.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static gboolean
set_address (int fd, guint number, const char *text)
{
  struct ifreq request = { 0 };
  struct sockaddr_in address = { .sin_family = AF_INET };

  g_snprintf (request.ifr_name, sizeof request.ifr_name, number > 0 ? "lo:%u" : "lo", number);
  if (inet_pton (AF_INET, text, &address.sin_addr) != 1)
    return FALSE;
  memcpy (&request.ifr_addr, &address, sizeof address);
  if (ioctl (fd, SIOCSIFADDR, &request) != 0)
    return FALSE;

  inet_pton (AF_INET, "255.255.255.255", &address.sin_addr);
  memcpy (&request.ifr_netmask, &address, sizeof address);
  if (ioctl (fd, SIOCSIFNETMASK, &request) != 0)
    return FALSE;

  request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;

  return ioctl (fd, SIOCSIFFLAGS, &request) == 0;
}

gboolean
vig_test_net_enter (const char * const *addresses)
{
  gboolean ready = unshare (CLONE_NEWNET) == 0 || unshare (CLONE_NEWUSER | CLONE_NEWNET) == 0;
  int fd = ready ? socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

  for (guint i = 0; ready && addresses[i] != NULL; i++)
    ready = set_address (fd, i, addresses[i]);
  if (fd >= 0)
    close (fd);

  return ready;
}

GTlsCertificate *
vig_test_net_make_certificate (const char *name, char **pem)
{
  g_autofree char *dir = vig_test_make_dir ();
  g_autofree char *key = g_build_filename (dir, "key.pem", NULL);
  g_autofree char *file = g_build_filename (dir, "certificate.pem", NULL);
  g_autofree char *subject = g_strconcat ("/CN=", name, NULL);
  g_autofree char *alternative = g_strconcat ("subjectAltName=DNS:", name, NULL);
  const char *argv[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout", key, "-out", file,
                         "-subj", subject, "-addext", alternative, NULL };
  g_autoptr (GError) error = NULL;
  GTlsCertificate *certificate;

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  certificate = g_tls_certificate_new_from_files (file, key, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (file, pem, NULL, NULL));
  vig_test_remove_dir (dir);

  return certificate;
}
