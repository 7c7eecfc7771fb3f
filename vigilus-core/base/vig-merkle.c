/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-merkle.h"

#include <gcrypt.h>
#include <string.h>

#include "vig-crypto.h"

#define LEAF_PREFIX 0x00
#define NODE_PREFIX 0x01

void
vig_merkle_hash_leaf (gconstpointer data, gsize length, guint8 *hash)
{
  guint8 prefix = LEAF_PREFIX;
  gcry_buffer_t parts[] = { { .data = &prefix, .len = 1 }, { .data = (gpointer) data, .len = length } };

  vig_crypto_ensure ();
  gcry_md_hash_buffers (GCRY_MD_SHA256, 0, hash, parts, G_N_ELEMENTS (parts));
}

void
vig_merkle_hash_node (const guint8 *left, const guint8 *right, guint8 *hash)
{
  guint8 node[1 + 2 * VIG_MERKLE_HASH] = { NODE_PREFIX };

  vig_crypto_ensure ();
  memcpy (node + 1, left, VIG_MERKLE_HASH);
  memcpy (node + 1 + VIG_MERKLE_HASH, right, VIG_MERKLE_HASH);
  gcry_md_hash_buffer (GCRY_MD_SHA256, hash, node, sizeof node);
}

guint
vig_merkle_n_edge (guint64 size)
{
  return (guint) __builtin_popcountll (size);
}

/* Each 1 at the end of the old size is a perfect subtree as large as the one that the new leaf closes. */
void
vig_merkle_append (VigMerkle *self, const guint8 *leaf)
{
  guint n = vig_merkle_n_edge (self->size);
  guint8 hash[VIG_MERKLE_HASH];

  memcpy (hash, leaf, sizeof hash);
  for (guint64 rest = self->size; (rest & 1) != 0; rest >>= 1)
    vig_merkle_hash_node (self->edge[--n], hash, hash);
  memcpy (self->edge[n], hash, sizeof hash);
  self->size++;
}

void
vig_merkle_root (const VigMerkle *self, guint8 *root)
{
  guint n = vig_merkle_n_edge (self->size);

  if (n == 0)
    {
      vig_crypto_ensure ();
      gcry_md_hash_buffer (GCRY_MD_SHA256, root, "", 0);
      return;
    }

  memcpy (root, self->edge[--n], VIG_MERKLE_HASH);
  while (n > 0)
    vig_merkle_hash_node (self->edge[--n], root, root);
}

gboolean
vig_merkle_load (VigMerkle *self, guint64 size, gconstpointer edge, gsize length)
{
  if (size >> VIG_MERKLE_DEPTH != 0 || length != (gsize) vig_merkle_n_edge (size) * VIG_MERKLE_HASH)
    return FALSE;

  memset (self, 0, sizeof *self);
  self->size = size;
  if (length > 0)
    memcpy (self->edge, edge, length);

  return TRUE;
}

/* RFC 9162, section 2.1.3.2, which says how to check what RFC 6962 defines. */
gboolean
vig_merkle_check_inclusion (guint64 index, guint64 size, const guint8 *leaf, const guint8 *proof, gsize n, const guint8 *root)
{
  guint64 node = index;
  guint64 last = size - 1;
  guint8 hash[VIG_MERKLE_HASH];

  if (index >= size)
    return FALSE;

  memcpy (hash, leaf, sizeof hash);
  for (gsize i = 0; i < n; i++, proof += VIG_MERKLE_HASH)
    {
      if (last == 0)
        return FALSE;
      if ((node & 1) != 0 || node == last)
        {
          vig_merkle_hash_node (proof, hash, hash);
          for (; (node & 1) == 0 && node != 0; node >>= 1)
            last >>= 1;
        }
      else
        vig_merkle_hash_node (hash, proof, hash);
      node >>= 1;
      last >>= 1;
    }

  return last == 0 && memcmp (hash, root, sizeof hash) == 0;
}
