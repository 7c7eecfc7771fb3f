/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test-host.h"

#include "vig-sandbox-private.h"

#include <dlfcn.h>

static void
vig_test_host_add_tool (VigHost *host, VigTool *tool)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (vig_tool_info_check (vig_tool_get_info (tool), &error));
  g_assert_no_error (error);
  g_hash_table_insert (VIG_TEST_HOST (host)->tools, (gpointer) vig_tool_get_info (tool)->name, tool);
}

static void
vig_test_host_add_tool_source (VigHost *host, VigToolSource *source)
{
  VIG_TEST_HOST (host)->source = source;
}

static void
vig_test_host_add_authenticator (VigHost *host, const char *name, VigAuthenticator *authenticator)
{
  g_assert_cmpstr (name, ==, "local");
  VIG_TEST_HOST (host)->authenticator = authenticator;
}

static void
vig_test_host_add_provider_type (VigHost *host, const VigProviderInfo *info, GType type)
{
  VIG_TEST_HOST (host)->provider_type = type;
}

static void
vig_test_host_iface_init (VigHostInterface *iface)
{
  iface->add_tool = vig_test_host_add_tool;
  iface->add_tool_source = vig_test_host_add_tool_source;
  iface->add_authenticator = vig_test_host_add_authenticator;
  iface->add_provider_type = vig_test_host_add_provider_type;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (VigTestHost, vig_test_host, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_HOST, vig_test_host_iface_init))

void
vig_test_host_activate (VigTestHost *self, const VigPlugin *plugin)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (plugin->abi_minor, <=, VIG_ABI_MINOR);
  g_assert_true (plugin->activate (VIG_HOST (self), &error));
  g_assert_no_error (error);
}

void
vig_test_host_load (VigTestHost *self, const char *path)
{
  g_autofree char *file = g_build_filename (g_getenv ("VIG_TEST_BUILD"), path, NULL);
  void *module = dlopen (file, RTLD_NOW);
  const VigPlugin *plugin;

  g_assert_cmpstr (module == NULL ? dlerror () : NULL, ==, NULL);
  plugin = dlsym (module, VIG_PLUGIN_SYMBOL);
  g_assert_nonnull (plugin);
  vig_test_host_activate (self, plugin);
}

static void
vig_test_host_finalize (GObject *object)
{
  g_hash_table_unref (VIG_TEST_HOST (object)->tools);

  G_OBJECT_CLASS (vig_test_host_parent_class)->finalize (object);
}

static void
vig_test_host_class_init (VigTestHostClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_test_host_finalize;
}

static void
vig_test_host_init (VigTestHost *self)
{
  self->tools = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
}

/* By what an older kernel has, where the test is run so. */
VigTestHost *
vig_test_host_new (void)
{
  const char *abi = g_getenv ("VIG_TEST_LANDLOCK_ABI");

  if (abi != NULL)
    vig_landlock_set_abi_max (atoi (abi));

  return g_object_new (VIG_TYPE_TEST_HOST, NULL);
}

VigProvider *
vig_test_load_provider (const char *path)
{
  g_autoptr (VigTestHost) host = vig_test_host_new ();

  vig_test_host_load (host, path);
  g_assert_true (g_type_is_a (host->provider_type, VIG_TYPE_PROVIDER));

  return g_object_new (host->provider_type, NULL);
}
