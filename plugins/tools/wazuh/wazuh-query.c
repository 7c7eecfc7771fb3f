/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "wazuh-query.h"

#include "wazuh-indexer.h"

#include <string.h>

#define DEFAULT_LIMIT 25
#define MAX_TEXT      1500 /* characters of one text of an item */
#define VERSION_STATES 4008 /* from 4.8 on vulnerabilities are in the indexer */
#define VERSION_FIVE   5000 /* from 5.0 on file integrity is, too */

static const char *const alert_fields[] = { "id", "timestamp", "agent", "manager.name", "rule.id", "rule.level", "rule.description", "rule.groups", "rule.mitre",
                                            "decoder.name", "predecoder.hostname", "location", "full_log", "data", "syscheck", NULL };
static const char *const alert_sort[] = { "timestamp", "id", NULL };
static const char *const alert_texts[] = { "full_log", "rule.description", "agent.name", "location", NULL };
static const char *const vulnerability_fields[] = { "agent.id", "agent.name", "host.os.full", "package.name", "package.version", "package.type", "vulnerability.id",
                                                    "vulnerability.severity", "vulnerability.score.base", "vulnerability.detected_at",
                                                    "vulnerability.published_at", "vulnerability.description", "vulnerability.reference",
                                                    "vulnerability.scanner.condition", "vulnerability.under_evaluation", NULL };
static const char *const vulnerability_sort[] = { "vulnerability.detected_at", "vulnerability.id", "agent.id", "package.name", NULL };
static const char *const vulnerability_texts[] = { "vulnerability.description", "package.name", "vulnerability.id", NULL };
static const char *const file_fields[] = { "agent.id", "agent.name", "file", NULL };
static const char *const file_sort[] = { "file.mtime", "agent.id", "file.path", NULL };
static const char *const file_texts[] = { "file.path", NULL };

/* The filters of each source, beside those that all know. */
static const char *const common[] = { "what", "text", "limit", "after", NULL };
static const char *const agent_filters[] = { "agent", "group", "status", NULL };
static const char *const rule_filters[] = { "rule_id", "level_min", "group", NULL };
static const char *const event_filters[] = { "agent", "level_min", "rule_id", "group", "path", "since", "until", NULL };
static const char *const vulnerability_filters[] = { "agent", "severity", "cve", "package", "since", "until", NULL };
static const char *const asked_vulnerability_filters[] = { "agent", "severity", "cve", "package", NULL };
static const char *const file_filters[] = { "agent", "path", "since", "until", NULL };

static const char *
get (const WazuhQuery *query, const char *name)
{
  return vig_json_get_string (query->arguments, name, NULL);
}

/* A filter that would be passed over makes an answer look like what it is not. */
static gboolean
check_filters (const WazuhQuery *query, const char *source, const char *const *filters, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (query->arguments);
  g_autofree char *list = g_strjoinv (", ", (char **) filters);

  for (GList *l = names; l != NULL; l = l->next)
    if (!g_strv_contains (common, l->data) && !g_strv_contains (filters, l->data))
      {
        g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: this is no filter of \"%s\" (%s); these are: %s, text", (const char *) l->data, get (query, "what"),
                     source, list);
        return FALSE;
      }

  return TRUE;
}

static gint64
get_limit (const WazuhQuery *query)
{
  return vig_json_get_int (query->arguments, "limit", DEFAULT_LIMIT);
}

static gboolean
is_agent_id (const char *agent)
{
  return agent != NULL && *agent != '\0' && strspn (agent, "0123456789") == strlen (agent);
}

static void cut_texts (JsonNode *node);

static void
cut_member (JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
  cut_texts (node);
}

static void
cut_element (JsonArray *array, guint index, JsonNode *node, gpointer user_data)
{
  cut_texts (node);
}

/* One log line must not take the room of all others. */
static void
cut_texts (JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    json_object_foreach_member (json_node_get_object (node), cut_member, NULL);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    json_array_foreach_element (json_node_get_array (node), cut_element, NULL);
  else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    {
      const char *text = json_node_get_string (node);

      if (g_utf8_strlen (text, -1) > MAX_TEXT)
        {
          g_autofree char *start = g_utf8_substring (text, 0, MAX_TEXT);
          g_autofree char *cut = g_strconcat (start, " [cut]", NULL);

          json_node_set_string (node, cut);
        }
    }
}

/* As many as fit, at least one; *n of them. */
static JsonArray *
keep_what_fits (JsonArray *items, gsize limit, guint *n)
{
  JsonArray *kept = json_array_new ();
  gsize used = 0;

  for (*n = 0; *n < json_array_get_length (items); (*n)++)
    {
      JsonNode *node = json_array_get_element (items, *n);
      g_autofree char *text = NULL;

      cut_texts (node);
      text = vig_json_to_string (node);
      used += strlen (text) + 1;
      if (used > limit / 4 * 3 && *n > 0)
        break;
      json_array_add_element (kept, json_node_ref (node));
    }

  return kept;
}

static JsonNode *
tell_list (const WazuhQuery *query, WazuhList *list, gint64 offset)
{
  guint n = 0;
  JsonArray *kept = keep_what_fits (list->items, query->limit, &n);
  g_autofree char *next = offset + n < list->total && n > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, offset + n) : NULL;

  return vig_json_pack ("{s:s, s:s, s:A, s:I, s:s, s:s?}", "what", get (query, "what"), "from", "server API", "items", kept, "total", list->total, "next", next,
                        "warning", list->warning);
}

static JsonNode *
tell_hits (const WazuhQuery *query, WazuhHits *hits)
{
  guint n = 0;
  JsonArray *kept = keep_what_fits (hits->items, query->limit, &n);
  guint found = json_array_get_length (hits->items);
  gboolean has_more = n < found || found == get_limit (query);
  const char *next = has_more && n > 0 ? json_array_get_string_element (hits->cursors, n - 1) : NULL;

  return vig_json_pack ("{s:s, s:s, s:A, s:s, s:s, s:s?}", "what", get (query, "what"), "from", "indexer", "items", kept, "total", hits->total, "next",
                        next != NULL && *next != '\0' ? next : NULL, "warning", hits->warning);
}

/* FALSE: the cursor is no number. */
static gboolean
get_offset (const WazuhQuery *query, gint64 *offset, GError **error)
{
  const char *after = get (query, "after");

  *offset = 0;
  if (after == NULL || g_ascii_string_to_signed (after, 10, 0, G_MAXINT32, offset, NULL))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/after: this is no `next` of a page of the same question");

  return FALSE;
}

static GString *
begin_list (const WazuhQuery *query, gint64 offset)
{
  GString *parameters = g_string_new (NULL);
  g_autofree char *limit = g_strdup_printf ("%" G_GINT64_FORMAT, get_limit (query));
  g_autofree char *from = g_strdup_printf ("%" G_GINT64_FORMAT, offset);

  wazuh_query_add (parameters, "limit", limit);
  wazuh_query_add (parameters, "offset", from);
  wazuh_query_add (parameters, "search", get (query, "text"));

  return parameters;
}

/* Takes @parameters. */
static JsonNode *
ask_list (const WazuhQuery *query, const char *place, GString *parameters, gint64 offset, GError **error)
{
  g_autoptr (GString) owned = parameters;
  g_autofree char *path = g_strconcat (place, "?", parameters->str, NULL);
  g_autoptr (WazuhList) list = wazuh_api_get_list (query->api, &query->server, path, query->cancellable, error);

  return list != NULL ? tell_list (query, list, offset) : NULL;
}

static JsonNode *
ask_agents (const WazuhQuery *query, GError **error)
{
  const char *agent = get (query, "agent");
  GString *parameters;
  gint64 offset;

  if (!check_filters (query, "server API", agent_filters, error))
    return NULL;
  if (!get_offset (query, &offset, error))
    return NULL;

  parameters = begin_list (query, offset);
  wazuh_query_add (parameters, "select", "id,name,ip,status,version,os.name,os.version,os.platform,group,lastKeepAlive,manager,node_name");
  wazuh_query_add (parameters, "sort", "+id");
  wazuh_query_add (parameters, "status", get (query, "status"));
  wazuh_query_add (parameters, "group", get (query, "group"));
  wazuh_query_add (parameters, is_agent_id (agent) ? "agents_list" : "name", agent);

  return ask_list (query, "/agents", parameters, offset, error);
}

static JsonNode *
ask_rules (const WazuhQuery *query, GError **error)
{
  gint64 level = vig_json_get_int (query->arguments, "level_min", -1);
  g_autofree char *range = level >= 0 ? g_strdup_printf ("%" G_GINT64_FORMAT "-16", level) : NULL;
  GString *parameters;
  gint64 offset;

  if (!check_filters (query, "server API", rule_filters, error))
    return NULL;
  if (!get_offset (query, &offset, error))
    return NULL;

  parameters = begin_list (query, offset);
  wazuh_query_add (parameters, "rule_ids", get (query, "rule_id"));
  wazuh_query_add (parameters, "level", range);
  wazuh_query_add (parameters, "group", get (query, "group"));

  return ask_list (query, "/rules", parameters, offset, error);
}

/* The server API wants numbers. NULL: there is no such agent. */
static char *
dup_agent_id (const WazuhQuery *query, GError **error)
{
  const char *agent = get (query, "agent");
  g_autoptr (GString) path = g_string_new (NULL);
  g_autofree char *whole = NULL;
  g_autoptr (WazuhList) list = NULL;

  if (is_agent_id (agent))
    return g_strdup (agent);

  wazuh_query_add (path, "name", agent);
  wazuh_query_add (path, "select", "id,name");
  whole = g_strconcat ("/agents?", path->str, NULL);
  list = wazuh_api_get_list (query->api, &query->server, whole, query->cancellable, error);
  if (list == NULL)
    return NULL;
  if (json_array_get_length (list->items) > 0)
    return g_strdup (vig_json_get_string (json_array_get_object_element (list->items, 0), "id", ""));

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "Wazuh has no agent \"%s\": ask for agents to see their names", agent);

  return NULL;
}

static JsonNode *
ask_agent_list (const WazuhQuery *query, const char *noun, GString *parameters, gint64 offset, GError **error)
{
  g_autofree char *id = dup_agent_id (query, error);
  g_autofree char *place = id != NULL ? g_strdup_printf ("/%s/%s", noun, id) : NULL;

  if (place != NULL)
    return ask_list (query, place, parameters, offset, error);
  g_string_free (parameters, TRUE);

  return NULL;
}

static JsonNode *
search (const WazuhQuery *query, const WazuhSearch *search, GError **error)
{
  g_autoptr (WazuhHits) hits = wazuh_indexer_search (&query->indexer, search, query->cancellable, error);

  return hits != NULL ? tell_hits (query, hits) : NULL;
}

static void
filter_agent (const WazuhQuery *query, JsonArray *filters)
{
  const char *agent = get (query, "agent");

  wazuh_filter_term (filters, is_agent_id (agent) ? "agent.id" : "agent.name", agent);
}

static JsonNode *
search_events (const WazuhQuery *query, const char *index, const char *missing, GError **error)
{
  g_autoptr (JsonArray) filters = json_array_new ();
  WazuhSearch events = { index, missing, alert_fields, alert_sort, filters, get (query, "after"), get_limit (query) };

  if (!check_filters (query, "indexer", event_filters, error))
    return NULL;
  if (!wazuh_filter_time (filters, "timestamp", get (query, "since"), get (query, "until"), error))
    return NULL;

  filter_agent (query, filters);
  if (json_object_has_member (query->arguments, "level_min"))
    wazuh_filter_at_least (filters, "rule.level", vig_json_get_int (query->arguments, "level_min", 0));
  wazuh_filter_term (filters, "rule.id", get (query, "rule_id"));
  wazuh_filter_term (filters, "rule.groups", get (query, "group"));
  wazuh_filter_term (filters, "syscheck.path", get (query, "path"));
  wazuh_filter_text (filters, alert_texts, get (query, "text"));

  return search (query, &events, error);
}

static JsonNode *
search_vulnerabilities (const WazuhQuery *query, GError **error)
{
  g_autoptr (JsonArray) filters = json_array_new ();
  WazuhSearch states = { "wazuh-states-vulnerabilities-*", "this Wazuh keeps no vulnerabilities in its indexer (there are from version 4.8 on, where "
                         "vulnerability detection is on)",
                         vulnerability_fields, vulnerability_sort, filters, get (query, "after"), get_limit (query) };

  if (!check_filters (query, "indexer", vulnerability_filters, error))
    return NULL;
  if (!wazuh_filter_time (filters, "vulnerability.detected_at", get (query, "since"), get (query, "until"), error))
    return NULL;

  filter_agent (query, filters);
  wazuh_filter_term (filters, "vulnerability.severity", get (query, "severity"));
  wazuh_filter_term (filters, "vulnerability.id", get (query, "cve"));
  wazuh_filter_term (filters, "package.name", get (query, "package"));
  wazuh_filter_text (filters, vulnerability_texts, get (query, "text"));

  return search (query, &states, error);
}

/* Before 4.8 the server API had them, agent by agent. */
static JsonNode *
ask_vulnerabilities (const WazuhQuery *query, GError **error)
{
  GString *parameters;
  gint64 offset;

  if (!check_filters (query, "server API, before version 4.8", asked_vulnerability_filters, error))
    return NULL;
  if (get (query, "agent") == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/agent: this version of Wazuh tells vulnerabilities of one agent at a time: name it");
      return NULL;
    }
  if (!get_offset (query, &offset, error))
    return NULL;

  parameters = begin_list (query, offset);
  wazuh_query_add (parameters, "severity", get (query, "severity"));
  wazuh_query_add (parameters, "cve", get (query, "cve"));
  wazuh_query_add (parameters, "name", get (query, "package"));

  return ask_agent_list (query, "vulnerability", parameters, offset, error);
}

static JsonNode *
find_vulnerabilities (const WazuhQuery *query, GError **error)
{
  int version;

  if (query->indexer.url != NULL)
    return search_vulnerabilities (query, error);

  version = wazuh_api_get_version (query->api, &query->server, query->cancellable, error);
  if (version < 0)
    return NULL;
  if (version < VERSION_STATES)
    return ask_vulnerabilities (query, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "from version 4.8 on Wazuh keeps vulnerabilities in its indexer: enter its URL, user and password under "
                       WAZUH_PLACE_NAME);

  return NULL;
}

static JsonNode *
search_files (const WazuhQuery *query, GError **error)
{
  g_autoptr (JsonArray) filters = json_array_new ();
  WazuhSearch files = { "wazuh-states-fim-files-*", "this Wazuh keeps no file integrity in its indexer: name an agent, and the server API is asked",
                        file_fields, file_sort, filters, get (query, "after"), get_limit (query) };

  if (!check_filters (query, "indexer", file_filters, error))
    return NULL;
  if (!wazuh_filter_time (filters, "file.mtime", get (query, "since"), get (query, "until"), error))
    return NULL;

  filter_agent (query, filters);
  wazuh_filter_term (filters, "file.path", get (query, "path"));
  wazuh_filter_text (filters, file_texts, get (query, "text"));

  return search (query, &files, error);
}

/* Adds "date>…" or "date<…" to @q, which know whole seconds alone, and not the bound itself. FALSE: it is no time. */
static gboolean
add_date (const WazuhQuery *query, const char *name, char operator, int seconds, GString *q, GError **error)
{
  const char *text = get (query, name);
  g_autoptr (GDateTime) bound = text != NULL ? wazuh_read_time (name, text, error) : NULL;
  g_autoptr (GDateTime) time = bound != NULL ? g_date_time_add_seconds (bound, seconds) : NULL;
  g_autofree char *written = time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : NULL;

  if (written != NULL)
    g_string_append_printf (q, "%sdate%c%s", q->len > 0 ? ";" : "", operator, written);

  return text == NULL || bound != NULL;
}

static JsonNode *
ask_files (const WazuhQuery *query, GError **error)
{
  g_autoptr (GString) dates = g_string_new (NULL);
  GString *parameters;
  gint64 offset;

  if (!check_filters (query, "server API", file_filters, error))
    return NULL;
  if (!add_date (query, "since", '>', -1, dates, error) || !add_date (query, "until", '<', 1, dates, error))
    return NULL;
  if (!get_offset (query, &offset, error))
    return NULL;

  parameters = begin_list (query, offset);
  wazuh_query_add (parameters, "file", get (query, "path"));
  wazuh_query_add (parameters, "q", dates->len > 0 ? dates->str : NULL);
  wazuh_query_add (parameters, "sort", "-date");

  return ask_agent_list (query, "syscheck", parameters, offset, error);
}

/* Of one agent the server API knows most, up to version 4; of all, and later, the indexer does. */
static JsonNode *
find_files (const WazuhQuery *query, GError **error)
{
  int version;

  if (get (query, "agent") == NULL || query->server.url == NULL)
    return search_files (query, error);

  version = wazuh_api_get_version (query->api, &query->server, query->cancellable, error);
  if (version < 0)
    return NULL;

  return version < VERSION_FIVE ? ask_files (query, error) : search_files (query, error);
}

JsonNode *
wazuh_query_run (const WazuhQuery *query, GError **error)
{
  const char *what = get (query, "what");

  if (g_str_equal (what, "alerts"))
    return search_events (query, "wazuh-alerts-*", "Wazuh's indexer has no alerts index (wazuh-alerts-*): is this the right indexer?", error);
  if (g_str_equal (what, "logs"))
    return search_events (query, "wazuh-archives-*", "Wazuh keeps no logs (wazuh-archives-*): they are off unless logall_json and Filebeat's archives are turned on; "
                          "alerts are there all the same", error);
  if (g_str_equal (what, "vulnerabilities"))
    return find_vulnerabilities (query, error);
  if (g_str_equal (what, "file_integrity"))
    return find_files (query, error);
  if (g_str_equal (what, "rules"))
    return ask_rules (query, error);

  return ask_agents (query, error);
}
