/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-standby.h"

#include "vig-sandbox-supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gstdio.h>

/* An order, with room for all that the kernel takes of arguments (ARG_MAX), the filter and the places. */
#define ORDER_SIZE (sizeof (VigConfinement) + 2097152 + 65536)
#define LIFETIME (60 * G_USEC_PER_SEC)
#define MAX_READY 4

static GMutex mutex;
static GCond changed;
static GQueue ready = G_QUEUE_INIT;
static gboolean unwanted;
static guint n_making;
static guint n_running;
static guint n_wanted = 1; /* as many as lately ran at once: so many run, or are ready */
static guint n_tidying;
static gint64 lifetime = LIFETIME;

typedef struct
{
  char    *next;
  gsize    left;
  gboolean full;
} Arena;

/* NULL stays NULL, and is what is got where the arena is full. */
static gpointer
arena_copy (Arena *self, gconstpointer data, gsize size)
{
  gsize taken = (size + 7) & ~(gsize) 7;
  char *place = self->next;

  self->full = self->full || (data != NULL && taken > self->left);
  if (data == NULL || self->full)
    return NULL;

  memcpy (place, data, size);
  self->next += taken;
  self->left -= taken;

  return place;
}

static char *
arena_copy_text (Arena *self, const char *text)
{
  return arena_copy (self, text, text != NULL ? strlen (text) + 1 : 0);
}

static char **
arena_copy_texts (Arena *self, char **texts)
{
  guint n = g_strv_length (texts);
  char **copy = arena_copy (self, texts, (n + 1) * sizeof *texts);
  guint i;

  for (i = 0; i < n && copy != NULL; i++)
    copy[i] = arena_copy_text (self, texts[i]);

  return copy;
}

static gboolean
write_order (VigConfinement *order, const VigConfinement *confinement)
{
  Arena arena = { (char *) (order + 1), ORDER_SIZE - sizeof *order, FALSE };
  guint i;

  *order = *confinement;
  order->program = arena_copy_text (&arena, confinement->program);
  order->argv = arena_copy_texts (&arena, confinement->argv);
  order->environment = arena_copy_texts (&arena, confinement->environment);
  order->filter.filter = arena_copy (&arena, confinement->filter.filter, confinement->filter.len * sizeof *confinement->filter.filter);
  for (i = 0; i < confinement->n_places; i++)
    {
      order->places[i].path = arena_copy_text (&arena, confinement->places[i].path);
      order->places[i].cover = arena_copy_text (&arena, confinement->places[i].cover);
    }

  return !arena.full;
}

static void
close_one (int *fd)
{
  if (*fd >= 0)
    g_close (*fd, NULL);
  *fd = -1;
}

/* Ends the processes, if they have not ended. */
static void
end (VigStandby *self)
{
  close_one (&self->lifeline);
  close_one (&self->channel);
  close_one (&self->report);
  close_one (&self->outputs[0]);
  close_one (&self->outputs[1]);
  while (self->supervisor > 0 && waitpid (self->supervisor, NULL, 0) < 0 && errno == EINTR)
    ;
  vig_cgroup_kill (&self->cgroup);
  vig_cgroup_clear (&self->cgroup);
  if (self->order != NULL)
    munmap (self->order, ORDER_SIZE);
  g_free (self);
}

/* @ends: channel, output, error output, report and lifeline, theirs second. */
static gboolean
open_ways (int (*ends)[2], GError **error)
{
  guint i;

  for (i = 1; i < 5; i++)
    if (!g_unix_open_pipe (ends[i], FD_CLOEXEC, error) || !g_unix_set_fd_nonblocking (ends[i][0], TRUE, error))
      return FALSE;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends[0]) == 0)
    {
      int theirs = ends[4][0];

      ends[4][0] = ends[4][1];
      ends[4][1] = theirs;
      return TRUE;
    }
  g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to make a socket: %s", g_strerror (errno));

  return FALSE;
}

/* Without a user yet, so that nobody is counted. */
static VigConfinement *
map_order (GError **error)
{
  VigConfinement *order = mmap (NULL, ORDER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (order != MAP_FAILED)
    {
      order->uid = (uid_t) -1;
      return order;
    }
  g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to share memory with a process: %s", g_strerror (errno));

  return NULL;
}

static VigStandby *
make (int namespaces, GError **error)
{
  VigStandby *self = g_new0 (VigStandby, 1);
  int ends[5][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
  gboolean opened = open_ways (ends, error);
  int code;
  guint i;

  self->namespaces = namespaces;
  self->abilities = vig_cgroup_get_abilities ();
  vig_cgroup_init (&self->cgroup);
  self->order = opened ? map_order (error) : NULL;
  if (self->order != NULL)
    {
      int given[] = { ends[0][1], ends[1][1], ends[2][1], ends[3][1], ends[4][1] };

      self->supervisor = fork ();
      code = errno;
      if (self->supervisor == 0)
        vig_supervise (self->order, &self->cgroup, namespaces, given);
      if (self->supervisor < 0)
        g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to start a process: %s", g_strerror (code));
    }
  for (i = 0; i < 5; i++)
    close_one (&ends[i][1]);
  self->channel = ends[0][0];
  self->outputs[0] = ends[1][0];
  self->outputs[1] = ends[2][0];
  self->report = ends[3][0];
  self->lifeline = ends[4][0];
  if (self->supervisor > 0)
    return self;
  end (self);

  return NULL;
}

/* FALSE: nobody is there any more. */
static gboolean
send_order (VigStandby *self, const VigConfinement *confinement, int input)
{
  int given[VIG_ORDER_MAX] = { input, confinement->ruleset, confinement->directory };
  gboolean sent;
  guint i;

  for (i = 0; i < confinement->n_places; i++)
    given[VIG_ORDER_FIXED + i] = confinement->places[i].tree;
  sent = vig_descriptors_send (self->channel, given, VIG_ORDER_FIXED + confinement->n_places);
  close_one (&self->channel);

  return sent;
}

static VigStandby *
check_order (VigStandby *self, const VigConfinement *confinement, GError **error)
{
  if (self == NULL || write_order (self->order, confinement))
    return self;

  g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to run %s: %s", confinement->argv[0], g_strerror (E2BIG));
  end (self);

  return NULL;
}

/* One that is as it would be made now, and there. */
static VigStandby *
take_ready (int namespaces)
{
  VigStandby *self;

  g_mutex_lock (&mutex);
  self = g_queue_peek_head (&ready);
  if (self != NULL && self->namespaces == namespaces)
    g_queue_pop_head (&ready);
  else
    self = NULL;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&mutex);
  if (self != NULL && waitpid (self->supervisor, NULL, WNOHANG) != 0)
    self->supervisor = 0;
  if (self == NULL || (self->supervisor > 0 && self->abilities == vig_cgroup_get_abilities ()))
    return self;
  end (self);

  return NULL;
}

static VigStandby *
start (const VigConfinement *confinement, int input, GError **error)
{
  VigStandby *self = check_order (take_ready (confinement->namespaces), confinement, NULL);

  if (self != NULL && send_order (self, confinement, input))
    return self;
  if (self != NULL)
    end (self);
  self = check_order (make (confinement->namespaces, error), confinement, error);
  if (self != NULL)
    send_order (self, confinement, input); /* FALSE: its report says why, or that the order never came */

  return self;
}

static void
count_running (int more)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  n_running = (guint) ((int) n_running + more);
  n_wanted = CLAMP (n_running, n_wanted, MAX_READY);
}

VigStandby *
vig_standby_run (const VigConfinement *confinement, int input, GError **error)
{
  VigStandby *self;

  count_running (1);
  self = start (confinement, input, error);
  if (self == NULL)
    count_running (-1);

  return self;
}

/* One that nobody takes ends after a while: it costs memory, and holds what this process had in its own. So many are then not needed any more. */
static void
keep (VigStandby *self)
{
  g_mutex_lock (&mutex);
  n_making--;
  if (self != NULL && !unwanted)
    {
      g_queue_push_tail (&ready, self);
      self->until = g_get_monotonic_time () + lifetime;
      while (g_queue_find (&ready, self) != NULL && !unwanted && g_cond_wait_until (&changed, &mutex, self->until))
        ;
      if (g_queue_remove (&ready, self))
        n_wanted = MAX (1, ready.length);
      else
        self = NULL;
    }
  g_mutex_unlock (&mutex);
  if (self != NULL)
    end (self);
}

static void
finish_tidying (void)
{
  g_mutex_lock (&mutex);
  n_tidying--;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&mutex);
}

/* What runs makes another ready when it has ended. */
static guint
n_ready_or_running (void)
{
  return ready.length + n_running;
}

static gpointer
tidy (gpointer data)
{
  gboolean wanted;

  end (data);
  g_mutex_lock (&mutex);
  wanted = !unwanted && n_making + n_ready_or_running () < n_wanted;
  n_making += wanted ? 1 : 0;
  g_mutex_unlock (&mutex);
  if (wanted)
    keep (make (vig_namespaces_choose (FALSE), NULL));
  finish_tidying ();

  return NULL;
}

void
vig_standby_finish (VigStandby *self)
{
  GThread *thread;

  count_running (-1);
  g_mutex_lock (&mutex);
  n_tidying++;
  g_mutex_unlock (&mutex);
  thread = g_thread_try_new ("standby", tidy, self, NULL);
  if (thread != NULL)
    {
      g_thread_unref (thread);
      return;
    }

  /* Whoever needs this thread does not wait for the next command. */
  end (self);
  finish_tidying ();
}

gboolean
vig_standby_is_ready (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  return ready.length > 0 && n_ready_or_running () >= n_wanted;
}

void
vig_standby_set_lifetime (gint64 microseconds)
{
  lifetime = microseconds;
}

void
vig_sandbox_set_ready (gboolean wanted)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  unwanted = !wanted;
  if (unwanted)
    n_wanted = 1;
  g_cond_broadcast (&changed);
}

void
vig_sandbox_settle (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  while (n_tidying > 0)
    g_cond_wait (&changed, &mutex);
}
