/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-file-tool.h"

#include <string.h>

#define DEFAULT_LIMIT (64 * 1024)
#define MAX_ENTRIES   1000
#define NAME_LENGTH   255

static const char *
name_kind (guint8 type)
{
  switch (type)
    {
    case SSH_FILEXFER_TYPE_REGULAR:
      return "file";
    case SSH_FILEXFER_TYPE_DIRECTORY:
      return "directory";
    case SSH_FILEXFER_TYPE_SYMLINK:
      return "link";
    default:
      return "special";
    }
}

static JsonObject *
describe (sftp_attributes info)
{
  g_autofree char *mode = g_strdup_printf ("%04o", info->permissions & 07777);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (info->mtime);
  g_autofree char *modified = time != NULL ? g_date_time_format_iso8601 (time) : NULL;

  return vig_json_pack_object ("{s:s, s:I, s:s, s:I, s:I, s:s}",
                               "kind", name_kind (info->type),
                               "size", (gint64) MIN (info->size, G_MAXINT64),
                               "mode", mode,
                               "uid", (gint64) info->uid,
                               "gid", (gint64) info->gid,
                               "modified_at", modified);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (vig_json_get_string (*(JsonObject *const *) a, "name", ""), vig_json_get_string (*(JsonObject *const *) b, "name", ""));
}

static void
add_entry (GPtrArray *entries, sftp_attributes info)
{
  g_autofree char *name = g_utf8_make_valid (info->name, (gssize) MIN (strlen (info->name), NAME_LENGTH));
  JsonObject *entry = describe (info);

  json_object_set_string_member (entry, "name", name);
  g_ptr_array_add (entries, entry);
}

static JsonNode *
list (VigSshFiles *files, const char *path, JsonObject *answer, GError **error)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) json_object_unref);
  sftp_dir dir = sftp_opendir (files->sftp, path);
  sftp_attributes info;
  JsonArray *list = NULL;
  gboolean truncated = FALSE;

  if (dir == NULL)
    {
      vig_ssh_files_fail (files, "list", path, error);
      return NULL;
    }

  while (!truncated && (info = sftp_readdir (files->sftp, dir)) != NULL)
    {
      truncated = entries->len >= MAX_ENTRIES;
      if (!truncated && !g_str_equal (info->name, ".") && !g_str_equal (info->name, ".."))
        add_entry (entries, info);
      sftp_attributes_free (info);
    }
  sftp_closedir (dir);
  g_ptr_array_sort (entries, compare);
  list = json_array_new ();
  for (guint i = 0; i < entries->len; i++)
    json_array_add_object_element (list, json_object_ref (g_ptr_array_index (entries, i)));
  json_object_set_array_member (answer, "entries", list);
  json_object_set_boolean_member (answer, "truncated", truncated);

  return json_node_init_object (json_node_alloc (), answer);
}

/* A letter that the limit has cut through is left for the next part. */
static gsize
whole_letters (const char *text, gsize length)
{
  const char *end = length > 0 ? g_utf8_find_prev_char (text, text + length) : NULL;
  gunichar last = end != NULL ? g_utf8_get_char_validated (end, (gssize) (text + length - end)) : 0;

  return last == (gunichar) -2 ? (gsize) (end - text) : length;
}

static gboolean
is_binary (const char *text, gsize length)
{
  return length > 0 && (memchr (text, '\0', length) != NULL || !g_utf8_validate (text, (gssize) length, NULL));
}

/* As much of the bytes as leaves the answer within the limit, however much of it has to be escaped. */
static void
put_content (JsonObject *answer, const char *bytes, gsize length, gsize limit, gboolean has_more)
{
  gboolean binary = is_binary (bytes, has_more ? whole_letters (bytes, length) : length);
  gsize fits = binary ? MIN (length, limit / 4 * 3) : length;
  g_autofree char *whole = NULL;

  json_object_set_boolean_member (answer, "binary", binary);
  do
    {
      gboolean is_cut = has_more || fits < length;
      gsize shown = is_cut && !binary ? whole_letters (bytes, fits) : fits;
      g_autofree char *text = binary ? g_base64_encode ((const guchar *) bytes, shown) : g_strndup (bytes != NULL ? bytes : "", shown);

      json_object_set_string_member (answer, binary ? "base64" : "text", text);
      json_object_set_int_member (answer, "bytes", (gint64) shown);
      json_object_set_boolean_member (answer, "truncated", is_cut);
      g_free (whole);
      whole = vig_json_object_to_string (answer);
      fits /= 2;
    }
  while (strlen (whole) > limit && fits > 0);
}

static JsonNode *
show (VigSshFiles *files, const char *path, VigInvocation *invocation, JsonObject *answer, guint64 size, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  gint64 asked = vig_json_get_int (arguments, "offset", 0);
  guint64 offset = asked >= 0 ? (guint64) asked : size - MIN (size, (guint64) -asked);
  gsize limit = MIN ((gsize) vig_json_get_int (arguments, "limit", DEFAULT_LIMIT), vig_invocation_get_output_limit (invocation));
  g_autoptr (GBytes) bytes = vig_ssh_files_read (files, path, offset, limit, error);
  gsize length = 0;
  const char *text = bytes != NULL ? g_bytes_get_data (bytes, &length) : NULL;

  if (bytes == NULL)
    return NULL;

  json_object_set_int_member (answer, "offset", (gint64) offset);
  put_content (answer, text, length, vig_invocation_get_output_limit (invocation), offset + length < size);

  return json_node_init_object (json_node_alloc (), answer);
}

JsonNode *
vig_ssh_read_run (VigSshFiles *files, VigInvocation *invocation, GError **error)
{
  g_autofree char *path = vig_ssh_files_resolve (files, vig_ssh_get_path (invocation), error);
  sftp_attributes info = path != NULL ? vig_ssh_files_look (files, path, error) : NULL;
  g_autoptr (JsonObject) answer = info != NULL ? describe (info) : NULL;
  JsonNode *result = NULL;

  if (path != NULL && info == NULL && error != NULL && *error == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no %s on %s", path, files->server->name);
  if (info == NULL)
    return NULL;

  json_object_set_string_member (answer, "server", files->server->name);
  json_object_set_string_member (answer, "path", path);
  if (info->type == SSH_FILEXFER_TYPE_DIRECTORY)
    result = list (files, path, answer, error);
  else if (info->type == SSH_FILEXFER_TYPE_REGULAR)
    result = show (files, path, invocation, answer, info->size, error);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is neither a file nor a directory", path);
  sftp_attributes_free (info);

  return result;
}
