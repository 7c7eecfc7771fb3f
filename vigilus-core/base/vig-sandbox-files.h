/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vig-outside.h>

G_BEGIN_DECLS

/* Work on host files inside this process, each time on a thread of its own that first gives up for good, by the kernel: capabilities but those
 * over files, new privileges, all files but those beneath the places (Landlock), and processes, threads, sockets and more (seccomp). What it
 * needs done without that it asks for by vig_outside_call (). */
typedef struct
{
  int      folder; /* a descriptor */
  gboolean writes; /* may change what is beneath; else may read it */
} VigFilesPlace;

#define VIG_FILES_MAX_PLACES 4

typedef enum
{
  VIG_FILES_HOLD_NONE,    /* the kernel has no Landlock: paths are checked, and that is all */
  VIG_FILES_HOLD_READING, /* ... by ABI 1, which can't move between folders: only what reads is held */
  VIG_FILES_HOLD_ALL,
} VigFilesHold;

/* What can be held here, which is a matter of the kernel. */
VigFilesHold  vig_files_get_hold (void);
const char   *vig_files_hold_to_string (VigFilesHold hold);

/* Runs @func and waits for it. VIG_ERROR_UNAVAILABLE: no thread is to be had. VIG_ERROR_NOT_SUPPORTED: what this kernel says to have did not
 * take hold; @func has not run then. */
gboolean      vig_files_run (const VigFilesPlace *places, guint n_places, VigOutsideFunc func, gpointer data, GError **error);

/* What does hold, tried out in a place below @folder that is gone afterwards. */
VigFilesHold  vig_files_probe (const char *folder);

G_END_DECLS
