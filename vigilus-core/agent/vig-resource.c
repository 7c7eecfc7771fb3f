/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-resource.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_SCHEME "file:"

static void
pop_component (GString *path)
{
  char *slash = strrchr (path->str, '/');

  g_string_truncate (path, slash != NULL ? slash - path->str : 0);
}

/* Appends one component to @path, which has no symlinks in it, and resolves it in turn. What does not exist is taken by its name. */
static gboolean
push_component (GString *path, const char *component)
{
  g_autofree char *next = g_strconcat (path->str, "/", component, NULL);
  char real[PATH_MAX];
  struct stat info;

  if (realpath (next, real) != NULL)
    {
      g_string_assign (path, g_str_equal (real, "/") ? "" : real);
      return TRUE;
    }
  if (errno != ENOENT && errno != ENOTDIR)
    return FALSE;
  if (lstat (next, &info) == 0 && S_ISLNK (info.st_mode))
    return FALSE;

  g_string_assign (path, next);

  return TRUE;
}

static gboolean
has_wildcard (const char *component)
{
  for (const char *p = component; *p != '\0'; p++)
    if (*p == '\\' && p[1] != '\0')
      p++;
    else if (*p == '*')
      return TRUE;

  return FALSE;
}

static char *
unescape (const char *component)
{
  GString *plain = g_string_new (NULL);

  for (const char *p = component; *p != '\0'; p++)
    {
      if (*p == '\\' && p[1] != '\0')
        p++;
      g_string_append_c (plain, *p);
    }

  return g_string_free (plain, FALSE);
}

static char *
escape (const char *text)
{
  GString *escaped = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '*' || *p == '\\')
        g_string_append_c (escaped, '\\');
      g_string_append_c (escaped, *p);
    }

  return g_string_free (escaped, FALSE);
}

static gboolean
resolve (GString *path, const char *component)
{
  if (*component == '\0' || g_str_equal (component, "."))
    return TRUE;
  if (g_str_equal (component, ".."))
    {
      pop_component (path);
      return TRUE;
    }

  return push_component (path, component);
}

static char *
canonical_path (const char *path)
{
  g_autoptr (GString) resolved = g_string_new (NULL);
  g_auto (GStrv) components = NULL;

  if (!g_path_is_absolute (path))
    return NULL;

  components = g_strsplit (path, "/", -1);
  for (guint i = 0; components[i] != NULL; i++)
    if (!resolve (resolved, components[i]))
      return NULL;

  return g_strconcat (FILE_SCHEME, resolved->len > 0 ? resolved->str : "/", NULL);
}

char *
vig_resource_canonical (const char *resource)
{
  if (resource == NULL)
    return NULL;
  if (!g_str_has_prefix (resource, FILE_SCHEME))
    return g_strdup (resource);

  return canonical_path (resource + strlen (FILE_SCHEME));
}

/* From the first wildcard on nothing can be resolved, so a `..` there has no meaning that can be checked. */
static gboolean
append_rest (GString *pattern, char **components)
{
  for (; *components != NULL; components++)
    {
      if (**components == '\0' || g_str_equal (*components, "."))
        continue;
      if (g_str_equal (*components, ".."))
        return FALSE;
      g_string_append_printf (pattern, "/%s", *components);
    }

  return TRUE;
}

static char *
canonical_path_pattern (const char *path)
{
  g_autoptr (GString) resolved = g_string_new (NULL);
  g_autoptr (GString) pattern = NULL;
  g_autofree char *head = NULL;
  g_auto (GStrv) components = NULL;
  guint i;

  if (!g_path_is_absolute (path))
    return NULL;

  components = g_strsplit (path, "/", -1);
  for (i = 0; components[i] != NULL && !has_wildcard (components[i]); i++)
    {
      g_autofree char *plain = unescape (components[i]);

      if (!resolve (resolved, plain))
        return NULL;
    }

  head = escape (resolved->str);
  pattern = g_string_new (head);
  if (!append_rest (pattern, components + i))
    return NULL;

  return g_strconcat (FILE_SCHEME, pattern->len > 0 ? pattern->str : "/", NULL);
}

char *
vig_resource_canonical_pattern (const char *pattern)
{
  if (pattern == NULL)
    return NULL;
  if (!g_str_has_prefix (pattern, FILE_SCHEME))
    return g_strdup (pattern);

  return canonical_path_pattern (pattern + strlen (FILE_SCHEME));
}

char *
vig_resource_escape (const char *resource)
{
  return resource != NULL ? escape (resource) : NULL;
}

/* The last `*` is enough to go back to: what an earlier one could match, it can match too. */
static gboolean
match_component (const char *pattern, const char *text)
{
  const char *star = NULL;
  const char *mark = NULL;

  while (*text != '\0')
    {
      gboolean escaped = *pattern == '\\' && pattern[1] != '\0';
      char wanted = escaped ? pattern[1] : *pattern;

      if (*pattern == '*')
        {
          star = ++pattern;
          mark = text;
        }
      else if (wanted == *text)
        {
          pattern += escaped ? 2 : 1;
          text++;
        }
      else if (star != NULL)
        {
          pattern = star;
          text = ++mark;
        }
      else
        return FALSE;
    }
  while (*pattern == '*')
    pattern++;

  return *pattern == '\0';
}

static gboolean
may_cover_below (const char *pattern, char **components)
{
  if (!g_str_has_prefix (pattern, FILE_SCHEME))
    return FALSE;

  for (; *components != NULL; components++)
    if (has_wildcard (*components))
      return FALSE;

  return TRUE;
}

char **
vig_resource_get_files (const char *resource)
{
  const char *names = strchr (resource, ':');
  g_auto (GStrv) parts = NULL;
  char **files;
  guint n;

  if (names == NULL || names[1] != '/' || names[2] == '/' || g_str_has_prefix (resource, FILE_SCHEME))
    return NULL;

  parts = g_strsplit (names + 1, " to /", -1);
  n = g_strv_length (parts);
  files = g_new0 (char *, n + 1);
  for (guint i = 0; i < n; i++)
    files[i] = g_strconcat (FILE_SCHEME, i > 0 ? "/" : "", parts[i], NULL);

  return files;
}

gboolean
vig_resource_covers (const char *pattern, const char *resource)
{
  g_auto (GStrv) wanted = NULL;
  g_auto (GStrv) given = NULL;
  guint i;

  if (pattern == NULL)
    return FALSE;
  if (g_str_equal (pattern, "*"))
    return TRUE;
  if (resource == NULL)
    return FALSE;
  if (g_str_equal (pattern, FILE_SCHEME "/"))
    return g_str_has_prefix (resource, FILE_SCHEME "/");

  wanted = g_strsplit (pattern, "/", -1);
  given = g_strsplit (resource, "/", -1);
  for (i = 0; wanted[i] != NULL; i++)
    if (given[i] == NULL || !match_component (wanted[i], given[i]))
      return FALSE;

  return given[i] == NULL || may_cover_below (pattern, wanted);
}
