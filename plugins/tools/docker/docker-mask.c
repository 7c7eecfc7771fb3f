/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-mask.h"

#include "docker-json.h"

#include <string.h>

static const char *const harmless[] = {
  "DEBIAN_FRONTEND", "DISPLAY", "EDITOR", "GID", "GROUP_ID", "HOME", "HOSTNAME", "JAVA_HOME", "LANG", "LANGUAGE", "LOG_LEVEL", "LOGLEVEL", "NODE_ENV", "PAGER",
  "PATH", "PGDATA", "PGID", "PORT", "PUID", "PWD", "SHELL", "SHLVL", "TERM", "TZ", "UID", "UMASK", "USER_ID", NULL,
};

static gboolean
is_harmless (const char *name)
{
  return g_strv_contains (harmless, name) || g_str_has_prefix (name, "LC_") || g_str_has_suffix (name, "_VERSION");
}

JsonArray *
docker_mask_environment (JsonArray *environment)
{
  JsonArray *rows = json_array_new ();

  for (guint i = 0; i < docker_length (environment); i++)
    {
      const char *text = docker_text_at (environment, i);
      const char *equals = text != NULL ? strchr (text, '=') : NULL;
      g_autofree char *name = equals != NULL ? g_strndup (text, (gsize) (equals - text)) : g_strdup (text);

      json_array_add_object_element (rows, vig_json_pack_object ("{s:s, s:s}", "name", name,
                                                                 "value", equals == NULL || equals[1] == '\0' ? "" : is_harmless (name) ? equals + 1 : DOCKER_HIDDEN));
    }

  return rows;
}
