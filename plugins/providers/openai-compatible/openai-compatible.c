/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "chat.h"

#define COMPATIBLE_TYPE_PROVIDER (compatible_provider_get_type ())
G_DECLARE_FINAL_TYPE (CompatibleProvider, compatible_provider, COMPATIBLE, PROVIDER, VigHttpProvider)

struct _CompatibleProvider
{
  VigHttpProvider parent_instance;
  ChatDialect     dialect;
};

G_DEFINE_FINAL_TYPE (CompatibleProvider, compatible_provider, VIG_TYPE_HTTP_PROVIDER)

static const VigProviderInfo compatible_info = {
  .type = "openai-compatible",
  .title = "OpenAI-compatible server",
  .description = "Any server that speaks OpenAI's Chat Completions: give its base URL, which usually ends with /v1.",
  .key = VIG_KEY_OPTIONAL,
};

static JsonObject *
build_request (VigHttpProvider *self, const VigCompletionRequest *request, GError **error)
{
  return chat_build_request (&COMPATIBLE_PROVIDER (self)->dialect, request);
}

static gboolean
adapt_request (VigHttpProvider *self, JsonObject *body, const VigHttpFault *fault)
{
  return chat_adapt (&COMPATIBLE_PROVIDER (self)->dialect, body, fault);
}

static gpointer
new_state (VigHttpProvider *self)
{
  return chat_pieces_new ();
}

static void
parse_event (VigHttpProvider *self, VigHttpAnswer *answer, JsonObject *event)
{
  chat_parse_event (answer, event);
}

static void
parse_body (VigHttpProvider *self, VigHttpAnswer *answer, JsonObject *body)
{
  chat_parse_body (answer, body);
}

static void
parse_end (VigHttpProvider *self, VigHttpAnswer *answer)
{
  chat_parse_end (answer);
}

/* Servers name the size of the context as they please. */
static gint64
read_context_length (JsonObject *model)
{
  static const char *names[] = { "max_model_len", "context_length", "context_window", "max_context_length", "max_input_tokens" };
  JsonObject *meta = vig_json_get_object (model, "meta");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (vig_json_get_int (model, names[i], 0) > 0)
      return vig_json_get_int (model, names[i], 0);

  return meta != NULL ? vig_json_get_int (meta, "n_ctx_train", 0) : 0;
}

static void
add_model (GPtrArray *models, JsonObject *object)
{
  const char *id = vig_json_get_string (object, "id", NULL);

  if (id != NULL)
    g_ptr_array_add (models, vig_model_new (id, read_context_length (object)));
}

static char *
parse_models (VigHttpProvider *self, JsonObject *body, GPtrArray *models)
{
  JsonArray *data = vig_json_get_array (body, "data");

  if (data == NULL)
    add_model (models, body);
  for (guint i = 0; data != NULL && i < json_array_get_length (data); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (data, i)))
      add_model (models, json_array_get_object_element (data, i));

  return NULL;
}

static void
compatible_provider_class_init (CompatibleProviderClass *klass)
{
  VigHttpProviderClass *http = VIG_HTTP_PROVIDER_CLASS (klass);

  http->info = &compatible_info;
  http->completion_path = "/chat/completions";
  http->models_path = "/models";
  http->build_request = build_request;
  http->adapt_request = adapt_request;
  http->new_state = new_state;
  http->free_state = chat_pieces_free;
  http->parse_event = parse_event;
  http->parse_body = parse_body;
  http->parse_end = parse_end;
  http->parse_models = parse_models;
}

static void
compatible_provider_init (CompatibleProvider *self)
{
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_provider_type (host, &compatible_info, COMPATIBLE_TYPE_PROVIDER);

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "openai-compatible", activate, NULL };
