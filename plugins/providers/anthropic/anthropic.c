/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "anthropic.h"

#include <string.h>

#define MAX_DIALECTS 200 /* models whose ways are remembered */
#define VERSION "2023-06-01"
#define MIN_ROOM 4096 /* tokens left of the context, and a quarter of what was asked for: an answer that is worth asking for */

#define ANTHROPIC_TYPE_PROVIDER (anthropic_provider_get_type ())
G_DECLARE_FINAL_TYPE (AnthropicProvider, anthropic_provider, ANTHROPIC, PROVIDER, VigHttpProvider)

struct _AnthropicProvider
{
  VigHttpProvider parent_instance;
  char           *effort;   /* option "reasoning" */
  GHashTable     *dialects; /* model → flags of AnthropicDialect */
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
  .options_schema = VIG_OPTIONS (VIG_OPTION_REASONING),
};

static guint
get_dialect (AnthropicProvider *self, const char *model)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->dialects, model));
}

static JsonObject *
build_request (VigHttpProvider *provider, const VigCompletionRequest *request, GError **error)
{
  AnthropicProvider *self = ANTHROPIC_PROVIDER (provider);
  JsonObject *body = anthropic_build_request (request, vig_http_provider_is_blind (provider, request->model));

  anthropic_set_thinking (body, self->effort, get_dialect (self, request->model));

  return body;
}

static gboolean
set_options (VigHttpProvider *provider, JsonObject *options, GError **error)
{
  AnthropicProvider *self = ANTHROPIC_PROVIDER (provider);

  g_free (self->effort);
  self->effort = g_strdup (vig_json_get_string (options, "reasoning", NULL));

  return TRUE;
}

static void
add_headers (VigHttpProvider *self, SoupMessageHeaders *headers, const char *api_key)
{
  soup_message_headers_replace (headers, "anthropic-version", VERSION);
  if (api_key != NULL)
    soup_message_headers_replace (headers, "x-api-key", api_key);
}

/* "max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens for MODEL": 8192 are left;
 * "input length and `max_tokens` exceed context limit: 190000 + 16384 > 200000, ...": 10000. 0: it says something else. */
static gint64
read_room (const char *said, gboolean *is_context)
{
  g_autoptr (GRegex) regex = g_regex_new ("max_tokens: \\d+ > (\\d+)|context limit: (\\d+) \\+ \\d+ > (\\d+)", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *limit = NULL;
  g_autofree char *input = NULL;
  g_autofree char *window = NULL;

  if (!g_regex_match (regex, said, 0, &match))
    return 0;

  limit = g_match_info_fetch (match, 1);
  input = g_match_info_fetch (match, 2);
  window = g_match_info_fetch (match, 3);
  *is_context = *limit == '\0';
  if (*limit != '\0')
    return g_ascii_strtoll (limit, NULL, 10);

  return g_ascii_strtoll (window, NULL, 10) - g_ascii_strtoll (input, NULL, 10);
}

/* What the model itself gives at most is taken as it is. Where the conversation leaves hardly any room, a shorter one is the better help: the answer
 * would be cut off, and each turn from here on would be refused once. */
static gboolean
lower_limit (JsonObject *body, const char *said)
{
  gint64 wanted = vig_json_get_int (body, "max_tokens", 0);
  gboolean is_context = FALSE;
  gint64 room = read_room (said, &is_context);

  if (room < (is_context ? MAX (MIN_ROOM, wanted / 4) : 1) || room >= wanted)
    return FALSE;
  json_object_set_int_member (body, "max_tokens", room);

  return TRUE;
}

/* Which models think in which way is for the server to say, once for each. */
static gboolean
learn (AnthropicProvider *self, JsonObject *body, const char *said)
{
  const char *model = vig_json_get_string (body, "model", "");
  guint dialect = get_dialect (self, model);
  guint flag = json_object_has_member (body, "thinking") ? anthropic_learn_thinking (said) : 0;

  if (flag == 0 || (dialect & flag) != 0)
    return FALSE;
  if (g_hash_table_size (self->dialects) >= MAX_DIALECTS)
    g_hash_table_remove_all (self->dialects);
  g_hash_table_insert (self->dialects, g_strdup (model), GUINT_TO_POINTER (dialect | flag));

  return TRUE;
}

static gboolean
adapt_request (VigHttpProvider *provider, JsonObject *body, const VigHttpFault *fault)
{
  AnthropicProvider *self = ANTHROPIC_PROVIDER (provider);
  const char *said = fault->message;
  gboolean is_signature;

  if (fault->effective != 400 || said == NULL)
    return FALSE;

  is_signature = strstr (said, "thinking") != NULL && strstr (said, "block") != NULL;
  if (!lower_limit (body, said) && !(is_signature && anthropic_drop_thoughts (vig_json_get_array (body, "messages"))) && !learn (self, body, said))
    return FALSE;
  anthropic_set_thinking (body, self->effort, get_dialect (self, vig_json_get_string (body, "model", "")));

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

/* "capabilities": {"image_input": {"supported": true}}; -1: it does not tell. */
static int
read_sight (JsonObject *object)
{
  JsonObject *capabilities = vig_json_get_object (object, "capabilities");
  JsonObject *images = capabilities != NULL ? vig_json_get_object (capabilities, "image_input") : NULL;

  return images == NULL || !json_object_has_member (images, "supported") ? -1 : vig_json_get_boolean (images, "supported", FALSE) ? 1 : 0;
}

static void
add_model (GPtrArray *models, JsonObject *object)
{
  const char *id = vig_json_get_string (object, "id", NULL);
  VigModel *model;

  if (id == NULL)
    return;

  model = vig_model_new (id, vig_json_get_int (object, "max_input_tokens", 0));
  model->sees_images = read_sight (object);
  g_ptr_array_add (models, model);
}

static char *
parse_models (VigHttpProvider *self, JsonObject *body, GPtrArray *models)
{
  JsonArray *data = vig_json_get_array (body, "data");
  const char *last = vig_json_get_string (body, "last_id", NULL);
  g_autofree char *escaped = NULL;

  for (guint i = 0; data != NULL && i < json_array_get_length (data); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (data, i)))
      add_model (models, json_array_get_object_element (data, i));

  if (!vig_json_get_boolean (body, "has_more", FALSE) || last == NULL)
    return NULL;
  escaped = g_uri_escape_string (last, NULL, FALSE);

  return g_strconcat ("/v1/models?limit=1000&after_id=", escaped, NULL);
}

static void
anthropic_provider_finalize (GObject *object)
{
  AnthropicProvider *self = ANTHROPIC_PROVIDER (object);

  g_free (self->effort);
  g_hash_table_unref (self->dialects);

  G_OBJECT_CLASS (anthropic_provider_parent_class)->finalize (object);
}

static void
anthropic_provider_class_init (AnthropicProviderClass *klass)
{
  VigHttpProviderClass *http = VIG_HTTP_PROVIDER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = anthropic_provider_finalize;
  http->info = &anthropic_info;
  http->completion_path = "/v1/messages";
  http->models_path = "/v1/models?limit=1000";
  http->build_request = build_request;
  http->set_options = set_options;
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
  self->dialects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_provider_type (host, &anthropic_info, ANTHROPIC_TYPE_PROVIDER);

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "anthropic", activate, NULL };
