/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-usage.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define ENTRY \
  "SELECT at, operator_name, purpose, provider_name, model, session_id, run_id, message_id, input_tokens, output_tokens, cached_tokens," \
  " reasoning_tokens, cost_micros, unpriced, estimated, at || ':' || seq AS cursor FROM usage "
#define ENTRY_TYPES "tsssssssiiiiibb-"
#define CURSOR_COLUMN 15

/* ?1 whose, ?2 from, ?3 to, ?4 Operator. */
#define WHOSE_ANY "WHERE at >= ?2 AND at < ?3 AND (?4 IS NULL OR coalesce (operator_name, '') = ?4) AND (?1 IS NULL OR TRUE) "
#define WHOSE_OWN "WHERE user_id = ?1 AND at >= ?2 AND at < ?3 AND (?4 IS NULL OR coalesce (operator_name, '') = ?4) "

#define SUMS \
  "count(*) AS answers, sum (input_tokens) AS input_tokens, sum (output_tokens) AS output_tokens, sum (cached_tokens) AS cached_tokens," \
  " sum (reasoning_tokens) AS reasoning_tokens, sum (cost_micros) AS cost_micros, sum (unpriced) AS unpriced, sum (estimated) AS estimated FROM usage "
#define SUM_TYPES "siiiiiiii"

gboolean
vig_store_usage_add (VigDbConnection *db, JsonObject *entry, GError **error)
{
  return vig_db_exec (db, error,
                      "INSERT INTO usage (at, user_id, operator_name, purpose, provider_name, model, session_id, run_id, message_id, input_tokens,"
                      " output_tokens, cached_tokens, reasoning_tokens, cost_micros, unpriced, estimated)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
                      "issssssssiiiiibb", vig_time_now (),
                      vig_json_get_string (entry, "user_id", ""),
                      vig_json_get_string (entry, "operator_name", NULL),
                      vig_json_get_string (entry, "purpose", ""),
                      vig_json_get_string (entry, "provider_name", NULL),
                      vig_json_get_string (entry, "model", NULL),
                      vig_json_get_string (entry, "session_id", NULL),
                      vig_json_get_string (entry, "run_id", NULL),
                      vig_json_get_string (entry, "message_id", NULL),
                      vig_json_get_int (entry, "input_tokens", 0),
                      vig_json_get_int (entry, "output_tokens", 0),
                      vig_json_get_int (entry, "cached_tokens", 0),
                      vig_json_get_int (entry, "reasoning_tokens", 0),
                      vig_json_get_int (entry, "cost_micros", 0),
                      vig_json_get_boolean (entry, "unpriced", FALSE),
                      vig_json_get_boolean (entry, "estimated", FALSE));
}

static gboolean
read_cursor (const VigPage *page, gint64 *at, gint64 *seq, GError **error)
{
  g_autofree char *key = NULL;
  g_auto (GStrv) parts = NULL;

  *at = *seq = G_MAXINT64;
  if (!vig_store_cursor_text (page, "usage", &key, error))
    return FALSE;
  if (key == NULL)
    return TRUE;

  parts = g_strsplit (key, ":", 2);
  if (g_strv_length (parts) == 2 && g_ascii_string_to_signed (parts[0], 10, 0, G_MAXINT64, at, NULL)
      && g_ascii_string_to_signed (parts[1], 10, 0, G_MAXINT64, seq, NULL))
    return TRUE;
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "after is not a cursor of this list");

  return FALSE;
}

JsonObject *
vig_store_usage_list (VigDbConnection *db, const VigUsageFilter *filter, const VigPage *page, GError **error)
{
  static const char any[] = ENTRY WHOSE_ANY "AND (at, seq) < (?5, ?6) ORDER BY at DESC, seq DESC LIMIT ?7";
  static const char own[] = ENTRY WHOSE_OWN "AND (at, seq) < (?5, ?6) ORDER BY at DESC, seq DESC LIMIT ?7";
  gint64 at, seq;

  if (!read_cursor (page, &at, &seq, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error, filter->user_id != NULL ? own : any, "siisiii", filter->user_id, filter->from, filter->to,
                                               filter->operator_name, at, seq, vig_store_page_limit (page) + 1),
                                 ENTRY_TYPES, page, "usage", CURSOR_COLUMN, error);
}

/* The name that a total has, by what it is made of. */
static const char *
get_key (const char *by)
{
  if (g_str_equal (by, "day"))
    return "date ((at + ?5 * 60000000) / 1000000, 'unixepoch')";

  return g_str_equal (by, "operator") ? "coalesce (operator_name, '')" : "coalesce (model, '')";
}

JsonObject *
vig_store_usage_sum (VigDbConnection *db, const VigUsageFilter *filter, const char *by, const VigPage *page, GError **error)
{
  gboolean is_day = g_str_equal (by, "day");
  g_autofree char *list = g_strconcat ("usage-", by, NULL);
  g_autofree char *after = NULL;
  g_autofree char *sql = NULL;

  if (!vig_store_cursor_text (page, list, &after, error))
    return NULL;

  sql = g_strdup_printf ("SELECT %s AS name, " SUMS "%s AND (?5 IS NULL OR TRUE) AND (?6 IS NULL OR name %s ?6) GROUP BY name ORDER BY name%s LIMIT ?7",
                         get_key (by), filter->user_id != NULL ? WHOSE_OWN : WHOSE_ANY, is_day ? "<" : ">", is_day ? " DESC" : "");

  return vig_store_page_collect (vig_db_query (db, error, sql, "siisisi", filter->user_id, filter->from, filter->to, filter->operator_name,
                                               filter->offset, after, vig_store_page_limit (page) + 1),
                                 SUM_TYPES, page, list, 0, error);
}
