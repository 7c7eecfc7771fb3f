/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-tools.h"

#include "vig-result.h"
#include "vig-store-credentials.h"
#include "vig-store-http-tools.h"

#include <vigilus/vig-invocation-private.h>

#include <string.h>

#define OUTPUT_LIMIT (64 * 1024) /* bytes that a person is shown */

static char *
pick_secret (JsonObject *secrets, GError **error)
{
  static const char *const members[] = { "secret", "password", NULL };

  for (guint i = 0; members[i] != NULL; i++)
    if (vig_json_get_string (secrets, members[i], NULL) != NULL)
      return g_strdup (vig_json_get_string (secrets, members[i], NULL));

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the credential is a key pair: HTTP tools sign in with a password, an API key or a token");

  return NULL;
}

static char *
open_sealed (VigVault *vault, const char *sealed, GError **error)
{
  g_autofree char *text = vig_vault_open (vault, sealed, error);
  g_autoptr (JsonObject) secrets = text != NULL ? vig_json_parse_object (text, -1, 0, error) : NULL;

  if (text != NULL)
    explicit_bzero (text, strlen (text));

  return secrets != NULL ? pick_secret (secrets, error) : NULL;
}

static gpointer
read_sealed (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_http_tools_sealed (db, data, error);
}

char *
vig_http_tools_open_secret (const VigAgentContext *context, const char *tool_name, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *sealed = NULL;

  if (!g_str_has_prefix (tool_name, VIG_HTTP_TOOLS_PLUGIN "."))
    return NULL;

  sealed = vig_db_read (context->db, read_sealed, (gpointer) (tool_name + strlen (VIG_HTTP_TOOLS_PLUGIN ".")), &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return sealed != NULL ? open_sealed (context->vault, sealed, error) : NULL;
}

/* One try, on its way. */
typedef struct
{
  const VigAgentContext *context;
  VigTool               *tool;
  char                  *credential_id;
  char                  *preview;
  gint64                 started;
} Try;

static void
try_clear (gpointer data)
{
  Try *self = data;

  g_clear_object (&self->tool);
  g_free (self->credential_id);
  g_free (self->preview);
}

/* A tool that does not end keeps its invocation, and that keeps this. */
static void
try_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, try_clear);
}

static gpointer
read_credential (VigDbConnection *db, gpointer id, GError **error)
{
  char *sealed = NULL;
  g_autoptr (JsonObject) credential = vig_store_credentials_get (db, id, &sealed, error);

  return credential != NULL ? sealed : NULL;
}

static char *
dup_secret (gpointer data, const char *tool_name, GError **error)
{
  Try *self = data;
  g_autofree char *sealed = self->credential_id != NULL ? vig_db_read (self->context->db, read_credential, self->credential_id, error) : NULL;

  return sealed != NULL ? open_sealed (self->context->vault, sealed, error) : NULL;
}

static VigInvocation *
new_invocation (Try *self, JsonObject *arguments)
{
  static const VigInvocationServices services = { .dup_secret = dup_secret };
  const VigToolInfo *info = vig_tool_get_info (self->tool);
  VigInvocationValues values = { 0 };

  values.call_id = "";
  values.tool_name = info->name;
  values.operator_name = "";
  values.arguments = arguments;
  values.deadline = g_get_monotonic_time () + info->timeout * G_USEC_PER_SEC;
  values.output_limit = OUTPUT_LIMIT;
  values.level = info->level;

  return vig_invocation_new (&values, &services, g_atomic_rc_box_acquire (self), try_unref);
}

static gboolean
check_arguments (VigTool *tool, JsonObject *arguments, GError **error)
{
  g_autoptr (JsonNode) document = vig_json_parse (vig_tool_get_info (tool)->input_schema, -1, 0, error);
  g_autoptr (VigSchema) schema = document != NULL ? vig_schema_new (document, NULL, error) : NULL;
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), arguments);

  if (schema == NULL)
    return FALSE;
  if (vig_schema_validate (schema, node, error))
    return TRUE;

  g_prefix_error (error, "/arguments");

  return FALSE;
}

static JsonNode *
report (Try *self, JsonNode *result, const GError *error)
{
  gboolean failed = result == NULL || vig_result_is_failure (result);

  return vig_json_pack ("{s:b, s:s, s:s, s:O, s:I}",
                        "ok", !failed,
                        "message", error != NULL ? error->message : NULL,
                        "request", self->preview,
                        "result", result,
                        "milliseconds", (g_get_monotonic_time () - self->started) / 1000);
}

static void
tried (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Try *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_registry_run_tool_finish (VIG_REGISTRY (source), result, &error);
  g_autoptr (JsonNode) told = report (self, node, error);

  g_task_return_pointer (task, vig_redactor_apply_json (self->context->redactor, told), (GDestroyNotify) json_node_unref);
}

static char *
dup_preview (VigTool *tool, VigInvocation *invocation, GError **error)
{
  g_autoptr (VigPreview) preview = VIG_TOOL_GET_IFACE (tool)->preview (tool, invocation, NULL, error);

  return preview != NULL ? g_strdup (preview->text) : NULL;
}

void
vig_http_tools_try_async (const VigAgentContext *context, JsonObject *definition, JsonObject *arguments, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (context->registry, cancellable, callback, user_data);
  Try *self = g_atomic_rc_box_new0 (Try);
  g_autoptr (VigInvocation) invocation = NULL;
  GError *error = NULL;

  g_task_set_source_tag (task, vig_http_tools_try_async);
  g_task_set_task_data (task, self, try_unref);
  self->context = context;
  self->credential_id = g_strdup (vig_json_get_string (definition, "credential_id", NULL));
  self->started = g_get_monotonic_time ();
  self->tool = vig_http_tools_make (context->registry, definition, &error);
  if (self->tool != NULL && check_arguments (self->tool, arguments, &error))
    {
      invocation = new_invocation (self, arguments);
      self->preview = dup_preview (self->tool, invocation, &error);
    }
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  vig_registry_run_tool_async (context->registry, self->tool, invocation, cancellable, tried, g_steal_pointer (&task));
}

JsonNode *
vig_http_tools_try_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
