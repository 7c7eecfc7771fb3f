/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-search.h"
#include "vig-web.h"
#include "vig-words.h"

#define SNIPPET    180 /* characters */
#define MAX_TITLES 8

/* The snippet is cut from the redacted text, so that no half of a secret is left in it. */
static void
show_hit (JsonObject *hit, char **words, VigRedactor *redactor)
{
  g_autofree char *text = vig_redactor_apply (redactor, vig_json_get_string (hit, "text", ""));
  g_autofree char *title = vig_redactor_apply (redactor, vig_json_get_string (hit, "session_title", ""));

  json_object_remove_member (hit, "text");
  json_object_set_string_member (hit, "session_title", title);
  json_object_set_array_member (hit, "snippet", vig_words_snippet (text, words, SNIPPET));
}

static JsonNode *
search_messages (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *user_id = vig_request_get_caller (request)->user_id;
  VigRedactor *redactor = vig_request_get_web (request)->context.agent->redactor;
  VigPage page = vig_request_get_page (request);
  g_auto (GStrv) words = vig_words_split (vig_json_get_string (vig_request_get_parameters (request), "text", ""));
  g_autofree char *fts = vig_words_to_fts (words);
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (JsonArray) titles = NULL;
  JsonArray *items;

  if (words[0] == NULL)
    {
      vig_request_blame (request, "text", error, "text: has no word in it to search for");
      return NULL;
    }

  list = vig_store_search_messages (db, user_id, fts, &page, error);
  titles = list != NULL && page.after == NULL ? vig_store_search_titles (db, user_id, words, MAX_TITLES, error) : json_array_new ();
  if (list == NULL || titles == NULL)
    return NULL;

  items = vig_json_get_array (list, "items");
  for (guint i = 0; i < json_array_get_length (items); i++)
    show_hit (json_array_get_object_element (items, i), words, redactor);
  json_object_set_array_member (list, "sessions", g_steal_pointer (&titles));

  return vig_node_take_object (g_steal_pointer (&list));
}

const VigRoute VIG_ROUTES_SEARCH[] = {
  { "searchMessages", .read = search_messages },
  { NULL },
};
