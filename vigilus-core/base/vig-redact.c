/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact.h"

#include "vig-redact-memo.h"
#include "vig-redact-names.h"
#include "vig-redact-scan.h"

#include <string.h>

#define MASK      "[redacted]"
#define MIN_VALUE 6 /* bytes: shorter ones would take words out of every sentence */

struct _VigRedactor
{
  GObject          parent_instance;
  GRWLock          lock;
  VigRedactValues *values;
  VigRedactMemo    memo;   /* of large texts */
};

G_DEFINE_FINAL_TYPE (VigRedactor, vig_redactor, G_TYPE_OBJECT)

void
vig_scan_add (VigScan *self, gsize start, gsize end)
{
  VigSpan span = { start, end, MIN (self->mark, start) };

  if (end > start)
    g_array_append_val (self->spans, span);
}

void
vig_scan_set_mark (VigScan *self, gsize mark)
{
  self->mark = mark;
}

void
vig_scan_note_end (VigScan *self)
{
  self->open = MIN (self->open, self->mark);
}

gsize
vig_scan_find (VigScan *self, gsize from, gsize limit, const char *part)
{
  const char *found = NULL;

  if (from < self->length)
    found = memmem (self->text + from, MIN (limit, self->length - from), part, strlen (part));
  if (found != NULL)
    return (gsize) (found - self->text);

  if (from >= self->length || limit > self->length - from)
    vig_scan_note_end (self);

  return G_MAXSIZE;
}

gboolean
vig_scan_is_part (VigScan *self, gsize at, const char *part)
{
  gsize length = strlen (part);

  if (at > self->length)
    return FALSE;
  if (self->length - at >= length)
    return memcmp (self->text + at, part, length) == 0;
  if (memcmp (self->text + at, part, self->length - at) == 0)
    vig_scan_note_end (self);

  return FALSE;
}

/* The text ends in a NUL, at which both functions stop by themselves. */
gsize
vig_scan_skip (VigScan *self, gsize at, const char *set)
{
  at = at >= self->length ? self->length : at + strspn (self->text + at, set);
  if (at == self->length)
    vig_scan_note_end (self);

  return at;
}

gsize
vig_scan_until (VigScan *self, gsize at, const char *set)
{
  at = at >= self->length ? self->length : at + strcspn (self->text + at, set);
  if (at == self->length)
    vig_scan_note_end (self);

  return at;
}

static int
compare_spans (gconstpointer a, gconstpointer b)
{
  const VigSpan *one = a;
  const VigSpan *other = b;

  return (one->start > other->start) - (one->start < other->start);
}

/* Bytes of @text from @from up to @to; a span that began before counts from @from on. */
char *
vig_redact_mask (const char *text, gsize from, gsize to, GArray *spans)
{
  GString *clean = g_string_sized_new (to - from + sizeof MASK);
  gsize done = from;

  g_array_sort (spans, compare_spans);
  for (guint i = 0; i < spans->len; i++)
    {
      gsize start = g_array_index (spans, VigSpan, i).start;
      gsize end = MIN (g_array_index (spans, VigSpan, i).end, to);

      if (start >= to || end <= from)
        continue;
      if (start >= done)
        {
          g_string_append_len (clean, text + done, (gssize) (start - done));
          g_string_append (clean, MASK);
        }
      done = MAX (done, end);
    }
  g_string_append_len (clean, text + done, (gssize) (to - done));

  return g_string_free (clean, FALSE);
}

static gsize
find_values (VigRedactor *self, const char *text, gsize length, GArray *spans)
{
  gsize pending;

  g_rw_lock_reader_lock (&self->lock);
  while (!vig_redact_values_is_ready (self->values))
    {
      g_rw_lock_reader_unlock (&self->lock);
      g_rw_lock_writer_lock (&self->lock);
      if (!vig_redact_values_is_ready (self->values))
        vig_redact_values_prepare (self->values);
      g_rw_lock_writer_unlock (&self->lock);
      g_rw_lock_reader_lock (&self->lock);
    }
  pending = vig_redact_values_find (self->values, text, length, spans);
  g_rw_lock_reader_unlock (&self->lock);

  return pending;
}

static void
scan_all (VigScan *scan)
{
  vig_scan_marked (scan);
  vig_scan_tokens (scan);
  vig_scan_named (scan);
  vig_scan_commands (scan);
  vig_scan_kubernetes (scan);
}

GArray *
vig_redactor_find (VigRedactor *self, const char *text, gsize length, gsize *open)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (VigSpan));
  VigScan scan = { text, length, spans, G_MAXSIZE, G_MAXSIZE, length };
  gsize pending = find_values (self, text, length, spans);

  scan_all (&scan);
  *open = MIN (scan.open, length - pending);

  return spans;
}

GArray *
vig_redactor_settle (VigRedactor *self, const char *text, gsize length, gsize *object)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (VigSpan));
  VigScan scan = { text, length, spans, G_MAXSIZE, G_MAXSIZE, length, TRUE, G_MAXSIZE };

  find_values (self, text, length, spans);
  scan_all (&scan);
  *object = scan.object;

  return spans;
}

/* One word and nothing else, as ids, names and states are: that may be a known value or a token, but has no name and is in no command. */
static gboolean
is_one_word (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!vig_scan_is_word_char (text[i]))
      return FALSE;

  return TRUE;
}

static GArray *
find_in_word (VigRedactor *self, const char *text, gsize length)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (VigSpan));
  VigScan scan = { text, length, spans, G_MAXSIZE, G_MAXSIZE, length };

  find_values (self, text, length, spans);
  if (length >= VIG_SCAN_SHORTEST_TOKEN)
    vig_scan_tokens (&scan);

  return spans;
}

/* A large text comes by several times: in a reply, a request, each record. */
static GArray *
find_in_large (VigRedactor *self, const char *text, gsize length)
{
  VigRedactKey key = vig_redact_memo_make_key (&self->memo, text, length);
  GArray *spans = vig_redact_memo_find (&self->memo, &key);
  gsize open;

  if (spans == NULL)
    {
      spans = vig_redactor_find (self, text, length, &open);
      vig_redact_memo_add (&self->memo, &key, spans);
    }

  return spans;
}

/* NULL: nothing is to be taken out of it. */
static GArray *
find_secrets (VigRedactor *self, const char *text, gsize length)
{
  gboolean is_word = is_one_word (text, length);
  g_autoptr (GArray) spans = NULL;
  gsize open;

  if (is_word && length < MIN_VALUE)
    return NULL;

  if (is_word)
    spans = find_in_word (self, text, length);
  else if (length >= VIG_REDACT_LARGE)
    spans = find_in_large (self, text, length);
  else
    spans = vig_redactor_find (self, text, length, &open);

  return spans->len > 0 ? g_steal_pointer (&spans) : NULL;
}

char *
vig_redactor_apply (VigRedactor *self, const char *text)
{
  g_autoptr (GArray) spans = NULL;
  gsize length;

  g_return_val_if_fail (VIG_IS_REDACTOR (self), NULL);
  g_return_val_if_fail (text != NULL, NULL);

  length = strlen (text);
  spans = find_secrets (self, text, length);

  return spans != NULL ? vig_redact_mask (text, 0, length, spans) : g_strdup (text);
}

static gboolean
is_clean (VigRedactor *self, const char *text)
{
  g_autoptr (GArray) spans = find_secrets (self, text, strlen (text));

  return spans == NULL;
}

/* What stands under a name like this is hidden as a whole. */
static gboolean
is_named_secret (const char *name, const char *text)
{
  gsize length = name != NULL ? strlen (name) : 0;
  VigNameKind kind;

  if (length == 0 || *text == '\0')
    return FALSE;

  kind = vig_redact_classify_name (name, length);

  return kind >= VIG_NAME_SECRET || (kind == VIG_NAME_KEY && vig_redact_is_key (text, strlen (text)))
         || (vig_redact_names_pair (name, length) && vig_redact_is_encoded_pair (text, strlen (text)));
}

static gboolean
holds_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

/* Of an object of Kubernetes that is a Secret, whatever its data are. */
static gboolean
is_hidden_member (JsonObject *object, const char *name)
{
  return (g_str_equal (name, "data") || g_str_equal (name, "stringData")) && g_strcmp0 (vig_json_get_string (object, "kind", NULL), "Secret") == 0;
}

static gboolean is_clean_node (VigRedactor *self, const char *name, JsonNode *node);

static gboolean
is_clean_object (VigRedactor *self, JsonObject *object)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &member))
    if (is_hidden_member (object, name) || !is_clean (self, name) || !is_clean_node (self, name, member))
      return FALSE;

  return TRUE;
}

static gboolean
is_clean_array (VigRedactor *self, const char *name, JsonArray *array)
{
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!is_clean_node (self, name, json_array_get_element (array, i)))
      return FALSE;

  return TRUE;
}

static gboolean
is_clean_node (VigRedactor *self, const char *name, JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    return is_clean_object (self, json_node_get_object (node));
  if (JSON_NODE_HOLDS_ARRAY (node))
    return is_clean_array (self, name, json_node_get_array (node));

  return !holds_string (node) || (!is_named_secret (name, json_node_get_string (node)) && is_clean (self, json_node_get_string (node)));
}

static JsonNode *
redact_string (VigRedactor *self, const char *name, const char *text)
{
  g_autofree char *clean = is_named_secret (name, text) ? g_strdup (MASK) : vig_redactor_apply (self, text);

  return json_node_init_string (json_node_alloc (), clean);
}

static JsonNode *redact_node (VigRedactor *self, const char *name, JsonNode *node);

static void
hide_member (JsonObject *object, const char *name, JsonNode *member, gpointer user_data)
{
  json_object_set_string_member (user_data, name, MASK);
}

static JsonNode *
hide_members (JsonNode *node)
{
  JsonObject *copy;
  JsonNode *clean;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return json_node_init_string (json_node_alloc (), MASK);

  copy = json_object_new ();
  json_object_foreach_member (json_node_get_object (node), hide_member, copy);
  clean = json_node_alloc ();
  json_node_init (clean, JSON_NODE_OBJECT);
  json_node_take_object (clean, copy);

  return clean;
}

static JsonNode *
redact_object (VigRedactor *self, JsonObject *object)
{
  JsonObject *copy = json_object_new ();
  JsonNode *node = json_node_alloc ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      g_autofree char *clean = vig_redactor_apply (self, name);

      json_object_set_member (copy, clean, is_hidden_member (object, name) ? hide_members (member) : redact_node (self, name, member));
    }

  json_node_init (node, JSON_NODE_OBJECT);
  json_node_take_object (node, copy);

  return node;
}

static JsonNode *
redact_array (VigRedactor *self, const char *name, JsonArray *array)
{
  JsonArray *copy = json_array_sized_new (json_array_get_length (array));
  JsonNode *node = json_node_alloc ();

  for (guint i = 0; i < json_array_get_length (array); i++)
    json_array_add_element (copy, redact_node (self, name, json_array_get_element (array, i)));
  json_node_init_array (node, copy);
  json_array_unref (copy);

  return node;
}

static JsonNode *
redact_node (VigRedactor *self, const char *name, JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    return redact_object (self, json_node_get_object (node));
  if (JSON_NODE_HOLDS_ARRAY (node))
    return redact_array (self, name, json_node_get_array (node));
  if (holds_string (node))
    return redact_string (self, name, json_node_get_string (node));

  return json_node_copy (node);
}

JsonNode *
vig_redactor_apply_json (VigRedactor *self, JsonNode *node)
{
  g_return_val_if_fail (VIG_IS_REDACTOR (self), NULL);
  g_return_val_if_fail (node != NULL, NULL);

  return redact_node (self, NULL, node);
}

JsonNode *
vig_redactor_view_json (VigRedactor *self, const char *name, JsonNode *node)
{
  g_return_val_if_fail (VIG_IS_REDACTOR (self), NULL);
  g_return_val_if_fail (node != NULL, NULL);

  return is_clean_node (self, name, node) ? json_node_copy (node) : redact_node (self, name, node);
}

/* Without the padding, both alphabets are found whatever follows them. */
static void
add_base64 (VigRedactor *self, const char *secret)
{
  g_autofree char *text = g_base64_encode ((const guchar *) secret, strlen (secret));

  g_strdelimit (text, "=", '\0');
  vig_redact_values_add (self->values, text);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  vig_redact_values_add (self->values, text);
}

static void
add_json (VigRedactor *self, const char *secret)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), secret);
  g_autofree char *text = vig_json_to_string (node);

  text[strlen (text) - 1] = '\0';
  vig_redact_values_add (self->values, text + 1);
}

void
vig_redactor_add_value (VigRedactor *self, const char *secret)
{
  g_autofree char *escaped = NULL;

  g_return_if_fail (VIG_IS_REDACTOR (self));
  g_return_if_fail (secret != NULL);

  if (strlen (secret) < MIN_VALUE)
    return;

  escaped = g_uri_escape_string (secret, NULL, FALSE);
  g_rw_lock_writer_lock (&self->lock);
  vig_redact_values_add (self->values, secret);
  vig_redact_values_add (self->values, escaped);
  add_base64 (self, secret);
  if (g_utf8_validate (secret, -1, NULL))
    add_json (self, secret);
  g_rw_lock_writer_unlock (&self->lock);
  vig_redact_memo_forget (&self->memo);
}

static void
vig_redactor_finalize (GObject *object)
{
  VigRedactor *self = VIG_REDACTOR (object);

  vig_redact_memo_clear (&self->memo);
  vig_redact_values_free (self->values);
  g_rw_lock_clear (&self->lock);

  G_OBJECT_CLASS (vig_redactor_parent_class)->finalize (object);
}

static void
vig_redactor_class_init (VigRedactorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_redactor_finalize;
}

static void
vig_redactor_init (VigRedactor *self)
{
  self->values = vig_redact_values_new ();
  g_rw_lock_init (&self->lock);
  vig_redact_memo_init (&self->memo);
}

VigRedactor *
vig_redactor_new (void)
{
  return g_object_new (VIG_TYPE_REDACTOR, NULL);
}
