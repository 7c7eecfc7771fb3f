/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-tools.h"

#include <vigilus/vig-invocation-private.h>
#include <vigilus/vig-server-private.h>

#define ROUNDS 200

/* docker.list on the Engine behind a socket: the median of many calls, in microseconds. */
static VigServer *
dup_server (gpointer data, const char *name, GError **error)
{
  VigServer values = { 0 };

  values.id = g_strdup ("id");
  values.name = g_strdup (name);
  values.host = g_strdup ("localhost");
  values.user = g_strdup ("nobody");
  values.docker_endpoint = g_strconcat ("unix://", data, NULL);
  values.compose_folders = g_new0 (char *, 1);

  return vig_server_new (&values, NULL, NULL, NULL);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const gint64 *x = a;
  const gint64 *y = b;

  return *x < *y ? -1 : *x > *y;
}

int
main (int argc, char **argv)
{
  static const VigInvocationServices services = { .dup_server = dup_server };
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s}", "server", "here");
  VigInvocationValues values = { .tool_name = "docker.list", .operator_name = "bench", .arguments = arguments, .output_limit = 1 << 20 };
  g_autoptr (VigInvocation) invocation = NULL;
  gint64 times[ROUNDS];

  if (argc != 2)
    {
      g_printerr ("usage: %s SOCKET\n", argv[0]);
      return 2;
    }

  invocation = vig_invocation_new (&values, &services, argv[1], NULL);
  for (guint i = 0; i < ROUNDS; i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 begin = g_get_monotonic_time ();
      g_autoptr (JsonNode) result = docker_list (invocation, NULL, &error);

      times[i] = g_get_monotonic_time () - begin;
      if (result == NULL)
        {
          g_printerr ("%s\n", error->message);
          return 1;
        }
    }
  qsort (times, ROUNDS, sizeof times[0], compare);
  g_print ("%" G_GINT64_FORMAT "\n", times[ROUNDS / 2]);

  return 0;
}
