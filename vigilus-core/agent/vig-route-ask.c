/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-route-ask.h"

#include "vig-history.h"
#include "vig-prompt.h"

#define OPERATORS_PERCENT 30 /* of the room, where it is short: what tells of the Operators */

typedef struct
{
  VigParts    *parts;
  VigRunFacts *facts;
  GPtrArray   *operators;
} Who;

static VigAsk *
make_ask (const Who *who, gsize budget, JsonArray *history, JsonArray *messages, gsize most, GError **error)
{
  g_autoptr (VigTranscript) transcript = vig_history_build_to_route (history, messages, who->parts->context.redactor, most);

  return vig_ask_new_to_route (who->parts, who->facts, who->operators, budget, transcript, error);
}

static gsize
get_room (const Who *who, VigAsk *ask)
{
  const char *model = vig_ask_get_model (ask);
  gint64 window = vig_windows_get (who->parts->windows, who->facts->provider, model);

  if (window <= 0)
    window = vig_json_get_int (who->facts->settings, "context_tokens", VIG_WINDOWS_DEFAULT);

  return vig_windows_to_bytes (who->parts->windows, who->facts->provider, model, window * VIG_WINDOWS_FULL_PERCENT / 100);
}

VigAsk *
vig_route_ask_new (VigParts *parts, VigRunFacts *facts, GPtrArray *operators, JsonArray *history, JsonArray *messages, GError **error)
{
  const Who who = { parts, facts, operators };
  g_autoptr (VigAsk) ask = make_ask (&who, VIG_PROMPT_ROUTING_BUDGET, history, messages, G_MAXSIZE, error);
  g_autoptr (VigAsk) bare = NULL;
  g_autoptr (JsonArray) nothing = json_array_new ();
  gsize room, budget;

  if (ask == NULL)
    return NULL;
  room = get_room (&who, ask);
  if (vig_ask_get_bytes (ask) <= room)
    return g_steal_pointer (&ask);

  budget = MIN (room * OPERATORS_PERCENT / 100, VIG_PROMPT_ROUTING_BUDGET);
  bare = make_ask (&who, budget, nothing, nothing, 0, error);
  if (bare == NULL)
    return NULL;

  return make_ask (&who, budget, history, messages, room - MIN (room, vig_ask_get_bytes (bare)), error);
}
