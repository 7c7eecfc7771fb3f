/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-runner.h"

G_BEGIN_DECLS

/* What a person may write instead of a request, in every front end: "/name argument". */
typedef struct _VigSlashCall VigSlashCall;

typedef enum
{
  VIG_SLASH_READ, /* tells something */
  VIG_SLASH_ASK,  /* has something done or changes a conversation: for approvers and above, as is what follows */
  VIG_SLASH_HALT, /* ends what runs */
} VigSlashKind;

typedef struct
{
  const char  *name;         /* without the slash */
  const char  *argument;     /* what to write after it, for people; NULL: nothing */
  gboolean     argument_required;
  gboolean     needs_session;
  VigSlashKind kind;
  const char  *description;
  JsonObject *(*run) (VigDbConnection *db, VigSlashCall *call, GError **error);
} VigSlashCommand;

/* One that was written. Its function runs on the store's threads. */
struct _VigSlashCall
{
  const VigSlashCommand *command;
  char             *argument;   /* stripped; never NULL */
  char             *session_id; /* NULL: in no conversation */
  char             *user_id;
  char             *role;
  VigRedactor      *redactor;
};

extern const VigSlashCommand VIG_SLASH_COMMANDS[]; /* ends with a NULL name */

/* Whether @text has the form of a command: a slash and a word. "/etc/fstab is odd" has not. */
gboolean     vig_slash_match      (const char *text);
VigSlashKind vig_slash_get_kind   (const char *text); /* ASK where there is no such command */
JsonArray   *vig_slash_list       (const char *role); /* schema Command, those that @role may use */

/* Answers with schema CommandAnswer: {"command", "text": Markdown to show, "action": null, "new", "open", "download" or "run", "session_id", "url",
 * "run": Run}. Errors: NOT_FOUND no such command, INVALID argument missing or too much, DENIED, and those of what it does. */
void         vig_slash_run_async  (VigRunner *runner, const VigCaller *caller, const char *session_id, const char *text,
                                   GAsyncReadyCallback callback, gpointer user_data);
JsonObject  *vig_slash_run_finish (GAsyncResult *result, GError **error);

G_END_DECLS
