/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* For a stream that is read for some seconds only: a cancellable that fires when they are over, or with the call's own. */
typedef struct _DockerPeriod DockerPeriod;

DockerPeriod *docker_period_new             (gint64 seconds, GCancellable *outer); /* 0: no limit of its own; @outer may be NULL */
void          docker_period_free            (DockerPeriod *self);
GCancellable *docker_period_get_cancellable (DockerPeriod *self);
/* Did the seconds end it? */
gboolean      docker_period_is_over         (DockerPeriod *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DockerPeriod, docker_period_free)

G_END_DECLS
