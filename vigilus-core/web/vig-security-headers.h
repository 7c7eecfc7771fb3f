/* SPDX-License-Identifier: MIT */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef enum
{
  VIG_CONTENT_API,       /* JSON: nothing in it may load or run */
  VIG_CONTENT_DASHBOARD, /* our own scripts and styles, from this origin only */
  VIG_CONTENT_API_DOCS,  /* Swagger UI and ReDoc write style elements and start a worker from a blob */
} VigContent;

/* The one place that writes them. */
void vig_security_headers_add (SoupMessageHeaders *headers, VigContent content, gboolean https);

G_END_DECLS
