/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-request.h"

G_BEGIN_DECLS

/* The live sockets: who listens to which topic. Pieces of streamed text are joined for 50 ms; a reader that does not keep up is
 * dropped, and re-syncs by GET. Main thread. */
typedef struct _VigLive VigLive;

#define VIG_LIVE_COALESCE   50              /* ms */
#define VIG_LIVE_QUEUE      (1024 * 1024)   /* bytes waiting for one reader */
#define VIG_LIVE_INCOMING   (16 * 1024)     /* bytes of one message from a browser */
#define VIG_LIVE_TOPICS     100             /* of one socket */
#define VIG_LIVE_SOCKETS    200             /* open at once */
#define VIG_LIVE_PING       30              /* seconds */
#define VIG_LIVE_NO_SESSION 4401            /* close code: nobody is signed in, or not any more */
#define VIG_LIVE_TOO_SLOW   4408            /* close code: the reader did not keep up */
#define VIG_LIVE_CROWDED    4429            /* close code: its person has more than anybody, and somebody else had no room */

VigLive *vig_live_new   (VigWeb *web);
void     vig_live_free  (VigLive *self);
/* Upgrades the request. @login NULL: it is told so, and closed. */
void     vig_live_open  (VigLive *self, VigRequest *request, VigLogin *login);
/* Asks the store whether each socket's login still lives: after something may have ended some. */
void     vig_live_check_now (VigLive *self);
void     vig_live_stop  (VigLive *self);

G_END_DECLS
