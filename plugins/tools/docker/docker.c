/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-args.h"
#include "docker-service.h"
#include "docker-tools.h"

#define TOOL(properties, required) \
  "{\"type\": \"object\", \"required\": [" required "], \"additionalProperties\": false, \"properties\": {" properties "}}"
#define SERVER \
  "\"server\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 64, \"description\": \"The server's name in the inventory, as servers.list shows it\"}"
#define CONTAINER \
  "\"container\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 255, \"pattern\": \"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$\", " \
  "\"description\": \"The container's name, not its id\"}"
#define SINCE(what) \
  "\"since\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 40, " \
  "\"description\": \"" what ": a time back " \
  "(90s, 10m, 2h, 3d), an ISO 8601 time, or seconds since 1970\"}"
#define FOLLOW(what) \
  "\"follow\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 300, \"description\": \"Go on for so many seconds and show " what " as it comes\"}"
#define PROJECT \
  "\"project_dir\": {\"type\": \"string\", \"minLength\": 2, \"maxLength\": 1024, \"pattern\": \"^/\", " \
  "\"description\": \"The project's folder on the machine of Vigilus, such as /srv/stacks/shop\"}"
#define SERVICES \
  "\"services\": {\"type\": \"array\", \"maxItems\": 50, \"description\": \"Only these; without it, all\", \"items\": " \
  "{\"type\": \"string\", \"minLength\": 1, \"maxLength\": 100, \"pattern\": \"^[a-zA-Z0-9_][a-zA-Z0-9_.-]*$\"}}"
#define TIMEOUT \
  "\"timeout\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 300, \"default\": 10, \"description\": \"Seconds it has to end by itself before it is killed\"}"

static const VigToolInfo list_info = {
  .name = "docker.list",
  .title = "List containers",
  .description = "Lists the containers on a Docker host: name, image, state and health, published ports, Compose project. Use for: which containers run, what is down.",
  .level = VIG_LEVEL_READ,
  .input_schema = TOOL (SERVER ", \"all\": {\"type\": \"boolean\", \"default\": false, \"description\": \"Also those that do not run\"}", "\"server\""),
  .timeout = 30,
};

static const VigToolInfo inspect_info = {
  .name = "docker.inspect",
  .title = "Look at a container",
  .description = "Tells all about a container: state, health checks, why it ended, restart policy, mounts, networks, ports, labels, names of its environment. "
                 "Values of the environment are hidden where they could be secrets.",
  .level = VIG_LEVEL_READ,
  .input_schema = TOOL (SERVER ", " CONTAINER, "\"server\", \"container\""),
  .timeout = 30,
};

static const VigToolInfo logs_info = {
  .name = "docker.logs",
  .title = "Read a container's log",
  .description = "Fetches what a container wrote to its log, newest last, with times and streams. Use for: why a container fails, what it says.",
  .level = VIG_LEVEL_READ,
  .input_schema = TOOL (SERVER ", " CONTAINER ", "
                        "\"tail\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 10000, \"default\": 100, \"description\": \"So many of the last lines\"}, "
                        SINCE ("Only what is newer") ", " FOLLOW ("the log"), "\"server\", \"container\""),
  .timeout = 330,
};

static const VigToolInfo images_info = {
  .name = "docker.images",
  .title = "List images",
  .description = "Lists the images on a Docker host: tags, size, age, digests, and how many containers are made of each.",
  .level = VIG_LEVEL_READ,
  .input_schema = TOOL (SERVER, "\"server\""),
  .timeout = 30,
};

static const VigToolInfo stats_info = {
  .name = "docker.stats",
  .title = "Measure containers",
  .description = "Measures processor, memory, network and disk use of running containers for about a second. 100 percent is one processor. "
                 "Use for: which container is busy, how much memory one takes.",
  .level = VIG_LEVEL_READ,
  .input_schema = TOOL (SERVER ", " CONTAINER, "\"server\""),
  .timeout = 60,
};

static const VigToolInfo events_info = {
  .name = "docker.events",
  .title = "Read Docker's events",
  .description = "Lists what happened on a Docker host: starts, stops, deaths with exit code, kills, out of memory, health changes, pulls. Without since: of the last hour.",
  .level = VIG_LEVEL_READ,
  .input_schema = TOOL (SERVER ", " CONTAINER ", " SINCE ("From when on") ", " FOLLOW ("what happens"), "\"server\""),
  .timeout = 330,
};

static const VigToolInfo start_info = {
  .name = "docker.start",
  .title = "Start a container",
  .description = "Starts a container that is there but does not run, and looks whether it stays up.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = TOOL (SERVER ", " CONTAINER, "\"server\", \"container\""),
  .timeout = 60,
};

static const VigToolInfo stop_info = {
  .name = "docker.stop",
  .title = "Stop a container",
  .description = "Stops a running container. Its data stays; docker.start starts it again.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = TOOL (SERVER ", " CONTAINER ", " TIMEOUT, "\"server\", \"container\""),
  .timeout = 360,
};

static const VigToolInfo restart_info = {
  .name = "docker.restart",
  .title = "Restart a container",
  .description = "Restarts a container, and looks whether it stays up.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = TOOL (SERVER ", " CONTAINER ", " TIMEOUT, "\"server\", \"container\""),
  .timeout = 360,
};

static const VigToolInfo compose_info = {
  .name = "docker.compose",
  .title = "Manage a Compose project",
  .description = "Manages a Docker Compose project (stack): up makes and starts what is missing or has changed, down stops and removes its containers (volumes stay), "
                 "pull fetches newer images, restore puts back images that an earlier up or pull noted as images_before.",
  .level = VIG_LEVEL_WRITE,
  .input_schema = TOOL (SERVER ", " PROJECT ", " SERVICES ", "
                        "\"action\": {\"enum\": [\"up\", \"down\", \"pull\", \"restore\"]}, "
                        "\"images\": {\"type\": \"array\", \"maxItems\": 100, \"description\": \"For restore: images_before of an earlier result\", \"items\": "
                        "{\"type\": \"object\", \"required\": [\"image\", \"image_id\"], \"properties\": {"
                        "\"image\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 500}, "
                        "\"image_id\": {\"type\": \"string\", \"pattern\": \"^sha256:[0-9a-f]{64}$\", \"maxLength\": 71}, "
                        "\"digest\": {\"type\": \"string\", \"pattern\": \"^[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}$\", \"maxLength\": 600}}}}",
                        "\"server\", \"project_dir\", \"action\""),
  .timeout = 900,
};

static const VigToolInfo compose_ps_info = {
  .name = "docker.compose_ps",
  .title = "Look at a Compose project",
  .description = "Lists the containers of a Docker Compose project, and for each service what \"up\" would do with it.",
  .level = VIG_LEVEL_READ,
  .input_schema = TOOL (SERVER ", " PROJECT, "\"server\", \"project_dir\""),
  .timeout = 120,
};

static const VigToolInfo compose_config_info = {
  .name = "docker.compose_config",
  .title = "Check a Compose project",
  .description = "Checks the files of a Docker Compose project and shows them as Compose understands them: services, images, ports, volumes. Values of the environment are hidden.",
  .level = VIG_LEVEL_READ,
  .input_schema = TOOL (SERVER ", " PROJECT, "\"server\", \"project_dir\""),
  .timeout = 120,
};

static VigLevel
classify_compose (VigInvocation *invocation, char **resource)
{
  *resource = docker_resource (invocation, "project_dir");

  return VIG_LEVEL_WRITE;
}

/* A grant is for one container on one server. */
static VigLevel
classify_control (VigInvocation *invocation, char **resource)
{
  *resource = docker_resource (invocation, "container");

  return VIG_LEVEL_WRITE;
}

static void
add (VigHost *host, const VigToolInfo *info, VigToolRunFunc run)
{
  vig_host_add_tool (host, vig_simple_tool_new (info, run));
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool (host, docker_service_new (&list_info));
  add (host, &inspect_info, docker_inspect);
  add (host, &logs_info, docker_logs);
  add (host, &images_info, docker_images);
  add (host, &stats_info, docker_stats);
  add (host, &events_info, docker_events);
  add (host, &compose_ps_info, docker_compose_ps);
  add (host, &compose_config_info, docker_compose_config);
  vig_host_add_tool (host, vig_simple_tool_new_full (&compose_info, docker_compose, classify_compose, docker_compose_preview));
  vig_host_add_tool (host, vig_simple_tool_new_full (&start_info, docker_start, classify_control, docker_control_preview));
  vig_host_add_tool (host, vig_simple_tool_new_full (&stop_info, docker_stop, classify_control, docker_control_preview));
  vig_host_add_tool (host, vig_simple_tool_new_full (&restart_info, docker_restart, classify_control, docker_control_preview));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "docker", activate, NULL };
