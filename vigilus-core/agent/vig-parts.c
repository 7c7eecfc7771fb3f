/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-parts.h"

#include "vig-approvals-private.h"
#include "vig-store-row.h"

#define CALLS_PER_TOOL 8
#define MAX_SCHEMAS    1024

VigParts *
vig_parts_new (const VigAgentContext *context, VigApprovals *approvals)
{
  VigParts *self = g_rc_box_new0 (VigParts);

  self->context = *context;
  g_object_ref (context->db);
  g_object_ref (context->registry);
  g_object_ref (context->events);
  g_object_ref (context->redactor);
  g_object_ref (context->vault);
  g_object_ref (context->worker);
  if (context->undo != NULL)
    g_object_ref (context->undo);
  self->approvals = g_object_ref (approvals);
  vig_approvals_set_parts (approvals, self);
  self->providers = vig_provider_cache_new (context->registry, context->vault, context->events);
  self->slots = vig_slots_new (CALLS_PER_TOOL);
  self->delegation = vig_delegation_new (context->db);
  self->windows = vig_windows_new ();
  self->schemas = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) vig_schema_unref);

  return self;
}

static void
clear (gpointer data)
{
  VigParts *self = data;

  g_object_unref (self->context.db);
  g_object_unref (self->context.registry);
  g_object_unref (self->context.events);
  g_object_unref (self->context.redactor);
  g_object_unref (self->context.vault);
  g_object_unref (self->context.worker);
  vig_approvals_set_parts (self->approvals, NULL);
  g_clear_object (&self->context.undo);
  g_object_unref (self->approvals);
  vig_provider_cache_free (self->providers);
  vig_slots_free (self->slots);
  vig_delegation_free (self->delegation);
  vig_windows_free (self->windows);
  vig_policy_rules_unref (self->rules);
  g_hash_table_unref (self->schemas);
}

VigParts *
vig_parts_ref (VigParts *self)
{
  return g_rc_box_acquire (self);
}

void
vig_parts_unref (VigParts *self)
{
  g_rc_box_release_full (self, clear);
}

VigSchema *
vig_parts_ensure_schema (VigParts *self, const char *text, GError **error)
{
  VigSchema *schema = g_hash_table_lookup (self->schemas, text);
  g_autoptr (JsonNode) document = NULL;

  if (schema != NULL)
    return schema;

  document = vig_json_parse (text, -1, 0, error);
  if (document == NULL)
    return NULL;
  schema = vig_schema_new (document, NULL, error);
  if (schema == NULL)
    return NULL;

  if (g_hash_table_size (self->schemas) >= MAX_SCHEMAS)
    g_hash_table_remove_all (self->schemas);
  g_hash_table_insert (self->schemas, g_strdup (text), schema);

  return schema;
}

void
vig_parts_publish (VigParts *self, const char *topic, const char *event, JsonObject *data)
{
  if (vig_events_is_wanted (self->context.events, topic))
    vig_events_publish (self->context.events, topic, event, vig_store_row_redact (self->context.redactor, data));
}

void
vig_parts_publish_session (VigParts *self, const char *session_id, const char *event, JsonObject *data)
{
  g_autofree char *topic = g_strconcat ("session:", session_id, NULL);

  vig_parts_publish (self, topic, event, data);
}

void
vig_parts_publish_run (VigParts *self, JsonObject *row)
{
  g_autofree char *topic = g_strconcat ("session:", vig_json_get_string (row, "session_id", ""), NULL);
  gboolean in_session = vig_events_is_wanted (self->context.events, topic);
  gboolean in_runs = vig_events_is_wanted (self->context.events, "runs");
  g_autoptr (JsonNode) node = in_session || in_runs ? vig_store_row_redact (self->context.redactor, row) : NULL;

  if (in_session)
    vig_events_publish (self->context.events, topic, "run.changed", json_node_ref (node));
  if (in_runs)
    vig_events_publish (self->context.events, "runs", "run.changed", json_node_ref (node));
}
