/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-undo-private.h"

#include <vigilus/vig-beneath.h>

#include "vig-audit.h"
#include "vig-store-changes.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* One undo on its way: looks at all files first, so that nothing is touched where anything stands in the way. */
typedef struct
{
  VigUndo         *undo;
  VigServerAccess *access;    /* or NULL */
  JsonObject      *change;
  JsonArray       *files;
  const char      *user_name;
  const char      *address;
  gboolean         override;
  char            *undone_as; /* the change that keeps what this one replaces */
} Back;

static gpointer
read_change (VigDbConnection *db, gpointer id, GError **error)
{
  return vig_store_changes_get (db, id, error);
}

static gboolean
check_state (JsonObject *change, GError **error)
{
  const char *state = vig_json_get_string (change, "state", "");

  if (g_str_equal (state, "kept"))
    return TRUE;
  if (g_str_equal (state, "undone"))
    g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this change is undone already, by %s", vig_json_get_string (change, "undone_by", "somebody"));
  else
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "what was there before this change is not kept any more: it was over the limits for undo");

  return FALSE;
}

/* The path was without links when it was noted; a link in it now leads elsewhere, and is not followed. */
static int
open_parent (const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  int root = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int fd = vig_beneath_open (root, parent[1] != '\0' ? parent + 1 : ".", O_RDONLY | O_DIRECTORY, 0, FALSE);
  int code = errno;

  g_close (root, NULL);
  if (fd < 0)
    g_set_error (error, VIG_ERROR, code == ENOENT ? VIG_ERROR_NOT_FOUND : VIG_ERROR_DENIED,
                 code == ELOOP ? "a link was put in place of a folder of %s: it is not followed" : "the folder of %s can't be opened any more", path);

  return fd;
}

static JsonObject *
get_file (Back *self, guint i)
{
  return json_array_get_object_element (self->files, json_array_get_length (self->files) - 1 - i);
}

static gboolean
look (Back *self, JsonObject *file, VigFileState *now, int *directory, GError **error)
{
  const char *path = vig_json_get_string (file, "path", "");
  g_autofree char *name = g_path_get_basename (path);

  *directory = open_parent (path, error);
  if (*directory < 0)
    return FALSE;
  if (vig_file_state_read (now, *directory, name, NULL, 0, error))
    return TRUE;
  g_close (*directory, NULL);
  *directory = -1;

  return FALSE;
}

static gboolean
is_on_server (JsonObject *file)
{
  return vig_json_get_string (file, "server_id", NULL) != NULL;
}

/* Whether it is what the change left, or what was there before. */
static gboolean
find_known (Back *self, JsonObject *file, gboolean *is_known, GError **error)
{
  g_auto (VigFileState) now = { 0 };
  g_auto (VigFileState) before = { 0 };
  int directory;

  if (is_on_server (file))
    {
      g_auto (VigUndoServerFile) there = { 0 };

      if (!vig_undo_server_file_open (&there, self->undo, self->access, file, error))
        return FALSE;
      *is_known = vig_undo_server_file_is_after (&there, file) || vig_undo_server_file_is_before (&there, file);
      return TRUE;
    }

  if (!look (self, file, &now, &directory, error))
    return FALSE;
  g_close (directory, NULL);

  vig_file_state_from_row (&before, file);
  *is_known = vig_file_state_is_after (&now, file) || vig_file_state_equal (&now, &before);

  return TRUE;
}

/* "nas:/etc/motd" where it is on a server. */
static char *
dup_name (JsonObject *file)
{
  const char *server = vig_json_get_string (file, "server_name", NULL);

  return g_strconcat (server != NULL ? server : "", server != NULL ? ":" : "", vig_json_get_string (file, "path", ""), NULL);
}

/* Adds the path to @changed where it is neither what the change left nor what was there before. */
static gboolean
check_file (Back *self, JsonObject *file, GString *changed, GError **error)
{
  const char *sha256 = vig_json_get_string (file, "before_sha256", NULL);
  g_autofree char *name = dup_name (file);
  gboolean is_known;

  if (!find_known (self, file, &is_known, error))
    return FALSE;
  if (!is_known)
    g_string_append_printf (changed, "%s%s", changed->len > 0 ? ", " : "", name);
  if (sha256 == NULL || vig_content_has (self->undo->content, sha256))
    return TRUE;
  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "what %s held before is missing in the data directory", name);

  return FALSE;
}

static gboolean
check_all (Back *self, GError **error)
{
  g_autoptr (GString) changed = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (self->files); i++)
    if (!check_file (self, get_file (self, i), changed, error))
      return FALSE;
  if (changed->len == 0 || self->override)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "changed since by somebody else: %s; undoing it replaces that, too", changed->str);

  return FALSE;
}

static gboolean
put_back_there (Back *self, const VigUndoSubject *subject, JsonObject *file, GError **error)
{
  g_auto (VigUndoServerFile) there = { 0 };

  return vig_undo_server_file_open (&there, self->undo, self->access, file, error) &&
         (vig_undo_server_file_is_before (&there, file) || vig_undo_server_file_put_back (&there, subject, file, &self->undone_as, error));
}

static gboolean
put_back_file (Back *self, JsonObject *file, GError **error)
{
  const VigUndoSubject subject = { NULL, vig_json_get_string (self->change, "id", NULL), vig_json_get_string (self->change, "run_id", NULL),
                                   vig_json_get_string (self->change, "session_id", NULL), vig_json_get_string (self->change, "operator_name", NULL),
                                   self->user_name, vig_json_get_string (self->change, "tool", NULL) };
  const char *path = vig_json_get_string (file, "path", "");
  g_autofree char *name = g_path_get_basename (path);
  g_auto (VigFileState) now = { 0 };
  g_auto (VigFileState) before = { 0 };
  gboolean done;
  int directory;

  if (is_on_server (file))
    return put_back_there (self, &subject, file, error);
  if (!look (self, file, &now, &directory, error))
    return FALSE;

  vig_file_state_from_row (&before, file);
  done = vig_file_state_equal (&now, &before)
         || (vig_undo_keep_state (self->undo, &subject, directory, name, path, before.kind, before.sha256, &self->undone_as, error)
             && vig_file_state_put_back (&before, directory, name, &now, self->undo->content, error));
  g_close (directory, NULL);

  return done;
}

static JsonObject *
build_record (Back *self, const char *event, const GError *failure)
{
  JsonArray *paths = json_array_new ();
  g_autoptr (JsonObject) detail = NULL;
  g_autofree char *resource = NULL;

  for (guint i = json_array_get_length (self->files); i-- > 0;)
    {
      g_autofree char *name = dup_name (get_file (self, i));

      json_array_add_string_element (paths, name);
    }
  if (json_array_get_length (paths) > 0)
    resource = g_strconcat (is_on_server (json_array_get_object_element (self->files, 0)) ? "server:" : "file:", json_array_get_string_element (paths, 0), NULL);
  detail = vig_json_pack_object ("{s:s, s:A, s:b, s:s?, s:s?}", "change_id", vig_json_get_string (self->change, "id", ""), "files", paths, "override",
                                 self->override, "undone_as", self->undone_as, "address", self->address);

  return vig_json_pack_object ("{s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s, s:s?, s:J, s:s?, s:s?}",
                               "event", event,
                               "user_name", self->user_name,
                               "operator_name", vig_json_get_string (self->change, "operator_name", NULL),
                               "session_id", vig_json_get_string (self->change, "session_id", NULL),
                               "run_id", vig_json_get_string (self->change, "run_id", NULL),
                               "call_id", vig_json_get_string (self->change, "call_id", NULL),
                               "tool", vig_json_get_string (self->change, "tool", NULL),
                               "level", "write",
                               "resource", resource,
                               "detail", detail,
                               "outcome", failure != NULL ? "failed" : g_str_equal (event, "undo.outcome") ? "success" : NULL,
                               "error", failure != NULL ? failure->message : NULL);
}

static gpointer
write_declared (VigDbConnection *db, gpointer data, GError **error)
{
  Back *self = data;
  g_autoptr (JsonObject) record = build_record (self, "undo.declared", NULL);

  return GINT_TO_POINTER (vig_audit_append (db, self->undo->redactor, record, error));
}

typedef struct
{
  Back         *back;
  const GError *failure;
} Outcome;

static gpointer
write_outcome (VigDbConnection *db, gpointer data, GError **error)
{
  Outcome *outcome = data;
  Back *self = outcome->back;
  g_autoptr (JsonObject) record = build_record (self, "undo.outcome", outcome->failure);

  if (!vig_audit_append (db, self->undo->redactor, record, error))
    return NULL;
  if (outcome->failure != NULL)
    return json_object_ref (self->change);

  return vig_store_changes_undone (db, vig_json_get_string (self->change, "id", ""), self->user_name, self->undone_as, error);
}

static JsonObject *
run (Back *self, GError **error)
{
  g_autoptr (GError) failure = NULL;
  Outcome outcome = { self, NULL };
  g_autoptr (JsonObject) stored = NULL;

  if (vig_db_write (self->undo->db, write_declared, self, error) == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (self->files) && failure == NULL; i++)
    put_back_file (self, get_file (self, i), &failure);

  outcome.failure = failure;
  stored = vig_db_write (self->undo->db, write_outcome, &outcome, error);
  if (stored == NULL || failure == NULL)
    return g_steal_pointer (&stored);

  g_propagate_error (error, g_steal_pointer (&failure));

  return NULL;
}

static void
publish (VigUndo *self, JsonObject *change)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), change);

  vig_events_publish (self->events, "changes", "change.undone", vig_redactor_apply_json (self->redactor, node));
}

JsonObject *
vig_undo_put_back (VigUndo *self, VigServerAccess *access, const char *change_id, gboolean override, const char *user_name, const char *address, GError **error)
{
  g_autoptr (JsonObject) change = vig_db_read (self->db, read_change, (gpointer) change_id, error);
  Back back = { self, access, change, NULL, user_name, address, override, NULL };
  g_autofree char *undone_as = NULL;
  JsonObject *stored;

  if (change == NULL || !check_state (change, error))
    return NULL;

  back.files = vig_json_get_array (change, "files");
  stored = check_all (&back, error) ? run (&back, error) : NULL;
  undone_as = back.undone_as;
  if (stored != NULL)
    publish (self, stored);

  return stored;
}
