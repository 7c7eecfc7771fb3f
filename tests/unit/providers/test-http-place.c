/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vig-http-models.h>

#include "vig-test-net.h"
#include "vig-test-host.h"
#include "vig-test.h"

#define CLOUD "8.8.8.8"
#define HOME  "10.1.2.3"
#define SHORT 200
#define LONG  (600 * 1000)

/* How long a server has to begin its answer depends on where it is found: these never begin. */

static void
completed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError **error = user_data;
  g_autoptr (VigReply) reply = vig_provider_complete_finish (VIG_PROVIDER (source), result, error);

  g_assert_null (reply);
}

static void
assert_given_up (const char *address, const VigHttpLimits *limits, gboolean is_home)
{
  g_autoptr (VigProvider) provider = vig_test_load_provider ("plugins/providers/openai-compatible/openai-compatible.so");
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();
  g_autoptr (GSocketListener) mute = g_socket_listener_new ();
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (address);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (inet, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;
  VigCompletionRequest request = { .model = "m1", .transcript = transcript };
  VigProviderSettings settings = { 0 };

  g_socket_listener_add_address (mute, any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error);
  g_assert_no_error (error);
  url = g_strdup_printf ("http://%s:%u/v1", address, g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  settings.base_url = url;
  vig_provider_configure (provider, &settings, &error);
  g_assert_no_error (error);
  vig_http_provider_set_limits (VIG_HTTP_PROVIDER (provider), limits);
  vig_transcript_add_user (transcript, "hello");

  vig_provider_complete_async (provider, &request, NULL, NULL, NULL, completed, &error);
  vig_test_wait_for (error != NULL);
  g_assert_error (error, VIG_ERROR, VIG_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "did not begin to answer within 0.2 s"));
  g_assert_true (vig_http_provider_is_at_home (VIG_HTTP_PROVIDER (provider)) == is_home);
}

static void
test_cloud (void)
{
  assert_given_up (CLOUD, &(VigHttpLimits) { LONG, LONG, SHORT, LONG }, FALSE);
}

static void
test_home (void)
{
  assert_given_up (HOME, &(VigHttpLimits) { LONG, SHORT, LONG, LONG }, TRUE);
  assert_given_up ("127.0.0.1", &(VigHttpLimits) { LONG, SHORT, LONG, LONG }, TRUE);
}

int
main (int argc, char **argv)
{
  static const char *const addresses[] = { "127.0.0.1", CLOUD, HOME, NULL };
  gboolean own_net = vig_test_net_enter (addresses);

  g_test_init (&argc, &argv, NULL);
  if (!own_net)
    {
      g_print ("1..0 # SKIP no network namespace can be made here\n");
      return 0;
    }

  g_test_add_func ("/http-place/cloud", test_cloud);
  g_test_add_func ("/http-place/home", test_home);

  return g_test_run ();
}
