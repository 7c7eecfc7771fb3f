/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-service.h"

#include "docker-engine.h"
#include "docker-tools.h"

#define TEST_TIME 15 /* seconds */

#define DOCKER_TYPE_SERVICE (docker_service_get_type ())
G_DECLARE_FINAL_TYPE (DockerService, docker_service, DOCKER, SERVICE, GObject)

struct _DockerService
{
  GObject            parent_instance;

  const VigToolInfo *info;
};

static void tool_iface_init (VigToolInterface *iface);
static void service_iface_init (VigServerServiceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DockerService, docker_service, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, tool_iface_init)
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_SERVER_SERVICE, service_iface_init))

static const VigToolInfo *
docker_service_get_info (VigTool *tool)
{
  return DOCKER_SERVICE (tool)->info;
}

static JsonNode *
docker_service_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return docker_list (invocation, cancellable, error);
}

static GSocketConnection *
reach_by_access (gpointer data, VigServer *server, const char *address, GCancellable *cancellable, GError **error)
{
  if (data != NULL)
    return vig_server_access_open (data, server, address, cancellable, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the plugin ssh is not loaded: look under Settings, Plugins");

  return NULL;
}

static gboolean
on_late (gpointer data)
{
  g_cancellable_cancel (data);

  return G_SOURCE_REMOVE;
}

/* A test has its own end, sooner than the kernel's; the timer is the main loop's. */
static GSource *
start_timer (GCancellable *stop)
{
  GSource *timer = g_timeout_source_new_seconds (TEST_TIME);

  g_source_set_callback (timer, on_late, g_object_ref (stop), g_object_unref);
  g_source_attach (timer, NULL);

  return timer;
}

static void
forward (GCancellable *cancellable, gpointer data)
{
  g_cancellable_cancel (data);
}

/* "Docker Engine 20.10.24", "Podman Engine 4.3.1": the first component's name and version. */
static char *
ask_version (DockerEngine *engine, GCancellable *cancellable, GError **error)
{
  static const char * const path[] = { "version", NULL };
  g_autoptr (JsonNode) node = docker_engine_get (engine, path, NULL, cancellable, error);
  JsonObject *answer = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonArray *components = vig_json_get_array (answer, "Components");
  JsonNode *first = components != NULL && json_array_get_length (components) > 0 ? json_array_get_element (components, 0) : NULL;
  JsonObject *engine_part = first != NULL && JSON_NODE_HOLDS_OBJECT (first) ? json_node_get_object (first) : NULL;
  const char *name = vig_json_get_string (engine_part, "Name", "");

  if (node == NULL)
    return NULL;

  return g_strdup_printf ("%s %s, API %s", g_str_has_prefix (name, "Podman") ? "Podman" : "Docker", vig_json_get_string (answer, "Version", "?"),
                          docker_engine_get_version (engine));
}

static gboolean
is_about_answer (const GError *error)
{
  return g_error_matches (error, VIG_ERROR, VIG_ERROR_REMOTE) || g_error_matches (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED);
}

static JsonNode *
docker_service_test (VigServerService *self, VigServer *server, VigServerAccess *access, GCancellable *cancellable, GError **error)
{
  DockerReach reach = { reach_by_access, access };
  g_autoptr (GCancellable) stop = NULL;
  g_autoptr (GSource) timer = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (DockerEngine) engine = NULL;
  g_autofree char *version = NULL;
  gulong handler;

  if (server->docker_endpoint == NULL)
    return NULL;

  stop = g_cancellable_new ();
  timer = start_timer (stop);
  handler = g_cancellable_connect (cancellable, G_CALLBACK (forward), stop, NULL);
  engine = docker_engine_open_server (server, &reach, stop, &local_error);
  if (engine != NULL)
    version = ask_version (engine, stop, &local_error);
  g_cancellable_disconnect (cancellable, handler);
  g_source_destroy (timer);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_clear_error (&local_error);
      g_set_error (&local_error, VIG_ERROR, VIG_ERROR_TIMED_OUT, "Docker of server %s does not answer at %s within %d seconds", server->name, server->docker_endpoint,
                   TEST_TIME);
    }

  return vig_json_pack ("{s:b, s:s, s:s}",
                        "ok", version != NULL,
                        "step", version != NULL ? NULL : is_about_answer (local_error) ? "answer" : "connect",
                        "message", version != NULL ? version : local_error->message);
}

static void
tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = docker_service_get_info;
  iface->run = docker_service_run;
}

static void
service_iface_init (VigServerServiceInterface *iface)
{
  iface->test = docker_service_test;
}

static void
docker_service_class_init (DockerServiceClass *klass)
{
}

static void
docker_service_init (DockerService *self)
{
}

VigTool *
docker_service_new (const VigToolInfo *info)
{
  DockerService *self = g_object_new (DOCKER_TYPE_SERVICE, NULL);

  self->info = info;

  return VIG_TOOL (self);
}
