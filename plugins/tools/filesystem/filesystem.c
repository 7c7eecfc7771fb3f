/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define PATH_PROPERTY(what) "\"path\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 4096, \"description\": \"" what ", relative to the working directory\"}"

static const VigToolInfo read_info = {
  .name = "filesystem.read",
  .title = "Read a file",
  .description = "Reads a text file and shows its content. Use for: show, open, print, display or look into a file, notes, a configuration or a log; what is written in it.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\"], \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("The file") ","
                  "\"offset\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"First line to show, from 1\"},"
                  "\"limit\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"How many lines to show\"},"
                  "\"tail\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100000, \"description\": \"Only so many of the last lines\"}}}",
  .timeout = 30,
  .flags = VIG_TOOL_HOST | VIG_TOOL_FILES,
};

static const VigToolInfo list_info = {
  .name = "filesystem.list",
  .title = "List a directory",
  .description = "Lists the files and folders in a directory. Use for: which files are there, what a folder or the working directory holds.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {" PATH_PROPERTY ("The directory; without it, the working directory itself") "}}",
  .timeout = 30,
  .flags = VIG_TOOL_HOST | VIG_TOOL_FILES,
};

static const VigToolInfo write_info = {
  .name = "filesystem.write",
  .title = "Write a file",
  .description = "Writes text to a file. Use for: create a file, write or save a note, replace what a file holds, append or add a line to it.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\", \"content\"], \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("The file") ","
                  "\"content\": {\"type\": \"string\", \"description\": \"The text to write\"},"
                  "\"mode\": {\"enum\": [\"create\", \"replace\", \"append\", \"patch\"], \"default\": \"replace\", "
                  "\"description\": \"create: the file must be new; replace: write it anew (also if it is new); append: add the text at its end; "
                  "patch: content is a unified diff, applied exactly\"}}}",
  .timeout = 30,
  .flags = VIG_TOOL_HOST | VIG_TOOL_FILES | VIG_TOOL_OWN_WORDS,
};

static const VigToolInfo stat_info = {
  .name = "filesystem.stat",
  .title = "Look at a file's attributes",
  .description = "Tells the kind, size in bytes, owner, group, permissions (mode) and modification time of one path. It does not show what is in it.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\"], \"additionalProperties\": false, \"properties\": {" PATH_PROPERTY ("The path") "}}",
  .timeout = 30,
  .flags = VIG_TOOL_HOST | VIG_TOOL_FILES,
};

static const VigToolInfo search_info = {
  .name = "filesystem.search",
  .title = "Search files",
  .description = "Searches below a directory for names that match a pattern and for lines that contain some words. Use for: find, search, grep, where is, which file mentions.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("Where to begin; without it, the working directory itself") ","
                  "\"name\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 255, \"description\": \"Pattern of the name, such as *.conf\"},"
                  "\"text\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 1000, \"description\": \"Words that a line contains\"},"
                  "\"case_sensitive\": {\"type\": \"boolean\", \"default\": false, \"description\": \"Upper and lower case differ\"},"
                  "\"limit\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 200, \"description\": \"How many hits at most\"}}}",
  .timeout = 60,
  .flags = VIG_TOOL_HOST | VIG_TOOL_FILES,
};

static const VigToolInfo delete_info = {
  .name = "filesystem.delete",
  .title = "Delete a file",
  .description = "Deletes a file, a link or an empty directory; it can be undone. Use for: delete, remove or erase a file.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\"], \"additionalProperties\": false, \"properties\": {" PATH_PROPERTY ("What to delete") "}}",
  .timeout = 60,
  .flags = VIG_TOOL_HOST | VIG_TOOL_FILES,
};

static const VigToolInfo move_info = {
  .name = "filesystem.move",
  .title = "Move or rename a file",
  .description = "Moves or renames a file to a new name that is still free; it can be undone.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\", \"to\"], \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("The old name") ","
                  "\"to\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 4096, \"description\": \"The new name, relative to the working directory\"}}}",
  .timeout = 60,
  .flags = VIG_TOOL_HOST | VIG_TOOL_FILES,
};

static const VigToolInfo copy_info = {
  .name = "filesystem.copy",
  .title = "Copy a file",
  .description = "Copies a file to a name that nothing has yet; it can be undone.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\", \"to\"], \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("The file") ","
                  "\"to\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 4096, \"description\": \"The name of the copy, relative to the working directory\"}}}",
  .timeout = 300,
  .flags = VIG_TOOL_HOST | VIG_TOOL_FILES,
};

static const VigToolInfo extract_info = {
  .name = "filesystem.extract",
  .title = "Unpack an archive",
  .description = "Unpacks a tar (also gz, bz2, xz, zst) or zip archive into a new directory. Archives with links, or names that lead out of it, are refused.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\", \"to\"], \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("The archive") ","
                  "\"to\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 4096, \"description\": \"The new directory, relative to the working directory\"}}}",
  .timeout = 300,
  .flags = VIG_TOOL_HOST | VIG_TOOL_FILES,
};

static const VigToolInfo mkdir_info = {
  .name = "filesystem.mkdir",
  .title = "Make a directory",
  .description = "Makes a new, empty directory (folder).",
  .level = VIG_LEVEL_WRITE,
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\"], \"additionalProperties\": false, \"properties\": {" PATH_PROPERTY ("The new directory") "}}",
  .timeout = 30,
  .flags = VIG_TOOL_HOST | VIG_TOOL_FILES,
};

/* The real path behind @path, so that a grant means one file whatever links lead to it; NULL where it is not there or outside. */
static char *
find_real_path (VigInvocation *invocation, const char *path)
{
  int fd = vig_invocation_open_beneath (invocation, path, O_PATH, 0, NULL);
  g_autofree char *link = NULL;
  char *real;

  if (fd < 0)
    return NULL;

  link = g_strdup_printf ("/proc/self/fd/%d", fd);
  real = g_file_read_link (link, NULL);
  g_close (fd, NULL);

  return real;
}

static char *
make_resource (VigInvocation *invocation)
{
  const char *path = filesystem_get_path (invocation);
  const char *directory = vig_invocation_get_working_directory (invocation);
  g_autofree char *real = find_real_path (invocation, path);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *real_parent = real == NULL ? find_real_path (invocation, parent) : NULL;
  g_autofree char *made = NULL;

  if (directory == NULL)
    return NULL;
  if (real == NULL && real_parent != NULL)
    made = g_build_filename (real_parent, name, NULL);
  else if (real == NULL)
    made = g_canonicalize_filename (path, directory);

  return g_strconcat ("file:", real != NULL ? real : made, NULL);
}

/* The name itself, whatever it leads to: what is deleted or moved is the link. */
static char *
make_name_resource (VigInvocation *invocation, const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *real = find_real_path (invocation, parent);
  const char *directory = vig_invocation_get_working_directory (invocation);

  if (real != NULL)
    return g_build_filename (real, name, NULL);

  return directory != NULL ? g_canonicalize_filename (path, directory) : NULL;
}

/* Changing what decides who may do what is more than writing. Where the working directory itself lies in such a place (/root, /var/lib/vigilus), its owner
 * has opened it: only names then tell. */
static VigLevel
get_change_level (VigInvocation *invocation, const char *path)
{
  g_autofree char *directory = find_real_path (invocation, ".");
  g_autofree char *inside = directory != NULL ? g_build_filename (directory, "", NULL) : NULL;
  gboolean is_opened = inside != NULL && g_str_has_prefix (path, inside) && vig_command_path_elevates (inside);

  return vig_command_path_elevates (is_opened ? path + strlen (inside) : path) ? VIG_LEVEL_ELEVATE : VIG_LEVEL_WRITE;
}

static VigLevel
classify_read (VigInvocation *invocation, char **resource)
{
  *resource = make_resource (invocation);

  return VIG_LEVEL_READ;
}

static VigLevel
classify_write (VigInvocation *invocation, char **resource)
{
  *resource = make_resource (invocation);

  return *resource != NULL ? get_change_level (invocation, *resource + strlen ("file:")) : VIG_LEVEL_WRITE;
}

static VigLevel
classify_delete (VigInvocation *invocation, char **resource)
{
  g_autofree char *name = make_name_resource (invocation, filesystem_get_path (invocation));

  if (name != NULL)
    *resource = g_strconcat (g_file_test (name, G_FILE_TEST_IS_SYMLINK) ? "link:" : "file:", name, NULL);

  return name != NULL ? get_change_level (invocation, name) : VIG_LEVEL_WRITE;
}

/* NULL where one name would read as two: then rules that forbid hold, and a grant is for the very arguments. */
static char *
make_pair_resource (const char *kind, const char *from, const char *to)
{
  if (strstr (from, " to /") != NULL || strstr (to, " to /") != NULL)
    return NULL;

  return g_strconcat (kind, ":", from, " to ", to, NULL);
}

static VigLevel
classify_move (VigInvocation *invocation, char **resource)
{
  g_autofree char *from = make_name_resource (invocation, filesystem_get_path (invocation));
  g_autofree char *to = make_name_resource (invocation, vig_json_get_string (vig_invocation_get_arguments (invocation), "to", ""));

  if (from != NULL && to != NULL)
    *resource = make_pair_resource ("move", from, to);

  return from != NULL && to != NULL ? MAX (get_change_level (invocation, from), get_change_level (invocation, to)) : VIG_LEVEL_WRITE;
}

/* What is made of it: a grant for one copy is for no other. */
static VigLevel
classify_from_to (VigInvocation *invocation, char **resource, const char *kind)
{
  g_autofree char *from = find_real_path (invocation, filesystem_get_path (invocation));
  g_autofree char *to = make_name_resource (invocation, vig_json_get_string (vig_invocation_get_arguments (invocation), "to", ""));

  if (from != NULL && to != NULL)
    *resource = make_pair_resource (kind, from, to);

  return to != NULL ? get_change_level (invocation, to) : VIG_LEVEL_WRITE;
}

static VigLevel
classify_copy (VigInvocation *invocation, char **resource)
{
  return classify_from_to (invocation, resource, "copy");
}

static VigLevel
classify_extract (VigInvocation *invocation, char **resource)
{
  return classify_from_to (invocation, resource, "extract");
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool (host, vig_simple_tool_new_full (&read_info, filesystem_read, classify_read, NULL));
  vig_host_add_tool (host, vig_simple_tool_new_full (&list_info, filesystem_list, classify_read, NULL));
  vig_host_add_tool (host, vig_simple_tool_new_full (&stat_info, filesystem_stat, classify_read, NULL));
  vig_host_add_tool (host, vig_simple_tool_new_full (&search_info, filesystem_search, classify_read, NULL));
  vig_host_add_tool (host, vig_simple_tool_new_full (&write_info, filesystem_write, classify_write, filesystem_write_preview));
  vig_host_add_tool (host, vig_simple_tool_new_full (&delete_info, filesystem_delete, classify_delete, filesystem_delete_preview));
  vig_host_add_tool (host, vig_simple_tool_new_full (&move_info, filesystem_move, classify_move, filesystem_move_preview));
  vig_host_add_tool (host, vig_simple_tool_new_full (&copy_info, filesystem_copy, classify_copy, filesystem_copy_preview));
  vig_host_add_tool (host, vig_simple_tool_new_full (&extract_info, filesystem_extract, classify_extract, filesystem_extract_preview));
  vig_host_add_tool (host, vig_simple_tool_new_full (&mkdir_info, filesystem_mkdir, classify_write, NULL));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "filesystem", activate, NULL };
