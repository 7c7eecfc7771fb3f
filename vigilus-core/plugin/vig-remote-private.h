/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-connector.h"
#include "vig-remote.h"
#include "vig-rpc.h"

G_BEGIN_DECLS

struct _VigRemote
{
  GObject         parent_instance;

  char           *id;
  GStrv           argv;
  GStrv           read_paths;
  GStrv           write_paths;
  GStrv           connect;
  VigConnector   *connector;   /* of the process; NULL: it may reach nothing */
  VigLevel        least;
  VigLevel        most;
  guint           first_delay;

  VigRemoteState  state;
  char           *reason;
  GPtrArray      *tools;
  GPtrArray      *new_tools;   /* while tools/list goes on */
  GChecksum     *new_listing; /* of what it says of them */
  char          *listing;     /* of what it said the first time */
  GSubprocess    *process;
  VigRpc         *rpc;
  gboolean        exited;
  char           *kill_reason; /* NULL: it ended by itself */
  gboolean        blameless;   /* it was killed for one call that did not end */
  gsize           logged;      /* bytes of its stderr */
  guint           timer;       /* start limit, wait for the pipes' end, or the restart */
  GArray         *crashes;     /* monotonic times */
  GHashTable     *calls;       /* progress token to Call */
  gint64          last_token;
};

/* One tools/call on its way. Owned by the table of calls. */
typedef struct
{
  VigRemote     *remote;      /* which the task keeps */
  VigRpc        *rpc;         /* of the process that it went to: another may have followed */
  VigInvocation *invocation;
  GTask         *task;
  gint64         token;
  char          *tool;
  gint64         request_id;
  GSource       *cancelled;
  guint          kill_timer;
} VigRemoteCall;

void vig_remote_call_free (gpointer data);
/* @reason: told to the calls that it ends. */
void vig_remote_kill      (VigRemote *self, const char *reason);

G_END_DECLS
