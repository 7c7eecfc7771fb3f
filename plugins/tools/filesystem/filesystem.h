/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

/* Files above this are not read whole. */
#define FILESYSTEM_MAX_SIZE (16 * 1024 * 1024)

const char *filesystem_get_path     (VigInvocation *invocation);
int         filesystem_open_regular (VigInvocation *invocation, const char *path, gint64 *size, GError **error);
GBytes     *filesystem_read_all     (int fd, gsize max_size, GCancellable *cancellable, GError **error);
gboolean    filesystem_is_text      (const char *data, gsize length);

JsonNode   *filesystem_read         (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_list         (VigInvocation *invocation, GCancellable *cancellable, GError **error);
JsonNode   *filesystem_write        (VigInvocation *invocation, GCancellable *cancellable, GError **error);
VigPreview *filesystem_preview      (VigInvocation *invocation, GCancellable *cancellable, GError **error);

/* A unified diff of lines with three lines of context. Empty: no difference. */
char       *filesystem_diff         (const char *name, const char *before, const char *after);
