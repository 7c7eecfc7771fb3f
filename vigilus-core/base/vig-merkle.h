/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VIG_MERKLE_HASH  32 /* bytes of a hash */
#define VIG_MERKLE_DEPTH 63 /* subtrees on the edge, at most */

/* A Merkle tree that only grows (RFC 6962, section 2.1), kept as the roots of the perfect subtrees along its right edge: what is needed to
 * append and to compute the root, in space that grows with the logarithm of the size. Plain data; all zero is the empty tree. */
typedef struct
{
  guint64 size; /* leaves */
  guint8  edge[VIG_MERKLE_DEPTH][VIG_MERKLE_HASH]; /* the largest subtree first */
} VigMerkle;

void     vig_merkle_hash_leaf (gconstpointer data, gsize length, guint8 *hash);
void     vig_merkle_hash_node (const guint8 *left, const guint8 *right, guint8 *hash); /* @hash may be one of the two */

void     vig_merkle_append    (VigMerkle *self, const guint8 *leaf);
void     vig_merkle_root      (const VigMerkle *self, guint8 *root);
guint    vig_merkle_n_edge    (guint64 size); /* hashes on the edge of a tree of this size */

/* The edge as bytes, vig_merkle_n_edge () hashes one after another. FALSE: not that many, or too large a tree. */
gboolean vig_merkle_load      (VigMerkle *self, guint64 size, gconstpointer edge, gsize length);

/* Proof of inclusion (RFC 6962, section 2.1.1): @proof has @n hashes one after another. */
gboolean vig_merkle_check_inclusion (guint64 index, guint64 size, const guint8 *leaf, const guint8 *proof, gsize n, const guint8 *root);

G_END_DECLS
