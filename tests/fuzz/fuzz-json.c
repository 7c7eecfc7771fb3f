/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "fuzz.h"

#include <stdlib.h>

/* What was read is written and read again as the same, in both forms, alone and packed into more. */

static void
check_text (JsonNode *node)
{
  g_autofree char *text = vig_json_to_string (node);
  g_autoptr (JsonNode) again = vig_json_parse (text, -1, G_MAXINT32, NULL);
  g_autofree char *same = again != NULL ? vig_json_to_string (again) : NULL;

  fuzz_must (g_strcmp0 (same, text) == 0);
}

static void
check_canonical (JsonNode *node)
{
  g_autofree char *text = vig_json_to_canonical (node);
  g_autoptr (JsonNode) again = text != NULL ? vig_json_parse (text, -1, G_MAXINT32, NULL) : NULL;
  g_autofree char *same = again != NULL ? vig_json_to_canonical (again) : NULL;

  fuzz_must (text == NULL || g_strcmp0 (same, text) == 0);
}

static void
check_packed (JsonNode *node)
{
  g_autofree char *text = vig_json_to_string (node);
  g_autoptr (JsonObject) packed = vig_json_pack_object ("{s:s, s:O, s:[b,n]}", "name", text, "value", node, "rest", TRUE);
  g_autofree char *value = NULL;

  fuzz_must (g_strcmp0 (vig_json_get_string (packed, "name", NULL), text) == 0);
  value = vig_json_to_string (json_object_get_member (packed, "value"));
  fuzz_must (g_strcmp0 (value, text) == 0);
  fuzz_must (json_array_get_length (vig_json_get_array (packed, "rest")) == 2);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_json_parse ((const char *) data, size, 0, &error);

  fuzz_must ((node != NULL) != (error != NULL));
  if (node == NULL)
    {
      fuzz_must (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }

  check_text (node);
  check_canonical (node);
  check_packed (node);

  return 0;
}
