/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-request.h"

G_BEGIN_DECLS

/* The operation readHttpToolsImport: fetches and reads an OpenAPI document on a worker thread, and says what can be made of it. */
void vig_http_import_read (VigRequest *request);

/* Fails the request; "/url: ..." names the member that a form marks. */
void vig_http_fail_about  (VigRequest *request, const GError *error);

G_END_DECLS
