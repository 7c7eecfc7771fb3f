/* SPDX-License-Identifier: MIT */
#pragma once

#include "docker-stream.h"

G_BEGIN_DECLS

/* Puts the pieces of a log together to lines "TIME stdout|stderr TEXT" (TIME of the Engine, in UTC to the millisecond), valid UTF-8. The newest
 * that fit into the limit are kept. */
typedef struct _DockerLines DockerLines;

#define DOCKER_LINE_MAX 8192 /* bytes; what is longer is cut, and says so */

typedef void (*DockerLineFunc) (DockerStream stream, const char *line, gpointer user_data);

/* @limit: bytes that the lines may take in JSON; @on_line: called for each as it comes, or NULL. */
DockerLines *docker_lines_new      (gsize limit, DockerLineFunc on_line, gpointer user_data);
void         docker_lines_free     (DockerLines *self);
void         docker_lines_add      (DockerLines *self, DockerStream stream, const guint8 *data, gsize length);
void         docker_lines_end      (DockerLines *self); /* what has no line end yet is a line, too */
char        *docker_lines_dup_text (DockerLines *self);
guint        docker_lines_get_kept (DockerLines *self, guint *dropped);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DockerLines, docker_lines_free)

G_END_DECLS
