/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit.h"

#include "vig-audit-line.h"
#include "vig-audit-tree.h"
#include "vig-id.h"
#include "vig-store-row.h"

#define RECORD \
  "SELECT seq, id, at, event, user_name, operator_name, session_id, run_id, call_id, approval_id, tool, level, resource, arguments," \
  " decision, rule, reason, outcome, error, duration_us, detail FROM audit "
#define RECORD_TYPES "istssssssssssjsssssij"
#define SEQ_COLUMN 0

static const VigStoreField fields[] = {
  { "event", 's', FALSE, 1, 100 },
  { "user_name", 's', TRUE },
  { "operator_name", 's', TRUE },
  { "session_id", 's', TRUE },
  { "run_id", 's', TRUE },
  { "call_id", 's', TRUE },
  { "approval_id", 's', TRUE },
  { "tool", 's', TRUE },
  { "level", 's', TRUE },
  { "resource", 's', TRUE },
  { "arguments", 'o', TRUE },
  { "decision", 's', TRUE },
  { "rule", 's', TRUE },
  { "reason", 's', TRUE },
  { "outcome", 's', TRUE },
  { "error", 's', TRUE },
  { "duration_us", 'i', TRUE },
  { "detail", 'o', TRUE },
  { NULL },
};

static const VigStoreField filter_fields[] = {
  { "event", 's', TRUE, 0, 100 },
  { "user_name", 's', TRUE, 0, 200 },
  { "operator_name", 's', TRUE, 0, 200 },
  { "tool", 's', TRUE, 0, 100 },
  { "level", 's', TRUE, 0, 100 },
  { "outcome", 's', TRUE, 0, 100 },
  { "run_id", 's', TRUE, 0, 64 },
  { "session_id", 's', TRUE, 0, 64 },
  { "call_id", 's', TRUE, 0, 64 },
  { "from", 's', TRUE, 0, 64 },
  { "until", 's', TRUE, 0, 64 },
  { "text", 's', TRUE, 0, 500 },
  { NULL },
};

/* The numbered conditions of a filter: each only where it is asked for, so that the list finds its index. */
static const struct
{
  const char *member;
  const char *condition;
} conditions[] = {
  { "event", " AND event = ?1" },
  { "user_name", " AND user_name = ?2" },
  { "operator_name", " AND operator_name = ?3" },
  { "tool", " AND tool = ?4" },
  { "level", " AND level = ?5" },
  { "outcome", " AND outcome = ?6" },
  { "run_id", " AND run_id = ?7" },
  { "session_id", " AND session_id = ?8" },
  { "call_id", " AND call_id = ?9" },
  { "from", " AND at >= ?10" },
  { "until", " AND at < ?11" },
  { "text",
    " AND (event || ' ' || coalesce (user_name, '') || ' ' || coalesce (operator_name, '') || ' ' || coalesce (tool, '') || ' ' ||"
    " coalesce (resource, '') || ' ' || coalesce (arguments, '') || ' ' || coalesce (reason, '') || ' ' || coalesce (error, '') ||"
    " ' ' || coalesce (detail, '')) LIKE ?12 ESCAPE '\\'" },
};

static JsonObject *
redact (VigRedactor *redactor, JsonObject *record)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), record);
  g_autoptr (JsonNode) clean = vig_redactor_apply_json (redactor, node);

  return json_node_dup_object (clean);
}

static gboolean
insert (VigDbConnection *db, JsonObject *record, GError **error)
{
  g_autofree char *id = vig_id_new ();
  g_autofree char *duration = vig_store_dup_json (record, "duration_us");

  return vig_db_exec (db, error,
                      "INSERT INTO audit (id, at, event, user_name, operator_name, session_id, run_id, call_id, approval_id, tool, level,"
                      " resource, arguments, decision, rule, reason, outcome, error, duration_us, detail)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, CAST (?19 AS INTEGER), ?20)",
                      "sissssssssssosssssso", id, vig_time_now (),
                      vig_json_get_string (record, "event", NULL),
                      vig_json_get_string (record, "user_name", NULL),
                      vig_json_get_string (record, "operator_name", NULL),
                      vig_json_get_string (record, "session_id", NULL),
                      vig_json_get_string (record, "run_id", NULL),
                      vig_json_get_string (record, "call_id", NULL),
                      vig_json_get_string (record, "approval_id", NULL),
                      vig_json_get_string (record, "tool", NULL),
                      vig_json_get_string (record, "level", NULL),
                      vig_json_get_string (record, "resource", NULL),
                      vig_json_get_object (record, "arguments"),
                      vig_json_get_string (record, "decision", NULL),
                      vig_json_get_string (record, "rule", NULL),
                      vig_json_get_string (record, "reason", NULL),
                      vig_json_get_string (record, "outcome", NULL),
                      vig_json_get_string (record, "error", NULL),
                      duration,
                      vig_json_get_object (record, "detail"));
}

gboolean
vig_audit_append (VigDbConnection *db, VigRedactor *redactor, JsonObject *record, GError **error)
{
  g_autoptr (JsonObject) clean = NULL;

  g_return_val_if_fail (VIG_IS_REDACTOR (redactor), FALSE);

  if (!vig_store_check_fields ("an audit record", fields, record, error))
    {
      g_prefix_error (error, "failed to write the audit log: ");
      return FALSE;
    }

  clean = redact (redactor, record);
  if (insert (db, clean, error))
    {
      vig_db_before_commit (db, vig_audit_tree_grow);
      return TRUE;
    }

  g_prefix_error (error, "failed to write the audit log: ");

  return FALSE;
}

static char *
make_pattern (const char *text)
{
  g_autoptr (GString) pattern = g_string_new ("%");

  if (text == NULL)
    return NULL;

  for (; *text != '\0'; text++)
    {
      if (strchr ("%_\\", *text) != NULL)
        g_string_append_c (pattern, '\\');
      g_string_append_c (pattern, *text);
    }
  g_string_append_c (pattern, '%');

  return g_string_free (g_steal_pointer (&pattern), FALSE);
}

static char *
make_query (JsonObject *filter)
{
  GString *sql = g_string_new (RECORD "WHERE seq < ?13");

  for (guint i = 0; i < G_N_ELEMENTS (conditions); i++)
    if (vig_json_get_string (filter, conditions[i].member, NULL) != NULL)
      g_string_append (sql, conditions[i].condition);

  g_string_append (sql, " ORDER BY seq DESC LIMIT ?14");

  return g_string_free (sql, FALSE);
}

static VigDbRows *
query (VigDbConnection *db, JsonObject *filter, gint64 before, gint64 limit, GError **error)
{
  g_autofree char *sql = make_query (filter);
  g_autofree char *pattern = make_pattern (vig_json_get_string (filter, "text", NULL));
  gint64 from;
  gint64 until;

  if (!vig_store_get_time (filter, "from", &from, error) || !vig_store_get_time (filter, "until", &until, error))
    return NULL;

  return vig_db_query (db, error, sql, "sssssssssiisii",
                       vig_json_get_string (filter, "event", NULL),
                       vig_json_get_string (filter, "user_name", NULL),
                       vig_json_get_string (filter, "operator_name", NULL),
                       vig_json_get_string (filter, "tool", NULL),
                       vig_json_get_string (filter, "level", NULL),
                       vig_json_get_string (filter, "outcome", NULL),
                       vig_json_get_string (filter, "run_id", NULL),
                       vig_json_get_string (filter, "session_id", NULL),
                       vig_json_get_string (filter, "call_id", NULL),
                       from, until, pattern, before, limit);
}

JsonObject *
vig_audit_list (VigDbConnection *db, JsonObject *filter, const VigPage *page, GError **error)
{
  g_autoptr (JsonObject) none = json_object_new ();
  JsonObject *given = filter != NULL ? filter : none;
  gint64 before;

  if (!vig_store_check_fields ("the filter", filter_fields, given, error) ||
      !vig_store_cursor_before (page, "audit", &before, error))
    return NULL;

  return vig_store_page_collect (query (db, given, before, vig_store_page_limit (page) + 1, error),
                                 RECORD_TYPES, page, "audit", SEQ_COLUMN, error);
}
