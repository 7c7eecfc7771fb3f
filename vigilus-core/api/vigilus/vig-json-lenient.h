/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-json.h"

G_BEGIN_DECLS

/* Not installed: as vig_json_parse (), of what other servers answer. Of a member that is there twice the last counts that is not null
 * (NVIDIA repeats "reasoning_content"), and U+FFFD stands for bytes that are not UTF-8. */
JsonNode   *vig_json_parse_lenient        (const char *text, gssize length, gsize max_size, GError **error);
JsonObject *vig_json_parse_object_lenient (const char *text, gssize length, gsize max_size, GError **error);

G_END_DECLS
