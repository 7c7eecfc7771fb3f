/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include <vigilus/vigilus.h>

static const VigToolInfo exec_info = {
  .name = "shell.exec",
  .title = "Run a command",
  .description = "Runs a shell command on this host and shows its output. Use for: disk space, memory, uptime, load, processes, "
                 "kernel and system version, date and time, network interfaces, counting or searching in files. "
                 "It runs confined in the working directory: it reads the system, writes only there, and has no network.",
  .level = VIG_LEVEL_EXEC,
  .input_schema = "{\"type\": \"object\", \"required\": [\"command\"], \"additionalProperties\": false, \"properties\": {"
                  "\"command\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 65536, \"description\": \"The command line for sh, for example "
                  "`df -h` (how full the disks are, free disk space, storage usage), `free -h` (memory and swap in use, RAM), `uptime` (how long the host has been "
                  "running, since the last boot, load average), `ps aux --sort=-%cpu | head -20` (running processes, what uses the CPU), "
                  "`ls -la` (files in the working directory), `uname -a` (kernel version), `cat /etc/os-release` (operating system, distribution), `date` (current date and time), "
                  "`hostname` (name of this host), `nproc` (number of processors, cores), `du -sh .` (size of the working directory)\"}}}",
  .timeout = 60,
  .flags = VIG_TOOL_HOST,
};

static const char *
get_command (VigInvocation *invocation)
{
  return vig_json_get_string (vig_invocation_get_arguments (invocation), "command", "");
}

static JsonNode *
run_exec (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char * const argv[] = { "sh", "-c", get_command (invocation), NULL };
  g_autoptr (VigCommandResult) result = vig_invocation_run_command (invocation, argv, NULL, cancellable, error);
  gboolean truncated;

  if (result == NULL)
    return NULL;

  truncated = strlen (result->output) < result->output_bytes || strlen (result->error_output) < result->error_output_bytes;

  return vig_json_pack ("{s:i, s:s, s:s, s:b, s:b, s:o?}",
                        "exit_status", result->exit_status,
                        "stdout", result->output,
                        "stderr", result->error_output,
                        "truncated", truncated,
                        "timed_out", result->timed_out,
                        "signal", result->term_signal != 0 ? vig_json_pack ("s", strsignal (result->term_signal)) : NULL);
}

/* What the line would do: below EXEC it says what a lowered floor would count. A command may touch anything
 * within its confinement: no narrower resource is promised. */
static VigLevel
classify_exec (VigInvocation *invocation, char **resource)
{
  *resource = NULL;

  return vig_command_classify (invocation, get_command (invocation));
}

static VigPreview *
preview_exec (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (VigCommand) command = vig_command_parse (get_command (invocation));
  g_autofree char *words = vig_command_explain (command);
  g_autofree char *text = g_strdup_printf ("$ %s\n\n%s", get_command (invocation), words);

  return vig_preview_new ("command", text);
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool (host, vig_simple_tool_new_full (&exec_info, run_exec, classify_exec, preview_exec));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "shell", activate, NULL };
