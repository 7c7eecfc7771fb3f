/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-events.h"

#include "vig-test.h"

#define N_EVENTS 500

typedef struct
{
  VigEvents *events;
  GString   *heard;
  guint      id;
  guint      n;
  gint64     last[2];
} Ear;

static void
note (const char *topic, const char *event, JsonNode *data, gpointer user_data)
{
  Ear *ear = user_data;

  g_string_append_printf (ear->heard, "%s/%s/%s ", topic, event, JSON_NODE_HOLDS_NULL (data) ? "-" : json_node_get_string (data));
}

static JsonNode *
text_node (const char *text)
{
  return json_node_init_string (json_node_alloc (), text);
}

static void
test_order (void)
{
  g_autoptr (VigEvents) events = vig_events_new ();
  g_autoptr (GString) heard = g_string_new (NULL);
  Ear ear = { events, heard };

  ear.id = vig_events_listen (events, note, NULL, &ear);
  vig_events_publish (events, "runs", "changed", text_node ("1"));
  vig_events_publish (events, "approvals", "created", NULL);
  g_assert_cmpstr (heard->str, ==, "");
  vig_test_wait_for (heard->len > 20);
  g_assert_cmpstr (heard->str, ==, "runs/changed/1 approvals/created/- ");

  vig_events_forget (events, ear.id);
  vig_events_publish (events, "runs", "changed", text_node ("2"));
  while (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpstr (heard->str, ==, "runs/changed/1 approvals/created/- ");
}

static gboolean
wants_runs (const char *topic, gpointer user_data)
{
  return g_str_equal (topic, "runs");
}

static void
test_wanted (void)
{
  g_autoptr (VigEvents) events = vig_events_new ();
  g_autoptr (GString) heard = g_string_new (NULL);
  Ear ear = { events, heard };
  Ear other = { events, heard };

  g_assert_false (vig_events_is_wanted (events, "runs"));
  ear.id = vig_events_listen (events, note, wants_runs, &ear);
  g_assert_true (vig_events_is_wanted (events, "runs"));
  g_assert_false (vig_events_is_wanted (events, "approvals"));
  other.id = vig_events_listen (events, note, NULL, &other);
  g_assert_true (vig_events_is_wanted (events, "approvals"));
  vig_events_forget (events, other.id);
  g_assert_false (vig_events_is_wanted (events, "approvals"));
}

static void
forget_other (const char *topic, const char *event, JsonNode *data, gpointer user_data)
{
  Ear *ear = user_data;

  if (ear->id != 0)
    vig_events_forget (ear->events, ear->id);
  ear->id = 0;
  ear->n++;
}

static void
test_forget_while_told (void)
{
  g_autoptr (VigEvents) events = vig_events_new ();
  g_autoptr (GString) heard = g_string_new (NULL);
  Ear first = { events, heard };
  Ear second = { events, heard };

  vig_events_listen (events, forget_other, NULL, &first);
  first.id = vig_events_listen (events, note, NULL, &second);
  vig_events_publish (events, "runs", "changed", NULL);
  vig_test_wait_for (first.n == 1);
  g_assert_cmpstr (heard->str, ==, "");
}

static gpointer
publish_many (gpointer data)
{
  VigEvents *events = data;

  for (guint i = 1; i <= N_EVENTS; i++)
    vig_events_publish (events, "audit", "appended", json_node_init_int (json_node_alloc (), i));

  return NULL;
}

static void
check_rising (const char *topic, const char *event, JsonNode *data, gpointer user_data)
{
  Ear *ear = user_data;
  gint64 value = json_node_get_int (data);
  guint thread = topic[0] == 'a' ? 0 : 1;

  g_assert_cmpint (value, ==, ear->last[thread] + 1);
  ear->last[thread] = value;
  ear->n++;
}

static void
test_from_a_thread (void)
{
  g_autoptr (VigEvents) events = vig_events_new ();
  Ear ear = { events };
  GThread *thread;

  vig_events_listen (events, check_rising, NULL, &ear);
  thread = g_thread_new ("publisher", publish_many, events);
  for (guint i = 1; i <= N_EVENTS; i++)
    vig_events_publish (events, "runs", "changed", json_node_init_int (json_node_alloc (), i));

  vig_test_wait_for (ear.n == 2 * N_EVENTS);
  g_thread_join (thread);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/events/wanted", test_wanted);
  g_test_add_func ("/events/order", test_order);
  g_test_add_func ("/events/forget-while-told", test_forget_while_told);
  g_test_add_func ("/events/from-a-thread", test_from_a_thread);

  return g_test_run ();
}
