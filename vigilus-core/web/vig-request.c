/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-request.h"

#include "vig-web.h"

#include <string.h>

struct _VigRequest
{
  gatomicrefcount     ref_count;
  VigWeb             *web;
  SoupServerMessage  *message;
  VigPeer            *peer; /* borrowed: lives as long as the message */
  const VigOperation *operation;
  char              **values;
  JsonObject         *parameters;
  JsonObject         *body;
  JsonObject         *details; /* of an error, or NULL */
  VigLogin           *login;
  VigCaller           caller; /* whose login it is, from where */
  GCancellable       *cancellable;
  gpointer            data;
  GDestroyNotify      free_data;
  VigHandler          next;
  VigRole             next_role;
  gulong              finished_id;
  gboolean            answered;
  gboolean            gone; /* the client hung up */
};

static const guint STATUS_OF_CODE[] = {
  [VIG_ERROR_FAILED] = 500,
  [VIG_ERROR_INVALID] = 400,
  [VIG_ERROR_NOT_FOUND] = 404,
  [VIG_ERROR_EXISTS] = 409,
  [VIG_ERROR_CONFLICT] = 409,
  [VIG_ERROR_UNAUTHENTICATED] = 401,
  [VIG_ERROR_DENIED] = 403,
  [VIG_ERROR_TOO_LARGE] = 413,
  [VIG_ERROR_RATE_LIMITED] = 429,
  [VIG_ERROR_UNAVAILABLE] = 503,
  [VIG_ERROR_TIMED_OUT] = 504,
  [VIG_ERROR_INTERRUPTED] = 503,
  [VIG_ERROR_REMOTE] = 502,
  [VIG_ERROR_NOT_SUPPORTED] = 501,
  [VIG_ERROR_PROOF_NEEDED] = 403,
};

static guint
error_to_status (const GError *error)
{
  if (error->domain != VIG_ERROR || error->code < 0 || error->code >= (int) G_N_ELEMENTS (STATUS_OF_CODE))
    return 500;

  return STATUS_OF_CODE[error->code];
}

static void
on_finished (VigRequest *self)
{
  self->gone = TRUE;
  g_cancellable_cancel (self->cancellable);
}

void
vig_request_release (VigRequest *self)
{
  if (self->answered)
    return;

  self->answered = TRUE;
  g_clear_signal_handler (&self->finished_id, self->message);
  if (!self->gone)
    soup_server_message_unpause (self->message);
}

void
vig_request_add_header (VigRequest *self, const char *name, const char *value)
{
  soup_message_headers_append (soup_server_message_get_response_headers (self->message), name, value);
}

void
vig_request_respond_bytes (VigRequest *self, guint status, const char *content_type, GBytes *bytes)
{
  g_return_if_fail (!self->answered);

  soup_server_message_set_status (self->message, status, NULL);
  if (bytes != NULL && status != 204)
    {
      soup_message_headers_replace (soup_server_message_get_response_headers (self->message), "Content-Type", content_type);
      soup_message_body_append_bytes (soup_server_message_get_response_body (self->message), bytes);
    }
  vig_web_prepare_answer (self->web, self->message, bytes != NULL ? g_bytes_get_size (bytes) : 0);
  vig_request_release (self);
}

void
vig_request_respond_json (VigRequest *self, GBytes *text)
{
  vig_request_respond_bytes (self, vig_operation_get_status (self->operation), "application/json", text);
}

void
vig_request_respond (VigRequest *self, JsonNode *node)
{
  g_autoptr (GBytes) bytes = NULL;
  char *text;

  if (node == NULL)
    {
      vig_request_respond_bytes (self, 204, NULL, NULL);
      return;
    }

  text = vig_json_to_string (node);
  json_node_unref (node);
  bytes = g_bytes_new_take (text, strlen (text));
  vig_request_respond_json (self, bytes);
}

/* What went wrong inside stays inside: people get the place to look. */
static char *
describe (VigRequest *self, const GError *error)
{
  if (error_to_status (error) != 500)
    return vig_redactor_apply (self->web->context.agent->redactor, error->message);

  g_warning ("%s %s failed: %s", soup_server_message_get_method (self->message),
             self->operation != NULL ? vig_operation_get_id (self->operation) : "", error->message);

  return g_strdup ("something failed inside Vigilus; its log says what");
}

void
vig_request_fail_status (VigRequest *self, guint status, const GError *error)
{
  g_autofree char *message = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GBytes) bytes = NULL;
  char *text;

  if (self->answered || self->gone)
    {
      vig_request_release (self);
      return;
    }

  message = describe (self, error);
  node = vig_json_pack ("{s:{s:s,s:s,s:J}}", "error", "code", vig_error_get_code_name (error), "message", message, "details", self->details);
  text = vig_json_to_string (node);
  bytes = g_bytes_new_take (text, strlen (text));
  vig_request_respond_bytes (self, status, "application/json", bytes);
}

/* Who has not gone, and yet is called off, was so by the panic switch. */
void
vig_request_fail (VigRequest *self, const GError *error)
{
  g_autoptr (GError) frozen = NULL;

  if (!self->gone && g_cancellable_is_cancelled (self->cancellable))
    error = frozen = g_error_new_literal (VIG_ERROR, VIG_ERROR_UNAVAILABLE, "Vigilus was frozen meanwhile: this was stopped");
  vig_request_fail_status (self, error_to_status (error), error);
}

void
vig_request_fail_with (VigRequest *self, int code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  error = g_error_new_valist (VIG_ERROR, code, format, args);
  va_end (args);

  vig_request_fail (self, error);
}

void
vig_request_add_detail (VigRequest *self, const char *name, JsonNode *value)
{
  if (self->details == NULL)
    self->details = json_object_new ();
  json_object_set_member (self->details, name, value);
}

void
vig_request_blame (VigRequest *self, const char *field, GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (VIG_ERROR, VIG_ERROR_INVALID, format, args);
  va_end (args);
  vig_request_add_detail (self, "field", json_node_init_string (json_node_alloc (), field));
}

void
vig_request_set_match (VigRequest *self, VigMatch *match)
{
  self->operation = match->operation;
  self->values = g_steal_pointer (&match->values);
}

void
vig_request_set_input (VigRequest *self, JsonObject *parameters, JsonObject *body)
{
  g_clear_pointer (&self->parameters, json_object_unref);
  g_clear_pointer (&self->body, json_object_unref);
  self->parameters = parameters;
  self->body = body;
}

char **
vig_request_get_values (VigRequest *self)
{
  return self->values;
}

void
vig_request_set_login (VigRequest *self, VigLogin *login)
{
  g_clear_pointer (&self->login, vig_login_unref);
  self->login = vig_login_ref (login);
  self->caller = login->caller;
  self->caller.address = self->peer->address;
}

void
vig_request_set_data (VigRequest *self, gpointer data, GDestroyNotify free_data)
{
  if (self->free_data != NULL)
    self->free_data (self->data);
  self->data = data;
  self->free_data = free_data;
}

gpointer
vig_request_get_data (VigRequest *self)
{
  return self->data;
}

void
vig_request_set_next (VigRequest *self, VigRole role, VigHandler next)
{
  self->next_role = role;
  self->next = next;
}

VigHandler
vig_request_get_next (VigRequest *self, VigRole *role)
{
  *role = self->next_role;

  return self->next;
}

VigWeb *
vig_request_get_web (VigRequest *self)
{
  return self->web;
}

SoupServerMessage *
vig_request_get_message (VigRequest *self)
{
  return self->message;
}

const VigPeer *
vig_request_get_peer (VigRequest *self)
{
  return self->peer;
}

const VigOperation *
vig_request_get_operation (VigRequest *self)
{
  return self->operation;
}

VigLogin *
vig_request_get_login (VigRequest *self)
{
  return self->login;
}

const VigCaller *
vig_request_get_caller (VigRequest *self)
{
  return self->login != NULL ? &self->caller : NULL;
}

JsonObject *
vig_request_get_body (VigRequest *self)
{
  return self->body;
}

JsonObject *
vig_request_get_parameters (VigRequest *self)
{
  return self->parameters;
}

const char *
vig_request_get_id (VigRequest *self)
{
  return vig_json_get_string (self->parameters, "id", "");
}

VigPage
vig_request_get_page (VigRequest *self)
{
  VigPage page = { (guint) vig_json_get_int (self->parameters, "limit", 50), vig_json_get_string (self->parameters, "after", NULL) };

  return page;
}

GCancellable *
vig_request_get_cancellable (VigRequest *self)
{
  return self->cancellable;
}

const char *
vig_request_get_header (VigRequest *self, const char *name)
{
  return soup_message_headers_get_one (soup_server_message_get_request_headers (self->message), name);
}

VigRequest *
vig_request_ref (VigRequest *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
vig_request_unref (VigRequest *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  vig_request_set_data (self, NULL, NULL);
  g_clear_signal_handler (&self->finished_id, self->message);
  g_clear_object (&self->message);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->values, g_strfreev);
  g_clear_pointer (&self->parameters, json_object_unref);
  g_clear_pointer (&self->body, json_object_unref);
  g_clear_pointer (&self->details, json_object_unref);
  g_clear_pointer (&self->login, vig_login_unref);
  g_object_unref (self->web->owner);
  g_free (self);
}

VigRequest *
vig_request_new (VigWeb *web, SoupServerMessage *message, VigPeer *peer)
{
  VigRequest *self = g_new0 (VigRequest, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->web = web;
  g_object_ref (web->owner);
  self->message = g_object_ref (message);
  self->peer = peer;
  self->cancellable = g_cancellable_new ();
  self->finished_id = g_signal_connect_swapped (message, "finished", G_CALLBACK (on_finished), self);
  soup_server_message_pause (message);

  return self;
}
