/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-helper-request.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define GROUP "Helper"
#define NONCE_LENGTH 32
#define MAX_SPENT 10000

static gboolean
deny (GError **error, const char *message)
{
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, message);

  return FALSE;
}

/* What root alone may write: whoever else could would choose the key. */
static gboolean
check_owner (const char *path, GError **error)
{
  struct stat info;

  if (stat (path, &info) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "failed to read %s: %s", path, g_strerror (errno));
      return FALSE;
    }
  if (info.st_uid == geteuid () && (info.st_mode & 022) == 0)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s must belong to root and be writable by nobody else", path);

  return FALSE;
}

static gboolean
find_user (VigHelperRules *self, GKeyFile *file, const char *path, GError **error)
{
  g_autofree char *name = g_key_file_get_string (file, GROUP, "User", NULL);
  struct passwd *user = getpwnam (name != NULL ? name : "vigilus");

  if (user != NULL)
    {
      self->uid = user->pw_uid;
      return TRUE;
    }

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s: User: there is no user %s", path, name != NULL ? name : "vigilus");

  return FALSE;
}

static gboolean
check_operations (VigHelperRules *self, const char *path, GError **error)
{
  for (guint i = 0; self->operations != NULL && self->operations[i] != NULL; i++)
    if (!vig_helper_has_operation (self->operations[i]))
      {
        g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s: Operations: there is no operation %s", path, self->operations[i]);
        return FALSE;
      }

  return TRUE;
}

gboolean
vig_helper_rules_load (VigHelperRules *self, const char *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *key = NULL;

  memset (self, 0, sizeof *self);
  if (!check_owner (path, error) || !g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, error))
    return FALSE;

  key = g_key_file_get_string (file, GROUP, "PublicKey", error);
  self->operations = g_key_file_get_string_list (file, GROUP, "Operations", NULL, NULL);
  self->key = key != NULL ? vig_note_key_parse (key, error) : NULL;
  if (self->key == NULL)
    {
      g_prefix_error (error, "%s: PublicKey: ", path);
      return FALSE;
    }

  return check_operations (self, path, error) && find_user (self, file, path, error);
}

void
vig_helper_rules_clear (VigHelperRules *self)
{
  g_clear_pointer (&self->key, vig_note_key_free);
  g_clear_pointer (&self->operations, g_strfreev);
}

static gboolean
is_nonce (const char *text)
{
  return strlen (text) == NONCE_LENGTH && strspn (text, "0123456789abcdef") == NONCE_LENGTH;
}

/* Names are only as old as requests may be, so the folder stays small; where it does not, nothing is done. */
static gboolean
forget_old (const char *spent, gint64 now, GError **error)
{
  g_autoptr (GDir) listing = g_dir_open (spent, 0, error);
  const char *name;
  guint n = 0;

  if (listing == NULL)
    return FALSE;
  while ((name = g_dir_read_name (listing)) != NULL)
    {
      g_autofree char *path = g_build_filename (spent, name, NULL);
      struct stat info;

      if (is_nonce (name) && stat (path, &info) == 0 && info.st_mtime < now / G_USEC_PER_SEC - 3 * VIG_HELPER_MAX_AGE)
        g_unlink (path);
      else
        n++;
    }

  return n < MAX_SPENT || deny (error, "too many requests at once");
}

static gboolean
spend (const char *spent, const char *nonce, gint64 now, GError **error)
{
  g_autofree char *path = g_build_filename (spent, nonce, NULL);
  int fd;

  if (!forget_old (spent, now, error))
    return FALSE;

  fd = open (path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return deny (error, errno == EEXIST ? "this request was made before" : "the request could not be remembered, so it is not carried out");
  g_close (fd, NULL);

  return TRUE;
}

static gboolean
check (const VigHelperRules *rules, JsonObject *request, const char *spent, gint64 now, GError **error)
{
  gint64 age = now - vig_json_get_int (request, "time", 0);
  const char *operation = vig_json_get_string (request, "operation", "");
  const char *nonce = vig_json_get_string (request, "nonce", "");

  if (age > VIG_HELPER_MAX_AGE * G_USEC_PER_SEC || age < -VIG_HELPER_MAX_AGE * G_USEC_PER_SEC)
    return deny (error, "the request is too old, or from the future: is the clock right?");
  if (rules->operations == NULL || !g_strv_contains ((const char * const *) rules->operations, operation))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%.64s is not among the Operations that helper.conf turns on", operation);
      return FALSE;
    }
  if (!is_nonce (nonce) || vig_json_get_object (request, "arguments") == NULL)
    return deny (error, "the request is incomplete");

  return spend (spent, nonce, now, error);
}

JsonObject *
vig_helper_request_check (const VigHelperRules *rules, const char *note, const char *spent, gint64 now, GError **error)
{
  g_autofree char *text = vig_note_open (rules->key, note, error);
  g_autoptr (JsonObject) request = NULL;

  if (text == NULL)
    return NULL;
  if (!g_str_has_prefix (text, VIG_HELPER_HEADER))
    {
      deny (error, "this is no request for the helper");
      return NULL;
    }

  request = vig_json_parse_object (text + strlen (VIG_HELPER_HEADER), -1, 0, error);
  if (request == NULL || !check (rules, request, spent, now, error))
    return NULL;

  return g_steal_pointer (&request);
}
