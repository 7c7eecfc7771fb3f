/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "choice.h"

#include "arguments.h"
#include "rank.h"
#include "report.h"
#include "route.h"

#include <string.h>

/* Below this a tool shares only words that nearly all share. */
#define SCORE_MIN 0.35
/* A tool this far behind the best is another matter. */
#define NEARLY 0.4

static JsonObject *
parse_schema (const VigToolInfo *tool)
{
  return vig_json_parse_object (tool->input_schema, -1, 0, NULL);
}

/* The first sentence says what a tool is for, the rest when to use it. */
static void
add_tool (Ranking *ranking, const VigToolInfo *tool, JsonObject *schema)
{
  g_autofree char *choices = arguments_describe (schema);

  ranking_begin (ranking);
  ranking_add (ranking, tool->name, 3);
  ranking_add (ranking, tool->title != NULL ? tool->title : "", 2);
  ranking_add (ranking, tool->description, 1);
  ranking_add (ranking, choices, 0.5);
}

/* What the form of a request tells besides its words: a file name asks for a tool that takes one, something quoted for one that keeps text. */
static double
form_bonus (JsonObject *schema, Request *request)
{
  double bonus = 0;

  if (request->paths->len > 0)
    bonus += arguments_take_path (schema) ? 1.0 : -0.5;
  if (request->payload != NULL && request->paths->len > 0)
    bonus += arguments_take_text (schema) ? 1.0 : -0.5;

  return bonus;
}

typedef struct
{
  const VigToolInfo *tool;
  JsonObject        *schema;
  double             score;
} Candidate;

static int
compare_candidates (gconstpointer a, gconstpointer b)
{
  double difference = ((const Candidate *) b)->score - ((const Candidate *) a)->score;

  return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}

/* The tools that share something with the request, best first. */
static GArray *
find_candidates (const VigToolInfo * const *tools, GPtrArray *schemas, Request *request)
{
  GArray *candidates = g_array_new (FALSE, FALSE, sizeof (Candidate));
  g_autoptr (Ranking) ranking = ranking_new ();
  g_autofree char *query = request_dup_query (request);
  g_autoptr (GPtrArray) terms = words_to_term_set (query);

  /* The first word that means something is mostly the verb, and tells most; but for "show", which can be said of everything that is not a file. */
  if (terms->len > 0 && (request->paths->len > 0 || !g_str_equal (terms->pdata[0], "read")))
    g_ptr_array_add (terms, g_strdup (terms->pdata[0]));
  for (guint i = 0; i < schemas->len; i++)
    add_tool (ranking, tools[i], schemas->pdata[i]);
  for (guint i = 0; i < schemas->len; i++)
    {
      double score = ranking_score (ranking, i, terms);
      Candidate candidate = { tools[i], schemas->pdata[i], score > 0 ? score + form_bonus (schemas->pdata[i], request) : 0 };

      if (candidate.score > SCORE_MIN)
        g_array_append_val (candidates, candidate);
    }
  g_array_sort (candidates, compare_candidates);

  return candidates;
}

/* Calls the best tool whose arguments are all to be found, among those that fit nearly as well; else asks for what is missing. */
static void
call_or_ask (VigReply *reply, GArray *candidates, const char *text, Request *request)
{
  Candidate *best = &g_array_index (candidates, Candidate, 0);
  g_autofree char *first_missing = NULL;
  g_autofree char *words = NULL;

  for (guint i = 0; i < candidates->len; i++)
    {
      Candidate *candidate = &g_array_index (candidates, Candidate, i);
      g_autofree char *missing = NULL;
      g_autoptr (JsonObject) arguments = NULL;

      if (candidate->score < best->score * NEARLY)
        break;
      /* What a server is called is no answer to what is on it. */
      if (g_strcmp0 (first_missing, "server") == 0 && g_str_equal (candidate->tool->name, "servers.list"))
        continue;
      arguments = arguments_fill (candidate->schema, text, request, &missing);
      if (arguments != NULL)
        {
          g_autofree char *json = vig_json_object_to_string (arguments);

          vig_reply_add_call (reply, "offline-1", candidate->tool->name, json);
          vig_reply_set_stop_reason (reply, "tool_calls", FALSE);
          return;
        }
      if (first_missing == NULL)
        first_missing = g_steal_pointer (&missing);
    }

  if (g_strcmp0 (first_missing, "server") == 0)
    words = report_servers (best->tool->name, request->servers);
  else
    words = report_missing (best->tool->name, first_missing);
  vig_reply_append_text (reply, words, -1);
  vig_reply_set_stop_reason (reply, "stop", FALSE);
}

static void
answer_user (VigReply *reply, const char *system, const char *text, const VigToolInfo * const *tools)
{
  g_autoptr (GPtrArray) schemas = g_ptr_array_new_with_free_func ((GDestroyNotify) json_object_unref);
  g_autoptr (Request) request = request_new (text);
  g_autoptr (GArray) candidates = NULL;
  g_autofree char *words = NULL;

  if (route_find_delegate (tools) != NULL)
    {
      if (!route_make (reply, system, text, tools))
        {
          words = route_tell (system, tools);
          vig_reply_append_text (reply, words, -1);
          vig_reply_set_stop_reason (reply, "stop", FALSE);
        }
      return;
    }
  request_set_servers (request, system, text);
  for (guint i = 0; tools != NULL && tools[i] != NULL; i++)
    {
      JsonObject *schema = parse_schema (tools[i]);

      g_ptr_array_add (schemas, schema != NULL ? schema : json_object_new ());
    }
  candidates = find_candidates (tools, schemas, request);
  if (candidates->len > 0)
    {
      call_or_ask (reply, candidates, text, request);
      return;
    }

  words = report_helpless (tools);
  vig_reply_append_text (reply, words, -1);
  vig_reply_set_stop_reason (reply, "stop", FALSE);
}

/* What others found stands behind a task, between marks: it is not what is asked. */
static char *
cut_data (const char *text)
{
  const char *mark = strstr (text, "<tool_output ");
  g_autofree char *before = mark != NULL ? g_strndup (text, mark - text) : NULL;
  char *paragraph = before != NULL ? g_strrstr (before, "\n\n") : NULL;

  if (paragraph == NULL)
    return g_strdup (text);
  *paragraph = '\0';

  return g_steal_pointer (&before);
}

VigReply *
choice_make (const char *system, VigTranscript *transcript, const VigToolInfo * const *tools)
{
  VigReply *reply = vig_reply_new ();
  guint n = vig_transcript_get_n_turns (transcript);
  g_autofree char *report = NULL;

  if (n == 0)
    answer_user (reply, NULL, "", NULL);
  else if (vig_transcript_get_kind (transcript, n - 1) == VIG_TURN_TOOLS)
    {
      report = report_results (transcript, n - 1);
      vig_reply_append_text (reply, report, -1);
      vig_reply_set_stop_reason (reply, "stop", FALSE);
    }
  else
    {
      g_autofree char *text = cut_data (vig_transcript_get_text (transcript, n - 1));

      answer_user (reply, system, text, tools);
    }

  return reply;
}
