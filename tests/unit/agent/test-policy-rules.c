/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "vig-policy-rules.h"
#include "vig-test.h"

#define SECOND G_USEC_PER_SEC

static VigPolicyRules *
compile (const char *text, GError **error)
{
  g_autofree char *whole = g_strdup_printf ("{\"rules\":[%s]}", text);
  g_autoptr (JsonObject) object = vig_json_parse_object (whole, -1, 0, NULL);

  g_assert_nonnull (object);

  return vig_policy_rules_new (5, vig_json_get_array (object, "rules"), error);
}

/* One call, told in a line: tool, level, resource, command; times in seconds since 1970. */
typedef struct
{
  const char *rules;
  const char *tool;
  VigLevel    level;
  const char *resource;
  const char *command;
  gint64      now;
  const char *verdict; /* and the rule: "deny 2" */
} Row;

static const Row rows[] = {
  { "", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\"}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"enabled\":false}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "allow 0" },
  /* Deny wins, wherever it stands; an allow is an exception from an ask; of two alike the first is named. */
  { "{\"name\":\"n\",\"effect\":\"allow\"},{\"name\":\"m\",\"effect\":\"deny\"}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "deny 2" },
  { "{\"name\":\"n\",\"effect\":\"deny\"},{\"name\":\"m\",\"effect\":\"allow\"}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"ask\"},{\"name\":\"m\",\"effect\":\"allow\"}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "allow 2" },
  { "{\"name\":\"n\",\"effect\":\"ask\",\"tools\":[\"a.*\"]},{\"name\":\"m\",\"effect\":\"ask\",\"tools\":[\"a.b\"]}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "ask 1" },
  /* Tools */
  { "{\"name\":\"n\",\"effect\":\"deny\",\"tools\":[\"a.b\"]}", "a.bc", VIG_LEVEL_READ, NULL, "x", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"tools\":[\"x.y\",\"a.?\"]}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "deny 1" },
  /* Levels */
  { "{\"name\":\"n\",\"effect\":\"deny\",\"levels\":[\"exec\",\"elevate\"]}", "a.b", VIG_LEVEL_WRITE, NULL, "x", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"levels\":[\"exec\",\"elevate\"]}", "a.b", VIG_LEVEL_ELEVATE, NULL, "x", 0, "deny 1" },
  /* Who */
  { "{\"name\":\"n\",\"effect\":\"deny\",\"operators\":[\"keeper\"]}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"operators\":[\"op-1\"]}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"operators\":[\"Other\"]}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"users\":[\"ada\"]}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"users\":[\"bob\"]}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"unattended\":true}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"unattended\":false}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "deny 1" },
  /* Arguments */
  { "{\"name\":\"n\",\"effect\":\"ask\",\"arguments\":[{\"name\":\"command\",\"pattern\":\"rm *\"}]}", "a.b", VIG_LEVEL_READ, NULL, "rm x", 0, "ask 1" },
  { "{\"name\":\"n\",\"effect\":\"ask\",\"arguments\":[{\"name\":\"command\",\"pattern\":\"rm *\"}]}", "a.b", VIG_LEVEL_READ, NULL, "ls", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"ask\",\"arguments\":[{\"name\":\"other\",\"pattern\":\"*\"}]}", "a.b", VIG_LEVEL_READ, NULL, "ls", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"ask\",\"arguments\":[{\"name\":\"n\",\"pattern\":\"4?\"}]}", "a.b", VIG_LEVEL_READ, NULL, "ls", 0, "ask 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"arguments\":[{\"name\":\"command\",\"pattern\":\"rm *\"}]}", "a.b", VIG_LEVEL_READ, NULL, NULL, 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"ask\"},{\"name\":\"m\",\"effect\":\"allow\",\"arguments\":[{\"name\":\"command\",\"pattern\":\"*\"}]}",
    "a.b", VIG_LEVEL_READ, NULL, NULL, 0, "ask 1" },
  /* Resources: PITFALLS 7; what strikes everything strikes these, too, but is not allowed by them. */
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "file:/srv/a/b", "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "file:/srv/ab", "x", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "file:/srv", "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "move:/tmp/x to /srv/a/y", "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "move:/srv/a/a to b.pdf to /tmp/x", "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "link:/srv/a/l", "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "copy:/srv/b to /tmp/a", "x", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "http://srv/a", "x", 0, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"move:/srv/* to /tmp/*\"]}", "a.b", VIG_LEVEL_READ, "move:/srv/a to b.pdf to /tmp/x", "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"ask\"},{\"name\":\"m\",\"effect\":\"allow\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "move:/srv/a/x to /srv/a/y", "x",
    0, "ask 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/x/../a\"]}", "a.b", VIG_LEVEL_READ, "file:/srv/a", "x", 0, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"ask\"},{\"name\":\"m\",\"effect\":\"allow\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, NULL, "x", 0, "ask 1" },
  { "{\"name\":\"n\",\"effect\":\"ask\"},{\"name\":\"m\",\"effect\":\"allow\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "file:/srv", "x", 0, "ask 1" },
  { "{\"name\":\"n\",\"effect\":\"ask\"},{\"name\":\"m\",\"effect\":\"allow\",\"resources\":[\"file:/srv/a\"]}", "a.b", VIG_LEVEL_READ, "file:/srv/a/b", "x", 0, "allow 2" },
  /* Time: 1970-01-01 is a Thursday. Berlin is an hour ahead. */
  { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"days\":[\"thu\"]}}", "a.b", VIG_LEVEL_READ, NULL, "x", 3600, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"days\":[\"fri\"]}}", "a.b", VIG_LEVEL_READ, NULL, "x", 3600, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"days\":[\"fri\"],\"zone\":\"Europe/Berlin\"}}", "a.b", VIG_LEVEL_READ, NULL, "x", 23 * 3600 + 60, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"from\":\"08:00\",\"until\":\"09:00\"}}", "a.b", VIG_LEVEL_READ, NULL, "x", 8 * 3600, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"from\":\"08:00\",\"until\":\"09:00\"}}", "a.b", VIG_LEVEL_READ, NULL, "x", 9 * 3600, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"days\":[\"thu\"],\"from\":\"22:00\",\"until\":\"06:00\"}}", "a.b", VIG_LEVEL_READ, NULL, "x", 29 * 3600, "deny 1" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"days\":[\"thu\"],\"from\":\"22:00\",\"until\":\"06:00\"}}", "a.b", VIG_LEVEL_READ, NULL, "x", 30 * 3600, "allow 0" },
  { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"days\":[\"thu\"],\"from\":\"22:00\",\"until\":\"06:00\"}}", "a.b", VIG_LEVEL_READ, NULL, "x", 5 * 3600, "allow 0" },
};

static void
test_table (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Row *row = &rows[i];
      g_autoptr (GError) error = NULL;
      g_autoptr (VigPolicyRules) rules = compile (row->rules, &error);
      g_autoptr (JsonObject) arguments = row->command != NULL ? vig_json_pack_object ("{s:s, s:i}", "command", row->command, "n", 42) : NULL;
      VigPolicyQuery query = { "op-1", "Keeper", "ada", FALSE, row->tool, row->level, row->resource, arguments, row->now * SECOND };
      g_autofree char *told = NULL;
      VigPolicyAnswer answer;

      g_assert_no_error (error);
      answer = vig_policy_rules_check (rules, &query);
      told = g_strdup_printf ("%s %u", answer.verdict == VIG_VERDICT_DENY ? "deny" : answer.verdict == VIG_VERDICT_ASK ? "ask" : "allow", answer.rule);
      if (g_strcmp0 (told, row->verdict) != 0)
        g_test_message ("row %u: %s", i, row->rules);
      g_assert_cmpstr (told, ==, row->verdict);
    }
}

/* Clocks of Berlin go from 02:00 to 03:00 on 2026-03-29 and from 03:00 back to 02:00 on 2026-10-25, both at 01:00 UTC, a Sunday: what
 * counts is what the clock on the wall there says, and the day on which a window that passes midnight begins. */
static void
test_wall_clock (void)
{
  static const struct
  {
    const char *when;
    const char *utc;
    gboolean    is_in;
  } moments[] = {
    /* The night of Saturday is an hour shorter in spring, an hour longer in autumn. */
    { "\"days\":[\"sat\"],\"from\":\"22:00\",\"until\":\"06:00\"", "2026-03-28T20:59:59Z", FALSE },
    { "\"days\":[\"sat\"],\"from\":\"22:00\",\"until\":\"06:00\"", "2026-03-28T21:00:00Z", TRUE },
    { "\"days\":[\"sat\"],\"from\":\"22:00\",\"until\":\"06:00\"", "2026-03-28T23:00:00Z", TRUE },
    { "\"days\":[\"sat\"],\"from\":\"22:00\",\"until\":\"06:00\"", "2026-03-29T03:59:59Z", TRUE },
    { "\"days\":[\"sat\"],\"from\":\"22:00\",\"until\":\"06:00\"", "2026-03-29T04:00:00Z", FALSE },
    { "\"days\":[\"sat\"],\"from\":\"22:00\",\"until\":\"06:00\"", "2026-10-24T20:00:00Z", TRUE },
    { "\"days\":[\"sat\"],\"from\":\"22:00\",\"until\":\"06:00\"", "2026-10-25T04:59:59Z", TRUE },
    { "\"days\":[\"sat\"],\"from\":\"22:00\",\"until\":\"06:00\"", "2026-10-25T05:00:00Z", FALSE },
    { "\"days\":[\"sun\"],\"from\":\"22:00\",\"until\":\"06:00\"", "2026-10-25T04:59:59Z", FALSE },
    { "\"days\":[\"sun\"],\"from\":\"22:00\",\"until\":\"06:00\"", "2026-10-26T04:59:59Z", TRUE },
    /* The hour that there is not, and the one that there is twice. */
    { "\"from\":\"02:00\",\"until\":\"03:00\"", "2026-03-29T00:59:59Z", FALSE },
    { "\"from\":\"02:00\",\"until\":\"03:00\"", "2026-03-29T01:00:00Z", FALSE },
    { "\"from\":\"01:30\",\"until\":\"03:30\"", "2026-03-29T01:29:59Z", TRUE },
    { "\"from\":\"01:30\",\"until\":\"03:30\"", "2026-03-29T01:30:00Z", FALSE },
    { "\"from\":\"02:00\",\"until\":\"03:00\"", "2026-10-25T00:30:00Z", TRUE },
    { "\"from\":\"02:00\",\"until\":\"03:00\"", "2026-10-25T01:30:00Z", TRUE },
    { "\"from\":\"02:00\",\"until\":\"03:00\"", "2026-10-25T02:00:00Z", FALSE },
    /* Midnight itself, from both sides. */
    { "\"days\":[\"sun\"],\"from\":\"00:00\",\"until\":\"24:00\"", "2026-03-28T22:59:59Z", FALSE },
    { "\"days\":[\"sun\"],\"from\":\"00:00\",\"until\":\"24:00\"", "2026-03-28T23:00:00Z", TRUE },
    { "\"days\":[\"sun\"],\"from\":\"00:00\",\"until\":\"24:00\"", "2026-03-29T21:59:59Z", TRUE },
    { "\"days\":[\"sun\"],\"from\":\"00:00\",\"until\":\"24:00\"", "2026-03-29T22:00:00Z", FALSE },
    { "\"days\":[\"sun\"],\"from\":\"23:59\",\"until\":\"00:01\"", "2026-03-29T22:00:59Z", TRUE },
    { "\"days\":[\"sun\"],\"from\":\"23:59\",\"until\":\"00:01\"", "2026-03-29T22:01:00Z", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (moments); i++)
    {
      g_autofree char *rule = g_strdup_printf ("{\"name\":\"n\",\"effect\":\"deny\",\"when\":{%s,\"zone\":\"Europe/Berlin\"}}", moments[i].when);
      g_autoptr (VigPolicyRules) rules = compile (rule, NULL);
      g_autoptr (GDateTime) moment = g_date_time_new_from_iso8601 (moments[i].utc, NULL);
      VigPolicyQuery query = { "op-1", "Keeper", "ada", FALSE, "a.b", VIG_LEVEL_READ, NULL, NULL, g_date_time_to_unix (moment) * SECOND };
      gboolean is_in = vig_policy_rules_check (rules, &query).verdict == VIG_VERDICT_DENY;

      if (is_in != moments[i].is_in)
        g_test_message ("%s at %s", moments[i].when, moments[i].utc);
      g_assert_true (is_in == moments[i].is_in);
    }
}

static VigPolicyAnswer
ask_line (VigPolicyRules *rules, const char *line)
{
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s}", "command", line);
  VigPolicyQuery query = { "op-1", "Keeper", "ada", FALSE, "shell.exec", VIG_LEVEL_READ, NULL, arguments, 0 };

  return vig_policy_rules_check (rules, &query);
}

/* PITFALLS 13: a program is what runs, however it is written; what can't be told is struck, and never allowed. */
static void
test_commands (void)
{
  static const char * const struck[] = {
    "rm x", "/bin/rm x", "/usr/bin/rm x", "\\rm x", "r''m x", "\"rm\" x", "env rm x", "env -i A=1 rm x", "command rm x", "nice timeout 5 rm x", "busybox rm x",
    "ls; rm x", "ls | xargs rm", "ls | xargs -I{} rm {}", "find . -exec rm {} +", "sh -c 'rm x'", "eval 'rm x'", "echo $(rm x)", "if true; then rm x; fi", "( rm x )",
    "sudo rm x", "doas -u a rm x", "docker exec c rm x", "kubectl exec p -- rm x", "unheard-of --run='rm x'", "/opt/tools/rm x", "systemctl edit x; rm y",
    /* what can't be told */
    "$x y", "$(echo rm) x", "x=rm; $x y", "ls | xargs -I{} {} x", "python3 -c 'print()'", "perl x.pl", "sh x.sh", "echo rm x | sh", "./tool",
    "systemctl restart $x", "PATH=/tmp:$PATH ls",
    "LD_PRELOAD=/tmp/x.so ls", "alias ls=x", "ls 'x", "sudo -s", "unheard-of $x", "export PATH=/tmp; ls", "awk '{ print | $1 }' x", ". ./x", "watch x", "r\xd1\x96m x", "r[m] x",
  };
  static const char * const spared[] = {
    "ls", "df -h; uptime | head -1", "echo rm x", "grep rm x", "cat rm", "command -v rm", "systemctl restart nginx", "docker ps", "env LC_ALL=C df", "mkdir rm", "echo \"$x\"",
    "useradd bob", "sh -c 'df -h'", "awk 1 rm", "sed -n 1p rm", "python3 --version", "echo x > rm",
  };
  g_autoptr (VigPolicyRules) rules = compile ("{\"name\":\"n\",\"effect\":\"deny\",\"commands\":[\"shred\",\"rm\"]}", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (struck); i++)
    {
      g_test_message ("%s", struck[i]);
      g_assert_cmpint (ask_line (rules, struck[i]).verdict, ==, VIG_VERDICT_DENY);
    }
  for (guint i = 0; i < G_N_ELEMENTS (spared); i++)
    {
      g_test_message ("%s", spared[i]);
      g_assert_cmpint (ask_line (rules, spared[i]).verdict, ==, VIG_VERDICT_ALLOW);
    }
  g_assert_false (ask_line (rules, "env rm x").hides);
  g_assert_true (ask_line (rules, "$x y").hides);
}

static void
test_commands_allowed (void)
{
  static const char * const allowed[] = { "df -h", "df -h; uptime", "/bin/df | df", "mkfs.ext4 x" };
  static const char * const asked[] = { "ls", "df; ls", "env df", "df $(ls)", "$x", "df | $x", "A=1 df", "df 'x", "sh -c df", "", "/tmp/df", "x=1" };
  g_autoptr (VigPolicyRules) rules = compile ("{\"name\":\"n\",\"effect\":\"ask\"},{\"name\":\"m\",\"effect\":\"allow\",\"commands\":[\"df\",\"uptime\",\"mkfs*\"]}", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (allowed); i++)
    {
      g_test_message ("%s", allowed[i]);
      g_assert_cmpint (ask_line (rules, allowed[i]).verdict, ==, VIG_VERDICT_ALLOW);
    }
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      g_test_message ("%s", asked[i]);
      g_assert_cmpint (ask_line (rules, asked[i]).verdict, ==, VIG_VERDICT_ASK);
    }
}

/* Calls that have no line, whose line is in words, or whose arguments are not known. */
static void
test_commands_of_calls (void)
{
  static const struct
  {
    const char *arguments;
    VigVerdict  verdict;
  } calls[] = {
    { "{\"command\":[\"rm\",\"x\"]}", VIG_VERDICT_DENY }, { "{\"command\":[\"ls\",\"rm\"]}", VIG_VERDICT_ALLOW }, { "{\"command\":[\"sh\",\"-c\",\"rm x\"]}", VIG_VERDICT_DENY },
    { "{\"path\":\"rm x\"}", VIG_VERDICT_ALLOW }, { "{\"command\":5}", VIG_VERDICT_ALLOW }, { NULL, VIG_VERDICT_DENY },
  };
  g_autoptr (VigPolicyRules) rules = compile ("{\"name\":\"n\",\"effect\":\"deny\",\"commands\":[\"rm\"]}", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autoptr (JsonObject) arguments = calls[i].arguments != NULL ? vig_json_parse_object (calls[i].arguments, -1, 0, NULL) : NULL;
      VigPolicyQuery query = { "op-1", "Keeper", "ada", FALSE, "a.b", VIG_LEVEL_READ, NULL, arguments, 0 };

      g_test_message ("%s", calls[i].arguments);
      g_assert_cmpint (vig_policy_rules_check (rules, &query).verdict, ==, calls[i].verdict);
    }
}

static char *
replace (const char *text, const char *what, const char *with)
{
  g_auto (GStrv) parts = g_strsplit (text, what, -1);

  return g_strjoinv (with, parts);
}

/* The corpus of disguised lines: a rule that denies the program that they hide strikes each, and so does one for a program that takes its place. */
static void
test_commands_disguised (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_DATA"), "commands", "disguised.tsv", NULL);
  g_autoptr (VigPolicyRules) no_sudo = compile ("{\"name\":\"n\",\"effect\":\"deny\",\"commands\":[\"sudo\"]}", NULL);
  g_autoptr (VigPolicyRules) no_rm = compile ("{\"name\":\"n\",\"effect\":\"deny\",\"commands\":[\"rm\"]}", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint n = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) row = g_strsplit (lines[i], "\t", 3);
      g_autofree char *line = g_strv_length (row) == 3 ? g_strcompress (row[2]) : g_strdup ("");
      g_autofree char *other = replace (line, "sudo", "rm");
      g_autofree char *bare = g_strdup (line);
      char *at = bare;

      for (const char *c = line; *c != '\0'; c++)
        if (strchr ("\\\"'$\n", *c) == NULL)
          *at++ = *c;
      *at = '\0';
      if (!g_regex_match_simple ("(^|[^a-z/.-])sudo( |$)", bare, 0, 0))
        continue;

      n++;
      if (ask_line (no_sudo, line).verdict != VIG_VERDICT_DENY)
        {
          g_test_message ("sudo is not seen: %s", line);
          g_test_fail ();
        }
      if (!g_str_equal (other, line) && ask_line (no_rm, other).verdict != VIG_VERDICT_DENY)
        {
          g_test_message ("rm is not seen: %s", other);
          g_test_fail ();
        }
    }
  g_assert_cmpuint (n, >, 200);
}

static void
test_refused (void)
{
  static const char * const texts[][2] = {
    { "{\"name\":\"n\",\"effect\":\"maybe\"}", "/rules/0/effect" },
    { "{\"name\":\"n\",\"effect\":\"deny\",\"levels\":[\"root\"]}", "/rules/0/levels" },
    { "{\"name\":\"n\",\"effect\":\"deny\"},{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:srv\"]}", "/rules/1/resources" },
    { "{\"name\":\"n\",\"effect\":\"deny\",\"resources\":[\"file:/srv/*/../x\"]}", "/rules/0/resources" },
    { "{\"name\":\"n\",\"effect\":\"deny\",\"commands\":[\"rm\",\"/bin/rm\"]}", "/rules/0/commands" },
    { "{\"name\":\"n\",\"effect\":\"deny\",\"commands\":[\"rm -r\"]}", "/rules/0/commands" },
    { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"from\":\"25:00\"}}", "/rules/0/when" },
    { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"from\":\"08:00\",\"until\":\"08:00\"}}", "/rules/0/when" },
    { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"days\":[\"someday\"]}}", "/rules/0/when/days" },
    { "{\"name\":\"n\",\"effect\":\"deny\",\"when\":{\"zone\":\"Mars/Base\"}}", "/rules/0/when/zone" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (VigPolicyRules) rules = compile (texts[i][0], &error);

      g_assert_null (rules);
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, texts[i][1]));
    }
}

static void
test_explain (void)
{
  VigPolicyAnswer answer = { VIG_VERDICT_DENY, 3, "nights", "nobody is awake", FALSE };
  g_autofree char *text = vig_policy_answer_explain (&answer, 5);

  g_assert_cmpstr (text, ==, "denied by rule 3 of policy version 5 (nights), because nobody is awake");
  g_free (text);
  answer.hides = TRUE;
  text = vig_policy_answer_explain (&answer, 5);
  g_assert_cmpstr (text, ==, "denied by rule 3 of policy version 5 (nights), for the line hides which programs it runs, because nobody is awake");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/policy-rules/table", test_table);
  g_test_add_func ("/policy-rules/wall-clock", test_wall_clock);
  g_test_add_func ("/policy-rules/commands", test_commands);
  g_test_add_func ("/policy-rules/commands-allowed", test_commands_allowed);
  g_test_add_func ("/policy-rules/commands-of-calls", test_commands_of_calls);
  g_test_add_func ("/policy-rules/commands-disguised", test_commands_disguised);
  g_test_add_func ("/policy-rules/refused", test_refused);
  g_test_add_func ("/policy-rules/explain", test_explain);

  return g_test_run ();
}
