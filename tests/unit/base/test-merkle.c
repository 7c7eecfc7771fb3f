/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-merkle.h"
#include "vig-test.h"

#include <string.h>

static gsize
from_hex (const char *hex, guint8 *bytes)
{
  gsize length = strlen (hex) / 2;

  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));

  return length;
}

static void
assert_root (const VigMerkle *tree, const char *hex)
{
  guint8 root[VIG_MERKLE_HASH], wanted[VIG_MERKLE_HASH];

  g_assert_cmpuint (from_hex (hex, wanted), ==, sizeof wanted);
  vig_merkle_root (tree, root);
  g_assert_cmpmem (root, sizeof root, wanted, sizeof wanted);
}

static void
test_vectors (void)
{
  g_autoptr (JsonNode) rows = vig_test_load_json ("merkle/rfc6962.json");
  JsonArray *array = json_node_get_array (rows);
  VigMerkle tree = { 0 };

  g_assert_cmpuint (json_array_get_length (array), ==, 9);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *row = json_array_get_object_element (array, i);
      const char *hex = vig_json_get_string (row, "leaf", NULL);
      guint8 data[64], leaf[VIG_MERKLE_HASH];

      if (hex != NULL)
        {
          vig_merkle_hash_leaf (data, from_hex (hex, data), leaf);
          vig_merkle_append (&tree, leaf);
        }
      g_assert_cmpuint (tree.size, ==, vig_json_get_int (row, "size", -1));
      assert_root (&tree, vig_json_get_string (row, "root", ""));
    }
}

static void
make_leaf (guint64 index, guint8 *leaf)
{
  vig_merkle_hash_leaf (&index, sizeof index, leaf);
}

/* By the definition of RFC 6962, section 2.1. */
static void
define_root (guint64 first, guint64 size, guint8 *root)
{
  guint64 split = 1;
  guint8 left[VIG_MERKLE_HASH], right[VIG_MERKLE_HASH];

  if (size == 1)
    {
      make_leaf (first, root);
      return;
    }
  while (split * 2 < size)
    split *= 2;
  define_root (first, split, left);
  define_root (first + split, size - split, right);
  vig_merkle_hash_node (left, right, root);
}

static void
define_proof (GByteArray *proof, guint64 index, guint64 first, guint64 size)
{
  guint64 split = 1;
  guint8 other[VIG_MERKLE_HASH];

  if (size == 1)
    return;
  while (split * 2 < size)
    split *= 2;
  if (index < split)
    {
      define_proof (proof, index, first, split);
      define_root (first + split, size - split, other);
    }
  else
    {
      define_proof (proof, index - split, first + split, size - split);
      define_root (first, split, other);
    }
  g_byte_array_append (proof, other, sizeof other);
}

static void
test_definition (void)
{
  VigMerkle tree = { 0 };

  for (guint64 size = 1; size <= 300; size++)
    {
      guint8 leaf[VIG_MERKLE_HASH], root[VIG_MERKLE_HASH], wanted[VIG_MERKLE_HASH];
      VigMerkle again;

      make_leaf (size - 1, leaf);
      vig_merkle_append (&tree, leaf);
      vig_merkle_root (&tree, root);
      define_root (0, size, wanted);
      g_assert_cmpmem (root, sizeof root, wanted, sizeof wanted);

      /* What is stored is the same tree. */
      g_assert_true (vig_merkle_load (&again, size, tree.edge, (gsize) vig_merkle_n_edge (size) * VIG_MERKLE_HASH));
      vig_merkle_root (&again, root);
      g_assert_cmpmem (root, sizeof root, wanted, sizeof wanted);
      g_assert_false (vig_merkle_load (&again, size, tree.edge, (gsize) vig_merkle_n_edge (size) * VIG_MERKLE_HASH - 1));
    }
}

static void
test_inclusion (void)
{
  for (guint64 size = 1; size <= 40; size++)
    for (guint64 index = 0; index < size; index++)
      {
        g_autoptr (GByteArray) proof = g_byte_array_new ();
        guint8 leaf[VIG_MERKLE_HASH], root[VIG_MERKLE_HASH];
        gsize n;

        make_leaf (index, leaf);
        define_root (0, size, root);
        define_proof (proof, index, 0, size);
        n = proof->len / VIG_MERKLE_HASH;
        g_assert_true (vig_merkle_check_inclusion (index, size, leaf, proof->data, n, root));
        g_assert_false (vig_merkle_check_inclusion (size, size, leaf, proof->data, n, root));
        g_assert_false (size > 1 && vig_merkle_check_inclusion (index ^ 1, size, leaf, proof->data, n, root));
        g_assert_false (n > 0 && vig_merkle_check_inclusion (index, size, leaf, proof->data, n - 1, root));
        leaf[0] ^= 1;
        g_assert_false (vig_merkle_check_inclusion (index, size, leaf, proof->data, n, root));
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/merkle/vectors", test_vectors);
  g_test_add_func ("/merkle/definition", test_definition);
  g_test_add_func ("/merkle/inclusion", test_inclusion);

  return g_test_run ();
}
