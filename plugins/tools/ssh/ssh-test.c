/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-test.h"

#include "ssh-exec.h"
#include "ssh-facts.h"

#include <string.h>

#define TEST_TIME 15 /* seconds */

/* It may not have come to the key at all: then the key is not what is wrong. */
static JsonArray *
advise (VigServer *server, VigSshStep step, const GError *failure)
{
  static const char *const name[] = { "Check the spelling of the host name.", "Enter its address instead, if your network has no name service for it.", NULL };
  static const char *const tcp[] = { "Is the server on, and the port right (usually 22)?", "Does a firewall between let it through?",
                                     "Is the SSH server running there? (systemctl status ssh)", NULL };
  static const char *const host_key[] = { "If you reinstalled the system, remove the old host key here and connect again.",
                                          "If you did not, find out why it changed before you go on: somebody may be in between.", NULL };
  static const char *const handshake[] = { "Is it an SSH server that listens on this port (usually 22)?",
                                           "Is the server under load, or the way to it slow? Then try again.",
                                           "An old server may know no key exchange that is still safe: update its OpenSSH.", NULL };
  static const char *const authentication[] = { "The SSH public key is in the target server's ~/.ssh/authorized_keys.",
                                                "File permissions are correct: 700 ~/.ssh/ and 600 ~/.ssh/authorized_keys.",
                                                "The private key you entered in Vigilus matches the public key on the target.",
                                                "The target server's SSH daemon is running and allows key-based auth.", NULL };
  static const char *const command[] = { "Does the account have a shell that runs commands?", NULL };
  static const char *const none[] = { NULL };
  static const char *const *const all[] = { name, tcp, host_key, authentication, command, none };
  gboolean has_key = step != SSH_STEP_HOST_KEY || vig_error_is_denied (failure);
  JsonArray *advice = json_array_new ();

  for (const char *const *line = has_key ? all[step] : handshake; *line != NULL; line++)
    json_array_add_string_element (advice, *line);
  if (server->jump != NULL && step == SSH_STEP_TCP)
    json_array_add_string_element (advice, "Does the jump host allow forwarding? (AllowTcpForwarding in its sshd_config)");

  return advice;
}

/* An account without a shell signs in all the same. What is no Unix may not know the command, and has run it. */
static gboolean
runs_commands (const VigSshResult *result, GError **error)
{
  g_autofree char *said = g_strstrip (g_utf8_make_valid (result->output->str, -1));

  if (*said != '\0' && (result->exit_status == 0 || strstr (said, SSH_FACTS_MARK) != NULL))
    return TRUE;
  g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "it signed in, but the account ran no command: %.200s (exit status %d)",
               *said != '\0' ? said : "no answer", result->exit_status);

  return FALSE;
}

JsonNode *
vig_ssh_test (VigSshPool *pool, VigServer *server, GCancellable *cancellable, GError **error)
{
  VigSshStep step = SSH_STEP_NAME;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (VigSshResult) result = NULL;
  g_autoptr (JsonObject) facts = NULL;
  VigSshCommand command = { SSH_FACTS_COMMAND, g_get_monotonic_time () + TEST_TIME * G_USEC_PER_SEC, SSH_FACTS_LIMIT, NULL, NULL };
  gboolean not_started;
  g_autofree char *banner = NULL;
  ssh_session session = vig_ssh_pool_connect (pool, server, &step, cancellable, &local_error);

  if (session != NULL)
    {
      banner = vig_ssh_dup_banner (session);
      result = vig_ssh_exec (session, &command, &not_started, cancellable, &local_error);
      vig_ssh_close (session);
      if (result == NULL || result->timed_out || !runs_commands (result, &local_error))
        step = SSH_STEP_COMMAND;
      else
        facts = vig_ssh_facts_parse (result->output->str);
    }
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return vig_json_pack ("{s:b, s:s, s:s, s:A, s:s, s:J, s:s}",
                        "ok", step == SSH_STEP_NONE,
                        "step", vig_ssh_step_to_string (step),
                        "message", local_error != NULL ? local_error->message : step == SSH_STEP_NONE ? "Connected and signed in." : "the command did not end in time",
                        "advice", advise (server, step, local_error),
                        "system", facts != NULL ? vig_json_get_string (facts, "system", NULL) : NULL,
                        "facts", facts,
                        "banner", banner);
}
