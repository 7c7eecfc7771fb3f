/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-fetch.h"

G_BEGIN_DECLS

/* Not installed: where one hop of a fetch goes. */
typedef struct
{
  GUri  *uri;
  GList *addresses; /* of GInetAddress, all checked; NULL where the reach is anywhere */
} VigFetchTarget;

VIG_API void        vig_fetch_target_free       (VigFetchTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigFetchTarget, vig_fetch_target_free)

/* Strict where parsers disagree: no user name, backslash, blank, control character or percent sign in the host. */
VIG_API GUri       *vig_fetch_parse_uri         (const char *text, GUri *base, GError **error);
/* Resolves and checks. Runs the thread-default main context meanwhile. */
VIG_API VigFetchTarget *vig_fetch_target_new    (GUri *uri, VigFetchReach reach, const char * const *networks, GCancellable *cancellable, GError **error);
/* Leads to the checked addresses and to nothing else, under the host's name, which certificates are checked against. */
GSocketConnectable *vig_fetch_target_connectable (VigFetchTarget *target);
gboolean            vig_fetch_same_origin       (GUri *a, GUri *b);

G_END_DECLS
