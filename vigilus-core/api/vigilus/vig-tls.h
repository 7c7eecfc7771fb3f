/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-macros.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Whether a certificate that the system does not trust is one to go on with. */
typedef gboolean (*VigCertificateFunc) (GTlsCertificate *certificate, GTlsCertificateFlags errors, gpointer user_data);

/* Before a message is sent: its connection is closed, before anything goes over it, where the certificate is not one to trust. TLS by itself looks at
 * a certificate only once: a session that it takes up again (they are kept by address, whoever made them) goes on, whatever is trusted now.
 * @accept: may be NULL; user_data has to outlive the message. */
VIG_API void     vig_tls_watch (SoupMessage *message, VigCertificateFunc accept, gpointer user_data);
/* After it was sent, whatever came of it. FALSE: it was closed for that; *error is a G_TLS_ERROR then, in the place of what was there. */
VIG_API gboolean vig_tls_check (SoupMessage *message, GError **error);

G_END_DECLS
