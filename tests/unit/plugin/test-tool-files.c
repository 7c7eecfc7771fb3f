/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sandbox-private.h"
#include "vig-test.h"
#include "vig-tool-runner.h"

#include <vigilus/vig-invocation-private.h>
#include <vigilus/vig-outside.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* Tools whose checks of paths are broken on purpose, run as the daemon runs the file tools: nothing but the kernel is left to hold them. */

#define SCHEMA "{\"type\": \"object\", \"properties\": {}}"

typedef struct
{
  char          *outside;
  char          *root;
  VigWorker     *worker; /* of one thread */
  VigToolRunner *runner;
  VigTool       *tools[4];
} Fixture;

enum { READER, WRITER, CHECKER, UNFLAGGED };

static char *
make_path (VigInvocation *invocation)
{
  const char *name = vig_json_get_string (vig_invocation_get_arguments (invocation), "path", "");

  return *name == '/' ? g_strdup (name) : g_build_filename (vig_invocation_get_working_directory (invocation), name, NULL);
}

/* Opens whatever it is told. */
static JsonNode *
read_carelessly (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = make_path (invocation);
  g_autofree char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, error))
    return vig_json_pack ("s", text);

  return NULL;
}

static JsonNode *
write_carelessly (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = make_path (invocation);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  if (fd >= 0)
    {
      close (fd);
      return vig_json_pack ("s", "emptied");
    }
  g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (errno), "failed to open");

  return NULL;
}

/* A preview that changes something. */
static VigPreview *
preview_carelessly (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonNode) node = write_carelessly (invocation, cancellable, error);

  return node != NULL ? vig_preview_new ("text", "emptied") : NULL;
}

static void
put_link (gpointer data)
{
  g_assert_cmpint (g_unlink (data), ==, 0);
  g_assert_cmpint (symlink ("../secret", data), ==, 0);
}

/* Looks first, as it should not; meanwhile somebody puts a link in place of what it has seen. */
static JsonNode *
check_then_read (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = make_path (invocation);
  struct stat info;

  g_assert_cmpint (lstat (path, &info), ==, 0);
  g_assert_true (S_ISREG (info.st_mode));
  vig_outside_call (put_link, path);

  return read_carelessly (invocation, cancellable, error);
}

static const VigToolInfo infos[] = {
  [READER] = { .name = "careless.read", .title = "t", .description = "d", .level = VIG_LEVEL_READ, .input_schema = SCHEMA, .flags = VIG_TOOL_HOST | VIG_TOOL_FILES },
  [WRITER] = { .name = "careless.write", .title = "t", .description = "d", .level = VIG_LEVEL_WRITE, .input_schema = SCHEMA, .flags = VIG_TOOL_HOST | VIG_TOOL_FILES },
  [CHECKER] = { .name = "careless.check", .title = "t", .description = "d", .level = VIG_LEVEL_WRITE, .input_schema = SCHEMA, .flags = VIG_TOOL_HOST | VIG_TOOL_FILES },
  [UNFLAGGED] = { .name = "careless.free", .title = "t", .description = "d", .level = VIG_LEVEL_READ, .input_schema = SCHEMA, .flags = VIG_TOOL_HOST },
};

static void
put (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, name, -1, NULL));
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->outside = vig_test_make_dir ();
  self->root = g_build_filename (self->outside, "root", NULL);
  g_assert_cmpint (g_mkdir (self->root, 0700), ==, 0);
  put (self->outside, "secret");
  put (self->root, "inside");
  self->worker = vig_worker_new ("test", 1);
  self->runner = vig_tool_runner_new (self->worker);
  self->tools[READER] = vig_simple_tool_new (&infos[READER], read_carelessly);
  self->tools[WRITER] = vig_simple_tool_new_full (&infos[WRITER], write_carelessly, NULL, preview_carelessly);
  self->tools[CHECKER] = vig_simple_tool_new (&infos[CHECKER], check_then_read);
  self->tools[UNFLAGGED] = vig_simple_tool_new (&infos[UNFLAGGED], read_carelessly);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->tools); i++)
    g_object_unref (self->tools[i]);
  g_object_unref (self->runner);
  g_object_unref (self->worker);
  vig_test_remove_dir (self->outside);
  g_free (self->outside);
  g_free (self->root);
}

typedef struct
{
  char    *text; /* what came back, or the error */
  gboolean done;
} Outcome;

static void
run_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_tool_runner_run_finish (VIG_TOOL_RUNNER (source), result, &error);
  Outcome *outcome = data;

  outcome->text = g_strdup (node != NULL ? json_node_get_string (node) : error->message);
  outcome->done = TRUE;
}

static void
preview_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigPreview) preview = vig_tool_runner_preview_finish (VIG_TOOL_RUNNER (source), result, &error);
  Outcome *outcome = data;

  outcome->text = g_strdup (preview != NULL ? preview->text : error->message);
  outcome->done = TRUE;
}

static void
assert_outcome (Fixture *self, guint which, const char *path, gboolean is_preview, const char *part)
{
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s}", "path", path);
  VigInvocationValues values = { "call", infos[which].name, "Tester", self->root, arguments, vig_test_deadline (), 10000 };
  g_autoptr (VigInvocation) invocation = vig_invocation_new (&values, NULL, NULL, NULL);
  Outcome outcome = { NULL, FALSE };

  if (is_preview)
    vig_tool_runner_preview_async (self->runner, NULL, self->tools[which], NULL, invocation, NULL, preview_done, &outcome);
  else
    vig_tool_runner_run_async (self->runner, NULL, self->tools[which], NULL, invocation, NULL, run_done, &outcome);
  vig_test_wait_for (outcome.done);
  g_test_message ("%s of %s: %s", infos[which].name, path, outcome.text);
  g_assert_nonnull (strstr (outcome.text, part));
  g_free (outcome.text);
}

static const char denied[] = "Permission denied";
static const char not_opened[] = "failed to open";

static void
test_reading (Fixture *self, gconstpointer data)
{
  g_autofree char *secret = g_build_filename (self->outside, "secret", NULL);

  assert_outcome (self, READER, "inside", FALSE, "inside");
  assert_outcome (self, READER, "../secret", FALSE, denied);
  assert_outcome (self, READER, secret, FALSE, denied);
  assert_outcome (self, READER, "/etc/shadow", FALSE, denied);
  assert_outcome (self, READER, "/proc/self/environ", FALSE, denied);

  /* The thread that waited, which is the only one of its pool, is as it was. */
  assert_outcome (self, UNFLAGGED, "../secret", FALSE, "secret");
}

static void
test_writing (Fixture *self, gconstpointer data)
{
  assert_outcome (self, WRITER, "new", FALSE, "emptied");
  assert_outcome (self, WRITER, "../new", FALSE, not_opened);
  assert_outcome (self, WRITER, "../secret", FALSE, not_opened);
  assert_outcome (self, UNFLAGGED, "../secret", FALSE, "secret");

  /* Nothing is changed before somebody has agreed. */
  assert_outcome (self, WRITER, "inside", TRUE, not_opened);
  assert_outcome (self, UNFLAGGED, "inside", FALSE, "inside");
}

static void
test_swapped (Fixture *self, gconstpointer data)
{
  assert_outcome (self, CHECKER, "inside", FALSE, denied);
  assert_outcome (self, UNFLAGGED, "inside", FALSE, "secret"); /* where the link leads without that */
}

/* Without a working directory, or where it is not there, there is nothing at all. */
static void
test_nowhere (Fixture *self, gconstpointer data)
{
  g_autofree char *secret = g_build_filename (self->outside, "secret", NULL);

  g_free (self->root);
  self->root = NULL;
  assert_outcome (self, READER, secret, FALSE, denied);
  self->root = g_build_filename (self->outside, "gone", NULL);
  assert_outcome (self, READER, secret, FALSE, denied);
}

static void
by_abi_2 (Fixture *self, gconstpointer test)
{
  vig_landlock_set_abi_max (2);
  ((void (*) (Fixture *, gconstpointer)) test) (self, NULL);
  vig_landlock_set_abi_max (G_MAXINT);
}

int
main (int argc, char **argv)
{
  static const struct { const char *name; void (*func) (Fixture *, gconstpointer); } tests[] = {
    { "reading", test_reading }, { "writing", test_writing }, { "swapped", test_swapped }, { "nowhere", test_nowhere },
  };

  g_test_init (&argc, &argv, NULL);

  if (vig_landlock_get_abi () < 2)
    {
      g_print ("1..0 # SKIP this kernel's Landlock holds nothing that writes\n");
      return 0;
    }

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *own = g_strconcat ("/tool-files/own/", tests[i].name, NULL);
      g_autofree char *older = g_strconcat ("/tool-files/abi-2/", tests[i].name, NULL);

      g_test_add (own, Fixture, NULL, set_up, tests[i].func, tear_down);
      g_test_add (older, Fixture, tests[i].func, set_up, by_abi_2, tear_down);
    }

  return g_test_run ();
}
