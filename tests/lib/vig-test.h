/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Nothing takes this long, on a slow and busy machine too: a limit for what must not hang. */
#define VIG_TEST_SECONDS 100

/* Runs the default main context until @cond holds; fails the test after VIG_TEST_SECONDS. */
#define vig_test_wait_for(cond) \
  G_STMT_START { \
    gint64 vig_end_ = vig_test_deadline (); \
    while (!(cond) && g_get_monotonic_time () < vig_end_) \
      vig_test_iterate (); \
    g_assert_true (cond); \
  } G_STMT_END

gint64     vig_test_deadline   (void);                  /* VIG_TEST_SECONDS from now, by the monotonic clock */
void       vig_test_iterate    (void);                  /* one turn of the main context, at most 10 ms */

/* Fails unless @work on 8 times @n takes this thread's processor about 8 times as long: by the square it would be 64 times. Choose an @n whose square
 * shows. What else the machine does hardly counts: the best of some attempts does. */
typedef void (*VigTestWork) (guint n, gpointer user_data);
void       vig_test_assert_linear (VigTestWork work, guint n, gpointer user_data);

JsonNode  *vig_test_load_json  (const char *data_path); /* below tests/data; fails the test if it is not there */
GPtrArray *vig_test_load_secrets (const char *name);    /* rows of tests/data/secrets, {text, secret, kind}: JsonObject */
char      *vig_test_make_dir   (void);                  /* a fresh temporary directory */
void       vig_test_remove_dir (const char *path);      /* with all that is in it */

G_END_DECLS
