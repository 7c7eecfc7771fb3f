/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define RECORD_MAX_BYTES 64

/* An Argon2 record in the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>, base64 without padding. */
typedef struct
{
  int    variant; /* GCRY_KDF_ARGON2ID or GCRY_KDF_ARGON2I */
  guint  memory_kib;
  guint  passes;
  guint  lanes;
  guint8 salt[RECORD_MAX_BYTES];
  gsize  salt_length;
  guint8 tag[RECORD_MAX_BYTES];
  gsize  tag_length;
} Record;

/* VIG_ERROR_INVALID: not such a string, or one that asks for more than 1 GiB, 10 passes or 16 lanes. */
gboolean record_parse     (const char *text, Record *record, GError **error);
char    *record_to_string (const Record *record);
void     record_init      (Record *record);       /* today's parameters, a new salt, no tag */
gboolean record_is_weaker (const Record *record); /* than those */

/* Computes the tag of @secret under the record's parameters and salt. Slow on purpose. */
gboolean record_compute   (const Record *record, const char *secret, guint8 tag[RECORD_MAX_BYTES], GError **error);

G_END_DECLS
