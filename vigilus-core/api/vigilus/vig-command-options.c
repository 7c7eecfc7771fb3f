/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-private.h"

#include <string.h>

static gboolean
has_letter (const char *letters, char letter)
{
  return letters != NULL && strchr (letters, letter) != NULL;
}

static gboolean
any_has_letter (const VigCommandRow *row, const VigCommandRow *sub, gsize offset, char letter)
{
  return has_letter (G_STRUCT_MEMBER (char *, row, offset), letter) || (sub != NULL && has_letter (G_STRUCT_MEMBER (char *, sub, offset), letter));
}

/* Takes the letters of "-abc"; *takes_next where the last one's argument is the next word. FALSE: one is unknown. */
static gboolean
check_letters (const VigCommandRow *row, const VigCommandRow *sub, const char *letters, gboolean *takes_next)
{
  for (; *letters != '\0'; letters++)
    {
      if (any_has_letter (row, sub, G_STRUCT_OFFSET (VigCommandRow, flags), *letters))
        continue;
      if (any_has_letter (row, sub, G_STRUCT_OFFSET (VigCommandRow, optional), *letters))
        return TRUE;
      *takes_next = letters[1] == '\0';

      return any_has_letter (row, sub, G_STRUCT_OFFSET (VigCommandRow, valued), *letters);
    }

  return TRUE;
}

/* Names are taken as they stand: an abbreviation of a known option may be one of an unknown option, too. */
static gboolean
check_long (const VigCommandRow *row, const VigCommandRow *sub, const char *option, gboolean *takes_next)
{
  g_autofree char *name = g_strndup (option, strcspn (option, "="));
  const char *type = g_hash_table_lookup (row->longs, name);
  gboolean has_value = strchr (option, '=') != NULL;

  if (type == NULL && sub != NULL)
    type = g_hash_table_lookup (sub->longs, name);
  if (type == NULL || (*type == '\0' && has_value))
    return FALSE;
  *takes_next = *type == '=' && !has_value;

  return TRUE;
}

/* A pattern may become a file name that looks like an option. */
static gboolean
may_be_option (const VigCommandWord *word)
{
  return word->splits || ((word->dynamic || word->pattern) && word->prefix == 0);
}

static gboolean
check_option (const VigCommandRow *row, const VigCommandRow *sub, const VigCommandWord *word, gboolean *takes_next)
{
  const char *equals = strchr (word->text, '=');
  gboolean open = word->dynamic || word->pattern;

  if (open && (equals == NULL || (gsize) (equals - word->text) >= word->prefix))
    return FALSE;
  if (g_str_has_prefix (word->text, "--"))
    return check_long (row, sub, word->text, takes_next);
  if (g_hash_table_contains (row->longs, word->text) || (sub != NULL && g_hash_table_contains (sub->longs, word->text)))
    return check_long (row, sub, word->text, takes_next);

  return !open && check_letters (row, sub, word->text + 1, takes_next);
}

char *
vig_command_check_options (const VigCommandRow *row, const VigCommandRow *sub, VigCommandWord **words, guint n_words, gboolean strict, GPtrArray *operands)
{
  gboolean ended = FALSE;

  for (guint i = 0; i < n_words; i++)
    {
      VigCommandWord *word = words[i];
      gboolean takes_next = FALSE;

      if (!ended && word->text[0] == '-' && word->text[1] == '-' && word->text[2] == '\0' && !word->dynamic)
        ended = TRUE;
      else if (!ended && may_be_option (word))
        return g_strdup ("what it expands to may be an option");
      else if (ended || word->text[0] != '-' || word->text[1] == '\0')
        {
          ended = ended || strict;
          g_ptr_array_add (operands, word);
        }
      else if (!check_option (row, sub, word, &takes_next))
        return g_strdup_printf ("its option %s is not in the table of known commands", word->text);
      if (takes_next && ++i == n_words)
        return g_strdup_printf ("its option %s needs an argument", word->text);
      if (takes_next && words[i]->dynamic)
        return g_strdup ("what it expands to may be an option");
    }

  return NULL;
}

static char *
normalise (const char *text)
{
  g_autofree char *canonical = NULL;

  if (*text != '/')
    return g_strdup (text);
  while (text[1] == '/')
    text++;
  canonical = g_canonicalize_filename (text, "/");

  return g_steal_pointer (&canonical);
}

static gboolean
has_hidden_part (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (parts[i][0] == '.' && parts[i][1] != '\0')
      return TRUE;

  return FALSE;
}

gboolean
vig_command_may_write (const VigCommandTable *table, const VigCommandWord *word)
{
  g_autofree char *path = normalise (word->text);

  if (word->dynamic || (word->pattern && *path == '/') || has_hidden_part (word->text))
    return FALSE;
  if (*path != '/')
    return *path != '~' && *path != '\0' && *path != '=';
  for (guint i = 0; i < table->write_paths->len; i++)
    if (g_str_has_prefix (path, g_ptr_array_index (table->write_paths, i)))
      return TRUE;

  return FALSE;
}

/* A variable that changes words alone, with a value that leads to no file of somebody's: LANGUAGE=../../tmp/x has messages read from there. */
gboolean
vig_command_may_set (const VigCommandTable *table, const VigCommandWord *word)
{
  gsize length = strcspn (word->text, "=");
  g_autofree char *name = g_strndup (word->text, length);
  const char *value = word->text + length + (word->text[length] != '\0');

  return g_hash_table_contains (table->variables, name) && !word->dynamic && !word->pattern && *value != '/' && strstr (value, ":/") == NULL
         && strstr (value, "..") == NULL;
}

static gboolean
is_elevate_path (const VigCommandTable *table, const char *path)
{
  for (guint i = 0; i < table->elevate_paths->len; i++)
    if (g_str_has_prefix (path, g_ptr_array_index (table->elevate_paths, i)))
      return TRUE;

  return FALSE;
}

gboolean
vig_command_path_elevates (const char *path)
{
  const VigCommandTable *table = vig_command_table_get ();
  g_autofree char *plain = normalise (path);
  g_auto (GStrv) parts = g_strsplit (plain, "/", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (g_hash_table_contains (table->elevate_files, parts[i]))
      return TRUE;

  return is_elevate_path (table, plain);
}

/* A whole word that is a folder in which such paths are: "-C/etc", "of=/etc/"; "~/.ssh", by its name. */
static gboolean
is_elevate_folder (const VigCommandTable *table, const char *text)
{
  const char *path = *text == '-' ? strchr (text, '/') : strchr (text, '=') != NULL ? strrchr (text, '=') + 1 : text;
  g_autofree char *plain = path != NULL ? normalise (path) : NULL;
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : NULL;

  return path != NULL && (g_hash_table_contains (table->elevate_folders, plain) || g_hash_table_contains (table->elevate_folders, name));
}

/* Whether a path may begin at @slash: in "a/b" none does, in "-Ca/b" it would be relative, in "-C/b" it does. */
static gboolean
begins_path (const char *text, const char *slash)
{
  const char *p = slash;

  while (p > text && g_ascii_isalnum (p[-1]))
    p--;

  return p == slash || (p > text && p[-1] == '-' && (p - 1 == text || strchr (" \t\n\"'`;,|&<>(=", p[-2]) != NULL));
}

static gboolean
names_path (const VigCommandTable *table, const char *text)
{
  for (const char *slash = strchr (text, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *path = g_strndup (slash, MIN (strcspn (slash, " \t\n\"'`;,|&<>()"), 1024));
      g_autofree char *plain = normalise (path);

      if (begins_path (text, slash) && is_elevate_path (table, plain))
        return TRUE;
      slash += strlen (path) - 1;
    }

  return FALSE;
}

/* "os.setuid" is two words, "ld.so.preload" one. */
static gboolean
has_word (const VigCommandTable *table, const char *word)
{
  g_auto (GStrv) pieces = g_strsplit (word, ".", -1);

  for (guint i = 0; pieces[i] != NULL; i++)
    if (g_hash_table_contains (table->elevate_words, pieces[i]))
      return TRUE;

  return g_hash_table_contains (table->elevate_words, word);
}

gboolean
vig_command_names_elevate (const VigCommandTable *table, const char *text)
{
  const char *p = text;

  while (*p != '\0')
    {
      gsize length = 0;

      while (g_ascii_isalnum (p[length]) || p[length] == '-' || p[length] == '_' || p[length] == '.' || p[length] == '+')
        length++;
      if (length > 0 && length < 64)
        {
          g_autofree char *word = g_strndup (p, length);

          if (has_word (table, word))
            return TRUE;
        }
      p += MAX (length, 1);
    }

  return names_path (table, text) || is_elevate_folder (table, text) || (*text == '~' && is_elevate_path (table, text));
}

/* Whether what a word becomes may be a path that decides who may do what. */
gboolean
vig_command_may_elevate (const VigCommandTable *table, const VigCommandWord *word)
{
  g_autofree char *head = g_strndup (word->text, word->prefix);
  g_autofree char *plain = NULL;

  if (!word->dynamic && !word->pattern)
    return FALSE;
  if (word->prefix == 0)
    return word->dynamic;
  if (*head != '/')
    return FALSE;
  plain = normalise (head);
  for (guint i = 0; i < table->elevate_paths->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (table->elevate_paths, i), plain) || g_str_has_prefix (plain, g_ptr_array_index (table->elevate_paths, i)))
      return TRUE;

  return FALSE;
}
