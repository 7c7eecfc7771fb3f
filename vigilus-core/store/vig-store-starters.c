/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-starters.h"

#include "vig-store-operators.h"
#include "vig-store-settings.h"

#define DONE "starters.done"

typedef struct
{
  const char *name;
  const char *description;
  const char *system_prompt;
  const char *permission_level;
  gboolean    has_workspace;
  const char *tools[10];
} Starter;

static const Starter starters[] = {
  {
      "Infrastructure",
      "Looks after this host: disks, memory, load, services, network and logs.",
      "You look after the host that Vigilus runs on. Answer questions about its health: how full disks and memory are, what loads it, "
      "which services run or have failed, what the logs say. Look before you answer; never guess a figure. Prefer commands that only "
      "read, one at a time. Before anything that changes the host, say what it will do and why. Report the facts first, then what "
      "they mean, then what you suggest.",
      "exec",
      TRUE,
      { "shell.exec", "filesystem.read", "filesystem.list", "filesystem.search", "vigilus.activity" },
  },
  {
      "Files",
      "Reads, lists and writes notes and files in the workspace.",
      "You keep the files of the workspace. List and read them when asked, and write exactly what you were asked to write. Paths are "
      "relative to the workspace. Before you overwrite a file, read it, and keep what you were not asked to change. Say which file "
      "you wrote and what is in it now.",
      "write",
      TRUE,
      { "filesystem.read", "filesystem.list", "filesystem.write", "filesystem.search", "filesystem.stat", "filesystem.delete", "filesystem.move", "filesystem.mkdir" },
  },
  {
      "Activity",
      "Answers what was done: runs, tool calls, approvals and who decided them.",
      "You answer questions about what Vigilus and its Operators have done: which runs there were, which tools were called, what was "
      "approved or denied and by whom, what failed. Look it up; if the record does not show it, say so. Give times and names.",
      "read",
      FALSE,
      { "vigilus.activity" },
  },
};

static gboolean
create (VigDbConnection *db, const Starter *starter, const char *workspace_dir, GError **error)
{
  g_autoptr (JsonObject) existing = NULL;
  g_autoptr (JsonObject) values = NULL;
  g_autoptr (JsonObject) created = NULL;
  g_autoptr (GError) local_error = NULL;
  JsonArray *tools = json_array_new ();

  for (guint i = 0; starter->tools[i] != NULL; i++)
    json_array_add_string_element (tools, starter->tools[i]);

  values = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:A}",
                                 "name", starter->name,
                                 "description", starter->description,
                                 "system_prompt", starter->system_prompt,
                                 "permission_level", starter->permission_level,
                                 "working_directory", starter->has_workspace ? workspace_dir : NULL,
                                 "tools", tools);

  existing = vig_store_operators_find (db, starter->name, &local_error);
  if (existing == NULL && local_error == NULL)
    created = vig_store_operators_create (db, values, &local_error);

  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

gboolean
vig_store_starters_ensure (VigDbConnection *db, const char *workspace_dir, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *done = vig_store_value_dup (db, DONE, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  for (guint i = 0; done == NULL && i < G_N_ELEMENTS (starters); i++)
    if (!create (db, &starters[i], workspace_dir, error))
      return FALSE;

  return done != NULL || vig_store_value_set (db, DONE, "1", error);
}
