/* SPDX-License-Identifier: MIT */
#pragma once

/* Put before the redactor's sources when they are built for counting (see meson.build): what the C library does for them counts by the bytes it
 * looks at, what they do themselves by their blocks (-fsanitize-coverage=trace-pc). Neither depends on the machine or on what else runs there. */

#include <string.h>

extern unsigned long long vig_work;

static inline size_t
vig_work_strspn (const char *text, const char *set)
{
  size_t n = strspn (text, set);

  vig_work += n;

  return n;
}

static inline size_t
vig_work_strcspn (const char *text, const char *set)
{
  size_t n = strcspn (text, set);

  vig_work += n;

  return n;
}

static inline size_t
vig_work_strlen (const char *text)
{
  size_t n = strlen (text);

  vig_work += n;

  return n;
}

static inline int
vig_work_memcmp (const void *one, const void *other, size_t n)
{
  vig_work += n;

  return memcmp (one, other, n);
}

static inline void *
vig_work_memchr (const void *text, int c, size_t n)
{
  const char *found = memchr (text, c, n);

  vig_work += found != NULL ? (size_t) (found - (const char *) text) : n;

  return (void *) (size_t) found;
}

static inline void *
vig_work_memmem (const void *text, size_t n, const void *part, size_t length)
{
  const char *found = memmem (text, n, part, length);

  vig_work += found != NULL ? (size_t) (found - (const char *) text) : n;

  return (void *) (size_t) found;
}

#define strspn  vig_work_strspn
#define strcspn vig_work_strcspn
#define strlen  vig_work_strlen
#define memcmp  vig_work_memcmp
#define memchr  vig_work_memchr
#define memmem  vig_work_memmem
