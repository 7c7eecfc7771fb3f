/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

typedef enum
{
  CTL_STATUS,
  CTL_PANIC,
  CTL_UNFREEZE,
  CTL_COMMAND,
} CtlCommand;

/* What is asked of the daemon. */
typedef struct
{
  CtlCommand  command;
  const char *text;       /* panic: why; command: what is typed in the chat, with its slash */
  const char *session_id; /* command: in which conversation; NULL: in none */
} CtlRequest;

/* Where the daemon is: by HTTP, or by D-Bus where there is no URL. */
typedef struct
{
  const char *url;   /* NULL: D-Bus */
  const char *token; /* of the API */
  const char *bus;   /* session, system or auto */
} CtlTarget;

/* What the daemon answers, or {} where it answers nothing. */
JsonObject *ctl_http_call (const CtlTarget *target, const CtlRequest *request, GError **error);
JsonObject *ctl_bus_call  (const CtlTarget *target, const CtlRequest *request, GError **error);

G_END_DECLS
