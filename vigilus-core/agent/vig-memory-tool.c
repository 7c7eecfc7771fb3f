/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-memory-tool.h"

#include "vig-id.h"
#include "vig-store-memories.h"
#include "vig-store-operators.h"
#include "vig-store-runs.h"
#include "vig-store-taints.h"

#define DAY (G_GINT64_CONSTANT (24 * 60 * 60) * G_USEC_PER_SEC)

#define VIG_TYPE_MEMORY_TOOL (vig_memory_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigMemoryTool, vig_memory_tool, VIG, MEMORY_TOOL, GObject)

struct _VigMemoryTool
{
  GObject      parent_instance;

  VigDb       *db;
  VigRedactor *redactor;
  VigEvents   *events;
};

/* It changes nothing: what is proposed is told to nobody before a person has accepted it. */
static const VigToolInfo memory_info = {
  .name = "memory.propose",
  .title = "Propose a memory",
  .description = "Proposes one lasting fact or preference to be told to you in later conversations, such as where something runs or how the person "
                 "wants it done. A person has to accept it first. Not for passwords or keys, nor for what tools can look up.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\":\"object\",\"properties\":{"
                  "\"text\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000,\"description\":\"One or two plain sentences\"},"
                  "\"scope\":{\"type\":\"string\",\"enum\":[\"operator\",\"person\",\"everyone\"],\"description\":\"Who is told: only you, every Operator "
                  "when this person asks, or every Operator always; default operator\"},"
                  "\"reason\":{\"type\":\"string\",\"maxLength\":300,\"description\":\"Why it is worth keeping\"},"
                  "\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":3650,\"description\":\"How long it holds; without it: for good\"}},"
                  "\"required\":[\"text\"],\"additionalProperties\":false}",
  .timeout = 20,
  .flags = VIG_TOOL_OWN_WORDS,
};

typedef struct
{
  VigMemoryTool *self;
  const char    *call_id;
  JsonObject    *arguments;
} Proposal;

static void vig_memory_tool_iface_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigMemoryTool, vig_memory_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, vig_memory_tool_iface_init))

static char *
dup_clean (Proposal *proposal, const char *name)
{
  const char *text = vig_json_get_string (proposal->arguments, name, NULL);

  return text != NULL ? vig_redactor_apply (proposal->self->redactor, text) : NULL;
}

static JsonObject *
build (VigDbConnection *db, Proposal *proposal, JsonObject *run, gboolean is_tainted)
{
  gint64 days = vig_json_get_int (proposal->arguments, "days", 0);
  g_autofree char *text = dup_clean (proposal, "text");
  g_autofree char *reason = dup_clean (proposal, "reason");
  g_autofree char *expires_at = days > 0 ? vig_time_to_iso (vig_time_now () + days * DAY) : NULL;

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s}",
                               "text", text,
                               "scope", vig_json_get_string (proposal->arguments, "scope", "operator"),
                               "user_id", vig_json_get_string (run, "user_id", NULL),
                               "operator_id", vig_json_get_string (run, "operator_id", NULL),
                               "status", "proposed",
                               "source", "operator",
                               "source_name", vig_json_get_string (run, "operator_name", ""),
                               "reason", reason,
                               "session_id", vig_json_get_string (run, "session_id", NULL),
                               "run_id", vig_json_get_string (run, "id", NULL),
                               "call_id", proposal->call_id,
                               "is_tainted", is_tainted,
                               "expires_at", expires_at);
}

typedef struct
{
  VigEvents  *events;
  JsonObject *memory;
} Publication;

static void
publication_free (gpointer data)
{
  Publication *publication = data;

  g_object_unref (publication->events);
  json_object_unref (publication->memory);
  g_free (publication);
}

/* Whose it is stays out: everyone who may look hears that there is something, and asks for what they may see. */
static void
publish (gpointer data)
{
  Publication *publication = data;
  JsonNode *node = vig_json_pack ("{s:s, s:s, s:s}", "id", vig_json_get_string (publication->memory, "id", ""),
                                  "status", vig_json_get_string (publication->memory, "status", ""),
                                  "source_name", vig_json_get_string (publication->memory, "source_name", ""));

  vig_events_publish (publication->events, "memories", "memory.proposed", node);
}

static gpointer
write_proposal (VigDbConnection *db, gpointer data, GError **error)
{
  Proposal *proposal = data;
  g_autoptr (JsonObject) call = vig_store_calls_get (db, proposal->call_id, error);
  g_autoptr (JsonObject) run = call != NULL ? vig_store_runs_get (db, vig_json_get_string (call, "run_id", ""), error) : NULL;
  g_autoptr (JsonObject) taint = NULL;
  g_autoptr (JsonObject) values = NULL;
  JsonObject *memory;
  Publication *publication;

  if (run == NULL)
    return NULL;

  taint = vig_store_taints_before (db, proposal->call_id, NULL);
  values = build (db, proposal, run, taint != NULL);
  memory = vig_store_memories_create (db, values, error);
  if (memory == NULL)
    return NULL;

  publication = g_new0 (Publication, 1);
  publication->events = g_object_ref (proposal->self->events);
  publication->memory = json_object_ref (memory);
  vig_db_after_commit (db, publish, publication, publication_free);

  return memory;
}

static JsonNode *
vig_memory_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  VigMemoryTool *self = VIG_MEMORY_TOOL (tool);
  Proposal proposal = { self, vig_invocation_get_call_id (invocation), vig_invocation_get_arguments (invocation) };
  g_autoptr (JsonObject) memory = vig_db_write (self->db, write_proposal, &proposal, error);

  if (memory == NULL)
    return NULL;

  return vig_json_pack ("s", "Proposed. It is told to nobody before a person has accepted it on the Memory page; you need not wait for that.");
}

static const VigToolInfo *
vig_memory_tool_get_info (VigTool *tool)
{
  return &memory_info;
}

static void
vig_memory_tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_memory_tool_get_info;
  iface->run = vig_memory_tool_run;
}

static void
vig_memory_tool_finalize (GObject *object)
{
  VigMemoryTool *self = VIG_MEMORY_TOOL (object);

  g_object_unref (self->db);
  g_object_unref (self->redactor);
  g_object_unref (self->events);

  G_OBJECT_CLASS (vig_memory_tool_parent_class)->finalize (object);
}

static void
vig_memory_tool_class_init (VigMemoryToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_memory_tool_finalize;
}

static void
vig_memory_tool_init (VigMemoryTool *self)
{
}

VigTool *
vig_memory_tool_new (const VigAgentContext *context)
{
  VigMemoryTool *self = g_object_new (VIG_TYPE_MEMORY_TOOL, NULL);

  self->db = g_object_ref (context->db);
  self->redactor = g_object_ref (context->redactor);
  self->events = g_object_ref (context->events);

  return VIG_TOOL (self);
}
