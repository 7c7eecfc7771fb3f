/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-approval-terms.h"

#include "vig-id.h"
#include "vig-resource.h"
#include "vig-store-approvals.h"

#define MINUTE          (60 * G_USEC_PER_SEC)
#define MINUTES_PER_DAY (24 * 60)

static gboolean
has_mode (JsonObject *terms, const char *mode)
{
  return g_str_equal (vig_json_get_string (terms, "mode", "once"), mode);
}

JsonObject *
vig_approval_terms_new (JsonObject *decision, JsonObject *approval, JsonObject *edit)
{
  JsonObject *from = edit != NULL ? edit : approval;
  JsonObject *terms;

  terms = vig_json_pack_object ("{s:s, s:I, s:s, s:s, s:s, s:s}",
                                "mode", vig_json_get_string (decision, "mode", "once"),
                                "minutes", vig_json_get_int (decision, "minutes", 0),
                                "resource", vig_json_get_string (decision, "resource", NULL),
                                "level", vig_json_get_string (from, "level", "elevate"),
                                "asked", vig_json_get_string (from, "resource", NULL),
                                "arguments_sha256", vig_json_get_string (from, "arguments_sha256", ""));
  if (edit != NULL)
    {
      json_object_set_object_member (terms, "arguments", json_object_ref (vig_json_get_object (edit, "arguments")));
      json_object_set_object_member (terms, "shown", json_object_ref (vig_json_get_object (edit, "shown")));
    }

  return terms;
}

gboolean
vig_approval_terms_may_stand (JsonObject *settings, const char *level, gint64 times)
{
  gint64 after = vig_json_get_int (settings, "standing_grant_after", 0);

  return after > 0 && times >= after && !g_str_equal (level, "elevate");
}

static gboolean
settle_minutes (JsonObject *terms, JsonObject *settings, GError **error)
{
  gint64 most = vig_json_get_int (settings, "grant_minutes_max", 60);
  gint64 usual = has_mode (terms, "conversation") ? most : MIN (vig_json_get_int (settings, "grant_minutes_default", 10), most);
  gint64 minutes = vig_json_get_int (terms, "minutes", 0);

  if (has_mode (terms, "standing"))
    minutes = vig_json_get_int (settings, "standing_grant_days", 30) * MINUTES_PER_DAY;
  else if (minutes == 0)
    minutes = usual;
  else if (minutes < 1 || minutes > most)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "minutes: must be between 1 and %" G_GINT64_FORMAT, most);
      return FALSE;
    }
  json_object_set_int_member (terms, "minutes", minutes);

  return TRUE;
}

static char *
refuse_resource (const char *asked, GError **error)
{
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "resource: must lie within what was asked for (%s)", asked != NULL ? asked : "everything");

  return NULL;
}

/* What the grant covers, as a pattern: what was asked, or a narrower one that the person typed. Where the call names nothing, "*" is
 * the person's word for everything. NULL without error: exactly these arguments. */
static char *
choose_resource (JsonObject *terms, GError **error)
{
  const char *asked = vig_json_get_string (terms, "asked", NULL);
  const char *typed = vig_json_get_string (terms, "resource", NULL);
  g_autofree char *escaped = vig_resource_escape (asked);
  g_autofree char *pattern = NULL;

  if (typed == NULL || g_strcmp0 (typed, asked) == 0)
    return g_steal_pointer (&escaped);
  if (g_str_equal (typed, "*"))
    return asked == NULL ? g_strdup ("*") : refuse_resource (asked, error);

  pattern = vig_resource_canonical_pattern (typed);
  if (pattern == NULL || asked == NULL || !vig_resource_covers (escaped, pattern))
    return refuse_resource (asked, error);

  return g_steal_pointer (&pattern);
}

static gboolean
check_standing (JsonObject *terms, VigDbConnection *db, JsonObject *approval, JsonObject *settings, GError **error)
{
  gint64 times = vig_store_approvals_count_same (db, approval, error);

  if (times < 0)
    return FALSE;
  if (vig_json_get_string (terms, "resource", NULL) != NULL || json_object_has_member (terms, "arguments"))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "mode: a standing grant covers exactly the arguments that were asked for, nothing else");
      return FALSE;
    }
  if (vig_approval_terms_may_stand (settings, vig_json_get_string (terms, "level", "elevate"), times))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID,
                       "mode: a standing grant is there only for what was approved several times just so, and never for the level elevate");

  return FALSE;
}

gboolean
vig_approval_terms_settle (JsonObject *terms, VigDbConnection *db, JsonObject *approval, JsonObject *settings, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *covers = NULL;

  if (!settle_minutes (terms, settings, error))
    return FALSE;
  if (has_mode (terms, "standing") && !check_standing (terms, db, approval, settings, error))
    return FALSE;

  covers = choose_resource (terms, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (covers != NULL)
    json_object_set_string_member (terms, "covers", covers);
  else
    json_object_set_null_member (terms, "covers");

  return TRUE;
}

JsonObject *
vig_approval_terms_build_grant (JsonObject *terms, JsonObject *approval, const char *granted_by, gint64 now)
{
  g_autofree char *expires_at = vig_time_to_iso (now + vig_json_get_int (terms, "minutes", 1) * MINUTE);
  JsonObject *grant;

  grant = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                                "approval_id", vig_json_get_string (approval, "id", ""),
                                "operator_id", vig_json_get_string (approval, "operator_id", ""),
                                "operator_name", vig_json_get_string (approval, "operator_name", ""),
                                "tool", vig_json_get_string (approval, "tool", ""),
                                "level", vig_json_get_string (terms, "level", ""),
                                "resource", vig_json_get_string (terms, "covers", NULL),
                                "mode", vig_json_get_string (terms, "mode", "once"),
                                "arguments_sha256", vig_json_get_string (terms, "arguments_sha256", ""),
                                "granted_by", granted_by,
                                "expires_at", expires_at);
  if (has_mode (terms, "conversation"))
    json_object_set_string_member (grant, "session_id", vig_json_get_string (approval, "session_id", ""));

  return grant;
}

static gboolean
lists (JsonArray *levels, const char *level)
{
  for (guint i = 0; levels != NULL && i < json_array_get_length (levels); i++)
    if (g_str_equal (json_array_get_string_element (levels, i), level))
      return TRUE;

  return FALSE;
}

/* As it stood when it was asked, or as it stands now: the stricter. */
gboolean
vig_approval_terms_need_second (JsonObject *terms, JsonObject *approval, JsonObject *settings)
{
  return vig_json_get_int (approval, "approvers_needed", 1) > 1
         || lists (vig_json_get_array (settings, "second_approver_levels"), vig_json_get_string (terms, "level", "elevate"));
}
