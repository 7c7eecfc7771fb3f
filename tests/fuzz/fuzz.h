/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

/* What a fuzzer is: it must hold for any bytes, or abort. */
int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

/* Like g_assert (), which G_DISABLE_ASSERT could take out. */
#define fuzz_must(cond) \
  G_STMT_START { \
    if (!(cond)) \
      { \
        g_printerr ("%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond); \
        abort (); \
      } \
  } G_STMT_END
