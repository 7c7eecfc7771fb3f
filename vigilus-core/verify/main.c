/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

#include "vig-verify.h"

#define EXIT_TAMPERED 1
#define EXIT_USAGE    2

static char **keys;
static char **key_files;
static char **checkpoint_files;
static char **exports;
static gint64 from = 1;
static gboolean excerpt;

static const GOptionEntry options[] = {
  { "key", 'k', 0, G_OPTION_ARG_STRING_ARRAY, &keys, "The public key, NAME+HASH+BASE64; may be repeated where the secret was changed", "KEY" },
  { "key-file", 'K', 0, G_OPTION_ARG_FILENAME_ARRAY, &key_files, "A file with the public key", "FILE" },
  { "checkpoints", 'c', 0, G_OPTION_ARG_FILENAME_ARRAY, &checkpoint_files, "Checkpoints that were kept elsewhere, or a log that has them", "FILE" },
  { "from", 'f', 0, G_OPTION_ARG_INT64, &from, "The first record that is expected, where older ones are not given; what is before it is not looked at", "N" },
  { "excerpt", 'e', 0, G_OPTION_ARG_NONE, &excerpt, "The export is a part of the log, whose records are looked at alone", NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &exports, NULL, "EXPORT..." },
  { NULL },
};

static gboolean
read_options (int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "Checks exports of a Vigilus audit log (sealed segments first) against its public key.\n"
                                         "They have to begin with record 1, unless --from says otherwise.\n"
                                         "Exit status 0: complete (with --excerpt: whatever was left out) and unchanged; 1: not; 2: it could not be checked.");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (from < 1)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "--from takes the number of a record, 1 or greater");
      return FALSE;
    }
  if (exports != NULL && (keys != NULL || key_files != NULL))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "give the public key with --key or --key-file, and at least one export; - is standard input");

  return FALSE;
}

static gboolean
prepare (VigVerify *verify, GError **error)
{
  vig_verify_set_from (verify, (guint64) from);
  if (excerpt)
    vig_verify_expect_excerpt (verify);
  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    if (!vig_verify_add_key (verify, keys[i], error))
      return FALSE;

  for (guint i = 0; key_files != NULL && key_files[i] != NULL; i++)
    {
      g_autofree char *text = NULL;

      if (!g_file_get_contents (key_files[i], &text, NULL, error) || !vig_verify_add_key (verify, text, error))
        return FALSE;
    }

  for (guint i = 0; checkpoint_files != NULL && checkpoint_files[i] != NULL; i++)
    {
      g_autofree char *text = NULL;

      if (!g_file_get_contents (checkpoint_files[i], &text, NULL, error))
        return FALSE;
      if (!vig_verify_add_checkpoints (verify, text, error))
        {
          g_prefix_error (error, "%s: ", checkpoint_files[i]);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
read_export (VigVerify *verify, const char *path, GError **error)
{
  FILE *file = g_str_equal (path, "-") ? stdin : fopen (path, "re");
  gboolean good;

  if (file == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to open %s: %s", path, g_strerror (errno));
      return FALSE;
    }
  setvbuf (file, NULL, _IOFBF, 1 << 20);
  good = vig_verify_read (verify, file, error);
  if (!good)
    g_prefix_error (error, "%s: ", path);
  if (file != stdin)
    fclose (file);

  return good;
}

static gboolean
run (VigVerify *verify, GError **error)
{
  if (!prepare (verify, error))
    return FALSE;
  for (guint i = 0; exports[i] != NULL; i++)
    if (!read_export (verify, exports[i], error))
      return FALSE;

  return vig_verify_finish (verify, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (VigVerify) verify = vig_verify_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  setlocale (LC_ALL, "");
  if (!read_options (&argc, &argv, &error) || !run (verify, &error))
    {
      g_printerr ("vigilus-verify: %s\n", error->message);
      return g_error_matches (error, VIG_ERROR, VIG_ERROR_DENIED) ? EXIT_TAMPERED : EXIT_USAGE;
    }

  text = vig_verify_describe (verify);
  g_print ("%s\n", text);

  return 0;
}
