/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Takes secrets out of all that leaves the process: values it was told, and patterns (keys, tokens, passwords in URLs and
 * options, PEM blocks). Linear in the length of the text. Thread-safe. What was taken out reads "[redacted]". */
#define VIG_TYPE_REDACTOR (vig_redactor_get_type ())
G_DECLARE_FINAL_TYPE (VigRedactor, vig_redactor, VIG, REDACTOR, GObject)

VigRedactor *vig_redactor_new        (void);
void         vig_redactor_add_value  (VigRedactor *self, const char *secret); /* 6 bytes or more; also its base64 and URL forms */
char        *vig_redactor_apply      (VigRedactor *self, const char *text);
JsonNode    *vig_redactor_apply_json (VigRedactor *self, JsonNode *node);     /* a copy: strings, and members named like secrets */
/* The same, only to be read: where nothing is taken out, it shares its objects with @node. @name: of the member that it is, or NULL. */
JsonNode    *vig_redactor_view_json  (VigRedactor *self, const char *name, JsonNode *node);

G_END_DECLS
