/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-row.h"

#include "vig-db-private.h"
#include "vig-id.h"

#include <string.h>

#define DEFAULT_LIMIT 50
#define MAX_LIMIT 200

void
vig_store_set_time (JsonObject *object, const char *name, gint64 time)
{
  g_autofree char *text = time != 0 ? vig_time_to_iso (time) : NULL;

  if (text != NULL)
    json_object_set_string_member (object, name, text);
  else
    json_object_set_null_member (object, name);
}

/* Microseconds of the fraction that @text begins with, taken out of it; GDateTime would round them. */
static gint64
cut_fraction (char *text)
{
  gsize digits = 0;
  gint64 microseconds = 0;

  for (; g_ascii_isdigit (text[digits + 1]); digits++)
    if (digits < 6)
      microseconds = microseconds * 10 + g_ascii_digit_value (text[digits + 1]);

  for (gsize i = digits; i < 6; i++)
    microseconds *= 10;

  memmove (text, text + digits + 1, strlen (text + digits + 1) + 1);

  return microseconds;
}

gboolean
vig_store_get_time (JsonObject *object, const char *name, gint64 *time, GError **error)
{
  g_autofree char *text = g_strdup (vig_json_get_string (object, name, NULL));
  char *fraction = text != NULL ? strchr (text, '.') : NULL;
  gint64 microseconds = fraction != NULL ? cut_fraction (fraction) : 0;
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) date = text != NULL ? g_date_time_new_from_iso8601 (text, utc) : NULL;

  *time = 0;
  if (date != NULL)
    {
      *time = g_date_time_to_unix (date) * G_USEC_PER_SEC + microseconds;
      return TRUE;
    }

  if (text == NULL && (!json_object_has_member (object, name) || json_object_get_null_member (object, name)))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is not an ISO 8601 time", name);

  return FALSE;
}

char *
vig_store_dup_json (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node == NULL || JSON_NODE_HOLDS_NULL (node) ? NULL : vig_json_to_string (node);
}

static void
set_member (JsonObject *object, VigDbRows *rows, int column, char type)
{
  const char *name = vig_db_rows_name (rows, column);

  if (vig_db_rows_is_null (rows, column))
    {
      json_object_set_null_member (object, name);
      return;
    }

  switch (type)
    {
    case 's':
      json_object_set_string_member (object, name, vig_db_rows_string (rows, column));
      break;
    case 'i':
      json_object_set_int_member (object, name, vig_db_rows_int (rows, column));
      break;
    case 'b':
      json_object_set_boolean_member (object, name, vig_db_rows_int (rows, column) != 0);
      break;
    case 't':
      vig_store_set_time (object, name, vig_db_rows_int (rows, column));
      break;
    case 'j':
      json_object_set_member (object, name, vig_db_rows_json (rows, column));
      break;
    default:
      g_assert_not_reached ();
    }
}

JsonObject *
vig_store_row_to_object (VigDbRows *rows, const char *types)
{
  JsonObject *object = json_object_new ();

  for (int i = 0; types[i] != '\0'; i++)
    if (types[i] != '-')
      set_member (object, rows, i, types[i]);

  return object;
}

JsonObject *
vig_store_row_one (VigDbRows *rows, const char *types, GError **error)
{
  g_autoptr (VigDbRows) owned = rows;

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return NULL;

  return vig_store_row_to_object (rows, types);
}

JsonObject *
vig_store_row_required (VigDbRows *rows, const char *types, const char *noun, const char *id, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  JsonObject *object = rows != NULL ? vig_store_row_one (rows, types, &local_error) : NULL;

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (rows != NULL && object == NULL)
    vig_store_not_found (noun, id, error);

  return object;
}

JsonArray *
vig_store_row_all (VigDbRows *rows, const char *types, GError **error)
{
  g_autoptr (VigDbRows) owned = rows;
  g_autoptr (JsonArray) items = json_array_new ();
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return NULL;

  while (vig_db_rows_next (rows, &local_error))
    json_array_add_object_element (items, vig_store_row_to_object (rows, types));

  if (local_error == NULL)
    return g_steal_pointer (&items);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

gint64
vig_store_row_count (VigDbRows *rows, GError **error)
{
  g_autoptr (VigDbRows) owned = rows;

  return rows != NULL && vig_db_rows_next (rows, error) ? vig_db_rows_int (rows, 0) : -1;
}

/* Members that the core itself fills, with ids, times and words of its own: there is nothing in them to redact. */
static gboolean
is_own_member (const char *name)
{
  static const char * const own[] = { "id", "run_id", "session_id", "user_id", "message_id", "operator_id", "approval_id", "call_id", "created_at",
                                      "updated_at", "started_at", "ended_at", "expires_at", "decided_at", "state", "status", "level", "outcome",
                                      "kind", "mode", "arguments_sha256", "turns", "usage", NULL };

  return g_strv_contains (own, name);
}

JsonNode *
vig_store_row_redact (VigRedactor *redactor, JsonObject *row)
{
  JsonObject *clean = json_object_new ();
  JsonNode *node = json_node_alloc ();
  JsonObjectIter iter;
  JsonNode *member;
  const char *name;

  json_object_iter_init_ordered (&iter, row);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    json_object_set_member (clean, name, is_own_member (name) ? json_node_copy (member) : vig_redactor_view_json (redactor, name, member));
  json_node_init (node, JSON_NODE_OBJECT);
  json_node_take_object (node, clean);

  return node;
}

char *
vig_store_cursor_new (const char *list, const char *key)
{
  g_autofree char *text = g_strconcat (list, ":", key, NULL);
  char *cursor = g_base64_encode ((const guchar *) text, strlen (text));

  g_strdelimit (cursor, "+", '-');
  g_strdelimit (cursor, "/", '_');
  cursor[strcspn (cursor, "=")] = '\0';

  return cursor;
}

static char *
decode_cursor (const char *cursor)
{
  g_autoptr (GString) text = g_string_new (cursor);
  g_autofree guchar *bytes = NULL;
  gsize length;

  g_strdelimit (text->str, "-", '+');
  g_strdelimit (text->str, "_", '/');
  while (text->len % 4 != 0)
    g_string_append_c (text, '=');

  bytes = g_base64_decode (text->str, &length);

  return g_strndup ((const char *) bytes, length);
}

gboolean
vig_store_cursor_text (const VigPage *page, const char *list, char **key, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *prefix = NULL;
  g_autofree char *again = NULL;

  *key = NULL;
  if (page == NULL || page->after == NULL)
    return TRUE;

  /* Made again from what was read, so that exactly the cursors we give out are taken. */
  text = decode_cursor (page->after);
  prefix = g_strconcat (list, ":", NULL);
  if (g_utf8_validate (text, -1, NULL) && g_str_has_prefix (text, prefix))
    again = vig_store_cursor_new (list, text + strlen (prefix));

  if (g_strcmp0 (again, page->after) == 0)
    {
      *key = g_strdup (text + strlen (prefix));
      return TRUE;
    }

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "after is not a cursor of this list");

  return FALSE;
}

gboolean
vig_store_cursor_before (const VigPage *page, const char *list, gint64 *seq, GError **error)
{
  g_autofree char *key = NULL;

  *seq = G_MAXINT64;
  if (!vig_store_cursor_text (page, list, &key, error))
    return FALSE;

  if (key == NULL || g_ascii_string_to_signed (key, 10, 0, G_MAXINT64, seq, NULL))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "after is not a cursor of this list");

  return FALSE;
}

gint64
vig_store_page_limit (const VigPage *page)
{
  return page == NULL || page->limit == 0 ? DEFAULT_LIMIT : MIN (page->limit, MAX_LIMIT);
}

JsonObject *
vig_store_page_new (JsonArray *items, const char *next)
{
  JsonObject *page = json_object_new ();

  json_object_set_array_member (page, "items", items);
  if (next != NULL)
    json_object_set_string_member (page, "next", next);
  else
    json_object_set_null_member (page, "next");

  return page;
}

JsonObject *
vig_store_page_collect (VigDbRows *rows, const char *types, const VigPage *page, const char *list, int key_column, GError **error)
{
  g_autoptr (VigDbRows) owned = rows;
  g_autoptr (JsonArray) items = json_array_new ();
  g_autoptr (GError) local_error = NULL;
  g_autofree char *last = NULL;
  g_autofree char *next = NULL;

  if (rows == NULL)
    return NULL;

  while (vig_db_rows_next (rows, &local_error))
    {
      if (json_array_get_length (items) == vig_store_page_limit (page))
        {
          next = vig_store_cursor_new (list, last);
          break;
        }

      json_array_add_object_element (items, vig_store_row_to_object (rows, types));
      g_free (last);
      last = g_strdup (vig_db_rows_string (rows, key_column));
    }

  if (local_error == NULL)
    return vig_store_page_new (g_steal_pointer (&items), next);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

void
vig_store_merge (JsonObject *target, JsonObject *changes)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, changes);
  while (json_object_iter_next (&iter, &name, &node))
    json_object_set_member (target, name, json_node_copy (node));
}

gboolean
vig_store_check_name (const char *name, GError **error)
{
  if (*name != '\0' && !g_ascii_isspace (name[0]) && !g_ascii_isspace (name[strlen (name) - 1]))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "name must not be empty, nor begin or end with a space");

  return FALSE;
}

gboolean
vig_store_name_taken (const char *noun, const char *name, GError **error)
{
  if (error == NULL || !g_error_matches (*error, VIG_ERROR, VIG_ERROR_EXISTS))
    return FALSE;

  g_clear_error (error);
  g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "%s named \"%s\" exists already", noun, name);

  return FALSE;
}

gboolean
vig_store_not_found (const char *noun, const char *id, GError **error)
{
  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "no %s has the id %s", noun, id);

  return FALSE;
}
