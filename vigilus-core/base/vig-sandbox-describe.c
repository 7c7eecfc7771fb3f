/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"

#include <unistd.h>

/* What newer kernels or more privileges would add, and is left to the user id and the filter of system calls here. */
static JsonArray *
list_missing (int abi, gboolean seccomp, VigCgroupAbilities cgroup)
{
  static const struct { int abi; const char *what; } parts[] = {
    { 1, "landlock" }, { 3, "landlock-truncate" }, { 4, "landlock-tcp" }, { 5, "landlock-ioctl" }, { 6, "landlock-signals" },
  };
  JsonArray *missing = json_array_new ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (parts); i++)
    if (abi < parts[i].abi)
      json_array_add_string_element (missing, parts[i].what);
  if (!seccomp)
    json_array_add_string_element (missing, "seccomp");
  if (!vig_namespaces_are_available ())
    json_array_add_string_element (missing, "namespaces");
  if ((cgroup & VIG_CGROUP_PIDS) == 0)
    json_array_add_string_element (missing, "cgroup-pids");
  if ((cgroup & VIG_CGROUP_MEMORY) == 0)
    json_array_add_string_element (missing, "cgroup-memory");

  return missing;
}

static JsonArray *
list_namespaces (void)
{
  JsonArray *list = json_array_new ();

  if (vig_namespaces_are_available ())
    {
      json_array_add_string_element (list, "network");
      json_array_add_string_element (list, "ipc");
    }

  return list;
}

static JsonObject *
describe_cgroup (VigCgroupAbilities abilities)
{
  return vig_json_pack_object ("{s:b, s:b, s:b, s:b}", "unified", (abilities & VIG_CGROUP_UNIFIED) != 0, "pids", (abilities & VIG_CGROUP_PIDS) != 0,
                               "memory", (abilities & VIG_CGROUP_MEMORY) != 0, "kill", (abilities & VIG_CGROUP_KILL) != 0);
}

static const char *
describe_identity (JsonObject *probe)
{
  if (geteuid () != 0)
    return "the user that runs the daemon";

  return vig_json_get_boolean (probe, "id_mapped", FALSE) ? "the owner of the working directory; a user for nothing else where that is root"
                                                          : "the owner of the working directory; root without capabilities where that is root";
}

JsonObject *
vig_sandbox_describe (const char *folder)
{
  struct sock_fprog filter;
  int abi = vig_landlock_get_abi ();
  gboolean seccomp = vig_seccomp_get_filter (0, &filter, NULL);
  VigCgroupAbilities cgroup = vig_cgroup_get_abilities ();
  g_autoptr (JsonObject) cgroups = describe_cgroup (cgroup);
  g_autoptr (JsonObject) probe = vig_sandbox_probe (folder);
  gboolean passed = vig_json_get_boolean (probe, "passed", FALSE);
  const char *identity = describe_identity (probe);
  const char *file_tools = vig_files_hold_to_string (vig_files_probe (folder));

  vig_confinement_set_refused (vig_json_get_boolean (probe, "ran", FALSE) && !passed);

  return vig_json_pack_object ("{s:i, s:b, s:s, s:s, s:b, s:A, s:A, s:J, s:J}",
                               "landlock_abi", abi,
                               "seccomp", seccomp,
                               "identity", identity,
                               "file_tools", file_tools,
                               "usable", abi >= 1 && seccomp && passed,
                               "missing", list_missing (abi, seccomp, cgroup),
                               "namespaces", list_namespaces (),
                               "cgroup", cgroups,
                               "self_test", probe);
}

static void
add_names (GString *text, const char *title, JsonArray *names)
{
  guint i;

  for (i = 0; i < json_array_get_length (names); i++)
    g_string_append_printf (text, "%s%s", i == 0 ? title : ", ", json_array_get_string_element (names, i));
}

static void
add_failures (GString *text, JsonObject *probe)
{
  JsonArray *tests = vig_json_get_array (probe, "tests");
  gboolean first = TRUE;
  guint i;

  if (!vig_json_get_boolean (probe, "ran", FALSE))
    g_string_append (text, "; the self-test could not run");
  for (i = 0; vig_json_get_boolean (probe, "ran", FALSE) && i < json_array_get_length (tests); i++)
    {
      JsonObject *test = json_array_get_object_element (tests, i);

      if (vig_json_get_boolean (test, "held", FALSE))
        continue;
      g_string_append_printf (text, "%s%s", first ? "; failed: " : ", ", vig_json_get_string (test, "name", ""));
      first = FALSE;
    }
}

static const char *
describe_file_tools (JsonObject *description)
{
  const char *hold = vig_json_get_string (description, "file_tools", "none");

  return g_str_equal (hold, "all")       ? "file tools are held to their folders by Landlock"
         : g_str_equal (hold, "reading") ? "file tools are held to their folders by Landlock where they only read, else by how they open files"
                                         : "file tools are held to their folders by how they open files, without Landlock";
}

char *
vig_sandbox_summarize (JsonObject *description)
{
  JsonObject *cgroup = vig_json_get_object (description, "cgroup");
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s: Landlock ABI %d, seccomp %s, control groups %s; commands run as %s",
                          vig_json_get_boolean (description, "usable", FALSE) ? "commands are confined" : "commands are refused",
                          (int) vig_json_get_int (description, "landlock_abi", 0), vig_json_get_boolean (description, "seccomp", FALSE) ? "yes" : "no",
                          !vig_json_get_boolean (cgroup, "kill", FALSE) ? "no" : vig_json_get_boolean (cgroup, "pids", FALSE) ? "with limits" : "without limits",
                          vig_json_get_string (description, "identity", ""));
  g_string_append_printf (text, "; %s", describe_file_tools (description));
  add_names (text, "; namespaces: ", vig_json_get_array (description, "namespaces"));
  add_names (text, "; left to other means: ", vig_json_get_array (description, "missing"));
  add_failures (text, vig_json_get_object (description, "self_test"));

  return g_string_free (text, FALSE);
}
