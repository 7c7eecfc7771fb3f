/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-helper-request.h"
#include "vig-test.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define NOW G_GINT64_CONSTANT (1700000000000000)
#define NONCE "0123456789abcdef0123456789abcdef"

typedef struct
{
  char          *folder;
  char          *spent;
  char          *path;
  guint8         seed[VIG_NOTE_SEED];
  VigNoteKey    *key;
  VigHelperRules rules;
} Fixture;

static void
write_rules (Fixture *self, const char *operations, mode_t mode)
{
  g_autofree char *key = vig_note_key_to_string (self->key);
  g_autofree char *text = g_strdup_printf ("[Helper]\nPublicKey=%s\nOperations=%s\nUser=%s\n", key, operations, g_get_user_name ());

  g_assert_true (g_file_set_contents (self->path, text, -1, NULL));
  g_assert_cmpint (g_chmod (self->path, mode), ==, 0);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->folder = vig_test_make_dir ();
  self->spent = g_build_filename (self->folder, "spent", NULL);
  self->path = g_build_filename (self->folder, "helper.conf", NULL);
  g_assert_cmpint (g_mkdir (self->spent, 0700), ==, 0);
  memset (self->seed, 7, sizeof self->seed);
  self->key = vig_note_key_new_from_seed (VIG_HELPER_KEY_NAME, self->seed, &error);
  g_assert_no_error (error);
  write_rules (self, "service.restart;user.lock;", 0644);
  g_assert_true (vig_helper_rules_load (&self->rules, self->path, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (self->rules.uid, ==, getuid ());
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  vig_helper_rules_clear (&self->rules);
  vig_note_key_free (self->key);
  vig_test_remove_dir (self->folder);
  g_free (self->folder);
  g_free (self->spent);
  g_free (self->path);
}

static char *
sign (Fixture *self, const char *header, gint64 time, const char *nonce, const char *operation)
{
  g_autofree char *body = g_strdup_printf ("%s{\"time\":%" G_GINT64_FORMAT ",\"nonce\":\"%s\",\"call\":\"c\",\"operator\":\"o\",\"operation\":\"%s\","
                                           "\"arguments\":{\"unit\":\"a.service\"}}\n", header, time, nonce, operation);
  g_autoptr (GError) error = NULL;
  char *note = vig_note_sign (self->key, self->seed, body, &error);

  g_assert_no_error (error);

  return note;
}

static gboolean
is_taken (Fixture *self, const char *note)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) request = vig_helper_request_check (&self->rules, note, self->spent, NOW, &error);

  g_assert_true ((request == NULL) == (error != NULL));
  if (error != NULL)
    g_test_message ("%s", error->message);

  return request != NULL;
}

static void
assert_refused (Fixture *self, const char *header, gint64 time, const char *nonce, const char *operation)
{
  g_autofree char *note = sign (self, header, time, nonce, operation);

  g_assert_false (is_taken (self, note));
}

static void
test_requests (Fixture *self, gconstpointer data)
{
  g_autofree char *note = sign (self, VIG_HELPER_HEADER, NOW, NONCE, "service.restart");
  gsize at;

  /* Whatever byte of it is changed. */
  for (at = 0; note[at] != '\0'; at++)
    {
      g_autofree char *changed = g_strdup (note);

      changed[at] ^= 1;
      if (changed[at] != '\0')
        g_assert_false (is_taken (self, changed));
    }
  g_assert_true (is_taken (self, note));
  g_assert_false (is_taken (self, note)); /* not twice */

  assert_refused (self, VIG_HELPER_HEADER, NOW - 61 * G_USEC_PER_SEC, "1123456789abcdef0123456789abcdef", "service.restart");
  assert_refused (self, VIG_HELPER_HEADER, NOW + 61 * G_USEC_PER_SEC, "2123456789abcdef0123456789abcdef", "service.restart");
  assert_refused (self, VIG_HELPER_HEADER, NOW, "3123456789abcdef0123456789abcdef", "service.stop");
  assert_refused (self, VIG_HELPER_HEADER, NOW, "3123456789abcdef0123456789abcdef", "shell");
  assert_refused (self, VIG_HELPER_HEADER, NOW, "../../../../../../etc/vigilus/abc", "service.restart");
  assert_refused (self, VIG_HELPER_HEADER, NOW, "", "service.restart");
  assert_refused (self, "vigilus-audit/1\n", NOW, NONCE, "service.restart");
  g_assert_false (is_taken (self, ""));
  g_assert_false (is_taken (self, VIG_HELPER_HEADER "{}\n"));
}

/* Another key's signature is none. */
static void
test_other_key (Fixture *self, gconstpointer data)
{
  g_autofree char *note = NULL;

  memset (self->seed, 8, sizeof self->seed);
  g_clear_pointer (&self->key, vig_note_key_free);
  self->key = vig_note_key_new_from_seed (VIG_HELPER_KEY_NAME, self->seed, NULL);
  note = sign (self, VIG_HELPER_HEADER, NOW, NONCE, "service.restart");
  g_assert_false (is_taken (self, note));
}

static void
assert_not_loaded (Fixture *self)
{
  VigHelperRules rules;
  g_autoptr (GError) error = NULL;

  g_assert_false (vig_helper_rules_load (&rules, self->path, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "helper.conf"));
  vig_helper_rules_clear (&rules);
}

static void
test_rules (Fixture *self, gconstpointer data)
{
  write_rules (self, "service.restart;", 0666);
  assert_not_loaded (self);
  write_rules (self, "service.restart;everything;", 0644);
  assert_not_loaded (self);
  g_assert_true (g_file_set_contents (self->path, "[Helper]\nPublicKey=\n", -1, NULL));
  assert_not_loaded (self);
  g_unlink (self->path);
  assert_not_loaded (self);

  /* Nothing is on where nothing is named. */
  vig_helper_rules_clear (&self->rules);
  write_rules (self, "", 0644);
  g_assert_true (vig_helper_rules_load (&self->rules, self->path, NULL));
  assert_refused (self, VIG_HELPER_HEADER, NOW, NONCE, "service.restart");
}

static void
test_argv (void)
{
  static const struct { const char *operation; const char *arguments; const char *argv; } rows[] = {
    { "service.restart", "{\"unit\":\"nginx.service\"}", "systemctl restart -- nginx.service" },
    { "service.restart", "{\"unit\":\"getty@tty1.service\"}", "systemctl restart -- getty@tty1.service" },
    { "service.restart", "{\"unit\":\"--root=/x.service\"}", NULL },
    { "service.restart", "{\"unit\":\"a.service b.service\"}", NULL },
    { "service.restart", "{\"unit\":\"a.service\\n\"}", NULL },
    { "service.restart", "{\"unit\":\"/etc/a.service\"}", NULL },
    { "service.restart", "{\"unit\":\"*.service\"}", NULL },
    { "service.restart", "{\"unit\":1}", NULL },
    { "service.restart", "{}", NULL },
    { "package.install", "{\"packages\":[\"nginx\",\"libc6:i386\"]}", "apt-get --quiet --assume-yes install -- nginx libc6:i386" },
    { "package.install", "{\"packages\":[\"./evil.deb\"]}", NULL },
    { "package.install", "{\"packages\":[\"-oDebug=1\"]}", NULL },
    { "package.install", "{\"packages\":[]}", NULL },
    { "package.install", "{\"packages\":\"nginx\"}", NULL },
    { "package.install", "{\"packages\":[[\"nginx\"]]}", NULL },
    { "package.remove", "{\"packages\":[\"nginx\"]}", "apt-get --quiet --assume-yes remove -- nginx" },
    { "user.lock", "{\"user\":\"maria\"}", "usermod --lock -- maria" },
    { "user.lock", "{\"user\":\"-L\"}", NULL },
    { "user.lock", "{\"user\":\"maria:0\"}", NULL },
    { "firewall.rule", "{\"rule\":\"allow 443/tcp\"}", "ufw allow 443/tcp" },
    { "firewall.rule", "{\"rule\":\"delete allow 8080\"}", "ufw delete allow 8080" },
    { "firewall.rule", "{\"rule\":\"disable\"}", NULL },
    { "firewall.rule", "{\"rule\":\"allow 443/tcp; sh\"}", NULL },
    { "system.reboot", "{}", "systemctl reboot" },
    { "sh", "{}", NULL },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) arguments = vig_json_parse_object (rows[i].arguments, -1, 0, NULL);
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) argv = vig_helper_make_argv (rows[i].operation, arguments, &error);
      g_autofree char *line = argv != NULL ? g_strjoinv (" ", argv) : NULL;

      g_test_message ("%s %s: %s", rows[i].operation, rows[i].arguments, line != NULL ? line : error->message);
      g_assert_cmpstr (line, ==, rows[i].argv);
    }
}

/* Each operation of the schema is one, and no other. */
static void
test_schema (void)
{
  g_autoptr (JsonObject) schema = vig_json_parse_object (vig_helper_schema, -1, 0, NULL);
  JsonArray *names = vig_json_get_array (vig_json_get_object (vig_json_get_object (schema, "properties"), "operation"), "enum");
  guint i;

  for (i = 0; i < json_array_get_length (names); i++)
    g_assert_true (vig_helper_has_operation (json_array_get_string_element (names, i)));
  g_assert_cmpuint (i, ==, 14);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/helper/requests", Fixture, NULL, set_up, test_requests, tear_down);
  g_test_add ("/helper/other-key", Fixture, NULL, set_up, test_other_key, tear_down);
  g_test_add ("/helper/rules", Fixture, NULL, set_up, test_rules, tear_down);
  g_test_add_func ("/helper/argv", test_argv);
  g_test_add_func ("/helper/schema", test_schema);

  return g_test_run ();
}
