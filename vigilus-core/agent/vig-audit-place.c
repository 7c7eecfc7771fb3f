/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-place.h"

#include <errno.h>
#include <fcntl.h>
#include <libsoup/soup.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vig-id.h"
#include "vig-note.h"

#define WEBHOOK_TIME 15 /* seconds that an answer may take */
#define TAIL 16384 /* bytes of a file in which its last note is */
#define MAX_WAITING 1000 /* notes that are kept for a place which cannot be reached; the oldest go first */

struct _VigAuditPlace
{
  gatomicrefcount  ref_count;
  const char      *kind;
  char            *path;    /* of a file */
  char            *url;     /* of a webhook */
  char            *target;  /* what may be shown of it */
  VigWorker       *worker;
  SoupSession     *session;
  GPtrArray       *waiting; /* notes that are not there yet */
  guint            n_under_way;
  gboolean         gone;
  gint64           at;      /* of the last that came there; 0: none */
  char            *error;   /* of the last try, or NULL */
};

static void
place_unref (VigAuditPlace *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->path);
  g_free (self->url);
  g_free (self->target);
  g_free (self->error);
  g_clear_object (&self->worker);
  g_clear_object (&self->session);
  g_ptr_array_unref (self->waiting);
  g_free (self);
}

static VigAuditPlace *
place_ref (VigAuditPlace *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void try_now (VigAuditPlace *self);

static void
carried (VigAuditPlace *self, const GError *error)
{
  if (error == NULL)
    {
      g_ptr_array_remove_range (self->waiting, 0, MIN (self->n_under_way, self->waiting->len));
      self->at = vig_time_now ();
    }
  else if (g_strcmp0 (self->error, error->message) != 0)
    g_warning ("a checkpoint of the audit log did not come to the %s %s: %s", self->kind, self->target, error->message);
  self->n_under_way = 0;
  g_free (self->error);
  self->error = error != NULL ? g_strdup (error->message) : NULL;
  if (error == NULL && self->waiting->len > 0 && !self->gone)
    try_now (self);
}

static gboolean
fail (int fd, const char *what, GError **error)
{
  int code = errno;

  if (fd >= 0)
    close (fd);
  g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to %s it: %s", what, g_strerror (code));

  return FALSE;
}

static gboolean
append (const char *path, const char *text, GError **error)
{
  int fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  gsize length = strlen (text);

  if (fd < 0)
    return fail (fd, "open", error);
  while (length > 0)
    {
      ssize_t n = write (fd, text, length);

      if (n < 0 && errno != EINTR)
        return fail (fd, "write to", error);
      if (n > 0)
        {
          text += n;
          length -= (gsize) n;
        }
    }
  if (fsync (fd) != 0 && errno != EINVAL)
    return fail (fd, "write to", error);
  close (fd);

  return TRUE;
}

typedef struct
{
  char *path;
  char *text;
} Job;

static void
job_free (Job *job)
{
  g_free (job->path);
  g_free (job->text);
  g_free (job);
}

static void
append_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;
  GError *error = NULL;

  if (append (job->path, job->text, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
appended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  VigAuditPlace *self = user_data;
  g_autoptr (GError) error = NULL;

  g_task_propagate_boolean (G_TASK (result), &error);
  carried (self, error);
  place_unref (self);
}

static void
posted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  VigAuditPlace *self = user_data;
  SoupMessage *message = soup_session_get_async_result_message (SOUP_SESSION (source), result);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) answer = soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);
  guint status = soup_message_get_status (message);

  if (answer != NULL && !SOUP_STATUS_IS_SUCCESSFUL (status))
    error = g_error_new (VIG_ERROR, VIG_ERROR_REMOTE, "it answered with status %u", status);
  carried (self, error);
  place_unref (self);
}

static void
post (VigAuditPlace *self, const char *text)
{
  g_autoptr (SoupMessage) message = soup_message_new ("POST", self->url);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  soup_message_set_request_body_from_bytes (message, "text/plain; charset=utf-8", body);
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_session_send_and_read_async (self->session, message, G_PRIORITY_DEFAULT, NULL, posted, place_ref (self));
}

static char *
join_waiting (VigAuditPlace *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->waiting->len; i++)
    g_string_append_printf (text, "%s\n", (char *) g_ptr_array_index (self->waiting, i));

  return g_string_free (text, FALSE);
}

static void
try_now (VigAuditPlace *self)
{
  g_autofree char *text = join_waiting (self);
  g_autoptr (GTask) task = NULL;
  Job *job;

  self->n_under_way = self->waiting->len;
  if (self->url != NULL)
    {
      post (self, text);
      return;
    }

  task = g_task_new (NULL, NULL, appended, place_ref (self));
  job = g_new0 (Job, 1);
  job->path = g_strdup (self->path);
  job->text = g_steal_pointer (&text);
  g_task_set_task_data (task, job, (GDestroyNotify) job_free);
  vig_worker_run_task (self->worker, task, append_on_worker);
}

void
vig_audit_place_carry (VigAuditPlace *self, const char *note)
{
  if (self->waiting->len >= MAX_WAITING && self->n_under_way == 0)
    g_ptr_array_remove_index (self->waiting, 0);
  g_ptr_array_add (self->waiting, g_strdup (note));
  if (self->n_under_way == 0)
    try_now (self);
}

void
vig_audit_place_finish (VigAuditPlace *self, const char *note)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (self->path == NULL)
    return;
  self->gone = TRUE;
  g_ptr_array_add (self->waiting, g_strdup (note));
  text = join_waiting (self);
  self->n_under_way = self->waiting->len;
  append (self->path, text, &error);
  carried (self, error);
}

char *
vig_audit_place_read_last (VigAuditPlace *self)
{
  int fd = self->path != NULL ? open (self->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
  g_autofree char *tail = g_malloc0 (TAIL + 1);
  char *note = NULL;
  struct stat info;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode) && pread (fd, tail, TAIL, MAX (info.st_size - TAIL, 0)) > 0)
    note = vig_checkpoint_dup_last (tail);
  close (fd);

  return note;
}

JsonObject *
vig_audit_place_describe (VigAuditPlace *self)
{
  g_autofree char *at = self->at != 0 ? vig_time_to_iso (self->at) : NULL;

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s}", "kind", self->kind, "target", self->target, "error", self->error, "at", at);
}

static VigAuditPlace *
place_new (const char *kind)
{
  VigAuditPlace *self = g_new0 (VigAuditPlace, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->kind = kind;
  self->waiting = g_ptr_array_new_with_free_func (g_free);

  return self;
}

VigAuditPlace *
vig_audit_place_new_file (VigWorker *worker, const char *path)
{
  VigAuditPlace *self = place_new ("file");

  self->worker = g_object_ref (worker);
  self->path = g_strdup (path);
  self->target = g_strdup (path);

  return self;
}

VigAuditPlace *
vig_audit_place_new_webhook (const char *url)
{
  VigAuditPlace *self = place_new ("webhook");
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);

  self->url = g_strdup (url);
  self->target = g_strdup (uri != NULL ? g_uri_get_host (uri) : NULL);
  self->session = soup_session_new_with_options ("user-agent", "Vigilus/" VIG_VERSION, "timeout", WEBHOOK_TIME, NULL);

  return self;
}

void
vig_audit_place_free (VigAuditPlace *self)
{
  self->gone = TRUE;
  if (self->session != NULL)
    soup_session_abort (self->session);
  place_unref (self);
}
