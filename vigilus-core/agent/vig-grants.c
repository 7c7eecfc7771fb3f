/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-grants.h"

#include <string.h>

#include "vig-id.h"
#include "vig-resource.h"

/* Separates these signatures from all others that one key could make. */
#define SIGNED_PREFIX "vigilus-grant-1\n"

/* All that decides what a grant covers, in the one form that RFC 8785 gives it. */
static char *
serialise (JsonObject *grant)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *canonical = NULL;

  node = vig_json_pack ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                        "id", vig_json_get_string (grant, "id", NULL),
                        "created_at", vig_json_get_string (grant, "created_at", NULL),
                        "approval_id", vig_json_get_string (grant, "approval_id", NULL),
                        "operator_id", vig_json_get_string (grant, "operator_id", NULL),
                        "tool", vig_json_get_string (grant, "tool", NULL),
                        "level", vig_json_get_string (grant, "level", NULL),
                        "resource", vig_json_get_string (grant, "resource", NULL),
                        "mode", vig_json_get_string (grant, "mode", NULL),
                        "arguments_sha256", vig_json_get_string (grant, "arguments_sha256", NULL),
                        "granted_by", vig_json_get_string (grant, "granted_by", NULL),
                        "expires_at", vig_json_get_string (grant, "expires_at", NULL));
  if (vig_json_get_string (grant, "session_id", NULL) != NULL)
    json_object_set_string_member (json_node_get_object (node), "session_id", vig_json_get_string (grant, "session_id", NULL));
  canonical = vig_json_to_canonical (node);

  return g_strconcat (SIGNED_PREFIX, canonical, NULL);
}

static char *
sign (GBytes *key, JsonObject *grant)
{
  g_autofree char *text = serialise (grant);

  return g_compute_hmac_for_string (G_CHECKSUM_SHA256, g_bytes_get_data (key, NULL), g_bytes_get_size (key), text, -1);
}

static gboolean
equal_in_constant_time (const char *a, const char *b)
{
  gsize length = strlen (a);
  guchar difference = 0;

  if (strlen (b) != length)
    return FALSE;

  for (gsize i = 0; i < length; i++)
    difference |= (guchar) (a[i] ^ b[i]);

  return difference == 0;
}

static gboolean
verify (GBytes *key, JsonObject *grant)
{
  g_autofree char *expected = sign (key, grant);

  return equal_in_constant_time (expected, vig_json_get_string (grant, "signature", ""));
}

static gboolean
same_text (JsonObject *grant, const char *name, const char *wanted)
{
  const char *text = vig_json_get_string (grant, name, NULL);

  return text != NULL && wanted != NULL && g_str_equal (text, wanted);
}

static gboolean
is_live (JsonObject *grant, gint64 now)
{
  g_autofree char *now_text = vig_time_to_iso (now);

  return vig_json_get_string (grant, "used_at", NULL) == NULL
         && vig_json_get_string (grant, "revoked_at", NULL) == NULL
         && strcmp (vig_json_get_string (grant, "expires_at", ""), now_text) > 0;
}

static gboolean
is_once (JsonObject *grant)
{
  return g_str_equal (vig_json_get_string (grant, "mode", "once"), "once");
}

static gboolean
is_for_exact_arguments (JsonObject *grant)
{
  return vig_json_get_string (grant, "resource", NULL) == NULL || is_once (grant)
         || g_str_equal (vig_json_get_string (grant, "mode", ""), "standing");
}

/* The same arguments can reach something else than what was approved: a link, a working directory or an HTTP tool's URL may have changed since. */
static gboolean
covers_what (JsonObject *grant, const VigGrantQuery *query)
{
  const char *resource = vig_json_get_string (grant, "resource", NULL);

  if (is_for_exact_arguments (grant) && !same_text (grant, "arguments_sha256", query->arguments_sha256))
    return FALSE;

  return resource == NULL ? query->resource == NULL : vig_resource_covers (resource, query->resource);
}

static gboolean
is_of_conversation (JsonObject *grant, const VigGrantQuery *query)
{
  return vig_json_get_string (grant, "session_id", NULL) == NULL || same_text (grant, "session_id", query->session_id);
}

/* Is it intact, alive at @now (microseconds), and does it cover this call? A grant without a resource covers exactly its arguments. */
static gboolean
covers (GBytes *key, JsonObject *grant, const VigGrantQuery *query, gint64 now)
{
  VigLevel level;

  if (!vig_level_from_string (vig_json_get_string (grant, "level", ""), &level) || level < query->level)
    return FALSE;

  return same_text (grant, "operator_id", query->operator_id)
         && same_text (grant, "tool", query->tool)
         && is_of_conversation (grant, query)
         && is_live (grant, now)
         && covers_what (grant, query)
         && verify (key, grant);
}

JsonObject *
vig_grants_find (VigDbConnection *db, GBytes *key, const VigGrantQuery *query, gint64 now, GError **error)
{
  g_autoptr (JsonArray) grants = vig_store_grants_live (db, query->operator_id, query->tool, query->arguments_sha256, error);

  if (grants == NULL)
    return NULL;

  for (guint i = 0; i < json_array_get_length (grants); i++)
    {
      JsonObject *grant = json_array_get_object_element (grants, i);

      if (covers (key, grant, query, now))
        return json_object_ref (grant);
    }

  return NULL;
}

JsonObject *
vig_grants_store (VigDbConnection *db, GBytes *key, JsonObject *grant, gint64 now, GError **error)
{
  g_autofree char *id = vig_id_new ();
  g_autofree char *created_at = vig_time_to_iso (now);
  g_autofree char *signature = NULL;

  json_object_set_string_member (grant, "id", id);
  json_object_set_string_member (grant, "created_at", created_at);
  signature = sign (key, grant);

  return vig_store_grants_create (db, grant, signature, error);
}
