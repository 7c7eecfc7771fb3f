/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-names.h"
#include "vig-redact-scan.h"

#include <string.h>

#define NAME        G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-"
#define KEY         G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+/"
#define LONGEST_KEY 128  /* bytes */
#define MAX_WORDS   24   /* of a command line that are looked at */
#define MAX_BYTES   1024 /* of it */
#define LONGEST_TAKER 96  /* bytes behind a pipe in which it is seen who reads it */
#define LONGEST_COMMAND 20 /* bytes of its name */

typedef enum
{
  APART,    /* -p X */
  ATTACHED, /* -pX */
  PAIR,     /* -u user:X, -uuser:X */
  WORD,     /* after this word of its own */
  LAST,     /* the third word after the option */
  TSIG,     /* -y algorithm:name:X */
  NPM,      /* set //registry/:_authToken X */
  NTH,      /* the word with this number, from 1 */
  LONE,     /* all of a line of settings but options and a comment */
  NUMBERED, /* Key 1: X */
  QUOTED,   /* behind a name that tells, in quotes: OpenWrt's UCI */
  SETTING,  /* name=X, of a name that tells */
  SHARE,    /* a word of its own beside \\server\share */
  SLASHED,  /* user/X@database */
  ACCOUNT,  /* user:X@server */
  ARROW,    /* >X of Redis' access lists, among the signs of one */
  RANDOM,   /* the word with this number, where it looks like a key */
} Form;

static const struct
{
  const char *command;
  const char *needs; /* another word that must stand there, "@": in the first word, or NULL */
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
  { "mongosh", NULL, "-p", APART }, { "mongo", NULL, "-p", APART }, { "mongodump", NULL, "-p", APART }, { "mongorestore", NULL, "-p", APART }, { "sqlcmd", NULL, "-P", APART },
  { "influx", NULL, "-t", APART }, { "ipmitool", NULL, "-P", APART }, { "lftp", NULL, "-u", PAIR }, { "http", NULL, "-a", PAIR }, { "https", NULL, "-a", PAIR },
  { "http", NULL, "--auth", PAIR }, { "https", NULL, "--auth", PAIR }, { "xfreerdp", NULL, "/p:", ATTACHED }, { "mosquitto_passwd", NULL, "-b", LAST },
  { "ngrok", NULL, "add-authtoken", APART }, { "npm", "config", "set", NPM }, { "nsupdate", NULL, "-y", TSIG }, { "dig", NULL, "-y", TSIG }, { "stats", "auth", "auth", PAIR },
  { "nmcli", NULL, "password", WORD }, { "wpa_passphrase", NULL, "2", NTH }, { "mc", "alias", "6", NTH }, { "rabbitmqctl", "add_user", "3", NTH },
  { "rabbitmqctl", "change_password", "3", NTH }, { "requirepass", NULL, "1", NTH }, { "masterauth", NULL, "1", NTH }, { "rocommunity", NULL, "1", NTH },
  { "rwcommunity", NULL, "1", NTH }, { "createUser", NULL, "3", NTH }, { "createUser", NULL, "5", NTH }, { "insecure-password", NULL, "1", NTH }, { "MONITOR", "@", "4", NTH },
  { "Unseal", "Key", "", NUMBERED }, { "Recovery", "Key", "", NUMBERED } /* vault operator init */, { "vault", "operator", "unseal", WORD },
  { "d-i", NULL, "password", WORD } /* preseed */, { "rootpw", NULL, "--plaintext", APART }, { "rootpw", NULL, "", LONE }, { "bindpw", NULL, "", LONE },
  { "keytool", NULL, "-storepass", APART }, { "keytool", NULL, "-keypass", APART }, { "crypto", "isakmp", "key", WORD }, { "set", "ENC", "ENC", WORD } /* FortiOS */,
  { "option", NULL, "", QUOTED }, { "uci", "set", "", SETTING }, { "net", "use", "", SHARE }, { "NET", "USE", "", SHARE }, { "sqlplus", NULL, "", SLASHED },
  { "expdp", NULL, "", SLASHED }, { "impdp", NULL, "", SLASHED }, { "register", "=>", "", ACCOUNT }, { "user", NULL, "", ARROW }, { "SETUSER", NULL, "", ARROW },
  { "setuser", NULL, "", ARROW }, { "auth_pass", NULL, "1", NTH } /* keepalived */, { "neighbor", NULL, "password", WORD } /* BGP */,
  { "message-digest-key", "md5", "md5", WORD } /* OSPF */, { "key-string", NULL, "1", NTH }, { "snmp-server", NULL, "community", WORD },
  { "radius-server", NULL, "key", WORD }, { "tacacs-server", NULL, "key", WORD }, { "password", "user-name", "plaintext", WORD } /* ProCurve */,
  { "set", NULL, "plaintext-password", WORD } /* VyOS, EdgeOS, Junos */, { "set", "vpn", "secret", WORD }, { "set", "radius-server", "secret", WORD },
  { "set", "interfaces", "private-key", WORD }, { "set", "interfaces", "preshared-key", WORD }, { "netclient", "join", "-t", APART },
  { "chisel", NULL, "--auth", PAIR }, { "net", NULL, "-U", PAIR }, { "rpcclient", NULL, "-U", PAIR }, { "net", "user", "3", NTH },
  { "kadmin", NULL, "-w", APART }, { "openssl", "enc", "-k", APART }, { "virsh", "secret-set-value", "--base64", APART },
  { "virsh", "secret-set-value", "3", NTH }, { "skopeo", NULL, "--creds", PAIR }, { "skopeo", NULL, "--src-creds", PAIR },
  { "skopeo", NULL, "--dest-creds", PAIR }, { "podman", NULL, "--creds", PAIR }, { "buildah", NULL, "--creds", PAIR },
  { "curl", NULL, "--oauth2-bearer", APART }, { "psexec", NULL, "-p", APART }, { "PsExec", NULL, "-p", APART }, { "schtasks", NULL, "/rp", APART },
  { "schtasks", NULL, "/RP", APART }, { "OPTIONS", NULL, "password", WORD } /* SQL */, { "vault", "write", "secret_id=", ATTACHED },
  { "etcdctl", NULL, "--user", PAIR }, { "cscli", "add", "-k", APART }, { "cscli", "add", "--key", APART }, { "Key", "Content", "3", NTH } /* netsh */,
  { "New", "value:", "2", RANDOM } /* Elasticsearch */, { "ed25519", NULL, "2", RANDOM } /* signing.key of Matrix */,
  { "SHA256", NULL, "HEX:", ATTACHED } /* chrony */, { "SHA512", NULL, "HEX:", ATTACHED }, { "SHA1", NULL, "HEX:", ATTACHED },
  { "AES128", NULL, "HEX:", ATTACHED }, { "AES256", NULL, "HEX:", ATTACHED },
};

typedef struct
{
  gsize start[MAX_WORDS];
  gsize end[MAX_WORDS];
  guint n;
  gsize command; /* where it begins */
} Line;

/* The words of one command, quotes taken off. */
static void
read_line (VigScan *self, gsize at, Line *line)
{
  gsize limit = MIN (self->length, at + MAX_BYTES);

  line->n = 0;
  while (line->n < MAX_WORDS && (at = vig_scan_skip (self, at, " \t")) < limit && strchr ("\r\n;|&", self->text[at]) == NULL)
    {
      gsize open = vig_scan_skip (self, at, "\\");
      gboolean quoted = open < self->length && strchr ("\"'", self->text[open]) != NULL;
      const char ends[] = { quoted ? self->text[open] : ' ', '\n', '\r', '\0' };
      gsize start = quoted ? open + 1 : at;
      gsize end = vig_scan_until (self, start, quoted ? ends : " \t\r\n\"'`");

      line->start[line->n] = start;
      line->end[line->n] = end;
      while (quoted && open > at && line->end[line->n] > start && self->text[line->end[line->n] - 1] == '\\')
        line->end[line->n]--;
      line->n++;
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

/* Whatever it looks like: nobody gives a command a user and then no password. */
static void
add_quoted (VigScan *self, gsize start, gsize end)
{
  while (end > start && self->text[end - 1] == '\\')
    end--;
  if (end > start && memchr (self->text + start, '$', end - start) == NULL)
    vig_scan_add (self, start, end);
}

/* user:X, from @start in the @i-th word on; user:"X" are two words to us, and in a string of JSON it is user:\"X\". */
static void
add_pair (VigScan *self, const Line *line, guint i, gsize start)
{
  gsize end = line->end[i];
  const char *sign = memchr (self->text + start, ':', end - start);

  if (sign == NULL)
    sign = memchr (self->text + start, '%', end - start);
  if (sign == NULL)
    sign = memchr (self->text + start, ',', end - start);
  if (sign == NULL)
    return;
  if (vig_scan_skip (self, (gsize) (sign - self->text) + 1, "\\") == end && i + 1 < line->n && line->start[i + 1] == end + 1 && strchr ("\"'", self->text[end]) != NULL)
    add_quoted (self, line->start[i + 1], line->end[i + 1]);
  else
    add_from (self, (gsize) (sign - self->text) + 1, end);
}

/* -uuser:X and --user=user:X, but not --user-agent. */
static gboolean
begins_with (VigScan *self, const Line *line, guint i, const char *option)
{
  gsize length = strlen (option);

  return line->end[i] - line->start[i] > length && memcmp (self->text + line->start[i], option, length) == 0 && self->text[line->start[i] + length] != '-';
}

/* algorithm:name:X and //registry/:_authToken X or =X: behind the last sign. */
static void
add_behind (VigScan *self, const Line *line, guint i, char sign)
{
  const char *found = g_strrstr_len (self->text + line->start[i], (gssize) (line->end[i] - line->start[i]), (char[]) { sign, '\0' });

  if (found != NULL)
    add_from (self, (gsize) (found - self->text) + 1, line->end[i]);
}

/* echo X | sudo -S: what is piped to who asks for a password. */
static void
scan_piped (VigScan *self, const Line *line)
{
  static const char *const takers[] = { "sudo -S", "--stdin", "chpasswd", "secret create", "password-stdin", "cryptsetup",
                                        "load-key", "wg pubkey", "--with-token", "passphrase-fd 0" };
  gsize end = line->n > 0 ? line->end[line->n - 1] : self->length;
  gsize pipe = vig_scan_skip (self, end, "\\\"' ");

  if (!vig_scan_is (self, pipe, "|"))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (takers); i++)
    if (vig_scan_find (self, pipe, LONGEST_TAKER, takers[i]) != G_MAXSIZE)
      {
        gsize start = line->start[line->n - 1];
        const char *colon = i == 2 ? memchr (self->text + start, ':', end - start) : NULL;

        add_from (self, colon != NULL ? (gsize) (colon - self->text) + 1 : start, end);
        return;
      }
}

/* private-key <(echo X): what is handed over as a file, where it looks like a key. */
static void
scan_handed (VigScan *self, const Line *line)
{
  for (guint i = 0; i < line->n; i++)
    {
      gsize start = line->start[i];
      const char *close = memchr (self->text + start, ')', line->end[i] - start);

      if (close == NULL)
        continue;
      if (vig_redact_is_key (self->text + start, (gsize) (close - self->text) - start))
        vig_scan_add (self, start, (gsize) (close - self->text));
      return;
    }
}

static void
apply_place (VigScan *self, const Line *line, guint rule)
{
  guint n = (guint) (rules[rule].option[0] - '0');
  gsize start = line->n >= n ? line->start[n - 1] : 0;
  gboolean is_option = line->n < n || self->text[start] == '-' || (self->text[start] == '/' && g_str_equal (rules[rule].command, "net"));

  /* What another process said behind it, without a line break between, is no part of it. */
  if (!is_option && (rules[rule].form == NTH || vig_redact_is_key (self->text + start, vig_scan_run (self, start, KEY, LONGEST_KEY))))
    add_from (self, start, line->end[n - 1]);
}

/* Whether nothing but signs stands before the command: of a list, a quote, a comment, a file name of grep's, "\\n" written out. */
static gboolean
begins_line (VigScan *self, const Line *line)
{
  gsize at = line->command;
  char before;

  while (at > 0 && strchr (" \t", self->text[at - 1]) != NULL)
    at--;
  before = at > 0 ? self->text[at - 1] : '\n';

  return strchr ("\r\n\"'`#>|+-", before) != NULL || (at > 1 && self->text[at - 2] == '\\' && strchr ("nrt", before) != NULL)
         || (at == line->command && before == ':') || (at < line->command && self->text[line->command - 1] == '\t');
}

/* rootpw X, bindpw X: a sentence goes on behind it. A line break may be written out in the word, a quote ends the text. */
static void
add_lone (VigScan *self, const Line *line)
{
  gsize start = line->n > 0 ? line->start[0] : 0;
  gsize end = line->n > 0 ? line->end[0] : 0;
  gboolean is_last = line->n < 2 || strchr ("-#", self->text[line->start[1]]) != NULL || strchr ("\"'`", self->text[end]) != NULL
                     || memchr (self->text + start, '\\', end - start) != NULL;

  if (end > start && is_last && self->text[start] != '-' && begins_line (self, line))
    add_from (self, start, end);
}

/* Unseal Key 1: X */
static void
add_numbered (VigScan *self, const Line *line)
{
  gsize digits = line->n > 2 ? vig_scan_skip (self, line->start[1], G_CSET_DIGITS) : 0;

  if (line->n > 2 && digits > line->start[1] && digits + 1 == line->end[1] && self->text[digits] == ':'
      && vig_redact_is_secret (VIG_NAME_SECRET, self->text + line->start[2], line->end[2] - line->start[2], FALSE))
    vig_scan_add (self, line->start[2], line->end[2]);
}

/* option key 'X' */
static void
add_option (VigScan *self, const Line *line)
{
  if (line->n >= 2 && strchr ("\"'", self->text[line->start[1] - 1]) != NULL
      && vig_redact_classify_name (self->text + line->start[0], line->end[0] - line->start[0]) != VIG_NAME_PLAIN)
    add_from (self, line->start[1], line->end[1]);
}

/* set wireless.home.key=X, or ='X', which are two words to us. */
static void
add_setting (VigScan *self, const Line *line)
{
  for (guint i = 0; i < line->n; i++)
    {
      const char *sign = memchr (self->text + line->start[i], '=', line->end[i] - line->start[i]);
      gsize value = sign != NULL ? (gsize) (sign - self->text) + 1 : 0;
      gboolean is_apart = value == line->end[i] && i + 1 < line->n && line->start[i + 1] == value + 1;

      if (sign != NULL && vig_redact_classify_name (self->text + line->start[i], value - 1 - line->start[i]) != VIG_NAME_PLAIN)
        add_from (self, is_apart ? line->start[i + 1] : value, line->end[is_apart ? i + 1 : i]);
    }
}

/* use Z: \\nas\media X /user:bob: neither a drive, a share nor an option. */
static void
add_beside_share (VigScan *self, const Line *line)
{
  gboolean has_share = FALSE;

  for (guint i = 1; i < line->n; i++)
    {
      char first = self->text[line->start[i]];

      has_share = has_share || first == '\\';
      if (has_share && first != '\\' && first != '/' && first != '*' && first != '-')
        add_from (self, line->start[i], line->end[i]);
    }
}

/* user/X@database, user:X@server */
static void
add_account (VigScan *self, const Line *line, char sign)
{
  for (guint i = 0; i < line->n; i++)
    {
      const char *text = self->text + line->start[i];
      const char *separator = memchr (text, sign, line->end[i] - line->start[i]);
      const char *at = separator != NULL ? memchr (separator, '@', (gsize) (self->text + line->end[i] - separator)) : NULL;

      if (at == NULL || separator == text)
        continue;
      add_from (self, (gsize) (separator - self->text) + 1, (gsize) (at - self->text));
      return;
    }
}

/* ~key*, &channel*, +@all, +get; not the +%s of date. */
static gboolean
is_access (VigScan *self, const Line *line, guint i)
{
  const char *text = self->text + line->start[i];

  if (*text == '~' || *text == '&')
    return TRUE;

  return *text == '+' && line->end[i] > line->start[i] + 1 && (text[1] == '@' || g_ascii_isalpha (text[1]));
}

/* user alice on >X ~* +@all */
static void
add_arrow (VigScan *self, const Line *line)
{
  gboolean is_list = FALSE;
  guint i;

  for (i = 1; i < line->n; i++)
    is_list = is_list || is_access (self, line, i) || word_is (self, line, i, "allkeys") || word_is (self, line, i, "allcommands");
  for (i = 1; i < line->n && is_list; i++)
    if (memchr ("><", self->text[line->start[i]], 2) != NULL)
      add_from (self, line->start[i] + 1, line->end[i]);
}

/* Forms that look at the whole line. */
static gboolean
apply_form (VigScan *self, const Line *line, guint rule)
{
  switch (rules[rule].form)
    {
    case NTH:
    case RANDOM:
      apply_place (self, line, rule);
      return TRUE;
    case LONE:
      add_lone (self, line);
      return TRUE;
    case NUMBERED:
      add_numbered (self, line);
      return TRUE;
    case QUOTED:
      add_option (self, line);
      return TRUE;
    case SETTING:
      add_setting (self, line);
      return TRUE;
    case SHARE:
      add_beside_share (self, line);
      return TRUE;
    case SLASHED:
      add_account (self, line, '/');
      return TRUE;
    case ACCOUNT:
      add_account (self, line, ':');
      return TRUE;
    case ARROW:
      if (*rules[rule].command != 'u' || begins_line (self, line))
        add_arrow (self, line);
      return TRUE;
    case APART:
    case ATTACHED:
    case PAIR:
    case WORD:
    case LAST:
    case TSIG:
    case NPM:
    default:
      return FALSE;
    }
}

static void
apply_rule (VigScan *self, const Line *line, guint rule)
{
  gsize length = strlen (rules[rule].option);

  if (apply_form (self, line, rule))
    return;

  for (guint i = 0; i < line->n; i++)
    {
      gboolean whole = word_is (self, line, i, rules[rule].option);
      gboolean has_next = i + 1 < line->n;

      if (rules[rule].form == ATTACHED && !whole && line->end[i] - line->start[i] > length
          && memcmp (self->text + line->start[i], rules[rule].option, length) == 0)
        add_from (self, line->start[i] + length, line->end[i]);
      else if (rules[rule].form == PAIR && whole && has_next)
        add_pair (self, line, i + 1, line->start[i + 1]);
      else if (rules[rule].form == PAIR && begins_with (self, line, i, rules[rule].option))
        add_pair (self, line, i, line->start[i] + length);
      else if ((rules[rule].form == APART || rules[rule].form == WORD) && whole && has_next && !vig_scan_is (self, line->start[i + 1], "-"))
        add_from (self, line->start[i + 1], line->end[i + 1]);
      else if (rules[rule].form == TSIG && whole && has_next)
        add_behind (self, line, i + 1, ':');
      else if (rules[rule].form == NPM && whole && i + 2 < line->n
               && g_strstr_len (self->text + line->start[i + 1], (gssize) (line->end[i + 1] - line->start[i + 1]), "_auth") != NULL)
        add_from (self, line->start[i + 2], line->end[i + 2]);
      else if (rules[rule].form == LAST && whole && line->n > i + 2)
        add_from (self, line->start[MIN (i + 3, line->n - 1)], line->end[MIN (i + 3, line->n - 1)]);
    }
}

/* By the first byte: which lengths the commands have that begin with it, a bit for each. */
static guint32 lengths_by_byte[256];

static void
ensure_index (void)
{
  static gsize done;

  if (g_once_init_enter (&done))
    {
      for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
        {
          g_assert (strlen (rules[i].command) < LONGEST_COMMAND);
          lengths_by_byte[(guint8) rules[i].command[0]] |= 1u << strlen (rules[i].command);
        }
      g_once_init_leave (&done, 1);
    }
}

static void
scan_command (VigScan *self, gsize start, gsize end)
{
  gboolean is_read = FALSE;
  Line line;

  if ((end - start == 4 && memcmp (self->text + start, "echo", 4) == 0) || (end - start == 6 && memcmp (self->text + start, "printf", 6) == 0))
    {
      read_line (self, end, &line);
      scan_piped (self, &line);
      if (start >= 2 && memcmp (self->text + start - 2, "<(", 2) == 0)
        scan_handed (self, &line);
      return;
    }

  if ((lengths_by_byte[(guint8) self->text[start]] & (1u << (end - start))) == 0)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      if (strlen (rules[i].command) != end - start || memcmp (self->text + start, rules[i].command, end - start) != 0)
        continue;

      if (!is_read)
        read_line (self, end, &line);
      is_read = TRUE;
      line.command = start;
      if (rules[i].needs == NULL || (*rules[i].needs == '@' && line.n > 0 && memchr (self->text + line.start[0], '@', line.end[0] - line.start[0]) != NULL)
          || has_word (self, &line, rules[i].needs))
        apply_rule (self, &line, i);
    }
}

/* client * "X" *, a line of chap-secrets and pap-secrets of pppd(8); without the last column, "client" * "X" and client@provider * "X". */
static void
scan_pppd (VigScan *self, gsize start, gsize end)
{
  gboolean is_client = start > 0 && strchr ("@\"", self->text[start - 1]) != NULL;
  gsize star = vig_scan_skip (self, vig_scan_skip (self, end, "\""), " \t");
  gsize open = vig_scan_is (self, star, "*") ? vig_scan_skip (self, star + 1, " \t\\") : G_MAXSIZE;
  gsize close = open != G_MAXSIZE && open > star + 1 && vig_scan_is (self, open, "\"") ? vig_scan_until (self, open + 1, "\"\r\n") : G_MAXSIZE;
  gsize after = close != G_MAXSIZE && vig_scan_is (self, close, "\"") ? vig_scan_skip (self, close + 1, " \t\\\"") : G_MAXSIZE;

  if (after != G_MAXSIZE && (is_client || (after < self->length && strchr ("*0123456789", self->text[after]) != NULL)))
    add_quoted (self, open + 1, close);
}

void
vig_scan_commands (VigScan *self)
{
  gsize at = 0;

  ensure_index ();
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
      if (vig_scan_is (self, end, " ") && end - start < LONGEST_COMMAND)
        scan_command (self, start, end);
      if (end > start && strchr (" \t\"", self->text[MIN (end, self->length)]) != NULL && end < self->length)
        scan_pppd (self, start, end);
      at = MAX (end, start);
    }
}
