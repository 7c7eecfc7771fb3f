/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* One of our tool plugins, loaded as the daemon loads it, and its tools called with a core that only counts. */
void        vig_test_tools_load           (const char *plugin);
JsonNode   *vig_test_tools_call           (const char *tool, const char *working_directory, JsonObject *arguments, GError **error);
VigLevel    vig_test_tools_classify       (const char *tool, const char *working_directory, JsonObject *arguments, char **resource);

/* What stands for keeping files: what was said last to be left; refusing; something done between keeping and changing, once. */
void        vig_test_tools_reset          (void);
const char *vig_test_tools_get_after      (void);
void        vig_test_tools_refuse_to_keep (gboolean refuse);
/* What the tool's settings are (NULL: none), and what it signs in with. */
void        vig_test_tools_set_settings   (JsonObject *settings); /* (transfer full) */
void        vig_test_tools_set_secret     (const char *secret);
/* The tool that the plugin's source makes of a description; it is called by its name from then on. */
VigTool    *vig_test_tools_describe       (JsonObject *definition, GError **error); /* borrowed */
char       *vig_test_tools_preview        (const char *tool, JsonObject *arguments);
void        vig_test_tools_while_keeping  (void (*func) (gpointer data), gpointer data);

G_END_DECLS
