/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-names.h"
#include "vig-redact-scan.h"

#include <string.h>

#define NAME        G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-"
#define MAX_WORDS   24   /* of a command line that are looked at */
#define MAX_BYTES   1024 /* of it */

typedef enum
{
  APART,    /* -p X */
  ATTACHED, /* -pX */
  PAIR,     /* -u user:X */
  WORD,     /* after this word of its own */
  LAST,     /* the third word after the option */
} Form;

static const struct
{
  const char *command;
  const char *needs; /* another word that must stand there, or NULL */
  const char *option;
  Form        form;
} rules[] = {
  { "curl", NULL, "-u", PAIR }, { "curl", NULL, "--user", PAIR }, { "curl", NULL, "-U", PAIR }, { "curl", NULL, "--proxy-user", PAIR },
  { "mysql", NULL, "-p", ATTACHED }, { "mysqldump", NULL, "-p", ATTACHED }, { "mysqladmin", NULL, "-p", ATTACHED }, { "mariadb", NULL, "-p", ATTACHED },
  { "mariadb-dump", NULL, "-p", ATTACHED }, { "sshpass", NULL, "-p", APART }, { "sshpass", NULL, "-p", ATTACHED }, { "docker", "login", "-p", APART },
  { "podman", "login", "-p", APART }, { "az", "login", "-p", APART }, { "oc", "login", "-p", APART }, { "zip", NULL, "-P", APART },
  { "unzip", NULL, "-P", APART }, { "7z", NULL, "-p", ATTACHED }, { "snmpwalk", NULL, "-c", APART }, { "snmpget", NULL, "-c", APART },
  { "snmpset", NULL, "-c", APART }, { "snmpbulkwalk", NULL, "-c", APART }, { "snmpwalk", NULL, "-A", APART }, { "snmpget", NULL, "-A", APART },
  { "snmpset", NULL, "-A", APART }, { "snmpbulkwalk", NULL, "-A", APART }, { "snmpwalk", NULL, "-X", APART }, { "snmpget", NULL, "-X", APART },
  { "snmpset", NULL, "-X", APART }, { "snmpbulkwalk", NULL, "-X", APART },
  { "machine", "login", "password", WORD } /* netrc */, { "mosquitto_pub", NULL, "-P", APART }, { "mosquitto_sub", NULL, "-P", APART },
  { "agent-auth", NULL, "-P", APART }, { "htpasswd", NULL, "-b", LAST }, { "htpasswd", NULL, "-nb", LAST }, { "vault", NULL, "login", WORD },
  { "ldapsearch", NULL, "-w", APART }, { "ldapmodify", NULL, "-w", APART }, { "smbclient", NULL, "-U", PAIR }, { "redis-cli", NULL, "-a", APART },
};

typedef struct
{
  gsize start[MAX_WORDS];
  gsize end[MAX_WORDS];
  guint n;
} Line;

/* The words of one command, quotes taken off. */
static void
read_line (VigScan *self, gsize at, Line *line)
{
  gsize limit = MIN (self->length, at + MAX_BYTES);

  line->n = 0;
  while (line->n < MAX_WORDS && (at = vig_scan_skip (self, at, " \t")) < limit && strchr ("\r\n;|&", self->text[at]) == NULL)
    {
      const char ends[] = { strchr ("\"'", self->text[at]) != NULL ? self->text[at] : ' ', '\n', '\r', '\0' };
      gboolean quoted = ends[0] != ' ';
      gsize start = at + (quoted ? 1 : 0);
      gsize end = vig_scan_until (self, start, quoted ? ends : " \t\r\n\"'`");

      line->start[line->n] = start;
      line->end[line->n++] = end;
      at = MAX (end + (quoted ? 1 : 0), at + 1);
    }
}

static gboolean
word_is (VigScan *self, const Line *line, guint i, const char *word)
{
  return line->end[i] - line->start[i] == strlen (word) && memcmp (self->text + line->start[i], word, strlen (word)) == 0;
}

static gboolean
has_word (VigScan *self, const Line *line, const char *word)
{
  for (guint i = 0; i < line->n; i++)
    if (word_is (self, line, i, word))
      return TRUE;

  return FALSE;
}

static void
add_from (VigScan *self, gsize start, gsize end)
{
  if (end > start && vig_redact_is_secret (VIG_NAME_PASSWORD, self->text + start, end - start, TRUE))
    vig_scan_add (self, start, end);
}

static void
add_pair (VigScan *self, gsize start, gsize end)
{
  const char *sign = memchr (self->text + start, ':', end - start);

  if (sign == NULL)
    sign = memchr (self->text + start, '%', end - start);
  if (sign != NULL)
    add_from (self, (gsize) (sign - self->text) + 1, end);
}

static void
apply_rule (VigScan *self, const Line *line, guint rule)
{
  gsize length = strlen (rules[rule].option);

  for (guint i = 0; i < line->n; i++)
    {
      gboolean whole = word_is (self, line, i, rules[rule].option);
      gboolean has_next = i + 1 < line->n;

      if (rules[rule].form == ATTACHED && !whole && line->end[i] - line->start[i] > length
          && memcmp (self->text + line->start[i], rules[rule].option, length) == 0)
        add_from (self, line->start[i] + length, line->end[i]);
      else if (rules[rule].form == PAIR && whole && has_next)
        add_pair (self, line->start[i + 1], line->end[i + 1]);
      else if ((rules[rule].form == APART || rules[rule].form == WORD) && whole && has_next && !vig_scan_is (self, line->start[i + 1], "-"))
        add_from (self, line->start[i + 1], line->end[i + 1]);
      else if (rules[rule].form == LAST && whole && line->n >= i + 3)
        add_from (self, line->start[line->n - 1], line->end[line->n - 1]);
    }
}

static void
scan_command (VigScan *self, gsize start, gsize end)
{
  gboolean is_read = FALSE;
  Line line;

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      if (strlen (rules[i].command) != end - start || memcmp (self->text + start, rules[i].command, end - start) != 0)
        continue;

      if (!is_read)
        read_line (self, end, &line);
      is_read = TRUE;
      if (rules[i].needs == NULL || has_word (self, &line, rules[i].needs))
        apply_rule (self, &line, i);
    }
}

void
vig_scan_commands (VigScan *self)
{
  gsize at = 0;

  while (at < self->length)
    {
      gsize start;
      gsize end;

      vig_scan_set_mark (self, G_MAXSIZE);
      start = vig_scan_until (self, at, NAME);
      end = vig_scan_skip (self, start, NAME);
      /* "\nzip" written out: the n is not part of the name. */
      if (start > 0 && self->text[start - 1] == '\\' && end - start > 1 && strchr ("nrt", self->text[start]) != NULL)
        start++;
      vig_scan_set_mark (self, start);
      if (vig_scan_is (self, end, " ") && end - start < 16)
        scan_command (self, start, end);
      at = MAX (end, start);
    }
}
