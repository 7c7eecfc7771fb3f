/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-remote.h"

G_BEGIN_DECLS

/* A tool of a VigRemote, as it describes itself in tools/list. */
#define VIG_TYPE_REMOTE_TOOL (vig_remote_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigRemoteTool, vig_remote_tool, VIG, REMOTE_TOOL, GObject)

/* What MCP has no word for stands under these names in "_meta". */
#define VIG_META_LEVEL   "vigilus/level"
#define VIG_META_TIMEOUT "vigilus/timeout"
#define VIG_META_HOST    "vigilus/host"
#define VIG_META_OUTWARD "vigilus/outward"
#define VIG_META_CALL    "vigilus/call"
#define VIG_META_ERROR   "vigilus/error"
#define VIG_NOTIFY_OUTPUT "notifications/vigilus/output"

/* Its level is at least @least; VIG_ERROR_DENIED where it declares more than @most, or needs files of this host. */
VigTool    *vig_remote_tool_new      (VigRemote *remote, JsonObject *description, VigLevel least, VigLevel most, GError **error);

/* The other way round: what stands in tools/list of a tool, and of its outcome in the answer to tools/call. */
JsonObject *vig_remote_tool_describe (const VigToolInfo *info);
JsonObject *vig_remote_tool_pack_outcome   (JsonNode *node, const GError *error);
JsonNode   *vig_remote_tool_unpack_outcome (JsonObject *result, GError **error);

G_END_DECLS
