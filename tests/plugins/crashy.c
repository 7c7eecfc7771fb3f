/* SPDX-License-Identifier: MIT */
#include <vigilus/vigilus.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define NO_ARGUMENTS "{\"type\": \"object\", \"properties\": {}, \"additionalProperties\": false}"

static JsonNode *
crash (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  /* A sanitizer's handler would make an exit of it. */
  signal (SIGSEGV, SIG_DFL);
  raise (SIGSEGV);

  return NULL;
}

static JsonNode *
leave (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  _exit (3);
}

/* Ends when it is asked to. */
static JsonNode *
wait_for_end (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  vig_invocation_report_output (invocation, VIG_OUTPUT_STDOUT, "waiting\n", -1);
  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    g_usleep (10 * 1000);

  return NULL;
}

static JsonNode *
echo (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *text = vig_json_get_string (vig_invocation_get_arguments (invocation), "text", "");

  if (g_str_equal (text, "refuse"))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "nothing to echo");
      return NULL;
    }

  if (g_str_equal (text, "environment"))
    {
      g_auto (GStrv) names = g_listenv ();
      g_autofree char *joined = NULL;

      joined = g_strjoinv (" ", names);
      return vig_json_pack ("s", joined);
    }

  vig_invocation_report_progress (invocation, 0.5, "half");
  printf ("this line must not get between the messages\n");
  fflush (stdout);

  return vig_json_pack ("{s:s, s:I}", "text", text, "pid", (gint64) getpid ());
}

static const VigToolInfo infos[] = {
  { "crashy.crash", "Crash", "Ends its process by a bad memory access.", VIG_LEVEL_READ, NO_ARGUMENTS, 5, VIG_TOOL_NONE },
  { "crashy.leave", "Leave", "Ends its process by _exit ().", VIG_LEVEL_READ, NO_ARGUMENTS, 5, VIG_TOOL_NONE },
  { "crashy.wait", "Wait", "Waits until it is stopped.", VIG_LEVEL_READ, NO_ARGUMENTS, 60, VIG_TOOL_NONE },
  { "crashy.echo", "Echo", "Says what it was told.", VIG_LEVEL_READ, "{\"type\": \"object\", \"properties\": {\"text\": {\"type\": \"string\"}}}", 5, VIG_TOOL_NONE },
};

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool (host, vig_simple_tool_new (&infos[0], crash));
  vig_host_add_tool (host, vig_simple_tool_new (&infos[1], leave));
  vig_host_add_tool (host, vig_simple_tool_new (&infos[2], wait_for_end));
  vig_host_add_tool (host, vig_simple_tool_new (&infos[3], echo));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "crashy", activate, NULL };
