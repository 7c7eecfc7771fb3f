/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Runs the default main context until @cond holds; fails the test after 20 s. */
#define vig_test_wait_for(cond) \
  G_STMT_START { \
    gint64 vig_end_ = g_get_monotonic_time () + 20 * G_USEC_PER_SEC; \
    while (!(cond) && g_get_monotonic_time () < vig_end_) \
      vig_test_iterate (); \
    g_assert_true (cond); \
  } G_STMT_END

void       vig_test_iterate    (void);                  /* one turn of the main context, at most 10 ms */
JsonNode  *vig_test_load_json  (const char *data_path); /* below tests/data; fails the test if it is not there */
char      *vig_test_make_dir   (void);                  /* a fresh temporary directory */
void       vig_test_remove_dir (const char *path);      /* with all that is in it */

G_END_DECLS
