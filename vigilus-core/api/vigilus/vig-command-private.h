/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-command.h"

G_BEGIN_DECLS
/* What the files of VigCommand share. */
#define VIG_COMMAND_PIPE_NAME "/dev/fd/63" /* what <( ) and >( ) become */

typedef struct
{
  char    *text;    /* quotes removed, expansions left out */
  gsize    prefix;  /* bytes of text that stand before the first expansion or pattern */
  gboolean dynamic; /* holds an expansion: it may become any text */
  gboolean open;    /* prefix is set */
  gboolean splits;  /* ... and several words */
  gboolean pattern; /* holds an unquoted *, ? or [ */
  gboolean quoted;
} VigCommandWord;

typedef struct
{
  char            op[4];  /* "<", ">", ">>", ">|", "<>", "<&", ">&", "<<" */
  VigCommandWord *target;
  char           *body;   /* of a here-document */
  gboolean        strip;  /* <<- */
} VigCommandRedirect;

/* A simple command, as POSIX calls it: assignments, words, redirections. */
typedef struct
{
  GPtrArray *assignments; /* VigCommandWord, "NAME=value" */
  GPtrArray *words;
  GPtrArray *redirects;
  GPtrArray *values; /* of a loop, which has nothing else: what its variable becomes */
  char      *source;
} VigCommandSimple;

/* What is said of one command. */
typedef struct
{
  VigLevel level;
  char    *source;
  char    *reason;
} VigCommandPart;

struct _VigCommand
{
  GPtrArray *parts;
  VigLevel   level;
  gboolean   opaque; /* a text of another language runs: any literal of the line may be part of it */
  gboolean   moved;  /* the working directory changes ... */
  gboolean   lost, near_devices; /* ... to one that can't be told; ... to /dev, or to where it may be beneath */
  gboolean   outward; /* words of it go to another host */
  GHashTable *programs; /* set: names of the programs it runs, without their folders */
  GHashTable *named;    /* set: words of commands that may run others, split at what is no letter of a name */
  gboolean    hides;    /* runs programs that can't be told here */
};

/* vig-command-parse.c: appends to @simples; NULL: read to the end, else why not. */
char *vig_command_parse_text (const char *text, guint depth, GPtrArray *simples);
void  vig_command_word_free  (gpointer word);
GPtrArray *vig_command_simples_new (void);

/* vig-command-judge.c */
void  vig_command_judge_text (VigCommand *self, const char *text, guint depth);
void  vig_command_note       (VigCommand *self, VigLevel level, const char *source, const char *reason);

/* vig-command-options.c: what is known of a command, and whether its words are among it. */
typedef enum
{
  VIG_COMMAND_PLAIN,
  VIG_COMMAND_SUB,      /* its first operand says which row counts */
  VIG_COMMAND_WRAP,     /* runs the command in its operands */
  VIG_COMMAND_ENV,      /* the same, after assignments */
  VIG_COMMAND_XARGS,    /* the same, with more words from its input */
  VIG_COMMAND_FIND,     /* an expression that may run commands */
  VIG_COMMAND_SHELL,    /* runs a text of this very language */
  VIG_COMMAND_CODE,     /* runs a text of another language, from operands or its input */
  VIG_COMMAND_HIDE,     /* runs a text, or gives words another meaning, that can't be told here */
} VigCommandKind;

typedef struct
{
  char          *name;     /* "systemctl status" */
  VigLevel       level;
  VigCommandKind kind;
  gboolean       any;      /* all its options and operands are alike */
  gboolean       content;  /* what it writes is not its own: as a redirection */
  char          *flags;    /* letters without an argument */
  char          *valued;   /* letters with one */
  char          *optional; /* letters with one that is attached or missing */
  GHashTable    *longs;    /* "--name": "", "=" or "?" */
  char         **operands; /* patterns, NULL: any */
  guint          most;     /* operands there may be; 0: any number */
  char         **tells;    /* words with which alone it only tells about itself, or NULL */
  GRegex        *needs;    /* one of its words has to be like this, or it is not known */
  GRegex        *not;      /* with a word like this it is not known */
  GRegex        *elevate;  /* an operand or option like this makes it ELEVATE */
  gboolean       runs;     /* runs a command or a shell that is not followed here */
  GRegex        *plain;    /* VIG_COMMAND_CODE: a text like this only reads */
  GRegex        *outward;  /* an operand or option like this is sent to another host, or says to which */
  VigLevel       other;    /* of what is not known of it: EXEC or above */
  guint          skip;     /* operands before the command that it runs */
  char          *words;    /* what it does */
} VigCommandRow;

typedef struct
{
  GHashTable *rows, *alike;  /* alike: name to name of the row that counts for it */
  GHashTable *elevate_words, *elevate_files, *elevate_folders; /* sets; files: names, which are words too; folders: whole words */
  GPtrArray  *elevate_paths, *write_paths; /* prefixes */
  GPtrArray  *outward_paths; /* folders in which each name is looked up elsewhere */
  GHashTable *variables;     /* that may be set for a command */
  GHashTable *patterns;      /* name to regex that several rows share */
} VigCommandTable;

/* vig-command-table.c */
const VigCommandTable *vig_command_table_get  (void);
/* NULL: all are known; @operands gets the words that are no options. With @strict the options end at the first operand. */
char    *vig_command_check_options (const VigCommandRow *row, const VigCommandRow *sub, VigCommandWord **words, guint n_words, gboolean strict, GPtrArray *operands);
gboolean vig_command_may_write     (const VigCommandTable *table, const VigCommandWord *word); /* a path in write_paths; elevate is told apart by the scan */
gboolean vig_command_fits          (const GRegex *regex, const char *text, gboolean unknown);
gboolean vig_command_may_set       (const VigCommandTable *table, const VigCommandWord *word); /* NAME=VALUE, for one command */
gboolean vig_command_names_elevate (const VigCommandTable *table, const char *text);
gboolean vig_command_may_elevate   (const VigCommandTable *table, const VigCommandWord *word);

G_END_DECLS
