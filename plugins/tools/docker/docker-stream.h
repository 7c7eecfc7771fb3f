/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* The Engine's stream of a container without a terminal (Engine API, ContainerAttach, "Stream format"): frames of a byte for the stream,
 * three that mean nothing, the length in four bytes, most significant first, and so many bytes. */
#define DOCKER_FRAME_MAX (64 * 1024 * 1024) /* bytes; a longer one is an error of the other side, and is not waited for */

typedef enum
{
  DOCKER_STREAM_STDIN,
  DOCKER_STREAM_STDOUT,
  DOCKER_STREAM_STDERR,
  DOCKER_STREAM_SYSTEM, /* an error of the Engine itself */
  DOCKER_STREAM_RAW,    /* a container with a terminal: no frames */
} DockerStream;

/* A piece of a frame, as it came. Each frame begins with a call without data, where @begins is TRUE. */
typedef void (*DockerStreamFunc) (DockerStream stream, const guint8 *data, gsize length, gboolean begins, gpointer user_data);

typedef struct
{
  DockerStreamFunc func;
  gpointer         user_data;
  gboolean         is_raw;
  DockerStream     stream;
  guint8           header[8];
  gsize            in_header; /* bytes of it that came */
  gsize            left;      /* bytes of the frame to come */
} DockerDemux;

void     docker_demux_init (DockerDemux *self, gboolean is_raw, DockerStreamFunc func, gpointer user_data);
/* VIG_ERROR_REMOTE: no frame begins so, or one is longer than DOCKER_FRAME_MAX. */
gboolean docker_demux_feed (DockerDemux *self, const guint8 *data, gsize length, GError **error);
/* At the end of the stream: VIG_ERROR_REMOTE where a frame was cut off. */
gboolean docker_demux_end  (DockerDemux *self, GError **error);

G_END_DECLS
