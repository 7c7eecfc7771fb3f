/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-content.h"

#include <sys/stat.h>

G_BEGIN_DECLS

/* What is at a path, or was: as the members before_* of a changed file. Owned by whoever has it; clear it. */
typedef struct
{
  const char *kind;   /* absent, file, directory or link */
  char       *sha256; /* of a file */
  gint64      size;
  guint       mode;   /* with set-id and sticky bits */
  uid_t       uid;
  gid_t       gid;
  char       *target; /* of a link */
  ino_t       inode;
} VigFileState;

void        vig_file_state_clear      (VigFileState *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VigFileState, vig_file_state_clear)

/* Of @name in @directory. @content: also keeps what a file holds, at most @max_size bytes; NULL: only looks. Links are not followed;
 * pipes, sockets and devices are VIG_ERROR_INVALID, and never opened. */
gboolean    vig_file_state_read       (VigFileState *self, int directory, const char *name, VigContent *content, gint64 max_size, GError **error);
void        vig_file_state_from_row   (VigFileState *self, JsonObject *file);
JsonObject *vig_file_state_to_row     (const VigFileState *self, const char *path); /* without after_* */
/* Whether @self, looked at now, is what the row says that the change left: its content, and owner and mode where it had those before. */
gboolean    vig_file_state_is_after   (const VigFileState *self, JsonObject *file);
gboolean    vig_file_state_equal      (const VigFileState *self, const VigFileState *other);
/* Makes @name what @self says, at once: bytes, owner and mode, or that nothing is there. @now: what is there, which is replaced. */
gboolean    vig_file_state_put_back   (const VigFileState *self, int directory, const char *name, const VigFileState *now, VigContent *content, GError **error);

G_END_DECLS
