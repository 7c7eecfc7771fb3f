/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-sftp.h"

#include <fcntl.h>
#include <string.h>

#define CHUNK (32 * 1024)

static gboolean
start_sftp (VigSshFiles *self)
{
  self->sftp = sftp_new (self->session);

  return self->sftp != NULL && sftp_init (self->sftp) == SSH_OK;
}

/* An idle connection may have died unseen. */
static gboolean
try_session (VigSshFiles *self, gint64 deadline, gboolean *was_idle, GError **error)
{
  VigSshStep step = SSH_STEP_NAME;

  self->session = vig_ssh_pool_take (self->pool, self->server, was_idle, &step, self->cancellable, error);
  if (self->session == NULL)
    return FALSE;

  self->watch = vig_ssh_watch_begin (ssh_get_fd (self->session), deadline, self->cancellable);
  if (start_sftp (self))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "%s gives no access to files by SFTP: %s", self->server->name, ssh_get_error (self->session));

  return FALSE;
}

gboolean
vig_ssh_files_open (VigSshFiles *self, VigSshPool *pool, VigServer *server, gint64 deadline, GCancellable *cancellable, GError **error)
{
  gboolean was_idle = FALSE;

  memset (self, 0, sizeof *self);
  self->pool = pool;
  self->server = server;
  self->cancellable = cancellable;
  if (server->file_paths == NULL || *server->file_paths == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s names no folders for files: an administrator can add them to its entry under Servers", server->name);
      return FALSE;
    }

  do
    {
      g_autoptr (GError) local_error = NULL;

      if (try_session (self, deadline, &was_idle, &local_error))
        return TRUE;
      vig_ssh_files_close (self);
      if (!was_idle || g_cancellable_is_cancelled (cancellable))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }
  while (TRUE);
}

void
vig_ssh_files_close (VigSshFiles *self)
{
  gboolean is_sound = self->sftp != NULL && self->session != NULL && ssh_is_connected (self->session);

  if (self->sftp != NULL)
    sftp_free (self->sftp);
  if (self->watch != NULL && vig_ssh_watch_end (self->watch))
    is_sound = FALSE;
  if (is_sound)
    vig_ssh_pool_give (self->pool, self->server, self->session);
  else
    vig_ssh_close (self->session);
  self->sftp = NULL;
  self->watch = NULL;
  self->session = NULL;
}

static VigError
code_of (int status)
{
  switch (status)
    {
    case SSH_FX_NO_SUCH_FILE:
    case SSH_FX_NO_SUCH_PATH:
      return VIG_ERROR_NOT_FOUND;
    case SSH_FX_PERMISSION_DENIED:
    case SSH_FX_WRITE_PROTECT:
      return VIG_ERROR_DENIED;
    case SSH_FX_FILE_ALREADY_EXISTS:
      return VIG_ERROR_EXISTS;
    default:
      return VIG_ERROR_REMOTE;
    }
}

static const char *
describe (int status)
{
  switch (status)
    {
    case SSH_FX_NO_SUCH_FILE:
    case SSH_FX_NO_SUCH_PATH:
      return "it is not there";
    case SSH_FX_PERMISSION_DENIED:
      return "the server's user may not";
    case SSH_FX_WRITE_PROTECT:
      return "it is write-protected";
    case SSH_FX_FILE_ALREADY_EXISTS:
      return "it exists already";
    case SSH_FX_NO_CONNECTION:
    case SSH_FX_CONNECTION_LOST:
      return "the connection was lost";
    case SSH_FX_OP_UNSUPPORTED:
      return "the server can't do that";
    default:
      return "the server says that it failed";
    }
}

gboolean
vig_ssh_files_fail (VigSshFiles *self, const char *doing, const char *path, GError **error)
{
  int status = sftp_get_error (self->sftp);
  g_autofree char *shown = g_utf8_make_valid (path, -1);

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  if (!ssh_is_connected (self->session))
    g_set_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "the connection to %s was lost, or the time was over, while it was to %s %s", self->server->name,
                 doing, shown);
  else
    g_set_error (error, VIG_ERROR, code_of (status), "failed to %s %s on %s: %s", doing, shown, self->server->name, describe (status));

  return FALSE;
}

static gboolean
is_beneath (const char *path, const char *folder)
{
  gsize length = strlen (folder);

  return g_str_equal (folder, "/") || (strncmp (path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

static char *
canonical (VigSshFiles *self, const char *path)
{
  char *real = sftp_canonicalize_path (self->sftp, path);
  char *copy = real != NULL && *real == '/' ? g_canonicalize_filename (real, "/") : NULL;

  ssh_string_free_char (real);

  return copy;
}

/* The entry's folders may be links themselves. */
static gboolean
is_allowed (VigSshFiles *self, const char *path)
{
  for (guint i = 0; self->server->file_paths[i] != NULL; i++)
    {
      g_autofree char *folder = canonical (self, self->server->file_paths[i]);

      if (folder != NULL && is_beneath (path, folder))
        return TRUE;
    }

  return FALSE;
}

/* Servers may leave links in what they call canonical: then it is not known where it leads. */
static gboolean
has_link (VigSshFiles *self, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path + 1, "/", -1);
  g_autoptr (GString) sofar = g_string_new (NULL);
  gboolean found = FALSE;

  for (guint i = 0; parts[i] != NULL && *parts[i] != '\0' && !found; i++)
    {
      sftp_attributes info;

      g_string_append_printf (sofar, "/%s", parts[i]);
      info = sftp_lstat (self->sftp, sofar->str);
      if (info == NULL)
        break;
      found = info->type == SSH_FILEXFER_TYPE_SYMLINK;
      sftp_attributes_free (info);
    }

  return found;
}

/* Policies and grants went by the name in the arguments, so that has to be where it leads: no link, and no ".." behind one. */
static gboolean
is_spelled_out (const char *path, const char *real, GError **error)
{
  g_autofree char *plain = g_canonicalize_filename (path, "/");

  if (g_str_equal (plain, real))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "/path: a link leads elsewhere; write it as %s", real);

  return FALSE;
}

char *
vig_ssh_files_resolve (VigSshFiles *self, const char *path, GError **error)
{
  g_autofree char *real = NULL;
  g_autofree char *folders = NULL;

  if (*path != '/')
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/path: must be absolute, as /srv/files/notes.txt");
      return NULL;
    }

  real = canonical (self, path);
  if (real == NULL)
    {
      vig_ssh_files_fail (self, "find", path, error);
      return NULL;
    }
  if (is_allowed (self, real) && !has_link (self, real))
    return is_spelled_out (path, real, error) ? g_steal_pointer (&real) : NULL;

  folders = g_strjoinv (", ", self->server->file_paths);
  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s is outside of the folders that the entry of %s allows: %s", path, self->server->name, folders);

  return NULL;
}

sftp_attributes
vig_ssh_files_look (VigSshFiles *self, const char *path, GError **error)
{
  sftp_attributes info = sftp_lstat (self->sftp, path);

  if (info == NULL && code_of (sftp_get_error (self->sftp)) != VIG_ERROR_NOT_FOUND)
    vig_ssh_files_fail (self, "look at", path, error);

  return info;
}

GBytes *
vig_ssh_files_read (VigSshFiles *self, const char *path, guint64 offset, gsize limit, GError **error)
{
  sftp_file file = sftp_open (self->sftp, path, O_RDONLY, 0);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 buffer[CHUNK];
  gssize n = file != NULL ? 0 : -1;

  if (file != NULL)
    sftp_seek64 (file, offset);
  while (file != NULL && bytes->len < limit && (n = sftp_read (file, buffer, MIN (sizeof buffer, limit - bytes->len))) > 0)
    g_byte_array_append (bytes, buffer, (guint) n);
  if (n < 0)
    vig_ssh_files_fail (self, "read", path, error);
  if (file != NULL)
    sftp_close (file);

  return n >= 0 ? g_byte_array_free_to_bytes (g_steal_pointer (&bytes)) : NULL;
}
