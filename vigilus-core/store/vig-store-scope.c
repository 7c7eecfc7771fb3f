/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-scope-private.h"

#include "vig-id.h"

static const VigStoreField host_fields[] = {
  { "label", 's', TRUE, 1, 64 },
  { "notes", 's', FALSE, 0, 4000 },
  { NULL },
};

static const VigStoreField finding_fields[] = {
  { "state", 's', FALSE, 1, 0, "open|accepted" },
  { "note", 's', TRUE, 1, 1000 },
  { NULL },
};

JsonObject *
vig_store_scope_update_host (VigDbConnection *db, const char *id, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) host = NULL;

  if (!vig_store_check_fields ("a host", host_fields, changes, error))
    return NULL;

  host = vig_store_scope_get_host (db, id, error);
  if (host == NULL)
    return NULL;

  vig_store_merge (host, changes);
  if (!vig_db_exec (db, error, "UPDATE scope_hosts SET label = ?2, notes = ?3 WHERE id = ?1", "sss", id, vig_json_get_string (host, "label", NULL),
                    vig_json_get_string (host, "notes", "")))
    return NULL;

  return vig_store_scope_get_host (db, id, error);
}

gboolean
vig_store_scope_delete_host (VigDbConnection *db, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "DELETE FROM scope_hosts WHERE id = ?1", "s", id))
    return FALSE;

  return vig_db_get_changes (db) > 0 || vig_store_not_found ("host", id, error);
}

JsonObject *
vig_store_scope_link_server (VigDbConnection *db, const char *id, const char *server_id, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE scope_hosts SET server_id = ?2 WHERE id = ?1", "ss", id, server_id))
    return NULL;

  return vig_store_scope_get_host (db, id, error);
}

gboolean
vig_scope_count (VigDbConnection *db, const char *host_id, GError **error)
{
  return vig_db_exec (db, error,
                      "UPDATE scope_hosts SET n_open = (SELECT count(*) FROM scope_services s WHERE s.host_id = ?1 AND s.state <> 'gone'),"
                      " n_findings = (SELECT count(*) FROM scope_findings f WHERE f.host_id = ?1 AND f.state = 'open'),"
                      " severity = (SELECT coalesce(max(severity), 0) FROM scope_findings f WHERE f.host_id = ?1 AND f.state = 'open') WHERE id = ?1",
                      "s", host_id);
}

JsonObject *
vig_store_scope_decide_finding (VigDbConnection *db, const char *id, JsonObject *changes, const char *user_name, GError **error)
{
  g_autoptr (JsonObject) finding = NULL;

  if (!vig_store_check_fields ("a finding", finding_fields, changes, error))
    return NULL;

  finding = vig_store_scope_get_finding (db, id, error);
  if (finding == NULL)
    return NULL;
  if (g_str_equal (vig_json_get_string (finding, "state", ""), "resolved"))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this finding is resolved: the last scan did not see the service any more");
      return NULL;
    }

  vig_store_merge (finding, changes);
  if (!vig_db_exec (db, error, "UPDATE scope_findings SET state = ?2, note = ?3, decided_by = ?4 WHERE id = ?1", "ssss", id,
                    vig_json_get_string (finding, "state", "open"), vig_json_get_string (finding, "note", NULL), user_name)
      || !vig_scope_count (db, vig_json_get_string (finding, "host_id", ""), error))
    return NULL;

  return vig_store_scope_get_finding (db, id, error);
}
