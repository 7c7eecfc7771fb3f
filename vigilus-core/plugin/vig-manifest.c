/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-manifest.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <sys/stat.h>

#define MAX_SIZE  (64 * 1024)
#define MAX_PATHS 64

#define PLUGIN      "Plugin"
#define PERMISSIONS "Permissions"

static const char * const plugin_keys[] = { "Id", "Abi", "Name", "Version", "Description", "Provides", "Isolation", NULL };
static const char * const permission_keys[] = { "Effect", "Read", "Write", "Connect", NULL };

static const struct
{
  VigProvides value;
  const char *name;
} kinds[] = {
  { VIG_PROVIDES_TOOL, "tool" },
  { VIG_PROVIDES_PROVIDER, "provider" },
  { VIG_PROVIDES_POLICY, "policy" },
  { VIG_PROVIDES_AUTHENTICATOR, "authenticator" },
};

static gboolean
check_keys (GKeyFile *file, const char *group, const char * const *known, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, group, NULL, error);

  if (keys == NULL)
    return FALSE;

  for (guint i = 0; keys[i] != NULL; i++)
    {
      if (g_strv_contains (known, keys[i]))
        continue;

      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "unknown key %s in section [%s]", keys[i], group);
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_sections (GKeyFile *file, GError **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (guint i = 0; groups[i] != NULL; i++)
    {
      const char * const *known = NULL;

      if (g_str_equal (groups[i], PLUGIN))
        known = plugin_keys;
      else if (g_str_equal (groups[i], PERMISSIONS))
        known = permission_keys;

      if (known == NULL)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "unknown section [%s]", groups[i]);
          return FALSE;
        }

      if (!check_keys (file, groups[i], known, error))
        return FALSE;
    }

  return TRUE;
}

/* A text of the section [Plugin]; NULL with error where it is missing or empty. */
static char *
read_text (GKeyFile *file, const char *key, GError **error)
{
  g_autofree char *text = g_key_file_get_string (file, PLUGIN, key, NULL);

  if (text != NULL)
    g_strstrip (text);

  if (text == NULL || *text == '\0' || strlen (text) > 1024)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "key %s in section [%s] is missing, empty or too long", key, PLUGIN);
      return NULL;
    }

  return g_steal_pointer (&text);
}

static gboolean
set_invalid (GError **error, const char *key, const char *value, const char *expected)
{
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s=%s: %s", key, value, expected);

  return FALSE;
}

static gboolean
read_id (VigManifest *self, GKeyFile *file, GError **error)
{
  self->id = read_text (file, "Id", error);
  if (self->id == NULL)
    return FALSE;

  if (strspn (self->id, "abcdefghijklmnopqrstuvwxyz0123456789-_") != strlen (self->id) || strlen (self->id) > 64)
    return set_invalid (error, "Id", self->id, "only a-z, 0-9, - and _ can stand in it, 64 at most");

  if (g_str_equal (self->id, "core"))
    return set_invalid (error, "Id", self->id, "this is what Vigilus calls its own tools");

  return TRUE;
}

static gboolean
read_abi (VigManifest *self, GKeyFile *file, GError **error)
{
  g_autofree char *text = read_text (file, "Abi", error);
  guint64 number = 0;

  if (text == NULL)
    return FALSE;

  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT16, &number, NULL))
    return set_invalid (error, "Abi", text, "must be a number from 1");

  self->abi = number;

  return TRUE;
}

static VigProvides
parse_kind (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      return kinds[i].value;

  return 0;
}

static gboolean
read_provides (VigManifest *self, GKeyFile *file, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_string_list (file, PLUGIN, "Provides", NULL, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      VigProvides kind = parse_kind (g_strstrip (names[i]));

      if (kind == 0)
        return set_invalid (error, "Provides", names[i], "must be tool, provider, policy or authenticator");
      self->provides |= kind;
    }

  if (self->provides != 0)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "key Provides in section [%s] is missing or empty", PLUGIN);

  return FALSE;
}

static gboolean
read_isolation (VigManifest *self, GKeyFile *file, GError **error)
{
  g_autofree char *text = g_key_file_get_string (file, PLUGIN, "Isolation", NULL);

  if (text == NULL)
    return TRUE;

  if (g_str_equal (text, "process"))
    self->isolation = VIG_ISOLATION_PROCESS;
  else if (g_str_equal (text, "in-process"))
    self->isolation = VIG_ISOLATION_IN_PROCESS;
  else
    return set_invalid (error, "Isolation", text, "must be process or in-process");

  if (self->isolation == VIG_ISOLATION_PROCESS && self->provides != VIG_PROVIDES_TOOL)
    return set_invalid (error, "Isolation", text, "only tools can run in a process of their own");

  return TRUE;
}

static gboolean
check_path (const char *key, const char *path, GError **error)
{
  g_autofree char *canonical = NULL;

  if (!g_path_is_absolute (path))
    return set_invalid (error, key, path, "must be an absolute path");

  canonical = g_canonicalize_filename (path, "/");
  if (!g_str_equal (canonical, path))
    return set_invalid (error, key, path, "must be written without .., . and double or final slashes");

  if (g_str_equal (path, "/"))
    return set_invalid (error, key, path, "is the whole machine, which no plugin gets");

  return TRUE;
}

static gboolean
check_address (const char *key, const char *address, GError **error)
{
  g_autoptr (GSocketConnectable) connectable = g_network_address_parse (address, 0, NULL);

  if (connectable == NULL || g_network_address_get_port (G_NETWORK_ADDRESS (connectable)) == 0)
    return set_invalid (error, key, address, "must be host:port");

  return TRUE;
}

static gboolean
read_list (GKeyFile *file, const char *key, gboolean (*check) (const char *key, const char *value, GError **error), GStrv *list, GError **error)
{
  *list = g_key_file_get_string_list (file, PERMISSIONS, key, NULL, NULL);
  if (*list == NULL)
    *list = g_new0 (char *, 1);

  if (g_strv_length (*list) > MAX_PATHS)
    return set_invalid (error, key, "...", "has too many entries, 64 at most");

  for (guint i = 0; (*list)[i] != NULL; i++)
    if (!check (key, g_strstrip ((*list)[i]), error))
      return FALSE;

  return TRUE;
}

static gboolean
read_permissions (VigManifest *self, GKeyFile *file, GError **error)
{
  g_autofree char *effect = g_key_file_get_string (file, PERMISSIONS, "Effect", NULL);

  self->effect = VIG_LEVEL_READ;
  if (effect != NULL && !vig_level_from_string (effect, &self->effect))
    return set_invalid (error, "Effect", effect, "must be read, write, exec or elevate");

  if (!read_list (file, "Read", check_path, &self->read_paths, error)
      || !read_list (file, "Write", check_path, &self->write_paths, error)
      || !read_list (file, "Connect", check_address, &self->connect, error))
    return FALSE;

  if (self->effect == VIG_LEVEL_READ && self->write_paths[0] != NULL)
    return set_invalid (error, "Write", self->write_paths[0], "needs Effect=write or more");

  return TRUE;
}

static gboolean
find_library (VigManifest *self, GError **error)
{
  g_autofree char *dir = g_path_get_dirname (self->path);
  g_autofree char *base = g_path_get_basename (self->path);
  const char *dot = strrchr (base, '.');
  int length = dot != NULL ? (int) (dot - base) : (int) strlen (base);
  const char * const formats[] = { "", "lib" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s%.*s.so", dir, formats[i], length, base);

      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        continue;

      self->library = g_steal_pointer (&path);
      return TRUE;
    }

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "neither %.*s.so nor lib%.*s.so stands beside the manifest", length, base, length, base);

  return FALSE;
}

static gboolean
read_all (VigManifest *self, GKeyFile *file, GError **error)
{
  if (!check_sections (file, error) || !read_id (self, file, error) || !read_abi (self, file, error))
    return FALSE;

  self->name = read_text (file, "Name", error);
  if (self->name == NULL)
    return FALSE;

  self->version = read_text (file, "Version", error);
  if (self->version == NULL)
    return FALSE;

  self->description = g_key_file_get_string (file, PLUGIN, "Description", NULL);
  if (self->description == NULL)
    self->description = g_strdup ("");

  return read_provides (self, file, error) && read_isolation (self, file, error)
         && read_permissions (self, file, error) && find_library (self, error);
}

VigManifest *
vig_manifest_load (const char *path, GError **error)
{
  g_autoptr (VigManifest) self = g_new0 (VigManifest, 1);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = NULL;
  g_autoptr (GError) local_error = NULL;
  struct stat st = { 0 };

  self->path = g_strdup (path);

  if (stat (path, &st) == 0 && (!S_ISREG (st.st_mode) || st.st_size > MAX_SIZE))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the manifest is no file of at most %d bytes", MAX_SIZE);
      return NULL;
    }

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;

  if (!g_key_file_load_from_data (file, text, -1, G_KEY_FILE_NONE, &local_error))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "failed to read the manifest: %s", local_error->message);
      return NULL;
    }

  if (!read_all (self, file, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
vig_manifest_free (VigManifest *self)
{
  g_free (self->path);
  g_free (self->library);
  g_free (self->id);
  g_free (self->name);
  g_free (self->version);
  g_free (self->description);
  g_strfreev (self->read_paths);
  g_strfreev (self->write_paths);
  g_strfreev (self->connect);
  g_free (self);
}

static gboolean
check_file (const char *path, mode_t type, uid_t owner, GError **error)
{
  struct stat st = { 0 };

  if (stat (path, &st) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "failed to look at %s: %s", path, g_strerror (errno));
      return FALSE;
    }

  if ((st.st_mode & S_IFMT) != type)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s is no %s", path, type == S_IFDIR ? "directory" : "regular file");
      return FALSE;
    }

  if (st.st_uid != 0 && st.st_uid != owner)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s belongs to user %u, not to root or the user that Vigilus runs as", path, st.st_uid);
      return FALSE;
    }

  if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "others can write to %s (mode %04o)", path, st.st_mode & 07777);
      return FALSE;
    }

  return TRUE;
}

gboolean
vig_manifest_check_files (VigManifest *self, uid_t owner, GError **error)
{
  g_autofree char *dir = g_path_get_dirname (self->path);

  return check_file (dir, S_IFDIR, owner, error)
         && check_file (self->path, S_IFREG, owner, error)
         && check_file (self->library, S_IFREG, owner, error);
}

gboolean
vig_manifest_check_abi (VigManifest *self, GError **error)
{
  if (self->abi == VIG_ABI)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "it is built for plugin interface %u; this Vigilus has %d", self->abi, VIG_ABI);

  return FALSE;
}

VigLevel
vig_manifest_get_least_level (VigManifest *self)
{
  return self->connect[0] != NULL ? MAX (self->effect, VIG_LEVEL_WRITE) : self->effect;
}

JsonArray *
vig_manifest_describe_provides (VigProvides provides)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if ((provides & kinds[i].value) != 0)
      json_array_add_string_element (array, kinds[i].name);

  return array;
}

static JsonArray *
to_array (char **list)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; list[i] != NULL; i++)
    json_array_add_string_element (array, list[i]);

  return array;
}

JsonObject *
vig_manifest_describe_permissions (VigManifest *self)
{
  return vig_json_pack_object ("{s:s, s:A, s:A, s:A}",
                               "effect", vig_level_to_string (self->effect),
                               "read", to_array (self->read_paths),
                               "write", to_array (self->write_paths),
                               "connect", to_array (self->connect));
}
