/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "nmap-import.h"
#include "nmap-report.h"

#include <libxml/parser.h>
#include <string.h>

#define DEFAULT_TIME 600 /* seconds */
#define MAX_TIME     3600
#define SPARE_TIME   5   /* seconds of the call that are left to tell what was found */

#define VIG_TYPE_NMAP_TOOL (vig_nmap_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigNmapTool, vig_nmap_tool, VIG, NMAP_TOOL, GObject)

/* "nmap.scan", and which networks it may reach. */
struct _VigNmapTool
{
  GObject parent_instance;
};

static const VigToolInfo scan_info = {
  .name = "nmap.scan",
  .title = "Scan the network",
  .description = "Scans hosts or networks of the home network with nmap: which hosts are there (profile discovery), which ports are open (ports), "
                 "what answers on them and in which version (services), which operating system it is (os). What is found is kept in Scope. "
                 "Only networks that the owner has allowed can be scanned.",
  .level = VIG_LEVEL_EXEC,
  .input_schema = "{\"type\": \"object\", \"required\": [\"targets\"], \"additionalProperties\": false, \"properties\": {"
                  "\"targets\": {\"type\": \"array\", \"minItems\": 1, \"maxItems\": 64, \"items\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 253}, "
                  "\"description\": \"Addresses (192.168.1.10), ranges (192.168.1.1-20), networks (192.168.1.0/24) or host names; 65536 addresses at most\"},"
                  "\"profile\": {\"type\": \"string\", \"enum\": [\"discovery\", \"ports\", \"services\", \"os\"], \"description\": \"What to find out; default ports. "
                  "services and os take much longer\"},"
                  "\"ports\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 1000, \"description\": \"Ports, such as 22,80,8000-8100 or - for all; "
                  "default: the 1000 most common\"},"
                  "\"protocol\": {\"type\": \"string\", \"enum\": [\"tcp\", \"udp\"], \"description\": \"Default tcp\"},"
                  "\"assume_up\": {\"type\": \"boolean\", \"description\": \"Scan also hosts that do not answer to the first probe; default false\"},"
                  "\"names\": {\"type\": \"boolean\", \"description\": \"Ask the name service what the hosts are called; default true\"},"
                  "\"timeout\": {\"type\": \"integer\", \"minimum\": 5, \"maximum\": 3600, \"description\": \"Seconds it may take; default 600\"}}}",
  .timeout = MAX_TIME + SPARE_TIME,
};

static const VigSettingsInfo settings_info = {
  .id = "nmap",
  .title = "Network scans",
  .description = "Which networks Operators may scan with nmap. Enter your own networks only: a scan of somebody else's may be forbidden.",
  .schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
            "\"networks\": {\"type\": \"array\", \"maxItems\": 64, \"items\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 64}, "
            "\"title\": \"Networks that may be scanned\", \"description\": \"One a line, such as 192.168.1.0/24 or fd00:1::/64, or a single address. "
            "Empty: nothing may be scanned.\"}}}",
};

static void tool_iface_init (VigToolInterface *iface);
static void configurable_iface_init (VigConfigurableInterface *iface);
static void reader_iface_init (VigRecordReaderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigNmapTool, vig_nmap_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, tool_iface_init)
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_CONFIGURABLE, configurable_iface_init)
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_RECORD_READER, reader_iface_init))

static gboolean
check_networks (VigInvocation *invocation, NmapTargets *targets, GError **error)
{
  g_autoptr (JsonObject) settings = vig_invocation_dup_settings (invocation, error);
  g_autoptr (GArray) networks = settings != NULL ? nmap_networks_parse (vig_json_get_array (settings, "networks"), error) : NULL;

  return networks != NULL && nmap_networks_check (networks, targets, error);
}

/* Nothing is looked up before the addresses are known to be allowed, and what nmap gets are addresses. */
static NmapTargets *
prepare (VigInvocation *invocation, NmapOptions *options, GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  g_autoptr (NmapTargets) targets = nmap_targets_parse (vig_json_get_array (arguments, "targets"), error);

  if (targets == NULL || !nmap_options_read (arguments, options, error) || !check_networks (invocation, targets, error)
      || !nmap_targets_resolve (targets, cancellable, error) || !check_networks (invocation, targets, error))
    return NULL;

  return g_steal_pointer (&targets);
}

static void
on_progress (const char *task, double fraction, gint64 seconds_left, gpointer user_data)
{
  g_autofree char *text = seconds_left >= 0 ? g_strdup_printf ("%s, about %" G_GINT64_FORMAT " s left", task, seconds_left) : g_strdup (task);

  vig_invocation_report_progress (user_data, fraction, text);
}

static char *
keep (VigInvocation *invocation, const NmapOptions *options, const NmapTargets *targets, const NmapRun *run, double seconds)
{
  g_autoptr (JsonObject) record = nmap_report_record (options, targets, run, seconds);
  g_autoptr (GError) error = NULL;

  if (vig_invocation_keep_record (invocation, "network-scan", record, &error))
    return g_strdup ("kept");

  return g_strdup_printf ("not kept: %s", error->message);
}

/* Unasked for, nmap ends well where it scanned nothing at all. */
static void
check_counts (NmapRun *run)
{
  JsonObject *facts = nmap_xml_get_facts (run->xml);

  if (run->problem == NULL && vig_json_get_int (facts, "total", -1) == 0)
    run->problem = g_strdup ("nmap scanned no host at all");
}

static JsonNode *
scan (VigInvocation *invocation, const NmapOptions *options, const NmapTargets *targets, const char *program, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) argv = nmap_options_argv (options, targets, program);
  gint64 time = vig_json_get_int (vig_invocation_get_arguments (invocation), "timeout", DEFAULT_TIME) * G_USEC_PER_SEC;
  gint64 started = g_get_monotonic_time ();
  NmapStart start = { argv, options->privileged, MIN (started + time, vig_invocation_get_deadline (invocation) - SPARE_TIME * G_USEC_PER_SEC) };
  g_auto (NmapRun) run = { nmap_xml_new (on_progress, invocation), NULL, FALSE };
  g_autofree char *kept = NULL;
  double seconds;

  if (!nmap_run (&run, invocation, &start, cancellable, error))
    return NULL;
  if (run.refused)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "%s", run.problem);
      return NULL;
    }

  check_counts (&run);
  seconds = (double) ((g_get_monotonic_time () - started) / 1000) / 1000;
  kept = keep (invocation, options, targets, &run, seconds);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  return nmap_report_result (options, targets, &run, seconds, kept, vig_invocation_get_output_limit (invocation));
}

static JsonNode *
vig_nmap_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  NmapOptions options;
  g_autoptr (NmapTargets) targets = prepare (invocation, &options, cancellable, error);
  g_autofree char *program = NULL;

  if (targets == NULL)
    return NULL;

  program = g_find_program_in_path ("nmap");
  if (program == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "nmap is not installed on this host (Debian: apt install nmap)");
      return NULL;
    }

  return scan (invocation, &options, targets, program, cancellable, error);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* A grant is for these targets; what can't be read is refused when it runs. */
static VigLevel
vig_nmap_tool_classify (VigTool *tool, VigInvocation *invocation, char **resource)
{
  g_autoptr (NmapTargets) targets = nmap_targets_parse (vig_json_get_array (vig_invocation_get_arguments (invocation), "targets"), NULL);
  g_autoptr (GString) text = g_string_new ("network:");

  if (targets == NULL)
    return VIG_LEVEL_EXEC;

  g_ptr_array_sort (targets->texts, compare_texts);
  for (guint i = 0; i < targets->texts->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", (char *) g_ptr_array_index (targets->texts, i));
  *resource = g_string_free (g_steal_pointer (&text), FALSE);

  return VIG_LEVEL_EXEC;
}

/* The very command, or why it will be refused; nothing is looked up for it. */
static VigPreview *
vig_nmap_tool_preview (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (NmapTargets) targets = nmap_targets_parse (vig_json_get_array (arguments, "targets"), &local_error);
  g_autoptr (GPtrArray) argv = NULL;
  g_autofree char *line = NULL;
  g_autofree char *text = NULL;
  NmapOptions options;

  if (targets == NULL || !nmap_options_read (arguments, &options, &local_error) || !check_networks (invocation, targets, &local_error))
    {
      text = g_strdup_printf ("It would be refused: %s", local_error->message);
      return vig_preview_new ("text", text);
    }

  for (guint i = 0; i < targets->texts->len; i++)
    if (g_ptr_array_index (targets->arguments, i) == NULL)
      targets->arguments->pdata[i] = g_strdup (g_ptr_array_index (targets->texts, i));
  argv = nmap_options_argv (&options, targets, "nmap");
  line = g_strjoinv (" ", (char **) argv->pdata);
  text = g_strdup_printf ("$ %s\n\n%" G_GUINT64_FORMAT " addresses", line, targets->n_addresses);

  return vig_preview_new ("command", text);
}

static const VigToolInfo *
vig_nmap_tool_get_info (VigTool *tool)
{
  return &scan_info;
}

static const VigSettingsInfo *
vig_nmap_tool_get_settings_info (VigConfigurable *configurable)
{
  return &settings_info;
}

static gboolean
vig_nmap_tool_check_settings (VigConfigurable *configurable, JsonObject *settings, GError **error)
{
  g_autoptr (GArray) networks = nmap_networks_parse (vig_json_get_array (settings, "networks"), error);

  return networks != NULL;
}

static JsonArray *
vig_nmap_tool_read_scan (VigRecordReader *reader, const char *text, gsize length, GError **error)
{
  return nmap_import_read (text, length, error);
}

static void
reader_iface_init (VigRecordReaderInterface *iface)
{
  iface->read_scan = vig_nmap_tool_read_scan;
}

static void
tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_nmap_tool_get_info;
  iface->run = vig_nmap_tool_run;
  iface->classify = vig_nmap_tool_classify;
  iface->preview = vig_nmap_tool_preview;
}

static void
configurable_iface_init (VigConfigurableInterface *iface)
{
  iface->get_settings_info = vig_nmap_tool_get_settings_info;
  iface->check_settings = vig_nmap_tool_check_settings;
}

static void
vig_nmap_tool_class_init (VigNmapToolClass *klass)
{
}

static void
vig_nmap_tool_init (VigNmapTool *self)
{
}

static gboolean
activate (VigHost *host, GError **error)
{
  xmlInitParser ();
  vig_host_add_tool (host, g_object_new (VIG_TYPE_NMAP_TOOL, NULL));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "nmap", activate, NULL };
