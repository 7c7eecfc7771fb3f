/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "choice.h"
#include "vig-test.h"

#include <string.h>

#define PATH_PROPERTY(what) "\"path\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 4096, \"description\": \"" what ", relative to the working directory\"}"

/* Tools as they are told to a model, in the words of the shipped plugins; the last three stand for plugins that this provider has never seen. */
static const VigToolInfo read_tool = {
  .name = "filesystem.read",
  .title = "Read a file",
  .description = "Reads a text file and shows its content. Use for: show, open, print, display or look into a file, notes, a configuration or a log; what is written in it.",
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\"], \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("The file") ","
                  "\"offset\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"First line to show, from 1\"},"
                  "\"limit\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"How many lines to show\"},"
                  "\"tail\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100000, \"description\": \"Only so many of the last lines\"}}}",
};
static const VigToolInfo list_tool = {
  .name = "filesystem.list",
  .title = "List a directory",
  .description = "Lists the files and folders in a directory. Use for: which files are there, what a folder or the working directory holds.",
  .input_schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {" PATH_PROPERTY ("The directory; without it, the working directory itself") "}}",
};
static const VigToolInfo write_tool = {
  .name = "filesystem.write",
  .title = "Write a file",
  .description = "Writes text to a file. Use for: create a file, write or save a note, replace what a file holds, append or add a line to it.",
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\", \"content\"], \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("The file") ","
                  "\"content\": {\"type\": \"string\", \"description\": \"The text to write\"},"
                  "\"mode\": {\"enum\": [\"create\", \"replace\", \"append\", \"patch\"], \"default\": \"replace\", "
                  "\"description\": \"create: the file must be new; replace: write it anew (also if it is new); append: add the text at its end; "
                  "patch: content is a unified diff, applied exactly\"}}}",
};
static const VigToolInfo stat_tool = {
  .name = "filesystem.stat",
  .title = "Look at a file's attributes",
  .description = "Tells the kind, size in bytes, owner, group, permissions (mode) and modification time of one path. It does not show what is in it.",
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\"], \"additionalProperties\": false, \"properties\": {" PATH_PROPERTY ("The path") "}}",
};
static const VigToolInfo search_tool = {
  .name = "filesystem.search",
  .title = "Search files",
  .description = "Searches below a directory for names that match a pattern and for lines that contain some words. Use for: find, search, grep, where is, which file mentions.",
  .input_schema = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("Where to begin; without it, the working directory itself") ","
                  "\"name\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 255, \"description\": \"Pattern of the name, such as *.conf\"},"
                  "\"text\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 1000, \"description\": \"Words that a line contains\"},"
                  "\"case_sensitive\": {\"type\": \"boolean\", \"default\": false, \"description\": \"Upper and lower case differ\"},"
                  "\"limit\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 200, \"description\": \"How many hits at most\"}}}",
};
static const VigToolInfo delete_tool = {
  .name = "filesystem.delete",
  .title = "Delete a file",
  .description = "Deletes a file, a link or an empty directory; it can be undone. Use for: delete, remove or erase a file.",
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\"], \"additionalProperties\": false, \"properties\": {" PATH_PROPERTY ("What to delete") "}}",
};
static const VigToolInfo move_tool = {
  .name = "filesystem.move",
  .title = "Move or rename a file",
  .description = "Moves or renames a file to a new name that is still free; it can be undone.",
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\", \"to\"], \"additionalProperties\": false, \"properties\": {"
                  PATH_PROPERTY ("The old name") ","
                  "\"to\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 4096, \"description\": \"The new name, relative to the working directory\"}}}",
};
static const VigToolInfo mkdir_tool = {
  .name = "filesystem.mkdir",
  .title = "Make a directory",
  .description = "Makes a new, empty directory (folder).",
  .input_schema = "{\"type\": \"object\", \"required\": [\"path\"], \"additionalProperties\": false, \"properties\": {" PATH_PROPERTY ("The new directory") "}}",
};
static const VigToolInfo shell_tool = {
  .name = "shell.exec",
  .title = "Run a command",
  .description = "Runs a shell command on this host and shows its output. Use for: disk space, memory, uptime, load, processes, "
                 "kernel and system version, date and time, network interfaces, counting or searching in files. "
                 "It runs confined in the working directory: it reads the system, writes only there, and has no network.",
  .input_schema = "{\"type\": \"object\", \"required\": [\"command\"], \"additionalProperties\": false, \"properties\": {"
                  "\"command\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 65536, \"description\": \"The command line for sh, for example "
                  "`df -h` (how full the disks are, free disk space, storage usage), `free -h` (memory and swap in use, RAM), `uptime` (how long the host has been "
                  "running, since the last boot, load average), `ps aux --sort=-%cpu | head -20` (running processes, what uses the CPU), "
                  "`ls -la` (files in the working directory), `uname -a` (kernel version), `cat /etc/os-release` (operating system, distribution), `date` (current date and time), "
                  "`hostname` (name of this host), `nproc` (number of processors, cores), `du -sh .` (size of the working directory)\"}}}",
};
static const VigToolInfo activity_tool = {
  .name = "vigilus.activity",
  .title = "Activity",
  .description = "Lists what you and other Operators did here: the requests (runs) and the tool calls with their outcomes, newest first. "
                 "Use it for questions like what was done, what happened or what failed today, yesterday or this week.",
  .input_schema = "{\"type\":\"object\",\"properties\":{"
                  "\"period\":{\"type\":\"string\",\"enum\":[\"today\",\"yesterday\",\"week\",\"all\"],\"description\":\"The time to look at; default today\"},"
                  "\"what\":{\"type\":\"string\",\"enum\":[\"runs\",\"calls\",\"all\"],\"description\":\"Requests, tool calls, or both; default all\"},"
                  "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"description\":\"Entries of each kind at most; default 20\"}},"
                  "\"additionalProperties\":false}",
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
static const VigToolInfo *host_tools[] = { &read_tool, &list_tool, &stat_tool, &search_tool, &write_tool, &delete_tool, &move_tool, &mkdir_tool,
                                          &shell_tool, &activity_tool, &greenhouse_tool, &printer_tool, NULL };
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
  { "which processes are there", "shell.exec", "command", "ps aux --sort=-%cpu | head -20" },
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
  { "delete notes.txt", "filesystem.delete", "path", "notes.txt" },
  { "please remove the file old/plan.txt", "filesystem.delete", "path", "old/plan.txt" },
  { "search for \"fan\"", "filesystem.search", "text", "fan" },
  { "which file mentions the landlord?", "filesystem.search", "text", "the landlord" },
  { "search for rotate backups", "filesystem.search", "text", "rotate backups" },
  { "find all *.conf", "filesystem.search", "name", "*.conf" },
  { "make the directory backups/2026", "filesystem.mkdir", "path", "backups/2026" },
  { "what are the permissions of notes.txt", "filesystem.stat", "path", "notes.txt" },
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
ask_as (const char *system, const char *text, const VigToolInfo **tools)
{
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();

  vig_transcript_add_user (transcript, text);

  return choice_make (system, transcript, tools);
}

static VigReply *
ask (const char *text, const VigToolInfo **tools)
{
  return ask_as (NULL, text, tools);
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

/* What is on a server is asked of the one that is named, or of the only one; which they are is no answer. */
static void
test_server (void)
{
  static const VigToolInfo docker_list = {
    .name = "docker.list",
    .title = "Containers",
    .description = "Lists the containers of a server: name, image, state. Use for: which containers run.",
    .input_schema = "{\"type\": \"object\", \"required\": [\"server\"], "
                    "\"properties\": {\"server\": {\"type\": \"string\", \"description\": \"Name of a server, as servers.list gives it\"}}}",
  };
  static const VigToolInfo servers_list = {
    .name = "servers.list",
    .title = "Servers",
    .description = "Lists the servers of the inventory that you may use. Use it to find the name that docker.list wants.",
    .input_schema = "{\"type\": \"object\", \"properties\": {}}",
  };
  static const VigToolInfo *tools[] = { &servers_list, &docker_list, NULL };
  const char *head = "You manage containers.\n\nThe servers that you may use, by the names that tools want:";
  const struct { const char *servers; const char *text; const char *tool; const char *server; const char *words; } cases[] = {
    { "\n- nas: 10.0.0.2; Debian", "list the containers", "docker.list", "nas", NULL },
    { "\n- nas: 10.0.0.2\n- nas2: 10.0.0.3", "list the containers on NAS2", "docker.list", "nas2", NULL },
    { "\n- nas: 10.0.0.2\n- nas2: 10.0.0.3", "which containers run on nas?", "docker.list", "nas", NULL },
    { "\n- nas: 10.0.0.2\n- pi: 10.0.0.3\n\nMore.\n- no: server", "list the containers", NULL, NULL, "- nas\n- pi\n" },
    { "\n- nas: 10.0.0.2\n- pi: 10.0.0.3", "list the servers", "servers.list", NULL, NULL },
    { NULL, "list the containers", NULL, NULL, "there is none yet" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *system = cases[i].servers != NULL ? g_strconcat (head, cases[i].servers, NULL) : NULL;
      g_autoptr (VigTranscript) transcript = vig_transcript_new ();
      g_autoptr (VigReply) reply = NULL;

      vig_transcript_add_user (transcript, cases[i].text);
      reply = choice_make (system, transcript, tools);
      g_assert_cmpuint (vig_reply_get_n_calls (reply), ==, cases[i].tool != NULL ? 1 : 0);
      if (cases[i].tool == NULL)
        {
          g_assert_nonnull (strstr (vig_reply_get_text (reply), cases[i].words));
          g_assert_null (strstr (vig_reply_get_text (reply), "- no"));
          continue;
        }
      g_assert_cmpstr (vig_reply_get_call (reply, 0)->name, ==, cases[i].tool);
      g_assert_cmpstr (vig_json_get_string (vig_reply_get_call (reply, 0)->arguments, "server", NULL), ==, cases[i].server);
    }
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

/* The starter Operators, as the orchestrator describes them. */
static const struct
{
  const char        *name;
  const char        *description;
  const char        *level;
  const VigToolInfo *tools[5];
} operators[] = {
  { "Infrastructure", "Looks after this host: disks, memory, load, services, network and logs.", "exec",
    { &shell_tool, &read_tool, &list_tool, &activity_tool, NULL } },
  { "Files", "Reads, lists and writes notes and files in the workspace.", "write", { &read_tool, &list_tool, &write_tool, NULL } },
  { "Activity", "Answers what was done: runs, tool calls, approvals and who decided them.", "read", { &activity_tool, NULL } },
};

static char *
make_delegate_schema (void)
{
  JsonArray *names = json_array_new ();
  g_autoptr (JsonNode) schema = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (operators); i++)
    json_array_add_string_element (names, operators[i].name);
  schema = vig_json_pack ("{s:s, s:{s:{s:s, s:A}, s:{s:s}}, s:[s]}", "type", "object", "properties", "operator", "type", "string", "enum", names,
                          "reason", "type", "string", "required", "operator");

  return vig_json_to_string (schema);
}

static char *
make_routing_prompt (void)
{
  GString *text = g_string_new ("You are the orchestrator.\n\n# Operators");

  for (gsize i = 0; i < G_N_ELEMENTS (operators); i++)
    {
      /* What it is for counts as little as its tools here: how the two are weighed shows tests/bench/routing. */
      g_string_append_printf (text, "\n\n## %s\n\nPermission level: %s. %s Tools:", operators[i].name, operators[i].level, operators[i].description);
      for (guint j = 0; operators[i].tools[j] != NULL; j++)
        g_string_append_printf (text, " %s: %s", operators[i].tools[j]->name, operators[i].tools[j]->description);
    }

  return g_string_free (text, FALSE);
}

static gboolean
has_tool (const char *operator, const char *tool)
{
  for (gsize i = 0; i < G_N_ELEMENTS (operators); i++)
    for (guint j = 0; operators[i].tools[j] != NULL; j++)
      if (g_strcmp0 (operators[i].name, operator) == 0 && g_str_equal (operators[i].tools[j]->name, tool))
        return TRUE;

  return FALSE;
}

static gboolean
any_has_tool (const char *tool)
{
  return has_tool ("Infrastructure", tool) || has_tool ("Files", tool) || has_tool ("Activity", tool);
}

/* Every request goes to an Operator that has the tool for it. */
static void
test_delegate (void)
{
  g_autofree char *schema = make_delegate_schema ();
  g_autofree char *system = make_routing_prompt ();
  VigToolInfo delegate = { .name = "delegate", .title = "Delegate", .description = "Hands the request to an Operator.", .input_schema = schema };
  const VigToolInfo *tools[] = { &delegate, NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (VigReply) reply = NULL;
      const char *chosen;

      if (rows[i].tool == NULL || !any_has_tool (rows[i].tool))
        continue;
      reply = ask_as (system, rows[i].text, tools);
      chosen = vig_reply_get_n_calls (reply) == 1 ? vig_json_get_string (vig_reply_get_call (reply, 0)->arguments, "operator", NULL) : NULL;
      if (!has_tool (chosen, rows[i].tool))
        g_test_message ("%s → %s, but it takes %s", rows[i].text, chosen, rows[i].tool);
      g_assert_true (has_tool (chosen, rows[i].tool));
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
  reply = choice_make (NULL, transcript, host_tools);

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
  g_test_add_func ("/offline/server", test_server);
  g_test_add_func ("/offline/unseen-plugin", test_unseen_plugin);
  g_test_add_func ("/offline/missing-argument", test_missing_argument);
  g_test_add_func ("/offline/delegate", test_delegate);
  g_test_add_func ("/offline/report", test_report);

  return g_test_run ();
}
