/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <fcntl.h>
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
                  "\"limit\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"How many lines to show\"}}}",
  .timeout = 30,
  .flags = VIG_TOOL_HOST,
};

static const VigToolInfo list_info = {
  .name = "filesystem.list",
  .title = "List a directory",
  .description = "Lists the files and folders in a directory. Use for: which files are there, what a folder or the working directory holds.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {" PATH_PROPERTY ("The directory; without it, the working directory itself") "}}",
  .timeout = 30,
  .flags = VIG_TOOL_HOST,
};

static const VigToolInfo write_info = {
  .name = "filesystem.write",
  .title = "Write a file",
  .description = "Writes text to a file. Use for: create a file, write or save a note, replace what a file holds, append or add a line to it.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\", \"content\"], \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("The file") ","
                  "\"content\": {\"type\": \"string\", \"description\": \"The text to write\"},"
                  "\"mode\": {\"enum\": [\"create\", \"replace\", \"append\"], \"default\": \"replace\", "
                  "\"description\": \"create: the file must be new; replace: write it anew (also if it is new); append: add the text at its end\"}}}",
  .timeout = 30,
  .flags = VIG_TOOL_HOST | VIG_TOOL_OWN_WORDS,
};

const char *
filesystem_get_path (VigInvocation *invocation)
{
  return vig_json_get_string (vig_invocation_get_arguments (invocation), "path", ".");
}

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

  return VIG_LEVEL_WRITE;
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool (host, vig_simple_tool_new_full (&read_info, filesystem_read, classify_read, NULL));
  vig_host_add_tool (host, vig_simple_tool_new_full (&list_info, filesystem_list, classify_read, NULL));
  vig_host_add_tool (host, vig_simple_tool_new_full (&write_info, filesystem_write, classify_write, filesystem_preview));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "filesystem", activate, NULL };
