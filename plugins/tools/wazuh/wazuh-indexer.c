/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "wazuh-indexer.h"

#include <string.h>

void
wazuh_hits_free (WazuhHits *hits)
{
  if (hits == NULL)
    return;

  json_array_unref (hits->items);
  json_array_unref (hits->cursors);
  g_free (hits->total);
  g_free (hits->warning);
  g_free (hits);
}

static JsonObject *
wrap (const char *name, JsonObject *inner)
{
  JsonObject *outer = json_object_new ();

  json_object_set_object_member (outer, name, inner);

  return outer;
}

void
wazuh_filter_term (JsonArray *filters, const char *field, const char *value)
{
  JsonObject *term;

  if (value == NULL)
    return;
  term = json_object_new ();
  json_object_set_string_member (term, field, value);
  json_array_add_object_element (filters, wrap ("term", term));
}

void
wazuh_filter_at_least (JsonArray *filters, const char *field, gint64 value)
{
  json_array_add_object_element (filters, wrap ("range", wrap (field, vig_json_pack_object ("{s:I}", "gte", value))));
}

/* NULL: so long ago that there was no such day. */
static GDateTime *
go_back (gint64 number, char unit)
{
  static const char units[] = "smhdw";
  static const gint64 seconds[] = { 1, 60, 3600, 86400, 604800 };
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

  return g_date_time_add_seconds (now, -(double) (number * seconds[strchr (units, unit) - units]));
}

GDateTime *
wazuh_read_time (const char *name, const char *text, GError **error)
{
  gsize digits = strspn (text, "0123456789");
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) time = NULL;
  g_autofree char *whole = strlen (text) == strlen ("2026-01-31") ? g_strconcat (text, "T00:00:00Z", NULL) : g_strdup (text);

  if (digits > 0 && digits < 7 && strlen (text) == digits + 1 && strchr ("smhdw", text[digits]) != NULL)
    time = go_back (g_ascii_strtoll (text, NULL, 10), text[digits]);
  else
    time = g_date_time_new_from_iso8601 (whole, utc);
  if (time != NULL)
    return g_date_time_to_utc (time);

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: write a time as 2026-01-31T12:00:00Z, or how long ago as 24h or 7d", name);

  return NULL;
}

/* FALSE: it is no time. */
static gboolean
set_bound (JsonObject *range, const char *bound, const char *name, const char *text, GError **error)
{
  g_autoptr (GDateTime) time = text != NULL ? wazuh_read_time (name, text, error) : NULL;
  g_autofree char *written = time != NULL ? g_date_time_format_iso8601 (time) : NULL;

  if (written != NULL)
    json_object_set_string_member (range, bound, written);

  return text == NULL || written != NULL;
}

gboolean
wazuh_filter_time (JsonArray *filters, const char *field, const char *since, const char *until, GError **error)
{
  g_autoptr (JsonObject) range = json_object_new ();

  if (!set_bound (range, "gte", "since", since, error) || !set_bound (range, "lte", "until", until, error))
    return FALSE;
  if (json_object_get_size (range) > 0)
    json_array_add_object_element (filters, wrap ("range", wrap (field, g_steal_pointer (&range))));

  return TRUE;
}

static JsonArray *
list_texts (const char *const *texts)
{
  JsonArray *list = json_array_new ();

  for (guint i = 0; texts[i] != NULL; i++)
    json_array_add_string_element (list, texts[i]);

  return list;
}

void
wazuh_filter_text (JsonArray *filters, const char *const *fields, const char *text)
{
  if (text == NULL)
    return;
  json_array_add_object_element (filters, wrap ("simple_query_string",
                                                vig_json_pack_object ("{s:s, s:A, s:s, s:s, s:b}", "query", text, "fields", list_texts (fields), "default_operator",
                                                                      "and", "flags", "PHRASE|AND|OR|NOT|PREFIX", "lenient", TRUE)));
}

/* A cursor is what the indexer sorted the last hit by. */
static char *
encode_cursor (JsonNode *sort)
{
  g_autofree char *text = vig_json_to_string (sort);

  return g_base64_encode ((const guchar *) text, strlen (text));
}

static JsonNode *
decode_cursor (const char *cursor, guint n, GError **error)
{
  gsize length;
  g_autofree guchar *text = g_base64_decode (cursor, &length);
  JsonNode *node = text != NULL && length > 0 ? vig_json_parse ((const char *) text, (gssize) length, 4096, NULL) : NULL;

  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node) && json_array_get_length (json_node_get_array (node)) == n)
    return node;

  g_clear_pointer (&node, json_node_unref);
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/after: this is no `next` of a page of the same question");

  return NULL;
}

static JsonArray *
build_sort (const char *const *fields)
{
  JsonArray *sort = json_array_new ();

  for (guint i = 0; fields[i] != NULL; i++)
    json_array_add_object_element (sort, wrap (fields[i], vig_json_pack_object ("{s:s, s:s}", "order", i == 0 ? "desc" : "asc", "unmapped_type",
                                                                               i == 0 ? "date" : "keyword")));

  return sort;
}

static JsonObject *
build_body (const WazuhSearch *search, GError **error)
{
  g_autoptr (JsonObject) body = vig_json_pack_object ("{s:I, s:A, s:{s:{s:o}}, s:A, s:s}",
                                                      "size", search->limit,
                                                      "_source", list_texts (search->fields),
                                                      "query", "bool", "filter", json_node_init_array (json_node_alloc (), search->filters),
                                                      "sort", build_sort (search->sort),
                                                      "timeout", "20s");
  JsonNode *after = NULL;

  if (search->after == NULL)
    return g_steal_pointer (&body);
  after = decode_cursor (search->after, g_strv_length ((char **) search->sort), error);
  if (after == NULL)
    return NULL;
  json_object_set_member (body, "search_after", after);

  return g_steal_pointer (&body);
}

static void
set_status_error (guint status, JsonObject *answer, const char *missing, GError **error)
{
  JsonObject *cause = vig_json_get_object (answer, "error");
  const char *type = vig_json_get_string (cause, "type", "");
  const char *reason = vig_json_get_string (cause, "reason", "it does not say why");

  if (status == 401)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE, "Wazuh's indexer refused the sign-in: check its user and password under " WAZUH_PLACE_NAME
                         " (they are not those of the server API)");
  else if (status == 403)
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "the user of Wazuh's indexer may not do this: %s", reason);
  else if (status == 404 && g_str_equal (type, "index_not_found_exception") && missing != NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "%s", missing);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "Wazuh's indexer answered with status %u: %s", status, reason);
}

static JsonObject *
send (const WazuhPlace *place, const char *method, const char *path, JsonObject *body, const char *missing, GCancellable *cancellable, GError **error)
{
  g_autofree char *authorization = NULL;
  g_autoptr (JsonNode) node = NULL;
  WazuhRequest request = { method, path, NULL, body };
  guint status = 0;

  if (!wazuh_place_check (place, error))
    return NULL;

  authorization = wazuh_place_basic (place);
  request.authorization = authorization;
  node = wazuh_http_send (place, &request, &status, cancellable, error);
  explicit_bzero (authorization, strlen (authorization));
  if (node == NULL)
    return NULL;
  if (status == 200)
    return json_object_ref (json_node_get_object (node));

  set_status_error (status, json_node_get_object (node), missing, error);

  return NULL;
}

/* What the indexer could not look through is no "nothing found". */
static char *
find_warning (JsonObject *answer)
{
  JsonObject *shards = vig_json_get_object (answer, "_shards");
  gint64 failed = vig_json_get_int (shards, "failed", 0);

  if (failed > 0)
    return g_strdup_printf ("partial: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " shards of the indexer failed; there may be more", failed,
                            vig_json_get_int (shards, "total", 0));

  return vig_json_get_boolean (answer, "timed_out", FALSE) ? g_strdup ("partial: the indexer ran out of time; there may be more") : NULL;
}

static char *
read_total (JsonObject *hits)
{
  JsonObject *total = vig_json_get_object (hits, "total");

  return g_strdup_printf ("%" G_GINT64_FORMAT "%s", vig_json_get_int (total, "value", 0),
                          g_strcmp0 (vig_json_get_string (total, "relation", "eq"), "gte") == 0 ? "+" : "");
}

static WazuhHits *
read_hits (JsonObject *answer, GError **error)
{
  JsonObject *hits = vig_json_get_object (answer, "hits");
  JsonArray *list = hits != NULL ? vig_json_get_array (hits, "hits") : NULL;
  JsonObject *shards = vig_json_get_object (answer, "_shards");
  WazuhHits *self;

  if (list == NULL || (vig_json_get_int (shards, "total", 1) > 0 && vig_json_get_int (shards, "successful", 1) == 0))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE, list == NULL ? "Wazuh's indexer answered without hits" : "all shards of Wazuh's indexer failed");
      return NULL;
    }

  self = g_new0 (WazuhHits, 1);
  self->items = json_array_new ();
  self->cursors = json_array_new ();
  self->total = read_total (hits);
  self->warning = find_warning (answer);
  for (guint i = 0; i < json_array_get_length (list); i++)
    {
      JsonNode *node = json_array_get_element (list, i);
      JsonObject *hit = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      JsonObject *source = hit != NULL ? vig_json_get_object (hit, "_source") : NULL;
      g_autofree char *cursor = hit != NULL && json_object_has_member (hit, "sort") ? encode_cursor (json_object_get_member (hit, "sort")) : NULL;

      if (source == NULL)
        continue;
      json_array_add_object_element (self->items, json_object_ref (source));
      json_array_add_string_element (self->cursors, cursor != NULL ? cursor : "");
    }

  return self;
}

WazuhHits *
wazuh_indexer_search (const WazuhPlace *place, const WazuhSearch *search, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonObject) body = build_body (search, error);
  /* Without these two, an index that is not there would be "0 found". */
  g_autofree char *path = g_strdup_printf ("/%s/_search?ignore_unavailable=false&allow_no_indices=false", search->index);
  g_autoptr (JsonObject) answer = body != NULL ? send (place, "POST", path, body, search->missing, cancellable, error) : NULL;

  return answer != NULL ? read_hits (answer, error) : NULL;
}

char *
wazuh_indexer_get_version (const WazuhPlace *place, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonObject) answer = send (place, "GET", "/", NULL, NULL, cancellable, error);
  const char *number = answer != NULL ? vig_json_get_string (vig_json_get_object (answer, "version"), "number", NULL) : NULL;

  if (answer != NULL && number == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE, "what answers there is no indexer: it does not say its version");

  return g_strdup (number);
}
