/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

VigTool *web_fetch_tool_new  (void); /* fetch.c */
VigTool *web_search_tool_new (void); /* search.c */

G_END_DECLS
