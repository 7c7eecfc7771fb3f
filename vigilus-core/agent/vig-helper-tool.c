/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-helper-tool.h"

#include "vig-helper.h"
#include "vig-id.h"
#include "vig-note.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

#define ANSWER_TIME 10 /* seconds beyond those of a command, in which what the helper says of one that it ended comes back */
#define MAX_ANSWER (2 * 6 * VIG_HELPER_MAX_OUTPUT + 4096) /* both outputs, as JSON at its longest */

#define VIG_TYPE_HELPER_TOOL (vig_helper_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigHelperTool, vig_helper_tool, VIG, HELPER_TOOL, GObject)

/* Asks root's part of Vigilus for one of a few named operations. The request is signed by a key that only an open vault has; what
 * a command of the model's could send to the same socket is not. */
struct _VigHelperTool
{
  GObject   parent_instance;

  VigVault *vault;
  char     *socket;
  gint      let_go; /* atomic: Vigilus itself ends, and what has begun goes on */
};

static const VigToolInfo helper_info = {
  .name = "host.elevate",
  .title = "Change this host",
  .description = "Does one of a few named things on this host that need root: services, packages, locking users, firewall rules, a reboot. "
                 "Nothing else; not every one of them is turned on. A person approves each call.",
  .level = VIG_LEVEL_ELEVATE,
  .input_schema = vig_helper_schema,
  .timeout = VIG_HELPER_TIMEOUT + ANSWER_TIME,
};

static void vig_helper_tool_iface_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigHelperTool, vig_helper_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, vig_helper_tool_iface_init))

static VigNoteKey *
get_key (VigVault *vault, GBytes **seed, GError **error)
{
  *seed = vig_vault_derive (vault, VIG_HELPER_PURPOSE, VIG_NOTE_SEED, error);

  return *seed != NULL ? vig_note_key_new_from_seed (VIG_HELPER_KEY_NAME, g_bytes_get_data (*seed, NULL), error) : NULL;
}

char *
vig_helper_dup_public_key (VigVault *vault)
{
  g_autoptr (GBytes) seed = NULL;
  g_autoptr (VigNoteKey) key = get_key (vault, &seed, NULL);

  return key != NULL ? vig_note_key_to_string (key) : NULL;
}

/* 128 random bits. */
static char *
make_nonce (void)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < 4; i++)
    g_string_append_printf (text, "%08x", g_random_int ());

  return g_string_free (text, FALSE);
}

static char *
make_request (VigHelperTool *self, VigInvocation *invocation, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  g_autoptr (GBytes) seed = NULL;
  g_autoptr (VigNoteKey) key = get_key (self->vault, &seed, error);
  g_autofree char *nonce = make_nonce ();
  g_autoptr (JsonObject) request = NULL;
  g_autofree char *json = NULL;
  g_autofree char *text = NULL;

  if (key == NULL)
    return NULL;

  request = vig_json_pack_object ("{s:I, s:s, s:s, s:s, s:s, s:J}", "time", g_get_real_time (), "nonce", nonce,
                                  "call", vig_invocation_get_call_id (invocation), "operator", vig_invocation_get_operator_name (invocation),
                                  "operation", vig_json_get_string (arguments, "operation", ""), "arguments", arguments);
  json = vig_json_object_to_string (request);
  text = g_strconcat (VIG_HELPER_HEADER, json, "\n", NULL);

  return vig_note_sign (key, g_bytes_get_data (seed, NULL), text, error);
}

static char *
read_answer (GInputStream *input, GCancellable *cancellable, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char buffer[8192];
  gssize n;

  do
    {
      n = g_input_stream_read (input, buffer, sizeof buffer, cancellable, error);
      g_string_append_len (text, buffer, MAX (n, 0));
    }
  while (n > 0 && text->len <= MAX_ANSWER);

  return n < 0 ? NULL : g_strdup (text->str);
}

/* The request is out: whatever goes wrong from here on, it may have been carried out. */
static char *
wait_for_answer (VigHelperTool *self, GSocketConnection *connection, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  char *answer = read_answer (g_io_stream_get_input_stream (G_IO_STREAM (connection)), cancellable, &local_error);

  if (answer != NULL)
    return answer;

  if (g_cancellable_is_cancelled (cancellable) && g_atomic_int_get (&self->let_go) == 0)
    g_socket_send (g_socket_connection_get_socket (connection), "x", 1, NULL, NULL);
  g_set_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "the privileged helper gave no answer: %s", local_error->message);

  return NULL;
}

static char *
exchange (VigHelperTool *self, const char *request, GCancellable *cancellable, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->socket);
  g_autoptr (GSocketConnection) connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), cancellable, error);

  /* With the NUL at its end. */
  if (connection == NULL
      || !g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), request, strlen (request) + 1, NULL, cancellable, error))
    {
      g_prefix_error (error, "the privileged helper can't be reached: ");
      return NULL;
    }

  return wait_for_answer (self, connection, cancellable, error);
}

static JsonNode *
vig_helper_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  VigHelperTool *self = VIG_HELPER_TOOL (tool);
  g_autofree char *request = make_request (self, invocation, error);
  g_autofree char *text = request != NULL ? exchange (self, request, cancellable, error) : NULL;
  g_autoptr (JsonObject) answer = text != NULL ? vig_json_parse_object (text, -1, 0, NULL) : NULL;
  const char *refusal = answer != NULL ? vig_json_get_string (answer, "error", NULL) : NULL;

  if (answer == NULL)
    {
      if (text != NULL)
        g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "the privileged helper gave no whole answer");
      return NULL;
    }
  if (refusal != NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "the privileged helper refused: %s", refusal);
      return NULL;
    }
  if (vig_json_get_boolean (answer, "timed_out", FALSE))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TIMED_OUT, "it was ended after %d seconds: %.2000s", VIG_HELPER_TIMEOUT, vig_json_get_string (answer, "error_output", ""));
      return NULL;
    }
  if (vig_json_get_int (answer, "exit_status", -1) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "exit status %d: %.2000s", (int) vig_json_get_int (answer, "exit_status", -1),
                   vig_json_get_string (answer, "error_output", ""));
      return NULL;
    }

  return vig_json_pack ("{s:J}", "done", answer);
}

/* What the helper would be asked to run, word by word. */
static VigPreview *
vig_helper_tool_preview (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  g_auto (GStrv) argv = vig_helper_make_argv (vig_json_get_string (arguments, "operation", ""), arguments, error);
  g_autofree char *line = argv != NULL ? g_strjoinv (" ", argv) : NULL;
  g_autofree char *text = line != NULL ? g_strdup_printf ("As root on this host:\n%s", line) : NULL;

  return text != NULL ? vig_preview_new ("command", text) : NULL;
}

static VigLevel
vig_helper_tool_classify (VigTool *tool, VigInvocation *invocation, char **resource)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  g_auto (GStrv) argv = vig_helper_make_argv (vig_json_get_string (arguments, "operation", ""), arguments, NULL);
  g_autofree char *line = argv != NULL ? g_strjoinv (" ", argv) : NULL;

  *resource = line != NULL ? g_strconcat ("host:", line, NULL) : NULL;

  return VIG_LEVEL_ELEVATE;
}

static const VigToolInfo *
vig_helper_tool_get_info (VigTool *tool)
{
  return &helper_info;
}

static void
vig_helper_tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_helper_tool_get_info;
  iface->run = vig_helper_tool_run;
  iface->classify = vig_helper_tool_classify;
  iface->preview = vig_helper_tool_preview;
}

static void
vig_helper_tool_finalize (GObject *object)
{
  VigHelperTool *self = VIG_HELPER_TOOL (object);

  g_object_unref (self->vault);
  g_free (self->socket);

  G_OBJECT_CLASS (vig_helper_tool_parent_class)->finalize (object);
}

static void
vig_helper_tool_class_init (VigHelperToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_helper_tool_finalize;
}

static void
vig_helper_tool_init (VigHelperTool *self)
{
}

VigTool *
vig_helper_tool_new (VigVault *vault, const char *socket)
{
  VigHelperTool *self = g_object_new (VIG_TYPE_HELPER_TOOL, NULL);

  self->vault = g_object_ref (vault);
  self->socket = g_strdup (socket);

  return VIG_TOOL (self);
}

void
vig_helper_tool_let_go (VigTool *tool)
{
  g_atomic_int_set (&VIG_HELPER_TOOL (tool)->let_go, 1);
}
