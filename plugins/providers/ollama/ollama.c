/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ollama.h"

#include <string.h>

#define OLLAMA_TYPE_PROVIDER (ollama_provider_get_type ())
G_DECLARE_FINAL_TYPE (OllamaProvider, ollama_provider, OLLAMA, PROVIDER, VigHttpProvider)

struct _OllamaProvider
{
  VigHttpProvider parent_instance;
  OllamaOptions   options;
};

G_DEFINE_FINAL_TYPE (OllamaProvider, ollama_provider, VIG_TYPE_HTTP_PROVIDER)

static const VigProviderInfo ollama_info = {
  .type = "ollama",
  .title = "Ollama",
  .description = "Models on your own machines, served by Ollama.",
  .default_base_url = "http://127.0.0.1:11434",
  .key = VIG_KEY_OPTIONAL,
  .is_local = TRUE,
  .options_schema = VIG_OPTIONS (
    "\"context_length\":{\"type\":\"integer\",\"minimum\":2048,\"maximum\":2097152,\"title\":\"Context\","
    "\"description\":\"Tokens that a model can look at, 16384 if empty; more takes more memory\"}," VIG_OPTION_REASONING "," VIG_OPTION_TOOLS),
};

static JsonObject *
build_request (VigHttpProvider *self, const VigCompletionRequest *request, GError **error)
{
  const VigModel *model = vig_http_provider_find_model (self, request->model);
  OllamaOptions options = OLLAMA_PROVIDER (self)->options;

  if (model != NULL && model->context_length > 0)
    options.context = vig_model_get_window (model);
  options.is_blind = vig_http_provider_is_blind (self, request->model);

  return ollama_build_request (&options, request);
}

/* "model_info" has a member such as "qwen3.context_length". */
static gint64
read_context (JsonObject *info)
{
  const char *architecture = info != NULL ? vig_json_get_string (info, "general.architecture", "") : "";
  g_autofree char *name = g_strconcat (architecture, ".context_length", NULL);

  return info != NULL ? vig_json_get_int (info, name, 0) : 0;
}

static void
parse_inquiry (VigHttpProvider *self, JsonObject *body, VigModel *model)
{
  JsonArray *capabilities = vig_json_get_array (body, "capabilities");

  model->context_length = read_context (vig_json_get_object (body, "model_info"));
  model->served_context = OLLAMA_PROVIDER (self)->options.context;
  if (capabilities == NULL)
    return;
  model->sees_images = vig_http_provider_has_word (capabilities, "vision");
  model->calls_tools = vig_http_provider_has_word (capabilities, "tools");
}

/* "MODEL does not support thinking", and servers that know only true and false */
static gboolean
adapt_request (VigHttpProvider *self, JsonObject *body, const VigHttpFault *fault)
{
  if (fault->effective != 400 || fault->message == NULL || strstr (fault->message, "think") == NULL
      || !json_object_has_member (body, "think"))
    return FALSE;

  if (strstr (fault->message, "support") == NULL && vig_json_get_string (body, "think", NULL) != NULL)
    json_object_set_boolean_member (body, "think", TRUE);
  else
    json_object_remove_member (body, "think");

  return TRUE;
}

static gboolean
set_options (VigHttpProvider *provider, JsonObject *options, GError **error)
{
  OllamaProvider *self = OLLAMA_PROVIDER (provider);

  self->options.context = vig_json_get_int (options, "context_length", OLLAMA_CONTEXT);
  g_free (self->options.reasoning);
  self->options.reasoning = g_strdup (vig_json_get_string (options, "reasoning", NULL));

  return TRUE;
}

static void
refine_fault (VigHttpProvider *self, VigHttpFault *fault, JsonObject *body)
{
  if (fault->message == NULL)
    return;
  if (strstr (fault->message, "exceeds the context length") != NULL || strstr (fault->message, "exceeds maximum context") != NULL)
    fault->effective = 413;
  else if (fault->status < 300 && strstr (fault->message, "not found") != NULL)
    fault->effective = 404;
}

static void
parse_line (VigHttpProvider *self, VigHttpAnswer *answer, JsonObject *line)
{
  ollama_parse_line (answer, line);
}

static void
parse_end (VigHttpProvider *self, VigHttpAnswer *answer)
{
}

/* What a model's context is stands not in the list: each is inquired about. Ollama serves as much of it as we ask for. */
static char *
parse_models (VigHttpProvider *self, JsonObject *body, GPtrArray *models)
{
  JsonArray *list = vig_json_get_array (body, json_object_has_member (body, "models") ? "models" : "data");

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      JsonNode *node = json_array_get_element (list, i);
      JsonObject *model = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      const char *id = model != NULL ? vig_json_get_string (model, "name", vig_json_get_string (model, "id", NULL)) : NULL;

      if (id == NULL)
        continue;
      g_ptr_array_add (models, vig_model_new (id, 0));
      ((VigModel *) g_ptr_array_index (models, models->len - 1))->served_context = OLLAMA_PROVIDER (self)->options.context;
    }

  return NULL;
}

static void
ollama_provider_finalize (GObject *object)
{
  g_free (OLLAMA_PROVIDER (object)->options.reasoning);

  G_OBJECT_CLASS (ollama_provider_parent_class)->finalize (object);
}

static void
ollama_provider_class_init (OllamaProviderClass *klass)
{
  VigHttpProviderClass *http = VIG_HTTP_PROVIDER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ollama_provider_finalize;
  http->info = &ollama_info;
  http->completion_path = "/api/chat";
  http->models_path = "/api/tags";
  http->json_lines = TRUE;
  http->thinks_in_text = TRUE;
  http->build_request = build_request;
  http->adapt_request = adapt_request;
  http->set_options = set_options;
  http->refine_fault = refine_fault;
  http->parse_event = parse_line;
  http->parse_body = parse_line;
  http->parse_end = parse_end;
  http->parse_models = parse_models;
  http->inquiry_path = "/api/show";
  http->parse_inquiry = parse_inquiry;
}

static void
ollama_provider_init (OllamaProvider *self)
{
  self->options.context = OLLAMA_CONTEXT;
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_provider_type (host, &ollama_info, OLLAMA_TYPE_PROVIDER);

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "ollama", activate, NULL };
