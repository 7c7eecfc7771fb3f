/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-log.h"

#include "vig-id.h"
#include "vig-log-file.h"

#include <stdio.h>
#include <string.h>

#define MAX_BYTES (5 * 1000 * 1000)
#define N_FILES   3

struct _VigLog
{
  VigRedactor *redactor;
  gboolean     verbose;
  gboolean     to_journal;
  GMutex       lock;
  VigLogFile  *file; /* under the lock */
};

static const char *
get_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, key) == 0 && fields[i].length < 0)
      return fields[i].value;

  return NULL;
}

static gboolean
is_wanted (VigLog *self, GLogLevelFlags level, const char *domain)
{
  if ((level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) == 0)
    return TRUE;

  /* --verbose is about us; libraries' debugging is asked for by G_MESSAGES_DEBUG. */
  if (self->verbose && domain != NULL && g_str_has_prefix (domain, "vigilus"))
    return TRUE;

  return !g_log_writer_default_would_drop (level, domain);
}

static const char *
name_level (GLogLevelFlags level)
{
  if (level & G_LOG_LEVEL_ERROR)
    return "ERROR";
  if (level & G_LOG_LEVEL_CRITICAL)
    return "CRITICAL";
  if (level & G_LOG_LEVEL_WARNING)
    return "WARNING";
  if (level & G_LOG_LEVEL_MESSAGE)
    return "MESSAGE";

  return level & G_LOG_LEVEL_INFO ? "INFO" : "DEBUG";
}

/* A line stays a line: what comes from outside cannot write another. */
static void
append_clean (GString *line, const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    {
      if (*at == '\n')
        g_string_append (line, "\\n");
      else if ((guchar) *at < ' ' || *at == 0x7f)
        g_string_append_printf (line, "\\x%02x", (guint) (guchar) *at);
      else
        g_string_append_c (line, *at);
    }
}

static gboolean
is_own_field (const char *key)
{
  static const char *const known[] = { "MESSAGE", "PRIORITY", "GLIB_DOMAIN", "GLIB_OLD_LOG_API", "CODE_FILE", "CODE_LINE", "CODE_FUNC", NULL };

  return !g_strv_contains (known, key);
}

static char *
format_line (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  g_autofree char *now = vig_time_to_iso (vig_time_now ());
  const char *domain = get_field (fields, n_fields, "GLIB_DOMAIN");
  const char *message = get_field (fields, n_fields, "MESSAGE");
  GString *line = g_string_new (now);

  g_string_append_printf (line, " %s %s: ", name_level (level), domain != NULL ? domain : "-");
  append_clean (line, message != NULL ? message : "");
  for (gsize i = 0; i < n_fields; i++)
    if (fields[i].length < 0 && is_own_field (fields[i].key))
      {
        g_string_append_printf (line, " %s=", fields[i].key);
        append_clean (line, fields[i].value);
      }
  g_string_append_c (line, '\n');

  return g_string_free (line, FALSE);
}

static void
write_to_file (VigLog *self, GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  g_mutex_lock (&self->lock);
  if (self->file != NULL)
    vig_log_file_write (self->file, format_line (level, fields, n_fields));
  g_mutex_unlock (&self->lock);
}

GLogWriterOutput
vig_log_write (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer log)
{
  VigLog *self = log;
  g_autofree GLogField *clean = NULL;
  g_autoptr (GPtrArray) texts = NULL;
  GLogWriterOutput output = G_LOG_WRITER_UNHANDLED;

  if (!is_wanted (self, level, get_field (fields, n_fields, "GLIB_DOMAIN")))
    return G_LOG_WRITER_HANDLED;

  clean = g_memdup2 (fields, n_fields * sizeof *fields);
  texts = g_ptr_array_new_with_free_func (g_free);
  for (gsize i = 0; i < n_fields; i++)
    if (clean[i].length < 0)
      {
        g_ptr_array_add (texts, vig_redactor_apply (self->redactor, clean[i].value));
        clean[i].value = g_ptr_array_index (texts, texts->len - 1);
      }

  write_to_file (self, level, clean, n_fields);
  if (self->to_journal)
    output = g_log_writer_journald (level, clean, n_fields, NULL);

  return output == G_LOG_WRITER_HANDLED ? output : g_log_writer_standard_streams (level, clean, n_fields, NULL);
}

void
vig_log_install (VigLog *self)
{
  g_log_writer_default_set_use_stderr (TRUE);
  g_log_set_writer_func (vig_log_write, self, NULL);
}

gboolean
vig_log_open_file (VigLog *self, const char *data_dir, GError **error)
{
  g_autofree char *path = g_build_filename (data_dir, "logs", "vigilusd.log", NULL);
  VigLogFile *file = vig_log_file_new (path, MAX_BYTES, N_FILES, error);

  if (file == NULL)
    return FALSE;

  vig_log_close_file (self);
  g_mutex_lock (&self->lock);
  self->file = file;
  g_mutex_unlock (&self->lock);

  return TRUE;
}

void
vig_log_close_file (VigLog *self)
{
  VigLogFile *file;

  g_mutex_lock (&self->lock);
  file = g_steal_pointer (&self->file);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&file, vig_log_file_free);
}

void
vig_log_free (VigLog *self)
{
  vig_log_close_file (self);
  g_object_unref (self->redactor);
  g_mutex_clear (&self->lock);
  g_free (self);
}

VigLog *
vig_log_new (VigRedactor *redactor, gboolean verbose)
{
  VigLog *self = g_new0 (VigLog, 1);

  self->redactor = g_object_ref (redactor);
  self->verbose = verbose;
  self->to_journal = g_log_writer_is_journald (fileno (stderr));
  g_mutex_init (&self->lock);

  return self;
}
