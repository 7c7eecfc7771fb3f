/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-call-output.h"

#include "vig-http-tools.h"
#include "vig-sandbox.h"
#include "vig-scope-keeper.h"
#include "vig-server-access.h"
#include "vig-store-runs.h"
#include "vig-store-settings.h"
#include "vig-tool-settings.h"

#include <string.h>

#define MAX_HELD (64 * 1024)  /* bytes */
#define MAX_NOTED (64 * 1024) /* bytes */

struct _VigCallOutput
{
  VigAgentContext   context;       /* a copy: what it points to outlives all */
  char             *operator_id;
  VigServerAccess  *access;        /* or NULL */
  GMutex            mutex;
  GString          *held;
  gboolean          scheduled;
  VigCallOutputFunc func;      /* main thread only, like user_data */
  gpointer          user_data;
  VigUndo          *undo;      /* NULL: nothing is kept */
  VigUndoSubject    subject;
  GStringChunk     *texts;     /* what subject points to */
};

VigCallOutput *
vig_call_output_new (const VigAgentContext *context, const char *operator_id, VigCallOutputFunc func, gpointer user_data)
{
  VigCallOutput *self = g_atomic_rc_box_new0 (VigCallOutput);

  self->context = *context;
  self->operator_id = g_strdup (operator_id);
  self->access = context->registry != NULL ? vig_server_access_find (context->registry) : NULL;
  if (self->access != NULL)
    g_object_ref (self->access);
  g_mutex_init (&self->mutex);
  self->held = g_string_new (NULL);
  self->func = func;
  self->user_data = user_data;

  return self;
}

static void
clear (gpointer data)
{
  VigCallOutput *self = data;

  g_mutex_clear (&self->mutex);
  g_string_free (self->held, TRUE);
  g_clear_object (&self->undo);
  g_clear_object (&self->access);
  g_clear_pointer (&self->texts, g_string_chunk_free);
  g_free (self->operator_id);
}

static const char *
keep_text (VigCallOutput *self, const char *text)
{
  return text != NULL ? g_string_chunk_insert (self->texts, text) : NULL;
}

void
vig_call_output_set_undo (VigCallOutput *self, VigUndo *undo, const VigUndoSubject *subject)
{
  self->undo = undo != NULL ? g_object_ref (undo) : NULL;
  self->texts = g_string_chunk_new (256);
  self->subject.call_id = keep_text (self, subject->call_id);
  self->subject.run_id = keep_text (self, subject->run_id);
  self->subject.session_id = keep_text (self, subject->session_id);
  self->subject.operator_name = keep_text (self, subject->operator_name);
  self->subject.user_name = keep_text (self, subject->user_name);
  self->subject.tool = keep_text (self, subject->tool);
}

void
vig_call_output_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, clear);
}

void
vig_call_output_close (VigCallOutput *self)
{
  self->func = NULL;
}

static gboolean
deliver (gpointer user_data)
{
  VigCallOutput *self = user_data;
  g_autoptr (GString) text = g_string_new (NULL);
  GString *held;

  g_mutex_lock (&self->mutex);
  held = self->held;
  self->held = g_steal_pointer (&text);
  self->scheduled = FALSE;
  g_mutex_unlock (&self->mutex);

  text = held;
  if (self->func != NULL)
    self->func (text->str, text->len, self->user_data);

  return G_SOURCE_REMOVE;
}

static void
push (VigCallOutput *self, const char *text, gsize length)
{
  gboolean schedule;

  g_mutex_lock (&self->mutex);
  g_string_append_len (self->held, text, length);
  if (self->held->len > MAX_HELD)
    g_string_erase (self->held, 0, self->held->len - MAX_HELD);
  schedule = !self->scheduled;
  self->scheduled = TRUE;
  g_mutex_unlock (&self->mutex);

  if (schedule)
    g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, deliver, g_atomic_rc_box_acquire (self), vig_call_output_unref);
}

static void
report_output (gpointer data, VigOutput stream, const char *text, gsize length)
{
  push (data, text, length);
}

static void
on_output (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  push (user_data, text, length);
}

static VigSandboxSpec
make_spec (VigInvocation *invocation, const char * const *argv, gpointer data)
{
  return (VigSandboxSpec) {
    .argv = argv,
    .working_directory = vig_invocation_get_working_directory (invocation),
    .deadline = vig_invocation_get_deadline (invocation),
    .output_limit = vig_invocation_get_keep_limit (invocation),
    .on_output = on_output,
    .user_data = data,
  };
}

static VigCommandResult *
run_command_in (gpointer data, VigInvocation *invocation, const VigCommandPlace *place, const char * const *argv, GCancellable *cancellable, GError **error)
{
  VigSandboxSpec spec = make_spec (invocation, argv, data);

  spec.working_directory = place->directory;
  spec.read_paths = place->read_paths;
  spec.allow_unix = place->unix_sockets;
  spec.allow_network = place->network;
  spec.allow_raw = place->raw_packets;
  if (place->deadline != 0)
    spec.deadline = MIN (spec.deadline, place->deadline);
  if (place->on_output != NULL)
    {
      spec.on_output = place->on_output;
      spec.user_data = place->user_data;
      spec.keep_nothing = TRUE;
    }

  return vig_sandbox_run (&spec, cancellable, error);
}

static VigCommandResult *
run_command (gpointer            data,
             VigInvocation      *invocation,
             const char * const *argv,
             const char         *input,
             GCancellable       *cancellable,
             GError            **error)
{
  VigSandboxSpec spec = make_spec (invocation, argv, data);

  spec.input = input;
  spec.read_only = vig_invocation_get_level (invocation) < VIG_LEVEL_WRITE;
  spec.allow_attributes = !spec.read_only;
  if (spec.working_directory == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, "this Operator has no working directory to run commands in");
      return NULL;
    }

  return vig_sandbox_run (&spec, cancellable, error);
}

static gboolean
keep_file (gpointer data, int directory, const char *name, const char *after, GError **error)
{
  VigCallOutput *self = data;

  if (self->undo != NULL)
    return vig_undo_keep (self->undo, &self->subject, directory, name, after, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "nothing can be kept for undo here");

  return FALSE;
}

static gboolean
keep_server_file (gpointer data, VigServer *server, const char *path, const VigServerFile *file, const char *after, GError **error)
{
  VigCallOutput *self = data;

  if (self->undo != NULL)
    return vig_undo_keep_server_file (self->undo, &self->subject, server, path, file, after, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "nothing can be kept for undo here");

  return FALSE;
}

static GSocketConnection *
connect_server (gpointer data, VigServer *server, const char *address, GCancellable *cancellable, GError **error)
{
  VigCallOutput *self = data;

  if (self->access != NULL)
    return vig_server_access_open (self->access, server, address, cancellable, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the plugin ssh is not loaded: look under Settings, Plugins");

  return NULL;
}

static VigServer *
dup_server (gpointer data, const char *name, GError **error)
{
  VigCallOutput *self = data;

  return vig_server_find (&self->context, self->operator_id, self->subject.run_id, name, error);
}

static gpointer
read_settings (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_settings_get (db, error);
}

static JsonNode *
dup_setting (gpointer data, const char *name, GError **error)
{
  VigCallOutput *self = data;
  g_autoptr (JsonObject) settings = vig_db_read (self->context.db, read_settings, NULL, error);
  JsonNode *node = settings != NULL ? json_object_get_member (settings, name) : NULL;

  return node != NULL ? json_node_copy (node) : NULL;
}

static char *
dup_secret (gpointer data, const char *tool_name, GError **error)
{
  VigCallOutput *self = data;

  return vig_http_tools_open_secret (&self->context, tool_name, error);
}

/* A line of what it prints: "37 % Connect Scan, about 20 s left". */
static void
report_progress (gpointer data, double fraction, const char *text)
{
  g_autofree char *line = g_strdup_printf ("%3d %% %s\n", (int) (fraction * 100), text != NULL ? text : "");

  push (data, line, strlen (line));
}

static JsonObject *
dup_settings (gpointer data, const char *id, GError **error)
{
  VigCallOutput *self = data;

  return vig_tool_settings_open (&self->context, id, error);
}

typedef struct
{
  const char *call_id;
  JsonObject *record;
} Note;

static gpointer
write_note (VigDbConnection *db, gpointer data, GError **error)
{
  Note *self = data;

  return GINT_TO_POINTER (vig_store_calls_note (db, self->call_id, self->record, error));
}

static gboolean
keep_before (VigCallOutput *self, JsonObject *record, GError **error)
{
  g_autoptr (JsonNode) node = vig_json_pack ("J", record);
  g_autoptr (JsonNode) clean = vig_redactor_apply_json (self->context.redactor, node);
  g_autofree char *text = vig_json_to_string (clean);
  Note note = { self->subject.call_id, json_node_get_object (clean) };

  if (strlen (text) <= MAX_NOTED)
    return vig_db_write (self->context.db, write_note, &note, error) != NULL;

  g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "what is there before the change takes %" G_GSIZE_FORMAT " bytes, more than the %d that are kept: change less at once",
               strlen (text), MAX_NOTED);

  return FALSE;
}

static gboolean
keep_record (gpointer data, const char *kind, JsonObject *record, GError **error)
{
  VigCallOutput *self = data;

  if (g_str_equal (kind, "before"))
    return keep_before (self, record, error);
  if (g_str_equal (kind, "network-scan"))
    return vig_scope_keep (&self->context, &self->subject, record, error);

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "nobody keeps records of the kind %s", kind);

  return FALSE;
}

static const VigInvocationServices services = {
  .report_output = report_output,
  .report_progress = report_progress,
  .run_command = run_command,
  .run_command_in = run_command_in,
  .keep_file = keep_file,
  .dup_server = dup_server,
  .dup_setting = dup_setting,
  .dup_secret = dup_secret,
  .dup_settings = dup_settings,
  .keep_record = keep_record,
  .keep_server_file = keep_server_file,
  .connect_server = connect_server,
};

VigInvocation *
vig_call_output_new_invocation (VigCallOutput *self, const VigInvocationValues *values)
{
  return vig_invocation_new (values, &services, g_atomic_rc_box_acquire (self), vig_call_output_unref);
}
