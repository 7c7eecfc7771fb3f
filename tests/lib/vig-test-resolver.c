/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test-resolver.h"

#define VIG_TYPE_TEST_RESOLVER (vig_test_resolver_get_type ())
G_DECLARE_FINAL_TYPE (VigTestResolver, vig_test_resolver, VIG, TEST_RESOLVER, GResolver)

struct _VigTestResolver
{
  GResolver parent_instance;
};

G_DEFINE_FINAL_TYPE (VigTestResolver, vig_test_resolver, G_TYPE_RESOLVER)

static JsonObject *known;
static char *fallback;
static guint n_asked;

static GList *
add_text (GList *addresses, const char *text)
{
  GInetAddress *address = g_inet_address_new_from_string (text);

  g_assert_nonnull (address);

  return g_list_append (addresses, address);
}

static GList *
look_up (const char *asked)
{
  g_autofree char *name = g_ascii_strdown (asked, -1);
  JsonArray *row = known != NULL ? vig_json_get_array (known, name) : NULL;
  GList *addresses = NULL;

  n_asked++;
  if (row != NULL && json_array_get_length (row) > 0 && JSON_NODE_HOLDS_ARRAY (json_array_get_element (row, 0)))
    {
      g_autoptr (JsonArray) first = json_array_ref (json_array_get_array_element (row, 0));

      if (json_array_get_length (row) > 1)
        json_array_remove_element (row, 0);
      for (guint i = 0; i < json_array_get_length (first); i++)
        addresses = add_text (addresses, json_array_get_string_element (first, i));
      return addresses;
    }

  for (guint i = 0; row != NULL && i < json_array_get_length (row); i++)
    addresses = add_text (addresses, json_array_get_string_element (row, i));
  if (row == NULL && fallback != NULL)
    addresses = add_text (addresses, fallback);

  return addresses;
}

static void
free_addresses (gpointer data)
{
  g_resolver_free_addresses (data);
}

static void
lookup_async (GResolver *resolver, const char *name, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, user_data);
  GList *addresses = look_up (name);

  if (addresses != NULL)
    g_task_return_pointer (task, addresses, free_addresses);
  else
    g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "the test knows no %s", name);
}

static void
lookup_with_flags_async (GResolver *resolver, const char *name, GResolverNameLookupFlags flags, GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  lookup_async (resolver, name, cancellable, callback, user_data);
}

static GList *
lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
vig_test_resolver_class_init (VigTestResolverClass *klass)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (klass);

  resolver_class->lookup_by_name_async = lookup_async;
  resolver_class->lookup_by_name_finish = lookup_finish;
  resolver_class->lookup_by_name_with_flags_async = lookup_with_flags_async;
  resolver_class->lookup_by_name_with_flags_finish = lookup_finish;
}

static void
vig_test_resolver_init (VigTestResolver *self)
{
}

void
vig_test_resolver_install (void)
{
  g_autoptr (GResolver) resolver = g_object_new (VIG_TYPE_TEST_RESOLVER, NULL);

  g_resolver_set_default (resolver);
}

void
vig_test_resolver_set (JsonObject *names, const char *other)
{
  g_clear_pointer (&known, json_object_unref);
  known = names != NULL ? json_object_ref (names) : NULL;
  g_free (fallback);
  fallback = g_strdup (other);
  n_asked = 0;
}

guint
vig_test_resolver_get_n (void)
{
  return n_asked;
}
