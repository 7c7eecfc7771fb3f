/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-verify.h"

#include <string.h>

#include "vig-csv.h"

#define LINE_MARK "audit checkpoint: "
#define VERSION 1

struct _VigVerify
{
  GPtrArray *keys;
  GArray    *checkpoints; /* VigCheckpoint, by size */
  guint      next;        /* of the checkpoints: the first that the tree has not reached */
  VigMerkle  tree;
  guint64    from;        /* the first record that the caller expects */
  gboolean   may_be_excerpt;
  guint64    first;       /* number of the first record */
  guint64    good;        /* records up to here are as they were signed */
  gboolean   begun;

  /* Of the export being read. */
  guint64    last;
  guint64    row;
  char     **titles; /* of CSV, without the last; else NULL */

  /* Of an excerpt: records with proofs, from the newest down. */
  gboolean   is_excerpt;
  guint64    size;
  guint8     root[VIG_MERKLE_HASH];
  guint64    n_proved;
  guint64    before; /* the number of the record above */
};

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (VIG_ERROR, VIG_ERROR_DENIED, format, args);
  va_end (args);

  return FALSE;
}

static const char *
get_text (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
}

static int
compare_sizes (gconstpointer a, gconstpointer b)
{
  const VigCheckpoint *one = a, *other = b;

  return one->size < other->size ? -1 : one->size > other->size;
}

static gboolean
add_note (VigVerify *self, const char *note, GError **error)
{
  VigCheckpoint checkpoint;

  for (guint i = 0; i < self->keys->len; i++)
    if (vig_checkpoint_open (g_ptr_array_index (self->keys, i), note, &checkpoint, NULL))
      {
        g_array_append_val (self->checkpoints, checkpoint);
        return TRUE;
      }

  return refuse (error, "a checkpoint is not signed with any of the keys that were given, or was changed");
}

gboolean
vig_verify_add_key (VigVerify *self, const char *text, GError **error)
{
  VigNoteKey *key = vig_note_key_parse (text, error);

  if (key == NULL)
    return FALSE;
  g_ptr_array_add (self->keys, key);

  return TRUE;
}

void
vig_verify_set_from (VigVerify *self, guint64 from)
{
  g_return_if_fail (from > 0);

  self->from = from;
}

void
vig_verify_expect_excerpt (VigVerify *self)
{
  self->may_be_excerpt = TRUE;
}

static gboolean
is_origin (VigVerify *self, const char *line)
{
  for (guint i = 0; i < self->keys->len; i++)
    if (g_str_equal (vig_note_key_get_name (g_ptr_array_index (self->keys, i)), line))
      return TRUE;

  return FALSE;
}

gboolean
vig_verify_add_checkpoints (VigVerify *self, const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n_lines = g_strv_length (lines);

  for (guint i = 0; i < n_lines; i++)
    {
      const char *mark = strstr (lines[i], LINE_MARK);
      g_autofree char *note = mark != NULL ? vig_checkpoint_from_line (mark + strlen (LINE_MARK)) : NULL;

      if (note == NULL && is_origin (self, lines[i]) && i + 4 < n_lines)
        note = g_strdup_printf ("%s\n%s\n%s\n%s\n%s\n", lines[i], lines[i + 1], lines[i + 2], lines[i + 3], lines[i + 4]);
      if (note != NULL && !add_note (self, note, error))
        {
          g_prefix_error (error, "line %u: ", i + 1);
          return FALSE;
        }
    }

  return TRUE;
}

/* Whatever was signed about the tree as large as it is now must be so. */
static gboolean
check_tree (VigVerify *self, GError **error)
{
  guint8 root[VIG_MERKLE_HASH];
  gboolean known = FALSE;

  for (; self->next < self->checkpoints->len; self->next++)
    {
      VigCheckpoint *checkpoint = &g_array_index (self->checkpoints, VigCheckpoint, self->next);

      if (checkpoint->size > self->tree.size)
        break;
      if (checkpoint->size < self->tree.size)
        continue;
      if (!known)
        vig_merkle_root (&self->tree, root);
      known = TRUE;
      if (memcmp (root, checkpoint->root, sizeof root) != 0)
        return refuse (error, "the records %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " are not what was signed: one of them was changed, removed or added",
                       self->good + 1, self->tree.size);
      self->good = self->tree.size;
    }

  return TRUE;
}

static gboolean
load_edge (VigVerify *self, JsonObject *head, guint64 size)
{
  JsonArray *edge = vig_json_get_array (head, "edge");
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; edge != NULL && i < json_array_get_length (edge); i++)
    {
      const char *text = JSON_NODE_HOLDS_VALUE (json_array_get_element (edge, i)) ? json_array_get_string_element (edge, i) : NULL;
      gsize length;
      g_autofree guint8 *hash = g_base64_decode (text != NULL ? text : "", &length);

      if (length != VIG_MERKLE_HASH)
        return FALSE;
      g_byte_array_append (bytes, hash, VIG_MERKLE_HASH);
    }

  return vig_merkle_load (&self->tree, size, bytes->data, bytes->len);
}

/* The head is nobody's word: without its first records a log has another edge, and is right from there on. */
static gboolean
check_beginning (VigVerify *self, guint64 first, GError **error)
{
  if (first == self->from)
    return TRUE;
  if (self->from > 1)
    return refuse (error, "the exports begin with record %" G_GUINT64_FORMAT ", and not with %" G_GUINT64_FORMAT " as --from says", first, self->from);

  return refuse (error, "the beginning is missing: the exports begin with record %" G_GUINT64_FORMAT "; give the sealed segments before it, oldest first, or, where you"
                 " know from elsewhere that they begin there, --from %" G_GUINT64_FORMAT, first, first);
}

static gboolean
begin_tree (VigVerify *self, JsonObject *head, guint64 first, GError **error)
{
  if (self->begun)
    return first == self->tree.size + 1 ? TRUE
           : refuse (error, "this export begins with record %" G_GUINT64_FORMAT ", and the one before ends with %" G_GUINT64_FORMAT, first, self->tree.size);
  if (!check_beginning (self, first, error))
    return FALSE;
  if (!load_edge (self, head, first - 1))
    return refuse (error, "the head of the export is damaged");
  self->begun = TRUE;
  self->first = first;
  self->good = first - 1;

  return TRUE;
}

static gboolean
add_head_notes (VigVerify *self, JsonObject *head, GError **error)
{
  JsonArray *notes = vig_json_get_array (head, "checkpoints");
  gboolean is_covered = FALSE;

  for (guint i = 0; notes != NULL && i < json_array_get_length (notes); i++)
    {
      const char *note = JSON_NODE_HOLDS_VALUE (json_array_get_element (notes, i)) ? json_array_get_string_element (notes, i) : NULL;

      if (!add_note (self, note != NULL ? note : "", error))
        return FALSE;
      is_covered |= g_array_index (self->checkpoints, VigCheckpoint, self->checkpoints->len - 1).size == self->last;
    }
  g_array_sort (self->checkpoints, compare_sizes);
  self->next = 0;

  return is_covered ? TRUE : refuse (error, "no checkpoint covers the last record of the export");
}

/* One checkpoint says what tree the proofs lead to. */
static gboolean
begin_excerpt (VigVerify *self, JsonObject *head, GError **error)
{
  JsonArray *notes = vig_json_get_array (head, "checkpoints");
  const char *note = notes != NULL && json_array_get_length (notes) == 1 ? get_text (notes, 0) : NULL;
  VigCheckpoint *checkpoint;

  /* Whoever has a whole export can make one of it, without what they don't like. */
  if (!self->may_be_excerpt)
    return refuse (error, "this is an excerpt, from which any record may have been left out; where you expect one, say so with --excerpt");
  if (self->begun)
    return refuse (error, "an excerpt is checked by itself, not with other exports");
  if (self->from > 1)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "an excerpt has no beginning: leave --from out");
      return FALSE;
    }
  if (!add_note (self, note != NULL ? note : "", error))
    return FALSE;

  checkpoint = &g_array_index (self->checkpoints, VigCheckpoint, self->checkpoints->len - 1);
  if (checkpoint->size != (guint64) vig_json_get_int (head, "size", 0))
    return refuse (error, "the head of the export is damaged");
  self->begun = self->is_excerpt = TRUE;
  self->size = checkpoint->size;
  self->before = self->size + 1;
  memcpy (self->root, checkpoint->root, sizeof self->root);
  for (guint i = 0; i < self->checkpoints->len; i++)
    {
      VigCheckpoint *other = &g_array_index (self->checkpoints, VigCheckpoint, i);

      if (other->size == self->size && memcmp (other->root, self->root, sizeof self->root) != 0)
        return refuse (error, "the excerpt is of another log than the checkpoint that was kept elsewhere");
    }

  return TRUE;
}

static gboolean
read_head (VigVerify *self, const char *line, GError **error)
{
  g_autoptr (JsonObject) head = vig_json_parse_object (line, -1, 0, NULL);
  gint64 first = head != NULL ? vig_json_get_int (head, "first", 0) : 0;
  gint64 last = head != NULL ? vig_json_get_int (head, "last", 0) : 0;

  if (head != NULL && vig_json_get_int (head, "vigilus_audit", 0) == VERSION && vig_json_get_boolean (head, "excerpt", FALSE))
    return begin_excerpt (self, head, error);
  if (head == NULL || vig_json_get_int (head, "vigilus_audit", 0) != VERSION || first < 1 || last < first)
    return refuse (error, "this is no export of the audit log, or its head is damaged");
  self->last = (guint64) last;

  return begin_tree (self, head, (guint64) first, error) && add_head_notes (self, head, error) && check_tree (self, error);
}

/* {"seq":N, */
static guint64
read_number (const char *line)
{
  char *end;
  guint64 number;

  if (strncmp (line, "{\"seq\":", 7) != 0 || !g_ascii_isdigit (line[7]))
    return 0;
  number = g_ascii_strtoull (line + 7, &end, 10);

  return *end == ',' ? number : 0;
}

static gboolean
read_record (VigVerify *self, const char *line, gsize length, GError **error)
{
  guint8 leaf[VIG_MERKLE_HASH];
  guint64 number = read_number (line);
  guint64 wanted = self->tree.size + 1;

  if (number == 0 || strlen (line) != length)
    return refuse (error, "line %" G_GUINT64_FORMAT " is no record, where record %" G_GUINT64_FORMAT " should be", self->row, wanted);
  if (number != wanted)
    return refuse (error, "line %" G_GUINT64_FORMAT " has record %" G_GUINT64_FORMAT ", where record %" G_GUINT64_FORMAT
                   " should be: records were removed, added or put in another order", self->row, number, wanted);
  if (number > self->last)
    return refuse (error, "there are records after number %" G_GUINT64_FORMAT ", which is the last one by the head of the export", self->last);
  vig_merkle_hash_leaf (line, length, leaf);
  vig_merkle_append (&self->tree, leaf);

  return check_tree (self, error);
}

static gboolean
read_proof (JsonObject *object, GByteArray *proof)
{
  JsonArray *hashes = vig_json_get_array (object, "proof");

  for (guint i = 0; hashes != NULL && i < json_array_get_length (hashes); i++)
    {
      const char *text = get_text (hashes, i);
      gsize length;
      g_autofree guint8 *hash = g_base64_decode (text != NULL ? text : "", &length);
      g_autofree char *again = g_base64_encode (hash, length);

      if (length != VIG_MERKLE_HASH || !g_str_equal (again, text))
        return FALSE;
      g_byte_array_append (proof, hash, VIG_MERKLE_HASH);
    }

  return hashes != NULL;
}

static gboolean
read_proved (VigVerify *self, const char *line, GError **error)
{
  g_autoptr (JsonObject) object = vig_json_parse_object (line, -1, 0, NULL);
  const char *record = object != NULL ? vig_json_get_string (object, "record", NULL) : NULL;
  g_autoptr (GByteArray) proof = g_byte_array_new ();
  guint64 number = record != NULL ? read_number (record) : 0;
  guint8 leaf[VIG_MERKLE_HASH];

  if (number == 0 || json_object_get_size (object) != 2 || !read_proof (object, proof))
    return refuse (error, "line %" G_GUINT64_FORMAT " is no record with a proof", self->row);
  if (number >= self->before)
    return refuse (error, "line %" G_GUINT64_FORMAT ": record %" G_GUINT64_FORMAT " is not below the one before, or is newer than the checkpoint", self->row, number);

  vig_merkle_hash_leaf (record, strlen (record), leaf);
  if (!vig_merkle_check_inclusion (number - 1, self->size, leaf, proof->data, proof->len / VIG_MERKLE_HASH, self->root))
    return refuse (error, "line %" G_GUINT64_FORMAT ": record %" G_GUINT64_FORMAT " does not stand so in the log that was signed", self->row, number);
  self->before = number;
  self->n_proved++;

  return TRUE;
}

/* The other cells of a row must say what its record says; of an excerpt that is within the last cell. */
static gboolean
check_cells (VigVerify *self, const char *row, const char *line, GError **error)
{
  g_autoptr (JsonObject) last = vig_json_parse_object (line, -1, 0, NULL);
  const char *proved = self->is_excerpt && last != NULL ? vig_json_get_string (last, "record", NULL) : NULL;
  g_autoptr (JsonObject) record = proved != NULL ? vig_json_parse_object (proved, -1, 0, NULL) : NULL;
  g_autoptr (GString) again = g_string_new (NULL);

  if (record == NULL)
    record = g_steal_pointer (&last);
  if (record != NULL)
    vig_csv_append_object (again, record, (const char * const *) self->titles, line);
  if (again->len >= 2)
    g_string_truncate (again, again->len - 2);
  if (g_str_equal (again->str, row))
    return TRUE;

  return refuse (error, "row %" G_GUINT64_FORMAT ": its cells do not say what its record says", self->row);
}

static gboolean
read_line (VigVerify *self, const char *line, gsize length, gboolean *has_head, GError **error)
{
  if (*has_head && self->is_excerpt)
    return strlen (line) == length ? read_proved (self, line, error) : refuse (error, "line %" G_GUINT64_FORMAT " is no text", self->row);
  if (*has_head)
    return read_record (self, line, length, error);
  *has_head = TRUE;

  return read_head (self, line, error);
}

static gboolean
read_row (VigVerify *self, const char *row, gboolean *has_head, GError **error)
{
  g_auto (GStrv) cells = vig_csv_split_row (row);
  guint n = cells != NULL ? g_strv_length (cells) : 0;
  const char *line = n > 0 ? cells[n - 1] : "";

  if (self->titles == NULL && n > 1 && g_str_equal (line, "record"))
    {
      g_clear_pointer (&cells[n - 1], g_free);
      self->titles = g_steal_pointer (&cells);
      return TRUE;
    }
  if (self->titles == NULL || n != g_strv_length (self->titles) + 1)
    return refuse (error, "row %" G_GUINT64_FORMAT " is no row of an export", self->row);
  if (!check_cells (self, row, line, error))
    return FALSE;

  return read_line (self, line, strlen (line), has_head, error);
}

static gboolean
has_open_quote (const char *row)
{
  guint n_quotes = 0;

  for (const char *at = strchr (row, '"'); at != NULL; at = strchr (at + 1, '"'))
    n_quotes++;

  return n_quotes % 2 != 0;
}

/* A row of CSV may have line breaks within its quotes. @row: what there is of it so far. */
static gboolean
take_line (VigVerify *self, GString *row, char *line, gsize length, gboolean *has_head, GError **error)
{
  if (self->titles == NULL && line[0] != '"' && row->len == 0)
    return read_line (self, line, length, has_head, error);

  g_string_append_len (row, line, (gssize) length);
  if (has_open_quote (row->str))
    {
      g_string_append_c (row, '\n');
      return TRUE;
    }
  if (row->len > 0 && row->str[row->len - 1] == '\r')
    g_string_truncate (row, row->len - 1);
  if (!read_row (self, row->str, has_head, error))
    return FALSE;
  g_string_truncate (row, 0);

  return TRUE;
}

static gboolean
read_lines (VigVerify *self, FILE *file, GError **error)
{
  g_autoptr (GString) row = g_string_new (NULL);
  g_autofree char *line = NULL;
  gboolean has_head = FALSE;
  size_t size = 0;
  ssize_t length;

  while ((length = getline (&line, &size, file)) > 0)
    {
      self->row++;
      if (line[length - 1] != '\n')
        return refuse (error, "the export is cut in the middle of line %" G_GUINT64_FORMAT, self->row);
      line[--length] = '\0';
      if (!take_line (self, row, line, (gsize) length, &has_head, error))
        return FALSE;
    }

  if (ferror (file))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to read the export");
      return FALSE;
    }
  if (row->len > 0)
    return refuse (error, "the export is cut in the middle of row %" G_GUINT64_FORMAT, self->row);

  return has_head ? TRUE : refuse (error, "the export is empty");
}

gboolean
vig_verify_read (VigVerify *self, FILE *file, GError **error)
{
  self->row = 0;
  g_clear_pointer (&self->titles, g_strfreev);
  if (!read_lines (self, file, error))
    return FALSE;
  if (self->is_excerpt || self->tree.size == self->last)
    return TRUE;

  return refuse (error, "the export is cut: it ends with record %" G_GUINT64_FORMAT ", and %" G_GUINT64_FORMAT " were signed", self->tree.size, self->last);
}

gboolean
vig_verify_finish (VigVerify *self, GError **error)
{
  if (!self->is_excerpt && self->next < self->checkpoints->len)
    return refuse (error, "the log was cut: the exports end with record %" G_GUINT64_FORMAT ", and a checkpoint kept elsewhere has %" G_GUINT64_FORMAT,
                   self->tree.size, g_array_index (self->checkpoints, VigCheckpoint, self->checkpoints->len - 1).size);

  return TRUE;
}

char *
vig_verify_describe (VigVerify *self)
{
  guint8 root[VIG_MERKLE_HASH];
  g_autofree char *text = NULL;
  g_autofree char *before = NULL;

  if (self->is_excerpt)
    {
      text = g_base64_encode (self->root, sizeof self->root);
      return g_strdup_printf ("each of these %" G_GUINT64_FORMAT " records stands so in the log of %" G_GUINT64_FORMAT " records that was signed; what was left out"
                              " can't be seen; root %s", self->n_proved, self->size, text);
    }
  vig_merkle_root (&self->tree, root);
  text = g_base64_encode (root, sizeof root);

  if (self->first > 1)
    before = g_strdup_printf ("; the records before %" G_GUINT64_FORMAT " were not looked at", self->first);

  return g_strdup_printf ("records %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " are complete and as they were signed%s; root %s", self->first, self->tree.size,
                          before != NULL ? before : "", text);
}

VigVerify *
vig_verify_new (void)
{
  VigVerify *self = g_new0 (VigVerify, 1);

  self->from = 1;
  self->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_note_key_free);
  self->checkpoints = g_array_new (FALSE, TRUE, sizeof (VigCheckpoint));

  return self;
}

void
vig_verify_free (VigVerify *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->keys);
  g_array_unref (self->checkpoints);
  g_strfreev (self->titles);
  g_free (self);
}
