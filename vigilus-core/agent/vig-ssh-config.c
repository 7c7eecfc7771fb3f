/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-ssh-config.h"

#include <string.h>

#include <vigilus/vig-error.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

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
static gboolean
pattern_matches (const char *pattern, const char *text)
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
        if (pattern_matches (*patterns + 1, text))
          return FALSE;
      }
    else if (pattern_matches (*patterns, text))
      found = TRUE;

  return found;
}

/* A backslash before a quote, a backslash, or outside of quotes a space, stands for that. */
static gboolean
is_escape (const char *at, char quote)
{
  return *at == '\\' && at[1] != '\0' && (strchr ("'\"\\", at[1]) != NULL || (quote == '\0' && at[1] == ' '));
}

/* One word; quotes may begin and end anywhere in it, as OpenSSH splits a line. NULL: a quote has no end. */
static char *
take_word (const char **at)
{
  g_autoptr (GString) word = g_string_new (NULL);
  const char *p = *at;
  char quote = '\0';

  for (; *p != '\0' && (quote != '\0' || (*p != ' ' && *p != '\t')); p++)
    if (is_escape (p, quote))
      g_string_append_c (word, *++p);
    else if (quote == '\0' && (*p == '"' || *p == '\''))
      quote = *p;
    else if (quote != '\0' && *p == quote)
      quote = '\0';
    else
      g_string_append_c (word, *p);
  *at = p + strspn (p, " \t");

  return quote == '\0' ? g_string_free (g_steal_pointer (&word), FALSE) : NULL;
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
  g_auto (GStrv) lines = g_strsplit (g_str_has_prefix (text, BYTE_ORDER_MARK) ? text + strlen (BYTE_ORDER_MARK) : text, "\n", -1);

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
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  /* A second reading finds the same. */
  if (!g_ptr_array_find_with_equal_func (host->notes, text, g_str_equal, NULL))
    g_ptr_array_add (host->notes, g_steal_pointer (&text));
}

/* One reading of all lines: a second one follows where "Match final" stands. */
typedef struct
{
  VigSshHost *host;
  const char *name;
  gboolean    is_final;
  gboolean    wants_final;
} Reading;

/* One condition of a Match block. *known: it is one that can be told from the text alone. */
static gboolean
meets (Reading *reading, const char *plain, gboolean negated, const char *argument, gboolean *known)
{
  VigSshHost *host = reading->host;
  g_auto (GStrv) patterns = g_strsplit (argument != NULL ? argument : "", ",", -1);
  gboolean met = FALSE;

  *known = TRUE;
  if (g_ascii_strcasecmp (plain, "host") == 0)
    met = vig_ssh_patterns_match ((const char *const *) patterns, host->host != NULL ? host->host : reading->name);
  else if (g_ascii_strcasecmp (plain, "originalhost") == 0)
    met = vig_ssh_patterns_match ((const char *const *) patterns, reading->name);
  else if (g_ascii_strcasecmp (plain, "user") == 0 && host->user != NULL)
    met = vig_ssh_patterns_match ((const char *const *) patterns, host->user);
  else
    *known = FALSE;

  return met != negated;
}

/* all, canonical and final stand alone, the others have an argument: "host x" or "host=x". */
static gboolean
match_applies (Reading *reading, Line *line)
{
  gboolean applies = line->words[1] != NULL;

  for (guint i = 1; line->words[i] != NULL; i++)
    {
      gboolean negated = line->words[i][0] == '!';
      g_auto (GStrv) parts = g_strsplit (line->words[i] + (negated ? 1 : 0), "=", 2);
      const char *plain = parts[0] != NULL ? parts[0] : "";
      gboolean is_final = g_ascii_strcasecmp (plain, "final") == 0;
      const char *argument = parts[0] != NULL && parts[1] != NULL ? parts[1] : line->words[i + 1];
      gboolean known;

      if (g_ascii_strcasecmp (plain, "all") == 0)
        continue;
      if (is_final || g_ascii_strcasecmp (plain, "canonical") == 0)
        {
          reading->wants_final = reading->wants_final || is_final;
          applies = applies && reading->is_final != negated;
          continue;
        }
      if (!meets (reading, plain, negated, argument, &known))
        applies = FALSE;
      if (!known)
        {
          note (reading->host, "line %u: Match %s is left out, nothing is run or asked to find out", line->number, plain);
          return FALSE;
        }
      if (argument == NULL)
        return FALSE;
      i += argument == line->words[i + 1] ? 1 : 0;
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
  host->host = g_ascii_strdown (expanded->str, -1); /* as ssh does */
}

static void
read_lines (VigSshConfig *self, Reading *reading)
{
  gboolean active = TRUE;

  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = g_ptr_array_index (self->lines, i);

      if (g_str_equal (line->words[0], "host"))
        active = vig_ssh_patterns_match ((const char *const *) line->words + 1, reading->name);
      else if (g_str_equal (line->words[0], "match"))
        active = match_applies (reading, line);
      else if (active)
        apply (reading->host, line);
    }
}

VigSshHost *
vig_ssh_config_lookup (VigSshConfig *self, const char *name)
{
  VigSshHost *host = g_new0 (VigSshHost, 1);
  Reading reading = { host, name };

  host->notes = g_ptr_array_new_with_free_func (g_free);
  read_lines (self, &reading);
  reading.is_final = TRUE;
  if (reading.wants_final)
    read_lines (self, &reading);
  expand (host, name);
  if (host->port == 0)
    host->port = 22;
  if (host->proxy_jump != NULL && g_ascii_strcasecmp (host->proxy_jump, "none") == 0)
    g_clear_pointer (&host->proxy_jump, g_free);

  return host;
}
