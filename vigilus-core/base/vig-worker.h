/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A pool of threads of our own for blocking work (tools, key derivation), apart from GLib's, in which DNS runs. */
#define VIG_TYPE_WORKER (vig_worker_get_type ())
G_DECLARE_FINAL_TYPE (VigWorker, vig_worker, VIG, WORKER, GObject)

VigWorker *vig_worker_new      (const char *name, guint max_threads);
/* Runs @func with @task's task data on a thread; it returns through the task. */
void       vig_worker_run_task (VigWorker *self, GTask *task, GTaskThreadFunc func);

G_END_DECLS
