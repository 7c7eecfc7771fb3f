/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vig-macros.h>

#include <glib.h>

G_BEGIN_DECLS

/* Not installed: a thread that gives up for good what the rest of the process may do, and what it has done for it all the same. */
typedef void (*VigOutsideFunc) (gpointer data);

/* Runs @func on a thread of its own, which ends with it, and waits; meanwhile it does here what that asks for. VIG_ERROR_UNAVAILABLE: there is
 * no thread to be had. */
VIG_API gboolean vig_outside_serve (const char *name, VigOutsideFunc func, gpointer data, GError **error);

/* On such a thread: runs @func on the one that waits for it. On any other: right here. Returns when it has run. */
VIG_API void     vig_outside_call  (VigOutsideFunc func, gpointer data);

G_END_DECLS
