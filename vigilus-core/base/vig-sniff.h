/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What @data is by what stands in it, whatever it is called: image/png, image/jpeg, image/gif, image/webp, text/plain (UTF-8 without control
 * characters but tab and line ends), or NULL: something else. */
const char *vig_sniff_media_type (const guint8 *data, gsize length);

G_END_DECLS
