/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-invocation-private.h"

#include "vig-beneath.h"
#include "vig-outside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define REST          1024 /* bytes of a result beside its rows */

struct _VigInvocation
{
  GObject               parent_instance;

  char                 *call_id;
  char                 *tool_name;
  char                 *operator_name;
  char                 *working_directory;
  JsonObject           *arguments;
  gint64                deadline;
  VigLevel              level;
  gboolean              outward;
  gsize                 output_limit;
  gsize                 keep_limit;
  char                 *settings_id;

  VigInvocationServices services;
  gpointer              data;
  GDestroyNotify        free_data;
};

G_DEFINE_FINAL_TYPE (VigInvocation, vig_invocation, G_TYPE_OBJECT)

void
vig_command_result_free (VigCommandResult *result)
{
  if (result == NULL)
    return;

  g_free (result->output);
  g_free (result->error_output);
  g_free (result);
}

const char *
vig_invocation_get_call_id (VigInvocation *self)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);

  return self->call_id;
}

const char *
vig_invocation_get_tool_name (VigInvocation *self)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);

  return self->tool_name;
}

const char *
vig_invocation_get_operator_name (VigInvocation *self)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);

  return self->operator_name;
}

JsonObject *
vig_invocation_get_arguments (VigInvocation *self)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);

  return self->arguments;
}

const char *
vig_invocation_get_working_directory (VigInvocation *self)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);

  return self->working_directory;
}

VigLevel
vig_invocation_get_level (VigInvocation *self)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), VIG_LEVEL_READ);

  return self->level;
}

void
vig_invocation_mark_outward (VigInvocation *self)
{
  g_return_if_fail (VIG_IS_INVOCATION (self));

  self->outward = TRUE;
}

gboolean
vig_invocation_is_outward (VigInvocation *self)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), FALSE);

  return self->outward;
}

gint64
vig_invocation_get_deadline (VigInvocation *self)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), 0);

  return self->deadline;
}

gsize
vig_invocation_get_output_limit (VigInvocation *self)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), 0);

  return self->output_limit;
}

gsize
vig_invocation_get_room (VigInvocation *self)
{
  gsize limit = vig_invocation_get_output_limit (self);

  return limit > 2 * REST ? limit - REST : limit / 2;
}

gsize
vig_invocation_get_keep_limit (VigInvocation *self)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), 0);

  return MAX (self->keep_limit, self->output_limit);
}

static gboolean
require_working_directory (VigInvocation *self, GError **error)
{
  if (self->working_directory != NULL)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "Operator %s has no working directory", self->operator_name);

  return FALSE;
}

/* An absolute path inside the working directory, made relative to it; others as they are. Only the text is
 * looked at: the kernel judges what comes of it. */
static const char *
make_relative (VigInvocation *self, const char *path)
{
  gsize length = strlen (self->working_directory);

  if (*path != '/')
    return path;

  while (length > 0 && self->working_directory[length - 1] == '/')
    length--;
  if (strncmp (path, self->working_directory, length) != 0 || (path[length] != '/' && path[length] != '\0'))
    return path;

  path += length;
  path += strspn (path, "/");

  return *path != '\0' ? path : ".";
}

static VigError
code_for_errno (int code)
{
  switch (code)
    {
    case ENOENT:
    case ENOTDIR:
      return VIG_ERROR_NOT_FOUND;
    case EXDEV:
    case EACCES:
    case EPERM:
    case EROFS:
      return VIG_ERROR_DENIED;
    case EEXIST:
      return VIG_ERROR_EXISTS;
    case ELOOP:
    case ENAMETOOLONG:
    case EISDIR:
    case EINVAL:
      return VIG_ERROR_INVALID;
    default:
      return VIG_ERROR_FAILED;
    }
}

static void
set_open_error (GError **error, const char *path, int code)
{
  g_autofree char *shown = g_utf8_make_valid (path, -1);

  if (code == EXDEV)
    g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s is outside the working directory", shown);
  else
    g_set_error (error, VIG_ERROR, code_for_errno (code), "failed to open %s: %s", shown, g_strerror (code));
}

int
vig_invocation_open_beneath (VigInvocation *self, const char *path, int flags, guint mode, GError **error)
{
  int directory;
  int fd;
  int code;

  g_return_val_if_fail (VIG_IS_INVOCATION (self), -1);
  g_return_val_if_fail (path != NULL, -1);

  if (!require_working_directory (self, error))
    return -1;
  if (*path == '\0')
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the path is empty");
      return -1;
    }

  directory = open (self->working_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0)
    {
      code = errno;
      g_set_error (error, VIG_ERROR, code_for_errno (code), "failed to open working directory %s: %s",
                   self->working_directory, g_strerror (code));
      return -1;
    }

  fd = vig_beneath_open (directory, make_relative (self, path), flags, mode, TRUE);
  code = errno;
  g_close (directory, NULL);
  if (fd < 0)
    set_open_error (error, path, code);

  return fd;
}

void
vig_invocation_report_output (VigInvocation *self, VigOutput stream, const char *text, gssize length)
{
  g_return_if_fail (VIG_IS_INVOCATION (self));
  g_return_if_fail (text != NULL);

  if (self->services.report_output != NULL)
    self->services.report_output (self->data, stream, text, length < 0 ? strlen (text) : (gsize) length);
}

void
vig_invocation_report_progress (VigInvocation *self, double fraction, const char *text)
{
  g_return_if_fail (VIG_IS_INVOCATION (self));

  if (self->services.report_progress != NULL)
    self->services.report_progress (self->data, CLAMP (fraction, 0.0, 1.0), text);
}

VigCommandResult *
vig_invocation_run_command (VigInvocation *self, const char * const *argv, const char *input,
                            GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);
  g_return_val_if_fail (argv != NULL && argv[0] != NULL, NULL);

  if (self->services.run_command == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "commands cannot be run here");
      return NULL;
    }
  if (!require_working_directory (self, error))
    return NULL;

  return self->services.run_command (self->data, self, argv, input, cancellable, error);
}

VigCommandResult *
vig_invocation_run_command_in (VigInvocation *self, const VigCommandPlace *place, const char * const *argv, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);
  g_return_val_if_fail (place != NULL, NULL);
  g_return_val_if_fail (argv != NULL && argv[0] != NULL, NULL);

  if (self->services.run_command_in != NULL)
    return self->services.run_command_in (self->data, self, place, argv, cancellable, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "commands cannot be run here");

  return NULL;
}

GSocketConnection *
vig_invocation_connect (VigInvocation *self, const char *address, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);
  g_return_val_if_fail (address != NULL, NULL);

  if (self->services.connect != NULL)
    return self->services.connect (self->data, address, cancellable, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "connections are handed to plugins in a process of their own only");

  return NULL;
}

typedef struct
{
  VigInvocation *invocation;
  int            directory;
  const char    *name;
  const char    *after;
  GError       **error;
  gboolean       done;
} Keep;

static void
keep_outside (gpointer data)
{
  Keep *keep = data;
  VigInvocation *self = keep->invocation;

  keep->done = self->services.keep_file (self->data, keep->directory, keep->name, keep->after, keep->error);
}

/* The core keeps it without the caller's confinement: only what lies in a folder that the caller itself may open. */
static gboolean
keep_openable (Keep *keep)
{
  int directory = openat (keep->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (directory < 0)
    {
      set_open_error (keep->error, keep->name, errno);
      return FALSE;
    }

  keep->directory = directory;
  vig_outside_call (keep_outside, keep);
  g_close (directory, NULL);

  return keep->done;
}

gboolean
vig_invocation_keep_file (VigInvocation *self, int directory, const char *name, const char *after, GError **error)
{
  Keep keep = { self, directory, name, after, error, FALSE };

  g_return_val_if_fail (VIG_IS_INVOCATION (self), FALSE);
  g_return_val_if_fail (directory >= 0, FALSE);
  g_return_val_if_fail (name != NULL && *name != '\0' && strchr (name, '/') == NULL, FALSE);

  if (self->services.keep_file != NULL)
    return keep_openable (&keep);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "nothing can be kept for undo here");

  return FALSE;
}

VigServer *
vig_invocation_dup_server (VigInvocation *self, const char *name, GError **error)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (self->services.dup_server != NULL)
    return self->services.dup_server (self->data, name, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "servers cannot be reached from here");

  return NULL;
}

/* Does the setting belong to the tool? By the word before its first dot. */
static gboolean
is_own_setting (VigInvocation *self, const char *name)
{
  gsize length = strcspn (self->tool_name, ".");

  return strncmp (name, self->tool_name, length) == 0 && name[length] == '_';
}

JsonNode *
vig_invocation_dup_setting (VigInvocation *self, const char *name, GError **error)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (!is_own_setting (self, name))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s is no setting of %s", name, self->tool_name);
      return NULL;
    }
  if (self->services.dup_setting != NULL)
    return self->services.dup_setting (self->data, name, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "settings cannot be read from here");

  return NULL;
}

char *
vig_invocation_dup_secret (VigInvocation *self, GError **error)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);

  if (self->services.dup_secret != NULL)
    return self->services.dup_secret (self->data, self->tool_name, error);

  return NULL;
}

JsonObject *
vig_invocation_dup_settings (VigInvocation *self, GError **error)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);

  if (self->services.dup_settings != NULL && self->settings_id != NULL)
    return self->services.dup_settings (self->data, self->settings_id, error);

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "%s has no settings here", self->tool_name);

  return NULL;
}

GSocketConnection *
vig_invocation_connect_server (VigInvocation *self, VigServer *server, const char *address, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), NULL);
  g_return_val_if_fail (server != NULL, NULL);
  g_return_val_if_fail (address != NULL, NULL);

  if (self->services.connect_server != NULL)
    return self->services.connect_server (self->data, server, address, cancellable, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "servers cannot be reached from here");

  return NULL;
}

gboolean
vig_invocation_keep_server_file (VigInvocation *self, VigServer *server, const char *path, const VigServerFile *file, const char *after, GError **error)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), FALSE);
  g_return_val_if_fail (server != NULL && path != NULL && file != NULL && after != NULL, FALSE);

  if (self->services.keep_server_file != NULL)
    return self->services.keep_server_file (self->data, server, path, file, after, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "nothing can be kept for undo here");

  return FALSE;
}

gboolean
vig_invocation_keep_record (VigInvocation *self, const char *kind, JsonObject *record, GError **error)
{
  g_return_val_if_fail (VIG_IS_INVOCATION (self), FALSE);
  g_return_val_if_fail (kind != NULL && record != NULL, FALSE);

  if (self->services.keep_record != NULL)
    return self->services.keep_record (self->data, kind, record, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "records cannot be kept here");

  return FALSE;
}

static void
vig_invocation_finalize (GObject *object)
{
  VigInvocation *self = VIG_INVOCATION (object);

  g_clear_pointer (&self->call_id, g_free);
  g_clear_pointer (&self->tool_name, g_free);
  g_clear_pointer (&self->operator_name, g_free);
  g_clear_pointer (&self->working_directory, g_free);
  g_clear_pointer (&self->settings_id, g_free);
  g_clear_pointer (&self->arguments, json_object_unref);
  if (self->free_data != NULL)
    self->free_data (self->data);

  G_OBJECT_CLASS (vig_invocation_parent_class)->finalize (object);
}

static void
vig_invocation_class_init (VigInvocationClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_invocation_finalize;
}

static void
vig_invocation_init (VigInvocation *self)
{
}

VigInvocation *
vig_invocation_new (const VigInvocationValues *values, const VigInvocationServices *services, gpointer data, GDestroyNotify free_data)
{
  VigInvocation *self = g_object_new (VIG_TYPE_INVOCATION, NULL);

  self->call_id = g_strdup (values->call_id);
  self->tool_name = g_strdup (values->tool_name);
  self->operator_name = g_strdup (values->operator_name);
  self->working_directory = g_strdup (values->working_directory);
  self->arguments = values->arguments != NULL ? json_object_ref (values->arguments) : json_object_new ();
  self->deadline = values->deadline;
  self->level = values->level;
  self->output_limit = values->output_limit;
  self->keep_limit = values->keep_limit;
  self->settings_id = g_strdup (values->settings_id);
  if (services != NULL)
    self->services = *services;
  self->data = data;
  self->free_data = free_data;

  return self;
}
