/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-list.h"

#include <string.h>

#include "vig-audit-line.h"
#include "vig-audit-tree.h"
#include "vig-store-row.h"

/* A page must come as quickly from millions of records as from a few. The number of a record rises with time, so pages go down by it. Identifiers have indexes of
 * their own; the other fields and the words of a text are in the index of words, which has the full tiles: what comes after the last of them, fewer than a
 * tile's records, is looked through. Times are turned into bounds of the number by the tiles. */

static const VigStoreField filter_fields[] = {
  { "event", 's', TRUE, 0, 100 },
  { "user_name", 's', TRUE, 0, 200 },
  { "operator_name", 's', TRUE, 0, 200 },
  { "tool", 's', TRUE, 0, 100 },
  { "level", 's', TRUE, 0, 100 },
  { "outcome", 's', TRUE, 0, 100 },
  { "run_id", 's', TRUE, 0, 64 },
  { "session_id", 's', TRUE, 0, 64 },
  { "call_id", 's', TRUE, 0, 64 },
  { "from", 's', TRUE, 0, 64 },
  { "until", 's', TRUE, 0, 64 },
  { "text", 's', TRUE, 0, 500 },
  { NULL },
};

/* The numbered conditions of a filter: each only where it is asked for. */
static const struct
{
  const char *member;
  const char *condition;
  gboolean    is_id;
} conditions[] = {
  { "event", " AND event = ?1" },
  { "user_name", " AND user_name = ?2" },
  { "operator_name", " AND operator_name = ?3" },
  { "tool", " AND tool = ?4" },
  { "level", " AND level = ?5" },
  { "outcome", " AND outcome = ?6" },
  { "run_id", " AND run_id = ?7", TRUE },
  { "session_id", " AND session_id = ?8", TRUE },
  { "call_id", " AND call_id = ?9", TRUE },
  { "from", " AND at >= ?10" },
  { "until", " AND at < ?11" },
};

typedef struct
{
  VigDbConnection *db;
  JsonObject      *filter;
  gint64           from, until;  /* microseconds; 0: none */
  gint64           low, before;  /* numbers between which records are looked for; a second bound above would not be searched by */
  gint64           limit;
  gint64           indexed;      /* records up to this number are in the index of words */
  char           **words;        /* of the text, or NULL */
  char            *match;        /* for the index of words, or NULL: it is not asked */
  gint64           first, last;  /* numbers between which that index can have them */
} Query;

static const char *
get (JsonObject *filter, const char *name)
{
  const char *value = vig_json_get_string (filter, name, NULL);

  return value != NULL && *value != '\0' ? value : NULL;
}

char *
vig_audit_list_make_sql (JsonObject *filter, const char *part)
{
  GString *sql = g_string_new (NULL);

  if (part != NULL)
    g_string_append_printf (sql, "SELECT " VIG_AUDIT_COLUMNS " FROM %s CROSS JOIN audit ON seq = %s.rowid WHERE %s MATCH ?12 AND %s.rowid < ?13 AND %s.rowid >= ?15",
                            part, part, part, part, part);
  else
    g_string_append (sql, "SELECT " VIG_AUDIT_COLUMNS " FROM audit WHERE seq < ?13 AND seq >= ?15");
  for (guint i = 0; i < G_N_ELEMENTS (conditions); i++)
    if (get (filter, conditions[i].member) != NULL)
      g_string_append (sql, conditions[i].condition);
  g_string_append_printf (sql, " ORDER BY %s%s DESC LIMIT ?14", part != NULL ? part : "", part != NULL ? ".rowid" : "seq");

  return g_string_free (sql, FALSE);
}

/* @part: of the index of words, or NULL: without it. */
static VigDbRows *
run (Query *self, const char *part, gint64 low, gint64 before, gint64 limit, GError **error)
{
  g_autofree char *sql = vig_audit_list_make_sql (self->filter, part);

  return vig_db_query (self->db, error, sql, "sssssssssiisiii", get (self->filter, "event"), get (self->filter, "user_name"),
                       get (self->filter, "operator_name"), get (self->filter, "tool"), get (self->filter, "level"), get (self->filter, "outcome"),
                       get (self->filter, "run_id"), get (self->filter, "session_id"), get (self->filter, "call_id"), self->from, self->until,
                       self->match, before, limit, low);
}

/* @words: those that a record must have, or NULL where the statement saw to it. */
static gboolean
collect (Query *self, VigDbRows *rows, char **words, JsonArray *items, GError **error)
{
  g_autoptr (VigDbRows) owned = rows;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return FALSE;
  while (json_array_get_length (items) <= self->limit && vig_db_rows_next (rows, &local_error))
    {
      if (words != NULL)
        {
          g_string_truncate (text, 0);
          vig_audit_words_append (text, rows);
          g_string_append_c (text, ' ');
          if (!vig_audit_words_match (text->str, (const char * const *) words))
            continue;
        }
      json_array_add_object_element (items, vig_store_row_to_object (rows, VIG_AUDIT_TYPES));
    }

  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* From the newest part down, until the page is full. */
static gboolean
look_in_parts (Query *self, JsonArray *items, GError **error)
{
  gint64 low = MAX (self->low, self->first);
  gint64 before = MIN (self->before, self->last + 1);
  g_autoptr (JsonArray) parts = vig_store_row_all (vig_db_query (self->db, error, "SELECT first, name FROM audit_parts WHERE first < ?1 ORDER BY first DESC",
                                                                 "i", before),
                                                   "is", error);

  if (parts == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (parts) && before > low && json_array_get_length (items) <= self->limit; i++)
    {
      JsonObject *part = json_array_get_object_element (parts, i);
      gint64 first = vig_json_get_int (part, "first", 1);

      if (!collect (self, run (self, vig_json_get_string (part, "name", NULL), MAX (low, first), before, self->limit + 1, error), NULL, items, error))
        return FALSE;
      before = first;
    }

  return TRUE;
}

static gboolean
look (Query *self, JsonArray *items, GError **error)
{
  gint64 limit = self->words != NULL ? -1 : self->limit + 1;

  if (self->match == NULL)
    return collect (self, run (self, NULL, self->low, self->before, limit, error), self->words, items, error);

  return collect (self, run (self, NULL, MAX (self->low, self->indexed + 1), self->before, -1, error), self->words, items, error)
         && look_in_parts (self, items, error);
}

/* By what the tiles say of the times in them. Clocks may be set back, so bounds only leave out what cannot be meant. */
static gboolean
find_bounds (Query *self, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (self->db, error,
                                             "SELECT size / 256 * 256,"
                                             " (SELECT min (n) * 256 + 1 FROM audit_tiles INDEXED BY audit_tiles_last WHERE level = 0 AND last_at >= ?1),"
                                             " (SELECT max (n) * 256 + 256 FROM audit_tiles INDEXED BY audit_tiles_first WHERE level = 0 AND first_at < ?2),"
                                             " EXISTS (SELECT 1 FROM audit WHERE seq > size / 256 * 256 AND at < ?2),"
                                             " (SELECT coalesce (max (last), 0) + 1 FROM audit_segments) FROM audit_tree", "ii",
                                             self->from, self->until);

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return FALSE;

  self->indexed = vig_db_rows_int (rows, 0);
  self->low = vig_db_rows_int (rows, 4);
  if (self->from != 0)
    self->low = MAX (self->low, vig_db_rows_is_null (rows, 1) ? self->indexed + 1 : vig_db_rows_int (rows, 1));
  if (self->until != 0 && vig_db_rows_int (rows, 3) == 0)
    self->before = MIN (self->before, vig_db_rows_int (rows, 2) + 1);

  return TRUE;
}

/* By what stands together anywhere. Nothing does: first is above last. */
static gboolean
find_kinds (Query *self, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (self->db, error,
                                             "SELECT coalesce (min (first), 1), coalesce (max (last), 0) FROM audit_kinds"
                                             " WHERE (?1 IS NULL OR event = ?1) AND (?2 IS NULL OR user_name = ?2)"
                                             " AND (?3 IS NULL OR operator_name = ?3) AND (?4 IS NULL OR tool = ?4)"
                                             " AND (?5 IS NULL OR level = ?5) AND (?6 IS NULL OR outcome = ?6)", "ssssss",
                                             get (self->filter, "event"), get (self->filter, "user_name"), get (self->filter, "operator_name"),
                                             get (self->filter, "tool"), get (self->filter, "level"), get (self->filter, "outcome"));

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return FALSE;

  self->first = vig_db_rows_int (rows, 0);
  self->last = vig_db_rows_int (rows, 1);

  return TRUE;
}

static gboolean
check_words (char **words, GError **error)
{
  if (words[0] == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "text has no letters or digits to look for");
      return FALSE;
    }
  if (g_strv_length (words) > VIG_AUDIT_MAX_WORDS)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "text has more than %d words", VIG_AUDIT_MAX_WORDS);
      return FALSE;
    }
  for (guint i = 0; words[i] != NULL; i++)
    if (g_str_has_suffix (words[i], "*") && g_utf8_strlen (words[i], -1) <= VIG_AUDIT_MIN_PREFIX)
      {
        g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "text: a word that goes on with * needs %d letters before it", VIG_AUDIT_MIN_PREFIX);
        return FALSE;
      }

  return TRUE;
}

static gboolean
has_id (JsonObject *filter)
{
  for (guint i = 0; i < G_N_ELEMENTS (conditions); i++)
    if (conditions[i].is_id && get (filter, conditions[i].member) != NULL)
      return TRUE;

  return FALSE;
}

/* "word" "begin"* f3x0123: all of them. */
static char *
make_match (Query *self)
{
  g_autoptr (GString) match = g_string_new (NULL);

  for (guint i = 0; self->words != NULL && self->words[i] != NULL; i++)
    {
      gsize length = strcspn (self->words[i], "*");

      g_string_append_printf (match, " \"%.*s\"%s", (int) length, self->words[i], self->words[i] + length);
    }
  for (guint i = 0; i < G_N_ELEMENTS (conditions); i++)
    {
      const char *value = get (self->filter, conditions[i].member);
      g_autofree char *word = value != NULL ? vig_audit_words_field (conditions[i].member, value) : NULL;

      if (word != NULL)
        g_string_append_printf (match, " %s", word);
    }

  return match->len > 0 ? g_string_free (g_steal_pointer (&match), FALSE) : NULL;
}

/* What the filter itself says. */
static gboolean
read_filter (Query *self, GError **error)
{
  const char *text = get (self->filter, "text");

  if (!vig_store_check_fields ("the filter", filter_fields, self->filter, error) || !vig_store_get_time (self->filter, "from", &self->from, error) ||
      !vig_store_get_time (self->filter, "until", &self->until, error))
    return FALSE;
  if (text != NULL)
    self->words = vig_audit_words_split (text);

  return self->words == NULL || check_words (self->words, error);
}

gboolean
vig_audit_list_check (JsonObject *filter, GError **error)
{
  Query self = { .filter = filter };
  gboolean good = read_filter (&self, error);

  g_strfreev (self.words);

  return good;
}

static gboolean
prepare (Query *self, const VigPage *page, GError **error)
{
  self->low = 1;
  self->limit = vig_store_page_limit (page);
  if (!read_filter (self, error) || !vig_store_cursor_before (page, "audit", &self->before, error))
    return FALSE;
  if (!has_id (self->filter))
    self->match = make_match (self);

  return find_bounds (self, error) && (self->match == NULL || find_kinds (self, error));
}

static JsonObject *
make_page (Query *self, JsonArray *items)
{
  g_autofree char *next = NULL;

  if (json_array_get_length (items) > self->limit)
    {
      g_autofree char *key = NULL;

      json_array_remove_element (items, (guint) self->limit);
      key = g_strdup_printf ("%" G_GINT64_FORMAT, vig_json_get_int (json_array_get_object_element (items, (guint) self->limit - 1), "seq", 0));
      next = vig_store_cursor_new ("audit", key);
    }

  return vig_store_page_new (items, next);
}

JsonObject *
vig_audit_list (VigDbConnection *db, JsonObject *filter, const VigPage *page, GError **error)
{
  g_autoptr (JsonObject) given = filter != NULL ? json_object_ref (filter) : json_object_new ();
  g_autoptr (JsonArray) items = json_array_new ();
  Query self = { .db = db, .filter = given };
  JsonObject *answer = NULL;

  if (prepare (&self, page, error) && look (&self, items, error))
    answer = make_page (&self, g_steal_pointer (&items));
  g_strfreev (self.words);
  g_free (self.match);

  return answer;
}
