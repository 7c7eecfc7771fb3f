/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define VIG_YAML_MAX_NODES 200000

/* One YAML document as JSON: plain scalars are read as YAML 1.2's core schema does (no yes and no, no octal), keys are strings. Anchors, aliases and tags of types
 * are refused, as is what nests deeper than VIG_JSON_MAX_DEPTH or has more than VIG_YAML_MAX_NODES parts. VIG_ERROR_INVALID names the line. */
JsonNode *vig_yaml_parse (const char *text, gsize length, GError **error);

G_END_DECLS
