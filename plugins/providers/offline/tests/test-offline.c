/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "choice.h"
#include "vig-test.h"

#include <string.h>

/* Tools as they are told to a model; the last three stand for plugins that this provider has never seen. */
static const VigToolInfo read_tool = {
  .name = "filesystem.read",
  .title = "Read a file",
  .description = "Reads a text file from the Operator's working directory.",
  .input_schema = "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"description\":\"File to read\"},"
                  "\"limit\":{\"type\":\"integer\",\"description\":\"Lines at most\"}},\"required\":[\"path\"]}",
};
static const VigToolInfo list_tool = {
  .name = "filesystem.list",
  .title = "List a directory",
  .description = "Lists the files and folders in a directory of the Operator's working directory.",
  .input_schema = "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"description\":\"Directory\",\"default\":\".\"}}}",
};
static const VigToolInfo write_tool = {
  .name = "filesystem.write",
  .title = "Write a file",
  .description = "Writes text to a file in the Operator's working directory: notes, lists, configuration.",
  .input_schema = "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"description\":\"File to write\"},"
                  "\"content\":{\"type\":\"string\",\"description\":\"Text to write\"},"
                  "\"mode\":{\"type\":\"string\",\"enum\":[\"create\",\"replace\",\"append\"],\"default\":\"create\"}},\"required\":[\"path\",\"content\"]}",
};
static const VigToolInfo shell_tool = {
  .name = "shell.exec",
  .title = "Run a shell command",
  .description = "Runs a shell command on this host: disk space, memory, load, processes, uptime.",
  .input_schema = "{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\",\"description\":\"Command line for sh, such as "
                  "`df -h` (how full the disks are, free storage space), `free -h` (memory and swap), `uptime` (load, how long the host is up, last boot), "
                  "`ps aux --sort=-%cpu` (processes), `uname -a` (kernel, system version), `date` (time)\"}},\"required\":[\"command\"]}",
};
static const VigToolInfo activity_tool = {
  .name = "vigilus.activity",
  .title = "What Vigilus did",
  .description = "Tells what was done: runs, tool calls and their outcomes, from the audit log.",
  .input_schema = "{\"type\":\"object\",\"properties\":{\"period\":{\"type\":\"string\",\"enum\":[\"today\",\"yesterday\",\"week\",\"all\"],\"default\":\"today\"}}}",
};
static const VigToolInfo greenhouse_tool = {
  .name = "greenhouse.water",
  .title = "Water the plants",
  .description = "Opens the irrigation valve of a bed in the greenhouse for some minutes.",
  .input_schema = "{\"type\":\"object\",\"properties\":{\"bed\":{\"oneOf\":[{\"const\":\"north\",\"description\":\"tomatoes and peppers\"},"
                  "{\"const\":\"south\",\"description\":\"salad and herbs\"}]},\"minutes\":{\"type\":\"integer\",\"minimum\":1}},\"required\":[\"bed\",\"minutes\"]}",
};
static const VigToolInfo printer_tool = {
  .name = "printer.ink",
  .title = "Ink levels",
  .description = "Tells how much ink or toner each cartridge of the printer has.",
  .input_schema = "{\"type\":\"object\",\"properties\":{}}",
};
static const VigToolInfo uptime_tool = {
  .name = "uptime.get",
  .title = "Uptime",
  .description = "Tells for how long this host has been running.",
  .input_schema = "{\"type\":\"object\",\"properties\":{}}",
};
static const VigToolInfo *host_tools[] = { &read_tool, &list_tool, &write_tool, &shell_tool, &activity_tool, &greenhouse_tool, &printer_tool, NULL };
static const VigToolInfo *few_tools[] = { &read_tool, &uptime_tool, &activity_tool, NULL };

typedef struct
{
  const char *text;
  const char *tool; /* NULL: no call */
  const char *argument;
  const char *value;
} Row;

static const Row rows[] = {
  { "how full are the disks?", "shell.exec", "command", "df -h" },
  { "How much disk space is left?", "shell.exec", "command", "df -h" },
  { "is there enough free storage", "shell.exec", "command", "df -h" },
  { "show me disk usage", "shell.exec", "command", "df -h" },
  { "Are any drives running out of room?", "shell.exec", "command", "df -h" },
  { "what's the free space on my SSD", "shell.exec", "command", "df -h" },
  { "check the partitions", "shell.exec", "command", "df -h" },
  { "disk capacity please", "shell.exec", "command", "df -h" },
  { "how much memory is used?", "shell.exec", "command", "free -h" },
  { "RAM usage?", "shell.exec", "command", "free -h" },
  { "is the swap full", "shell.exec", "command", "free -h" },
  { "what is the load on this machine", "shell.exec", "command", "uptime" },
  { "how long has the host been up?", "shell.exec", "command", "uptime" },
  { "when did it last boot", "shell.exec", "command", "uptime" },
  { "which processes are there", "shell.exec", "command", "ps aux --sort=-%cpu" },
  { "show the kernel version", "shell.exec", "command", "uname -a" },
  { "what time is it on the host", "shell.exec", "command", "date" },
  { "run `ls -la /srv`", "shell.exec", "command", "ls -la /srv" },
  { "run uptime -p", "shell.exec", "command", "uptime -p" },
  { "please execute the command whoami", "shell.exec", "command", "whoami" },
  { "write a note to notes.txt: buy disks", "filesystem.write", "content", "buy disks" },
  { "write a note to notes.txt: buy disks", "filesystem.write", "path", "notes.txt" },
  { "save \"call the landlord\" in todo.md", "filesystem.write", "content", "call the landlord" },
  { "save \"call the landlord\" in todo.md", "filesystem.write", "path", "todo.md" },
  { "put buy milk in shopping.txt", "filesystem.write", "content", "buy milk" },
  { "create a file plan.txt saying replace the fan", "filesystem.write", "content", "replace the fan" },
  { "append \"second line\" to notes.txt", "filesystem.write", "mode", "append" },
  { "store this in ideas/rack.md: a quieter fan", "filesystem.write", "path", "ideas/rack.md" },
  { "note in log.txt: memory replaced today", "filesystem.write", "content", "memory replaced today" },
  { "jot down check the ups in todo.txt", "filesystem.write", "content", "check the ups" },
  { "add to shopping.txt: two fans", "filesystem.write", "content", "two fans" },
  { "remember in reminders.txt: rotate backups", "filesystem.write", "path", "reminders.txt" },
  { "show notes.txt", "filesystem.read", "path", "notes.txt" },
  { "read notes.txt", "filesystem.read", "path", "notes.txt" },
  { "what is in notes.txt?", "filesystem.read", "path", "notes.txt" },
  { "what's inside config/app.yaml", "filesystem.read", "path", "config/app.yaml" },
  { "cat todo.md", "filesystem.read", "path", "todo.md" },
  { "open the file shopping.txt", "filesystem.read", "path", "shopping.txt" },
  { "display the contents of notes.txt", "filesystem.read", "path", "notes.txt" },
  { "print report.csv please", "filesystem.read", "path", "report.csv" },
  { "let me see plan.txt", "filesystem.read", "path", "plan.txt" },
  { "give me the text of todo.md", "filesystem.read", "path", "todo.md" },
  { "list the files", "filesystem.list", NULL, NULL },
  { "which files are in the folder", "filesystem.list", NULL, NULL },
  { "what did you do today?", "vigilus.activity", "period", "today" },
  { "what have you done yesterday", "vigilus.activity", "period", "yesterday" },
  { "what happened this week?", "vigilus.activity", "period", "week" },
  { "show your history", "vigilus.activity", NULL, NULL },
  { "which tool calls failed today", "vigilus.activity", "period", "today" },
  { "what were your actions today", "vigilus.activity", "period", "today" },
  { "water the tomatoes for 5 minutes", "greenhouse.water", "bed", "north" },
  { "irrigate the herbs 10 minutes", "greenhouse.water", "bed", "south" },
  { "open the greenhouse valve for the salad, 3 minutes", "greenhouse.water", "bed", "south" },
  { "how much toner is left in the printer?", "printer.ink", NULL, NULL },
  { "is the ink cartridge empty", "printer.ink", NULL, NULL },
  { "what is the meaning of life", NULL, NULL, NULL },
  { "hello", NULL, NULL, NULL },
  { "sing a song for my cat's birthday", NULL, NULL, NULL },
};

static VigReply *
ask (const char *text, const VigToolInfo **tools)
{
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();

  vig_transcript_add_user (transcript, text);

  return choice_make (transcript, tools);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (VigReply) reply = ask (row->text, host_tools);
  const VigReplyCall *call;

  if (row->tool == NULL)
    {
      g_assert_cmpuint (vig_reply_get_n_calls (reply), ==, 0);
      g_assert_nonnull (strstr (vig_reply_get_text (reply), "offline"));
      return;
    }

  if (vig_reply_get_n_calls (reply) == 0)
    g_test_message ("no call: %s", vig_reply_get_text (reply));
  g_assert_cmpuint (vig_reply_get_n_calls (reply), ==, 1);
  if (vig_reply_get_n_calls (reply) != 1)
    return;
  call = vig_reply_get_call (reply, 0);
  g_assert_cmpstr (call->name, ==, row->tool);
  if (row->argument != NULL)
    g_assert_cmpstr (vig_json_get_string (call->arguments, row->argument, NULL), ==, row->value);
}

static void
test_unseen_plugin (void)
{
  g_autoptr (VigReply) reply = ask ("for how long has this host been running?", few_tools);

  g_assert_cmpuint (vig_reply_get_n_calls (reply), ==, 1);
  g_assert_cmpstr (vig_reply_get_call (reply, 0)->name, ==, "uptime.get");
}

static void
test_missing_argument (void)
{
  g_autoptr (VigReply) reply = ask ("write a note", host_tools);

  g_assert_cmpuint (vig_reply_get_n_calls (reply), ==, 0);
  g_assert_nonnull (strstr (vig_reply_get_text (reply), "filesystem.write"));
}

static void
test_delegate (void)
{
  static const VigToolInfo delegate = {
    .name = "delegate",
    .title = "Delegate",
    .description = "Gives the request to one Operator.",
    .input_schema = "{\"type\":\"object\",\"properties\":{\"operator\":{\"oneOf\":["
                    "{\"const\":\"Infrastructure\",\"description\":\"health of this host: disks, memory, load, services. Tools: shell.exec (run a shell command)\"},"
                    "{\"const\":\"Files\",\"description\":\"reads and writes files and notes. Tools: filesystem.read (read a file), filesystem.write (write a file)\"},"
                    "{\"const\":\"Activity\",\"description\":\"what was done. Tools: vigilus.activity (runs, tool calls and outcomes)\"}]},"
                    "\"reason\":{\"type\":\"string\"}},\"required\":[\"operator\"]}",
  };
  static const VigToolInfo *tools[] = { &delegate, NULL };
  static const char *cases[][2] = {
    { "how full are the disks?", "Infrastructure" },
    { "write a note to notes.txt: buy disks", "Files" },
    { "show notes.txt", "Files" },
    { "what did you do today?", "Activity" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (VigReply) reply = ask (cases[i][0], tools);

      g_assert_cmpuint (vig_reply_get_n_calls (reply), ==, 1);
      if (vig_reply_get_n_calls (reply) == 1)
        g_assert_cmpstr (vig_json_get_string (vig_reply_get_call (reply, 0)->arguments, "operator", NULL), ==, cases[i][1]);
    }
}

static void
test_report (void)
{
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();
  g_autoptr (VigReply) first = ask ("how full are the disks?", host_tools);
  g_autoptr (VigReply) reply = NULL;

  vig_transcript_add_user (transcript, "how full are the disks?");
  vig_transcript_add_reply (transcript, first);
  vig_transcript_add_result (transcript, "offline-1", "shell.exec", "{\"exit_status\":0,\"stdout\":\"/dev/sda1 40%\\n```\\n\",\"stderr\":\"\"}", FALSE);
  reply = choice_make (transcript, host_tools);

  g_assert_cmpuint (vig_reply_get_n_calls (reply), ==, 0);
  g_assert_nonnull (strstr (vig_reply_get_text (reply), "````\n/dev/sda1 40%"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_set_nonfatal_assertions ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/offline/says/%02" G_GSIZE_FORMAT, i + 1);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/offline/unseen-plugin", test_unseen_plugin);
  g_test_add_func ("/offline/missing-argument", test_missing_argument);
  g_test_add_func ("/offline/delegate", test_delegate);
  g_test_add_func ("/offline/report", test_report);

  return g_test_run ();
}
