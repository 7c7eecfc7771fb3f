/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "anthropic.h"

#include <string.h>

#define VERSION "2023-06-01"

#define ANTHROPIC_TYPE_PROVIDER (anthropic_provider_get_type ())
G_DECLARE_FINAL_TYPE (AnthropicProvider, anthropic_provider, ANTHROPIC, PROVIDER, VigHttpProvider)

struct _AnthropicProvider
{
  VigHttpProvider parent_instance;
};

G_DEFINE_FINAL_TYPE (AnthropicProvider, anthropic_provider, VIG_TYPE_HTTP_PROVIDER)

static const VigProviderInfo anthropic_info = {
  .type = "anthropic",
  .title = "Anthropic",
  .description = "Claude models by the Messages interface.",
  .default_base_url = "https://api.anthropic.com",
  .default_model = "claude-sonnet-5",
  .help_url = "https://console.anthropic.com/settings/keys",
  .key = VIG_KEY_REQUIRED,
};

static JsonObject *
build_request (VigHttpProvider *self, const VigCompletionRequest *request, GError **error)
{
  return anthropic_build_request (request);
}

static void
add_headers (VigHttpProvider *self, SoupMessageHeaders *headers, const char *api_key)
{
  soup_message_headers_replace (headers, "anthropic-version", VERSION);
  if (api_key != NULL)
    soup_message_headers_replace (headers, "x-api-key", api_key);
}

/* "max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens for MODEL" */
static gboolean
adapt_request (VigHttpProvider *self, JsonObject *body, const VigHttpFault *fault)
{
  g_autoptr (GRegex) regex = g_regex_new ("max_tokens: \\d+ > (\\d+)", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *limit = NULL;
  gint64 number;

  if (fault->effective != 400 || fault->message == NULL || !g_regex_match (regex, fault->message, 0, &match))
    return FALSE;

  limit = g_match_info_fetch (match, 1);
  number = g_ascii_strtoll (limit, NULL, 10);
  if (number <= 0 || number >= vig_json_get_int (body, "max_tokens", 0))
    return FALSE;
  json_object_set_int_member (body, "max_tokens", number);

  return TRUE;
}

static gpointer
new_state (VigHttpProvider *self)
{
  return anthropic_blocks_new ();
}

static void
parse_event (VigHttpProvider *self, VigHttpAnswer *answer, JsonObject *event)
{
  anthropic_parse_event (answer, event);
}

static void
parse_body (VigHttpProvider *self, VigHttpAnswer *answer, JsonObject *body)
{
  anthropic_parse_body (answer, body);
}

static void
parse_end (VigHttpProvider *self, VigHttpAnswer *answer)
{
  anthropic_parse_end (answer);
}

static char *
parse_models (VigHttpProvider *self, JsonObject *body, GPtrArray *models)
{
  JsonArray *data = vig_json_get_array (body, "data");
  const char *last = vig_json_get_string (body, "last_id", NULL);
  g_autofree char *escaped = NULL;

  for (guint i = 0; data != NULL && i < json_array_get_length (data); i++)
    {
      JsonNode *node = json_array_get_element (data, i);
      JsonObject *model = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      const char *id = model != NULL ? vig_json_get_string (model, "id", NULL) : NULL;

      if (id != NULL)
        g_ptr_array_add (models, vig_model_new (id, vig_json_get_int (model, "max_input_tokens", 0)));
    }

  if (!vig_json_get_boolean (body, "has_more", FALSE) || last == NULL)
    return NULL;
  escaped = g_uri_escape_string (last, NULL, FALSE);

  return g_strconcat ("/v1/models?limit=1000&after_id=", escaped, NULL);
}

static void
anthropic_provider_class_init (AnthropicProviderClass *klass)
{
  VigHttpProviderClass *http = VIG_HTTP_PROVIDER_CLASS (klass);

  http->info = &anthropic_info;
  http->completion_path = "/v1/messages";
  http->models_path = "/v1/models?limit=1000";
  http->build_request = build_request;
  http->add_headers = add_headers;
  http->adapt_request = adapt_request;
  http->new_state = new_state;
  http->free_state = anthropic_blocks_free;
  http->parse_event = parse_event;
  http->parse_body = parse_body;
  http->parse_end = parse_end;
  http->parse_models = parse_models;
}

static void
anthropic_provider_init (AnthropicProvider *self)
{
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_provider_type (host, &anthropic_info, ANTHROPIC_TYPE_PROVIDER);

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "anthropic", activate, NULL };
