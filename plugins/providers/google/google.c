/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "google.h"

#include <string.h>

#define GOOGLE_TYPE_PROVIDER (google_provider_get_type ())
G_DECLARE_FINAL_TYPE (GoogleProvider, google_provider, GOOGLE, PROVIDER, VigHttpProvider)

struct _GoogleProvider
{
  VigHttpProvider parent_instance;
  char           *thinking;
};

G_DEFINE_FINAL_TYPE (GoogleProvider, google_provider, VIG_TYPE_HTTP_PROVIDER)

static const VigProviderInfo google_info = {
  .type = "google",
  .title = "Google Gemini",
  .description = "Gemini models, with a key of AI Studio, or by a base URL of Vertex AI.",
  .default_base_url = "https://generativelanguage.googleapis.com",
  .default_model = "gemini-3.5-flash",
  .help_url = "https://aistudio.google.com/apikey",
  .key = VIG_KEY_REQUIRED,
  .options_schema = VIG_OPTIONS (VIG_OPTION_REASONING),
};

static JsonObject *
build_request (VigHttpProvider *provider, const VigCompletionRequest *request, GError **error)
{
  static const char *plain[] = { "gemini-1", "gemini-2.0", "gemma", "learnlm" };
  const char *thinking = GOOGLE_PROVIDER (provider)->thinking;

  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    if (strstr (request->model, plain[i]) != NULL)
      return google_build_request (request, NULL);

  return google_build_request (request, thinking != NULL ? thinking : "");
}

/* Vertex AI's base URL ends with ".../publishers/google". */
static char *
dup_path (VigHttpProvider *self, const VigCompletionRequest *request)
{
  const char *base_url = vig_http_provider_get_base_url (self);
  const char *model = request != NULL ? request->model : NULL;
  g_autofree char *escaped = NULL;

  if (model == NULL)
    return NULL;
  if (g_str_has_prefix (model, "models/"))
    model += strlen ("models/");
  escaped = g_uri_escape_string (model, NULL, FALSE);

  return g_strconcat (strstr (base_url, "/publishers/") != NULL ? "/models/" : "/v1beta/models/", escaped,
                      ":streamGenerateContent?alt=sse", NULL);
}

/* A token of Google Cloud is not an API key. */
static void
add_headers (VigHttpProvider *self, SoupMessageHeaders *headers, const char *api_key)
{
  g_autofree char *bearer = g_strconcat ("Bearer ", api_key != NULL ? api_key : "", NULL);

  if (api_key != NULL && g_str_has_prefix (api_key, "ya29."))
    soup_message_headers_replace (headers, "Authorization", bearer);
  else if (api_key != NULL)
    soup_message_headers_replace (headers, "x-goog-api-key", api_key);
}

static gboolean
is_question (JsonObject *content)
{
  JsonArray *parts = vig_json_get_array (content, "parts");

  return g_str_equal (vig_json_get_string (content, "role", ""), "user") && parts != NULL && json_array_get_length (parts) > 0
         && !json_object_has_member (json_array_get_object_element (parts, 0), "functionResponse");
}

/* A model that sees no pictures, where the last question shows none: those of earlier ones become words. */
static gboolean
drop_images (JsonArray *contents)
{
  guint last = json_array_get_length (contents);
  gboolean dropped = FALSE;

  while (last > 0 && !is_question (json_array_get_object_element (contents, last - 1)))
    last--;
  for (guint i = 0; i + 1 < last; i++)
    {
      JsonArray *parts = vig_json_get_array (json_array_get_object_element (contents, i), "parts");

      for (guint j = 0; parts != NULL && j < json_array_get_length (parts); j++)
        {
          JsonObject *part = json_array_get_object_element (parts, j);

          if (!json_object_has_member (part, "inlineData"))
            continue;
          json_object_remove_member (part, "inlineData");
          json_object_set_string_member (part, "text", VIG_HTTP_NO_PICTURE);
          dropped = TRUE;
        }
    }

  return dropped;
}

/* A model that does not think, or does not see. */
static gboolean
adapt_request (VigHttpProvider *provider, JsonObject *body, const VigHttpFault *fault)
{
  JsonObject *config = vig_json_get_object (body, "generationConfig");
  g_autofree char *said = fault->message != NULL ? g_ascii_strdown (fault->message, -1) : g_strdup ("");

  if (fault->effective == 400 && strstr (said, "image") != NULL)
    return drop_images (vig_json_get_array (body, "contents"));
  if (fault->effective != 400 || config == NULL || strstr (said, "think") == NULL || strstr (said, "signature") != NULL
      || !json_object_has_member (config, "thinkingConfig"))
    return FALSE;
  json_object_remove_member (config, "thinkingConfig");

  return TRUE;
}

static gboolean
set_options (VigHttpProvider *provider, JsonObject *options, GError **error)
{
  GoogleProvider *self = GOOGLE_PROVIDER (provider);

  g_free (self->thinking);
  self->thinking = g_strdup (vig_json_get_string (options, "reasoning", NULL));

  return TRUE;
}

static void
read_detail (VigHttpFault *fault, JsonObject *detail)
{
  const char *delay = vig_json_get_string (detail, "retryDelay", NULL);
  JsonArray *violations = vig_json_get_array (detail, "violations");

  if (g_str_equal (vig_json_get_string (detail, "reason", ""), "API_KEY_INVALID"))
    fault->effective = 401;
  if (delay != NULL && fault->retry_after_ms != VIG_HTTP_NEVER)
    fault->retry_after_ms = (guint) CLAMP (g_ascii_strtod (delay, NULL) * 1000, 0, G_MAXINT32);
  for (guint i = 0; violations != NULL && i < json_array_get_length (violations); i++)
    {
      JsonNode *node = json_array_get_element (violations, i);

      if (JSON_NODE_HOLDS_OBJECT (node) && strstr (vig_json_get_string (json_node_get_object (node), "quotaId", ""), "PerDay") != NULL)
        fault->retry_after_ms = VIG_HTTP_NEVER;
    }
}

static void
refine_fault (VigHttpProvider *self, VigHttpFault *fault, JsonObject *body)
{
  JsonObject *said = vig_json_get_object (body, "error");
  JsonArray *details = said != NULL ? vig_json_get_array (said, "details") : NULL;

  for (guint i = 0; details != NULL && i < json_array_get_length (details); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (details, i)))
      read_detail (fault, json_array_get_object_element (details, i));
  if (fault->effective == 400 && fault->message != NULL && strstr (fault->message, "exceeds the maximum number of tokens") != NULL)
    fault->effective = 413;
}

static gpointer
new_state (VigHttpProvider *self)
{
  return google_parts_new ();
}

static void
free_state (gpointer state)
{
  google_parts_free (state);
}

static void
parse_event (VigHttpProvider *self, VigHttpAnswer *answer, JsonObject *event)
{
  google_parse_event (answer, event);
}

static void
parse_end (VigHttpProvider *self, VigHttpAnswer *answer)
{
  google_parse_end (answer);
}

static char *
parse_models (VigHttpProvider *self, JsonObject *body, GPtrArray *models)
{
  JsonArray *list = vig_json_get_array (body, "models");
  const char *token = vig_json_get_string (body, "nextPageToken", NULL);
  g_autofree char *escaped = NULL;

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      JsonNode *node = json_array_get_element (list, i);
      JsonObject *model = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      const char *name = model != NULL ? vig_json_get_string (model, "name", NULL) : NULL;

      if (name != NULL)
        g_ptr_array_add (models, vig_model_new (name, vig_json_get_int (model, "inputTokenLimit", 0)));
    }
  if (token == NULL || *token == '\0')
    return NULL;
  escaped = g_uri_escape_string (token, NULL, FALSE);

  return g_strconcat ("/v1beta/models?pageSize=1000&pageToken=", escaped, NULL);
}

static void
google_provider_finalize (GObject *object)
{
  g_free (GOOGLE_PROVIDER (object)->thinking);

  G_OBJECT_CLASS (google_provider_parent_class)->finalize (object);
}

static void
google_provider_class_init (GoogleProviderClass *klass)
{
  VigHttpProviderClass *http = VIG_HTTP_PROVIDER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = google_provider_finalize;
  http->info = &google_info;
  http->models_path = "/v1beta/models?pageSize=1000";
  http->dup_path = dup_path;
  http->set_options = set_options;
  http->build_request = build_request;
  http->add_headers = add_headers;
  http->adapt_request = adapt_request;
  http->refine_fault = refine_fault;
  http->new_state = new_state;
  http->free_state = free_state;
  http->parse_event = parse_event;
  http->parse_body = parse_event;
  http->parse_end = parse_end;
  http->parse_models = parse_models;
}

static void
google_provider_init (GoogleProvider *self)
{
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_provider_type (host, &google_info, GOOGLE_TYPE_PROVIDER);

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "google", activate, NULL };
