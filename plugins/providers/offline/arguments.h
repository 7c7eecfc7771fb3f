/* SPDX-License-Identifier: MIT */
#pragma once

#include "words.h"

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Fills a tool's arguments from what a person asked, where they are plain: choices by their words and descriptions, paths,
 * numbers, quoted text, commands that the schema's description offers as "`command` (when)". Returns NULL and the name of
 * what is missing in *missing (transfer full) where a required one is not to be found. */
JsonObject *arguments_fill      (JsonObject *schema, const char *text, Request *request, char **missing);

/* All texts of a schema that say what a tool is for: names, descriptions, choices. (transfer full) */
char       *arguments_describe  (JsonObject *schema);
/* Whether a property asks for a path or for a text to keep. */
gboolean    arguments_take_path (JsonObject *schema);
gboolean    arguments_take_text (JsonObject *schema);

G_END_DECLS
