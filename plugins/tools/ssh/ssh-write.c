/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-file-tool.h"
#include "ssh-put.h"

#include <string.h>

#define DEFAULT_MODE 0644
#define MAX_SHOWN    (256 * 1024) /* bytes of the old file, in a preview */

typedef struct
{
  char           *path;
  sftp_attributes info;    /* of what is there, or NULL */
  GBytes         *content;
} Target;

static void
target_clear (Target *self)
{
  g_free (self->path);
  if (self->info != NULL)
    sftp_attributes_free (self->info);
  g_clear_pointer (&self->content, g_bytes_unref);
}

static GBytes *
get_content (VigInvocation *invocation, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  const char *content = vig_json_get_string (arguments, "content", "");
  gsize length = 0;
  guchar *bytes;

  if (!g_str_equal (vig_json_get_string (arguments, "encoding", "text"), "base64"))
    return g_bytes_new (content, strlen (content));

  bytes = g_base64_decode (content, &length);
  if (length == 0 && *content != '\0')
    {
      g_free (bytes);
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/content: is no base64");
      return NULL;
    }

  return g_bytes_new_take (bytes, length);
}

/* A grant names the path as it was asked for: what is written must be that, and not what a link on the way leads to. */
static gboolean
check_target (VigSshFiles *files, const char *asked, Target *self, GError **error)
{
  g_autofree char *plain = g_canonicalize_filename (asked, "/");

  if (!g_str_equal (plain, self->path))
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s leads over a link to %s: write to that path", asked, self->path);
  else if (self->info != NULL && self->info->type != SSH_FILEXFER_TYPE_REGULAR)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is no file", self->path);
  else
    return TRUE;

  return FALSE;
}

static gboolean
prepare (VigSshFiles *files, VigInvocation *invocation, Target *self, GError **error)
{
  const char *asked = vig_ssh_get_path (invocation);
  g_autoptr (GError) local_error = NULL;

  self->content = get_content (invocation, error);
  self->path = self->content != NULL ? vig_ssh_files_resolve (files, asked, error) : NULL;
  if (self->path == NULL)
    return FALSE;

  self->info = vig_ssh_files_look (files, self->path, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return check_target (files, asked, self, error);
}

/* What is new there must not get the rights that the old file gave: set-id bits have to be asked for. */
static mode_t
choose_mode (VigInvocation *invocation, sftp_attributes old)
{
  const char *asked = vig_json_get_string (vig_invocation_get_arguments (invocation), "mode", NULL);

  if (asked != NULL)
    return (mode_t) g_ascii_strtoull (asked, NULL, 8);

  return old != NULL ? (mode_t) (old->permissions & 07777 & ~(guint) SSH_SET_ID) : DEFAULT_MODE;
}

/* What is there now, kept so that a person can put it back. */
static gboolean
keep (VigSshFiles *files, VigInvocation *invocation, Target *self, GError **error)
{
  g_autofree char *after = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, self->content);
  g_auto (VigServerFile) now = { 0 };

  return vig_ssh_files_get (files, self->path, self->info, &now, error) &&
         vig_invocation_keep_server_file (invocation, files->server, self->path, &now, after, error);
}

static gboolean
replace (VigSshFiles *files, VigInvocation *invocation, Target *self, GError **error)
{
  VigServerFile file = { self->content, choose_mode (invocation, self->info), self->info != NULL ? self->info->uid : 0, self->info != NULL ? self->info->gid : 0 };

  return keep (files, invocation, self, error) && vig_ssh_files_put (files, self->path, &file, self->info != NULL, self->info != NULL, error);
}

JsonNode *
vig_ssh_write_run (VigSshFiles *files, VigInvocation *invocation, GError **error)
{
  Target target = { 0 };
  JsonNode *answer = NULL;

  if (prepare (files, invocation, &target, error) && replace (files, invocation, &target, error))
    answer = vig_json_pack ("{s:s, s:s, s:I, s:b}",
                            "server", files->server->name,
                            "path", target.path,
                            "bytes", (gint64) g_bytes_get_size (target.content),
                            "created", target.info == NULL);
  target_clear (&target);

  return answer;
}

static char *
to_text (GBytes *bytes)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  if (length > 0 && (memchr (text, '\0', length) != NULL || !g_utf8_validate (text, (gssize) length, NULL)))
    return NULL;

  return g_strndup (text != NULL ? text : "", length);
}

static VigPreview *
compare (VigSshFiles *files, Target *target, GError **error)
{
  g_autoptr (GBytes) before = target->info == NULL ? g_bytes_new (NULL, 0) : vig_ssh_files_read (files, target->path, 0, MAX_SHOWN + 1, error);
  g_autofree char *old = before != NULL && g_bytes_get_size (before) <= MAX_SHOWN ? to_text (before) : NULL;
  g_autofree char *new = to_text (target->content);
  g_autofree char *text = NULL;

  if (before == NULL)
    return NULL;

  if (old == NULL || new == NULL)
    {
      text = g_strdup_printf ("%s %s on %s, with %" G_GSIZE_FORMAT " bytes", target->info != NULL ? "Replaces" : "Creates", target->path,
                              files->server->name, g_bytes_get_size (target->content));
      return vig_preview_new ("text", text);
    }

  text = vig_diff_text (target->path, old, new);

  return vig_preview_new (*text != '\0' ? "diff" : "text", *text != '\0' ? text : "Nothing would change: the file holds this already.");
}

VigPreview *
vig_ssh_write_preview (VigSshFiles *files, VigInvocation *invocation, GError **error)
{
  Target target = { 0 };
  VigPreview *preview = NULL;

  if (prepare (files, invocation, &target, error))
    preview = compare (files, &target, error);
  target_clear (&target);

  return preview;
}
