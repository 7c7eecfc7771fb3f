/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-usage.h"
#include "vig-web.h"

#define DEFAULT_DAYS 30
#define DAY          (24 * G_TIME_SPAN_HOUR)

/* The beginning of a day that is written as 2026-01-31, so many minutes east of UTC. */
static gboolean
read_day (VigRequest *request, const char *name, gint64 offset, gint64 *time, GError **error)
{
  const char *text = vig_json_get_string (vig_request_get_parameters (request), name, NULL);
  g_auto (GStrv) parts = text != NULL ? g_strsplit (text, "-", 3) : NULL;
  g_autoptr (GDateTime) day = NULL;

  if (text == NULL)
    return TRUE;
  if (g_strv_length (parts) == 3)
    day = g_date_time_new_utc ((int) g_ascii_strtoll (parts[0], NULL, 10), (int) g_ascii_strtoll (parts[1], NULL, 10),
                               (int) g_ascii_strtoll (parts[2], NULL, 10), 0, 0, 0);
  if (day != NULL)
    {
      *time = g_date_time_to_unix (day) * G_USEC_PER_SEC - offset * G_TIME_SPAN_MINUTE;
      return TRUE;
    }
  vig_request_blame (request, name, error, "%s: %s is not a day", name, text);

  return FALSE;
}

/* Own ones; everybody's are for administrators. */
static gboolean
read_filter (VigRequest *request, VigUsageFilter *filter, GError **error)
{
  JsonObject *parameters = vig_request_get_parameters (request);
  gboolean everybody = vig_json_get_boolean (parameters, "everybody", FALSE);

  if (everybody && vig_request_get_login (request)->role < VIG_ROLE_ADMINISTRATOR)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, "what everybody used is for administrators to see");
      return FALSE;
    }

  filter->user_id = everybody ? NULL : vig_request_get_caller (request)->user_id;
  filter->operator_name = vig_json_get_string (parameters, "operator", NULL);
  filter->offset = vig_json_get_int (parameters, "offset", 0);
  filter->to = vig_time_now () + DAY;
  filter->from = filter->to - DAY * (DEFAULT_DAYS + 1);
  if (!read_day (request, "from", filter->offset, &filter->from, error) || !read_day (request, "to", filter->offset, &filter->to, error))
    return FALSE;
  if (vig_json_get_string (parameters, "to", NULL) != NULL)
    filter->to += DAY;

  return TRUE;
}

static JsonNode *
list_usage (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  VigUsageFilter filter;

  return read_filter (request, &filter, error) ? vig_node_take_object (vig_store_usage_list (db, &filter, &page, error)) : NULL;
}

static JsonNode *
sum_usage (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  const char *by = vig_json_get_string (vig_request_get_parameters (request), "by", "day");
  VigUsageFilter filter;

  return read_filter (request, &filter, error) ? vig_node_take_object (vig_store_usage_sum (db, &filter, by, &page, error)) : NULL;
}

const VigRoute VIG_ROUTES_USAGE[] = {
  { "listUsage", .read = list_usage },
  { "sumUsage", .read = sum_usage },
  { NULL },
};
