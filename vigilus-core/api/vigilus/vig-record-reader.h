/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-json.h"

G_BEGIN_DECLS

/* A second interface of a VigTool that can read what its program has written elsewhere, such as the XML of a scan. */
#define VIG_TYPE_RECORD_READER (vig_record_reader_get_type ())
VIG_API GType vig_record_reader_get_type (void);
G_DECLARE_INTERFACE (VigRecordReader, vig_record_reader, VIG, RECORD_READER, GObject)

struct _VigRecordReaderInterface
{
  GTypeInterface g_iface;

  /* Records of the kind "network-scan", as vig_invocation_keep_record () takes them; INVALID says what is wrong with the text. On a worker thread. */
  JsonArray *(*read_scan) (VigRecordReader *self, const char *text, gsize length, GError **error);
};

VIG_API JsonArray *vig_record_reader_read_scan (VigRecordReader *self, const char *text, gsize length, GError **error);

G_END_DECLS
