/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "words.h"

#include <string.h>

/* The line before the list of servers in the system prompt: vig_prompt_tell_servers (). */
#define SERVERS "The servers that you may use, by the names that tools want:"

/* Words of one meaning; the first is the term. Vocabulary of running computers at home, not sentences. */
static const char *concepts[] = {
  "disk drive storage partition space df ssd hdd nvme sata smart raid zfs btrfs lvm inode mount",
  "full free left used usage capacity remaining fill filled room",
  "memory ram swap oom",
  "load busy slow sluggish lag hang performance",
  "cpu processor processors cores",
  "uptime up booted boot reboot rebooted restarted since",
  "process processes ps top",
  "service daemon unit systemd systemctl cron timer",
  "network networks ip address addresses interface interfaces nic route routes lan wan vlan subnet wifi wireless router gateway latency ping reach reachable"
  " reachability connectivity dns resolve resolver vpn wireguard tunnel mac traceroute hostname device dhcp nat ipv6 ethernet switch bandwidth packet nameserver domain connection",
  "port ports listening listen sockets expose exposes exposed open",
  "kernel version os distribution uname",
  "user users account accounts logged who",
  "time clock date hour",
  "read show display print view see cat content contents inside look give reveal",
  "write save put store jot record append add replace create set down remember",
  "note notes reminder memo",
  "list ls folder folders directory directories dir files",
  "file document text txt",
  "activity done happened history action past earlier accomplished performed recently recent",
  "today",
  "yesterday",
  "week weekly",
  "run execute exec command commands shell launch invoke",
  "container containers docker compose stack stacks jellyfin plex nextcloud traefik immich pihole portainer vaultwarden bitwarden grafana prometheus gitea forgejo"
  " paperless postgres mariadb mysql mongodb influxdb redis nginx haproxy wordpress sonarr lidarr prowlarr qbittorrent transmission syncthing adguard"
  " photoprism mealie navidrome minio keycloak authentik authelia zigbee2mqtt sonarr radarr homeassistant frigate mosquitto caddy",
  "image images",
  "log syslog journal journald journalctl dmesg",
  "security threat threats attack attacks attacker attackers intrusion intrusions intruder malware virus compromise compromised breach hacked suspicious brute"
  " firewall hardening hacker ransomware rootkit phishing fail2ban banned",
  "vulnerability cve exploit advisory affected",
  "alert alerts alarm alarms siem wazuh",
  "login logins authentication password passwords",
  "certificate certificates tls ssl",
  "backup backups snapshot snapshots restore restored restores restoring dump dumps archive archives replication replicated offsite recover recovery retention borg"
  " restic kopia duplicati rclone rsync",
  "web online http https url link website webpage google internet article blog forum reddit wiki wikipedia",
  "documentation docs manual manuals guide tutorial",
  "price prices cost costs",
  "approval approvals approve approved approves deny denied denies decided decision",
  "package packages update updates upgrade upgrades apt patch patches",
  "temperature temperatures heat hot sensors",
  "health healthy status state condition doing",
  "delete remove erase",
  "error failure failed fail problem wrong crash broken stuck",
};

static const char small_words[] =
  " a about above after again against ago all almost already also although always am an and another any anybody anyone anything are arent around as"
  " ask at away be because been before being below both but by came can cannot come comes could couldnt currently day did didnt do does doesnt dont"
  " down during each either else ever every everybody everyone everything few for from get gets go goes going gone good got had has have having he"
  " hello help her here hers hey hi him his how hows i if im in into is isnt it its itself ive just kindly know let lets like many may maybe me might"
  " more most much must my myself need neither never no nor not nothing now of off often on once one only or other our out over own perhaps please"
  " quite rather really same seem shall she should so some somebody someone something sometimes soon still such sure tell than thank thanks that thats"
  " the their them themselves then there these they theyre thing things this those through to together too try two under until upon us use very want"
  " was wasnt way we well went were what whatever whats when where wheres whether which while who whom whos whose why will with within without wont"
  " would yes yet you your youre yours yourself ";

static gboolean
is_vowel (char c)
{
  return strchr ("aeiouy", c) != NULL;
}

/* "running" and "run", "dropped" and "drop". Letters that words end in anyway stay: "full", "less", "buzz". */
static void
undouble (GString *word)
{
  gsize n = word->len;

  if (n > 3 && word->str[n - 1] == word->str[n - 2] && !is_vowel (word->str[n - 1]) && strchr ("lsz", word->str[n - 1]) == NULL)
    g_string_truncate (word, n - 1);
}

static gboolean
cut_ending (GString *word, const char *ending, gsize least)
{
  if (word->len < strlen (ending) + least || !g_str_has_suffix (word->str, ending))
    return FALSE;

  g_string_truncate (word, word->len - strlen (ending));

  return TRUE;
}

/* The forms of a word come to one, as in the first step of M. F. Porter, "An algorithm for suffix stripping" (1980): plurals, -ed, -ing; and the "e" and
 * "y" that come and go with them. */
static char *
stem (const char *text)
{
  GString *word = g_string_new (text);

  if (!g_str_has_suffix (text, "ss") && !g_str_has_suffix (text, "us") && !g_str_has_suffix (text, "is"))
    {
      if (cut_ending (word, "ies", 2))
        g_string_append_c (word, 'y');
      else
        cut_ending (word, "s", 3);
    }
  if (cut_ending (word, "ing", 3) || cut_ending (word, "ed", 3))
    undouble (word);
  cut_ending (word, "e", 3);
  if (word->len > 3 && word->str[word->len - 1] == 'y' && !is_vowel (word->str[word->len - 2]))
    word->str[word->len - 1] = 'i';

  return g_string_free (word, FALSE);
}

/* "files" may mean something else than "file": as written comes before the stem. */
static GHashTable *
make_terms (gboolean stemmed)
{
  GHashTable *terms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (gsize i = 0; i < G_N_ELEMENTS (concepts); i++)
    {
      g_auto (GStrv) words = g_strsplit (concepts[i], " ", -1);

      for (guint j = 0; words[j] != NULL; j++)
        {
          g_autofree char *key = stemmed ? stem (words[j]) : g_strdup (words[j]);

          if (!g_hash_table_contains (terms, key))
            g_hash_table_insert (terms, g_steal_pointer (&key), g_strdup (words[0]));
        }
    }

  return terms;
}

static char *
find_term (const char *word)
{
  static GHashTable *exact = NULL;
  static GHashTable *stems = NULL;
  g_autofree char *short_word = stem (word);
  const char *term;

  if (g_once_init_enter (&exact))
    g_once_init_leave (&exact, make_terms (FALSE));
  if (g_once_init_enter (&stems))
    g_once_init_leave (&stems, make_terms (TRUE));

  term = g_hash_table_lookup (exact, word);
  if (term == NULL)
    term = g_hash_table_lookup (stems, short_word);

  return g_strdup (term != NULL ? term : short_word);
}

static gboolean
is_small (const char *word)
{
  g_autofree char *framed = g_strconcat (" ", word, " ", NULL);

  return strstr (small_words, framed) != NULL;
}

static void
add_term (GPtrArray *terms, GString *word)
{
  if (word->len > 1 && !is_small (word->str))
    g_ptr_array_add (terms, find_term (word->str));
  g_string_truncate (word, 0);
}

/* Small words that mean something only together: "what did you do", "what have you been up to", "back it up", "look it up". */
static const struct
{
  const char *pattern;
  const char *term;
} phrases[] = {
  { "\\b(?:did you|have you|you (?:do|did|done)|you been|asked you)\\b", "activity" },
  { "\\bback(?:ed|ing|s)?(?: \\w+)? ?up\\b", "backup" },
  { "\\blook(?:ed|ing|s)?(?: \\w+)? up\\b|\\bother people\\b|\\bfor others\\b", "web" },
  { "\\b(?:last|latest|recent|previous|these|failed)(?: \\w+)? (?:runs|calls|tasks|requests)\\b", "activity" },
  { "\\blog(?:ged|s)? ?(?:in|on)\\b", "login" },
};

static void
add_phrases (GPtrArray *terms, const char *lower)
{
  for (gsize i = 0; i < G_N_ELEMENTS (phrases); i++)
    if (g_regex_match_simple (phrases[i].pattern, lower, 0, 0))
      g_ptr_array_add (terms, g_strdup (phrases[i].term));
}

GPtrArray *
words_to_terms (const char *text)
{
  GPtrArray *terms = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *lower = g_utf8_strdown (text, -1);
  g_autoptr (GString) word = g_string_new (NULL);

  for (const char *p = lower; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_isalnum (c))
        g_string_append_unichar (word, c);
      else if (c != '\'' && c != 0x2019)
        add_term (terms, word);
    }
  add_term (terms, word);
  add_phrases (terms, lower);

  return terms;
}

GPtrArray *
words_to_term_set (const char *text)
{
  g_autoptr (GPtrArray) all = words_to_terms (text);
  GPtrArray *set = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < all->len; i++)
    if (!g_ptr_array_find_with_equal_func (set, all->pdata[i], g_str_equal, NULL))
      g_ptr_array_add (set, g_strdup (all->pdata[i]));

  return set;
}

/* A slash, or a dot with a short ending of letters behind it: "notes.txt", "/etc/hosts", "~/.bashrc". */
static gboolean
looks_like_path (const char *word)
{
  static GRegex *pattern = NULL;

  if (g_once_init_enter (&pattern))
    g_once_init_leave (&pattern, g_regex_new ("^(?:~?\\.{0,2}/[^\\s]*|[^\\s/]+(?:/[^\\s/]+)+/?|[\\w-][\\w.-]*\\.[A-Za-z][A-Za-z0-9]{0,5}|\\.[a-z][\\w.-]+)$",
                                              G_REGEX_OPTIMIZE, 0, NULL));

  return g_regex_match (pattern, word, 0, NULL) && !g_str_has_prefix (word, "http");
}

/* A host or a range of addresses: "nas.home", "192.168.1.0/24", "1.1.1.1". */
static gboolean
looks_like_host (const char *word)
{
  static GRegex *pattern = NULL;

  if (g_once_init_enter (&pattern))
    g_once_init_leave (&pattern, g_regex_new ("^(?:(?:\\d{1,3}\\.){3}\\d{1,3}(?:/\\d{1,2})?|(?:[\\w-]+\\.)+(?:com|org|net|io|dev|de|eu|home|lan|local|internal))$",
                                              G_REGEX_OPTIMIZE | G_REGEX_CASELESS, 0, NULL));

  return g_regex_match (pattern, word, 0, NULL);
}

static gboolean
is_number (const char *word)
{
  return *word != '\0' && strspn (word, "0123456789") == strlen (word) && strlen (word) < 10;
}

/* Cuts what stands between @open and @close out of @text. */
static char *
cut_between (GString *text, const char *open, const char *close)
{
  const char *begin = strstr (text->str, open);
  const char *end = begin != NULL ? strstr (begin + strlen (open), close) : NULL;
  char *inside;

  if (end == NULL || end == begin + strlen (open))
    return NULL;

  inside = g_strndup (begin + strlen (open), end - begin - strlen (open));
  g_string_erase (text, begin - text->str, end + strlen (close) - begin);

  return inside;
}

/* "to notes.txt: buy disks": a colon with a space or a line break behind it, and something behind that. */
static char *
cut_behind_colon (GString *text)
{
  for (char *p = strchr (text->str, ':'); p != NULL; p = strchr (p + 1, ':'))
    if ((p[1] == ' ' || p[1] == '\n') && p[1 + strspn (p + 1, " \n")] != '\0')
      {
        char *behind = g_strstrip (g_strdup (p + 1));

        g_string_truncate (text, p - text->str);
        return behind;
      }

  return NULL;
}

static char *
find_payload (GString *text)
{
  static const char *quotes[][2] = { { "\"", "\"" }, { "“", "”" }, { "„", "“" }, { "«", "»" }, { " '", "'" } };
  char *payload = NULL;

  for (gsize i = 0; payload == NULL && i < G_N_ELEMENTS (quotes); i++)
    payload = cut_between (text, quotes[i][0], quotes[i][1]);

  return payload != NULL ? payload : cut_behind_colon (text);
}

Request *
request_new (const char *text)
{
  Request *self = g_new0 (Request, 1);
  g_autoptr (GString) rest = g_string_new (text);
  g_autoptr (GString) instruction = g_string_new (NULL);
  g_auto (GStrv) words = NULL;

  self->paths = g_ptr_array_new_with_free_func (g_free);
  self->numbers = g_ptr_array_new_with_free_func (g_free);
  self->servers = g_ptr_array_new_with_free_func (g_free);
  self->code = cut_between (rest, "`", "`");
  self->payload = find_payload (rest);
  words = g_strsplit_set (rest->str, " \t\r\n", -1);

  for (guint i = 0; words[i] != NULL; i++)
    {
      g_autofree char *word = g_strdup (words[i]);

      while (*word != '\0' && strchr (",;:?!)\"'", word[strlen (word) - 1]) != NULL)
        word[strlen (word) - 1] = '\0';
      if (strlen (word) > 1 && g_str_has_suffix (word, ".") && !g_str_has_suffix (word, ".."))
        word[strlen (word) - 1] = '\0';
      if (looks_like_host (word))
        self->names_host = TRUE;
      else if (looks_like_path (word))
        g_ptr_array_add (self->paths, g_steal_pointer (&word));
      else if (is_number (word))
        g_ptr_array_add (self->numbers, g_steal_pointer (&word));
      else
        g_string_append_printf (instruction, "%s%s", instruction->len > 0 ? " " : "", word);
    }
  self->instruction = g_string_free (g_steal_pointer (&instruction), FALSE);

  return self;
}

char *
request_dup_query (Request *self)
{
  return g_strconcat (self->instruction, self->paths->len > 0 ? " file" : "", self->code != NULL ? " command" : "",
                      self->names_host ? " network" : "", NULL);
}

/* "restart immich on nas" names "nas", and not "nasty". */
static gboolean
names_server (const char *text, const char *server)
{
  g_autofree char *escaped = g_regex_escape_string (server, -1);
  g_autofree char *pattern = g_strdup_printf ("(?<![\\w.-])%s(?![\\w-])", escaped);

  return g_regex_match_simple (pattern, text, G_REGEX_CASELESS, 0);
}

void
request_set_servers (Request *self, const char *system, const char *text)
{
  const char *list = system != NULL ? strstr (system, SERVERS) : NULL;
  g_auto (GStrv) lines = g_strsplit (list != NULL ? list : "", "\n", -1);

  for (guint i = 1; lines[0] != NULL && lines[i] != NULL && g_str_has_prefix (lines[i], "- "); i++)
    {
      const char *end = strstr (lines[i], ": ");

      if (end != NULL)
        g_ptr_array_add (self->servers, g_strndup (lines[i] + 2, end - lines[i] - 2));
    }
  for (guint i = 0; i < self->servers->len; i++)
    if (names_server (text, self->servers->pdata[i]) && (self->server == NULL || strlen (self->server) < strlen (self->servers->pdata[i])))
      {
        g_free (self->server);
        self->server = g_strdup (self->servers->pdata[i]);
      }
  if (self->server == NULL && self->servers->len == 1)
    self->server = g_strdup (self->servers->pdata[0]);
}

void
request_free (Request *self)
{
  g_free (self->instruction);
  g_free (self->payload);
  g_free (self->code);
  g_ptr_array_unref (self->paths);
  g_ptr_array_unref (self->numbers);
  g_ptr_array_unref (self->servers);
  g_free (self->server);
  g_free (self);
}
