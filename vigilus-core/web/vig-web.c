/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-web.h"

#include "vig-operation.h"

#include <string.h>

JsonNode *
vig_node_take_object (JsonObject *object)
{
  JsonNode *node;

  if (object == NULL)
    return NULL;

  node = json_node_alloc ();
  json_node_init (node, JSON_NODE_OBJECT);
  json_node_take_object (node, object);

  return node;
}

static void
add_routes (GHashTable *table, const VigRoute *routes)
{
  for (const VigRoute *route = routes; route->operation != NULL; route++)
    g_hash_table_insert (table, (gpointer) route->operation, (gpointer) route);
}

GHashTable *
vig_web_collect_routes (void)
{
  GHashTable *table = g_hash_table_new (g_str_hash, g_str_equal);

  add_routes (table, VIG_ROUTES_APPROVALS);
  add_routes (table, VIG_ROUTES_ATTACHMENTS);
  add_routes (table, VIG_ROUTES_AUDIT);
  add_routes (table, VIG_ROUTES_BRANCHES);
  add_routes (table, VIG_ROUTES_CHANGES);
  add_routes (table, VIG_ROUTES_CHAT);
  add_routes (table, VIG_ROUTES_DELEGATION);
  add_routes (table, VIG_ROUTES_OPERATOR_FILES);
  add_routes (table, VIG_ROUTES_ORCHESTRATOR);
  add_routes (table, VIG_ROUTES_COMMANDS);
  add_routes (table, VIG_ROUTES_CREDENTIALS);
  add_routes (table, VIG_ROUTES_HTTP_TOOLS);
  add_routes (table, VIG_ROUTES_EXPORT);
  add_routes (table, VIG_ROUTES_INVITATIONS);
  add_routes (table, VIG_ROUTES_MEMORIES);
  add_routes (table, VIG_ROUTES_OPERATORS);
  add_routes (table, VIG_ROUTES_PANIC);
  add_routes (table, VIG_ROUTES_PEOPLE);
  add_routes (table, VIG_ROUTES_PLUGINS);
  add_routes (table, VIG_ROUTES_POLICY);
  add_routes (table, VIG_ROUTES_PROOF);
  add_routes (table, VIG_ROUTES_PROVIDERS);
  add_routes (table, VIG_ROUTES_RUNS);
  add_routes (table, VIG_ROUTES_SEARCH);
  add_routes (table, VIG_ROUTES_SCOPE);
  add_routes (table, VIG_ROUTES_SCOPE_IMPORT);
  add_routes (table, VIG_ROUTES_SECOND_FACTORS);
  add_routes (table, VIG_ROUTES_IMPORT);
  add_routes (table, VIG_ROUTES_SERVERS);
  add_routes (table, VIG_ROUTES_SETTINGS);
  add_routes (table, VIG_ROUTES_SETUP);
  add_routes (table, VIG_ROUTES_SYSTEM);
  add_routes (table, VIG_ROUTES_TOOLS);
  add_routes (table, VIG_ROUTES_USAGE);
  add_routes (table, VIG_ROUTES_TOOL_SETTINGS);
  add_routes (table, VIG_ROUTES_USERS);

  return table;
}

gboolean
vig_web_audit (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *detail, GError **error)
{
  const VigCaller *caller = vig_request_get_caller (request);
  g_autoptr (JsonObject) own = detail != NULL ? detail : json_object_new ();
  g_autoptr (JsonObject) record = NULL;

  json_object_set_string_member (own, "address", vig_request_get_peer (request)->address);
  record = vig_json_pack_object ("{s:s,s:s,s:J}", "event", event, "user_name", caller != NULL ? caller->user_name : NULL, "detail", own);

  return vig_audit_append (db, vig_request_get_web (request)->context.agent->redactor, record, error);
}

typedef struct
{
  VigEvents *events;
  char      *topic;
  char      *event;
  JsonNode  *data;
} Publication;

static void
publish (gpointer user_data)
{
  Publication *publication = user_data;

  vig_events_publish (publication->events, publication->topic, publication->event, json_node_ref (publication->data));
}

static void
free_publication (gpointer data)
{
  Publication *publication = data;

  g_object_unref (publication->events);
  g_free (publication->topic);
  g_free (publication->event);
  json_node_unref (publication->data);
  g_free (publication);
}

void
vig_web_publish (VigDbConnection *db, VigRequest *request, const char *topic, const char *event, JsonNode *data)
{
  Publication *publication = g_new0 (Publication, 1);

  publication->events = g_object_ref (vig_request_get_web (request)->context.agent->events);
  publication->topic = g_strdup (topic);
  publication->event = g_strdup (event);
  publication->data = data;
  vig_db_after_commit (db, publish, publication, free_publication);
}

typedef struct
{
  VigRequest      *request;
  VigStoreHandler  handler;
  char            *key;     /* in the cache, or NULL */
  guint            commits; /* before the handler runs */
} StoreJob;

/* On the store's thread, where the text is made too: the main loop only passes it on. No bytes: no body. */
static gpointer
run_handler (VigDbConnection *db, gpointer data, GError **error)
{
  StoreJob *job = data;
  GError *failure = NULL;
  g_autoptr (JsonNode) node = job->handler (db, job->request, &failure);
  char *text;

  if (failure != NULL)
    {
      g_propagate_error (error, failure);
      return NULL;
    }

  text = node != NULL ? vig_json_to_string (node) : NULL;

  return g_bytes_new_take (text, text != NULL ? strlen (text) : 0);
}

static void
handler_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  StoreJob *job = user_data;
  g_autoptr (VigRequest) request = g_steal_pointer (&job->request);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) answer = vig_db_finish (VIG_DB (source), result, &error);

  if (answer == NULL)
    vig_request_fail (request, error);
  else if (g_bytes_get_size (answer) == 0)
    vig_request_respond (request, NULL);
  else
    vig_request_respond_json (request, answer);
  if (answer != NULL && job->key != NULL)
    vig_answer_cache_store (vig_request_get_web (request)->answers, job->key, job->commits, answer);
  g_free (job->key);
  g_free (job);
}

static StoreJob *
new_job (VigRequest *request, VigStoreHandler handler)
{
  StoreJob *job = g_new0 (StoreJob, 1);

  job->request = vig_request_ref (request);
  job->handler = handler;

  return job;
}

void
vig_web_run_read (VigRequest *request, VigStoreHandler handler)
{
  StoreJob *job = new_job (request, handler);

  vig_db_read_async (vig_request_get_web (request)->context.agent->db, run_handler, job, NULL, (GDestroyNotify) g_bytes_unref, NULL, handler_done, job);
}

void
vig_web_run_cached (VigRequest *request, VigStoreHandler handler)
{
  VigWeb *web = vig_request_get_web (request);
  GUri *uri = soup_server_message_get_uri (vig_request_get_message (request));
  g_autofree char *key = g_strconcat (vig_request_get_caller (request)->user_id, " ", g_uri_get_path (uri), "?", g_uri_get_query (uri), NULL);
  GBytes *known = vig_answer_cache_find (web->answers, key);
  StoreJob *job;

  if (known != NULL)
    {
      vig_request_respond_json (request, known);
      return;
    }

  job = new_job (request, handler);
  job->key = g_steal_pointer (&key);
  job->commits = vig_db_count_commits (web->context.agent->db);
  vig_db_read_async (web->context.agent->db, run_handler, job, NULL, (GDestroyNotify) g_bytes_unref, NULL, handler_done, job);
}

void
vig_web_run_write (VigRequest *request, VigStoreHandler handler)
{
  StoreJob *job = new_job (request, handler);

  vig_db_write_async (vig_request_get_web (request)->context.agent->db, run_handler, job, NULL, (GDestroyNotify) g_bytes_unref, NULL, handler_done, job);
}
