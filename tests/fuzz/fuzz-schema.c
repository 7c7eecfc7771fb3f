/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "fuzz.h"

#include <stdlib.h>

/* The input is {"schema": ..., "value": ...}: a schema is taken or refused, a value is valid or not, each time alike. */
int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (JsonObject) input = vig_json_parse_object ((const char *) data, size, 0, NULL);
  JsonNode *document = input != NULL ? json_object_get_member (input, "schema") : NULL;
  JsonNode *value = input != NULL ? json_object_get_member (input, "value") : NULL;
  g_autoptr (VigSchema) schema = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) wrong = NULL;
  gboolean valid;

  if (document == NULL || value == NULL)
    return 0;

  schema = vig_schema_new (document, NULL, &error);
  fuzz_must ((schema != NULL) != (error != NULL));
  if (schema == NULL)
    return 0;

  valid = vig_schema_validate (schema, value, &wrong);
  fuzz_must (valid == (wrong == NULL));
  fuzz_must (valid || wrong->message[0] != '\0');
  fuzz_must (vig_schema_validate (schema, value, NULL) == valid);

  return 0;
}
