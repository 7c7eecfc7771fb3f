/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-checkpoint.h"

#include <string.h>

#include "vig-audit-tree.h"
#include "vig-audit.h"
#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-settings.h"

#define PURPOSE "audit"
#define ORIGIN_NAME "audit.origin"

/* Made once, so that the checkpoints of two installations are never taken for each other's. */
static char *
ensure_origin (VigDbConnection *db, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *origin = vig_store_value_dup (db, ORIGIN_NAME, &local_error);
  g_autofree char *id = NULL;

  if (origin != NULL)
    return g_steal_pointer (&origin);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  id = vig_id_new ();
  origin = g_strconcat ("vigilus/audit/", id, NULL);

  return vig_store_value_set (db, ORIGIN_NAME, origin, error) ? g_steal_pointer (&origin) : NULL;
}

static VigNoteKey *
make_key (VigDbConnection *db, VigVault *vault, GBytes **seed, GError **error)
{
  g_autofree char *origin = NULL;

  *seed = vig_vault_derive (vault, PURPOSE, VIG_NOTE_SEED, error);
  if (*seed == NULL)
    return NULL;
  origin = ensure_origin (db, error);

  return origin != NULL ? vig_note_key_new_from_seed (origin, g_bytes_get_data (*seed, NULL), error) : NULL;
}

JsonObject *
vig_audit_checkpoint_last (VigDbConnection *db, GError **error)
{
  return vig_store_row_one (vig_db_query (db, error, "SELECT size, at, key, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1", NULL), "itss", error);
}

/* What was signed under the old key needs the old key: the record names the new one. */
static gboolean
record_key (VigDbConnection *db, VigRedactor *redactor, const char *key, GError **error)
{
  g_autoptr (JsonObject) record = vig_json_pack_object ("{s:s, s:{s:s}}", "event", "audit.signed_by", "detail", "signer", key);

  return vig_audit_append (db, redactor, record, error);
}

static JsonObject *
sign_head (VigDbConnection *db, const VigNoteKey *key, GBytes *seed, const VigMerkle *tree, GError **error)
{
  VigCheckpoint checkpoint = { .size = tree->size };
  g_autofree char *name = vig_note_key_to_string (key);
  g_autofree char *note = NULL;
  gint64 now = vig_time_now ();
  g_autofree char *at = vig_time_to_iso (now);

  vig_merkle_root (tree, checkpoint.root);
  note = vig_checkpoint_sign (key, g_bytes_get_data (seed, NULL), &checkpoint, error);
  if (note == NULL || !vig_db_exec (db, error, "INSERT INTO audit_checkpoints (size, at, key, note) VALUES (?1, ?2, ?3, ?4)", "iiss",
                                    (gint64) tree->size, now, name, note))
    return NULL;

  return vig_json_pack_object ("{s:I, s:s, s:s, s:s, s:b}", "size", (gint64) tree->size, "at", at, "key", name, "note", note, "is_new", TRUE);
}

JsonObject *
vig_audit_checkpoint_make (VigDbConnection *db, VigVault *vault, VigRedactor *redactor, GError **error)
{
  g_autoptr (GBytes) seed = NULL;
  g_autoptr (VigNoteKey) key = make_key (db, vault, &seed, error);
  g_autofree char *name = key != NULL ? vig_note_key_to_string (key) : NULL;
  g_autoptr (JsonObject) last = NULL;
  GError *failure = NULL;
  VigMerkle tree;

  if (key == NULL)
    return NULL;

  last = vig_audit_checkpoint_last (db, &failure);
  if (failure == NULL && (last == NULL || !g_str_equal (vig_json_get_string (last, "key", ""), name)))
    record_key (db, redactor, name, &failure);
  if (failure == NULL)
    vig_audit_tree_grow (db, NULL, &failure);
  if (failure != NULL)
    {
      g_propagate_error (error, failure);
      return NULL;
    }
  if (!vig_audit_tree_read (db, &tree, error))
    return NULL;
  if (last != NULL && (guint64) vig_json_get_int (last, "size", 0) == tree.size)
    {
      json_object_set_boolean_member (last, "is_new", FALSE);
      return g_steal_pointer (&last);
    }

  return sign_head (db, key, seed, &tree, error);
}

gboolean
vig_audit_checkpoint_at (VigDbConnection *db, VigVault *vault, guint64 size, guint8 *root, GError **error)
{
  g_autoptr (GBytes) seed = NULL;
  g_autoptr (VigNoteKey) key = make_key (db, vault, &seed, error);
  g_autoptr (JsonObject) made = NULL;
  gint64 known;
  VigMerkle tree;

  if (key == NULL || !vig_audit_tree_read_at (db, size, &tree, error))
    return FALSE;
  vig_merkle_root (&tree, root);
  known = vig_store_row_count (vig_db_query (db, error, "SELECT count (*) FROM audit_checkpoints WHERE size = ?1", "i", (gint64) size), error);
  if (known != 0)
    return known > 0;
  made = sign_head (db, key, seed, &tree, error);

  return made != NULL;
}

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_clear_error (error);
  if (error != NULL)
    *error = g_error_new_valist (VIG_ERROR, VIG_ERROR_DENIED, format, arguments);
  va_end (arguments);

  return FALSE;
}

/* A head that only somebody with the database wrote has no signature of ours. */
static gboolean
check_heads (VigDbConnection *db, const VigNoteKey *key, guint64 after, GError **error)
{
  g_autoptr (JsonArray) heads = vig_store_row_all (vig_db_query (db, error, "SELECT size, note FROM audit_checkpoints WHERE size > ?1", "i", (gint64) after),
                                                   "is", error);

  for (guint i = 0; heads != NULL && i < json_array_get_length (heads); i++)
    {
      JsonObject *head = json_array_get_object_element (heads, i);
      gint64 size = vig_json_get_int (head, "size", 0);
      VigCheckpoint checkpoint;

      if (!vig_checkpoint_open (key, vig_json_get_string (head, "note", ""), &checkpoint, NULL) || (gint64) checkpoint.size != size)
        return refuse (error, "the head of the audit log at record %" G_GINT64_FORMAT " is not signed by this installation", size);
    }

  return heads != NULL;
}

gboolean
vig_audit_checkpoint_compare (VigDbConnection *db, VigVault *vault, const char *note, GError **error)
{
  g_autoptr (GBytes) seed = NULL;
  g_autoptr (VigNoteKey) key = make_key (db, vault, &seed, error);
  VigCheckpoint known;
  VigMerkle tree;
  guint8 root[VIG_MERKLE_HASH];

  if (key == NULL || !vig_audit_tree_read (db, &tree, error))
    return FALSE;
  if (!vig_checkpoint_read (note, vig_note_key_get_name (key), &known))
    return refuse (error, "what was signed last is of another log than this one");
  if (known.size > tree.size)
    return refuse (error, "the audit log has %" G_GUINT64_FORMAT " records, and %" G_GUINT64_FORMAT " were signed: its end is missing, or this is an older copy",
                   tree.size, known.size);
  if (!vig_audit_tree_root_at (db, known.size, root, error))
    return FALSE;
  if (memcmp (root, known.root, sizeof root) != 0)
    return refuse (error, "the first %" G_GUINT64_FORMAT " records of the audit log are not those that were signed", known.size);

  return check_heads (db, key, known.size, error);
}
