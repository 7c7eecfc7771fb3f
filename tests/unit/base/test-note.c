/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-note.h"
#include "vig-test.h"

#include <string.h>

/* The example of golang.org/x/mod/sumdb/note. */
#define KEY  "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define SEED "AYEKFALVFGyNhPJEMzD1QIDr" "+Y7hfZx09iUvxdXHKDFz"
#define TEXT "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define SIGNATURE "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
#define NOTE TEXT "\n— PeterNeumann " SIGNATURE "\n"

static void
get_seed (guint8 *seed)
{
  gsize length;
  g_autofree guint8 *bytes = g_base64_decode (SEED, &length);

  g_assert_cmpuint (length, ==, VIG_NOTE_SEED + 1);
  memcpy (seed, bytes + 1, VIG_NOTE_SEED);
}

static VigNoteKey *
make_key (const char *name, guint8 *seed)
{
  g_autoptr (GError) error = NULL;
  VigNoteKey *key;

  get_seed (seed);
  key = vig_note_key_new_from_seed (name, seed, &error);
  g_assert_no_error (error);

  return key;
}

static void
test_example (void)
{
  guint8 seed[VIG_NOTE_SEED];
  g_autoptr (VigNoteKey) key = make_key ("PeterNeumann", seed);
  g_autofree char *name = vig_note_key_to_string (key);
  g_autoptr (GError) error = NULL;
  g_autofree char *note = vig_note_sign (key, seed, TEXT, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (name, ==, KEY);
  g_assert_cmpstr (note, ==, NOTE);
  text = vig_note_open (key, NOTE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, TEXT);
}

/* RFC 8032, section 7.1, test 1. */
static void
test_public_key (void)
{
  static const guint8 seed[] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
                                 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60 };
  g_autoptr (VigNoteKey) key = vig_note_key_new_from_seed ("rfc8032", seed, NULL);
  g_autofree char *name = vig_note_key_to_string (key);

  g_assert_true (g_str_has_suffix (name, "+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"));
}

static void
test_keys (void)
{
  static const char *const wrong[] = {
    "", "PeterNeumann", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3+AhpcW2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T", "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (VigNoteKey) key = vig_note_key_parse (KEY "\n", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (vig_note_key_get_name (key), ==, "PeterNeumann");
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_assert_null (vig_note_key_parse (wrong[i], &error));
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
      g_clear_error (&error);
    }
}

/* No byte of a note can be another. */
static void
test_changed (void)
{
  g_autoptr (VigNoteKey) key = vig_note_key_parse (KEY, NULL);

  for (gsize i = 0; i < strlen (NOTE); i++)
    {
      g_autofree char *note = g_strdup (NOTE);
      g_autofree char *text = NULL;
      g_autoptr (GError) error = NULL;

      note[i] ^= 1;
      text = vig_note_open (key, note, &error);
      g_assert_null (text);
      g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
    }
}

static void
test_others (void)
{
  g_autoptr (VigNoteKey) key = vig_note_key_parse (KEY, NULL);
  g_autofree char *text = vig_note_open (key, TEXT "\n— somebody x08goAAAA\n— PeterNeumann " SIGNATURE "\n", NULL);

  g_assert_cmpstr (text, ==, TEXT);
  g_assert_null (vig_note_open (key, TEXT "\n— somebody x08goAAAA\n", NULL));
  g_assert_null (vig_note_open (key, TEXT, NULL));
  g_assert_null (vig_note_open (key, "", NULL));
}

static void
test_checkpoint (void)
{
  guint8 seed[VIG_NOTE_SEED];
  g_autoptr (VigNoteKey) key = make_key ("vigilus.example/audit", seed);
  g_autoptr (VigNoteKey) other = make_key ("elsewhere.example/audit", seed);
  VigCheckpoint checkpoint = { .size = 20852163 };
  VigCheckpoint read;
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;
  g_autofree char *line = NULL;
  g_autofree char *again = NULL;
  g_autofree char *poem = NULL;

  memset (checkpoint.root, 0x5a, sizeof checkpoint.root);
  note = vig_checkpoint_sign (key, seed, &checkpoint, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (note, "vigilus.example/audit\n20852163\nWlpa"));
  g_assert_true (vig_checkpoint_open (key, note, &read, &error));
  g_assert_cmpuint (read.size, ==, checkpoint.size);
  g_assert_cmpmem (read.root, sizeof read.root, checkpoint.root, sizeof checkpoint.root);
  g_assert_false (vig_checkpoint_open (other, note, &read, NULL));

  line = vig_checkpoint_to_line (note);
  g_assert_null (strchr (line, '\n'));
  again = vig_checkpoint_from_line (line);
  g_assert_cmpstr (again, ==, note);
  g_assert_null (vig_checkpoint_from_line ("something else"));

  poem = vig_note_sign (key, seed, TEXT, NULL);
  g_assert_false (vig_checkpoint_open (key, poem, &read, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
}

/* Of a file that has one behind another: the last that is whole, whoever signed it. */
static void
test_last (void)
{
  static const char file[] = "log\n1\nAAAA\n\n\342\200\224 log c2ln\n\nlog\n2\nBBBB\n\n\342\200\224 log bW9yZQ==\n\n";
  g_autofree char *last = vig_checkpoint_dup_last (file);
  g_autofree char *cut = g_strndup (file, strlen (file) - 6);
  g_autofree char *before = vig_checkpoint_dup_last (cut);
  VigCheckpoint read;

  g_assert_cmpstr (last, ==, "log\n2\nBBBB\n\n\342\200\224 log bW9yZQ==\n");
  g_assert_cmpstr (before, ==, "log\n1\nAAAA\n\n\342\200\224 log c2ln\n");
  g_assert_null (vig_checkpoint_dup_last (""));
  g_assert_null (vig_checkpoint_dup_last ("nothing\nof\nthe\n\nkind\n\n"));
  g_assert_false (vig_checkpoint_read (last, "log", &read));
  g_assert_true (vig_checkpoint_read ("log\n7\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n", "log", &read));
  g_assert_cmpuint (read.size, ==, 7);
  g_assert_false (vig_checkpoint_read ("other\n7\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n", "log", &read));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/note/example", test_example);
  g_test_add_func ("/note/public-key", test_public_key);
  g_test_add_func ("/note/keys", test_keys);
  g_test_add_func ("/note/changed", test_changed);
  g_test_add_func ("/note/others", test_others);
  g_test_add_func ("/note/checkpoint", test_checkpoint);
  g_test_add_func ("/note/last", test_last);

  return g_test_run ();
}
