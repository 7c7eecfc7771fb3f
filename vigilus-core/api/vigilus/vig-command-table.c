/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-private.h"

#include <string.h>

#include "vig-command-resource.h"

#define MATCH_LIMIT "(*LIMIT_MATCH=200000)" /* steps back and forth, which only a text that was made for it needs */
#define TABLE_PATH "/org/vigilus/commands/commands.txt"

static void
row_free (gpointer data)
{
  VigCommandRow *row = data;

  g_free (row->name);
  g_free (row->flags);
  g_free (row->valued);
  g_free (row->optional);
  g_hash_table_unref (row->longs);
  g_strfreev (row->operands);
  g_strfreev (row->tells);
  g_clear_pointer (&row->needs, g_regex_unref);
  g_clear_pointer (&row->not, g_regex_unref);
  g_clear_pointer (&row->elevate, g_regex_unref);
  g_clear_pointer (&row->outward, g_regex_unref);
  g_clear_pointer (&row->plain, g_regex_unref);
  g_free (row->words);
  g_free (row);
}

static void
table_free (VigCommandTable *self)
{
  g_hash_table_unref (self->rows);
  g_hash_table_unref (self->alike);
  g_hash_table_unref (self->elevate_words);
  g_hash_table_unref (self->elevate_files);
  g_hash_table_unref (self->elevate_folders);
  g_hash_table_unref (self->variables);
  g_hash_table_unref (self->patterns);
  g_ptr_array_unref (self->elevate_paths);
  g_ptr_array_unref (self->write_paths);
  g_ptr_array_unref (self->outward_paths);
  g_free (self);
}

static gboolean
set_kind (VigCommandRow *row, const char *text, GError **error)
{
  static const char * const kinds[] = { "plain", "sub", "wrap", "env", "xargs", "find", "shell", "code", "hide", NULL };

  for (guint i = 0; kinds[i] != NULL; i++)
    if (g_str_equal (kinds[i], text))
      {
        row->kind = (VigCommandKind) i;
        return TRUE;
      }
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "kind=%s is unknown", text);

  return FALSE;
}

static void
append (char **letters, const char *more, gsize length)
{
  char *old = *letters;

  *letters = g_strdup_printf ("%s%.*s", old != NULL ? old : "", (int) length, more);
  g_free (old);
}

static void
add_short (VigCommandRow *row, const char *token)
{
  gsize length = strlen (token);
  char last = token[length - 1];

  if (last == '=')
    append (&row->valued, token + 1, length - 2);
  else if (last == '?')
    append (&row->optional, token + 1, length - 2);
  else
    append (&row->flags, token + 1, length - 1);
}

static void
add_long (VigCommandRow *row, const char *token)
{
  gsize length = strcspn (token, "=?");

  g_hash_table_insert (row->longs, g_strndup (token, length), g_strdup (token + length));
}

/* Whether @text is like @regex; @unknown: what it counts as where that takes more than some steps, as a text that was made for it may. */
gboolean
vig_command_fits (const GRegex *regex, const char *text, gboolean unknown)
{
  g_autoptr (GError) error = NULL;
  gboolean fits = g_regex_match_full (regex, text, -1, 0, 0, NULL, &error);

  return error != NULL ? unknown : fits;
}

/* A regex as it stands, or "@NAME" of a pattern said before. */
static gboolean
set_regex (VigCommandTable *self, GRegex **regex, const char *pattern, GError **error)
{
  g_autofree char *limited = NULL;

  if (pattern[0] == '@' && pattern[1] != '\0')
    {
      const char *named = g_hash_table_lookup (self->patterns, pattern + 1);

      if (named == NULL)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the pattern %s is not said before", pattern);
          return FALSE;
        }
      pattern = named;
    }
  g_clear_pointer (regex, g_regex_unref);
  limited = g_strconcat (MATCH_LIMIT, pattern, NULL);
  *regex = g_regex_new (limited, 0, 0, error);

  return *regex != NULL;
}

static gboolean
set_other (VigCommandRow *row, const char *level, GError **error)
{
  if (vig_level_from_string (level, &row->other) && row->other >= VIG_LEVEL_EXEC)
    return TRUE;
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "else=%s is neither exec nor elevate", level);

  return FALSE;
}

static gboolean
add_token (VigCommandTable *self, VigCommandRow *row, const char *token, GError **error)
{
  if (g_str_equal (token, "*"))
    row->any = TRUE;
  else if (g_str_equal (token, "content"))
    row->content = TRUE;
  else if (g_str_equal (token, "runs"))
    row->runs = TRUE;
  else if (g_str_has_prefix (token, "--"))
    add_long (row, token);
  else if (g_str_has_prefix (token, "+-"))
    add_long (row, token + 1);
  else if (token[0] == '-' && token[1] != '\0')
    add_short (row, token);
  else if (g_str_has_prefix (token, "kind="))
    return set_kind (row, token + 5, error);
  else if (g_str_has_prefix (token, "skip="))
    row->skip = (guint) g_ascii_strtoull (token + 5, NULL, 10);
  else if (g_str_has_prefix (token, "operands="))
    row->operands = token[9] != '\0' ? g_strsplit (token + 9, "|", -1) : g_new0 (char *, 1);
  else if (g_str_has_prefix (token, "most="))
    row->most = (guint) g_ascii_strtoull (token + 5, NULL, 10);
  else if (g_str_has_prefix (token, "tells="))
    row->tells = g_strsplit (token + 6, "|", -1);
  else if (g_str_has_prefix (token, "needs="))
    return set_regex (self, &row->needs, token + 6, error);
  else if (g_str_has_prefix (token, "not="))
    return set_regex (self, &row->not, token + 4, error);
  else if (g_str_has_prefix (token, "elevate="))
    return set_regex (self, &row->elevate, token + 8, error);
  else if (g_str_has_prefix (token, "outward="))
    return set_regex (self, &row->outward, token + 8, error);
  else if (g_str_has_prefix (token, "plain="))
    return set_regex (self, &row->plain, token + 6, error);
  else if (g_str_has_prefix (token, "else="))
    return set_other (row, token + 5, error);
  else
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "\"%s\" is not understood", token);
      return FALSE;
    }

  return TRUE;
}

/* What is said of "ufw" holds for "ufw status". */
static void
inherit (VigCommandTable *self, VigCommandRow *row)
{
  const char *space = strrchr (row->name, ' ');
  g_autofree char *name = space != NULL ? g_strndup (row->name, (gsize) (space - row->name)) : NULL;
  const VigCommandRow *group = name != NULL ? g_hash_table_lookup (self->rows, name) : NULL;

  row->other = group != NULL ? group->other : VIG_LEVEL_EXEC;
  row->not = group != NULL && group->not != NULL ? g_regex_ref (group->not) : NULL;
  row->outward = group != NULL && group->outward != NULL ? g_regex_ref (group->outward) : NULL;
}

/* "NAME: LEVEL TOKENS # WORDS", "NAME: like OTHER" */
static gboolean
add_row (VigCommandTable *self, const char *name, const char *rest, GError **error)
{
  g_auto (GStrv) halves = g_strsplit (rest, "#", 2);
  g_auto (GStrv) tokens = g_strsplit_set (g_strstrip (halves[0]), " \t", -1);
  VigCommandRow *row;

  if (g_strcmp0 (tokens[0], "like") == 0)
    {
      g_hash_table_replace (self->alike, g_strdup (name), g_strjoinv (" ", tokens + 1));
      return TRUE;
    }

  row = g_new0 (VigCommandRow, 1);
  row->name = g_strdup (name);
  inherit (self, row);
  row->longs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  row->words = halves[1] != NULL ? g_strdup (g_strstrip (halves[1])) : NULL;
  if (!g_hash_table_replace (self->rows, row->name, row))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s stands there twice", name);
      return FALSE;
    }
  if (tokens[0] == NULL || !vig_level_from_string (tokens[0], &row->level))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s: the level is missing", name);
      return FALSE;
    }
  for (guint i = 1; tokens[i] != NULL; i++)
    if (tokens[i][0] != '\0' && !add_token (self, row, tokens[i], error))
      {
        g_prefix_error (error, "%s: ", name);
        return FALSE;
      }
  if (strchr (name, ' ') == NULL && (row->other == VIG_LEVEL_ELEVATE || (row->level == VIG_LEVEL_ELEVATE && row->kind == VIG_COMMAND_PLAIN)))
    g_hash_table_add (self->elevate_words, g_strdup (name));

  return TRUE;
}

static void
add_all (GHashTable *set, GPtrArray *list, const char *rest)
{
  g_auto (GStrv) tokens = g_strsplit_set (rest, " \t", -1);

  for (guint i = 0; tokens[i] != NULL; i++)
    if (tokens[i][0] != '\0' && set != NULL)
      g_hash_table_add (set, g_strdup (tokens[i]));
    else if (tokens[i][0] != '\0')
      g_ptr_array_add (list, g_strdup (tokens[i]));
}

static gboolean
add_line (VigCommandTable *self, char *line, GError **error)
{
  char *colon;

  g_strstrip (line);
  if (*line == '\0' || *line == '#')
    return TRUE;

  colon = strstr (line, ": ");
  if (colon == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "\"%s\" has no colon", line);
      return FALSE;
    }
  *colon = '\0';
  if (g_str_has_prefix (line, "@pattern "))
    g_hash_table_replace (self->patterns, g_strdup (line + strlen ("@pattern ")), g_strdup (g_strstrip (colon + 1)));
  else if (g_str_equal (line, "@variables"))
    add_all (self->variables, NULL, colon + 1);
  else if (g_str_equal (line, "@elevate-words"))
    add_all (self->elevate_words, NULL, colon + 1);
  else if (g_str_equal (line, "@elevate-files"))
    {
      add_all (self->elevate_files, NULL, colon + 1);
      add_all (self->elevate_words, NULL, colon + 1);
    }
  else if (g_str_equal (line, "@elevate-folders"))
    add_all (self->elevate_folders, NULL, colon + 1);
  else if (g_str_equal (line, "@elevate-paths"))
    add_all (NULL, self->elevate_paths, colon + 1);
  else if (g_str_equal (line, "@write-paths"))
    add_all (NULL, self->write_paths, colon + 1);
  else if (g_str_equal (line, "@outward-paths"))
    add_all (NULL, self->outward_paths, colon + 1);
  else
    return add_row (self, line, colon + 1, error);

  return TRUE;
}

static VigCommandTable *
load_table (const char *text, GError **error)
{
  VigCommandTable *self = g_new0 (VigCommandTable, 1);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  self->rows = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, row_free);
  self->alike = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->elevate_words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->elevate_files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->elevate_folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->variables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->patterns = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->elevate_paths = g_ptr_array_new_with_free_func (g_free);
  self->write_paths = g_ptr_array_new_with_free_func (g_free);
  self->outward_paths = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; lines[i] != NULL; i++)
    if (!add_line (self, lines[i], error))
      {
        g_prefix_error (error, "line %u: ", i + 1);
        table_free (self);
        return NULL;
      }

  return self;
}

/* The table is part of the library, read once. A table that can't be read knows no command: all are EXEC or above. */
const VigCommandTable *
vig_command_table_get (void)
{
  static gsize table;

  if (g_once_init_enter (&table))
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = g_resource_lookup_data (vig_commands_get_resource (), TABLE_PATH, 0, &error);
      VigCommandTable *loaded = bytes != NULL ? load_table (g_bytes_get_data (bytes, NULL), &error) : NULL;

      if (loaded == NULL)
        {
          g_critical ("the table of commands can't be read: %s", error->message);
          loaded = load_table ("", NULL);
        }
      g_once_init_leave (&table, (gsize) loaded);
    }

  return (const VigCommandTable *) table;
}
