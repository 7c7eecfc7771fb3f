/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-shape.h"

#include "docker-json.h"
#include "docker-mask.h"

#include <string.h>

#define SHORT_ID 12
#define KILLED   137 /* exit status of what SIGKILL ended */

char *
docker_short_id (const char *id)
{
  return g_strndup (g_str_has_prefix (id, "sha256:") ? id + strlen ("sha256:") : id, SHORT_ID);
}

/* The array's texts with ", " between. */
static char *
join (JsonArray *texts)
{
  GString *joined = g_string_new (NULL);

  for (guint i = 0; i < docker_length (texts); i++)
    {
      JsonNode *node = json_array_get_element (texts, i);

      if (json_node_get_value_type (node) == G_TYPE_STRING)
        g_string_append_printf (joined, "%s%s", joined->len > 0 ? ", " : "", json_node_get_string (node));
    }

  return g_string_free (joined, FALSE);
}

static char *
time_from_unix (gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);

  return time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

/* The Engine writes "never" as the year 1. */
static const char *
time_or_null (JsonObject *object, const char *member)
{
  const char *text = vig_json_get_string (object, member, NULL);

  return text == NULL || g_str_has_prefix (text, "0001-") ? NULL : text;
}

static void
append_port (GString *text, JsonObject *port)
{
  const char *ip = vig_json_get_string (port, "IP", NULL);
  gint64 public_port = vig_json_get_int (port, "PublicPort", 0);
  gboolean is_v6 = ip != NULL && strchr (ip, ':') != NULL;

  g_string_append (text, text->len > 0 ? ", " : "");
  if (public_port > 0)
    g_string_append_printf (text, "%s%s%s%s%" G_GINT64_FORMAT "->", is_v6 ? "[" : "", ip != NULL ? ip : "", is_v6 ? "]" : "", ip != NULL ? ":" : "", public_port);
  g_string_append_printf (text, "%" G_GINT64_FORMAT "/%s", vig_json_get_int (port, "PrivatePort", 0), vig_json_get_string (port, "Type", "tcp"));
}

static char *
describe_ports (JsonArray *ports)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < docker_length (ports); i++)
    append_port (text, docker_object_at (ports, i));

  return g_string_free (text, FALSE);
}

static const char *
first_text (JsonArray *texts)
{
  return texts != NULL && json_array_get_length (texts) > 0 ? docker_text_at (texts, 0) : "";
}

static const char *
get_label (JsonObject *labels, const char *name)
{
  return labels != NULL ? vig_json_get_string (labels, name, NULL) : NULL;
}

static const char *
without_slash (const char *name)
{
  return *name == '/' ? name + 1 : name;
}

JsonObject *
docker_shape_container (JsonObject *summary)
{
  JsonObject *labels = vig_json_get_object (summary, "Labels");
  g_autofree char *id = docker_short_id (vig_json_get_string (summary, "Id", ""));
  g_autofree char *ports = describe_ports (vig_json_get_array (summary, "Ports"));
  g_autofree char *created = time_from_unix (vig_json_get_int (summary, "Created", 0));

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:s, s:s}",
                               "name", without_slash (first_text (vig_json_get_array (summary, "Names"))),
                               "image", vig_json_get_string (summary, "Image", NULL),
                               "state", vig_json_get_string (summary, "State", NULL),
                               "status", vig_json_get_string (summary, "Status", NULL),
                               "ports", ports,
                               "project", get_label (labels, "com.docker.compose.project"),
                               "service", get_label (labels, "com.docker.compose.service"),
                               "created_at", created,
                               "id", id);
}

char *
docker_shape_state (JsonObject *container)
{
  JsonObject *state = vig_json_get_object (container, "State");
  JsonObject *health = vig_json_get_object (state, "Health");
  const char *status = vig_json_get_string (state, "Status", "unknown");
  const char *word = vig_json_get_string (health, "Status", "");

  return *word != '\0' && !g_str_equal (word, "none") ? g_strconcat (status, ", ", word, NULL) : g_strdup (status);
}

static JsonArray *
shape_mounts (JsonArray *mounts)
{
  JsonArray *rows = json_array_new ();

  for (guint i = 0; i < docker_length (mounts); i++)
    {
      JsonObject *mount = docker_object_at (mounts, i);
      const char *name = vig_json_get_string (mount, "Name", NULL);

      json_array_add_object_element (rows, vig_json_pack_object ("{s:s, s:s, s:s, s:b}",
                                                                 "type", vig_json_get_string (mount, "Type", NULL),
                                                                 "source", name != NULL && *name != '\0' ? name : vig_json_get_string (mount, "Source", NULL),
                                                                 "destination", vig_json_get_string (mount, "Destination", NULL),
                                                                 "writable", vig_json_get_boolean (mount, "RW", FALSE)));
    }

  return rows;
}

static void
add_network (JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
  JsonObject *network = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  g_autofree char *aliases = network != NULL ? join (vig_json_get_array (network, "Aliases")) : NULL;

  if (network != NULL)
    json_array_add_object_element (user_data, vig_json_pack_object ("{s:s, s:s, s:s}", "name", name, "address", vig_json_get_string (network, "IPAddress", NULL),
                                                                    "aliases", aliases));
}

static void
add_published (JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
  JsonArray *bindings = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; i < docker_length (bindings); i++)
    {
      JsonObject *binding = docker_object_at (bindings, i);

      json_array_add_object_element (user_data, vig_json_pack_object ("{s:s, s:s, s:s}", "container", name, "address", vig_json_get_string (binding, "HostIp", NULL),
                                                                      "port", vig_json_get_string (binding, "HostPort", NULL)));
    }
}

static void
add_label (JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    json_array_add_object_element (user_data, vig_json_pack_object ("{s:s, s:s}", "name", name, "value", json_node_get_string (node)));
}

static JsonArray *
shape_members (JsonObject *object, JsonObjectForeach add)
{
  JsonArray *rows = json_array_new ();

  if (object != NULL)
    json_object_foreach_member (object, add, rows);

  return rows;
}

static char *
describe_command (JsonObject *container)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  JsonArray *arguments = vig_json_get_array (container, "Args");

  g_ptr_array_add (words, g_shell_quote (vig_json_get_string (container, "Path", "")));
  for (guint i = 0; i < docker_length (arguments); i++)
    {
      const char *word = docker_text_at (arguments, i);

      g_ptr_array_add (words, *word != '\0' && strspn (word, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_=./:,@%+") == strlen (word) ? g_strdup (word) : g_shell_quote (word));
    }
  g_ptr_array_add (words, NULL);

  return g_strjoinv (" ", (char **) words->pdata);
}

static char *
describe_restart_policy (JsonObject *host)
{
  JsonObject *policy = vig_json_get_object (host, "RestartPolicy");
  const char *name = vig_json_get_string (policy, "Name", "");
  gint64 most = vig_json_get_int (policy, "MaximumRetryCount", 0);

  if (most > 0)
    return g_strdup_printf ("%s:%" G_GINT64_FORMAT, name, most);

  return g_strdup (*name != '\0' ? name : "no");
}

/* Podman does not always notice that it was for memory: where there is a limit, that may be so all the same. */
static const char *
explain_end (JsonObject *state, JsonObject *host)
{
  if (vig_json_get_int (state, "ExitCode", 0) != KILLED || vig_json_get_boolean (state, "Running", FALSE) || vig_json_get_boolean (state, "OOMKilled", FALSE)
      || vig_json_get_int (host, "Memory", 0) <= 0)
    return NULL;

  return "killed by SIGKILL: by somebody, or for memory, since it has a limit; not every engine tells which. Its log and docker.stats may.";
}

static JsonObject *
shape_state (JsonObject *container)
{
  JsonObject *state = vig_json_get_object (container, "State");
  g_autofree char *text = docker_shape_state (container);

  if (state == NULL)
    return json_object_new ();

  return vig_json_pack_object ("{s:s, s:s, s:s, s:I, s:b, s:s?, s:I, s:s}",
                               "status", text,
                               "started_at", time_or_null (state, "StartedAt"),
                               "finished_at", time_or_null (state, "FinishedAt"),
                               "exit_code", vig_json_get_int (state, "ExitCode", 0),
                               "killed_for_memory", vig_json_get_boolean (state, "OOMKilled", FALSE),
                               "hint", explain_end (state, vig_json_get_object (container, "HostConfig")),
                               "restarts", vig_json_get_int (container, "RestartCount", 0),
                               "error", vig_json_get_string (state, "Error", NULL));
}

static JsonArray *
shape_health_log (JsonObject *container)
{
  JsonObject *state = vig_json_get_object (container, "State");
  JsonObject *health = vig_json_get_object (state, "Health");
  JsonArray *log = vig_json_get_array (health, "Log");
  JsonArray *rows = json_array_new ();

  for (guint i = 0; i < docker_length (log); i++)
    {
      JsonObject *entry = docker_object_at (log, i);
      g_autofree char *output = g_strndup (vig_json_get_string (entry, "Output", ""), 500);
      g_autofree char *valid = g_utf8_make_valid (g_strstrip (output), -1);

      json_array_add_object_element (rows, vig_json_pack_object ("{s:s, s:I, s:s}", "time", vig_json_get_string (entry, "Start", NULL),
                                                                 "exit_code", vig_json_get_int (entry, "ExitCode", 0), "output", valid));
    }

  return rows;
}

JsonNode *
docker_shape_inspect (JsonObject *container)
{
  JsonObject *config = vig_json_get_object (container, "Config");
  JsonObject *host = vig_json_get_object (container, "HostConfig");
  JsonObject *network = vig_json_get_object (container, "NetworkSettings");
  g_autofree char *id = docker_short_id (vig_json_get_string (container, "Id", ""));
  g_autofree char *image_id = docker_short_id (vig_json_get_string (container, "Image", ""));
  g_autofree char *command = describe_command (container);
  g_autofree char *policy = describe_restart_policy (host);
  g_autoptr (JsonObject) state = shape_state (container);
  gint64 memory = vig_json_get_int (host, "Memory", 0);

  return vig_json_pack ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:o?, s:J, s:A, s:A, s:A, s:A, s:A, s:A}",
                        "name", without_slash (vig_json_get_string (container, "Name", "")),
                        "id", id,
                        "image", vig_json_get_string (config, "Image", NULL),
                        "image_id", image_id,
                        "created_at", vig_json_get_string (container, "Created", NULL),
                        "command", command,
                        "user", vig_json_get_string (config, "User", NULL),
                        "network_mode", vig_json_get_string (host, "NetworkMode", NULL),
                        "restart_policy", policy,
                        "privileged", vig_json_get_boolean (host, "Privileged", FALSE),
                        "tty", vig_json_get_boolean (config, "Tty", FALSE),
                        "memory_limit_bytes", memory > 0 ? vig_json_pack ("I", memory) : NULL, /* 0: as much as there is */
                        "state", state,
                        "health_checks", shape_health_log (container),
                        "published", shape_members (vig_json_get_object (network, "Ports"), add_published),
                        "mounts", shape_mounts (vig_json_get_array (container, "Mounts")),
                        "networks", shape_members (vig_json_get_object (network, "Networks"), add_network),
                        "environment", docker_mask_environment (vig_json_get_array (config, "Env")),
                        "labels", shape_members (vig_json_get_object (config, "Labels"), add_label));
}

JsonObject *
docker_shape_image (JsonObject *image, guint containers)
{
  g_autofree char *tags = join (vig_json_get_array (image, "RepoTags"));
  g_autofree char *digests = join (vig_json_get_array (image, "RepoDigests"));
  g_autofree char *id = docker_short_id (vig_json_get_string (image, "Id", ""));
  g_autofree char *created = time_from_unix (vig_json_get_int (image, "Created", 0));

  return vig_json_pack_object ("{s:s, s:s, s:I, s:s, s:i, s:s}", "tags", tags, "id", id, "size_bytes", vig_json_get_int (image, "Size", 0),
                               "created_at", created, "containers", (int) containers, "digests", digests);
}

JsonObject *
docker_shape_event (JsonObject *event)
{
  JsonObject *actor = vig_json_get_object (event, "Actor");
  JsonObject *attributes = vig_json_get_object (actor, "Attributes");
  g_autofree char *time = time_from_unix (vig_json_get_int (event, "time", 0));
  g_autofree char *id = docker_short_id (vig_json_get_string (actor, "ID", ""));

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s}",
                               "time", time,
                               "type", vig_json_get_string (event, "Type", NULL),
                               "action", vig_json_get_string (event, "Action", NULL),
                               "name", get_label (attributes, "name"),
                               "image", get_label (attributes, "image"),
                               "exit_code", get_label (attributes, "exitCode") != NULL ? get_label (attributes, "exitCode") : get_label (attributes, "containerExitCode"),
                               "signal", get_label (attributes, "signal"),
                               "id", id);
}
