/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-redact.h"

G_BEGIN_DECLS

/* Where messages of g_log () and g_log_structured () go: the journal where stderr is one, else stderr; and a file. All of it
 * passes the redactor. Made once, at the start; lives as long as the process. */
typedef struct _VigLog VigLog;

VigLog         *vig_log_new       (VigRedactor *redactor, gboolean verbose); /* verbose: info and debug too */
void            vig_log_install   (VigLog *self);                            /* g_log_set_writer_func (): once a process, before threads */

/* <data dir>/logs/vigilusd.log: 3 files of 5 MB. */
gboolean        vig_log_open_file (VigLog *self, const char *data_dir, GError **error);
void            vig_log_close_file (VigLog *self); /* writes what is queued */

/* The writer itself. */
GLogWriterOutput vig_log_write    (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer log);

void            vig_log_free      (VigLog *self); /* one that was not installed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigLog, vig_log_free)

G_END_DECLS
