/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-helper.h"

#include <string.h>

#define MAX_NAMES 20

typedef struct
{
  const char *name;
  const char *argv;      /* words; what follows is the argument, if there is one */
  const char *argument;  /* its name, or NULL */
  const char *pattern;   /* of the whole argument, or of each name in it */
  gboolean    many;      /* an array of names */
} Operation;

#define UNIT "[A-Za-z0-9][A-Za-z0-9:_.@\\\\-]{0,120}\\.(service|timer|socket|target)"
#define PACKAGE "[a-z0-9][a-z0-9+.\\-]{0,99}(:[a-z0-9]{2,12})?"
#define USER "[a-z_][a-z0-9_\\-]{0,31}"
#define RULE "(allow|deny|delete allow|delete deny) [0-9]{1,5}(/tcp|/udp)?"

static const Operation operations[] = {
  { "service.start", "systemctl start --", "unit", UNIT, FALSE },
  { "service.stop", "systemctl stop --", "unit", UNIT, FALSE },
  { "service.restart", "systemctl restart --", "unit", UNIT, FALSE },
  { "service.reload", "systemctl reload --", "unit", UNIT, FALSE },
  { "service.enable", "systemctl enable --", "unit", UNIT, FALSE },
  { "service.disable", "systemctl disable --", "unit", UNIT, FALSE },
  { "package.refresh", "apt-get --quiet update", NULL, NULL, FALSE },
  { "package.upgrade", "apt-get --quiet --assume-yes upgrade", NULL, NULL, FALSE },
  { "package.install", "apt-get --quiet --assume-yes install --", "packages", PACKAGE, TRUE },
  { "package.remove", "apt-get --quiet --assume-yes remove --", "packages", PACKAGE, TRUE },
  { "user.lock", "usermod --lock --", "user", USER, FALSE },
  { "user.unlock", "usermod --unlock --", "user", USER, FALSE },
  { "firewall.rule", "ufw", "rule", RULE, FALSE },
  { "system.reboot", "systemctl reboot", NULL, NULL, FALSE },
};

const char vig_helper_schema[] =
  "{\"type\":\"object\",\"properties\":{"
  "\"operation\":{\"enum\":[\"service.start\",\"service.stop\",\"service.restart\",\"service.reload\",\"service.enable\",\"service.disable\","
  "\"package.refresh\",\"package.upgrade\",\"package.install\",\"package.remove\",\"user.lock\",\"user.unlock\",\"firewall.rule\",\"system.reboot\"]},"
  "\"unit\":{\"type\":\"string\",\"maxLength\":130,\"description\":\"Of service.*: a systemd unit, nginx.service\"},"
  "\"packages\":{\"type\":\"array\",\"maxItems\":20,\"items\":{\"type\":\"string\",\"maxLength\":120},\"description\":\"Of package.install and package.remove\"},"
  "\"user\":{\"type\":\"string\",\"maxLength\":32,\"description\":\"Of user.*: a login name\"},"
  "\"rule\":{\"type\":\"string\",\"maxLength\":40,\"description\":\"Of firewall.rule, for ufw: allow 443/tcp, delete allow 8080\"}},"
  "\"required\":[\"operation\"],\"additionalProperties\":false}";

static const Operation *
find_operation (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    if (strcmp (operations[i].name, name) == 0)
      return &operations[i];

  return NULL;
}

gboolean
vig_helper_has_operation (const char *name)
{
  return find_operation (name) != NULL;
}

static gboolean
check_word (const Operation *operation, JsonNode *node, GError **error)
{
  const char *word = node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;
  g_autofree char *whole = g_strconcat ("\\A(?:", operation->pattern, ")\\z", NULL);

  if (word != NULL && g_regex_match_simple (whole, word, 0, 0))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s: this is nothing that %s takes", operation->argument, operation->name);

  return FALSE;
}

static gboolean
add_array (const Operation *operation, JsonNode *node, GStrvBuilder *argv, GError **error)
{
  JsonArray *names = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint n = names != NULL ? json_array_get_length (names) : 0;

  if (n == 0 || n > MAX_NAMES)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s: %s takes 1 to %d names", operation->argument, operation->name, MAX_NAMES);
      return FALSE;
    }
  for (guint i = 0; i < n; i++)
    {
      if (!check_word (operation, json_array_get_element (names, i), error))
        return FALSE;
      g_strv_builder_add (argv, json_array_get_string_element (names, i));
    }

  return TRUE;
}

static gboolean
add_argument (const Operation *operation, JsonObject *arguments, GStrvBuilder *argv, GError **error)
{
  JsonNode *node = json_object_get_member (arguments, operation->argument);
  g_auto (GStrv) words = NULL;

  if (node == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s: %s needs it", operation->argument, operation->name);
      return FALSE;
    }
  if (operation->many)
    return add_array (operation, node, argv, error);
  if (!check_word (operation, node, error))
    return FALSE;

  words = g_strsplit (json_node_get_string (node), " ", -1);
  g_strv_builder_addv (argv, (const char **) words);

  return TRUE;
}

char **
vig_helper_make_argv (const char *name, JsonObject *arguments, GError **error)
{
  const Operation *operation = find_operation (name);
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();
  g_auto (GStrv) words = NULL;

  if (operation == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "operation: there is no operation %.64s", name);
      return NULL;
    }

  words = g_strsplit (operation->argv, " ", -1);
  g_strv_builder_addv (argv, (const char **) words);
  if (operation->argument != NULL && !add_argument (operation, arguments, argv, error))
    return NULL;

  return g_strv_builder_end (argv);
}
