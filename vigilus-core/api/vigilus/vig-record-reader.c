/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-record-reader.h"

G_DEFINE_INTERFACE (VigRecordReader, vig_record_reader, G_TYPE_OBJECT)

static void
vig_record_reader_default_init (VigRecordReaderInterface *iface)
{
}

JsonArray *
vig_record_reader_read_scan (VigRecordReader *self, const char *text, gsize length, GError **error)
{
  g_return_val_if_fail (VIG_IS_RECORD_READER (self), NULL);
  g_return_val_if_fail (text != NULL, NULL);

  return VIG_RECORD_READER_GET_IFACE (self)->read_scan (self, text, length, error);
}
