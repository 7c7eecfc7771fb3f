/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-provider.h"

#include <string.h>

#define MAX_NAME 64 /* bytes */
#define MAX_ID 40   /* bytes */
#define TICKS_OF_A_DOLLAR 1e10 /* xAI */
#define MAX_DOLLARS 1e6 /* of one answer */
#define NO_RESULT "There is no result: the call did not finish. It may or may not have happened."

/* Providers accept ^[a-zA-Z0-9_-]{1,64}$. Names of Vigilus have dots and never hyphens, so a hyphen for each dot is a mapping
 * that needs no table, collides with nothing and holds from one turn to the next. Names that a model made up may
 * have any form: they only have to be acceptable when they are sent back. */
char *
vig_http_provider_name_to_wire (const char *name)
{
  g_autofree char *wire = NULL;

  g_return_val_if_fail (name != NULL, NULL);

  wire = g_strndup (name, MAX_NAME);
  for (char *c = wire; *c != '\0'; c++)
    if (*c == '.')
      *c = '-';
    else if (!g_ascii_isalnum (*c) && *c != '_' && *c != '-')
      *c = '_';

  return *wire != '\0' ? g_steal_pointer (&wire) : g_strdup ("unnamed");
}

char *
vig_http_provider_name_from_wire (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  return g_strdelimit (g_strdup (name), "-", '.');
}

/* How many calls before @index carry the same id: servers exist that repeat them. */
static guint
count_same_before (VigReply *reply, guint index)
{
  const char *id = vig_reply_get_call (reply, index)->id;
  guint n = 0;

  for (guint i = 0; i < index; i++)
    if (g_str_equal (vig_reply_get_call (reply, i)->id, id))
      n++;

  return n;
}

char *
vig_http_provider_dup_call_id (VigReply *reply, guint index)
{
  const char *id = vig_reply_get_call (reply, index)->id;
  guint same = count_same_before (reply, index);
  gsize length = strlen (id);
  gsize keep = same > 0 ? MAX_ID - 4 : MAX_ID;
  g_autofree char *clean = g_strdup (length > keep ? id + length - keep : id);

  for (char *c = clean; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '_' && *c != '-')
      *c = '_';

  return same > 0 ? g_strdup_printf ("%s_%u", clean, MIN (same, 99)) : g_steal_pointer (&clean);
}

char *
vig_http_provider_find_result (VigTranscript *transcript, guint turn, guint index, gboolean *is_error)
{
  VigReply *reply = vig_transcript_get_reply (transcript, turn);
  const char *id = vig_reply_get_call (reply, index)->id;
  guint skip = count_same_before (reply, index);
  gboolean has_results = turn + 1 < vig_transcript_get_n_turns (transcript)
                         && vig_transcript_get_kind (transcript, turn + 1) == VIG_TURN_TOOLS;
  guint n = has_results ? vig_transcript_get_n_results (transcript, turn + 1) : 0;

  for (guint i = 0; i < n; i++)
    {
      const VigToolResult *result = vig_transcript_get_result (transcript, turn + 1, i);

      if (!g_str_equal (result->call_id, id) || skip-- > 0)
        continue;
      *is_error = result->is_error;
      return g_strdup (result->text);
    }
  *is_error = TRUE;

  return g_strdup (NO_RESULT);
}

JsonObject *
vig_http_provider_ref_arguments (const VigReplyCall *call)
{
  if (call->arguments != NULL)
    return json_object_ref (call->arguments);

  return vig_json_pack_object ("{s:s}", "invalid_json", call->raw_arguments);
}

JsonObject *
vig_http_provider_get_opaque (VigReply *reply, const char *format)
{
  JsonNode *node = vig_reply_get_opaque (reply);
  JsonObject *object = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  if (object == NULL || !g_str_equal (vig_json_get_string (object, "format", ""), format))
    return NULL;

  return object;
}

gboolean
vig_http_provider_has_word (JsonArray *words, const char *word)
{
  g_return_val_if_fail (words != NULL && word != NULL, FALSE);

  for (guint i = 0; i < json_array_get_length (words); i++)
    {
      JsonNode *node = json_array_get_element (words, i);

      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING && g_str_equal (json_node_get_string (node), word))
        return TRUE;
    }

  return FALSE;
}

void
vig_http_provider_read_count (JsonObject *object, const char *name, gint64 *field)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return;
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    *field = json_node_get_int (node);
  else if (json_node_get_value_type (node) == G_TYPE_DOUBLE)
    *field = (gint64) CLAMP (json_node_get_double (node), 0, 1e15);
}

void
vig_http_provider_read_cost (JsonObject *report, VigUsage *usage)
{
  JsonObject *details = report != NULL ? vig_json_get_object (report, "cost_details") : NULL;
  double dollars = report != NULL ? vig_json_get_double (report, "cost", -1) : -1;
  double ticks = report != NULL ? vig_json_get_double (report, "cost_in_usd_ticks", -1) : -1;

  /* By a key of one's own behind the gateway, whoever is behind it sends a bill, too. */
  if (dollars >= 0 && details != NULL && vig_json_get_boolean (report, "is_byok", FALSE))
    dollars += MAX (vig_json_get_double (details, "upstream_inference_cost", 0), 0);
  if (dollars < 0 && ticks >= 0)
    dollars = ticks / TICKS_OF_A_DOLLAR;
  if (dollars >= 0)
    usage->cost_micros = (gint64) (MIN (dollars, MAX_DOLLARS) * 1e6 + 0.5);
}

void
vig_http_provider_add_count (gint64 *field, gint64 part)
{
  if (part > 0)
    *field = MAX (*field, 0) + part;
}
