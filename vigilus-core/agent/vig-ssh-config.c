/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-ssh-config.h"

#include <string.h>

#include <vigilus/vig-error.h>

typedef struct
{
  guint number;
  GStrv words; /* the keyword in lower case first */
} Line;

struct _VigSshConfig
{
  GPtrArray *lines; /* of Line */
};

static void
line_free (gpointer data)
{
  Line *line = data;

  g_strfreev (line->words);
  g_free (line);
}

void
vig_ssh_config_free (VigSshConfig *self)
{
  g_ptr_array_unref (self->lines);
  g_free (self);
}

void
vig_ssh_host_free (VigSshHost *self)
{
  g_free (self->host);
  g_free (self->user);
  g_free (self->proxy_jump);
  g_free (self->key_alias);
  g_ptr_array_unref (self->notes);
  g_free (self);
}

/* Goes back to the last star only: never more than the product of the lengths. */
gboolean
vig_ssh_pattern_matches (const char *pattern, const char *text)
{
  const char *star = NULL;
  const char *retry = NULL;

  while (*text != '\0')
    if (*pattern == '*')
      {
        star = ++pattern;
        retry = text;
      }
    else if (*pattern != '\0' && (*pattern == '?' || *pattern == *text))
      {
        pattern++;
        text++;
      }
    else if (star != NULL)
      {
        pattern = star;
        text = ++retry;
      }
    else
      return FALSE;

  return pattern[strspn (pattern, "*")] == '\0';
}

gboolean
vig_ssh_patterns_match (const char * const *patterns, const char *text)
{
  gboolean found = FALSE;

  for (; *patterns != NULL; patterns++)
    if (**patterns == '!')
      {
        if (vig_ssh_pattern_matches (*patterns + 1, text))
          return FALSE;
      }
    else if (vig_ssh_pattern_matches (*patterns, text))
      found = TRUE;

  return found;
}

/* One word, which may stand in quotes; NULL: a quote has no end. */
static char *
take_word (const char **at)
{
  const char *start = *at;
  char *word;

  if (*start == '"')
    {
      const char *end = strchr (start + 1, '"');

      if (end == NULL)
        return NULL;
      word = g_strndup (start + 1, (gsize) (end - start - 1));
      *at = end + 1;
    }
  else
    {
      gsize length = strcspn (start, " \t\"");

      word = g_strndup (start, length);
      *at = start + length;
    }
  *at += strspn (*at, " \t");

  return word;
}

/* The keyword ends at white space or at one "=". */
static GStrv
split (const char *text)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  gsize length = strcspn (text, " \t=");
  g_autofree char *keyword = g_strndup (text, length);
  g_autofree char *lower = g_ascii_strdown (keyword, -1);
  const char *at = text + length;

  g_strv_builder_add (words, lower);
  at += strspn (at, " \t");
  if (*at == '=')
    at += 1 + strspn (at + 1, " \t");
  while (*at != '\0' && *at != '#')
    {
      g_autofree char *word = take_word (&at);

      if (word == NULL)
        return NULL;
      g_strv_builder_add (words, word);
    }

  return g_strv_builder_end (words);
}

static gboolean
is_block (Line *line)
{
  return g_str_equal (line->words[0], "host") || g_str_equal (line->words[0], "match");
}

static gboolean
add_line (VigSshConfig *self, guint number, char *text, GError **error)
{
  Line *line;
  GStrv words;

  g_strstrip (text);
  if (*text == '\0' || *text == '#')
    return TRUE;

  words = split (text);
  if (words == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/config: line %u has a quote without an end", number);
      return FALSE;
    }

  line = g_new0 (Line, 1);
  line->number = number;
  line->words = words;
  g_ptr_array_add (self->lines, line);

  return TRUE;
}

static gboolean
check_size (VigSshConfig *self, GError **error)
{
  guint n_blocks = 0;

  for (guint i = 0; i < self->lines->len; i++)
    n_blocks += is_block (g_ptr_array_index (self->lines, i));
  if (n_blocks <= VIG_SSH_CONFIG_MAX_BLOCKS && self->lines->len <= VIG_SSH_CONFIG_MAX_LINES)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "/config: more than %d blocks or %d lines: import it in parts", VIG_SSH_CONFIG_MAX_BLOCKS,
               VIG_SSH_CONFIG_MAX_LINES);

  return FALSE;
}

VigSshConfig *
vig_ssh_config_parse (const char *text, GError **error)
{
  g_autoptr (VigSshConfig) self = g_new0 (VigSshConfig, 1);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  self->lines = g_ptr_array_new_with_free_func (line_free);
  for (guint i = 0; lines[i] != NULL; i++)
    if (!add_line (self, i + 1, lines[i], error))
      return NULL;

  return check_size (self, error) ? g_steal_pointer (&self) : NULL;
}

GPtrArray *
vig_ssh_config_dup_names (VigSshConfig *self)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = g_ptr_array_index (self->lines, i);

      if (!g_str_equal (line->words[0], "host"))
        continue;
      for (guint w = 1; line->words[w] != NULL && names->len < VIG_SSH_CONFIG_MAX_HOSTS; w++)
        if (strpbrk (line->words[w], "*?!") == NULL && *line->words[w] != '\0' && g_hash_table_add (seen, g_ascii_strdown (line->words[w], -1)))
          g_ptr_array_add (names, g_strdup (line->words[w]));
    }

  return names;
}

static void
note (VigSshHost *host, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
note (VigSshHost *host, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_ptr_array_add (host->notes, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

/* One condition of a Match block. *known: it is one that can be told from the text alone. */
static gboolean
meets (VigSshHost *host, const char *name, const char *criterion, const char *argument, gboolean *known)
{
  gboolean negated = *criterion == '!';
  const char *plain = negated ? criterion + 1 : criterion;
  g_auto (GStrv) patterns = g_strsplit (argument != NULL ? argument : "", ",", -1);
  gboolean met = FALSE;

  *known = TRUE;
  if (g_ascii_strcasecmp (plain, "host") == 0)
    met = vig_ssh_patterns_match ((const char *const *) patterns, host->host != NULL ? host->host : name);
  else if (g_ascii_strcasecmp (plain, "originalhost") == 0)
    met = vig_ssh_patterns_match ((const char *const *) patterns, name);
  else
    *known = FALSE;

  return met != negated;
}

static gboolean
match_applies (VigSshHost *host, const char *name, Line *line)
{
  gboolean applies = line->words[1] != NULL;

  for (guint i = 1; line->words[i] != NULL; i++)
    {
      gboolean known;

      if (g_ascii_strcasecmp (line->words[i], "all") == 0)
        continue;
      if (!meets (host, name, line->words[i], line->words[i + 1], &known))
        applies = FALSE;
      if (!known)
        {
          note (host, "line %u: Match %s is left out, nothing is run or asked to find out", line->number, line->words[i]);
          return FALSE;
        }
      if (line->words[i + 1] == NULL)
        return FALSE;
      i++;
    }

  return applies;
}

static void
set_once (char **value, const char *text)
{
  if (*value == NULL)
    *value = g_strdup (text);
}

static void
set_port (VigSshHost *host, Line *line)
{
  guint64 port;

  if (host->port != 0)
    return;
  if (g_ascii_string_to_unsigned (line->words[1], 10, 1, 65535, &port, NULL))
    host->port = (guint) port;
  else
    note (host, "line %u: %s is no port", line->number, line->words[1]);
}

/* What somebody could miss, or must not be taken over. */
static void
note_left_out (VigSshHost *host, Line *line)
{
  static const char *const left_out[] = { "proxycommand", "localcommand", "permitlocalcommand", "remotecommand", "knownhostscommand", "include",
                                          "stricthostkeychecking", "userknownhostsfile", "forwardagent", "forwardx11", "localforward", "remoteforward",
                                          "dynamicforward", "pkcs11provider", "securitykeyprovider", "identityagent", "proxyusefdpass", NULL };

  if (g_strv_contains (left_out, line->words[0]))
    note (host, "line %u: %s is left out", line->number, line->words[0]);
  else if (g_str_equal (line->words[0], "identityfile") && line->words[1] != NULL)
    note (host, "line %u: it signs in with %s; add that key under Credentials", line->number, line->words[1]);
}

static void
apply (VigSshHost *host, Line *line)
{
  const char *keyword = line->words[0];
  const char *value = line->words[1];

  if (value == NULL)
    note (host, "line %u: %s has no value", line->number, keyword);
  else if (g_str_equal (keyword, "hostname"))
    set_once (&host->host, value);
  else if (g_str_equal (keyword, "user"))
    set_once (&host->user, value);
  else if (g_str_equal (keyword, "port"))
    set_port (host, line);
  else if (g_str_equal (keyword, "proxyjump"))
    set_once (&host->proxy_jump, value);
  else if (g_str_equal (keyword, "hostkeyalias"))
    set_once (&host->key_alias, value);
  else
    note_left_out (host, line);
}

/* %h is the name that was asked for, %% a percent sign; other tokens make no sense in a name. */
static void
expand (VigSshHost *host, const char *name)
{
  g_autoptr (GString) expanded = g_string_new (NULL);

  for (const char *p = host->host != NULL ? host->host : "%h"; *p != '\0'; p++)
    if (p[0] == '%' && p[1] == 'h')
      {
        g_string_append (expanded, name);
        p++;
      }
    else if (p[0] == '%' && p[1] == '%')
      {
        g_string_append_c (expanded, '%');
        p++;
      }
    else
      g_string_append_c (expanded, *p);
  g_free (host->host);
  host->host = g_strdup (expanded->str);
}

VigSshHost *
vig_ssh_config_lookup (VigSshConfig *self, const char *name)
{
  VigSshHost *host = g_new0 (VigSshHost, 1);
  gboolean active = TRUE;

  host->notes = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = g_ptr_array_index (self->lines, i);

      if (g_str_equal (line->words[0], "host"))
        active = vig_ssh_patterns_match ((const char *const *) line->words + 1, name);
      else if (g_str_equal (line->words[0], "match"))
        active = match_applies (host, name, line);
      else if (active)
        apply (host, line);
    }
  expand (host, name);
  if (host->port == 0)
    host->port = 22;
  if (host->proxy_jump != NULL && g_ascii_strcasecmp (host->proxy_jump, "none") == 0)
    g_clear_pointer (&host->proxy_jump, g_free);

  return host;
}
