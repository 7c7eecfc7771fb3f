/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-attachments.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define ATTACHMENT "SELECT id, name, media_type, size, created_at, sha256, session_id FROM attachments "
#define ATTACHMENT_TYPES "sssitss"

JsonObject *
vig_store_attachments_add (VigDbConnection *db, const char *user_id, JsonObject *attachment, GError **error)
{
  g_autofree char *id = vig_id_new ();
  gint64 unsent;

  unsent = vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM attachments WHERE user_id = ?1 AND session_id IS NULL", "s", user_id), error);
  if (unsent < 0)
    return NULL;
  if (unsent >= VIG_ATTACHMENTS_UNSENT)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "%d attachments wait to be sent, which is the limit: send or remove some", VIG_ATTACHMENTS_UNSENT);
      return NULL;
    }

  if (!vig_db_exec (db, error, "INSERT INTO attachments (id, user_id, name, media_type, size, sha256, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    "ssssisi", id, user_id, vig_json_get_string (attachment, "name", ""), vig_json_get_string (attachment, "media_type", ""),
                    vig_json_get_int (attachment, "size", 0), vig_json_get_string (attachment, "sha256", ""), vig_time_now ()))
    return NULL;

  return vig_store_attachments_get (db, user_id, id, error);
}

JsonObject *
vig_store_attachments_get (VigDbConnection *db, const char *user_id, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, ATTACHMENT "WHERE user_id = ?1 AND id = ?2", "ss", user_id, id), ATTACHMENT_TYPES, "attachment",
                                 id, error);
}

gboolean
vig_store_attachments_delete (VigDbConnection *db, const char *user_id, const char *id, GError **error)
{
  g_autoptr (JsonObject) attachment = vig_store_attachments_get (db, user_id, id, error);

  if (attachment == NULL)
    return FALSE;
  if (vig_json_get_string (attachment, "session_id", NULL) != NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this attachment was sent: it goes with its conversation");
      return FALSE;
    }

  return vig_db_exec (db, error, "DELETE FROM attachments WHERE id = ?1", "s", id);
}

static JsonObject *
send_one (VigDbConnection *db, const char *user_id, const char *session_id, const char *id, GError **error)
{
  g_autoptr (JsonObject) attachment = vig_store_attachments_get (db, user_id, id, error);
  const char *where = attachment != NULL ? vig_json_get_string (attachment, "session_id", NULL) : NULL;

  if (attachment == NULL)
    return NULL;
  if (where != NULL && !g_str_equal (where, session_id))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the attachment %s was sent in another conversation: upload it again", id);
      return NULL;
    }
  if (!vig_db_exec (db, error, "UPDATE attachments SET session_id = ?2 WHERE id = ?1", "ss", id, session_id))
    return NULL;

  return vig_json_pack_object ("{s:s, s:s, s:s, s:I}", "id", id, "name", vig_json_get_string (attachment, "name", ""),
                               "media_type", vig_json_get_string (attachment, "media_type", ""), "size", vig_json_get_int (attachment, "size", 0));
}

JsonArray *
vig_store_attachments_send (VigDbConnection *db, const char *user_id, const char *session_id, JsonArray *ids, GError **error)
{
  g_autoptr (JsonArray) sent = json_array_new ();

  for (guint i = 0; i < json_array_get_length (ids); i++)
    {
      JsonObject *one = send_one (db, user_id, session_id, json_array_get_string_element (ids, i), error);

      if (one == NULL)
        return NULL;
      json_array_add_object_element (sent, one);
    }

  return g_steal_pointer (&sent);
}

gboolean
vig_store_attachments_expire (VigDbConnection *db, gint64 before, GError **error)
{
  return vig_db_exec (db, error, "DELETE FROM attachments WHERE session_id IS NULL AND created_at < ?1", "i", before);
}

gboolean
vig_store_attachments_uses (VigDbConnection *db, const char *sha256, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM attachments WHERE sha256 = ?1", "s", sha256), error) != 0;
}
