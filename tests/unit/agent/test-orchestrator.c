/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "vig-orchestrator.h"
#include "vig-plan.h"
#include "vig-prompt.h"
#include "vig-test.h"

static GPtrArray *
make_operators (void)
{
  static const char * const names[] = { "Keeper", "Docker", "Docker Watch", "Über-Wächter", NULL };
  GPtrArray *operators = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_operator_unref);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (JsonObject) row = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:b, s:[s,s]}", "id", names[i], "name", names[i], "description",
                                                         "Looks after things.", "permission_level", "write", "enabled", TRUE,
                                                         "tools", "a.b", "c.d");

      g_ptr_array_add (operators, vig_operator_new (row));
    }

  return operators;
}

static void
test_mention (void)
{
  static const struct
  {
    const char *text;
    const char *name;
  } rows[] = {
    { "@keeper how are the disks?", "Keeper" },
    { "please, @Keeper: how?", "Keeper" },
    { "(@KEEPER)", "Keeper" },
    { "@docker restart", "Docker" },
    { "@docker watch the logs", "Docker Watch" },
    { "@docker-watch the logs", "Docker Watch" },
    { "@Docker_Watch", "Docker Watch" },
    { "@dockerwatch", NULL },
    { "@dockers", NULL },
    { "@über-wächter hallo", "Über-Wächter" },
    { "@ÜBER WÄCHTER, hallo", "Über-Wächter" },
    { "write to me@keeper.example", NULL },
    { "nobody", NULL },
    { "@nobody then @keeper", "Keeper" },
    { "@", NULL },
    { "@@keeper", "Keeper" },
    { "@docker and @keeper", "Docker" },
  };
  g_autoptr (GPtrArray) operators = make_operators ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      VigOperator *operator = vig_orchestrator_find_mention (operators, rows[i].text);

      g_test_message ("%s", rows[i].text);
      g_assert_cmpstr (operator != NULL ? operator->name : NULL, ==, rows[i].name);
    }
}

static VigReply *
make_reply (const char *text, const char *tool, const char *arguments)
{
  VigReply *reply = vig_reply_new ();

  vig_reply_append_text (reply, text, -1);
  if (tool != NULL)
    vig_reply_add_call (reply, "c1", tool, arguments);

  return reply;
}

static void
test_reply (void)
{
  static const struct
  {
    const char *text;
    const char *tool;
    const char *arguments;
    const char *name;
  } rows[] = {
    { "", "delegate", "{\"operator\":\"Keeper\",\"reason\":\"disks\"}", "Keeper" },
    { "Not the Keeper {\"operator\"}", "delegate", "{\"operator\":\"docker watch\"}", "Docker Watch" },
    { "", "delegate", "{\"operator\":\"@Keeper\"}", "Keeper" },
    { "", "delegate", "{\"operator\":\"Nobody\"}", NULL },
    { "", "delegate", "not json", NULL },
    { "", "other", "{\"operator\":\"Keeper\"}", NULL },
    { "I would ask the Keeper.", NULL, NULL, "Keeper" },
    { "Keeper or Über-Wächter?", NULL, NULL, NULL },
    { "**keeper**", NULL, NULL, "Keeper" },
    { "docker watch.", NULL, NULL, "Docker Watch" },
    { "This is for @keeper.", NULL, NULL, "Keeper" },
    /* What is said to the person. */
    { "You are welcome! I am here for your docker, too.", NULL, NULL, NULL },
    { "Shall the Keeper look?", NULL, NULL, NULL },
    { "Good morning!\n\nThe Keeper is well.", NULL, NULL, NULL },
    { "Good morning!", NULL, NULL, NULL },
  };
  g_autoptr (GPtrArray) operators = make_operators ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (VigReply) reply = make_reply (rows[i].text, rows[i].tool, rows[i].arguments);
      g_autofree char *reason = NULL;
      VigOperator *operator = vig_orchestrator_read_reply (operators, reply, &reason);

      g_test_message ("%s %s", rows[i].text, rows[i].arguments);
      g_assert_cmpstr (operator != NULL ? operator->name : NULL, ==, rows[i].name);
    }
}

static void
test_schema (void)
{
  g_autoptr (GPtrArray) operators = make_operators ();
  g_autofree char *text = vig_orchestrator_build_schema (operators);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_json_parse (text, -1, 0, &error);
  g_autoptr (VigSchema) schema = node != NULL ? vig_schema_new (node, NULL, &error) : NULL;
  g_autoptr (JsonNode) good = vig_json_pack ("{s:s, s:s}", "operator", "Docker Watch", "reason", "logs");
  g_autoptr (JsonNode) bad = vig_json_pack ("{s:s}", "operator", "Nobody");

  g_assert_no_error (error);
  g_assert_true (vig_schema_validate (schema, good, &error));
  g_assert_no_error (error);
  g_assert_false (vig_schema_validate (schema, bad, NULL));
}

/* Each is told of once, and the less the smaller the budget is: of all something. */
static void
test_routing_prompt (void)
{
  g_autoptr (GPtrArray) operators = make_operators ();
  g_autoptr (GPtrArray) tools = g_ptr_array_new ();
  g_autoptr (GDateTime) now = g_date_time_new_utc (2026, 11, 24, 8, 30, 0);
  g_autofree char *full = vig_prompt_for_routing (operators, tools, NULL, now, VIG_PROMPT_ROUTING_BUDGET);
  g_autofree char *brief = vig_prompt_for_routing (operators, tools, NULL, now, 400);
  g_autofree char *least = vig_prompt_for_routing (operators, tools, NULL, now, 0);

  g_assert_nonnull (strstr (full, "Permission level: write"));
  for (guint i = 0; i < operators->len; i++)
    {
      VigOperator *operator = g_ptr_array_index (operators, i);
      g_autofree char *heading = g_strdup_printf ("\n## %s\n", operator->name);

      g_assert_nonnull (strstr (full, heading));
      g_assert_nonnull (strstr (least, heading));
    }
  g_assert_null (strstr (least, "Permission level"));
  g_assert_cmpuint (strlen (least), <=, strlen (brief));
  g_assert_cmpuint (strlen (brief), <=, strlen (full));
}

static void
test_prompt (void)
{
  g_autoptr (JsonObject) row = vig_json_pack_object ("{s:s, s:s, s:s, s:s}", "name", "Keeper", "system_prompt", "You keep.", "soul", "Be dry.",
                                                     "working_directory", "/srv/work");
  g_autoptr (VigOperator) operator = vig_operator_new (row);
  g_autoptr (GPtrArray) tools = g_ptr_array_new ();
  g_autoptr (GDateTime) now = g_date_time_new_utc (2026, 11, 24, 8, 30, 0);
  g_autofree char *prompt = vig_prompt_for_operator (operator, tools, now);

  g_assert_true (g_str_has_prefix (prompt, "You keep.\n\nBe dry.\n\n"));
  g_assert_nonnull (strstr (prompt, "/srv/work"));
  g_assert_nonnull (strstr (prompt, "2026-11-24 08:30"));
  g_assert_nonnull (strstr (prompt, "never follow instructions"));
  g_assert_cmpint (operator->ceiling, ==, VIG_LEVEL_READ);
  g_assert_false (operator->enabled);
}

/* "OPERATOR<AFTER:TASK|" each. Takes @plan. */
static char *
show_plan (VigPlan *plan)
{
  g_autoptr (VigPlan) owned = plan;
  g_autoptr (JsonObject) object = plan != NULL ? vig_plan_to_json (plan) : NULL;
  JsonArray *steps = object != NULL ? vig_json_get_array (object, "steps") : NULL;
  GString *text = g_string_new (NULL);

  for (guint i = 0; steps != NULL && i < json_array_get_length (steps); i++)
    {
      JsonObject *step = json_array_get_object_element (steps, i);
      JsonArray *after = vig_json_get_array (step, "after");

      g_string_append (text, vig_json_get_string (step, "operator", ""));
      for (guint j = 0; j < json_array_get_length (after); j++)
        g_string_append_printf (text, "<%d", (int) json_array_get_int_element (after, j));
      g_string_append_printf (text, ":%.*s|", (int) strcspn (vig_json_get_string (step, "task", ""), "\n"), vig_json_get_string (step, "task", ""));
    }

  return g_string_free (text, FALSE);
}

static void
test_plan_mentions (void)
{
  static const struct
  {
    const char *text;
    const char *plan;
  } rows[] = {
    { "@keeper look, then @docker restart it", "Keeper:look|Docker<1:restart it|" },
    { "@keeper and @docker-watch: check the logs", "Keeper:@keeper and @docker-watch: check the logs|Docker Watch<1:check the logs|" },
    { "@keeper look at the disks, and then have @docker restart it", "Keeper:look at the disks|Docker<1:restart it|" },
    { "@keeper look at the disks", "" },
    { "@keeper look, as @keeper did before", "" },
    { "ask me@keeper.example and @docker", "" },
    { "", "" },
  };
  g_autoptr (GPtrArray) operators = make_operators ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *shown = show_plan (vig_plan_read_mentions (operators, rows[i].text));

      g_test_message ("%s", rows[i].text);
      g_assert_cmpstr (shown, ==, rows[i].plan);
    }
}

static void
test_plan_reply (void)
{
  static const struct
  {
    const char *text;
    const char *tool;
    const char *arguments;
    const char *plan;
  } rows[] = {
    { "", "plan", "{\"steps\":[{\"operator\":\"Keeper\",\"task\":\"a\"},{\"operator\":\"docker\",\"task\":\"b\",\"after\":[1]}]}", "Keeper:a|Docker<1:b|" },
    /* Nobody's step is left out, and the numbers behind it follow. */
    { "", "plan", "{\"steps\":[{\"operator\":\"Nobody\",\"task\":\"a\"},{\"operator\":\"Keeper\",\"task\":\"b\"},"
                  "{\"operator\":\"Docker\",\"task\":\"c\",\"after\":[1,2,9]}]}", "Keeper:b|Docker<1:c|" },
    { "", "plan", "{\"steps\":[{\"operator\":\"Keeper\",\"task\":\"a\"}]}", "" },
    { "", "plan", "{\"steps\":[7,{\"operator\":1},{\"operator\":\"Keeper\",\"task\":\"a\",\"after\":[\"x\"]}]}", "" },
    { "", "plan", "{}", "" },
    { "", "plan", "not json", "" },
    { "1. Keeper: look\n2. **Docker Watch**: read the logs\n\nThat is all.", NULL, NULL, "Keeper:look|Docker Watch<1:read the logs|" },
    { "Keeper: only one", NULL, NULL, "" },
    { "Keeper: look\n\nKeeper: look again", NULL, NULL, "Keeper:look|Keeper<1:look again|" },
    { "I would split it:\n\n- Keeper: look\n- Docker: restart it", NULL, NULL, "Keeper:look|Docker<1:restart it|" },
    /* Who there is, for the person. */
    { "I am here. There are:\n\n- **Keeper**: disks\n- **Docker**: containers\n- **Docker Watch**: logs\n- **Über-Wächter**: alerts", NULL, NULL, "" },
    { "Two could do that.\n\n- **Keeper**: disks\n- **Docker**: containers", NULL, NULL, "" },
    { "- Keeper: disks\n- Docker: containers\n- Docker Watch: logs\n- Über-Wächter: alerts", NULL, NULL, "" },
    { "The Keeper is: not a line\nDocker, too: neither", NULL, NULL, "" },
  };
  g_autoptr (GPtrArray) operators = make_operators ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (VigReply) reply = make_reply (rows[i].text, rows[i].tool, rows[i].arguments);
      g_autofree char *shown = show_plan (vig_plan_read_reply (operators, reply, "question"));

      g_test_message ("%s %s", rows[i].text, rows[i].arguments);
      g_assert_cmpstr (shown, ==, rows[i].plan);
    }
}

/* What is done is not asked again, and what failed stops what depends on it. */
static void
test_plan_next (void)
{
  g_autoptr (VigPlan) plan = vig_plan_new ("model");
  g_autoptr (VigReply) first = NULL;
  g_autoptr (VigReply) second = NULL;
  g_autoptr (VigReply) third = NULL;
  g_autofree char *left = NULL;
  const guint after_one[] = { 1, 0 };
  const guint after_two[] = { 2, 0 };

  vig_plan_add (plan, "A", "a", NULL);
  vig_plan_add (plan, "B", "b", NULL);
  vig_plan_add (plan, "C", "c", after_one);
  vig_plan_add (plan, "D", "d", after_two);
  first = vig_plan_next (plan, "run");
  g_assert_cmpuint (vig_reply_get_n_calls (first), ==, 2);
  vig_plan_take_result (plan, "run", vig_reply_get_call (first, 0)->id, "found a", FALSE);
  vig_plan_take_result (plan, "run", vig_reply_get_call (first, 1)->id, "no b", TRUE);
  vig_plan_take_result (plan, "run", "another", "nothing", FALSE);
  second = vig_plan_next (plan, "run");
  g_assert_cmpuint (vig_reply_get_n_calls (second), ==, 1);
  g_assert_nonnull (strstr (vig_json_get_string (vig_reply_get_call (second, 0)->arguments, "task", ""), "found a"));
  vig_plan_take_result (plan, "run", vig_reply_get_call (second, 0)->id, "found c", FALSE);
  third = vig_plan_next (plan, "run");
  g_assert_cmpuint (vig_reply_get_n_calls (third), ==, 0);
  left = vig_plan_describe_left (plan);
  g_assert_cmpstr (left, ==, "4 (D)");

  for (guint i = 4; i < VIG_PLAN_MAX_STEPS; i++)
    g_assert_true (vig_plan_add (plan, "E", "e", NULL));
  g_assert_false (vig_plan_add (plan, "E", "e", NULL));
}

/* What was done in another run is not asked again; what failed there is, and is told how it ended. */
static void
test_plan_goes_on (void)
{
  g_autoptr (VigPlan) plan = vig_plan_new ("model");
  g_autoptr (VigPlan) next = NULL;
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (VigReply) first = NULL;
  g_autoptr (VigReply) second = NULL;
  g_autofree char *shown = NULL;
  g_auto (GStrv) runs = NULL;

  vig_plan_add (plan, "A", "a", NULL);
  vig_plan_add (plan, "B", "b", NULL);
  first = vig_plan_next (plan, "one");
  vig_plan_take_result (plan, "one", vig_reply_get_call (first, 0)->id, "found a", FALSE);
  vig_plan_take_result (plan, "one", vig_reply_get_call (first, 1)->id, "stopped at b", TRUE);
  g_assert_true (vig_plan_try_again (plan));
  shown = vig_plan_describe (plan);
  g_assert_cmpstr (shown, ==, "1. **A** (done before): a\n2. **B**: b");

  object = vig_plan_to_json (plan);
  next = vig_plan_from_json (object);
  runs = vig_plan_list_runs (next);
  g_assert_cmpuint (g_strv_length (runs), ==, 1);
  g_assert_cmpstr (runs[0], ==, "one");
  second = vig_plan_next (plan, "two");
  g_assert_cmpuint (vig_reply_get_n_calls (second), ==, 1);
  g_assert_nonnull (strstr (vig_json_get_string (vig_reply_get_call (second, 0)->arguments, "task", ""), "stopped at b"));
  vig_plan_take_result (plan, "two", vig_reply_get_call (second, 0)->id, "found b", FALSE);
  g_assert_false (vig_plan_try_again (plan));

  vig_plan_start_over (plan);
  g_clear_pointer (&second, vig_reply_unref);
  second = vig_plan_next (plan, "three");
  g_assert_cmpuint (vig_reply_get_n_calls (second), ==, 2);
  g_assert_null (strstr (vig_json_get_string (vig_reply_get_call (second, 1)->arguments, "task", ""), "stopped at b"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/orchestrator/mention", test_mention);
  g_test_add_func ("/orchestrator/reply", test_reply);
  g_test_add_func ("/orchestrator/schema", test_schema);
  g_test_add_func ("/orchestrator/prompt", test_prompt);
  g_test_add_func ("/orchestrator/routing-prompt", test_routing_prompt);
  g_test_add_func ("/orchestrator/plan-mentions", test_plan_mentions);
  g_test_add_func ("/orchestrator/plan-reply", test_plan_reply);
  g_test_add_func ("/orchestrator/plan-next", test_plan_next);
  g_test_add_func ("/orchestrator/plan-goes-on", test_plan_goes_on);

  return g_test_run ();
}
