/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "wazuh-indexer.h"
#include "wazuh-query.h"

#define VIG_TYPE_WAZUH_TOOL (vig_wazuh_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigWazuhTool, vig_wazuh_tool, VIG, WAZUH_TOOL, GObject)

/* "wazuh.query", and where Wazuh is. */
struct _VigWazuhTool
{
  GObject   parent_instance;

  WazuhApi *api;
};

#define TEXT(max) "\"type\": \"string\", \"minLength\": 1, \"maxLength\": " #max

static const VigToolInfo query_info = {
  .name = "wazuh.query",
  .title = "Query Wazuh",
  .description = "Queries Wazuh, the SIEM: security alerts, logs, vulnerabilities of hosts, agents and whether they are connected, detection rules, and "
                 "changes of watched files (file integrity). Answers come by pages; `next` is the `after` of the page that follows.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\": \"object\", \"required\": [\"what\"], \"additionalProperties\": false, \"properties\": {"
                  "\"what\": {\"type\": \"string\", \"enum\": [\"alerts\", \"logs\", \"vulnerabilities\", \"agents\", \"rules\", \"file_integrity\"]},"
                  "\"agent\": {" TEXT (128) ", \"description\": \"An agent, by id (001) or name\"},"
                  "\"level_min\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 16, \"description\": \"Alerts, logs and rules of this level or higher; 7 is worth a look, "
                  "12 is serious\"},"
                  "\"rule_id\": {\"type\": \"string\", \"pattern\": \"^[0-9]{1,10}$\", \"description\": \"Alerts, logs or rules of this rule\"},"
                  "\"group\": {" TEXT (64) ", \"description\": \"Alerts, logs or rules of this rule group (sshd, syscheck ...), or agents of this group\"},"
                  "\"severity\": {\"type\": \"string\", \"enum\": [\"Critical\", \"High\", \"Medium\", \"Low\"], \"description\": \"Vulnerabilities\"},"
                  "\"cve\": {\"type\": \"string\", \"pattern\": \"^[A-Za-z0-9-]{1,32}$\", \"description\": \"Vulnerabilities, such as CVE-2024-3094\"},"
                  "\"package\": {" TEXT (128) ", \"description\": \"Vulnerabilities of this package\"},"
                  "\"path\": {" TEXT (1024) ", \"description\": \"File integrity, or alerts, of this very file\"},"
                  "\"status\": {\"type\": \"string\", \"enum\": [\"active\", \"pending\", \"never_connected\", \"disconnected\"], \"description\": \"Agents\"},"
                  "\"text\": {" TEXT (256) ", \"description\": \"Words that must all occur\"},"
                  "\"since\": {" TEXT (40) ", \"description\": \"From then on: 2026-01-31T12:00:00Z, or how long ago: 24h, 7d (alerts, logs, vulnerabilities, file integrity)\"},"
                  "\"until\": {" TEXT (40) ", \"description\": \"Until then\"},"
                  "\"limit\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 200, \"description\": \"Default 25\"},"
                  "\"after\": {" TEXT (2048) ", \"description\": \"The `next` of the page before\"}}}",
  .timeout = 120,
};

static const VigSettingsInfo settings_info = {
  .id = "wazuh",
  .title = "Wazuh",
  .description = "Where Wazuh is. The server API (port 55000) knows agents, rules and file integrity; the indexer (port 9200) alerts, logs and vulnerabilities. "
                 "Users that may only read are enough.",
  .schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
            "\"api_url\": {" TEXT (255) ", \"title\": \"URL of the server API\", \"description\": \"Such as https://wazuh.lan:55000\"},"
            "\"api_user\": {" TEXT (128) ", \"title\": \"User of the server API\"},"
            "\"api_password\": {" TEXT (512) ", \"title\": \"Password of the server API\", \"writeOnly\": true, \"x-for\": \"api_url api_user\"},"
            "\"indexer_url\": {" TEXT (255) ", \"title\": \"URL of the indexer\", \"description\": \"Such as https://wazuh.lan:9200\"},"
            "\"indexer_user\": {" TEXT (128) ", \"title\": \"User of the indexer\"},"
            "\"indexer_password\": {" TEXT (512) ", \"title\": \"Password of the indexer\", \"writeOnly\": true, \"x-for\": \"indexer_url indexer_user\"},"
            "\"ca_certificate\": {" TEXT (65536) ", \"title\": \"Certificate of the CA\", \"x-lines\": true, \"description\": \"PEM (Wazuh: root-ca.pem). Then only what it "
            "has signed is trusted. Empty: what this host trusts\"},"
            "\"fingerprint\": {" TEXT (128) ", \"title\": \"Fingerprint of a certificate\", \"description\": \"SHA-256 of the server's own certificate, where no CA "
            "has signed it: openssl x509 -noout -fingerprint -sha256. Trusted beside the CA\"}}}",
};

static void tool_iface_init (VigToolInterface *iface);
static void configurable_iface_init (VigConfigurableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigWazuhTool, vig_wazuh_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, tool_iface_init)
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_CONFIGURABLE, configurable_iface_init))

static WazuhPlace
read_place (JsonObject *settings, const char *what, const char *const names[3])
{
  return (WazuhPlace) {
    what,
    vig_json_get_string (settings, names[0], NULL),
    vig_json_get_string (settings, names[1], NULL),
    vig_json_get_string (settings, names[2], NULL),
    vig_json_get_string (settings, "ca_certificate", NULL),
    vig_json_get_string (settings, "fingerprint", NULL),
  };
}

static WazuhPlace
read_server (JsonObject *settings)
{
  static const char *const names[] = { "api_url", "api_user", "api_password" };

  return read_place (settings, "server API", names);
}

static WazuhPlace
read_indexer (JsonObject *settings)
{
  static const char *const names[] = { "indexer_url", "indexer_user", "indexer_password" };

  return read_place (settings, "indexer", names);
}

static JsonNode *
vig_wazuh_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonObject) settings = vig_invocation_dup_settings (invocation, error);
  WazuhQuery query = { 0 };

  if (settings == NULL)
    return NULL;

  query.api = VIG_WAZUH_TOOL (tool)->api;
  query.server = read_server (settings);
  query.indexer = read_indexer (settings);
  query.arguments = vig_invocation_get_arguments (invocation);
  query.limit = vig_invocation_get_output_limit (invocation);
  query.cancellable = cancellable;

  return wazuh_query_run (&query, error);
}

static VigLevel
vig_wazuh_tool_classify (VigTool *tool, VigInvocation *invocation, char **resource)
{
  *resource = g_strconcat ("wazuh:", vig_json_get_string (vig_invocation_get_arguments (invocation), "what", ""), NULL);

  return VIG_LEVEL_READ;
}

static const VigToolInfo *
vig_wazuh_tool_get_info (VigTool *tool)
{
  return &query_info;
}

static const VigSettingsInfo *
vig_wazuh_tool_get_settings_info (VigConfigurable *configurable)
{
  return &settings_info;
}

static gboolean
vig_wazuh_tool_check_settings (VigConfigurable *configurable, JsonObject *settings, GError **error)
{
  WazuhPlace server = read_server (settings);
  WazuhPlace indexer = read_indexer (settings);

  return wazuh_place_validate ("api_url", &server, error) && wazuh_place_validate ("indexer_url", &indexer, error);
}

/* One line of each server; FALSE: it failed. */
static gboolean
try_server (VigWazuhTool *self, const WazuhPlace *place, GString *text, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  int version = wazuh_api_get_version (self->api, place, cancellable, &error);

  if (version >= 0)
    g_string_append_printf (text, "The server API answers: version %d.%d. ", version / 1000, version % 1000);
  else
    g_string_append_printf (text, "%s. ", error->message);

  return version >= 0;
}

static gboolean
try_indexer (const WazuhPlace *place, GString *text, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *version = wazuh_indexer_get_version (place, cancellable, &error);

  if (version != NULL)
    g_string_append_printf (text, "The indexer answers: version %s. ", version);
  else
    g_string_append_printf (text, "%s. ", error->message);

  return version != NULL;
}

static JsonNode *
vig_wazuh_tool_test_settings (VigConfigurable *configurable, JsonObject *settings, GCancellable *cancellable, GError **error)
{
  VigWazuhTool *self = VIG_WAZUH_TOOL (configurable);
  g_autoptr (GString) text = g_string_new (NULL);
  WazuhPlace server = read_server (settings);
  WazuhPlace indexer = read_indexer (settings);
  gboolean ok = TRUE;

  if (server.url != NULL)
    ok = try_server (self, &server, text, cancellable);
  if (indexer.url != NULL)
    ok = try_indexer (&indexer, text, cancellable) && ok;
  if (server.url == NULL && indexer.url == NULL)
    {
      ok = FALSE;
      g_string_append (text, "Enter the URL of the server API, of the indexer, or of both.");
    }

  return vig_json_pack ("{s:b, s:s, s:[]}", "ok", ok, "message", g_strchomp (text->str), "advice");
}

static void
tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_wazuh_tool_get_info;
  iface->run = vig_wazuh_tool_run;
  iface->classify = vig_wazuh_tool_classify;
}

static void
configurable_iface_init (VigConfigurableInterface *iface)
{
  iface->get_settings_info = vig_wazuh_tool_get_settings_info;
  iface->check_settings = vig_wazuh_tool_check_settings;
  iface->test_settings = vig_wazuh_tool_test_settings;
}

static void
vig_wazuh_tool_finalize (GObject *object)
{
  wazuh_api_free (VIG_WAZUH_TOOL (object)->api);

  G_OBJECT_CLASS (vig_wazuh_tool_parent_class)->finalize (object);
}

static void
vig_wazuh_tool_class_init (VigWazuhToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_wazuh_tool_finalize;
}

static void
vig_wazuh_tool_init (VigWazuhTool *self)
{
  self->api = wazuh_api_new ();
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool (host, g_object_new (VIG_TYPE_WAZUH_TOOL, NULL));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "wazuh", activate, NULL };
