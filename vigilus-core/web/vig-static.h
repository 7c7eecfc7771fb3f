/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-request.h"

G_BEGIN_DECLS

/* The dashboard's built files and the pages that show the API description. Files are read on worker threads. */
typedef struct _VigStatic VigStatic;

VigStatic *vig_static_new    (const char *dashboard_dir, const char *docs_dir);
void       vig_static_free   (VigStatic *self);
/* Answers GET and HEAD of any path that is not the API's. */
void       vig_static_handle (VigStatic *self, VigRequest *request);

/* The file that @path asks for, below a directory; NULL: none that may be asked for. Pure. */
char      *vig_static_clean_path (const char *path);

G_END_DECLS
