/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl.h"

#include <locale.h>

/* Exit status: 0 done, 1 the daemon says no or is not there, 2 wrong usage, 3 (of status) Vigilus is frozen. */
#define EXIT_USAGE  2
#define EXIT_FROZEN 3

static gboolean
find_command (const char *name, CtlCommand *command)
{
  static const char * const names[] = { [CTL_STATUS] = "status", [CTL_PANIC] = "panic", [CTL_UNFREEZE] = "unfreeze",
                                         [CTL_COMMAND] = "command" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (name, names[i]))
      {
        *command = (CtlCommand) i;
        return TRUE;
      }

  return FALSE;
}

static void
print_frozen (JsonObject *frozen)
{
  const char *reason = frozen != NULL ? vig_json_get_string (frozen, "reason", NULL) : NULL;

  if (frozen == NULL)
    g_print ("Frozen: no\n");
  else
    g_print ("Frozen: since %s, by %s%s%s\n", vig_json_get_string (frozen, "at", ""), vig_json_get_string (frozen, "by", ""), reason != NULL ? ": " : "",
             reason != NULL ? reason : "");
}

static int
print_status (JsonObject *status)
{
  JsonObject *frozen = vig_json_get_object (status, "frozen");

  g_print ("Vigilus %s, up %" G_GINT64_FORMAT " s\nRuns: %" G_GINT64_FORMAT " live\nApprovals: %" G_GINT64_FORMAT " pending\n",
           vig_json_get_string (status, "version", ""), vig_json_get_int (status, "uptime_seconds", 0), vig_json_get_int (status, "runs_live", 0),
           vig_json_get_int (status, "approvals_pending", 0));
  print_frozen (frozen);

  return frozen != NULL ? EXIT_FROZEN : 0;
}

/* What the chat would show, and do: a conversation to go to, a file to fetch. */
static void
print_command (JsonObject *answer, const char *url)
{
  const char *text = vig_json_get_string (answer, "text", "");
  const char *path = vig_json_get_string (answer, "url", NULL);
  JsonObject *run = vig_json_get_object (answer, "run");

  if (*text != '\0')
    g_print ("%s%s", text, g_str_has_suffix (text, "\n") ? "" : "\n");
  if (path != NULL)
    g_print ("Download: %s%s\n", url != NULL ? url : "", path);
  if (run != NULL)
    g_print ("Run: %s (%s)\nConversation: %s\n", vig_json_get_string (run, "id", ""), vig_json_get_string (run, "state", ""),
             vig_json_get_string (run, "session_id", ""));
  else if (*text == '\0' && path == NULL)
    g_print ("Nothing to do here: a conversation begins with its first request\n");
}

static int
print_answer (CtlCommand command, JsonObject *answer, gboolean as_json, const char *url)
{
  if (as_json)
    {
      g_autofree char *text = vig_json_object_to_string (answer);

      g_print ("%s\n", text);
      return command == CTL_STATUS && vig_json_get_object (answer, "frozen") != NULL ? EXIT_FROZEN : 0;
    }
  if (command == CTL_STATUS)
    return print_status (answer);

  if (command == CTL_PANIC)
    print_frozen (answer);
  else if (command == CTL_COMMAND)
    print_command (answer, url);
  else
    g_print ("Vigilus is not frozen any more. Grants that were revoked stay revoked.\n");

  return 0;
}

#define USAGE "[--json] [--url URL | --bus BUS] status | panic [REASON] | unfreeze | [--session ID] command /COMMAND [WORDS]"

static gboolean
has_usage (char **arguments, CtlCommand *command)
{
  if (arguments == NULL || arguments[0] == NULL || !find_command (arguments[0], command))
    return FALSE;

  return *command == CTL_PANIC || (*command == CTL_COMMAND) == (arguments[1] != NULL);
}

static int
run (const CtlTarget *target, char **arguments, const char *session_id, gboolean as_json)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (GError) error = NULL;
  CtlRequest request = { .session_id = session_id };

  if (!has_usage (arguments, &request.command))
    {
      g_printerr ("usage: vigilusctl " USAGE "\n");
      return EXIT_USAGE;
    }

  text = g_strjoinv (" ", arguments + 1);
  request.text = text;
  answer = target->url != NULL ? ctl_http_call (target, &request, &error) : ctl_bus_call (target, &request, &error);
  if (answer != NULL)
    return print_answer (request.command, answer, as_json, target->url);

  g_printerr ("vigilusctl: %s\n", error->message);

  return 1;
}

int
main (int argc, char **argv)
{
  g_autofree char *url = g_strdup (g_getenv ("VIGILUS_URL"));
  g_autofree char *bus = NULL;
  g_autofree char *session_id = NULL;
  g_auto (GStrv) arguments = NULL;
  gboolean as_json = FALSE;
  const GOptionEntry entries[] = {
    { "url", 0, 0, G_OPTION_ARG_STRING, &url, "Speak HTTP to this address, with the API token in VIGILUS_TOKEN (default: VIGILUS_URL)", "URL" },
    { "bus", 0, 0, G_OPTION_ARG_STRING, &bus, "Speak D-Bus: session, system or auto", "BUS" },
    { "session", 0, 0, G_OPTION_ARG_STRING, &session_id, "The conversation that a command is about", "ID" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print what the daemon answers as JSON", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments, NULL,
      "status | panic [REASON] | unfreeze | command /COMMAND [WORDS]" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- look at Vigilus, use its slash commands, and stop everything");
  g_autoptr (GError) error = NULL;
  CtlTarget target;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("vigilusctl: %s\n", error->message);
      return EXIT_USAGE;
    }

  target = (CtlTarget) { bus == NULL ? url : NULL, g_getenv ("VIGILUS_TOKEN"), bus != NULL ? bus : "auto" };

  return run (&target, arguments, session_id, as_json);
}
