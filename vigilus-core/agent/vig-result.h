/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What a tool returned, as text for people and models: a string as it is, an object as JSON. */
char    *vig_result_to_text    (JsonNode *result);
/* A tool says so itself: a true member `is_error`, or an `exit_status` other than 0. */
gboolean vig_result_is_failure (JsonNode *result);
/* So it says itself: a true member `timed_out` or `may_have_happened`, of its own or of one of its `results`: what changes things may have done so. */
gboolean vig_result_is_unknown (JsonNode *result);

/* At most @limit bytes of @text: its head and its tail, with a line between that says what is missing. */
char    *vig_result_cap        (const char *text, gsize limit, gboolean *truncated);

/* How a model is shown a result: as data between marks that the data itself can't contain, characters that people can't see made
 * visible. */
char    *vig_result_frame      (const char *tool, const char *text);
/* The same with a word of ours before the frame, where no result can put one. @note: NULL, none. */
char    *vig_result_frame_with_note (const char *tool, const char *text, const char *note);
/* Text with frames in it as it is shown to who needs no warning: what is between the marks. */
char    *vig_result_unframe    (const char *text);

G_END_DECLS
