/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "nmap-import.h"

#include "nmap-report.h"

#include <string.h>

#define MAX_COMMAND 300 /* bytes of the command line that are shown */

static gboolean
has_option (char **words, const char *option)
{
  return g_strv_contains ((const char *const *) words, option);
}

static const char *
find_profile (const char *arguments)
{
  g_auto (GStrv) words = g_strsplit_set (arguments, " \t", -1);

  if (has_option (words, "-O") || has_option (words, "-A"))
    return "os";

  return has_option (words, "-sV") ? "services" : "ports";
}

/* Passwords are given to nmap's scripts and proxies. */
static gboolean
takes_secret (const char *word)
{
  return g_str_has_prefix (word, "--script-args") || g_str_has_prefix (word, "--proxies") || g_str_equal (word, "--proxy");
}

/* Whole words of it, for no redactor would know a secret by half. */
static char *
cut_command (const char *arguments)
{
  g_auto (GStrv) words = g_strsplit (arguments, " ", -1);
  g_autoptr (GString) command = g_string_new (words[0]);

  for (guint i = 1; words[0] != NULL && words[i] != NULL && command->len + strlen (words[i]) < MAX_COMMAND; i++)
    {
      gboolean is_option = takes_secret (words[i]);

      if (takes_secret (words[i - 1]) && strchr (words[i - 1], '=') == NULL)
        g_string_append (command, " …");
      else
        g_string_append_printf (command, " %.*s%s", (int) (is_option ? strcspn (words[i], "=") : strlen (words[i])), words[i],
                                is_option && strchr (words[i], '=') != NULL ? "=…" : "");
    }

  return g_string_free (g_steal_pointer (&command), FALSE);
}

static JsonObject *
make_record (NmapXml *xml, const char *protocol, const char *problem)
{
  JsonObject *facts = nmap_xml_get_facts (xml);
  const char *arguments = vig_json_get_string (facts, "arguments", "nmap");
  const char *ports = vig_json_get_string (vig_json_get_object (facts, "ports"), protocol, NULL);
  g_autofree char *command = cut_command (arguments);
  g_autoptr (GPtrArray) no_names = g_ptr_array_new ();
  NmapTargets targets = { .names = no_names };

  return vig_json_pack_object ("{s:s, s:s, s:s, s:[s], s:[], s:b, s:b, s:s, s:f, s:s, s:I, s:A, s:I}",
                               "profile", ports != NULL ? find_profile (arguments) : "discovery",
                               "protocol", protocol,
                               "ports", ports,
                               "targets", command,
                               "ranges",
                               "assumed_up", FALSE,
                               "complete", problem == NULL,
                               "problem", problem,
                               "seconds", 0.0,
                               "scanner_version", vig_json_get_string (facts, "version", NULL),
                               "n_addresses", MAX (vig_json_get_int (facts, "total", 0), 0),
                               "hosts", nmap_report_hosts (xml, &targets),
                               "at", vig_json_get_int (facts, "time", 0));
}

static const char *
find_problem (NmapXml *xml, const GError *broken)
{
  JsonObject *facts = nmap_xml_get_facts (xml);

  if (broken != NULL)
    return "the file ends before the scan does";

  return g_strcmp0 (vig_json_get_string (facts, "finished", NULL), "success") == 0 ? NULL : "the scan did not run to its end";
}

JsonArray *
nmap_import_read (const char *text, gsize length, GError **error)
{
  static const char *const protocols[] = { "tcp", "udp" };
  g_autoptr (NmapXml) xml = nmap_xml_new (NULL, NULL);
  g_autoptr (JsonArray) records = json_array_new ();
  g_autoptr (GError) broken = NULL;

  if (!nmap_xml_feed (xml, text, length, error))
    return NULL;
  /* Of a scan that was stopped, the hosts that are whole are there. */
  if (!nmap_xml_end (xml, &broken) && json_array_get_length (nmap_xml_get_hosts (xml)) == 0)
    {
      g_propagate_error (error, g_steal_pointer (&broken));
      return NULL;
    }

  for (guint i = 0; i < G_N_ELEMENTS (protocols); i++)
    if (json_object_has_member (vig_json_get_object (nmap_xml_get_facts (xml), "ports"), protocols[i]))
      json_array_add_object_element (records, make_record (xml, protocols[i], find_problem (xml, broken)));
  if (json_array_get_length (records) == 0)
    json_array_add_object_element (records, make_record (xml, "tcp", find_problem (xml, broken)));

  return g_steal_pointer (&records);
}
