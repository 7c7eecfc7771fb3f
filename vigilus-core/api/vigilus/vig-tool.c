/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-tool.h"

#include "vig-schema.h"

#include <string.h>

static const char * const level_names[] = { "read", "write", "exec", "elevate" };

G_DEFINE_INTERFACE (VigTool, vig_tool, G_TYPE_OBJECT)

static void
vig_tool_default_init (VigToolInterface *iface)
{
}

const char *
vig_level_to_string (VigLevel level)
{
  return (guint) level < G_N_ELEMENTS (level_names) ? level_names[level] : "elevate";
}

gboolean
vig_level_from_string (const char *text, VigLevel *level)
{
  guint i;

  *level = VIG_LEVEL_ELEVATE;
  for (i = 0; i < G_N_ELEMENTS (level_names); i++)
    if (g_strcmp0 (text, level_names[i]) == 0)
      {
        *level = (VigLevel) i;
        return TRUE;
      }

  return FALSE;
}

VigPreview *
vig_preview_new (const char *kind, const char *text)
{
  VigPreview *self = g_new0 (VigPreview, 1);

  self->kind = g_strdup (kind);
  self->text = g_strdup (text);

  return self;
}

void
vig_preview_free (VigPreview *preview)
{
  if (preview == NULL)
    return;

  g_free (preview->kind);
  g_free (preview->text);
  g_free (preview);
}

const VigToolInfo *
vig_tool_get_info (VigTool *self)
{
  g_return_val_if_fail (VIG_IS_TOOL (self), NULL);

  return VIG_TOOL_GET_IFACE (self)->get_info (self);
}

static gboolean
is_name (const char *name)
{
  gboolean in_part = FALSE;
  const char *p;

  if (name == NULL || strlen (name) > 64)
    return FALSE;

  for (p = name; *p != '\0'; p++)
    {
      if (*p == '.' && !in_part)
        return FALSE;
      in_part = *p != '.';
      if (in_part && !g_ascii_islower (*p) && !g_ascii_isdigit (*p) && *p != '_')
        return FALSE;
    }

  return in_part;
}

static gboolean
check_text (const VigToolInfo *info, const char *what, const char *text, GError **error)
{
  if (text != NULL && *text != '\0' && g_utf8_validate (text, -1, NULL))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "tool %s has no valid %s", info->name, what);

  return FALSE;
}

static gboolean
check_schema (const VigToolInfo *info, GError **error)
{
  g_autoptr (JsonNode) document = vig_json_parse (info->input_schema, -1, 0, error);
  g_autoptr (VigSchema) schema = NULL;

  if (document == NULL)
    {
      g_prefix_error (error, "input schema of tool %s: ", info->name);
      return FALSE;
    }
  if (!JSON_NODE_HOLDS_OBJECT (document)
      || g_strcmp0 (vig_json_get_string (json_node_get_object (document), "type", NULL), "object") != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "input schema of tool %s is not of type object", info->name);
      return FALSE;
    }

  schema = vig_schema_new (document, NULL, error);
  if (schema == NULL)
    g_prefix_error (error, "input schema of tool %s: ", info->name);

  return schema != NULL;
}

gboolean
vig_tool_info_check (const VigToolInfo *info, GError **error)
{
  if (info == NULL || !is_name (info->name))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "\"%s\" is not a tool name", info != NULL && info->name != NULL ? info->name : "");
      return FALSE;
    }
  if ((guint) info->level > VIG_LEVEL_ELEVATE)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "tool %s has an unknown level", info->name);
      return FALSE;
    }

  return check_text (info, "title", info->title, error)
         && check_text (info, "description", info->description, error)
         && check_text (info, "input schema", info->input_schema, error)
         && check_schema (info, error);
}
