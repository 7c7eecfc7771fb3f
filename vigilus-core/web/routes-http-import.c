/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-import.h"

#include "vig-openapi-import.h"
#include "vig-store-http-tools.h"
#include "vig-web.h"
#include "vig-yaml.h"

#include <string.h>

#define MAX_DOCUMENT (4 * 1024 * 1024) /* bytes */
#define FETCH_TIME   20                /* seconds */

/* An administrator has entered the address: it may be at home. */
static char *
fetch_document (const char *url, GCancellable *cancellable, GError **error)
{
  static const char *const headers[] = { "Accept", "application/json, application/yaml;q=0.9, */*;q=0.5", NULL };
  VigFetchRequest request = { .uri = url, .headers = headers, .reach = VIG_FETCH_ANYWHERE, .same_origin = TRUE, .max_redirects = 5, .max_bytes = MAX_DOCUMENT };
  g_autoptr (VigFetchAnswer) answer = NULL;

  request.deadline = g_get_monotonic_time () + FETCH_TIME * G_USEC_PER_SEC;
  answer = vig_fetch (&request, cancellable, error);
  if (answer == NULL)
    return NULL;
  if (answer->status != 200)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "it answers %u %s", answer->status, answer->reason != NULL ? answer->reason : "");
      return NULL;
    }
  if (answer->truncated)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the document is over %d bytes", MAX_DOCUMENT);
      return NULL;
    }

  return vig_fetch_answer_dup_text (answer);
}

static JsonObject *
parse_document (const char *text, GError **error)
{
  gboolean is_json = text[strspn (text, " \t\r\n")] == '{';
  g_autoptr (JsonNode) node = is_json ? vig_json_parse (text, -1, MAX_DOCUMENT, error) : vig_yaml_parse (text, strlen (text), error);

  if (node == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_object_ref (json_node_get_object (node));

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "is no OpenAPI document");

  return NULL;
}

static void
read_document (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  VigRequest *request = data;
  JsonObject *body = vig_request_get_body (request);
  const char *url = vig_json_get_string (body, "url", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = url != NULL ? fetch_document (url, cancellable, &error) : g_strdup (vig_json_get_string (body, "document", ""));
  g_autoptr (JsonObject) document = text != NULL ? parse_document (text, &error) : NULL;
  JsonObject *found = NULL;

  if (error != NULL)
    {
      g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_INVALID, "/%s: %s", url != NULL ? "url" : "document", error->message);
      return;
    }

  found = vig_openapi_import (document, vig_json_get_string (body, "base_url", NULL), url, vig_json_get_string (body, "prefix", NULL), &error);
  if (found != NULL)
    g_task_return_pointer (task, found, (GDestroyNotify) json_object_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* Could it be taken as it is? What a person still has to enter is no problem. */
static void
check_item (VigRegistry *registry, JsonObject *item)
{
  g_autofree char *text = vig_json_object_to_string (item);
  g_autoptr (JsonObject) copy = vig_json_parse_object (text, -1, 0, NULL);
  g_autoptr (JsonObject) merged = NULL;
  g_autoptr (VigTool) tool = NULL;
  g_autoptr (GError) error = NULL;

  if (vig_json_get_string (item, "problem", NULL) != NULL)
    return;

  json_object_remove_member (copy, "problem");
  json_object_remove_member (copy, "operation");
  if (g_str_equal (vig_json_get_string (copy, "auth", "none"), "basic"))
    json_object_set_string_member (copy, "auth_user", "user");
  merged = vig_store_http_tools_merge (NULL, copy, &error);
  tool = merged != NULL ? vig_http_tools_make (registry, merged, &error) : NULL;
  if (tool == NULL)
    json_object_set_string_member (item, "problem", error->message);
}

void
vig_http_fail_about (VigRequest *request, const GError *error)
{
  const char *slash = *error->message == '/' ? strchr (error->message, ':') : NULL;

  if (slash != NULL)
    {
      g_autofree char *field = g_strndup (error->message + 1, slash - error->message - 1);

      vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), field));
    }
  vig_request_fail (request, error);
}

static void
document_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *found = g_task_propagate_pointer (G_TASK (result), &error);
  JsonArray *items = found != NULL ? vig_json_get_array (found, "items") : NULL;

  if (found == NULL)
    {
      vig_http_fail_about (request, error);
      return;
    }

  for (guint i = 0; i < json_array_get_length (items); i++)
    check_item (vig_request_get_web (request)->context.agent->registry, json_array_get_object_element (items, i));
  vig_request_respond (request, vig_node_take_object (found));
}

void
vig_http_import_read (VigRequest *request)
{
  JsonObject *body = vig_request_get_body (request);
  g_autoptr (GTask) task = NULL;

  if (json_object_has_member (body, "document") == json_object_has_member (body, "url"))
    {
      vig_request_fail_with (request, VIG_ERROR_INVALID, "/document: paste the document, or enter its address, one of them");
      return;
    }

  task = g_task_new (NULL, vig_request_get_cancellable (request), document_read, vig_request_ref (request));
  g_task_set_source_tag (task, vig_http_import_read);
  g_task_set_task_data (task, vig_request_ref (request), (GDestroyNotify) vig_request_unref);
  vig_worker_run_task (vig_request_get_web (request)->context.agent->worker, task, read_document);
}
