/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-error.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* HTTP for tools: one request on their worker thread, with a limit to everything. Since ABI minor 1. */
#define VIG_FETCH_MAX_BYTES     (16 * 1024 * 1024) /* of an answer, unpacked, where the caller names no limit (0) */
#define VIG_FETCH_MAX_REDIRECTS 10

/* What an address is to a fetcher that a model or a page has sent. */
typedef enum
{
  VIG_ADDRESS_PUBLIC,  /* reachable for everybody */
  VIG_ADDRESS_PRIVATE, /* of a network of one's own: RFC 1918, RFC 6598, RFC 4193 */
  VIG_ADDRESS_NEVER,   /* this machine, its link, metadata of clouds, multicast, what is reserved or stands for another address */
} VigAddressKind;

/* After the IANA special-purpose registries; IPv4 that is embedded in IPv6 (mapped, NAT64) counts as what it is, 6to4 and Teredo are never. */
VIG_API VigAddressKind vig_address_classify (GInetAddress *address);
/* Whether it is a name (no address; in lower case) that only a network of one's own gives: without a dot, or under a suffix such as ".lan". */
VIG_API gboolean       vig_host_name_is_private (const char *name);

typedef enum
{
  VIG_FETCH_ANYWHERE, /* a person has chosen the address: the home network too */
  VIG_FETCH_PUBLIC,   /* a model or a page has: public addresses, and private ones of @networks */
} VigFetchReach;

typedef struct
{
  const char         *method;          /* NULL: GET */
  const char         *uri;             /* http or https, without user name and password */
  const char * const *headers;         /* name, value, ..., NULL; without CR and LF. NULL: none */
  const char         *content_type;    /* of @body */
  GBytes             *body;            /* NULL: none */
  const char * const *accepted_types;  /* of the answer: patterns as "text" followed by a slash and an asterisk. NULL: any */
  const char         *ca;              /* PEM of a certificate that is trusted beside the system's, or NULL */
  VigFetchReach       reach;
  const char * const *networks;        /* CIDR, NULL: none */
  gboolean            same_origin;     /* redirects to another origin are answers, not followed */
  guint               max_redirects;   /* 0: every redirect is an answer */
  gsize               max_bytes;       /* more is cut off and told */
  gint64              deadline;        /* g_get_monotonic_time (), microseconds; 0: in 30 seconds */
} VigFetchRequest;

typedef struct
{
  guint      status;
  char      *reason;
  char      *uri;          /* after redirects */
  char      *content_type; /* in lower case, without parameters; NULL: not told */
  char      *charset;      /* NULL: not told */
  GStrv      headers;      /* name, value, ... */
  GBytes    *body;         /* unpacked */
  gboolean   truncated;
  guint      n_redirects;
} VigFetchAnswer;

VIG_API void            vig_fetch_answer_free (VigFetchAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigFetchAnswer, vig_fetch_answer_free)

VIG_API const char     *vig_fetch_answer_get_header (VigFetchAnswer *answer, const char *name); /* NULL: it has none */
/* The body as UTF-8, by the charset told or as it looks; what is invalid as U+FFFD. */
VIG_API char           *vig_fetch_answer_dup_text   (VigFetchAnswer *answer);

/* Blocks: on a worker thread only. Names are resolved once per hop, all their addresses are checked, and one of the checked ones is connected
 * to; no proxy, cookie, cache or stored password takes part. A redirect to another origin carries no header of the caller's.
 * An answer of any status is an answer. VIG_ERROR_INVALID: the address is none. VIG_ERROR_DENIED: it must not be reached. VIG_ERROR_UNAVAILABLE:
 * nothing answers, or nothing was sent in time. VIG_ERROR_TIMED_OUT: it was sent. VIG_ERROR_INTERRUPTED: what is neither GET nor HEAD was sent, and no whole answer came.
 * VIG_ERROR_NOT_SUPPORTED: not of @accepted_types. VIG_ERROR_REMOTE: what came is no HTTP. */
VIG_API VigFetchAnswer *vig_fetch (const VigFetchRequest *request, GCancellable *cancellable, GError **error);

G_END_DECLS
