/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-chat.h"

#define MAX_DIALECTS 200 /* models whose ways are remembered */

typedef struct
{
  GHashTable *dialects; /* model → flags of VigChatDialect */
  char       *api;      /* options: "chat", "responses" or NULL */
  char       *effort;   /* options: NULL: the model's own */
} VigOpenaiProviderPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (VigOpenaiProvider, vig_openai_provider, VIG_TYPE_HTTP_PROVIDER)

/* An answer tells by itself which format it has. */
typedef struct
{
  gpointer pieces;
  gpointer items;
} State;

static VigOpenaiProviderPrivate *
get_private (gpointer self)
{
  return vig_openai_provider_get_instance_private (self);
}

static guint
get_dialect (gpointer self, const char *model)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (get_private (self)->dialects, model));
}

static gboolean
uses_responses (gpointer self, const char *model)
{
  VigOpenaiProviderClass *klass = VIG_OPENAI_PROVIDER_GET_CLASS (self);
  const char *api = get_private (self)->api;

  if (api != NULL)
    return g_str_equal (api, "responses");

  return klass->prefers_responses != NULL && klass->prefers_responses (self, model);
}

void
vig_openai_provider_add_effort (JsonObject *body, gboolean responses, const char *effort)
{
  const char *wire = effort != NULL && g_str_equal (effort, "off") ? "none" : effort;

  g_return_if_fail (body != NULL);

  if (responses)
    {
      json_object_set_member (body, "reasoning", vig_json_pack ("{s:s?, s:s?}", "effort", wire,
                                                                "summary", g_strcmp0 (effort, "off") == 0 ? NULL : "auto"));
    }
  else if (wire != NULL)
    json_object_set_string_member (body, "reasoning_effort", wire);
}

static JsonObject *
build_request (VigHttpProvider *self, const VigCompletionRequest *request, GError **error)
{
  VigOpenaiProviderClass *klass = VIG_OPENAI_PROVIDER_GET_CLASS (self);
  gboolean responses = uses_responses (self, request->model);
  guint dialect = get_dialect (self, request->model) | (vig_http_provider_is_blind (self, request->model) ? VIG_CHAT_NO_IMAGES : 0);
  JsonObject *body = responses ? vig_responses_build_request (dialect, request) : vig_chat_build_request (dialect, request);

  if (klass->tune_request != NULL)
    klass->tune_request (VIG_OPENAI_PROVIDER (self), body, responses, get_private (self)->effort);
  else if (get_private (self)->effort != NULL)
    vig_openai_provider_add_effort (body, responses, get_private (self)->effort);
  vig_chat_fit_request (dialect, body);

  return body;
}

static char *
dup_path (VigHttpProvider *self, const VigCompletionRequest *request)
{
  if (request == NULL || !uses_responses (self, request->model))
    return NULL;

  return g_strdup (VIG_OPENAI_PROVIDER_GET_CLASS (self)->responses_path);
}

static gboolean
adapt_request (VigHttpProvider *self, JsonObject *body, const VigHttpFault *fault)
{
  VigOpenaiProviderPrivate *priv = get_private (self);
  const char *model = vig_json_get_string (body, "model", "");
  guint dialect = get_dialect (self, model);

  if (!vig_chat_adapt (&dialect, body, fault))
    return FALSE;
  if (g_hash_table_size (priv->dialects) >= MAX_DIALECTS)
    g_hash_table_remove_all (priv->dialects);
  g_hash_table_insert (priv->dialects, g_strdup (model), GUINT_TO_POINTER (dialect));

  return TRUE;
}

static gboolean
set_options (VigHttpProvider *self, JsonObject *options, GError **error)
{
  VigOpenaiProviderPrivate *priv = get_private (self);

  g_free (priv->api);
  priv->api = g_strdup (vig_json_get_string (options, "api", NULL));
  g_free (priv->effort);
  priv->effort = g_strdup (vig_json_get_string (options, "reasoning", NULL));

  return TRUE;
}

static gpointer
new_state (VigHttpProvider *self)
{
  State *state = g_new0 (State, 1);

  state->pieces = vig_chat_pieces_new ();
  state->items = vig_responses_items_new ();

  return state;
}

static void
free_state (gpointer data)
{
  State *state = data;

  vig_chat_pieces_free (state->pieces);
  vig_responses_items_free (state->items);
  g_free (state);
}

static void
parse_event (VigHttpProvider *self, VigHttpAnswer *answer, JsonObject *event)
{
  State *state = vig_http_answer_get_state (answer);

  if (g_str_has_prefix (vig_json_get_string (event, "type", ""), "response."))
    vig_responses_parse_event (answer, state->items, event);
  else
    vig_chat_parse_event (answer, state->pieces, event);
}

static void
parse_body (VigHttpProvider *self, VigHttpAnswer *answer, JsonObject *body)
{
  State *state = vig_http_answer_get_state (answer);

  if (vig_json_get_array (body, "output") != NULL || g_str_equal (vig_json_get_string (body, "object", ""), "response"))
    vig_responses_parse_body (answer, state->items, body);
  else
    vig_chat_parse_body (answer, state->pieces, body);
}

static void
parse_end (VigHttpProvider *self, VigHttpAnswer *answer)
{
  State *state = vig_http_answer_get_state (answer);

  vig_chat_parse_end (answer, state->pieces);
  vig_responses_parse_end (answer, state->items);
}

/* Servers name the size of the context as they please. What is loaded counts before what could be. */
static gint64
read_context_length (JsonObject *model)
{
  static const char *names[] = { "loaded_context_length", "max_model_len", "context_length", "context_window", "max_context_length",
                                 "max_input_tokens", "max_prompt_length" };
  JsonObject *meta = vig_json_get_object (model, "meta");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (vig_json_get_int (model, names[i], 0) > 0)
      return vig_json_get_int (model, names[i], 0);

  return meta != NULL ? vig_json_get_int (meta, "n_ctx", vig_json_get_int (meta, "n_ctx_train", 0)) : 0;
}

/* "input_modalities" (xAI), within "architecture" (OpenRouter), "capabilities" (Mistral), "type" (LM Studio); -1: it does not tell. */
static int
read_sight (JsonObject *model)
{
  JsonObject *architecture = vig_json_get_object (model, "architecture");
  JsonObject *capabilities = vig_json_get_object (model, "capabilities");
  JsonArray *modalities = vig_json_get_array (architecture != NULL ? architecture : model, "input_modalities");
  const char *type = vig_json_get_string (model, "type", "");

  if (modalities != NULL)
    return vig_http_provider_has_word (modalities, "image");
  if (capabilities != NULL && json_object_has_member (capabilities, "vision"))
    return vig_json_get_boolean (capabilities, "vision", FALSE);

  return g_str_equal (type, "vlm") ? 1 : g_str_equal (type, "llm") ? 0 : -1;
}

/* "capabilities" (LM Studio's newer list, Mistral), "supported_parameters" (OpenRouter); -1: it does not tell. */
static int
read_calling (JsonObject *model)
{
  static const char *names[] = { "trained_for_tool_use", "function_calling" };
  JsonObject *abilities = vig_json_get_object (model, "capabilities");
  JsonArray *parameters = vig_json_get_array (model, "supported_parameters");

  for (guint i = 0; abilities != NULL && i < G_N_ELEMENTS (names); i++)
    if (json_object_has_member (abilities, names[i]))
      return vig_json_get_boolean (abilities, names[i], TRUE);

  return parameters != NULL ? vig_http_provider_has_word (parameters, "tools") : -1;
}

/* As the first of these that has a text: not all servers keep to "id". */
static const char *
read_id (JsonObject *object)
{
  static const char *names[] = { "id", "name", "model", "key" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (*vig_json_get_string (object, names[i], "") != '\0')
      return vig_json_get_string (object, names[i], NULL);

  return NULL;
}

static GStrv
read_aliases (JsonObject *object)
{
  JsonArray *aliases = vig_json_get_array (object, "aliases");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (aliases == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (aliases); i++)
    {
      JsonNode *node = json_array_get_element (aliases, i);

      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
        g_strv_builder_add (builder, json_node_get_string (node));
    }

  return g_strv_builder_end (builder);
}

static void
add_model (VigHttpProvider *self, GPtrArray *models, JsonObject *object)
{
  VigOpenaiProviderClass *klass = VIG_OPENAI_PROVIDER_GET_CLASS (self);
  const char *id = read_id (object);
  VigModel *model;

  if (id == NULL)
    return;

  model = vig_model_new (id, read_context_length (object));
  model->sees_images = read_sight (object);
  model->calls_tools = read_calling (object);
  model->aliases = read_aliases (object);
  if (klass->read_model != NULL)
    klass->read_model (VIG_OPENAI_PROVIDER (self), object, model);
  g_ptr_array_add (models, model);
}

static char *
parse_models (VigHttpProvider *self, JsonObject *body, GPtrArray *models)
{
  JsonArray *data = vig_json_get_array (body, "data");

  if (data == NULL)
    data = vig_json_get_array (body, "models");
  if (data == NULL)
    add_model (self, models, body);
  for (guint i = 0; data != NULL && i < json_array_get_length (data); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (data, i)))
      add_model (self, models, json_array_get_object_element (data, i));

  return NULL;
}

static void
vig_openai_provider_finalize (GObject *object)
{
  VigOpenaiProviderPrivate *priv = get_private (object);

  g_hash_table_unref (priv->dialects);
  g_free (priv->api);
  g_free (priv->effort);

  G_OBJECT_CLASS (vig_openai_provider_parent_class)->finalize (object);
}

static void
vig_openai_provider_class_init (VigOpenaiProviderClass *klass)
{
  VigHttpProviderClass *http = VIG_HTTP_PROVIDER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = vig_openai_provider_finalize;
  klass->responses_path = "/responses";
  http->completion_path = "/chat/completions";
  http->models_path = "/models";
  http->dup_path = dup_path;
  http->set_options = set_options;
  http->build_request = build_request;
  http->adapt_request = adapt_request;
  http->new_state = new_state;
  http->free_state = free_state;
  http->parse_event = parse_event;
  http->parse_body = parse_body;
  http->parse_end = parse_end;
  http->parse_models = parse_models;
}

static void
vig_openai_provider_init (VigOpenaiProvider *self)
{
  get_private (self)->dialects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}
