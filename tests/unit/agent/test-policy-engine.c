/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-policy-engine.h"
#include "vig-test.h"

static const VigToolInfo tools[] = {
  { "t.read", "t", "t", VIG_LEVEL_READ, "{}", 0, 0 },
  { "t.write", "t", "t", VIG_LEVEL_WRITE, "{}", 0, 0 },
  { "t.exec", "t", "t", VIG_LEVEL_EXEC, "{}", 0, 0 },
  { "t.elevate", "t", "t", VIG_LEVEL_ELEVATE, "{}", 0, 0 },
};

static VigPolicyInput
usual_input (VigLevel level)
{
  VigPolicyInput input = { 0 };

  input.tool = &tools[level];
  input.operator_enabled = TRUE;
  input.assigned = TRUE;
  input.classified = -1;
  input.ceiling = VIG_LEVEL_ELEVATE;
  input.has_working_directory = TRUE;

  return input;
}

static void
assert_decision (const VigPolicyInput *input, VigVerdict verdict, const char *rule)
{
  g_autoptr (VigDecision) decision = vig_policy_engine_decide (input);

  g_assert_cmpstr (decision->rule, ==, rule);
  g_assert_cmpint (decision->verdict, ==, verdict);
  if (verdict != VIG_VERDICT_ALLOW)
    g_assert_nonnull (decision->reason);
}

/* What the design says, in the order in which it says it; the engine does not share this text. */
static const char *
expect_rule (const VigPolicyInput *input, VigLevel level)
{
  if (!input->assigned)
    return "not-assigned";
  if (level > input->ceiling)
    return "ceiling";
  if (input->policy == VIG_VERDICT_DENY)
    return "policy";
  if (level == VIG_LEVEL_READ && input->policy == VIG_VERDICT_ALLOW)
    return "read";
  if (input->has_grant)
    return "grant";
  if (input->policy == VIG_VERDICT_ASK)
    return "policy";

  return input->lenient ? "lenient" : "strict";
}

static VigVerdict
expect_verdict (const VigPolicyInput *input, const char *rule)
{
  if (g_str_equal (rule, "read") || g_str_equal (rule, "grant") || g_str_equal (rule, "lenient"))
    return VIG_VERDICT_ALLOW;
  if (g_str_equal (rule, "strict"))
    return VIG_VERDICT_ASK;

  return g_str_equal (rule, "policy") ? input->policy : VIG_VERDICT_DENY;
}

/* Modes × levels × raised levels × ceilings × assignment × grants × policies: 4 × 5 × 4 × 2 × 2 × 2 × 3. */
static void
test_table (void)
{
  guint n_rows = 0;

  for (guint row = 0; row < 4 * 5 * 4 * 2 * 2 * 2 * 3; row++)
    {
      VigLevel declared = row % 4;
      int classified = (int) (row / 4 % 5) - 1;
      VigPolicyInput input = usual_input (declared);
      VigLevel level = MAX ((int) declared, classified);
      const char *rule;

      input.classified = classified;
      input.ceiling = row / 20 % 4;
      input.assigned = row / 80 % 2;
      input.has_grant = row / 160 % 2;
      input.lenient = row / 320 % 2;
      input.policy = row / 640 % 3;
      rule = expect_rule (&input, level);
      g_assert_cmpint (vig_policy_engine_level (&input), ==, level);
      input.policy_reason = "because";
      assert_decision (&input, expect_verdict (&input, rule), rule);
      n_rows++;
    }

  g_assert_cmpuint (n_rows, ==, 1920);
}

/* PITFALLS 3 and 4, said without the table's help: nothing above the ceiling is ever allowed, and nothing above READ without a grant or lenient mode. */
static void
test_never (void)
{
  for (guint row = 0; row < 1920; row++)
    {
      VigPolicyInput input = usual_input (row % 4);
      g_autoptr (VigDecision) decision = NULL;

      input.classified = (int) (row / 4 % 5) - 1;
      input.ceiling = row / 20 % 4;
      input.assigned = row / 80 % 2;
      input.has_grant = row / 160 % 2;
      input.lenient = row / 320 % 2;
      input.policy = row / 640 % 3;
      decision = vig_policy_engine_decide (&input);
      if (decision->verdict != VIG_VERDICT_ALLOW)
        continue;

      g_assert_true (input.assigned);
      g_assert_cmpint (decision->level, <=, input.ceiling);
      g_assert_cmpint (input.policy, !=, VIG_VERDICT_DENY);
      g_assert_true (decision->level == VIG_LEVEL_READ || input.has_grant || input.lenient);
      g_assert_true (input.policy == VIG_VERDICT_ALLOW || input.has_grant);
    }
}

static void
test_order (void)
{
  VigPolicyInput input = usual_input (VIG_LEVEL_EXEC);
  VigToolInfo host = tools[VIG_LEVEL_READ];

  input.tool = NULL;
  input.operator_enabled = FALSE;
  input.assigned = FALSE;
  input.arguments_error = "wrong";
  input.ceiling = VIG_LEVEL_READ;
  assert_decision (&input, VIG_VERDICT_DENY, "unknown-tool");
  input.tool = &tools[VIG_LEVEL_EXEC];
  assert_decision (&input, VIG_VERDICT_DENY, "operator-disabled");
  input.operator_enabled = TRUE;
  assert_decision (&input, VIG_VERDICT_DENY, "not-assigned");
  input.assigned = TRUE;
  assert_decision (&input, VIG_VERDICT_DENY, "invalid-arguments");
  input.arguments_error = NULL;
  assert_decision (&input, VIG_VERDICT_DENY, "ceiling");

  host.flags = VIG_TOOL_HOST;
  input.tool = &host;
  assert_decision (&input, VIG_VERDICT_ALLOW, "read");
  input.has_working_directory = FALSE;
  assert_decision (&input, VIG_VERDICT_DENY, "no-working-directory");
}

static void
test_unknown_level (void)
{
  VigToolInfo odd = tools[VIG_LEVEL_READ];
  VigPolicyInput input = usual_input (VIG_LEVEL_READ);

  odd.level = (VigLevel) 17;
  input.tool = &odd;
  g_assert_cmpint (vig_policy_engine_level (&input), ==, VIG_LEVEL_ELEVATE);
  input.tool = &tools[VIG_LEVEL_WRITE];
  input.classified = 99;
  g_assert_cmpint (vig_policy_engine_level (&input), ==, VIG_LEVEL_ELEVATE);
  input.classified = VIG_LEVEL_READ;
  g_assert_cmpint (vig_policy_engine_level (&input), ==, VIG_LEVEL_WRITE);
}

/* A lowered floor counts only for a tool that looked at the arguments, never below what it saw, and not where a tool is ELEVATE. */
static void
test_floor (void)
{
  for (guint row = 0; row < 4 * 5 * 4; row++)
    {
      VigLevel declared = row % 4;
      int classified = (int) (row / 4 % 5) - 1;
      VigLevel floor = row / 20 % 4;
      VigPolicyInput input = usual_input (declared);
      VigLevel wanted = MAX ((int) declared, classified);

      if (classified >= 0 && declared != VIG_LEVEL_ELEVATE)
        wanted = MAX ((int) MIN (declared, floor), classified);
      input.classified = classified;
      input.has_floor = TRUE;
      input.floor = floor;
      g_assert_cmpint (vig_policy_engine_level (&input), ==, wanted);
    }
}

/* What is sent out may carry what was read: reading, too, asks then, whatever the mode, unless a grant covers it. */
static void
test_outward (void)
{
  static const VigToolInfo outward = { "t.fetch", "t", "t", VIG_LEVEL_READ, "{}", 0, VIG_TOOL_OUTWARD };
  VigPolicyInput input = usual_input (VIG_LEVEL_READ);

  input.tainted = TRUE;
  input.lenient = TRUE;
  assert_decision (&input, VIG_VERDICT_ALLOW, "read");
  input.tool = &outward;
  assert_decision (&input, VIG_VERDICT_ASK, "outward");
  input.lenient = FALSE;
  assert_decision (&input, VIG_VERDICT_ASK, "outward");
  input.has_grant = TRUE;
  assert_decision (&input, VIG_VERDICT_ALLOW, "grant");
  input.has_grant = FALSE;
  input.tainted = FALSE;
  assert_decision (&input, VIG_VERDICT_ALLOW, "read");

  /* The same where the tool says it of one call. */
  input = usual_input (VIG_LEVEL_READ);
  input.tainted = TRUE;
  input.outward = TRUE;
  assert_decision (&input, VIG_VERDICT_ASK, "outward");
  input.tainted = FALSE;
  assert_decision (&input, VIG_VERDICT_ALLOW, "read");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/policy-engine/table", test_table);
  g_test_add_func ("/policy-engine/never", test_never);
  g_test_add_func ("/policy-engine/order", test_order);
  g_test_add_func ("/policy-engine/floor", test_floor);
  g_test_add_func ("/policy-engine/outward", test_outward);
  g_test_add_func ("/policy-engine/unknown-level", test_unknown_level);

  return g_test_run ();
}
