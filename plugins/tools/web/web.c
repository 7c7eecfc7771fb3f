/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "web.h"

#include <libxml/parser.h>

static gboolean
activate (VigHost *host, GError **error)
{
  /* Before any thread parses. */
  xmlInitParser ();
  vig_host_add_tool (host, web_fetch_tool_new ());
  vig_host_add_tool (host, web_search_tool_new ());

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "web", activate, NULL };
