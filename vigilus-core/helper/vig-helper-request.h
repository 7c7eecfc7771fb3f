/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-helper.h"
#include "vig-note.h"

G_BEGIN_DECLS

/* What the owner of the machine allows, from helper.conf. */
typedef struct
{
  VigNoteKey *key;        /* of the daemon */
  char      **operations; /* that are on */
  uid_t       uid;        /* who may ask */
} VigHelperRules;

/* Errors name the file and the key. */
gboolean    vig_helper_rules_load    (VigHelperRules *self, const char *path, GError **error);
void        vig_helper_rules_clear   (VigHelperRules *self);

/* The request in @note, whose signature, age and operation are right, and that was not made before (@spent: a folder that remembers).
 * DENIED says what is wrong. */
JsonObject *vig_helper_request_check (const VigHelperRules *rules, const char *note, const char *spent, gint64 now, GError **error);

G_END_DECLS
