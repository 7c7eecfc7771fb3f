/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a call touches, as "scheme:name"; the name of "file:" is a path. A pattern may have `*`, which matches within one
 * path component; `\*` and `\\` are the characters themselves. */

/* `..`, `.`, doubled slashes and the symlinks of what exists are resolved, so that one file has one name. NULL: it can't be told
 * what this names (a relative path, a dangling or looping link). Reads the file system: not on the main loop. */
char    *vig_resource_canonical         (const char *resource);
/* The same of a pattern: what stands before the first component with `*`. */
char    *vig_resource_canonical_pattern (const char *pattern);
/* A resource as the pattern that matches it alone. */
char    *vig_resource_escape            (const char *resource);
/* What a resource of another scheme names of files ("move:/a to /b"), as "file:" resources; NULL: nothing. */
char   **vig_resource_get_files         (const char *resource);
/* Both canonical. A "file:" pattern without `*` also covers what lies below it; "*" alone covers everything. */
gboolean vig_resource_covers            (const char *pattern, const char *resource);

G_END_DECLS
