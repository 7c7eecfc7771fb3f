/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-exec.h"
#include "ssh-pool.h"
#include "ssh-keys.h"

#define REAP_PERIOD 15 /* seconds */
#define DEFAULT_TIME 60
#define MAX_TIME 600
#define TEST_TIME 10
#define TEST_LIMIT 4096
#define TEST_COMMAND "cat /etc/os-release 2>/dev/null; uname -sr"

#define VIG_TYPE_SSH_TOOL (vig_ssh_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigSshTool, vig_ssh_tool, VIG, SSH_TOOL, GObject)

/* "ssh.exec", and how the inventory tries its servers and reads keys. */
struct _VigSshTool
{
  GObject     parent_instance;

  VigSshPool *pool;
  guint       reap_id;
};

static const VigToolInfo exec_info = {
  .name = "ssh.exec",
  .title = "Run a command on a server",
  .description = "Runs a command on a remote server of the inventory by SSH and shows its output, exit status and signal. "
                 "Name the server as servers.list shows it.",
  .level = VIG_LEVEL_EXEC,
  .input_schema = "{\"type\": \"object\", \"required\": [\"server\", \"command\"], \"additionalProperties\": false, \"properties\": {"
                  "\"server\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 64, \"description\": \"The server's name in the inventory\"},"
                  "\"command\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 65536, \"description\": \"The command line for the login shell there\"},"
                  "\"timeout\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 600, \"description\": \"Seconds it may take; default 60\"}}}",
  .timeout = MAX_TIME,
};

static void tool_iface_init (VigToolInterface *iface);
static void access_iface_init (VigServerAccessInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigSshTool, vig_ssh_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, tool_iface_init)
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_SERVER_ACCESS, access_iface_init))

static void
report (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  vig_invocation_report_output (user_data, stream, text, (gssize) length);
}

/* An idle connection may have died unseen: where it is certain that nothing started, a new one is made, once. */
static VigSshResult *
exec_pooled (VigSshTool *self, VigServer *server, const VigSshCommand *command, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  gboolean was_idle = TRUE;

  while (TRUE)
    {
      g_autoptr (GError) local_error = NULL;
      gboolean not_started = FALSE;
      ssh_session session = vig_ssh_pool_take (self->pool, server, &was_idle, step, cancellable, error);
      VigSshResult *result;

      if (session == NULL)
        return NULL;

      *step = SSH_STEP_COMMAND;
      result = vig_ssh_exec (session, command, &not_started, cancellable, &local_error);
      if (result != NULL && !result->timed_out)
        vig_ssh_pool_give (self->pool, server, session);
      else
        vig_ssh_close (session);
      if (result != NULL)
        return result;
      if (was_idle && not_started)
        continue;

      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
}

static JsonNode *
describe (VigServer *server, VigSshResult *result)
{
  g_autofree char *output = g_utf8_make_valid (result->output->str, (gssize) result->output->len);
  g_autofree char *error_output = g_utf8_make_valid (result->error_output->str, (gssize) result->error_output->len);

  return vig_json_pack ("{s:s, s:i, s:s, s:s, s:b, s:b, s:s?}",
                        "server", server->name,
                        "exit_status", result->exit_status,
                        "stdout", output,
                        "stderr", error_output,
                        "truncated", result->output->len < result->output_bytes || result->error_output->len < result->error_output_bytes,
                        "timed_out", result->timed_out,
                        "signal", result->exit_signal);
}

static JsonNode *
vig_ssh_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  gint64 time = vig_json_get_int (arguments, "timeout", DEFAULT_TIME) * G_USEC_PER_SEC;
  g_autoptr (VigServer) server = vig_invocation_dup_server (invocation, vig_json_get_string (arguments, "server", ""), error);
  g_autoptr (VigSshResult) result = NULL;
  VigSshStep step = SSH_STEP_NAME;
  VigSshCommand command = { 0 };

  if (server == NULL)
    return NULL;

  command.command = vig_json_get_string (arguments, "command", "");
  command.deadline = MIN (g_get_monotonic_time () + time, vig_invocation_get_deadline (invocation));
  command.limit = vig_invocation_get_keep_limit (invocation);
  command.on_output = report;
  command.user_data = invocation;
  result = exec_pooled (VIG_SSH_TOOL (tool), server, &command, &step, cancellable, error);

  return result != NULL ? describe (server, result) : NULL;
}

/* A grant is for one server. */
static VigLevel
vig_ssh_tool_classify (VigTool *tool, VigInvocation *invocation, char **resource)
{
  g_autofree char *name = g_utf8_casefold (vig_json_get_string (vig_invocation_get_arguments (invocation), "server", ""), -1);

  *resource = g_strconcat ("server:", name, NULL);

  return VIG_LEVEL_EXEC;
}

static VigPreview *
vig_ssh_tool_preview (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_preview_new ("command", vig_json_get_string (vig_invocation_get_arguments (invocation), "command", ""));
}

static const VigToolInfo *
vig_ssh_tool_get_info (VigTool *tool)
{
  return &exec_info;
}

/* The first words that say what it is: PRETTY_NAME of os-release, or what uname says. */
static char *
find_system (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  char *last = NULL;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (g_str_has_prefix (lines[i], "PRETTY_NAME="))
        return g_shell_unquote (lines[i] + strlen ("PRETTY_NAME="), NULL);
      if (*lines[i] != '\0')
        last = lines[i];
    }

  return g_strndup (last != NULL ? last : "", 200);
}

static JsonArray *
advise (VigSshStep step)
{
  static const char *const name[] = { "Check the spelling of the host name.", "Enter its address instead, if your network has no name service for it.", NULL };
  static const char *const tcp[] = { "Is the server on, and the port right (usually 22)?", "Does a firewall between let it through?",
                                     "Is the SSH server running there? (systemctl status ssh)", NULL };
  static const char *const host_key[] = { "If you reinstalled the system, remove the old host key here and connect again.",
                                          "If you did not, find out why it changed before you go on: somebody may be in between.", NULL };
  static const char *const authentication[] = { "The SSH public key is in the target server's ~/.ssh/authorized_keys.",
                                                "File permissions are correct: 700 ~/.ssh/ and 600 ~/.ssh/authorized_keys.",
                                                "The private key you entered in Vigilus matches the public key on the target.",
                                                "The target server's SSH daemon is running and allows key-based auth.", NULL };
  static const char *const command[] = { "Does the account have a shell that runs commands?", NULL };
  static const char *const none[] = { NULL };
  static const char *const *const all[] = { name, tcp, host_key, authentication, command, none };
  JsonArray *advice = json_array_new ();

  for (const char *const *line = all[step]; *line != NULL; line++)
    json_array_add_string_element (advice, *line);

  return advice;
}

static JsonNode *
vig_ssh_tool_test (VigServerAccess *access, VigServer *server, GCancellable *cancellable, GError **error)
{
  VigSshStep step = SSH_STEP_NAME;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (VigSshResult) result = NULL;
  g_autofree char *system = NULL;
  VigSshCommand command = { TEST_COMMAND, g_get_monotonic_time () + TEST_TIME * G_USEC_PER_SEC, TEST_LIMIT, NULL, NULL };
  gboolean not_started;
  ssh_session session = vig_ssh_connect (server, &step, cancellable, &local_error);

  if (session != NULL)
    {
      result = vig_ssh_exec (session, &command, &not_started, cancellable, &local_error);
      vig_ssh_close (session);
      if (result == NULL || result->timed_out)
        step = SSH_STEP_COMMAND;
      else
        system = find_system (result->output->str);
    }
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return vig_json_pack ("{s:b, s:s, s:s, s:A, s:s}",
                        "ok", step == SSH_STEP_NONE,
                        "step", vig_ssh_step_to_string (step),
                        "message", local_error != NULL ? local_error->message : step == SSH_STEP_NONE ? "Connected and signed in." : "the command did not end in time",
                        "advice", advise (step),
                        "system", system);
}

static JsonNode *
vig_ssh_tool_read_key (VigServerAccess *access, const char *private_key, const char *passphrase, GError **error)
{
  return vig_ssh_read_key (private_key, passphrase, error);
}

static char *
vig_ssh_tool_make_key (VigServerAccess *access, GError **error)
{
  return vig_ssh_make_key (error);
}

static gboolean
reap (gpointer user_data)
{
  vig_ssh_pool_reap (VIG_SSH_TOOL (user_data)->pool);

  return G_SOURCE_CONTINUE;
}

static void
tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_ssh_tool_get_info;
  iface->run = vig_ssh_tool_run;
  iface->classify = vig_ssh_tool_classify;
  iface->preview = vig_ssh_tool_preview;
}

static void
access_iface_init (VigServerAccessInterface *iface)
{
  iface->test = vig_ssh_tool_test;
  iface->read_key = vig_ssh_tool_read_key;
  iface->make_key = vig_ssh_tool_make_key;
}

static void
vig_ssh_tool_finalize (GObject *object)
{
  VigSshTool *self = VIG_SSH_TOOL (object);

  g_clear_handle_id (&self->reap_id, g_source_remove);
  g_clear_pointer (&self->pool, vig_ssh_pool_free);

  G_OBJECT_CLASS (vig_ssh_tool_parent_class)->finalize (object);
}

static void
vig_ssh_tool_class_init (VigSshToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_ssh_tool_finalize;
}

static void
vig_ssh_tool_init (VigSshTool *self)
{
  self->pool = vig_ssh_pool_new ();
  self->reap_id = g_timeout_add_seconds (REAP_PERIOD, reap, self);
}

static gboolean
activate (VigHost *host, GError **error)
{
  if (ssh_init () != SSH_OK)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "libssh could not be set up");
      return FALSE;
    }

  vig_host_add_tool (host, g_object_new (VIG_TYPE_SSH_TOOL, NULL));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "ssh", activate, NULL };
