/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-files.h"

#include "vig-sandbox-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define BIT(capability) (1u << (capability))
#define TO_READ         BIT (CAP_DAC_READ_SEARCH)
#define TO_WRITE        (TO_READ | BIT (CAP_DAC_OVERRIDE) | BIT (CAP_CHOWN) | BIT (CAP_FOWNER) | BIT (CAP_FSETID))

typedef struct
{
  VigOutsideFunc    func;
  gpointer          data;
  int               ruleset; /* -1: there is no Landlock for it */
  gboolean          writes;
  struct sock_fprog filter;  /* empty: there is no seccomp */
  const char       *failed;  /* NULL: all took hold, and the function has run */
  int               code;
} Work;

VigFilesHold
vig_files_get_hold (void)
{
  int abi = vig_landlock_get_abi ();

  return abi >= 2 ? VIG_FILES_HOLD_ALL : abi == 1 ? VIG_FILES_HOLD_READING : VIG_FILES_HOLD_NONE;
}

const char *
vig_files_hold_to_string (VigFilesHold hold)
{
  static const char * const names[] = { "none", "reading", "all" };

  return names[hold];
}

static const char *
confine (Work *self)
{
  guint32 kept = self->writes ? TO_WRITE : TO_READ;

  if (!vig_capabilities_keep (&kept, FALSE))
    return "drop privileges";
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return "give up new privileges";
  if (self->ruleset >= 0 && syscall (SYS_landlock_restrict_self, self->ruleset, 0) != 0)
    return "restrict file access";
  if (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &self->filter, 0, 0) != 0)
    return "restrict system calls";

  return NULL;
}

static void
work (gpointer data)
{
  Work *self = data;

  self->failed = confine (self);
  self->code = errno;
  if (self->failed == NULL)
    self->func (self->data);
}

gboolean
vig_files_run (const VigFilesPlace *places, guint n_places, VigOutsideFunc func, gpointer data, GError **error)
{
  Work self = { .func = func, .data = data, .ruleset = -1 };
  gboolean done = TRUE;

  g_return_val_if_fail (n_places <= VIG_FILES_MAX_PLACES, FALSE);

  for (guint i = 0; i < n_places; i++)
    self.writes = self.writes || places[i].writes;
  if (vig_files_get_hold () >= (self.writes ? VIG_FILES_HOLD_ALL : VIG_FILES_HOLD_READING))
    {
      self.ruleset = vig_landlock_make_files_ruleset (places, n_places, error);
      done = self.ruleset >= 0;
    }
  done = done && vig_seccomp_get_filter (VIG_SECCOMP_FILES, &self.filter, error) && vig_outside_serve ("vigilus-files", work, &self, error);
  if (self.ruleset >= 0)
    g_close (self.ruleset, NULL);
  if (done && self.failed != NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "failed to confine work on files: could not %s: %s", self.failed, g_strerror (self.code));
      done = FALSE;
    }

  return done;
}

/* The self-test */

typedef struct
{
  const char *inside;
  const char *outside;
  gboolean    writes;
  gboolean    held;
} Probe;

static gboolean
can_open (const char *path, int flags)
{
  int fd = open (path, flags | O_CLOEXEC);

  if (fd >= 0)
    g_close (fd, NULL);

  return fd >= 0;
}

static void
try_out (gpointer data)
{
  Probe *self = data;

  self->held = can_open (self->inside, self->writes ? O_RDWR : O_RDONLY) && (self->writes || !can_open (self->inside, O_RDWR))
               && !can_open (self->outside, O_RDONLY) && !can_open (self->outside, O_RDWR) && socket (AF_INET, SOCK_STREAM, 0) < 0;
}

static gboolean
holds (const char *work, const char *inside, const char *outside, gboolean writes)
{
  VigFilesPlace place = { open (work, O_PATH | O_DIRECTORY | O_CLOEXEC), writes };
  Probe probe = { inside, outside, writes, FALSE };
  gboolean ran = place.folder >= 0 && vig_files_run (&place, 1, try_out, &probe, NULL);

  if (place.folder >= 0)
    g_close (place.folder, NULL);

  return ran && probe.held;
}

static VigFilesHold
probe (const char *place)
{
  g_autofree char *work = g_build_filename (place, "work", NULL);
  g_autofree char *inside = g_build_filename (work, "inside", NULL);
  g_autofree char *outside = g_build_filename (place, "outside", NULL);
  VigFilesHold hold = VIG_FILES_HOLD_NONE;

  if (g_mkdir (work, 0700) == 0 && g_file_set_contents (inside, "x", 1, NULL) && g_file_set_contents (outside, "x", 1, NULL)
      && holds (work, inside, outside, FALSE))
    hold = holds (work, inside, outside, TRUE) ? VIG_FILES_HOLD_ALL : VIG_FILES_HOLD_READING;
  g_unlink (inside);
  g_unlink (outside);
  g_rmdir (work);

  return hold;
}

VigFilesHold
vig_files_probe (const char *folder)
{
  g_autofree char *place = g_build_filename (folder, ".self-test-XXXXXX", NULL);
  VigFilesHold hold;

  if (g_mkdtemp_full (place, 0700) == NULL)
    return VIG_FILES_HOLD_NONE;

  hold = probe (place);
  g_rmdir (place);

  return hold;
}
