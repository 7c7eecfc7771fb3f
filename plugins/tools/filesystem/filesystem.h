/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

#include <sys/stat.h>

/* What is compared, converted or written whole. Reading by lines, and searching, have no such limit. */
#define FILESYSTEM_MAX_SIZE (16 * 1024 * 1024)

/* Bytes at its beginning that tell what a file is. */
#define FILESYSTEM_SAMPLE 8192

/* A name in a directory that is held open, so that no rename above it can lead elsewhere. */
typedef struct
{
  char       *path;      /* as it was given */
  int         directory;
  char       *name;
  gboolean    exists;
  struct stat info;      /* of what has the name, not of what it leads to */
} FilesystemTarget;

const char *filesystem_get_path      (VigInvocation *invocation);
gint        filesystem_compare_names (gconstpointer a, gconstpointer b); /* for g_ptr_array_sort () */
gboolean    filesystem_target_init   (FilesystemTarget *self, VigInvocation *invocation, const char *path, GError **error);
void        filesystem_target_clear  (FilesystemTarget *self);
/* Links, folders, pipes, sockets and devices are refused, by what they are. */
gboolean    filesystem_target_check  (FilesystemTarget *self, GError **error);
/* What is there is still what @self has seen; CONFLICT otherwise. */
gboolean    filesystem_target_recheck (FilesystemTarget *self, GError **error);
int         filesystem_target_open   (FilesystemTarget *self, GError **error); /* to read; a regular file */
gboolean    filesystem_fail          (GError **error, const char *what, const char *path); /* FALSE, by errno */
const char *filesystem_describe_kind (guint mode);

/* Opens without waiting: a pipe or a device would hold the call, and is refused. */
int         filesystem_open_regular  (VigInvocation *invocation, const char *path, gint64 *size, GError **error);
gboolean    filesystem_write_all     (int fd, const void *data, gsize length); /* FALSE: by errno */
GBytes     *filesystem_read_all      (int fd, gsize max_size, GCancellable *cancellable, GError **error);

/* The encoding of a text by its beginning: "UTF-8", "UTF-16LE", ... or "WINDOWS-1252"; NULL: it is binary. @mark: bytes of its byte order mark. */
const char *filesystem_find_encoding (const char *data, gsize length, gsize *mark);

JsonNode   *filesystem_read          (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_list          (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_stat          (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_search        (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_write         (VigInvocation *invocation, GCancellable *cancellable, GError **error);
VigPreview *filesystem_write_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_delete        (VigInvocation *invocation, GCancellable *cancellable, GError **error);
VigPreview *filesystem_delete_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_move          (VigInvocation *invocation, GCancellable *cancellable, GError **error);
VigPreview *filesystem_move_preview  (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_copy          (VigInvocation *invocation, GCancellable *cancellable, GError **error);
VigPreview *filesystem_copy_preview  (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_extract       (VigInvocation *invocation, GCancellable *cancellable, GError **error);
VigPreview *filesystem_extract_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_mkdir         (VigInvocation *invocation, GCancellable *cancellable, GError **error);

/* Applies a unified diff of one file, exactly: each hunk where it says it is. INVALID names the hunk and what does not fit. */
char       *filesystem_patch         (const char *text, const char *diff, GError **error);
