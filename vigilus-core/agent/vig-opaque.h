/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What a provider made for itself (sealed thoughts, signatures) is stored with the provider's id and goes back to that one alone. */
void vig_opaque_mark  (VigReply *reply, const char *provider_id);
/* Forgets what others than @provider_id made. */
void vig_opaque_limit (VigTranscript *transcript, const char *provider_id);

G_END_DECLS
