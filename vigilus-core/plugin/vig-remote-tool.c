/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-remote-tool.h"

struct _VigRemoteTool
{
  GObject      parent_instance;

  VigRemote   *remote;
  VigToolInfo  info; /* its strings are ours */
};

static void tool_iface_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigRemoteTool, vig_remote_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, tool_iface_init))

static const VigToolInfo *
vig_remote_tool_get_info (VigTool *tool)
{
  return &VIG_REMOTE_TOOL (tool)->info;
}

static void
vig_remote_tool_run_async (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  VigRemoteTool *self = VIG_REMOTE_TOOL (tool);

  vig_remote_call_async (self->remote, self->info.name, invocation, cancellable, callback, user_data);
}

static JsonNode *
vig_remote_tool_run_finish (VigTool *tool, GAsyncResult *result, GError **error)
{
  return vig_remote_call_finish (VIG_REMOTE_TOOL (tool)->remote, result, error);
}

JsonObject *
vig_remote_tool_describe (const VigToolInfo *info)
{
  g_autoptr (JsonObject) schema = vig_json_parse_object (info->input_schema, -1, 0, NULL);

  return vig_json_pack_object ("{s:s, s:s?, s:s, s:J, s:{s:b}, s:{s:s, s:i, s:b, s:b}}",
                               "name", info->name,
                               "title", info->title,
                               "description", info->description,
                               "inputSchema", schema,
                               "annotations", "readOnlyHint", info->level == VIG_LEVEL_READ,
                               "_meta",
                               VIG_META_LEVEL, vig_level_to_string (info->level),
                               VIG_META_TIMEOUT, (int) MIN (info->timeout, G_MAXINT),
                               VIG_META_HOST, (info->flags & VIG_TOOL_HOST) != 0,
                               VIG_META_OUTWARD, (info->flags & VIG_TOOL_OUTWARD) != 0);
}

static char *
node_to_text (JsonNode *node)
{
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);

  return vig_json_to_string (node);
}

JsonObject *
vig_remote_tool_pack_outcome (JsonNode *node, const GError *error)
{
  g_autofree char *text = error != NULL ? g_utf8_make_valid (error->message, -1) : node_to_text (node);
  JsonObject *result = vig_json_pack_object ("{s:[{s:s, s:s}], s:b}",
                                             "content", "type", "text", "text", text,
                                             "isError", error != NULL);

  if (error != NULL)
    json_object_set_object_member (result, "_meta", vig_json_pack_object ("{s:s}", VIG_META_ERROR, vig_error_get_code_name (error)));
  else if (JSON_NODE_HOLDS_OBJECT (node))
    json_object_set_member (result, "structuredContent", json_node_ref (node));

  return result;
}

static char *
join_texts (JsonArray *content)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();

  for (guint i = 0; content != NULL && i < json_array_get_length (content); i++)
    {
      JsonNode *node = json_array_get_element (content, i);
      const char *text = JSON_NODE_HOLDS_OBJECT (node) ? vig_json_get_string (json_node_get_object (node), "text", NULL) : NULL;

      if (text != NULL)
        g_ptr_array_add (texts, (gpointer) text);
    }
  g_ptr_array_add (texts, NULL);

  return g_strjoinv ("\n", (char **) texts->pdata);
}

static VigError
code_from_name (const char *name)
{
  for (int code = VIG_ERROR_FAILED; code <= VIG_ERROR_NOT_SUPPORTED; code++)
    {
      g_autoptr (GError) error = g_error_new_literal (VIG_ERROR, code, "");

      if (g_strcmp0 (vig_error_get_code_name (error), name) == 0)
        return code;
    }

  return VIG_ERROR_FAILED;
}

JsonNode *
vig_remote_tool_unpack_outcome (JsonObject *result, GError **error)
{
  g_autofree char *text = join_texts (vig_json_get_array (result, "content"));
  JsonObject *structured = vig_json_get_object (result, "structuredContent");
  JsonObject *meta = vig_json_get_object (result, "_meta");

  if (vig_json_get_boolean (result, "isError", FALSE))
    {
      const char *name = meta != NULL ? vig_json_get_string (meta, VIG_META_ERROR, NULL) : NULL;

      g_set_error_literal (error, VIG_ERROR, code_from_name (name), *text != '\0' ? text : "the tool failed and gave no reason");
      return NULL;
    }

  if (structured != NULL)
    return vig_json_pack ("J", structured);

  return vig_json_pack ("s", text);
}

static gboolean
check_info (const VigToolInfo *info, VigLevel most, GError **error)
{
  if (!vig_tool_info_check (info, error))
    return FALSE;

  if (info->level > most)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "tool %s has level %s, above the manifest's Effect=%s", info->name,
                   vig_level_to_string (info->level), vig_level_to_string (most));
      return FALSE;
    }

  if ((info->flags & VIG_TOOL_HOST) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "tool %s works in an Operator's directory, which a plugin process cannot reach", info->name);
      return FALSE;
    }

  return TRUE;
}

static void
read_info (VigToolInfo *info, JsonObject *description)
{
  JsonObject *meta = vig_json_get_object (description, "_meta");
  JsonObject *schema = vig_json_get_object (description, "inputSchema");
  gint64 timeout = meta != NULL ? vig_json_get_int (meta, VIG_META_TIMEOUT, 0) : 0;

  info->name = g_strdup (vig_json_get_string (description, "name", NULL));
  info->title = g_strdup (vig_json_get_string (description, "title", info->name));
  info->description = g_strdup (vig_json_get_string (description, "description", ""));
  info->input_schema = schema != NULL ? vig_json_object_to_string (schema) : NULL;
  info->timeout = CLAMP (timeout, 0, 24 * 60 * 60);
  info->level = VIG_LEVEL_EXEC;
  if (meta != NULL && json_object_has_member (meta, VIG_META_LEVEL))
    vig_level_from_string (vig_json_get_string (meta, VIG_META_LEVEL, ""), &info->level);
  if (meta != NULL && vig_json_get_boolean (meta, VIG_META_HOST, FALSE))
    info->flags |= VIG_TOOL_HOST;
  if (meta != NULL && vig_json_get_boolean (meta, VIG_META_OUTWARD, FALSE))
    info->flags |= VIG_TOOL_OUTWARD;
}

static void
vig_remote_tool_finalize (GObject *object)
{
  VigRemoteTool *self = VIG_REMOTE_TOOL (object);

  g_clear_object (&self->remote);
  g_free ((char *) self->info.name);
  g_free ((char *) self->info.title);
  g_free ((char *) self->info.description);
  g_free ((char *) self->info.input_schema);

  G_OBJECT_CLASS (vig_remote_tool_parent_class)->finalize (object);
}

static void
tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_remote_tool_get_info;
  iface->run_async = vig_remote_tool_run_async;
  iface->run_finish = vig_remote_tool_run_finish;
}

static void
vig_remote_tool_class_init (VigRemoteToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_remote_tool_finalize;
}

static void
vig_remote_tool_init (VigRemoteTool *self)
{
}

VigTool *
vig_remote_tool_new (VigRemote *remote, JsonObject *description, VigLevel least, VigLevel most, GError **error)
{
  g_autoptr (VigRemoteTool) self = g_object_new (VIG_TYPE_REMOTE_TOOL, NULL);

  self->remote = g_object_ref (remote);
  read_info (&self->info, description);
  if (!check_info (&self->info, most, error))
    return NULL;

  self->info.level = MAX (self->info.level, least);

  return VIG_TOOL (g_steal_pointer (&self));
}
