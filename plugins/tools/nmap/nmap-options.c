/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "nmap-options.h"

#include <string.h>

#define MAX_PORTS_TEXT 1000
#define CAP_NET_RAW_BIT 13

gboolean
nmap_is_privileged (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return FALSE;

  line = strstr (status, "\nCapEff:");

  return line != NULL && (g_ascii_strtoull (line + strlen ("\nCapEff:"), NULL, 16) >> CAP_NET_RAW_BIT & 1) != 0;
}

/* "22", "1-1024", "-100", "60000-", "-": numbers 0 to 65535. */
static gboolean
is_port_range (const char *text)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", -1);
  guint64 first = 0;
  guint64 last = 65535;

  if (ends[0] == NULL || (ends[1] != NULL && ends[2] != NULL))
    return FALSE;
  if (*ends[0] != '\0' && !g_ascii_string_to_unsigned (ends[0], 10, 0, 65535, &first, NULL))
    return FALSE;
  if (ends[1] == NULL)
    return *ends[0] != '\0';

  return *ends[1] == '\0' || g_ascii_string_to_unsigned (ends[1], 10, first, 65535, &last, NULL);
}

/* A service's name as nmap knows it, with * and ? for anything. */
static gboolean
is_service_name (const char *text)
{
  gsize length = strlen (text);

  return g_ascii_isalpha (*text) && length <= 64 && strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*?") == length;
}

static gboolean
check_ports (const char *ports, GError **error)
{
  g_auto (GStrv) pieces = g_strsplit (ports, ",", -1);

  if (strlen (ports) <= MAX_PORTS_TEXT)
    {
      guint i = 0;

      while (pieces[i] != NULL && (is_port_range (pieces[i]) || is_service_name (pieces[i])))
        i++;
      if (pieces[i] == NULL && i > 0)
        return TRUE;
    }

  if (g_regex_match_simple ("(^|,)[TUSP]:", ports, 0, 0))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/ports: one scan is of one protocol, which the argument protocol names (tcp, udp): leave T: and U: out, "
                           "and make two scans for both");
      return FALSE;
    }
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/ports: write numbers from 0 to 65535, ranges and service names, divided by commas, such as 22,80,8000-8100,http*; "
               "at most %d characters",
               MAX_PORTS_TEXT);

  return FALSE;
}

static gboolean
check_privilege (const NmapOptions *options, GError **error)
{
  gboolean wants_os = g_str_equal (options->profile, "os");

  if (options->privileged || (!wants_os && !g_str_equal (options->protocol, "udp")))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s needs raw packets, which Vigilus may not send here (CAP_NET_RAW): the README of the plugin nmap says how to "
               "allow it. The profiles discovery, ports and services work over tcp without it",
               wants_os ? "the profile os" : "a udp scan");

  return FALSE;
}

gboolean
nmap_options_read (JsonObject *arguments, NmapOptions *options, GError **error)
{
  options->profile = vig_json_get_string (arguments, "profile", "ports");
  options->protocol = vig_json_get_string (arguments, "protocol", "tcp");
  options->ports = vig_json_get_string (arguments, "ports", NULL);
  options->assume_up = vig_json_get_boolean (arguments, "assume_up", FALSE);
  options->with_names = vig_json_get_boolean (arguments, "names", TRUE);
  options->privileged = nmap_is_privileged ();
  if (options->ports != NULL && g_str_equal (options->profile, "discovery"))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/ports: the profile discovery looks for hosts, not for ports: take the profile ports");
      return FALSE;
    }
  if (options->assume_up && g_str_equal (options->profile, "discovery"))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/assume_up: the profile discovery asks which hosts are up: take the profile ports");
      return FALSE;
    }

  return (options->ports == NULL || check_ports (options->ports, error)) && check_privilege (options, error);
}

static const char *
get_method (const NmapOptions *options)
{
  if (g_str_equal (options->profile, "discovery"))
    return "-sn";
  if (g_str_equal (options->protocol, "udp"))
    return "-sU";

  return options->privileged ? "-sS" : "-sT";
}

GPtrArray *
nmap_options_argv (const NmapOptions *options, const NmapTargets *targets, const char *program)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);
  const char *const fixed[] = { program, options->privileged ? "--privileged" : "--unprivileged", "-oX", "-", "--stats-every", "2s", "-T4",
                                options->with_names ? "-R" : "-n", get_method (options) };

  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    g_ptr_array_add (argv, g_strdup (fixed[i]));
  if (g_str_equal (options->profile, "services") || g_str_equal (options->profile, "os"))
    g_ptr_array_add (argv, g_strdup ("-sV"));
  if (g_str_equal (options->profile, "os"))
    g_ptr_array_add (argv, g_strdup ("-O"));
  if (options->assume_up)
    g_ptr_array_add (argv, g_strdup ("-Pn"));
  if (options->ports != NULL)
    g_ptr_array_add (argv, g_strconcat ("-p", options->ports, NULL));
  if (targets->is_ipv6)
    g_ptr_array_add (argv, g_strdup ("-6"));
  g_ptr_array_add (argv, g_strdup ("--"));
  for (guint i = 0; i < targets->arguments->len; i++)
    g_ptr_array_add (argv, g_strdup (g_ptr_array_index (targets->arguments, i)));
  g_ptr_array_add (argv, NULL);

  return argv;
}
