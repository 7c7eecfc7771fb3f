/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-test-host.h"
#include "vig-test.h"

#define KEY "sk-test-0123456789abcdef"
#define MODEL "m1"
#define N_FORMATS 5

typedef struct
{
  const char  *module;
  const char  *path;      /* behind the server's URL */
  const char  *key_error; /* what the real server says to a wrong key */
  const char  *name;
  const char  *options;   /* JSON, or NULL */
  const char  *sealed;    /* what came with the reasoning, and must go back with it */
  gboolean     no_raw;    /* arguments are an object by the format: none can be invalid */
  const char  *failed;    /* how a tool's result "second" is told to be an error */
  VigError     overloaded; /* an error that only says "Overloaded" */
} Format;

extern const Format formats[N_FORMATS];

typedef struct
{
  const Format  *format;
  GSubprocess   *server;
  char          *url;
  VigProvider   *provider;
  VigTranscript *transcript;
  GCancellable  *cancellable;
  gint64         max_output_tokens;
  VigCompletionRequest request;
  GString       *text;
  gboolean       cancel_at_chunk;
  gboolean       inside;     /* of complete_async () */
  gboolean       finished;
  VigReply      *reply;
  GPtrArray     *models;
  GError        *error;
} Fixture;

/* A provider, and the server of models that it asks; for g_test_add () with a Format as data. */
void        fixture_set_up         (Fixture *f, gconstpointer data);
void        fixture_tear_down      (Fixture *f, gconstpointer data);

/* Answers the server's control; @json NULL: asks. */
JsonObject *fixture_control        (Fixture *f, const char *json);
void        fixture_set_control    (Fixture *f, const char *json);
guint       fixture_count_requests (Fixture *f);
/* What the last completion asked for, as JSON. */
char       *fixture_dup_asked      (Fixture *f);
/* With the format's own options, or with these. */
void        fixture_configure      (Fixture *f, const char *key);
void        fixture_set_options    (Fixture *f, const char *options);

void        fixture_start          (Fixture *f, const char *model);
void        fixture_complete       (Fixture *f);
void        fixture_list           (Fixture *f);
void        fixture_assert_failed  (Fixture *f, VigError code, const char *part);
