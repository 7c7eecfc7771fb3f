/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* The Docker part of a server's entry: the form of the endpoint, that TLS's parts are complete, and the folders of Compose projects. */
gboolean vig_store_check_docker (JsonObject *server, GError **error);

G_END_DECLS
