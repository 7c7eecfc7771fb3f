/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define DOCKER_YAML_NODES 50000 /* in all, each alias counted with what it stands for */

/* A YAML document as JSON: plain true, false, null and whole numbers as what they are, all else as texts. VIG_ERROR_INVALID names the line;
 * VIG_ERROR_TOO_LARGE: deeper than VIG_JSON_MAX_DEPTH, or more nodes. */
JsonNode *docker_yaml_parse (const char *text, GError **error);

G_END_DECLS
