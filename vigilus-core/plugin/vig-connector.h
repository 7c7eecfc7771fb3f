/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Opens connections for a process that has no network of its own: it sends host:port with one end of a pair of sockets, and gets there the
 * connected socket or the reason why not. Only what @allowed names is opened. A name is looked up here; where it is not localhost, it
 * must not lead to this machine or to a link-local address, whoever answers for it. Main thread. */
#define VIG_CONNECTOR_TIMEOUT 15 /* seconds */
#define VIG_CONNECTOR_MAX     32 /* on their way at once */

typedef struct _VigConnector VigConnector;

VigConnector *vig_connector_new  (const char *id, const char * const *allowed, int *descriptor); /* @descriptor: for the other process */
void          vig_connector_free (VigConnector *self);

G_END_DECLS
