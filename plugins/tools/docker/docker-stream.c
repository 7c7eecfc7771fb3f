/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-stream.h"

#include <string.h>

void
docker_demux_init (DockerDemux *self, gboolean is_raw, DockerStreamFunc func, gpointer user_data)
{
  *self = (DockerDemux) { .func = func, .user_data = user_data, .is_raw = is_raw };
}

static gboolean
begin_frame (DockerDemux *self, GError **error)
{
  guint32 length;

  self->in_header = 0;
  memcpy (&length, self->header + 4, sizeof length);
  length = GUINT32_FROM_BE (length);
  if (self->header[0] > DOCKER_STREAM_SYSTEM || length > DOCKER_FRAME_MAX)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "the Engine sent a frame that makes no sense (stream %u, %u bytes)", self->header[0], length);
      return FALSE;
    }

  self->stream = self->header[0];
  self->left = length;
  self->func (self->stream, NULL, 0, TRUE, self->user_data);

  return TRUE;
}

static gsize
take_header (DockerDemux *self, const guint8 *data, gsize length)
{
  gsize n = MIN (sizeof self->header - self->in_header, length);

  memcpy (self->header + self->in_header, data, n);
  self->in_header += n;

  return n;
}

static gsize
take_payload (DockerDemux *self, const guint8 *data, gsize length)
{
  gsize n = MIN (self->left, length);

  self->func (self->stream, data, n, FALSE, self->user_data);
  self->left -= n;

  return n;
}

gboolean
docker_demux_feed (DockerDemux *self, const guint8 *data, gsize length, GError **error)
{
  if (self->is_raw)
    {
      self->func (DOCKER_STREAM_RAW, data, length, FALSE, self->user_data);
      return TRUE;
    }

  while (length > 0)
    {
      gsize n = self->left > 0 ? take_payload (self, data, length) : take_header (self, data, length);

      data += n;
      length -= n;
      if (self->in_header == sizeof self->header && !begin_frame (self, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
docker_demux_end (DockerDemux *self, GError **error)
{
  if (self->in_header == 0 && self->left == 0)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE, "the Engine's stream was cut off within a frame");

  return FALSE;
}
