/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

typedef enum
{
  CTL_STATUS,
  CTL_PANIC,
  CTL_UNFREEZE,
} CtlCommand;

/* Where the daemon is: by HTTP, or by D-Bus where there is no URL. */
typedef struct
{
  const char *url;   /* NULL: D-Bus */
  const char *token; /* of the API */
  const char *bus;   /* session, system or auto */
} CtlTarget;

/* What the daemon answers, or {} where it answers nothing. */
JsonObject *ctl_http_call (const CtlTarget *target, CtlCommand command, const char *reason, GError **error);
JsonObject *ctl_bus_call  (const CtlTarget *target, CtlCommand command, const char *reason, GError **error);

G_END_DECLS
