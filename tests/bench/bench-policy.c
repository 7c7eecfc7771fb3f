/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <stdlib.h>

#include "vig-policy-engine.h"
#include "vig-policy-rules.h"

/* One decision with 1,000 rules: the rules and then the engine, as vig-call-judge does it. Prints the median and the 99th percentile: of rules that
 * name their tools, of which a call meets a few, and of the worst that can be written, which name none, so each is looked at in all it asks for. */

#define RULES   1000
#define TOOLS   100
#define GLOBS   20
#define SAMPLES 20000
#define INNER   16
#define NOON    (12 * G_TIME_SPAN_HOUR)

static VigPolicyRules *
make_rules (void)
{
  g_autoptr (JsonArray) rules = json_array_new ();
  g_autoptr (GError) error = NULL;
  VigPolicyRules *compiled;

  for (guint i = 0; i < RULES; i++)
    {
      g_autofree char *tool = i % (RULES / GLOBS) == 0 ? g_strdup_printf ("noun%u.*", i % TOOLS) : g_strdup_printf ("noun%u.verb", i % TOOLS);
      g_autofree char *resource = g_strdup_printf ("file:/srv/folder%u", i);
      g_autofree char *operator = g_strdup_printf ("Operator %u", i % 7);

      json_array_add_object_element (rules, vig_json_pack_object ("{s:s, s:s, s:[s], s:[s], s:[s], s:[s]}", "name", "rule", "effect", i % 2 ? "ask" : "deny",
                                                                  "tools", tool, "resources", resource, "operators", operator, "levels", "write"));
    }
  compiled = vig_policy_rules_new (1, rules, &error);
  g_assert_no_error (error);

  return compiled;
}

/* What is cheap to look at comes first in a rule, and agrees with the call; what differs comes last. */
static VigPolicyRules *
make_worst (void)
{
  g_autoptr (JsonArray) rules = json_array_new ();
  g_autoptr (GError) error = NULL;
  VigPolicyRules *compiled;

  for (guint i = 0; i < RULES; i++)
    {
      g_autofree char *resource = g_strdup_printf ("file:/srv/*/folder%u", i);
      g_autofree char *pattern = g_strdup_printf ("*nothing%u*", i);

      json_array_add_object_element (rules, vig_json_pack_object ("{s:s, s:s, s:[s, s], s:[s], s:[{s:s, s:s}], s:{s:s, s:s, s:s}}", "name", "rule", "effect", "deny",
                                                                  "resources", resource, "file:/srv/elsewhere/**", "operators", "Operator 3",
                                                                  "arguments", "name", i % 2 ? "path" : "text", "pattern", i % 2 ? "*" : pattern,
                                                                  "when", "from", "22:00", "until", "06:00", "zone", "Europe/Berlin"));
    }
  compiled = vig_policy_rules_new (1, rules, &error);
  g_assert_no_error (error);

  return compiled;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double left = *(const double *) a;
  double right = *(const double *) b;

  return left < right ? -1 : left > right;
}

static void
decide (VigPolicyRules *rules, const VigPolicyQuery *query, VigPolicyInput *input)
{
  VigPolicyAnswer answer = vig_policy_rules_check (rules, query);
  g_autoptr (VigDecision) decision = NULL;

  input->policy = answer.verdict;
  decision = vig_policy_engine_decide (input);
}

static void
measure (const char *name, VigPolicyRules *rules, guint n)
{
  static const VigToolInfo info = { "noun42.verb", "t", "t", VIG_LEVEL_WRITE, "{}", 0, 0 };
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s}", "path", "/srv/elsewhere/x", "text", "a line of some words that a file is to have");
  VigPolicyQuery query = { "op-1", "Operator 3", "ada", FALSE, "noun42.verb", VIG_LEVEL_WRITE, "file:/srv/elsewhere/x", arguments, NOON };
  VigPolicyInput input = { 0 };
  g_autofree double *samples = g_new0 (double, n);

  input.tool = &info;
  input.operator_enabled = input.assigned = input.has_grant = TRUE;
  input.classified = -1;
  input.ceiling = VIG_LEVEL_ELEVATE;
  for (guint i = 0; i < n; i++)
    {
      gint64 start = g_get_monotonic_time ();

      for (guint j = 0; j < INNER; j++)
        decide (rules, &query, &input);
      samples[i] = (double) (g_get_monotonic_time () - start) / INNER;
    }
  qsort (samples, n, sizeof *samples, compare);
  g_print ("%s median %.2f p99 %.2f\n", name, samples[n / 2], samples[n * 99 / 100]);
}

int
main (void)
{
  g_autoptr (VigPolicyRules) rules = make_rules ();
  g_autoptr (VigPolicyRules) worst = make_worst ();

  measure ("by-tool", rules, SAMPLES);
  measure ("worst", worst, SAMPLES / 100);

  return 0;
}
