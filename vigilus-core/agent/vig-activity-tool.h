/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"

G_BEGIN_DECLS

/* vigilus.activity: what was asked and done, as far as who asks may see it. */
#define VIG_TYPE_ACTIVITY_TOOL (vig_activity_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigActivityTool, vig_activity_tool, VIG, ACTIVITY_TOOL, GObject)

VigTool *vig_activity_tool_new (VigDb *db, VigRedactor *redactor);

G_END_DECLS
