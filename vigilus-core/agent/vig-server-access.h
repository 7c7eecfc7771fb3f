/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

#include <vigilus/vig-server-private.h>

G_BEGIN_DECLS

/* The inventory as tools see it: servers with their credentials opened. What blocks runs on a worker thread. */

/* What is stored of a server: its row, its credential's token or NULL, and so on for the server through which it is reached. */
typedef struct _VigServerEntry VigServerEntry;
struct _VigServerEntry
{
  JsonObject     *server; /* schema Server */
  char           *sealed;
  char           *docker_sealed; /* that of its Docker endpoint */
  VigServerEntry *jump;
};

VigServerEntry  *vig_server_entry_load      (VigDbConnection *db, const char *id, GError **error);
void             vig_server_entry_free      (VigServerEntry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigServerEntry, vig_server_entry_free)

/* Pinning writes to the database and records it. */
VigServer       *vig_server_open            (const VigAgentContext *context, VigServerEntry *entry, GError **error);
/* Blocks. By name without regard to case, among those that the Operator may use in this run; NOT_FOUND names them. DENIED: the Operator may, but
 * one who asked for the run may not. */
VigServer       *vig_server_find            (const VigAgentContext *context, const char *operator_id, const char *run_id, const char *name, GError **error);
/* The tool that reaches servers, or NULL where its plugin is missing. Main thread. */
VigServerAccess *vig_server_access_find     (VigRegistry *registry);
/* The tool that knows of Docker, or NULL. Main thread. */
VigServerService *vig_server_service_find   (VigRegistry *registry);
/* Tests the connection, and by the member "docker" what the entry names beside it. @service: or NULL. Blocks. */
JsonNode        *vig_server_test            (VigServer *server, VigServerAccess *access, VigServerService *service, GCancellable *cancellable, GError **error);
/* Lets @context's undo put back files of servers. */
void             vig_server_access_set_undo (VigAgentContext *context);
/* The tool "servers.list". */
VigTool         *vig_servers_tool_new       (VigDb *db);

G_END_DECLS
