/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-values.h"

#define ROOT 0
#define NONE 0 /* the root is nobody's child */

/* Children are a list: a table of 256 at each node would cost a kilobyte for every byte of every secret. */
typedef struct
{
  guint32 child;
  guint32 sibling;
  guint32 fail;
  guint32 length; /* of the longest value that ends here, or 0 */
  guint32 depth;
  guint8  byte;
} Node;

struct _VigRedactValues
{
  GArray *nodes; /* of Node; the first is the root */
  guint32 first[256]; /* the root's children */
  gboolean ready;
};

#define NODE(self, index) (&g_array_index ((self)->nodes, Node, (index)))

VigRedactValues *
vig_redact_values_new (void)
{
  VigRedactValues *self = g_new0 (VigRedactValues, 1);

  self->nodes = g_array_new (FALSE, TRUE, sizeof (Node));
  g_array_set_size (self->nodes, 1);
  self->ready = TRUE;

  return self;
}

void
vig_redact_values_free (VigRedactValues *self)
{
  g_array_unref (self->nodes);
  g_free (self);
}

static guint32
find_child (const VigRedactValues *self, guint32 node, guint8 byte)
{
  guint32 child = node == ROOT ? self->first[byte] : NODE (self, node)->child;

  while (child != NONE && NODE (self, child)->byte != byte)
    child = NODE (self, child)->sibling;

  return child;
}

static guint32
add_child (VigRedactValues *self, guint32 node, guint8 byte)
{
  guint32 child = self->nodes->len;

  g_array_set_size (self->nodes, child + 1);
  NODE (self, child)->byte = byte;
  NODE (self, child)->depth = NODE (self, node)->depth + 1;
  NODE (self, child)->sibling = NODE (self, node)->child;
  NODE (self, node)->child = child;
  if (node == ROOT)
    self->first[byte] = child;

  return child;
}

void
vig_redact_values_add (VigRedactValues *self, const char *value)
{
  guint32 node = ROOT;
  guint32 length = 0;

  for (const char *at = value; *at != '\0'; at++, length++)
    {
      guint32 child = find_child (self, node, (guint8) *at);

      node = child != NONE ? child : add_child (self, node, (guint8) *at);
    }

  if (length > 0)
    NODE (self, node)->length = length;
  self->ready = FALSE;
}

gboolean
vig_redact_values_is_ready (VigRedactValues *self)
{
  return self->ready;
}

static guint32
step (const VigRedactValues *self, guint32 node, guint8 byte)
{
  guint32 next = find_child (self, node, byte);

  while (next == NONE && node != ROOT)
    {
      node = NODE (self, node)->fail;
      next = find_child (self, node, byte);
    }

  return next;
}

/* Breadth first, so that the shorter suffix of a node is linked before the node is. */
void
vig_redact_values_prepare (VigRedactValues *self)
{
  g_autoptr (GArray) queue = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint32 root = ROOT;

  g_array_append_val (queue, root);
  for (guint i = 0; i < queue->len; i++)
    {
      guint32 parent = g_array_index (queue, guint32, i);

      for (guint32 child = NODE (self, parent)->child; child != NONE; child = NODE (self, child)->sibling)
        {
          Node *node = NODE (self, child);

          node->fail = parent == ROOT ? ROOT : step (self, NODE (self, parent)->fail, node->byte);
          node->length = MAX (node->length, NODE (self, node->fail)->length);
          g_array_append_val (queue, child);
        }
    }

  self->ready = TRUE;
}

gsize
vig_redact_values_find (const VigRedactValues *self, const char *text, gsize length, GArray *spans)
{
  guint32 node = ROOT;

  if (self->nodes->len == 1)
    return 0;

  for (gsize i = 0; i < length; i++)
    {
      node = step (self, node, (guint8) text[i]);
      if (NODE (self, node)->length > 0)
        {
          gsize start = i + 1 - NODE (self, node)->length;
          VigSpan span = { start, i + 1, start };

          g_array_append_val (spans, span);
        }
    }

  return NODE (self, node)->depth;
}
