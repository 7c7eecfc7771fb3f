/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-scope-keeper.h"

#include "vig-store-scope.h"

typedef struct
{
  JsonObject *subject;
  JsonObject *record;
} Merge;

static gpointer
merge (VigDbConnection *db, gpointer data, GError **error)
{
  Merge *self = data;

  return vig_store_scope_merge (db, self->subject, self->record, error);
}

gboolean
vig_scope_keep (const VigAgentContext *context, const VigUndoSubject *subject, JsonObject *record, GError **error)
{
  g_autoptr (JsonObject) whose = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s}",
                                                       "call_id", subject->call_id,
                                                       "run_id", subject->run_id,
                                                       "session_id", subject->session_id,
                                                       "operator_name", subject->operator_name,
                                                       "user_name", subject->user_name);
  Merge self = { whose, record };
  JsonObject *scan = vig_db_write (context->db, merge, &self, error);

  if (scan == NULL)
    return FALSE;

  vig_events_publish (context->events, "scope", "scope.changed",
                      vig_json_pack ("{s:s, s:I}", "scan_id", vig_json_get_string (scan, "id", ""), "n_changes", vig_json_get_int (scan, "n_changes", 0)));
  json_object_unref (scan);

  return TRUE;
}
