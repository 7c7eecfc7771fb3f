/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-json.h"
#include "docker-plan.h"
#include "docker-project.h"
#include "docker-yaml.h"
#include "vig-test.h"

#include <string.h>

static void
test_yaml (void)
{
  static const struct { const char *yaml; const char *json; } rows[] = {
    { "a: 1\nb: [x, true, null, ~, '1', \"true\", 1.5, -3, ]\n", "{\"a\":1,\"b\":[\"x\",true,null,null,\"1\",\"true\",\"1.5\",-3]}" },
    { "a: &x {k: v}\nb: *x\n", "{\"a\":{\"k\":\"v\"},\"b\":{\"k\":\"v\"}}" },
    { "a: |\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\"}" },
    { "", "null" },
    { "a: [", NULL },
    { "a: &x [*x]\n", NULL },
    { "\ta: b", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = docker_yaml_parse (rows[i].yaml, &error);
      g_autofree char *json = node != NULL ? vig_json_to_string (node) : NULL;

      g_test_message ("%s", rows[i].yaml);
      g_assert_cmpstr (json, ==, rows[i].json);
      g_assert_true ((node == NULL) == (error != NULL));
    }
}

/* Nine levels of nine aliases stand for 400 million nodes. */
static void
test_yaml_bomb (void)
{
  g_autoptr (GString) text = g_string_new ("a0: &a0 [1,1,1,1,1,1,1,1,1]\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *deep = g_strnfill (1000, '[');

  for (guint i = 1; i < 9; i++)
    g_string_append_printf (text, "a%u: &a%u [*a%u,*a%u,*a%u,*a%u,*a%u,*a%u,*a%u,*a%u,*a%u]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
  node = docker_yaml_parse (text->str, &error);
  g_assert_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE);
  g_assert_null (node);

  g_clear_error (&error);
  node = docker_yaml_parse (deep, &error);
  g_assert_nonnull (error);
}

static void
test_arguments (void)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new ();
  g_autoptr (GPtrArray) one = NULL;
  g_autoptr (GPtrArray) two = NULL;
  g_autofree char *text_one = NULL;
  g_autofree char *text_two = NULL;

  g_ptr_array_add (files, (gpointer) "/s/a/compose.yaml");
  g_ptr_array_add (files, (gpointer) "/s/a/compose.override.yaml");
  one = docker_compose_argv (FALSE, "/t/docker.sock", "/s/a", files);
  two = docker_compose_argv (TRUE, "/t/docker.sock", "/s/a", files);
  g_ptr_array_add (one, NULL);
  g_ptr_array_add (two, NULL);
  text_one = g_strjoinv (" ", (char **) one->pdata);
  text_two = g_strjoinv (" ", (char **) two->pdata);
  g_assert_cmpstr (text_one, ==, "docker-compose -H unix:///t/docker.sock --ansi never --project-directory /s/a -f /s/a/compose.yaml -f /s/a/compose.override.yaml");
  g_assert_cmpstr (text_two, ==, "docker -H unix:///t/docker.sock compose --ansi never --project-directory /s/a -f /s/a/compose.yaml -f /s/a/compose.override.yaml");
}

static void
test_images (void)
{
  static const struct { const char *image; const char *repository; const char *tag; } rows[] = {
    { "nginx", "nginx", "latest" }, { "nginx:1.25", "nginx", "1.25" }, { "127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b", "latest" },
    { "127.0.0.1:5000/a/b:2", "127.0.0.1:5000/a/b", "2" }, { "nginx@sha256:00", NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *repository = NULL;
      g_autofree char *tag = NULL;

      g_assert_true (docker_split_image (rows[i].image, &repository, &tag) == (rows[i].tag != NULL));
      g_assert_cmpstr (repository, ==, rows[i].repository);
      g_assert_cmpstr (tag, ==, rows[i].tag);
    }
}

static JsonArray *
parse_array (const char *text)
{
  g_autoptr (JsonNode) node = vig_json_parse (text, -1, 0, NULL);

  return json_array_ref (json_node_get_array (node));
}

static void
test_plan (void)
{
  static const char *const would[] = { "be created", "be recreated: its configuration has changed", "be recreated: its image has changed", "be started", "stay as it is",
                                       "pull its image and be created", "stay as it is: the project has no such service any more" };
  DockerPlan plan = { 0 };
  g_autoptr (JsonArray) rows = NULL;
  g_autoptr (JsonArray) images = NULL;

  plan.config = vig_json_parse_object ("{\"services\": {\"new\": {\"image\": \"a:1\"}, \"changed\": {\"image\": \"a:1\"}, \"newer\": {\"image\": \"b\"},"
                                       " \"stopped\": {\"image\": \"a:1\"},"
                                       " \"same\": {\"build\": \".\"}, \"far\": {\"image\": \"c\"}}}", -1, 0, NULL);
  plan.hashes = docker_plan_parse_hashes ("changed 2\nnewer 1\nstopped 1\nsame 1\n\nodd\n");
  plan.images = parse_array ("[{\"Id\": \"sha256:aa\", \"RepoTags\": [\"a:1\"], \"RepoDigests\": [\"a@sha256:11\"]}, {\"Id\": \"sha256:bb\", \"RepoTags\": [\"b:latest\"]}, 3]");
#define CONTAINER(service, hash, image, state) \
  "{\"Labels\": {\"com.docker.compose.service\": \"" service "\", \"com.docker.compose.config-hash\": \"" hash "\"}, \"ImageID\": \"" image "\", \"State\": \"" state "\"}"
  plan.containers = parse_array ("[" CONTAINER ("changed", "1", "sha256:aa", "running") "," CONTAINER ("newer", "0", "sha256:b0", "running") ","
                                 CONTAINER ("stopped", "1", "sha256:aa", "exited") "," CONTAINER ("same", "1", "sha256:cc", "running") ","
                                 CONTAINER ("old", "1", "sha256:aa", "running") "]");
  rows = docker_plan_up (&plan, NULL);
  g_assert_cmpuint (json_array_get_length (rows), ==, G_N_ELEMENTS (would));
  for (guint i = 0; i < G_N_ELEMENTS (would); i++)
    g_assert_cmpstr (vig_json_get_string (docker_object_at (rows, i), "would", ""), ==, would[i]);

  images = docker_plan_images (&plan, (const char *[]) { "new", "newer", NULL });
  g_assert_cmpuint (json_array_get_length (images), ==, 2);
  g_assert_cmpstr (vig_json_get_string (docker_object_at (images, 0), "image_id", ""), ==, "sha256:aa");

  json_object_unref (plan.config);
  g_hash_table_unref (plan.hashes);
  json_array_unref (plan.images);
  json_array_unref (plan.containers);
}

static void
test_warnings (void)
{
  g_autoptr (JsonObject) config = vig_json_parse_object (
    "{\"services\": {\"a\": {\"privileged\": true, \"network_mode\": \"host\", \"cap_add\": [\"SYS_ADMIN\"], \"devices\": [\"/dev/sda\"],"
    " \"volumes\": [\"/etc:/x:ro\", \"named:/y\", \"/srv/a/data:/z\", {\"type\": \"bind\", \"source\": \"/srv/a/../b\"}, {\"type\": \"volume\", \"source\": \"v\"}]},"
    " \"b\": {\"volumes\": [\"/var/run/docker.sock:/var/run/docker.sock\"]}, \"c\": {\"volumes\": 3}, \"d\": 4}}", -1, 0, NULL);
  g_autofree char *text = docker_plan_warn (config, "/srv/a");

  g_assert_cmpstr (text, ==, "- a: is privileged: it can do anything on the host\n- a: shares the host's network\n- a: is given capabilities\n- a: is given devices of the host\n"
                             "- a: is given /etc of the host\n- a: is given /srv/a/../b of the host\n"
                             "- b: is given /var/run/docker.sock of the host, by which it can do anything on it\n");
}

static void
test_mask (void)
{
  g_autoptr (JsonObject) config = vig_json_parse_object (
    "{\"services\": {\"a\": {\"environment\": {\"KEY\": \"s3\", \"TZ\": \"UTC\", \"N\": 5, \"Z\": null}, \"build\": {\"args\": [\"TOKEN=s3\"]}},"
    " \"b\": {\"environment\": [\"K=s3\", \"LANG=C\"]}},"
    " \"secrets\": {\"x\": {\"content\": \"s3\"}}}", -1, 0, NULL);
  g_autoptr (JsonObject) masked = docker_plan_mask (config);
  g_autofree char *text = vig_json_object_to_string (masked);

  g_assert_null (strstr (text, "s3"));
  g_assert_nonnull (strstr (text, "\"TZ\":\"UTC\""));
  g_assert_nonnull (strstr (text, "\"LANG\":\"C\""));
  g_assert_nonnull (strstr (text, "\"N\":\"[hidden]\""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/compose/yaml", test_yaml);
  g_test_add_func ("/compose/yaml/bomb", test_yaml_bomb);
  g_test_add_func ("/compose/arguments", test_arguments);
  g_test_add_func ("/compose/images", test_images);
  g_test_add_func ("/compose/plan", test_plan);
  g_test_add_func ("/compose/warnings", test_warnings);
  g_test_add_func ("/compose/mask", test_mask);

  return g_test_run ();
}
