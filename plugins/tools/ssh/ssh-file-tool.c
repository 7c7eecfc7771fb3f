/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-file-tool.h"

#define VIG_TYPE_SSH_FILE_TOOL (vig_ssh_file_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigSshFileTool, vig_ssh_file_tool, VIG, SSH_FILE_TOOL, GObject)

typedef JsonNode *(*RunFunc) (VigSshFiles *files, VigInvocation *invocation, GError **error);

struct _VigSshFileTool
{
  GObject            parent_instance;

  VigSshPool        *pool;
  const VigToolInfo *info;
  RunFunc            run;
};

#define SERVER "\"server\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 64, \"description\": \"The server's name in the inventory\"}"
#define PATH "\"path\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 4096, \"pattern\": \"^/\", \"description\": \"An absolute path there\"}"

static const VigToolInfo read_info = {
  .name = "ssh.read",
  .title = "Read a file of a server",
  .description = "Reads a file of a server of the inventory by SFTP, or lists a directory there, beneath the folders that the server's entry allows. "
                 "Long files come in parts: ask again with offset. A negative offset counts from the end, as the last lines of a log want it.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\": \"object\", \"required\": [\"server\", \"path\"], \"additionalProperties\": false, \"properties\": {" SERVER ", " PATH ", "
                  "\"offset\": {\"type\": \"integer\", \"minimum\": -1000000000000, \"maximum\": 1000000000000, \"description\": \"Byte to begin at; default 0\"},"
                  "\"limit\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1048576, \"description\": \"Bytes at most; default 65536\"}}}",
  .timeout = 120,
};

static const VigToolInfo write_info = {
  .name = "ssh.write",
  .title = "Write a file of a server",
  .description = "Creates or replaces a file of a server of the inventory by SFTP, beneath the folders that the server's entry allows. "
                 "The new file takes the place of the old one at once; owner and mode stay, without set-id bits.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = "{\"type\": \"object\", \"required\": [\"server\", \"path\", \"content\"], \"additionalProperties\": false, \"properties\": {" SERVER ", " PATH ", "
                  "\"content\": {\"type\": \"string\", \"maxLength\": 1048576, \"description\": \"What the file is to hold, all of it\"},"
                  "\"encoding\": {\"type\": \"string\", \"enum\": [\"text\", \"base64\"], \"description\": \"Of content; default text\"},"
                  "\"mode\": {\"type\": \"string\", \"pattern\": \"^[0-7]{3,4}$\", \"description\": \"As in chmod, 0640; default: as it was, or 0644\"}}}",
  .timeout = 120,
};

static void tool_iface_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigSshFileTool, vig_ssh_file_tool, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, tool_iface_init))

const char *
vig_ssh_get_path (VigInvocation *invocation)
{
  return vig_json_get_string (vig_invocation_get_arguments (invocation), "path", "");
}

static gboolean
open_files (VigSshFileTool *self, VigInvocation *invocation, VigSshFiles *files, GCancellable *cancellable, GError **error)
{
  const char *name = vig_json_get_string (vig_invocation_get_arguments (invocation), "server", "");
  VigServer *server = vig_invocation_dup_server (invocation, name, error);

  if (server == NULL)
    return FALSE;
  if (vig_ssh_files_open (files, self->pool, server, vig_invocation_get_deadline (invocation), cancellable, error))
    return TRUE;

  vig_server_unref (server);

  return FALSE;
}

static void
close_files (VigSshFiles *files)
{
  vig_ssh_files_close (files);
  vig_server_unref (files->server);
}

static JsonNode *
vig_ssh_file_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  VigSshFileTool *self = VIG_SSH_FILE_TOOL (tool);
  VigSshFiles files;
  JsonNode *answer;

  if (!open_files (self, invocation, &files, cancellable, error))
    return NULL;

  answer = self->run (&files, invocation, error);
  close_files (&files);

  return answer;
}

static VigPreview *
vig_ssh_file_tool_preview (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  VigSshFileTool *self = VIG_SSH_FILE_TOOL (tool);
  VigSshFiles files;
  VigPreview *preview;

  if (self->info->level == VIG_LEVEL_READ || !open_files (self, invocation, &files, cancellable, error))
    return NULL;

  preview = vig_ssh_write_preview (&files, invocation, error);
  close_files (&files);

  return preview;
}

/* As for command lines: what decides who may do what there, and a mode with set-id bits, is more than a write. */
static gboolean
elevates (VigInvocation *invocation, const char *path)
{
  const char *mode = vig_json_get_string (vig_invocation_get_arguments (invocation), "mode", "0");

  return (g_ascii_strtoull (mode, NULL, 8) & SSH_SET_ID) != 0 || vig_command_path_elevates (path);
}

/* A grant is for one file of one server. */
static VigLevel
vig_ssh_file_tool_classify (VigTool *tool, VigInvocation *invocation, char **resource)
{
  VigLevel level = VIG_SSH_FILE_TOOL (tool)->info->level;
  g_autofree char *name = g_ascii_strdown (vig_json_get_string (vig_invocation_get_arguments (invocation), "server", ""), -1);
  g_autofree char *path = g_canonicalize_filename (vig_ssh_get_path (invocation), "/");

  *resource = g_strconcat ("server:", name, ":", path, NULL);

  return level == VIG_LEVEL_WRITE && elevates (invocation, path) ? VIG_LEVEL_ELEVATE : level;
}

static const VigToolInfo *
vig_ssh_file_tool_get_info (VigTool *tool)
{
  return VIG_SSH_FILE_TOOL (tool)->info;
}

static void
tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_ssh_file_tool_get_info;
  iface->run = vig_ssh_file_tool_run;
  iface->classify = vig_ssh_file_tool_classify;
  iface->preview = vig_ssh_file_tool_preview;
}

static void
vig_ssh_file_tool_finalize (GObject *object)
{
  g_clear_pointer (&VIG_SSH_FILE_TOOL (object)->pool, vig_ssh_pool_unref);

  G_OBJECT_CLASS (vig_ssh_file_tool_parent_class)->finalize (object);
}

static void
vig_ssh_file_tool_class_init (VigSshFileToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_ssh_file_tool_finalize;
}

static void
vig_ssh_file_tool_init (VigSshFileTool *self)
{
}

static VigTool *
make (VigSshPool *pool, const VigToolInfo *info, RunFunc run)
{
  VigSshFileTool *self = g_object_new (VIG_TYPE_SSH_FILE_TOOL, NULL);

  self->pool = vig_ssh_pool_ref (pool);
  self->info = info;
  self->run = run;

  return VIG_TOOL (self);
}

VigTool *
vig_ssh_read_tool_new (VigSshPool *pool)
{
  return make (pool, &read_info, vig_ssh_read_run);
}

VigTool *
vig_ssh_write_tool_new (VigSshPool *pool)
{
  return make (pool, &write_info, vig_ssh_write_run);
}
