/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-command.h"
#include "ssh-file-tool.h"
#include "ssh-keys.h"
#include "ssh-put.h"
#include "ssh-test.h"

#include <glib/gstdio.h>

#define REAP_PERIOD 15 /* seconds */

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
  .description = "Runs a command on a remote server of the inventory by SSH, or on several at once, and shows output, exit status and signal of each. "
                 "Name servers as servers.list shows them: one in server, or some in servers.",
  .level = VIG_LEVEL_EXEC,
  .input_schema = "{\"type\": \"object\", \"required\": [\"command\"], \"additionalProperties\": false, \"properties\": {"
                  "\"server\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 64, \"description\": \"The server's name in the inventory\"},"
                  "\"servers\": {\"type\": \"array\", \"minItems\": 1, \"maxItems\": 50, \"description\": \"Instead of server: the names of all that are to run it\", "
                  "\"items\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 64}},"
                  "\"command\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 65536, \"description\": \"The command line for the login shell there\"},"
                  "\"timeout\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 600, \"description\": \"Seconds it may take; default 60\"}}}",
  .timeout = SSH_COMMAND_MAX_TIME,
};

static void tool_iface_init (VigToolInterface *iface);
static void access_iface_init (VigServerAccessInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigSshTool, vig_ssh_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, tool_iface_init)
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_SERVER_ACCESS, access_iface_init))

static JsonNode *
vig_ssh_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_ssh_command_run (VIG_SSH_TOOL (tool)->pool, invocation, cancellable, error);
}

static VigLevel
vig_ssh_tool_classify (VigTool *tool, VigInvocation *invocation, char **resource)
{
  return vig_ssh_command_classify (invocation, resource);
}

static VigPreview *
vig_ssh_tool_preview (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_ssh_command_preview (invocation);
}

static const VigToolInfo *
vig_ssh_tool_get_info (VigTool *tool)
{
  return &exec_info;
}

static JsonNode *
vig_ssh_tool_test (VigServerAccess *access, VigServer *server, GCancellable *cancellable, GError **error)
{
  return vig_ssh_test (VIG_SSH_TOOL (access)->pool, server, cancellable, error);
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
vig_ssh_tool_read_file (VigServerAccess *access, VigServer *server, const char *path, VigServerFile *file, GCancellable *cancellable, GError **error)
{
  return vig_ssh_read_file (VIG_SSH_TOOL (access)->pool, server, path, file, cancellable, error);
}

static gboolean
vig_ssh_tool_put_file (VigServerAccess *access, VigServer *server, const char *path, const VigServerFile *file, GCancellable *cancellable, GError **error)
{
  return vig_ssh_put_file (VIG_SSH_TOOL (access)->pool, server, path, file, cancellable, error);
}

/* FALSE: it is no address. *port 0: *host is a path. */
static gboolean
split_address (const char *address, char **host, guint *port)
{
  g_autoptr (GSocketConnectable) parsed = NULL;

  *port = 0;
  if (g_str_has_prefix (address, "unix:/"))
    {
      *host = g_strdup (address + strlen ("unix:"));
      return TRUE;
    }

  parsed = g_str_has_prefix (address, "tcp:") ? g_network_address_parse (address + strlen ("tcp:"), 0, NULL) : NULL;
  if (parsed == NULL || g_network_address_get_port (G_NETWORK_ADDRESS (parsed)) == 0)
    return FALSE;

  *host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (parsed)));
  *port = g_network_address_get_port (G_NETWORK_ADDRESS (parsed));

  return TRUE;
}

static GSocketConnection *
vig_ssh_tool_open (VigServerAccess *access, VigServer *server, const char *address, GCancellable *cancellable, GError **error)
{
  VigSshStep step = SSH_STEP_NAME;
  g_autofree char *host = NULL;
  g_autoptr (GSocket) socket = NULL;
  guint port;
  int fd;

  if (!split_address (address, &host, &port))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is neither unix:/path nor tcp:host:port", address);
      return NULL;
    }

  fd = vig_ssh_pool_open (VIG_SSH_TOOL (access)->pool, server, host, port, &step, cancellable, error);
  if (fd < 0)
    {
      g_prefix_error (error, "failed to reach %s: ", address);
      return NULL;
    }

  socket = g_socket_new_from_fd (fd, error);
  if (socket == NULL)
    {
      g_close (fd, NULL);
      return NULL;
    }

  return g_socket_connection_factory_create_connection (socket);
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
  iface->open = vig_ssh_tool_open;
  iface->read_file = vig_ssh_tool_read_file;
  iface->put_file = vig_ssh_tool_put_file;
}

static void
vig_ssh_tool_finalize (GObject *object)
{
  VigSshTool *self = VIG_SSH_TOOL (object);

  g_clear_handle_id (&self->reap_id, g_source_remove);
  g_clear_pointer (&self->pool, vig_ssh_pool_unref);

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
  VigSshTool *self;

  if (ssh_init () != SSH_OK)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "libssh could not be set up");
      return FALSE;
    }

  self = g_object_new (VIG_TYPE_SSH_TOOL, NULL);
  vig_host_add_tool (host, vig_ssh_read_tool_new (self->pool));
  vig_host_add_tool (host, vig_ssh_write_tool_new (self->pool));
  vig_host_add_tool (host, VIG_TOOL (self));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "ssh", activate, NULL };
