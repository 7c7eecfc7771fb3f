/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "http.h"

#include <string.h>

#define MAX_ANSWER    (4 * 1024 * 1024) /* bytes, unpacked */
#define MAX_REDIRECTS 5
#define GRACE         3 /* seconds that the core waits longer, so that the error is ours */

#define HTTP_TYPE_TOOL (http_tool_get_type ())
G_DECLARE_FINAL_TYPE (HttpTool, http_tool, HTTP, TOOL, GObject)

/* One endpoint that a person has described. */
struct _HttpTool
{
  GObject     parent_instance;

  JsonObject *definition;
  char       *name;
  char       *schema;
  VigToolInfo info;
};

static void http_tool_iface_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (HttpTool, http_tool, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, http_tool_iface_init))

static const VigToolInfo *
http_tool_get_info (VigTool *tool)
{
  return &HTTP_TOOL (tool)->info;
}

static gint64
get_deadline (HttpTool *self, VigInvocation *invocation)
{
  gint64 own = g_get_monotonic_time () + vig_json_get_int (self->definition, "timeout", 30) * G_USEC_PER_SEC;
  gint64 given = vig_invocation_get_deadline (invocation);

  return given > 0 ? MIN (own, given) : own;
}

static VigFetchAnswer *
send (HttpTool *self, VigInvocation *invocation, HttpRequest *request, GCancellable *cancellable, GError **error)
{
  gboolean is_safe = g_str_equal (request->method, "GET") || g_str_equal (request->method, "HEAD");
  VigFetchRequest fetch = { 0 };

  /* A person has chosen the host: it may be at home. Where it redirects to, nobody has. */
  fetch.reach = VIG_FETCH_ANYWHERE;
  fetch.same_origin = TRUE;
  fetch.max_redirects = is_safe ? MAX_REDIRECTS : 0;
  fetch.method = request->method;
  fetch.uri = request->uri;
  fetch.headers = (const char * const *) request->headers;
  fetch.content_type = request->content_type;
  fetch.body = request->body;
  fetch.ca = vig_json_get_string (self->definition, "ca", NULL);
  fetch.max_bytes = MAX_ANSWER;
  fetch.deadline = get_deadline (self, invocation);

  return vig_fetch (&fetch, cancellable, error);
}

static void
wipe (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

static JsonNode *
http_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  HttpTool *self = HTTP_TOOL (tool);
  g_autoptr (HttpRequest) request = http_request_new (self->definition, vig_invocation_get_arguments (invocation), error);
  gboolean signs = !g_str_equal (vig_json_get_string (self->definition, "auth", "none"), "none");
  g_autoptr (VigFetchAnswer) answer = NULL;
  g_autoptr (GError) local_error = NULL;
  JsonNode *result = NULL;
  char *secret;

  if (request == NULL)
    return NULL;

  secret = signs ? vig_invocation_dup_secret (invocation, &local_error) : NULL;
  if (local_error == NULL && http_request_sign (request, self->definition, secret, &local_error))
    answer = send (self, invocation, request, cancellable, &local_error);
  if (answer != NULL)
    result = http_answer_to_json (answer, self->definition, secret, vig_invocation_get_output_limit (invocation));
  else
    g_propagate_error (error, g_steal_pointer (&local_error));
  wipe (secret);

  return result;
}

static VigLevel
http_tool_classify (VigTool *tool, VigInvocation *invocation, char **resource)
{
  HttpTool *self = HTTP_TOOL (tool);
  g_autoptr (HttpRequest) request = http_request_new (self->definition, vig_invocation_get_arguments (invocation), NULL);

  *resource = request != NULL ? g_strdup_printf ("http:%s %s", request->method, request->place) : NULL;

  return self->info.level;
}

static VigPreview *
http_tool_preview (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  HttpTool *self = HTTP_TOOL (tool);
  g_autoptr (HttpRequest) request = http_request_new (self->definition, vig_invocation_get_arguments (invocation), error);
  g_autofree char *text = request != NULL ? http_request_show (request, self->definition) : NULL;

  return text != NULL ? vig_preview_new ("text", text) : NULL;
}

static void
http_tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = http_tool_get_info;
  iface->run = http_tool_run;
  iface->classify = http_tool_classify;
  iface->preview = http_tool_preview;
}

static void
http_tool_finalize (GObject *object)
{
  HttpTool *self = HTTP_TOOL (object);

  g_clear_pointer (&self->definition, json_object_unref);
  g_free (self->name);
  g_free (self->schema);

  G_OBJECT_CLASS (http_tool_parent_class)->finalize (object);
}

static void
http_tool_class_init (HttpToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = http_tool_finalize;
}

static void
http_tool_init (HttpTool *self)
{
}

/* Where what a call fills in leaves the network of one's own, for all that the address tells: a name that public DNS may know counts as there. */
static gboolean
goes_outward (JsonObject *definition)
{
  JsonArray *parameters = vig_json_get_array (definition, "parameters");
  g_autofree char *place = http_definition_origin (definition);
  g_autoptr (GUri) uri = g_uri_parse (place, G_URI_FLAGS_NONE, NULL);
  g_autofree char *host = uri != NULL ? g_ascii_strdown (g_uri_get_host (uri), -1) : NULL;
  g_autoptr (GInetAddress) address = host != NULL ? g_inet_address_new_from_string (host) : NULL;

  if (parameters == NULL || json_array_get_length (parameters) == 0)
    return FALSE;
  if (address != NULL)
    return vig_address_classify (address) == VIG_ADDRESS_PUBLIC;

  return host == NULL || !vig_host_name_is_private (host);
}

VigTool *
http_tool_new (JsonObject *definition, GError **error)
{
  g_autoptr (HttpTool) self = g_object_new (HTTP_TYPE_TOOL, NULL);
  const char *title = vig_json_get_string (definition, "title", "");

  if (!http_definition_check (definition, error))
    return NULL;

  self->definition = json_object_ref (definition);
  self->name = g_strconcat ("http.", vig_json_get_string (definition, "name", ""), NULL);
  self->schema = http_definition_schema (definition);
  self->info.name = self->name;
  self->info.title = *title != '\0' ? title : self->name;
  self->info.description = vig_json_get_string (definition, "description", "");
  vig_level_from_string (vig_json_get_string (definition, "level", ""), &self->info.level);
  self->info.input_schema = self->schema;
  if (goes_outward (definition))
    self->info.flags |= VIG_TOOL_OUTWARD;
  self->info.timeout = (guint) vig_json_get_int (definition, "timeout", 30) + GRACE;
  if (!vig_tool_info_check (&self->info, error))
    {
      g_prefix_error (error, "/parameters: ");
      return NULL;
    }

  return VIG_TOOL (g_steal_pointer (&self));
}
