/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-usage.h"

#include <string.h>

#include "vig-price.h"
#include "vig-windows.h"

#define TOKEN_BYTES 4 /* of ordinary text, as models take it apart */

/* "vendor/model:variant" (OpenRouter) costs as the model does, where the list does not tell of the variant itself. */
static const VigModel *
find_model (VigAsk *ask)
{
  VigProvider *provider = vig_ask_get_provider (ask);
  const char *name = vig_ask_get_model (ask);
  const char *colon = strrchr (name, ':');
  const VigModel *model = NULL;

  if (!VIG_IS_HTTP_PROVIDER (provider))
    return NULL;
  model = vig_http_provider_find_model (VIG_HTTP_PROVIDER (provider), name);
  if (model == NULL && colon != NULL)
    {
      g_autofree char *plain = g_strndup (name, (gsize) (colon - name));

      model = vig_http_provider_find_model (VIG_HTTP_PROVIDER (provider), plain);
    }

  return model;
}

/* -1: no price is known, and it may well cost something. */
static gint64
count_cost (VigAsk *ask, const char *prices, const VigUsage *usage, gboolean estimated)
{
  const VigModel *model = NULL;
  gboolean told = usage->cost_micros >= 0;
  VigPrice price;

  /* What was only estimated goes behind what the server itself says of it. */
  if (!(estimated && told) && (usage->input_tokens > 0 || usage->output_tokens > 0) && vig_price_find (prices, vig_ask_get_model (ask), &price))
    return vig_price_count (&price, usage);
  /* Also 0: a free model costs that, whatever the list has of its paid sister. */
  if (told)
    return usage->cost_micros;

  model = find_model (ask);
  if (model == NULL || model->input_price < 0 || model->output_price < 0)
    return vig_ask_is_at_home (ask) ? 0 : -1;
  price = (VigPrice) { model->input_price, model->output_price, model->cache_read_price, model->cache_write_price };

  return vig_price_count (&price, usage);
}

/* Without it no limit on tokens or money would hold. FALSE: the server tells them, or there is no model. */
static gboolean
estimate (VigAsk *ask, VigReply *reply, VigUsage *usage)
{
  if (usage->input_tokens > 0 || usage->output_tokens > 0 || vig_ask_get_writer (ask) == NULL)
    return FALSE;

  usage->input_tokens = (gint64) (vig_ask_get_bytes (ask) / TOKEN_BYTES) + 1;
  usage->output_tokens = (gint64) ((vig_windows_measure_reply (reply) + strlen (vig_reply_get_reasoning (reply))) / TOKEN_BYTES) + 1;

  return TRUE;
}

JsonObject *
vig_usage_describe (VigAsk *ask, const char *prices, VigReply *reply, const char *purpose, const char *user_id, const char *session_id)
{
  VigUsage usage = *vig_reply_get_usage (reply);
  gboolean estimated = estimate (ask, reply, &usage);
  gint64 input = MAX (usage.input_tokens, 0);
  gint64 output = MAX (usage.output_tokens, 0);
  gint64 cost;

  if (input == 0 && output == 0 && usage.cost_micros <= 0)
    return NULL;

  cost = count_cost (ask, prices, &usage, estimated);

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:b}", "user_id", user_id, "session_id", session_id,
                               "purpose", purpose, "provider_name", vig_ask_get_provider_name (ask),
                               "model", vig_ask_get_model (ask), "input_tokens", input, "output_tokens", output,
                               "cached_tokens", MAX (usage.cache_read_tokens, 0), "reasoning_tokens", MAX (usage.reasoning_tokens, 0),
                               "cost_micros", MAX (cost, 0), "unpriced", cost < 0, "estimated", estimated);
}
