/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-memories.h"
#include "vig-web.h"

static const char *
get_user (VigRequest *request)
{
  return vig_request_get_caller (request)->user_id;
}

static JsonNode *
list_memories (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  JsonObject *parameters = vig_request_get_parameters (request);

  return vig_node_take_object (vig_store_memories_list (db, get_user (request), vig_json_get_string (parameters, "status", NULL),
                                                        vig_json_get_string (parameters, "scope", NULL),
                                                        vig_json_get_string (parameters, "operator_id", NULL), &page, error));
}

static JsonNode *
get_memory (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_memories_get (db, get_user (request), vig_request_get_id (request), error));
}

/* One's own anybody keeps; what every conversation is told is an administrator's, like the Operators' prompts. */
static gboolean
may_keep (VigRequest *request, JsonObject *memory, const char *scope, GError **error)
{
  const char *role = vig_request_get_caller (request)->role;

  if (g_strcmp0 (role, "owner") == 0 || g_strcmp0 (role, "administrator") == 0)
    return TRUE;
  if (g_str_equal (scope, "person") && (memory == NULL || g_str_equal (vig_json_get_string (memory, "scope", ""), "person")))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, "only an administrator changes what is told to Operators for others; your own memories have the "
                       "scope \"person\"");

  return FALSE;
}

/* The log is everybody's to read; what a person keeps for themselves is not. */
static gboolean
record (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *memory, GError **error)
{
  JsonObject *detail = vig_json_pack_object ("{s:s, s:s, s:s, s:s}", "id", vig_json_get_string (memory, "id", ""),
                                             "scope", vig_json_get_string (memory, "scope", ""), "status", vig_json_get_string (memory, "status", ""),
                                             "source_name", vig_json_get_string (memory, "source_name", ""));

  if (!g_str_equal (vig_json_get_string (memory, "scope", ""), "person"))
    json_object_set_string_member (detail, "text", vig_json_get_string (memory, "text", ""));
  if (!vig_web_audit (db, request, event, detail, error))
    return FALSE;

  vig_web_publish (db, request, "memories", event, vig_json_pack ("{s:s, s:s}", "id", vig_json_get_string (memory, "id", ""),
                                                                  "status", vig_json_get_string (memory, "status", "")));

  return TRUE;
}

static JsonObject *
copy_body (VigRequest *request)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), vig_request_get_body (request));
  g_autofree char *text = vig_json_to_string (node);

  return vig_json_parse_object (text, -1, 0, NULL);
}

static JsonNode *
create_memory (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) values = copy_body (request);
  g_autoptr (JsonObject) memory = NULL;

  if (!may_keep (request, NULL, vig_json_get_string (values, "scope", ""), error))
    return NULL;

  json_object_set_string_member (values, "user_id", get_user (request));
  json_object_set_string_member (values, "source_name", vig_request_get_caller (request)->user_name);
  memory = vig_store_memories_create (db, values, error);
  if (memory == NULL || !record (db, request, "memory.created", memory, error))
    return NULL;

  return vig_node_take_object (g_steal_pointer (&memory));
}

/* @changes is what the body says, and more that is not the caller's to say. */
static JsonNode *
change (VigDbConnection *db, VigRequest *request, JsonObject *changes, const char *event, GError **error)
{
  g_autoptr (JsonObject) memory = vig_store_memories_get (db, get_user (request), vig_request_get_id (request), error);
  g_autoptr (JsonObject) changed = NULL;
  const char *scope;

  if (memory == NULL)
    return NULL;
  if (g_str_equal (event, "memory.decided") && !g_str_equal (vig_json_get_string (memory, "status", ""), "proposed"))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this memory is decided: it is %s", vig_json_get_string (memory, "status", ""));
      return NULL;
    }

  scope = vig_json_get_string (changes, "scope", vig_json_get_string (memory, "scope", ""));
  if (!may_keep (request, memory, scope, error))
    return NULL;
  if (g_str_equal (scope, "person") && vig_json_get_string (memory, "user_id", NULL) == NULL)
    json_object_set_string_member (changes, "user_id", get_user (request));
  changed = vig_store_memories_update (db, vig_request_get_id (request), changes, error);
  if (changed == NULL || !record (db, request, event, changed, error))
    return NULL;

  return vig_node_take_object (g_steal_pointer (&changed));
}

static JsonNode *
update_memory (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) changes = copy_body (request);

  return change (db, request, changes, "memory.updated", error);
}

static JsonNode *
decide_memory (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) changes = copy_body (request);
  const char *decision = vig_json_get_string (changes, "decision", "");

  json_object_set_string_member (changes, "status", g_str_equal (decision, "accept") ? "accepted" : "rejected");
  json_object_set_string_member (changes, "decided_by", vig_request_get_caller (request)->user_name);
  json_object_remove_member (changes, "decision");

  return change (db, request, changes, "memory.decided", error);
}

static JsonNode *
delete_memory (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) memory = vig_store_memories_get (db, get_user (request), vig_request_get_id (request), error);

  if (memory != NULL && may_keep (request, memory, vig_json_get_string (memory, "scope", ""), error)
      && vig_store_memories_delete (db, vig_request_get_id (request), error))
    record (db, request, "memory.deleted", memory, error);

  return NULL;
}

const VigRoute VIG_ROUTES_MEMORIES[] = {
  { "listMemories", .read = list_memories },
  { "createMemory", .write = create_memory },
  { "getMemory", .read = get_memory },
  { "updateMemory", .write = update_memory },
  { "decideMemory", .write = decide_memory },
  { "deleteMemory", .write = delete_memory },
  { NULL },
};
