/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-sandbox.h"

G_BEGIN_DECLS

/* One output stream of a command: repaired to UTF-8 as it comes, kept and passed on up to the limit, counted beyond it. */
typedef struct
{
  const VigSandboxSpec *spec;
  VigOutput             stream;
  int                   fd;      /* -1 once it has ended */
  GString              *pending; /* the bytes of a character that is not complete yet */
  GString              *kept;
  guint64               bytes;
  gboolean              full;
} VigSandboxOutput;

void vig_sandbox_output_init  (VigSandboxOutput *self, const VigSandboxSpec *spec, VigOutput stream, int fd);
void vig_sandbox_output_read  (VigSandboxOutput *self); /* what is there now */
void vig_sandbox_output_end   (VigSandboxOutput *self);
void vig_sandbox_output_clear (VigSandboxOutput *self);

G_END_DECLS
