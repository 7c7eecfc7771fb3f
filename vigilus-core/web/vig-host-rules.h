/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which names this server answers to, and which origins may change things. Against DNS rebinding: a name that somebody else can
 * point at this machine is refused, one that only its owner can (an IP literal, localhost, the machine's own name, a name without a
 * dot, a suffix that public DNS never has, the host of a configured origin) is answered. Immutable. */
typedef struct _VigHostRules VigHostRules;

VigHostRules *vig_host_rules_new            (const char * const *origins, const char *machine_name);
void          vig_host_rules_free           (VigHostRules *self);
gboolean      vig_host_rules_allow_host     (VigHostRules *self, const char *name);
/* @origin: the header; @host: the Host header; TRUE where they are the same, or the origin is configured. */
gboolean      vig_host_rules_allow_origin   (VigHostRules *self, const char *origin, const char *host, gboolean https);
gboolean      vig_host_rules_is_cors_origin (VigHostRules *self, const char *origin);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigHostRules, vig_host_rules_free)

/* The name in a Host header, in lower case, without brackets and port (RFC 9110, 7.2); NULL where it has another form. */
char         *vig_host_parse                (const char *header);
gboolean      vig_host_is_loopback          (const char *name);
/* The same of an Origin header, "http://name:port". */
char         *vig_origin_parse_host         (const char *origin);

G_END_DECLS
