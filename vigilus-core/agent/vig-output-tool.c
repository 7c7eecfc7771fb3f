/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-output-tool.h"

#include "vig-output.h"
#include "vig-store-outputs.h"

#define DEFAULT_LINES 200
#define ROOM          1024 /* bytes of a result that are not the text */

#define VIG_TYPE_OUTPUT_TOOL (vig_output_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigOutputTool, vig_output_tool, VIG, OUTPUT_TOOL, GObject)

struct _VigOutputTool
{
  GObject parent_instance;

  VigDb  *db;
};

/* What it shows has marked the conversation already, when the call that it is of returned. */
static const VigToolInfo output_info = {
  .name = VIG_OUTPUT_READ,
  .title = "Read output",
  .description = "Reads parts of a tool's output that was too long to be shown at once: lines from `offset` on, or only the lines with `search` in "
                 "them. `call` is the id that stands where the output was cut. Only calls of this conversation.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\":\"object\",\"properties\":{"
                  "\"call\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64,\"description\":\"Id of the call\"},"
                  "\"offset\":{\"type\":\"integer\",\"minimum\":1,\"description\":\"First line, from 1; default 1\"},"
                  "\"lines\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":2000,\"description\":\"Lines at most; default 200\"},"
                  "\"search\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200,\"description\":\"Only lines with this text, whatever its case\"}},"
                  "\"required\":[\"call\"],\"additionalProperties\":false}",
  .timeout = 20,
  .flags = VIG_TOOL_OWN_WORDS | VIG_TOOL_BUILT_IN,
};

typedef struct
{
  const char *own_id;
  const char *call_id;
} Question;

static void vig_output_tool_iface_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigOutputTool, vig_output_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, vig_output_tool_iface_init))

static gpointer
read_output (VigDbConnection *db, gpointer data, GError **error)
{
  Question *question = data;
  g_autoptr (GError) local_error = NULL;

  if (vig_store_outputs_is_near (db, question->own_id, question->call_id, &local_error))
    return vig_store_outputs_dup (db, question->call_id, error);

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no call %s in this conversation", question->call_id);

  return NULL;
}

static JsonNode *
show_part (JsonObject *part, const VigOutputRange *range)
{
  gint64 lines = vig_json_get_int (part, "lines", 0);
  gint64 next = vig_json_get_int (part, "next", 0);
  g_autofree char *more = next != 0 ? g_strdup_printf ("; go on with offset %" G_GINT64_FORMAT, next) : g_strdup ("; that is all");
  g_autofree char *text = NULL;

  if (vig_json_get_int (part, "first", 0) == 0)
    text = g_strdup_printf ("There are %" G_GINT64_FORMAT " lines. None from there on %s.", lines, range->search != NULL ? "has this in it" : "is left");
  else
    text = g_strdup_printf ("Lines %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT "%s:\n%s", vig_json_get_int (part, "first", 0),
                            vig_json_get_int (part, "last", 0), lines, more, vig_json_get_string (part, "text", ""));

  return vig_json_pack ("s", text);
}

static JsonNode *
vig_output_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  VigOutputTool *self = VIG_OUTPUT_TOOL (tool);
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  Question question = { vig_invocation_get_call_id (invocation), vig_json_get_string (arguments, "call", "") };
  VigOutputRange range = { vig_json_get_int (arguments, "offset", 1), vig_json_get_int (arguments, "lines", DEFAULT_LINES),
                           vig_json_get_string (arguments, "search", NULL), 0 };
  g_autofree char *text = vig_db_read (self->db, read_output, &question, error);
  g_autofree char *lines = NULL;
  g_autoptr (JsonObject) part = NULL;
  gsize limit = vig_invocation_get_output_limit (invocation);

  if (text == NULL)
    return NULL;

  range.limit = limit > 2 * ROOM ? limit - ROOM : limit / 2;
  lines = vig_output_to_lines (text);
  part = vig_output_read (lines, &range);
  return show_part (part, &range);
}

static const VigToolInfo *
vig_output_tool_get_info (VigTool *tool)
{
  return &output_info;
}

static void
vig_output_tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_output_tool_get_info;
  iface->run = vig_output_tool_run;
}

static void
vig_output_tool_finalize (GObject *object)
{
  g_object_unref (VIG_OUTPUT_TOOL (object)->db);

  G_OBJECT_CLASS (vig_output_tool_parent_class)->finalize (object);
}

static void
vig_output_tool_class_init (VigOutputToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_output_tool_finalize;
}

static void
vig_output_tool_init (VigOutputTool *self)
{
}

VigTool *
vig_output_tool_new (VigDb *db)
{
  VigOutputTool *self = g_object_new (VIG_TYPE_OUTPUT_TOOL, NULL);

  self->db = g_object_ref (db);

  return VIG_TOOL (self);
}
