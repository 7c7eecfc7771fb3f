/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-starters.h"

#include "vig-store-builtins.h"
#include "vig-store-operators.h"
#include "vig-store-settings.h"

#define DONE "starters.done"

/* What the first version gave, before built-in Operators were known as such. */
static const VigBuiltin first[] = {
  {
      "infrastructure",
      1,
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
      "files",
      1,
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
      "activity",
      1,
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
is_done (VigDbConnection *db, gboolean *done, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *value = vig_store_value_dup (db, DONE, &local_error);

  *done = g_strcmp0 (value, "1") == 0;
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

gboolean
vig_store_starters_ensure (VigDbConnection *db, const char *workspace_dir, GError **error)
{
  const VigBuiltin *builtins;
  gboolean done;
  guint n;

  if (!is_done (db, &done, error))
    return FALSE;
  if (done && !vig_store_builtins_adopt (db, first, G_N_ELEMENTS (first), error))
    return FALSE;
  builtins = vig_store_builtins_all (&n);

  return vig_store_builtins_ensure (db, builtins, n, workspace_dir, error) && (!done || vig_store_value_set (db, DONE, "0", error));
}
