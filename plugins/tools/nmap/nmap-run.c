/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "nmap-run.h"

#include <string.h>

#define MAX_WORDS 2000 /* bytes of its complaints that are kept */

typedef struct
{
  NmapRun      *run;
  GCancellable *stop;  /* nobody wants it any more, or what it prints can't be read */
  GString      *words;
  GError       *error; /* of the XML */
} Reader;

void
nmap_run_clear (NmapRun *run)
{
  g_clear_pointer (&run->xml, nmap_xml_free);
  g_clear_pointer (&run->problem, g_free);
}

static void
take (VigOutput stream, const char *text, gsize length, gpointer user_data)
{
  Reader *self = user_data;

  if (stream == VIG_OUTPUT_STDERR)
    g_string_append_len (self->words, text, (gssize) MIN (length, MAX_WORDS - MIN (MAX_WORDS, self->words->len)));
  else if (self->error == NULL && !nmap_xml_feed (self->run->xml, text, length, &self->error))
    g_cancellable_cancel (self->stop);
}

static char *
last_words (Reader *self)
{
  g_autofree char *valid = g_utf8_make_valid (self->words->str, (gssize) self->words->len);
  g_auto (GStrv) lines = g_strsplit (g_strstrip (valid), "\n", -1);
  guint n = g_strv_length (lines);

  while (n > 0 && (*lines[n - 1] == '\0' || g_str_has_prefix (lines[n - 1], "QUITTING")))
    n--;

  return n > 0 ? g_strdup (lines[n - 1]) : NULL;
}

/* What nmap says of itself counts only where its document is whole and its process ended well. */
static char *
find_problem (Reader *self, const VigCommandResult *result)
{
  JsonObject *facts = nmap_xml_get_facts (self->run->xml);
  g_autofree char *words = last_words (self);
  gboolean is_whole;

  if (result->timed_out)
    return g_strdup ("it was not done when its time was over");
  is_whole = self->error == NULL && nmap_xml_end (self->run->xml, &self->error);
  if (result->term_signal != 0)
    return g_strdup_printf ("nmap was killed by the signal %s", strsignal (result->term_signal));
  if (result->exit_status != 0 || g_strcmp0 (vig_json_get_string (facts, "finished", NULL), "error") == 0)
    {
      const char *message = vig_json_get_string (facts, "message", words);

      self->run->refused = TRUE;
      return g_strdup_printf ("nmap refused: %s", message != NULL ? message : "it does not say why");
    }
  if (!is_whole)
    return g_strdup (self->error->message);
  if (vig_json_get_string (facts, "finished", NULL) == NULL)
    return g_strdup ("nmap did not say that it has finished");

  return NULL;
}

/* NULL: it has not begun. What ended it before its time is the problem of a scan that had begun. */
static char *
find_reason (Reader *self, GCancellable *cancellable, const GError *error)
{
  if (g_cancellable_is_cancelled (cancellable))
    return g_strdup ("it was stopped");
  if (self->error != NULL)
    return g_strdup (self->error->message);
  if (g_error_matches (error, VIG_ERROR, VIG_ERROR_INTERRUPTED) || g_error_matches (error, VIG_ERROR, VIG_ERROR_TOO_LARGE))
    return g_strdup (error->message);

  return NULL;
}

static void
forward (GCancellable *cancellable, gpointer stop)
{
  g_cancellable_cancel (stop);
}

gboolean
nmap_run (NmapRun *run, VigInvocation *invocation, const NmapStart *start, GCancellable *cancellable, GError **error)
{
  g_autoptr (GCancellable) stop = g_cancellable_new ();
  g_autoptr (GString) words = g_string_new (NULL);
  g_autoptr (VigCommandResult) result = NULL;
  g_autoptr (GError) local_error = NULL;
  Reader self = { run, stop, words, NULL };
  VigCommandPlace place = { .network = TRUE, .raw_packets = start->raw_packets, .deadline = start->deadline, .on_output = take, .user_data = &self };
  gulong handler = cancellable != NULL ? g_cancellable_connect (cancellable, G_CALLBACK (forward), stop, NULL) : 0;

  result = vig_invocation_run_command_in (invocation, &place, (const char * const *) start->argv->pdata, stop, &local_error);
  g_cancellable_disconnect (cancellable, handler);
  run->problem = result != NULL ? find_problem (&self, result) : find_reason (&self, cancellable, local_error);
  g_clear_error (&self.error);
  if (result != NULL || run->problem != NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}
