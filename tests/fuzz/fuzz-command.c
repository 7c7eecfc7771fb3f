/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Any line has a level and words for it, twice the same; put behind another command it has no lower one. */
int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *line = g_strndup ((const char *) data, size);
  g_autofree char *valid = g_utf8_make_valid (line, -1);
  g_autofree char *longer = g_strdup_printf ("df -h\n%s", valid);
  g_autoptr (VigCommand) command = vig_command_parse (valid);
  g_autoptr (VigCommand) again = vig_command_parse (longer);
  g_autoptr (VigCommand) raw = vig_command_parse (line);
  g_autofree char *words = vig_command_explain (command);

  fuzz_must (g_utf8_validate (words, -1, NULL));
  fuzz_must (vig_command_get_level (command) <= VIG_LEVEL_ELEVATE);
  fuzz_must (vig_command_get_level (again) >= vig_command_get_level (command));
  fuzz_must (strcmp (line, valid) == 0 || vig_command_get_level (raw) == VIG_LEVEL_ELEVATE);

  return 0;
}
