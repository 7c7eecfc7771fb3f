/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "agent-test-model.h"
#include "agent-test.h"

/* A provider whose answers are prepared. */
struct _AgentTestModel
{
  GObject parent_instance;
};

typedef struct
{
  char   *text;
  char   *calls;
  GError *error;
} Say;

static GQueue script = G_QUEUE_INIT;
static guint n_asked;
static VigUsage usage;
static const char *stop_reason; /* of answers from here on; NULL: as they end */
static char *last_system;
static char *last_results;
static char *last_tools;
static char *last_turns;

static void agent_test_model_iface_init (VigProviderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (AgentTestModel, agent_test_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_PROVIDER, agent_test_model_iface_init))

const VigProviderInfo agent_test_model_info = {
  .type = "scripted",
  .title = "Scripted",
  .description = "Says what it was told to say.",
  .default_model = "script-1",
  .no_base_url = TRUE,
};

static void
say_free (Say *say)
{
  g_free (say->text);
  g_free (say->calls);
  g_clear_error (&say->error);
  g_free (say);
}

void
agent_test_say (const char *text, const char *calls)
{
  Say *say = g_new0 (Say, 1);

  say->text = g_strdup (text);
  say->calls = g_strdup (calls);
  g_queue_push_tail (&script, say);
}

void
agent_test_fail (GError *error)
{
  Say *say = g_new0 (Say, 1);

  say->error = error;
  g_queue_push_tail (&script, say);
}

void
agent_test_use (gint64 input_tokens, gint64 output_tokens, gint64 cached_tokens)
{
  usage = (VigUsage) { input_tokens, output_tokens, cached_tokens, -1, -1, -1 };
}

void
agent_test_cost (gint64 micros)
{
  usage.cost_micros = micros;
}

void
agent_test_stop_with (const char *reason)
{
  stop_reason = reason;
}

void
agent_test_model_reset (void)
{
  stop_reason = NULL;
  agent_test_use (10, 5, -1);
  g_queue_clear_full (&script, (GDestroyNotify) say_free);
  n_asked = 0;
  g_clear_pointer (&last_system, g_free);
  g_clear_pointer (&last_results, g_free);
  g_clear_pointer (&last_tools, g_free);
  g_clear_pointer (&last_turns, g_free);
}

guint
agent_test_n_asked (void)
{
  return n_asked;
}

const char *
agent_test_last_system (void)
{
  return last_system;
}

const char *
agent_test_last_results (void)
{
  return last_results;
}

const char *
agent_test_last_tools (void)
{
  return last_tools;
}

const char *
agent_test_last_turns (void)
{
  return last_turns;
}

static char *
describe_turns (VigTranscript *transcript)
{
  GString *turns = g_string_new (NULL);

  for (guint i = 0; i < vig_transcript_get_n_turns (transcript); i++)
    if (vig_transcript_get_kind (transcript, i) == VIG_TURN_TOOLS)
      g_string_append (turns, "tools|");
    else
      g_string_append_printf (turns, "%s:%s|", vig_transcript_get_kind (transcript, i) == VIG_TURN_USER ? "user" : "assistant",
                              vig_transcript_get_text (transcript, i));

  return g_string_free (turns, FALSE);
}

static void
remember (const VigCompletionRequest *request)
{
  guint n_turns = vig_transcript_get_n_turns (request->transcript);
  GString *results = g_string_new (NULL);
  GString *tools = g_string_new (NULL);

  n_asked++;
  g_free (last_system);
  last_system = g_strdup (request->system);
  if (n_turns > 0 && vig_transcript_get_kind (request->transcript, n_turns - 1) == VIG_TURN_TOOLS)
    for (guint i = 0; i < vig_transcript_get_n_results (request->transcript, n_turns - 1); i++)
      {
        const VigToolResult *result = vig_transcript_get_result (request->transcript, n_turns - 1, i);

        g_string_append_printf (results, "%s%s: %s\n", result->call_id, result->is_error ? " failed" : "", result->text);
      }
  for (guint i = 0; request->tools != NULL && request->tools[i] != NULL; i++)
    g_string_append_printf (tools, "%s ", request->tools[i]->name);
  g_free (last_turns);
  last_turns = describe_turns (request->transcript);
  g_free (last_results);
  last_results = g_string_free (results, FALSE);
  g_free (last_tools);
  last_tools = g_string_free (tools, FALSE);
}

typedef struct
{
  GTask       *task;
  Say         *say;
  VigChunkFunc on_chunk;
  gpointer     chunk_data;
} Answer;

static VigReply *
make_reply (Say *say)
{
  VigReply *reply = vig_reply_new ();
  g_autoptr (JsonNode) node = say->calls != NULL ? vig_json_parse (say->calls, -1, 0, NULL) : NULL;
  JsonArray *calls = node != NULL ? json_node_get_array (node) : NULL;

  vig_reply_append_text (reply, say->text, -1);
  for (guint i = 0; calls != NULL && i < json_array_get_length (calls); i++)
    {
      JsonObject *call = json_array_get_object_element (calls, i);
      JsonNode *arguments = json_object_get_member (call, "arguments");
      g_autofree char *text = JSON_NODE_HOLDS_OBJECT (arguments) ? vig_json_to_string (arguments) : g_strdup (json_node_get_string (arguments));

      vig_reply_add_call (reply, vig_json_get_string (call, "id", "c"), vig_json_get_string (call, "name", ""), text);
    }
  *vig_reply_get_usage (reply) = usage;
  if (stop_reason != NULL)
    vig_reply_set_stop_reason (reply, stop_reason, g_str_equal (stop_reason, "length"));
  else
    vig_reply_set_stop_reason (reply, calls != NULL ? "tool_use" : "end_turn", FALSE);

  return reply;
}

static gboolean
answer (gpointer user_data)
{
  g_autofree Answer *data = user_data;
  g_autoptr (GTask) task = data->task;

  if (data->say->text != NULL && *data->say->text != '\0')
    data->on_chunk (VIG_CHUNK_TEXT, data->say->text, data->chunk_data);
  if (data->say->error != NULL)
    g_task_return_error (task, g_steal_pointer (&data->say->error));
  else
    g_task_return_pointer (task, make_reply (data->say), (GDestroyNotify) vig_reply_unref);
  say_free (data->say);

  return G_SOURCE_REMOVE;
}

static gboolean
cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_error_if_cancelled (task);

  return G_SOURCE_REMOVE;
}

static void
wait_for_cancel (GTask *task)
{
  g_autoptr (GSource) source = g_cancellable_source_new (g_task_get_cancellable (task));

  g_source_set_callback (source, G_SOURCE_FUNC (cancelled), task, NULL);
  g_source_attach (source, NULL);
}

static void
complete_async (VigProvider *self, const VigCompletionRequest *request, VigChunkFunc on_chunk, gpointer chunk_data, GCancellable *cancellable,
                GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Say *say = g_queue_pop_head (&script);
  Answer *data;

  remember (request);
  if (say == NULL)
    {
      g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_REMOTE, "the script is at its end");
      g_object_unref (task);
      return;
    }
  if (g_strcmp0 (say->text, "wait") == 0)
    {
      say_free (say);
      wait_for_cancel (task);
      return;
    }

  data = g_new0 (Answer, 1);
  data->task = task;
  data->say = say;
  data->on_chunk = on_chunk;
  data->chunk_data = chunk_data;
  g_idle_add (answer, data);
}

static VigReply *
complete_finish (VigProvider *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
configure (VigProvider *self, const VigProviderSettings *settings, GError **error)
{
  return TRUE;
}

static void
agent_test_model_iface_init (VigProviderInterface *iface)
{
  iface->configure = configure;
  iface->complete_async = complete_async;
  iface->complete_finish = complete_finish;
}

static void
agent_test_model_class_init (AgentTestModelClass *klass)
{
}

static void
agent_test_model_init (AgentTestModel *self)
{
}
