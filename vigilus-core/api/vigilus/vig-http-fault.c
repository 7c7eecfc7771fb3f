/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-fault.h"
#include "vig-http-wait.h"

#include <string.h>

#define MAX_MESSAGE 2000 /* bytes that are shown of what a server says */
#define BACKOFF_MS 500
#define MAX_BACKOFF_MS 8000

/* Words for an error inside of a stream, where no status tells. */
static const struct
{
  const char *word;
  guint       status;
} words[] = {
  { "invalid_request_error", 400 },
  { "context_length_exceeded", 400 },
  { "content_filter", 400 },
  { "content_policy_violation", 400 },
  { "authentication_error", 401 },
  { "invalid_api_key", 401 },
  { "billing_error", 402 },
  { "permission_error", 403 },
  { "not_found_error", 404 },
  { "model_not_found", 404 },
  { "request_too_large", 413 },
  { "rate_limit_error", 429 },
  { "rate_limit_exceeded", 429 },
  { "insufficient_quota", 429 },
  { "api_error", 500 },
  { "server_error", 500 },
  { "internal_server_error", 500 },
  { "timeout_error", 504 },
  { "overloaded_error", 529 },
};

static const struct
{
  guint       status;
  VigError    code;
  const char *advice;
} meanings[] = {
  { 400, VIG_ERROR_INVALID, "the request does not suit this model or server" },
  { 401, VIG_ERROR_UNAUTHENTICATED, "enter a valid key for this provider" },
  { 402, VIG_ERROR_REMOTE, "check the credit of the account" },
  { 403, VIG_ERROR_REMOTE, "the key may not do this: check its rights and the region" },
  { 404, VIG_ERROR_NOT_FOUND, "check the name of the model and the base URL" },
  { 405, VIG_ERROR_INVALID, "check the base URL" },
  { 408, VIG_ERROR_UNAVAILABLE, "try again later" },
  { 413, VIG_ERROR_TOO_LARGE, "shorten the conversation" },
  { 422, VIG_ERROR_INVALID, "the request does not suit this model or server" },
  { 429, VIG_ERROR_RATE_LIMITED, "wait, or raise the limit of the account" },
  { 502, VIG_ERROR_UNAVAILABLE, "the server behind it cannot be reached: try again later" },
  { 503, VIG_ERROR_UNAVAILABLE, "it is overloaded or starting: try again later" },
  { 504, VIG_ERROR_UNAVAILABLE, "try again later" },
  { 529, VIG_ERROR_UNAVAILABLE, "it is overloaded: try again later" },
};

/* Parts of what servers say, in lower case: the conversation is too long for the model. */
static const char *const too_long[] = {
  "prompt is too long", "prompt too long", "input is too long", "prompt exceeds max length", "maximum context length", "context_length_exceeded",
  "exceed_context_size", "context window", "too_many_prompt_tokens", "total length of all messages is too long", "reduce the length of",
  "exceed context limit",                  /* Anthropic, of input and max_tokens together */
  "maximum prompt length",                 /* xAI */
  "exceed the configured limit of",        /* Azure */
  "prompt token count of",                 /* GitHub */
  "exceeded model token limit",            /* Moonshot */
  "range of input length should be",       /* Alibaba */
  "tokens in the prompt cannot exceed",    /* Cohere */
  "longer than the maximum model length",  /* vLLM */
  "longer than the model's context length", /* SGLang */
  "`inputs` tokens + `max_new_tokens`",    /* Text Generation Inference */
  "context size has been exceeded",        /* llama.cpp, in the middle of an answer */
  "greater than the context length",       /* LM Studio */
  "tokens when context the overflows",     /* LM Studio, older */
  NULL,
};

/* More in one request than the account may send in a minute: waiting does not help. */
static const char *const over_a_minute[] = { "must be reduced in order to run", NULL };

/* The same for content that the provider does not want, whichever model is asked. */
static const char *const refused[] = {
  "content_filter", "content_policy_violation", "responsibleaipolicyviolation", "content management policy", "requires moderation", "flagged by moderation", NULL,
};

/* The account has no money left, or may spend no more. */
static const char *const out_of_money[] = {
  "insufficient_quota", "enforced_spend_limit_reached", "spend limit", "spending limit", "billing_hard_limit_reached", "credit balance is too low",
  "insufficient credits", "insufficient balance", "have any credits", NULL,
};

static char *
dup_scalar (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);

  return vig_json_to_string (node);
}

/* A text; or what a gateway put there instead, as JSON. NULL: nothing. */
static char *
dup_said (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return NULL;

  return JSON_NODE_HOLDS_VALUE (node) ? dup_scalar (object, name) : vig_json_to_string (node);
}

static guint
effective_status (const VigHttpFault *self)
{
  guint64 number;

  if (self->status >= 300)
    return self->status;
  if (self->code != NULL && g_ascii_string_to_unsigned (self->code, 10, 300, 599, &number, NULL))
    return (guint) number;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_strcmp0 (self->code, words[i].word) == 0 || g_strcmp0 (self->type, words[i].word) == 0)
      return words[i].status;

  return 500;
}

/* What it says of itself: a text, or JSON in one of the shapes of an error. */
static char *
dup_raw_message (JsonNode *raw)
{
  g_autofree char *text = raw == NULL || JSON_NODE_HOLDS_NULL (raw) ? NULL : JSON_NODE_HOLDS_VALUE (raw) ? json_node_dup_string (raw) : vig_json_to_string (raw);
  g_autoptr (JsonNode) node = text != NULL ? vig_json_parse (text, -1, 0, NULL) : NULL;
  VigHttpFault *inner = node != NULL && (JSON_NODE_HOLDS_OBJECT (node) || JSON_NODE_HOLDS_ARRAY (node)) ? vig_http_fault_new_json (500, node) : NULL;
  char *message = inner != NULL ? g_strdup (inner->message) : g_steal_pointer (&text);

  vig_http_fault_free (inner);

  return message;
}

/* OpenRouter repeats its headers in what it says, also in the middle of a stream. */
static gboolean
is_header (const char *name, const char *value)
{
  return name[strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_")] == '\0' && name[0] != '\0' && strpbrk (value, "\r\n") == NULL;
}

static guint
read_repeated_wait (guint status, JsonObject *metadata)
{
  JsonObject *repeated = vig_json_get_object (metadata, "headers");
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  g_autoptr (GList) names = repeated != NULL ? json_object_get_members (repeated) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    {
      g_autofree char *value = dup_scalar (repeated, l->data);

      if (value != NULL && is_header (l->data, value))
        soup_message_headers_append (headers, l->data, value);
    }

  return vig_http_retry_after_ms (status, headers, g_get_real_time () / 1000);
}

/* A gateway (OpenRouter) tells who failed, and in what words. */
static void
read_upstream (VigHttpFault *self, JsonObject *error)
{
  JsonObject *metadata = vig_json_get_object (error, "metadata");
  const char *name = metadata != NULL ? vig_json_get_string (metadata, "provider_name", NULL) : NULL;
  g_autofree char *said = metadata != NULL ? dup_raw_message (json_object_get_member (metadata, "raw")) : NULL;

  if (said != NULL && *g_strstrip (said) != '\0' && g_strcmp0 (said, self->message) != 0)
    self->upstream = g_strdup_printf ("%s: %s", name != NULL ? name : "behind it", said);
  else if (name != NULL)
    self->upstream = g_strdup (name);
}

static void
read_error_object (VigHttpFault *self, JsonObject *outer, JsonObject *inner)
{
  const char *type = vig_json_get_string (inner, "type", NULL);

  if (type == NULL)
    type = vig_json_get_string (inner, "status", NULL);
  self->type = g_strdup (type);
  self->message = dup_said (inner, "message");
  if (self->message == NULL)
    self->message = dup_said (inner, "detail");
  if (self->message == NULL)
    self->message = dup_said (outer, "message");
  self->code = dup_scalar (inner, "code");
  /* Anthropic: "enforced_spend_limit_reached" stands there alone, beside the type of any rate limit. */
  if (self->code == NULL && vig_json_get_object (inner, "details") != NULL)
    self->code = dup_scalar (vig_json_get_object (inner, "details"), "error_code");
  if (self->code == NULL)
    self->code = dup_scalar (outer, "code");
  read_upstream (self, inner);
}

VigHttpFault *
vig_http_fault_new_json (guint status, JsonNode *body)
{
  VigHttpFault *self = g_new0 (VigHttpFault, 1);
  JsonObject *outer;
  JsonNode *error;

  if (JSON_NODE_HOLDS_ARRAY (body) && json_array_get_length (json_node_get_array (body)) > 0)
    body = json_array_get_element (json_node_get_array (body), 0);
  outer = JSON_NODE_HOLDS_OBJECT (body) ? json_node_get_object (body) : NULL;
  error = outer != NULL ? json_object_get_member (outer, "error") : NULL;

  self->status = status;
  if (outer == NULL)
    self->message = vig_json_to_string (body);
  else if (error == NULL || JSON_NODE_HOLDS_NULL (error))
    read_error_object (self, outer, outer);
  else if (JSON_NODE_HOLDS_OBJECT (error))
    read_error_object (self, outer, json_node_get_object (error));
  else
    {
      self->message = dup_scalar (outer, "error");
      self->code = dup_scalar (outer, "code");
    }
  if (outer != NULL && self->message == NULL && self->type == NULL && self->code == NULL)
    self->message = vig_json_object_to_string (outer);
  self->effective = effective_status (self);
  if (error != NULL && JSON_NODE_HOLDS_OBJECT (error) && vig_json_get_object (json_node_get_object (error), "metadata") != NULL)
    self->retry_after_ms = read_repeated_wait (self->effective, vig_json_get_object (json_node_get_object (error), "metadata"));

  return self;
}

/* What a web page says of itself, from its title. */
static char *
find_title (const char *body)
{
  g_autoptr (GRegex) regex = g_regex_new ("<title[^>]*>\\s*([^<]{1,200}?)\\s*</title>", G_REGEX_CASELESS, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  return g_regex_match (regex, body, 0, &match) ? g_match_info_fetch (match, 1) : NULL;
}

/* Only the host of where it points: the rest may hold what is not to be shown. */
static char *
describe_redirect (SoupMessageHeaders *headers)
{
  const char *location = headers != NULL ? soup_message_headers_get_one (headers, "location") : NULL;
  g_autoptr (GUri) uri = location != NULL ? g_uri_parse (location, SOUP_HTTP_URI_FLAGS, NULL) : NULL;

  return g_strdup_printf ("a redirect to %s", uri != NULL && g_uri_get_host (uri) != NULL ? g_uri_get_host (uri) : "another path");
}

VigHttpFault *
vig_http_fault_new_text (guint status, SoupMessageHeaders *headers, const char *body)
{
  VigHttpFault *self = g_new0 (VigHttpFault, 1);
  g_autofree char *text = g_utf8_make_valid (body, -1);
  const char *type = headers != NULL ? soup_message_headers_get_content_type (headers, NULL) : NULL;

  g_strstrip (text);
  self->status = status;
  if (status >= 300 && status < 400)
    self->message = describe_redirect (headers);
  else if (*text == '<' || g_strcmp0 (type, "text/html") == 0)
    {
      g_autofree char *title = find_title (text);

      self->message = g_strdup_printf ("a web page%s%s%s where JSON was expected",
                                       title != NULL ? " (\"" : "", title != NULL ? title : "", title != NULL ? "\")" : "");
      self->is_page = TRUE;
    }
  else
    self->message = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), MAX_MESSAGE));
  self->effective = effective_status (self);

  return self;
}

void
vig_http_fault_free (VigHttpFault *self)
{
  if (self == NULL)
    return;

  g_free (self->type);
  g_free (self->code);
  g_free (self->message);
  g_free (self->upstream);
  g_free (self);
}

static gboolean
says_itself (const VigHttpFault *self, const char *const *parts)
{
  const char *texts[] = { self->message, self->code, self->type };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = g_ascii_strdown (texts[i] != NULL ? texts[i] : "", -1);

      for (guint j = 0; parts[j] != NULL; j++)
        if (strstr (text, parts[j]) != NULL)
          return TRUE;
    }

  return FALSE;
}

static gboolean
says (const VigHttpFault *self, const char *const *parts)
{
  const VigHttpFault upstream = { .message = self->upstream };

  return says_itself (self, parts) || says_itself (&upstream, parts);
}

static gboolean
is_too_long (const VigHttpFault *self)
{
  return ((self->effective == 400 || self->effective == 422 || self->effective == 500) && says (self, too_long))
         || (self->effective == 429 && says_itself (self, over_a_minute));
}

static gboolean
is_refused (const VigHttpFault *self)
{
  return (self->effective == 400 || self->effective == 403 || self->effective == 500) && says (self, refused);
}

static gboolean
is_about_pictures (const VigHttpFault *self)
{
  g_autofree char *said = self->message != NULL ? g_ascii_strdown (self->message, -1) : NULL;

  if (said == NULL || self->effective < 400 || self->effective >= 500 || strstr (said, "image") == NULL)
    return FALSE;

  return strstr (said, "support") != NULL || strstr (said, "modality") != NULL || strstr (said, "multimodal") != NULL || strstr (said, "vision") != NULL;
}

/* Neither time nor another attempt helps. What the vendor behind a gateway says is of the gateway's account there, not of the owner's. */
static gboolean
is_out_of_money (const VigHttpFault *self)
{
  return self->effective >= 400 && self->effective < 500 && says_itself (self, out_of_money);
}

static void
find_meaning (const VigHttpFault *self, int *code, const char **advice)
{
  *code = VIG_ERROR_REMOTE;
  *advice = "try again later";
  for (guint i = 0; i < G_N_ELEMENTS (meanings); i++)
    if (meanings[i].status == self->effective)
      {
        *code = meanings[i].code;
        *advice = meanings[i].advice;
      }

  if (self->effective >= 300 && self->effective < 400)
    *advice = "redirects are not followed with a key: set the base URL to where the server really is";
  else if (self->is_page)
    *advice = "check the base URL";
  else if (is_out_of_money (self))
    {
      *code = *code == VIG_ERROR_INVALID ? VIG_ERROR_REMOTE : *code;
      *advice = "check the credit and the limits of the account";
    }
  else if (self->retry_after_ms == VIG_HTTP_NEVER)
    *advice = "what may be asked in a day is used up: go on tomorrow, raise the limit of the account, or choose another model";
  else if (is_about_pictures (self))
    {
      *code = VIG_ERROR_INVALID;
      *advice = "this model cannot see pictures: choose one that can, or send the text alone";
    }
  else if (is_too_long (self))
    {
      *code = VIG_ERROR_TOO_LARGE;
      *advice = "shorten the conversation or choose a model with more context";
    }
  else if (is_refused (self))
    {
      *code = VIG_ERROR_INVALID;
      *advice = "the provider refuses what was asked: say it otherwise, or ask a model elsewhere";
    }
}

/* Some servers repeat the key in what they say. */
static char *
cut_out (const char *text, const char *secret)
{
  g_auto (GStrv) parts = NULL;

  if (secret == NULL || *secret == '\0')
    return g_strdup (text);
  parts = g_strsplit (text, secret, -1);

  return g_strjoinv ("[key]", parts);
}

GError *
vig_http_fault_to_error (const VigHttpFault *self, const char *title, const char *api_key, guint retry_after)
{
  const char *said = self->message != NULL ? self->message : self->code != NULL ? self->code : self->type;
  const char *reason = said != NULL && *said != '\0' ? said : "no reason given";
  g_autofree char *whole = self->upstream != NULL ? g_strdup_printf ("%s (%s)", reason, self->upstream) : g_strdup (reason);
  g_autofree char *shown = cut_out (whole, api_key);
  g_autofree char *when = retry_after > 0 ? g_strdup_printf (" (it asks to wait %u s)", retry_after) : g_strdup ("");
  const char *advice;
  int code;

  find_meaning (self, &code, &advice);
  if (strlen (shown) > MAX_MESSAGE)
    {
      shown[MAX_MESSAGE] = '\0';
      *(char *) g_utf8_find_prev_char (shown, shown + MAX_MESSAGE) = '\0';
    }

  if (self->is_page && self->status < 300)
    return g_error_new (VIG_ERROR, code, "%s answered with %s; %s", title, shown, advice);

  return g_error_new (VIG_ERROR, code, "%s answered with error %u: %s%s; %s", title, self->effective, shown, when, advice);
}

guint
vig_http_backoff_ms (guint attempt, gboolean overload, double random)
{
  guint wait = MIN ((overload ? 2 * BACKOFF_MS : BACKOFF_MS) << MIN (attempt, 8), MAX_BACKOFF_MS);

  return (guint) (wait * (1 - 0.25 * random));
}

gboolean
vig_http_fault_may_retry (const VigHttpFault *self, SoupMessageHeaders *headers, guint attempt, double random, guint *wait_ms)
{
  const char *should = headers != NULL ? soup_message_headers_get_one (headers, "x-should-retry") : NULL;
  guint status = self->effective;
  gboolean is_wrong_place = self->is_page && self->status < 300;
  gboolean worth = status == 408 || status == 409 || status == 429 || status >= 500;

  if (should != NULL && g_ascii_strcasecmp (should, "true") == 0)
    worth = TRUE;
  else if (should != NULL && g_ascii_strcasecmp (should, "false") == 0)
    worth = FALSE;
  if (!worth || is_wrong_place || attempt >= VIG_HTTP_MAX_RETRIES || is_out_of_money (self) || is_too_long (self) || is_refused (self))
    return FALSE;

  *wait_ms = vig_http_retry_after_ms (status, headers, g_get_real_time () / 1000);
  if (*wait_ms == 0)
    *wait_ms = vig_http_backoff_ms (attempt, status == 503 || status == 529, random);
  *wait_ms = MAX (*wait_ms, self->retry_after_ms);

  return *wait_ms <= VIG_HTTP_MAX_RETRY_WAIT_MS;
}
