/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-conversation-export.h"
#include "vig-store-sessions.h"
#include "vig-web.h"

#include <string.h>

/* Letters and digits of the title, for a file. */
static char *
make_file_name (JsonObject *session, const char *suffix)
{
  g_autoptr (GString) name = g_string_new (NULL);
  const char *title = vig_json_get_string (session, "title", "");

  for (const char *p = title; *p != '\0' && name->len < 60; p++)
    if (g_ascii_isalnum (*p))
      g_string_append_c (name, g_ascii_tolower (*p));
    else if (name->len > 0 && name->str[name->len - 1] != '-')
      g_string_append_c (name, '-');
  while (name->len > 0 && name->str[name->len - 1] == '-')
    g_string_truncate (name, name->len - 1);

  return g_strdup_printf ("%s%s", name->len > 0 ? name->str : "conversation", suffix);
}

static gpointer
find_session (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_sessions_get (db, vig_request_get_caller (data)->user_id, vig_request_get_id (data), error);
}

static void
session_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) session = vig_db_finish (VIG_DB (source), result, &error);
  gboolean is_json = g_str_equal (vig_json_get_string (vig_request_get_parameters (request), "format", "markdown"), "json");
  VigRedactor *redactor = vig_request_get_web (request)->context.agent->redactor;
  g_autofree char *name = NULL;

  if (session == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  name = make_file_name (session, is_json ? ".json" : ".md");
  vig_web_download (request, is_json ? "application/json" : "text/markdown; charset=utf-8", name, vig_conversation_export_piece,
                    vig_conversation_export_new (session, is_json, redactor), vig_conversation_export_free);
}

static void
export_session (VigRequest *request)
{
  vig_db_read_async (vig_request_get_web (request)->context.agent->db, find_session, request, NULL, (GDestroyNotify) json_object_unref, NULL,
                     session_found, vig_request_ref (request));
}

const VigRoute VIG_ROUTES_EXPORT[] = {
  { "exportSession", .handle = export_session },
  { NULL },
};
