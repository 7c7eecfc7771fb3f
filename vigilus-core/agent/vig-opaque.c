/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-opaque.h"

#define OWNER "provider_id"

static JsonObject *
get_object (VigReply *reply)
{
  JsonNode *opaque = vig_reply_get_opaque (reply);

  return opaque != NULL && JSON_NODE_HOLDS_OBJECT (opaque) ? json_node_get_object (opaque) : NULL;
}

void
vig_opaque_mark (VigReply *reply, const char *provider_id)
{
  JsonObject *opaque = get_object (reply);

  if (opaque != NULL && provider_id != NULL)
    json_object_set_string_member (opaque, OWNER, provider_id);
}

void
vig_opaque_limit (VigTranscript *transcript, const char *provider_id)
{
  for (guint i = 0; i < vig_transcript_get_n_turns (transcript); i++)
    {
      gboolean is_reply = vig_transcript_get_kind (transcript, i) == VIG_TURN_ASSISTANT;
      VigReply *reply = is_reply ? vig_transcript_get_reply (transcript, i) : NULL;
      JsonObject *opaque = reply != NULL ? get_object (reply) : NULL;

      if (opaque != NULL && g_strcmp0 (vig_json_get_string (opaque, OWNER, NULL), provider_id) != 0)
        vig_reply_set_opaque (reply, NULL);
    }
}
