/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* The records of a scan that a person has made with nmap: its XML (-oX), one record for each protocol that was scanned. What the file leaves out
 * is not known: such a scan takes no host away. INVALID says what is wrong with it. */
JsonArray *nmap_import_read (const char *text, gsize length, GError **error);

G_END_DECLS
