/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What files held, each content once, in a file that is named by its SHA-256. Thread-safe; blocks, so not on the main loop. */
typedef struct _VigContent VigContent;

/* Makes @directory (0700) where it is not there; what an earlier process left half written goes. */
VigContent *vig_content_new    (const char *directory, GError **error);
void        vig_content_free   (VigContent *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigContent, vig_content_free)

/* Of its directory; borrowed. */
int         vig_content_get_descriptor (VigContent *self);

/* From where @fd stands to its end. On disk (fsync) when it returns the hex SHA-256. VIG_ERROR_TOO_LARGE: over @max_size bytes. */
char       *vig_content_put    (VigContent *self, int fd, gint64 max_size, gint64 *size, GError **error);
/* Appends what is kept to @fd. VIG_ERROR_NOT_FOUND: it is not kept; VIG_ERROR_FAILED: what is there is no longer what was kept. */
gboolean    vig_content_get    (VigContent *self, const char *sha256, int fd, GError **error);
gboolean    vig_content_has    (VigContent *self, const char *sha256);
gboolean    vig_content_remove (VigContent *self, const char *sha256, GError **error); /* TRUE also where it was not there */
/* The SHA-256 of all that is kept. */
GPtrArray  *vig_content_list   (VigContent *self);

/* The hex SHA-256 of the rest of @fd. */
char       *vig_content_hash   (int fd, GError **error);

G_END_DECLS
